import html
import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from digest.ingest.citations import SourceList, source_list
from digest.ingest.markdown import line
from digest.ingest.passages import rich
from digest.ingest.sections import sections
from digest.ingest.text import legal
from digest.model import RichText, Source

SOURCES = [("https://a.example/x", ""), ("https://b.example/", ""), ("https://c.example/?a=1&b='2'", "")]
ANCHOR = re.compile(r'<a class="cite" href="[^"]*">(\d+)</a>')
ALPHABET = st.sampled_from(
    list("ab1 \n\t#*_`[]()<>&;:-.!\\/|>~^\"'«»”=•京「」。は\u3000\u00a0\u2028\x00\x01\x12\x85é\ud800\ufffe\u202e")
)
SNIPPETS = st.sampled_from(
    [
        "[1]",
        "[[2]](https://a.example/)",
        "[1](javascript:x)",
        "[^3]",
        "**",
        "\n- ",
        "\n> ",
        "## Sources\n",
        "TL;DR:",
        "<b>",
        "[3]: https://d.example/\n",
        "【1】",
        "&#32;",
        "&#1;",
        "```",
        "<script>",
        "https://e.example/(x)",
        "[a][1]",
        "[1-4]",
    ]
)
MARKDOWN = st.one_of(
    st.text(), st.text(ALPHABET, max_size=80), st.lists(st.one_of(SNIPPETS, st.text(ALPHABET, max_size=4))).map("".join)
)


def read(summary: str, recorded: Sequence[tuple[str, str]] = SOURCES) -> tuple[list[RichText], SourceList]:
    found = sections(summary, "en")
    citations = source_list(recorded, found.listed, found.marks, found.cited)
    why = [found.why_it_matters] if found.why_it_matters else []
    passages = [*found.tldr, *found.key_points, *found.quotes, *found.details, *why]
    return [rich(passage, citations) for passage in passages], citations


def bullets(markdown: str) -> list[RichText]:
    return read(f"## TL;DR\n{markdown}")[0]


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
        ("All [1][2] of [^3] them【1】.", "All of them."),
        ("Aside ([1](https://a.example/x)) goes.", "Aside goes."),
        ("Aside ([[1]](https://a.example/x), [2]).", "Aside."),
        ("**Bold [1]** goes.", "Bold goes."),
        ("Note[^1] goes.\n\n[^1]: https://a.example/x", "Note goes."),
        ("Note[^1] goes.\n\n[^1]: A book, page 3.", "Note goes."),
        ("Escaped \\[1\\] goes.", "Escaped goes."),
        ("[1] First.", "First."),
        ("Sûr [1] ; fini.", "Sûr ; fini."),
        ("वाक्य [1]।", "वाक्य।"),
        ("東京 [1]は「大」[2]\nきい。", "東京は「大」きい。"),
        ("The [2026] edition and `a[1]` stay.", "The [2026] edition and a[1] stay."),
        ("A [link of 3](https://a.example/x) stays.", "A link of 3 stays."),
        ("A [report][1] stays [1].\n\n[1]: https://a.example/", "A report stays."),
        ("Cited[1][2].\n\n[1]: https://a.example/\n[2]: https://b.example/", "Cited."),
        ("Cited[[1]](https://c.example/) a [report][1].\n\n[1]: https://a.example/", "Cited a report."),
    ],
)
def test_citation_marks_go_without_a_trace(written: str, plain: str) -> None:
    assert [passage.plain for passage in bullets(written)] == [plain]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Storms.[2]", "Storms.[2]"),
        ("Storms [2].", "Storms[2]."),
        ("Storms. [2] Rain.", "Storms.[2] Rain."),
        ("Both ([1], [2]) here.", "Both[1][2] here."),
        ("Both [1-3].", "Both[1][2][3]."),
        ("Twice[1][1] and[2] [1].", "Twice[1] and[2][1]."),
        ("Nowhere[9].", "Nowhere."),
        ("Unsafe[1](javascript:x) and[7](ftp://a.example/).", "Unsafe and."),
        ("**Bold** [1] goes.", "Bold[1] goes."),
    ],
)
def test_text_has_the_numbers_where_the_marks_were(written: str, text: str) -> None:
    assert [passage.text for passage in bullets(written)] == [text]


