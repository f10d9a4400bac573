import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest import hypertext
from digest.ingest.hypertext import Picture, read

BASE = "https://a.example/b/"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<h2>TL;DR</h2><ul><li>One <b>thing</b></li><li>Two</li></ul>", "## TL;DR\n\n- One **thing**\n- Two"),
        ("<p>CO<sub>2</sub> &amp;lt; 3 * 4 [1]</p>", r"CO2 \&lt; 3 \* 4 \[1\]"),
        ("<p>One<br>two</p>", "One  \ntwo"),
        ('<a href="../c d">rel</a>', "[rel](https://a.example/c%20d)"),
        ('<a href="javascript:alert(1)">none</a>', "none"),
        ("<p>a</p><script>alert(1)</script><style>p {}</style><!-- c --><p>b</p>", "a\n\nb"),
        ('<p style="display: none">hidden</p><p>shown</p>', "shown"),
        ('<p>a</p><p>The post <a href="/x">A</a> appeared first on <a href="/">B</a>.</p>', "a"),
        ('<p>a</p><p>Der Beitrag A erschien zuerst auf B.</p><img src="p.gif" width="1" height="1">', "a"),
        ("https://a.example/", "https://a.example/"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(html: str, markdown: str) -> None:
    assert read(html, BASE).markdown == markdown


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>Head</h2><p>One</p><p>two<br>three</p>tail", "One two three tail"),
        ("<h2>Only a heading</h2>", "Only a heading"),
        ("<p>The ferry is back, until [&#8230;]</p>", "The ferry is back, until…"),
        ("<p>The ferry is back. [...]</p>", "The ferry is back."),
        ('<p>The ferry is back. <a href="/x">Continue reading “The ferry”</a></p>', "The ferry is back."),
        ("<p>Ask at the mill. Read more at the mill.</p>", "Ask at the mill. Read more at the mill."),
        ("The post A appeared first on B.", ""),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
    ],
)
def test_words_are_one_line_without_what_feeds_append(html: str, text: str) -> None:
    assert read(html, BASE).text == text


@pytest.mark.parametrize(
    ("html", "picture"),
    [
        ('<img src="/i.jpg" alt="A &amp; B">', Picture("https://a.example/i.jpg", "A & B")),
        ('<img src="t.gif" width="1" height="1"><img src="i.jpg">', Picture("https://a.example/b/i.jpg", "")),
        ('<img class="wp-smiley" src="s.png"><p>x</p>', None),
        ('<img src="data:image/gif;base64,R0"><img src="http://[x/i.jpg">', None),
        ('<noscript><img src="i.jpg"></noscript>', None),
    ],
)
def test_first_picture_to_look_at_is_found(html: str, picture: Picture | None) -> None:
    assert read(html, BASE).picture == picture


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("c", "https://a.example/b/c"),
        ("//cdn.example/c", "https://cdn.example/c"),
        (" https://a.example/ü b\n", "https://a.example/ü%20b"),
        ("ftp://a.example/", ""),
        ("http://[", ""),
        ("http://a.example:0/", ""),
        ("https://a.example/" + "x" * 4000, ""),
    ],
)
def test_address_is_completed_or_nothing(address: str, expected: str) -> None:
    assert hypertext.resolved(address, BASE) == expected


@pytest.mark.parametrize(
    "piece", ["<div>", "<ul><li>", "<a href=x>", "<p>The post ", "<br>", "<!--", "<b>", "&", "[", "<", "&nbsp;"]
)
def test_hostile_repetition_is_read(piece: str) -> None:
    """Each of these took minutes, or more stack than there is, in one converter or another."""
    assert len(read(piece * 5_000, BASE).markdown) <= 20 * 5_000


@given(st.text(st.sampled_from("<>&/abip \n\"'=!-[]*`\\#\0\ud800é"), max_size=200))
def test_any_text_is_read(html: str) -> None:
    found = read(html, BASE)

    assert "\n" not in found.text
    found.markdown.encode()
    hypertext.plain(html).encode()
    hypertext.read_text(html).markdown.encode()
