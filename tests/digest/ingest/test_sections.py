import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from digest.ingest.sections import inline, sections
from digest.model import RichText

ALPHABET = st.sampled_from(list("ab1 \n\t#*_`[]()<>&;:-.!\\/|>~^\"'«»”\u00a0\u2028\x00\x85é\ud800\ufffe"))
MARKDOWN = st.one_of(st.text(), st.text(ALPHABET, max_size=80))


ONE_THING = RichText("One thing.", "One thing.")


def bullets(markdown: str) -> list[str]:
    return [bullet.plain for bullet in sections(f"## TL;DR\n{markdown}").tldr]


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("## TL;DR", "tldr"),
        ("# tldr", "tldr"),
        ("###### TL DR:", "tldr"),
        ("TL;DR\n-----", "tldr"),
        ("**TL;DR**", "tldr"),
        ("## **TL;DR**", "tldr"),
        ("## Why it matters", "why_it_matters"),
        ("### WHY THIS MATTERS", "why_it_matters"),
        ("## Key points", "key_points"),
        ("## 3. Key takeaways", "key_points"),
    ],
)
def test_heading_in_any_usual_spelling_opens_its_section(heading: str, section: str) -> None:
    found = sections(f"{heading}\n\nOne thing.\n\n## Elsewhere\n\nAnother.")

    said = getattr(found, section)
    assert said in (ONE_THING, (ONE_THING,))


def test_summary_without_sections_has_none() -> None:
    found = sections("Just a paragraph.")

    assert (found.tldr, found.why_it_matters, found.key_points, found.words) == ((), None, (), 3)


def test_list_of_any_kind_becomes_bullets() -> None:
    assert bullets("- one\n- two\n") == ["one", "two"]
    assert bullets("1. one\n2. two\n") == ["one", "two"]
    assert bullets("- one\n  - inner\n- two\n") == ["one", "inner", "two"]
    assert bullets("- one\n\n- two\n") == ["one", "two"]


def test_paragraph_becomes_a_bullet() -> None:
    assert bullets("\nAll of it\nin brief.\n") == ["All of it in brief."]


def test_why_it_matters_is_one_passage() -> None:
    found = sections("## Why it matters\n\nIt is *big*.\n\n- Faster trains\n- Cheaper fares\n")

    assert found.why_it_matters == RichText(
        "It is big. Faster trains; Cheaper fares", "It is <i>big</i>. Faster trains; Cheaper fares"
    )


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("End.[[1]](https://a.example/x)", "End."),
        ("End.[[1]](https://a.example/x)[[2]](https://a.example/y)", "End."),
        ("End [1](https://a.example/x).", "End."),
        ("Middle [[1]](https://a.example/x) goes on.", "Middle goes on."),
        ("Middle[[1]](https://a.example/x) goes on.", "Middle goes on."),
        ("Bare [1], and bare [2].", "Bare, and bare."),
        ("Both [1], [2].", "Both."),
        ("Both [1, 2] or [3–5].", "Both or."),
        ("Aside ([1](https://a.example/x)) goes.", "Aside goes."),
        ("Aside ([[1]](https://a.example/x), [2]).", "Aside."),
        ("**Bold [1]** goes.", "Bold goes."),
        ("Note[^1] goes.\n\n[^1]: https://a.example/x", "Note goes."),
        ("Escaped \\[1\\] goes.", "Escaped goes."),
        ("[1] First.", "First."),
        ("Sûr [1] ; fini.", "Sûr ; fini."),
        ("The [2026] edition and `a[1]` stay.", "The [2026] edition and a[1] stay."),
        ("A [link of 3](https://a.example/x) stays.", "A link of 3 stays."),
    ],
)
def test_citation_marks_go_without_a_trace(written: str, plain: str) -> None:
    assert bullets(written) == [plain]


def test_cited_addresses_are_those_of_citation_marks_each_once() -> None:
    found = sections(
        "A[[1]](https://a.example/é).[[2]](https://b.example/) [text](https://c.example/) [1](https://a.example/é)"
    )

    assert found.cited == ("https://a.example/é", "https://b.example/")


@pytest.mark.parametrize(
    ("written", "rich"),
    [
        ("**a** *b* ***c***", RichText("a b c", "<b>a</b> <i>b</i> <b><i>c</i></b>")),
        ("<b>raw</b> & <script>", RichText("<b>raw</b> & <script>", "&lt;b&gt;raw&lt;/b&gt; &amp; &lt;script&gt;")),
        ("&amp;lt; &eacute;", RichText("&lt; é", "&amp;lt; é")),
        ("`code` ![alt *text*](x.png)", RichText("code alt text", "code alt <i>text</i>")),
        ("[a **b**](javascript:x)", RichText("a b", "a <b>b</b>")),
        ("10\u202f000 « mots » – “yes”", RichText("10\u202f000 « mots » – “yes”", "10\u202f000 « mots » – “yes”")),
        ("a\x00b\x85c \x1b[31md\ufffe", RichText("ab c [31md", "ab c [31md")),
    ],
)
def test_passage_keeps_words_and_emphasis_only(written: str, rich: RichText) -> None:
    assert sections(f"# TLDR\n\n{written}").tldr == (rich,)


def test_code_block_becomes_its_text() -> None:
    assert bullets("```\nx = a[1]\n```\n") == ["x = a[1]"]


def test_deep_nesting_ends_somewhere() -> None:
    assert sections("## TL;DR\n" + ">" * 5_000 + " deep\n\n" + "*" * 5_000 + "a" + "[" * 5_000).tldr is not None


def test_inline_text_loses_markup_and_marks() -> None:
    assert inline("A *big* day [[1]](https://a.example/) &amp; more, 5 * 3 * 2") == "A big day & more, 5 * 3 * 2"


@given(MARKDOWN)
def test_any_text_becomes_clean_passages(text: str) -> None:
    found = sections(f"## TL;DR\n{text}\n\n## Why it matters\n{text}\n\n## Key points\n{text}")

    passages = [*found.tldr, *found.key_points, *([found.why_it_matters] if found.why_it_matters else [])]
    for passage in passages:
        assert passage.plain.strip()
        assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|  |^ | $", passage.plain)
        assert html.unescape(re.sub("</?[bi]>", "", passage.html)) == passage.plain
        tree = etree.fromstring(f"<p>{passage.html}</p>")
        assert {element.tag for element in tree.iter()} <= {"p", "b", "i"}
        assert "".join(tree.itertext()) == passage.plain
