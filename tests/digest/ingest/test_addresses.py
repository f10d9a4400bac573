import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.addresses import LONGEST, TRACKING, canonical

PAGE = "https://news.example/2026/11/harbour"

SAME = [
    ("http://news.example/2026/11/harbour", PAGE),
    ("HTTPS://news.example/2026/11/harbour", PAGE),
    ("  https://news.example/2026/11/harbour\n", PAGE),
    ("https://NEWS.Example/2026/11/harbour", PAGE),
    ("https://news.example./2026/11/harbour", PAGE),
    ("https://www.news.example/2026/11/harbour", PAGE),
    ("https://m.news.example/2026/11/harbour", PAGE),
    ("https://amp.news.example/2026/11/harbour", PAGE),
    ("https://www.m.news.example/2026/11/harbour", PAGE),
    ("https://reader:secret@news.example/2026/11/harbour", PAGE),
    ("https://en.m.pedia.example/wiki/Harbour", "https://en.pedia.example/wiki/Harbour"),
    ("https://news.example:443/2026/11/harbour", PAGE),
    ("http://news.example:80/2026/11/harbour", PAGE),
    ("https://news.example:/2026/11/harbour", PAGE),
    ("https://news.example/2026/11/harbour/", PAGE),
    ("https://news.example/2026/11/harbour//", PAGE),
    ("https://news.example/2026/11/harbour?", PAGE),
    ("https://news.example/2026/11/harbour#comments", PAGE),
    ("https://news.example/2026/11/harbour#:~:text=the%20vote", PAGE),
    ("https://news.example/2026/11/harbour#!", PAGE),
    ("https://news.example/2026/11/harbour/index.html", PAGE),
    ("https://news.example/2026/11/harbour/index.php", PAGE),
    ("https://news.example/2026/./10/../11/harbour", PAGE),
    ("https://news.example/../2026/11/harbour", PAGE),
    ("https://news.example/%32%30%32%36/11/%68arbour", PAGE),
    ("https://news.example/2026/11/harbour?utm_source=feed&utm_medium=rss&utm_anything=1", PAGE),
    ("https://news.example/2026/11/harbour?UTM_Source=feed", PAGE),
    ("https://news.example/2026/11/harbour?utm%5Fsource=feed", PAGE),
    ("https://news.example/2026/11/harbour?fbclid=IwAR0&gclid=1&msclkid=2&dclid=3", PAGE),
    ("https://news.example/2026/11/harbour?mc_cid=1&mc_eid=2&igshid=3&ref_src=twsrc%5Etfw", PAGE),
    ("https://news.example/2026/11/harbour?CMP=share_btn&cmpid=1&at_medium=RSS&at_campaign=KARANGA", PAGE),
    ("https://news.example/2026/11/harbour/amp", PAGE),
    ("https://news.example/2026/11/harbour/amp/", PAGE),
    ("https://news.example/amp/2026/11/harbour", PAGE),
    ("https://news.example/2026/11/harbour.amp", PAGE),
    ("https://news.example/2026/11/harbour?amp", PAGE),
    ("https://news.example/2026/11/harbour?amp=1", PAGE),
    ("https://news.example/2026/11/harbour?outputType=amp", PAGE),
    ("https://news.example/harbour.amp.html", "https://news.example/harbour.html"),
    ("https://www.google.com/amp/s/www.news.example/2026/11/harbour", PAGE),
    ("https://www.google.co.uk/amp/news.example/2026/11/harbour/amp/", PAGE),
    ("https://www.google.com/amp/s/news.example/2026/11/harbour%3famp=1", PAGE),
    ("https://google.com/amp/s/news.example/story%3fid=7&utm_source=x", "https://news.example/story?id=7"),
    ("https://news-example.cdn.ampproject.org/c/s/news.example/2026/11/harbour", PAGE),
    ("https://news-example.cdn.ampproject.org/v/s/news.example/2026/11/harbour?amp_js_v=0.1&usqp=mq331", PAGE),
    ("https://www.google.com/amp/s/news-example.cdn.ampproject.org/c/news.example/2026/11/harbour", PAGE),
    ("https://news.example", "https://news.example/"),
    ("https://news.example/index.html", "https://news.example/"),
    ("https://news.example?p=7", "https://news.example/?p=7"),
    ("https://news.example/index.php?p=7", "https://news.example/?p=7"),
    ("https://news.example/a?b=2&a=1", "https://news.example/a?a=1&b=2"),
    ("https://news.example/a?utm_source=x&id=7&&fbclid=y", "https://news.example/a?id=7"),
    ("https://news.example/a?q=two+words", "https://news.example/a?q=two%20words"),
    ("https://news.example/caf%c3%a9", "https://news.example/caf%C3%A9"),
    ("https://news.example/café", "https://news.example/caf%C3%A9"),
    ("https://news.example/Harbour_%28port%29", "https://news.example/Harbour_(port)"),
    ("https://news.example/50%", "https://news.example/50%25"),
    ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
    ("https://MÜNCHEN.example/a", "https://xn--mnchen-3ya.example/a"),
    ("https://例え.example/a", "https://xn--r8jz45g.example/a"),
    ("https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"),
    ("https://news.example/#!/harbour", "http://www.news.example#!/harbour"),
]

