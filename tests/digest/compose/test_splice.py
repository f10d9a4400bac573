"""What the house rests on: a spliced message is the message that the whole pipeline makes for that reader alone."""

import email
import email.policy
from collections.abc import Sequence

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import templating
from digest.compose import compiling, headers, pieces, splice, verification
from digest.compose.pieces import Piece
from digest.compose.values import links, since, why_you
from digest.model import Article, Depth, Issue, Placement, RichText
from subscribers.model import Preferences
from tests.articles import NOW, article, newsletter, shelf

TEMPLATES = templating.environment("email")
HOSTILE = (
    "<script>alert(1)</script> {{ 7*7 }} <mj-text> qzabcdefsubjectzq &amp; \\ “हिन्दी” 👨‍👩‍👧 <!--abc123i0--> "
    "=?utf-8?q?x?= .\u202e"
)
POOL = {
    a.id: a
    for a in [
        article(1, image_url="https://pictures.example/one.jpg?w=1&h=2", image_alt='A "red" हिन्दी \\ train'),
        article(2, "Business", title=HOSTILE, description=HOSTILE, tldr=(), why_it_matters=None),
        article(3, "Science", image_url="https://pictures.example/3.jpg"),
        article(4, "Science", tldr=(RichText(HOSTILE, "&lt;b&gt; <b>bold</b>", HOSTILE),), sources=()),
        article(5, "world", key_points=(), url='https://x.example/?q="quoted"&r=<b>é'),
    ]
}
ISSUE = Issue(
    id=7,
    newsletter=newsletter(name="The “Weekly” & Co"),
    number=12,
    base_url="https://news.example.com",
    nonce="abc123def456",
    since=NOW,
    until=NOW,
)


SHELF = pieces.Shelf(shelf(*POOL.values()), ISSUE.newsletter.categories, {})


def reader(number: int) -> dict[str, str]:
    urls = links(
        "https://news.example.com",
        view=f"view-{number}",
        preferences=f"p={number}&" * 20,
        unsubscribe=".un",
        story="s.s",
    )
    return urls | {
        "why_you": why_you(ISSUE, Preferences(categories=("World", "science"))),
        "since": since(ISSUE, NOW.date()),
    }


def message(
    placements: Sequence[Placement], shared: dict[str, str], values: dict[str, str]
) -> tuple[bytes, list[Piece]]:
    """Compile an issue in which other editions have every article at every depth, and splice this edition."""
    others = [
        pieces.arrange([Placement(article_id, depth) for article_id in ids], SHELF)
        for depth in Depth
        for ids in (list(POOL), list(reversed(POOL)))
    ]
    names = pieces.arrange(placements, SHELF)
    every = pieces.describe(sorted({name for some in (names, *others) for name in some}), SHELF)
    compiled = compiling.unpack(compiling.pack(compiling.compile_issue(TEMPLATES, ISSUE, every)))
    arrangement = pieces.describe(names, SHELF)
    arranged = splice.arrange(splice.encode_issue(ISSUE, compiled), names, shared)
    encoded = {name: splice.encoded(value) for name, value in values.items()}
    encoded |= {name: splice.encoded_lines(values[name]) for name in ("why_you", "since")}
    header = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{headers.boundary(ISSUE)}"\r\n'
    return splice.splice(header.encode(), arranged, splice.written(encoded)), arrangement


editions = st.lists(
    st.tuples(st.sampled_from(list(POOL)), st.sampled_from(list(Depth))),
    min_size=1,
    max_size=5,
    unique_by=lambda t: t[0],
).map(lambda rows: [Placement(article_id, depth) for article_id, depth in rows])
SHARED = {
    "subject": HOSTILE,
    "preheader": "“Plus” <b>",
    "stories": "2 stories",
    "minutes": "1 min read",
    "more": "1 more story",
}


@given(editions, st.integers(0, 10**9))
@settings(max_examples=15)
def test_a_spliced_message_is_what_the_whole_pipeline_makes(placements: list[Placement], number: int) -> None:
    values = reader(number)

    spliced, arrangement = message(placements, SHARED, values)

    html, text = verification.whole(TEMPLATES, ISSUE, arrangement, SHARED | values)
    assert verification.difference(spliced, html, text) is None


def test_a_difference_is_noticed() -> None:
    values = reader(1)
    spliced, arrangement = message([Placement("article-1", Depth.FULL)], SHARED, values)
    html, text = verification.whole(TEMPLATES, ISSUE, arrangement, SHARED | values)

    assert verification.difference(spliced, html.replace("Key points", "Points"), text) == "the HTML part"
    assert verification.difference(spliced, html, text.replace("Key points", "Points")) == "the text part"


