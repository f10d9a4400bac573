"""The release check: a spliced message against the whole pipeline, rendered for that reader alone."""

import email
import email.policy
from collections.abc import Sequence
from email.message import EmailMessage

from jinja2 import Environment
from lxml import html as lxml_html

from digest.compose import document
from digest.compose.pieces import Piece
from digest.compose.wrapping import wrap
from digest.model import Issue


def whole(templates: Environment, issue: Issue, pieces: Sequence[Piece], values: dict[str, str]) -> tuple[str, str]:
    """Render one reader's HTML and text with every stage of the pipeline: Jinja, MJML, premailer."""
    html = document.render_html(templates, issue, pieces, values, mark=lambda _: "")
    text_values = values | {name: wrap(values[name]) for name in ("why_you", "since")}
    return html, document.render_text(templates, issue, pieces, text_values, mark=lambda _: "")


def parts(message: bytes) -> tuple[str, str]:
    """Return the HTML and text of a message, decoded by the standard library."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - what the default policy makes
    found = [parsed.get_body((kind,)) for kind in ("html", "plain")]
    html, text = (str(body.get_content()) if isinstance(body, EmailMessage) else "" for body in found)
    return html, text


def _canonical(html: str) -> bytes:
    """Return parsed HTML in one form, so that two ways of writing the same document compare equal."""
    return bytes(lxml_html.tostring(lxml_html.document_fromstring(" ".join(html.split()))))


def difference(message: bytes, html: str, text: str) -> str | None:
    """Say where a message differs from what the whole pipeline makes, or return None when it does not."""
    sent_html, sent_text = parts(message)
    if _canonical(sent_html) != _canonical(html):
        return "the HTML part"
    if sent_text.split() != text.split():
        return "the text part"
    return None