DIFFERENT = [
    ("https://news.example/story?id=1", "https://news.example/story?id=2"),
    ("https://news.example/?p=1", "https://news.example/"),
    ("https://news.example/watch?v=a", "https://news.example/watch?v=A"),
    ("https://news.example/a?page=2", "https://news.example/a"),
    ("https://news.example/a?q=port", "https://news.example/a?q=harbour"),
    ("https://news.example/a?lang=de", "https://news.example/a?lang=fr"),
    ("https://news.example/a?ref=main", "https://news.example/a?ref=next"),
    ("https://news.example/a?x=1&x=2", "https://news.example/a?x=2&x=1"),
    ("https://news.example/a?amp=2", "https://news.example/a"),
    ("https://news.example/a?output=pdf", "https://news.example/a"),
    ("https://news.example/a?utmost=1", "https://news.example/a"),
    ("https://news.example/a", "https://news.example/A"),
    ("https://news.example/a", "https://news.example/b"),
    ("https://news.example/a%2Fb", "https://news.example/a/b"),
    ("https://news.example/a?b=1%262", "https://news.example/a?b=1&2"),
    ("https://news.example/a?b=1%2B2", "https://news.example/a?b=1+2"),
    ("https://news.example/50%2541", "https://news.example/50%41"),
    ("https://news.example/amp-stories/a", "https://news.example/a"),
    ("https://news.example/champ", "https://news.example/"),
    ("https://news.example/x/champ", "https://news.example/x"),
    ("https://news.example/amp", "https://news.example/"),
    ("https://news.example/amplifiers/a", "https://news.example/a"),
    ("https://news.example/.amp", "https://news.example/"),
    ("https://news.example/lamp.html", "https://news.example/l.html"),
    ("https://news.example/index.php/a", "https://news.example/a"),
    ("https://news.example/my-index.html", "https://news.example/"),
    ("https://news.example/index.xml", "https://news.example/"),
    ("https://wwwhat.example/a", "https://hat.example/a"),
    ("https://m.example/a", "https://www.example/a"),
    ("https://amp.co.uk/a", "https://m.co.uk/a"),
    ("https://amp.com.au/a", "https://com.au/a"),
    ("https://mm.news.example/a", "https://news.example/a"),
    ("https://sport.news.example/a", "https://news.example/a"),
    ("https://news.example/a", "https://news.example.com/a"),
    ("https://news.example:8443/a", "https://news.example/a"),
    ("https://news.example/#!/a", "https://news.example/#!/b"),
    ("https://news.example/#/a", "https://news.example/#/b"),
    ("https://www.google.com/amp/s/a.example/x", "https://www.google.com/amp/s/b.example/x"),
    ("https://gaggle.com/amp/s/a.example/x", "https://a.example/x"),
    ("https://www.google.com/search?q=a", "https://www.google.com/search?q=b"),
]