@given(editions)
@settings(max_examples=10)
def test_lines_are_short_and_need_no_dot_stuffing(placements: list[Placement]) -> None:
    spliced, _ = message(placements, SHARED, reader(1))

    body = spliced.partition(b"\r\n\r\n")[2]
    assert b"\n" not in body.replace(b"\r\n", b"")
    for line in body.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))


def test_the_html_is_valid_and_keeps_hostile_text_as_text() -> None:
    spliced, _ = message([Placement(article_id, Depth.FULL) for article_id in POOL], SHARED, reader(1))

    html, text = verification.parts(spliced)

    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    assert parser.errors == []
    assert html.startswith("<!DOCTYPE html>")
    assert tree.findall(".//script") == []
    assert "<mj-" not in html
    assert "{{ 7*7 }}" in html
    assert "qzabcdefsubjectzq" in html
    words = "".join(tree.itertext())
    assert "<script>alert(1)</script> {{ 7*7 }} <mj-text>" in words
    assert "qzabcdefsubjectzq &amp; \\ “हिन्दी”" in " ".join(text.split())
    alt = tree.findall(".//img")[0].get("alt")
    assert alt == 'A "red" हिन्दी \\ train'


def test_the_text_part_has_the_same_stories_in_the_same_words() -> None:
    placements = [Placement("article-1", Depth.FULL), Placement("article-3", Depth.BRIEF)]
    spliced, _ = message(placements, SHARED, reader(1))

    html, text = verification.parts(spliced)

    for wanted in (POOL["article-1"], POOL["article-3"]):
        assert wanted.title in text and wanted.title in html
        assert all(point.plain in text for point in wanted.tldr)
        assert wanted.why_it_matters and wanted.why_it_matters.plain in text
    assert "Key point of 1." in text
    assert "Key point of 3." not in text
    assert "[2] https://source.example/1?a=1&b=2" in text
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 78


def test_no_token_is_left() -> None:
    spliced, _ = message([Placement("article-1", Depth.BRIEF)], SHARED, reader(1))

    assert f"qz{ISSUE.nonce}" not in "".join(verification.parts(spliced))


def test_a_value_that_comes_again_and_again_may_differ_between_the_parts() -> None:
    placements = [Placement(article_id, Depth.BRIEF) for article_id in POOL]
    values = reader(1) | {"story_url": "https://news.example.com/a?b=1&c=2"}

    spliced, arrangement = message(placements, SHARED, values)

    html, text = verification.whole(TEMPLATES, ISSUE, arrangement, SHARED | values)
    assert verification.difference(spliced, html, text) is None
    assert "a?b=1&amp;c=2" in html


def test_the_message_parses_without_defects() -> None:
    spliced, _ = message([Placement("article-2", Depth.BRIEF)], SHARED, reader(1))

    parsed = email.message_from_bytes(spliced, policy=email.policy.default)

    assert [part.get_content_type() for part in parsed.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert all(not part.defects for part in parsed.walk())


def test_size_is_known_before_the_bytes_are() -> None:
    placements = [Placement("article-1", Depth.FULL), Placement("article-4", Depth.BRIEF)]
    names = pieces.arrange(placements, SHELF)
    compiled = compiling.compile_issue(TEMPLATES, ISSUE, pieces.describe(names, SHELF))

    size = splice.html_bytes(compiled, names, SHARED)

    arranged = splice.arrange(splice.encode_issue(ISSUE, compiled), names, SHARED)
    header = f'Content-Type: multipart/alternative; boundary="{headers.boundary(ISSUE)}"\r\n'.encode()
    spliced = splice.splice(header, arranged, splice.written(dict.fromkeys(reader(1), splice.Value(b"", b""))))
    html, _ = verification.parts(spliced)
    assert len(html.replace("\r\n", "\n").rstrip().encode()) == pytest.approx(size, abs=2)


def test_pictures_open_a_section_and_never_follow_a_picture() -> None:
    sections = ["World", "World", "Business", "Science", "Science"]
    pool = shelf(*(picture(number, category) for number, category in enumerate(sections, 1)))
    pictured = pieces.Shelf(pool, ISSUE.newsletter.categories, {})

    names = pieces.arrange([Placement(article_id, Depth.BRIEF) for article_id in pool], pictured)

    arrangement = pieces.describe(names, pictured)
    cards = [piece for piece in arrangement if piece.kind == "card"]
    assert [card.picture is not None for card in cards] == [True, False, True, False, False]
    assert [card.lead for card in cards] == [True, False, False, False, False]


def picture(number: int, category: str) -> Article:
    return article(number, category, image_url=f"https://pictures.example/{number}.jpg")
