"""Hostile articles from record to message: rejected with a reason, or shown as text; nobody else suffers."""

import re
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import templating
from digest.compose import compiling, headers, pieces, splice, verification
from digest.compose.subject import preheader, subject
from digest.compose.values import links, since, why_you
from digest.ingest.documents import Rejection, Value
from digest.ingest.records import Accepted, accept
from digest.model import Article, Depth, Issue, Placement
from subscribers.model import Preferences
from tests.articles import NOW, article, newsletter, shelf

TEMPLATES = templating.environment("email")
ISSUE = Issue(
    id=1,
    newsletter=newsletter(),
    number=1,
    base_url="https://news.example.com",
    nonce="f3a91c0d7e52",
    since=NOW,
    until=NOW,
)
READER = links("https://news.example.com", view="v", preferences="p", unsubscribe="u", story="s")
READER |= {"why_you": why_you(ISSUE, Preferences()), "since": since(ISSUE, NOW.date())}
NEIGHBOUR = article(1)
NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</td></tr></table></div>",
    "<!-- <![endif]--> <!--abc123c0b-->",
    "<mj-raw></mj-raw></mj-text><mj-section>",
    "{{ 7 * 7 }}{% raw %}{% endraw %}{# x #}",
    "qzabc123view_urlzq *|UNSUB|* %%name%% [[unsubscribe]] {$email}",
    "\x00\x1b[31m\x7f\x85\ud800\ufffe\ufeff",
    "\u202e\u2066reversed\u2069 \u202dforced",
    "[click](javascript:alert(1)) [x](data:text/html,x) ![i](file:///etc/passwd)",
    '[[1]](javascript:alert(1)) [2](https://evil.example/?q="><script>) [3]',
    "w" * 2000,
    "漢" * 500,
    "> " * 200 + "deep",
    "- " * 200 + "deep",
    "*" * 300 + "_" * 300 + "`" * 300,
    "&amp;lt;b&amp;gt; &#0; &#x202e; &bogus; &",
    "\r\nBcc: everyone@example.org\r\n\r\n.\r\n",
    "Fußnote⁠\u200b‌‍ with invisible joiners",
    "\\u{200d} \\n \\\\ 👩‍👩‍👧 हिन्दी क्ष",
)
words = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))
lines = st.lists(words, min_size=1, max_size=4).map(" ".join)
summaries = st.lists(
    st.tuples(st.sampled_from(["## TL;DR\n", "## Why it matters\n", "## Key points\n", "- ", "> ", "1. ", ""]), lines),
    max_size=8,
).map(lambda parts: "\n\n".join(start + text for start, text in parts))
records = st.fixed_dictionaries(
    {
        "id": words,
        "url": st.sampled_from(
            [
                'https://evil.example/a?b="c"&d=<e>',
                "https://evil.example/é",
                "javascript:alert(1)",
                "https://x.example/1",
            ]
        ),
        "title": lines,
        "category": st.sampled_from(["World", "world", "<b>World</b>"]),
        "publishedAt": st.just("2026-11-22T07:00:00Z"),
        "summary": summaries,
        "description": lines,
        "domain": words,
        "imageUrl": st.sampled_from(["", 'https://evil.example/"onerror=alert(1).png', "https://x.example/a.png"]),
        "imageAlt": words,
        "sources": st.lists(st.fixed_dictionaries({"url": words, "title": words}), max_size=3),
        "hashtags": st.lists(words, max_size=3),
    }
)


def understood(record: dict[str, Any]) -> Article | None:
    """The article of a record, or None where it was rejected with a reason that fits on a line."""
    match accept(Value("hostile.json", 7, record)):
        case Accepted(article=found):
            return found
        case Rejection(line=7, reason=reason):
            assert reason and "\n" not in reason
    return None


def message(found: list[Article], depth: Depth) -> tuple[str, str, dict[str, tuple[str, ...]]]:
    """The HTML and text of a mail with these articles, and the compiled pieces of its HTML."""
    on_shelf = pieces.Shelf(shelf(*found), ISSUE.newsletter.categories, {})
    names = pieces.arrange([Placement(one.id, depth) for one in found], on_shelf)
    compiled = compiling.compile_issue(TEMPLATES, ISSUE, pieces.describe(names, on_shelf))
    said = subject(found, ISSUE, is_update=False, taken=())
    shared = {"subject": said, "preheader": preheader(found, ISSUE, said)}
    shared |= {"stories": "2 stories", "minutes": "1 min read", "more": "1 more story"}
    header = f'Content-Type: multipart/alternative; boundary="{headers.boundary(ISSUE)}"\r\n'.encode()
    arranged = splice.arrange(splice.encode_issue(ISSUE, compiled), names, shared)
    spliced = splice.splice(
        header, arranged, splice.written({name: splice.encoded(value) for name, value in READER.items()})
    )
    return *verification.parts(spliced), dict(compiled.html.pieces)


ALONE = message([NEIGHBOUR], Depth.FULL)[2]


@given(records, st.sampled_from(list(Depth)))
@settings(max_examples=150)
def test_a_hostile_record_becomes_text_in_a_valid_mail_or_a_reason(record: dict[str, Any], depth: Depth) -> None:
    found = understood(record)
    if found is None or found.category.casefold() != "world" or found.id == NEIGHBOUR.id:
        return

    html, text, _ = message([found, NEIGHBOUR], depth)

    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    assert parser.errors == []
    for element in tree.iter():
        assert element.tag not in ("script", "svg", "iframe", "object", "form", "base")
        assert not [name for name in element.attrib if name.startswith("on")]
        for name in ("href", "src"):
            assert urlsplit(element.get(name, "https:")).scheme in ("http", "https", "")
    assert "<mj-" not in html.replace("&lt;mj-", "")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", html + text)
    assert html.count("https://news.example.com/unsubscribe/u") == 1
    assert NEIGHBOUR.title in text


@given(records)
@settings(max_examples=60)
def test_a_hostile_article_changes_nothing_of_another(record: dict[str, Any]) -> None:
    found = understood(record)
    if found is None or found.category.casefold() != "world" or found.id == NEIGHBOUR.id:
        return

    _, _, compiled = message([NEIGHBOUR, found], Depth.FULL)

    assert compiled["c0f.l"] == ALONE["c0f.l"]
    assert compiled["open"] == ALONE["open"]
    assert compiled["end"] == ALONE["end"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("summary", "x" * 5_000_000, "longer than 1000000 characters"),
        ("title", "x" * 1001, "longer than 1000 characters"),
        ("url", "javascript:alert(1)", "not an address"),
        ("id", "\x00 ", "blank"),
        ("summary", 7, "must be text"),
    ],
)
def test_what_is_too_much_is_rejected_with_line_and_reason(field: str, value: object, reason: str) -> None:
    record = {
        "id": "a",
        "url": "https://x.example/",
        "title": "A title",
        "category": "World",
        "publishedAt": "2026-11-22T07:00:00Z",
    }
    rejected = accept(Value("hostile.json", 3, record | {field: value}))

    assert isinstance(rejected, Rejection)
    assert rejected.line == 3
    assert rejected.reason.startswith(field)
    assert reason in rejected.reason.replace(",", "")