NO_PAGE = [
    *("", " ", "harbour", "/2026/11/harbour", "//news.example/a", "mailto:desk@news.example", "javascript:alert(1)"),
    *("ftp://news.example/a", "https://", "https:///a", "http:news.example", "https://news.example:99999/a"),
    *("https://news.example:0/a", "https://news.example:x/a", "https://[::1/a", "https://exa mple.example/"),
    *("https://./a", "https://a..b/", "https://\u2100.example/", "https://-\u00e9.example/", "https://<b>/a"),
    "https://news.example/" + "a" * LONGEST,
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_addresses_of_one_page_have_one_form(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_addresses_of_two_pages_keep_two_forms(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_form_of_a_plain_address_is_the_address() -> None:
    assert canonical(PAGE) == PAGE
    assert canonical("https://news.example/a?id=1&page=2") == "https://news.example/a?id=1&page=2"


@pytest.mark.parametrize("text", NO_PAGE)
def test_what_is_no_web_address_comes_back_unchanged(text: str) -> None:
    assert canonical(text) == text


@pytest.mark.parametrize("name", ["id", "p", "v", "page", "q", "lang", "ref", "source", "s", "t", "date", "article"])
def test_parameter_that_may_select_a_page_is_not_in_the_table(name: str) -> None:
    assert canonical(f"{PAGE}?{name}=1") == f"{PAGE}?{name}=1"


def test_table_of_tracking_parameters_is_in_lower_case() -> None:
    assert {name.lower() for name in TRACKING} == TRACKING


def test_viewers_within_viewers_lead_to_the_page() -> None:
    assert canonical("https://" + "google.com/amp/s/" * 300 + "news.example/a") == "https://news.example/a"


PIECES = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "HTTP:",
            "//",
            "/",
            "/amp",
            "/amp/",
            ".amp",
            ".html",
            "/index.html",
            "index.php",
            "/..",
        ),
        *("www.", "m.", "amp.", "news.example", "m.example", "co.uk", "google.com", "/amp/s/", "cdn.ampproject.org"),
        *("/c/s/", "/v/", "?", "&", "=", "utm_source=a", "id=1", "amp=1", "%3f", "%3F", "%26", "%2e", "%2F", "%41"),
        *(
            "%",
            "%4",
            "1",
            "a",
            "A",
            "+",
            " ",
            "#",
            "#!",
            "#!/a",
            "#/",
            ":",
            ":80",
            "@",
            "[",
            "]",
            "[::1]",
            ";",
            "é",
            "ß",
        ),
        *(
            "\u3002",
            "\ud800",
            "\x00",
            "\n",
            "\\",
            "xn--",
            "-",
            "_",
            ".",
            "。",
            "२",
            "ไ",
            "عربي",
            "½",
            "\u00ad",
            "\u200d",
        ),
    ]
)
ADDRESSES = st.one_of(
    st.text(),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=12).map(lambda pieces: "https://news.example/" + "".join(pieces)),
    st.lists(PIECES, max_size=12).map(lambda pieces: "https://google.com/amp/s/" + "".join(pieces)),
    st.lists(PIECES, max_size=12).map(lambda pieces: "https://cdn.ampproject.org/" + "".join(pieces)),
)


@given(ADDRESSES)
def test_form_of_the_form_is_the_form(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


WORDS = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12).filter(lambda word: word != "amp")
NAMES = st.sampled_from(["id", "p", "page", "q", "lang"])


@given(
    segments=st.lists(WORDS, min_size=1, max_size=4),
    parameters=st.dictionaries(NAMES, WORDS),
    host=st.sampled_from(["news.example", "a.b.example", "münchen.example"]),
    data=st.data(),
)
def test_every_address_of_a_page_has_its_form(
    segments: list[str], parameters: dict[str, str], host: str, data: st.DataObject
) -> None:
    def one_of(*choices: str) -> str:
        return data.draw(st.sampled_from(choices))

    path = "/".join(segments)
    plain = f"https://{host}/{path}?" + "&".join(f"{name}={value}" for name, value in parameters.items())
    shuffled = data.draw(st.permutations([*parameters.items(), ("utm_source", "feed"), ("fbclid", "Iw1")]))
    other = (
        one_of("http://", "https://", "HTTPS://")
        + one_of("", "www.", "m.", "amp.", "WWW.")
        + one_of(host, host.upper())
        + one_of("", ":80", ":443")
        + f"/{one_of('', './', 'x/../')}{path}"
        + one_of("", "/", "/index.html", "/amp", "/amp/", ".amp")
        + "?"
        + "&".join(f"{name}={value}" for name, value in shuffled)
        + one_of("", "#top", "#")
    )

    assert canonical(other) == canonical(plain)
