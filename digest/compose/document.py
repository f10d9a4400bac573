"""The templates, rendered: pieces and values in, one HTML document and one text out."""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markupsafe import Markup

from digest.compose.inlining import inline
from digest.compose.mjml import to_html
from digest.compose.pieces import Piece
from digest.errors import TemplateError
from digest.model import Article, Depth, Issue, RichText, Source

READING_WORDS_PER_MINUTE = 230  # adults reading non-fiction in English: 238 (Brysbaert 2019), less for unfamiliar names
MOST_KEY_POINTS = 5  # of a full card
TEXT_WIDTH = 78  # RFC 5322 §2.1.1
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

VALUES = (  # what an edition or a reader fills in; every other word of a mail is the same for all
    *("subject", "preheader", "stories", "minutes", "more", "why_you"),
    *("view_url", "preferences_url", "unsubscribe_url"),
)

_CITATION = re.compile(r'<a class="cite" href="[^"]*">(\d+)</a>')


def minutes(words: int) -> int:
    """Return the reading time of so many words, at least 1."""
    return max(1, round(words / READING_WORDS_PER_MINUTE))


def _long_date(instant: datetime, timezone: str) -> str:
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"


def _short_date(instant: datetime, timezone: str) -> str:
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{local.day}\N{NO-BREAK SPACE}{MONTHS[local.month - 1][:3]}"


def _domain(url: str) -> str:
    return (urlsplit(url).hostname or url).removeprefix("www.")


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """Wrap to the width of a text mail; an address is never broken."""
    wrapped = textwrap.wrap(
        text,
        TEXT_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(wrapped)


def _reading_minutes(article: Article) -> int:
    return minutes(article.words)


def shown(article: Article, depth: Depth) -> list[RichText]:
    """Return the passages that a card of this depth shows, its headline and description apart."""
    if depth is Depth.HEADLINES:
        return []
    why = [article.why_it_matters] if article.why_it_matters else []
    points = article.key_points[:MOST_KEY_POINTS] if depth is Depth.FULL else ()
    return [*article.tldr, *why, *points]


def _cited(article: Article, depth: Depth) -> list[Source]:
    """Return the sources that a card's citation marks name."""
    numbers = {int(number) for passage in shown(article, depth) for number in _CITATION.findall(passage.html)}
    return [source for source in article.sources if source.number in numbers]


FILTERS: dict[str, Callable[..., object]] = {
    "long_date": _long_date,
    "short_date": _short_date,
    "reading_minutes": _reading_minutes,
    "cited": _cited,
    "domain": _domain,
    "wrap": wrap,
}


def _render(templates: Environment, name: str, **context: object) -> str:
    """Render a template; what is wrong with it becomes a message with file and line."""
    templates.filters.update(FILTERS)
    templates.globals["MOST_KEY_POINTS"] = MOST_KEY_POINTS
    try:
        return templates.get_template(name).render(**context)
    except TemplateSyntaxError as error:
        raise TemplateError(f"template {error.name}, line {error.lineno}: {error.message}") from error
    except JinjaError as error:
        raise TemplateError(f"template {name}: {error.message}") from error


def render_html(
    templates: Environment,
    issue: Issue,
    pieces: Sequence[Piece],
    values: Mapping[str, str],
    *,
    mark: Callable[[str], str],
) -> str:
    """Return the finished HTML of those pieces, CSS inlined.

    `mark` gives what stands before each piece, by its name: a comment where the document is to be cut, or nothing.
    """
    mjml = _render(
        templates,
        "issue.mjml.j2",
        issue=issue,
        newsletter=issue.newsletter,
        pieces=pieces,
        values=values,
        mark=lambda name: Markup(mark(name)),  # noqa: S704 - our own comment
    )
    css = _render(templates, "inline.css") + _render(templates, "category.css.j2")
    return inline(to_html(mjml), css)


def render_text(
    templates: Environment,
    issue: Issue,
    pieces: Sequence[Piece],
    values: Mapping[str, str],
    *,
    mark: Callable[[str], str],
) -> str:
    """Return the text part of those pieces, by its own template; lines are at most 78 wide but for addresses."""
    return _render(
        templates,
        "issue.txt.j2",
        issue=issue,
        newsletter=issue.newsletter,
        pieces=[piece for piece in pieces if piece.kind not in ("index", "rest")],
        values=values,
        mark=mark,
    )
