"""The templates, rendered: pieces and values in, one HTML document and one text out."""

from collections.abc import Callable, Mapping, Sequence

from jinja2 import Environment
from markupsafe import Markup

from digest.compose import rendering
from digest.compose.card import MOST_KEY_POINTS
from digest.compose.filters import FILTERS
from digest.compose.inlining import inline
from digest.compose.pieces import Piece
from digest.compose.values import next_issue
from digest.model import Issue
from digest.theme import FONTS

VALUES = (  # what an edition or a reader fills in; every other word of a mail is the same for all
    *("subject", "preheader", "stories", "minutes", "more", "why_you", "since"),
    *("view_url", "preferences_url", "pause_url", "unsubscribe_url", "story_url"),
)


def _ready(templates: Environment) -> None:
    """Give the templates the filters and constants that they use."""
    templates.filters.update(FILTERS)
    templates.globals |= {"MOST_KEY_POINTS": MOST_KEY_POINTS, "BODY_FONT": FONTS["sans"]}


def _context(issue: Issue, pieces: Sequence[Piece], values: Mapping[str, str]) -> dict[str, object]:
    """Return the variables that a template of a mail gets, `mark` apart."""
    return {
        "issue": issue,
        "newsletter": issue.newsletter,
        "pieces": pieces,
        "values": values,
        "next_issue": next_issue(issue),
    }


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
    _ready(templates)
    css = rendering.render(templates, "inline.css.j2", newsletter=issue.newsletter)
    written = rendering.html(
        templates,
        f"{issue.newsletter.template}.mjml.j2",
        **_context(issue, pieces, values),
        mark=lambda name: Markup(mark(name)),  # noqa: S704 - our own comment
    )
    return inline(written, css)


def render_text(
    templates: Environment,
    issue: Issue,
    pieces: Sequence[Piece],
    values: Mapping[str, str],
    *,
    mark: Callable[[str], str],
) -> str:
    """Return the text part of those pieces, by its own template; lines are at most 78 wide but for addresses."""
    _ready(templates)
    return rendering.render(
        templates,
        f"{issue.newsletter.template}.txt.j2",
        **_context(issue, [piece for piece in pieces if piece.kind != "index"], values),
        mark=mark,
    )
