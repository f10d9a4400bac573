"""What templates of mails can ask of values: dates, reading times, widths and links, in the newsletter's language."""

from collections.abc import Callable
from datetime import datetime

from jinja2 import pass_context
from jinja2.runtime import Context

from digest import languages
from digest.compose.card import minutes
from digest.compose.hosts import domain, with_ascii_host
from digest.compose.pieces import Piece
from digest.compose.references import references
from digest.compose.wrapping import width, wrap
from digest.model import Article, Newsletter
from digest.shortening import shortened

GIST_LENGTH = 160  # characters of a compact mail's one line: two on a desktop, four on a phone
RULE_WIDTH = 78
UNKNOWN_LANGUAGES = ("", "und")


def gist(article: Article) -> str:
    """Return an article in one line: its description, or the first of its TL;DR."""
    return shortened(article.description or (article.tldr[0].plain if article.tldr else ""), GIST_LENGTH)


def is_foreign(article: Article, newsletter: Newsletter) -> bool:
    """Tell whether an article is written in another language than the newsletter's."""
    language = languages.primary(article.language)
    return language not in (*UNKNOWN_LANGUAGES, languages.primary(newsletter.language))


def standing(piece: Piece, language: str) -> str:
    """Say why a story is in the mail: an editor chose it, or what place it has among those of its category."""
    translations = languages.translations(language)
    place = piece.standing
    if place is None:
        return ""
    if place.is_pinned:
        return translations.gettext("Chosen by the editors")
    sentences = {
        1: translations.gettext("First in %(category)s"),
        2: translations.gettext("Second in %(category)s"),
        3: translations.gettext("Third in %(category)s"),
    }
    other = translations.gettext("No. %(place)s of %(count)s in %(category)s")
    numbers = {"place": languages.number(place.place, language), "count": languages.number(place.of, language)}
    return sentences.get(place.place, other) % {"category": piece.category, **numbers}


def _newsletter(context: Context) -> Newsletter:
    newsletter = context["newsletter"]
    assert isinstance(newsletter, Newsletter)  # noqa: S101 - what the templates are rendered with
    return newsletter


@pass_context
def _long_date(context: Context, instant: datetime) -> str:
    newsletter = _newsletter(context)
    return languages.long_date(instant, newsletter.timezone, newsletter.language)


@pass_context
def _short_date(context: Context, instant: datetime) -> str:
    newsletter = _newsletter(context)
    return languages.short_date(instant, newsletter.timezone, newsletter.language)


@pass_context
def _reading_time(context: Context, article: Article) -> str:
    language = _newsletter(context).language
    count = minutes(article.words)
    said = languages.translations(language).ngettext("%(count)s min", "%(count)s min", count)
    return said.replace(" ", "\N{NO-BREAK SPACE}") % {"count": languages.number(count, language)}


@pass_context
def _section_number(context: Context, category: str) -> int:
    """Return the place of a category among the newsletter's, which names the classes of its colour."""
    folded = [name.casefold() for name in _newsletter(context).categories]
    return folded.index(category.casefold())


@pass_context
def _is_foreign(context: Context, article: Article) -> bool:
    return is_foreign(article, _newsletter(context))


@pass_context
def _opposite(context: Context, article: Article, text: str) -> str:
    """Return the text where an article is written in the other direction than the newsletter, else nothing."""
    newsletter = _newsletter(context)
    if not is_foreign(article, newsletter):
        return ""
    return text if languages.direction(article.language) != languages.direction(newsletter.language) else ""


@pass_context
def _standing(context: Context, piece: Piece) -> str:
    return standing(piece, _newsletter(context).language)


def _underline(text: str, character: str) -> str:
    return character * min(width(text), RULE_WIDTH)


def _ruled(text: str, character: str) -> str:
    """Return a heading inside a rule that goes over the whole width."""
    return f"{character * 2} {text} {character * (RULE_WIDTH - 4 - width(text))}"


FILTERS: dict[str, Callable[..., object]] = {
    "ascii_host": with_ascii_host,
    "direction": languages.direction,
    "domain": domain,
    "gist": gist,
    "is_foreign": _is_foreign,
    "links": references,
    "long_date": _long_date,
    "opposite": _opposite,
    "reading_time": _reading_time,
    "ruled": _ruled,
    "section_number": _section_number,
    "short_date": _short_date,
    "standing": _standing,
    "underline": _underline,
    "wrap": wrap,
}