def test_html_links_marks_to_their_sources() -> None:
    assert bullets('A **b**[3] & c.[[8]](https://d.example/"x")[9](https://d.example/?a=1&amp;b)') == [
        RichText(
            "A b & c.",
            'A <b>b</b><a class="cite" href="https://c.example/?a=1&amp;b=&#x27;2&#x27;">3</a> &amp; c.'
            '<a class="cite" href="https://d.example/&quot;x&quot;">4</a>'
            '<a class="cite" href="https://d.example/?a=1&amp;b">5</a>',
            "A b[3] & c.[4][5]",
        )
    ]


@pytest.mark.parametrize(
    ("written", "plain", "marked_up"),
    [
        ("**a** *b* ***c***", "a b c", "<b>a</b> <i>b</i> <b><i>c</i></b>"),
        ("**a *b* c** *d **e***", "a b c d e", "<b>a <i>b</i> c</b> <i>d </i><b><i>e</i></b>"),
        ("&amp;lt; &eacute; &#8238;&#7;x&#x202E;", "&lt; é x", "&amp;lt; é x"),
        ("~~gone~~ ==kept== 10~20 ~5", "gone ==kept== 10~20 ~5", "gone ==kept== 10~20 ~5"),
        ("`code` ![alt *text*](x.png)", "code alt text", "code alt <i>text</i>"),
        ("[a **b**](javascript:x)", "a b", "a <b>b</b>"),
        ("10\u202f000 « mots » – “yes”", "10\u202f000 « mots » – “yes”", "10\u202f000 « mots » – “yes”"),
        ("a\x00b\x85c \x1b[31md\ufffe \u202eu\u2066\u200e\u200dv", "ab c [31md u\u200e\u200dv", None),
        ("5 * 3 * 2 and snake_case_name", "5 * 3 * 2 and snake_case_name", None),
    ],
)
def test_passage_keeps_words_and_emphasis_only(written: str, plain: str, marked_up: str | None) -> None:
    assert bullets(written) == [RichText(plain, plain if marked_up is None else marked_up, plain)]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("<b>raw</b> & <SUP class='x'>2</sup>", "raw & 2"),
        ("one<br>two<br/>three", "one two three"),
        ("<p>All of it</p>", "All of it"),
        ("<div>\n**x**\n</div>", "x"),
        ('<a href="https://a.example/*_*">b</a>', "b"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("<!-- no --> <?php <x-y>", "<!-- no --> <?php <x-y>"),
        ("a < b and c > d, a <b and c> d", "a < b and c > d, a <b and c> d"),
        ("List<String> `<b>`", "List<String> <b>"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("\\<b> \\*x\\*", "<b> *x*"),
    ],
)
def test_well_known_tags_go_and_other_angle_brackets_are_text(written: str, plain: str) -> None:
    assert [passage.plain for passage in bullets(written)] == [plain]


@pytest.mark.parametrize(
    ("written", "marked_up"),
    [
        ("これは**「東京」**です", "これは<b>「東京」</b>です"),
        ("**東京。**大阪", "<b>東京。</b>大阪"),
        ("这是**“重要”**的", "这是<b>“重要”</b>的"),
        ("は*「東京」*は", "は<i>「東京」</i>は"),
        ("は__「東京」__は", "は<b>「東京」</b>は"),
        ('**"한국"**은', '<b>"한국"</b>은'),
        ("**Note:**this", "<b>Note:</b>this"),
        ("`は**「東京」**は __京__`", "は**「東京」**は __京__"),
        ("東京\\*「大」\\*阪", "東京*「大」*阪"),
    ],
)
def test_emphasis_touches_punctuation_where_words_have_no_spaces(written: str, marked_up: str) -> None:
    assert [passage.html for passage in bullets(written)] == [marked_up]


