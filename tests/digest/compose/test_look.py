"""What a mail looks like in its source: snapshots for a look at every change, and a second CSS inliner as the judge."""

import re

import css_inline
import pytest
from lxml import html as lxml_html
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from digest import templating
from digest.compose import mjml, pieces, verification
from digest.compose.card import minutes
from digest.compose.filters import FILTERS
from digest.compose.inlining import inline
from digest.compose.values import links, since, why_you
from digest.model import Depth, Issue, Placement
from digest.theme import FONTS
from subscribers.model import Preferences
from tests.articles import NOW, article, newsletter, shelf

POOL = shelf(article(1, image_url="https://pictures.example/1.jpg"), article(2, "Science"), article(3, "Science"))
ISSUE = Issue(
    id=1, newsletter=newsletter(), number=12, base_url="https://news.example.com", nonce="abc", since=NOW, until=NOW
)
VALUES = {
    "subject": "Story number 1 of the week",
    "preheader": "Plus: Story number 2 of the week",
    "stories": "3 stories",
    "minutes": "2 min read",
    "more": "1 more story on the web",
    "why_you": why_you(ISSUE, Preferences(categories=("World", "Science"))),
    "since": since(ISSUE, NOW.date()),
    **links("https://news.example.com", view="view", preferences="prefs", unsubscribe="unsubscribe", story="story"),
}
DEPTHS = (Depth.FULL, Depth.BRIEF, Depth.HEADLINES)


class HtmlFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "html"


class TextFile(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture(scope="module")
def mail() -> tuple[str, str]:
    """The HTML and the text of an issue with one story of each depth."""
    placements = [Placement(article_id, depth) for article_id, depth in zip(POOL, DEPTHS, strict=True)]
    on_shelf = pieces.Shelf(POOL, ISSUE.newsletter.categories, {})
    arrangement = pieces.describe(pieces.arrange(placements, on_shelf), on_shelf)
    return verification.whole(templating.environment("email"), ISSUE, arrangement, VALUES)


def test_the_html_part(mail: tuple[str, str], snapshot: SnapshotAssertion) -> None:
    html, _ = mail

    assert re.findall(r"<h[1-6]", html) == ["<h1", "<h2", "<h3", "<h2", "<h3", "<h3"]
    assert html.count("Why it matters") == 2
    assert all(table.get("role") == "presentation" for table in lxml_html.document_fromstring(html).iter("table"))
    assert html == snapshot(extension_class=HtmlFile)


def test_the_text_part(mail: tuple[str, str], snapshot: SnapshotAssertion) -> None:
    _, text = mail

    assert "Unsubscribe:\nhttps://news.example.com/unsubscribe/unsubscribe" in text
    assert text == snapshot(extension_class=TextFile)


def _styles(html: str) -> list[dict[str, str]]:
    """Return every element's declarations, with quotation marks of one kind."""
    elements = [e for e in lxml_html.document_fromstring(html).iter() if isinstance(e.tag, str)]
    declarations = [re.sub(", ", ",", (e.get("style") or "").replace('"', "'")).split(";") for e in elements]
    return [{d.partition(":")[0].strip(): d.partition(":")[2].strip() for d in each if d} for each in declarations]


def test_another_inliner_comes_to_the_same_styles() -> None:
    templates = templating.environment("email")
    templates.filters.update(FILTERS)
    css = templates.get_template("inline.css.j2").render(newsletter=newsletter(), BODY_FONT=FONTS["sans"])
    body = "".join(f'<p class="{name}">x</p>' for name in sorted(set(re.findall(r"^\.([\w-]+)", css, re.MULTILINE))))
    html = f"<!DOCTYPE html><html><head><style>p {{ margin: 9px; }}</style></head><body>{body}</body></html>"

    ours = inline(html, css)

    judge = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=css
    )
    assert _styles(re.sub(r"#fff\b", "#ffffff", ours)) == _styles(judge.inline(html))  # cssutils shortens colours
    assert "<style>p{margin:9px;}</style>" in ours


def test_mjml_that_is_broken_is_named_with_its_line() -> None:
    with pytest.raises(Exception, match="line 3"):
        mjml.to_html("<mjml>\n<mj-body>\n<mj-section></mj-body>\n</mjml>")


def test_reading_time_is_never_nothing() -> None:
    assert [minutes(words) for words in (0, 100, 230, 700)] == [1, 1, 1, 3]