def test_one_line_loses_markup_and_marks() -> None:
    assert line("A *big* day [[1]](https://a.example/) &amp; more, 5 * 3 * 2") == "A big day & more, 5 * 3 * 2"
    assert line("# 1 is\n- no heading ") == "# 1 is - no heading"
    assert line("« Oui\u202f! » 10\u00a0km") == "« Oui\u202f! » 10\u00a0km"


def test_number_means_its_link_then_the_list_then_the_record() -> None:
    passages, citations = read(
        "## TL;DR\nA[1] b[2] c[3].[[1]](https://linked.example/)\n\n[1]: https://no.example/\n[2]: https://listed.example/"
    )

    assert [source.url for source in citations.sources[3:]] == ["https://linked.example/", "https://listed.example/"]
    assert passages[0].text == "A[4] b[5] c[3].[4]"


def test_sources_are_numbered_record_first_and_each_page_once() -> None:
    citations = read("A[7](https://d.example/) b[8](https://a.example/x).", [*SOURCES, ("https://b.example/", "B")])[1]

    assert citations.sources == (
        Source(1, "https://a.example/x", ""),
        Source(2, "https://b.example/", "B"),
        Source(3, "https://c.example/?a=1&b='2'", ""),
        Source(4, "https://d.example/", ""),
    )


def test_marks_beyond_reason_say_nothing() -> None:
    (passage,) = bullets("".join(f"a[1](https://x.example/{number})" for number in range(1_000)))

    assert passage.plain == "a" * 1_000
    assert passage.html.count("<a ") == 200


def test_numbers_beyond_reason_say_nothing() -> None:
    many = "[" + ",".join(f"{first}-{first + 19}" for first in range(1, 900, 20)) + "]"
    recorded = [(f"https://x.example/{number}", "") for number in range(1, 1_000)]
    passages, _ = read(f"## TL;DR\na[1] {many}b", recorded)

    assert passages[0].html == 'a<a class="cite" href="https://x.example/1">1</a> b'


@pytest.mark.parametrize(
    "piece", ["[", ">", "*", "**a ", "<b ", "<b a='", "`x", "[1] ", "*「あ", "- a\n", "[a](", "&#32;*"]
)
def test_hostile_text_of_the_longest_length_is_read(piece: str) -> None:
    assert sections("## TL;DR\n" + piece * (20_000 // len(piece)), "en").listed == {}


@given(MARKDOWN)
@example("[1](https://a.example/ [1]")
def test_any_text_becomes_clean_passages(text: str) -> None:
    passages, citations = read(f"## TL;DR\n{text}\n\n## Why it matters\n{text}\n\n## Key points\n{text}")

    for passage in passages:
        assert passage.plain.strip()
        assert passage.plain == legal(passage.plain)
        assert not re.search("[\n\t\x85\u2028]|  |^ | $", passage.plain)
        tree = etree.fromstring(f"<p>{passage.html}</p>")
        assert {element.tag for element in tree.iter()} <= {"p", "b", "i", "a"}
        for anchor in tree.iter("a"):
            assert anchor.get("href") == citations.sources[int(anchor.text) - 1].url
        untagged = re.sub("</?[bi]>", "", passage.html)
        assert html.unescape(ANCHOR.sub("", untagged)) == passage.plain
        assert html.unescape(ANCHOR.sub(r"[\1]", untagged)) == passage.text


@given(st.lists(st.text("abcçéñßдяאבגابتकखग東京한국0123456789", min_size=1, max_size=8), min_size=1, max_size=12))
def test_words_without_markup_come_out_as_they_went_in(words: list[str]) -> None:
    written = " ".join(words)

    assert bullets(f"- {written}") == [RichText(written, written, written)]
