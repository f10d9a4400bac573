from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest import feeds, records
from digest.ingest.documents import Rejection, Value

DATA = Path(__file__).parents[2] / "data" / "feeds"
SHARED = Path(__file__).parents[4] / "shared" / "data" / "feeds"
CATEGORIES = ("World", "Science")


def read(data: bytes, url: str = "", charset: str = "") -> list[Value | Rejection]:
    return list(feeds.values("x", data, url=url, charset=charset, categories=CATEGORIES))


def items(data: bytes, url: str = "", charset: str = "") -> list[dict[str, Any]]:
    found = [one.value for one in read(data, url, charset) if isinstance(one, Value)]
    assert all(isinstance(one, dict) for one in found)
    return found  # type: ignore[return-value]


def rss(item: str, channel: str = "") -> bytes:
    start = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
    return f"{start}{channel}<item>{item}</item></channel></rss>".encode()


def item(inner: str, channel: str = "", url: str = "") -> dict[str, Any]:
    (found,) = items(rss(f"<title>T</title><link>https://a.example/1</link>{inner}", channel), url)
    return found


def test_rss_of_a_press_office_becomes_records() -> None:
    first, second, third, fourth = read((DATA / "press.rss").read_bytes())

    assert isinstance(first, Value)
    assert (first.line, first.value) == (
        11,
        {
            "id": "https://www.millpond.example/?p=11",
            "url": "https://www.millpond.example/weir/?utm_source=rss",
            "title": "Ducks & drakes: the weir opens",
            "category": "Science",
            "language": "en-GB",
            "description": "The weir opens on Sunday, and the…",
            "summary": (
                "## TL;DR\n\n- The weir opens on **Sunday**.\n- Ducks use the 2 \\* 3 m ladder \\[1\\].\n\n"
                "### Why it matters\n\nFish \\& fowl can pass for the first time since 1911\\.\n\n"
                "#### Background\n\nNobody reads this."
            ),
            "imageUrl": "https://www.millpond.example/media/weir.jpg",
            "imageAlt": "The weir at dawn",
            "hashtags": ["#OpenWater", "#science"],
            "publishedAt": "2026-11-20T16:05:00+00:00",
        },
    )
    assert isinstance(second, Value)
    assert isinstance(second.value, dict)
    assert {key: second.value[key] for key in ("id", "url", "title", "category", "hashtags", "imageUrl")} == {
        "id": "https://www.millpond.example/oven",
        "url": "https://www.millpond.example/oven",
        "title": 'Baker and brewer share "one oven"',
        "category": "General",
        "hashtags": [],
        "imageUrl": "https://www.millpond.example/media/oven.jpg",
    }
    assert third == Rejection("x", 44, "has no link: neither a link nor a guid that is a complete web address")
    assert isinstance(fourth, Value)
    assert isinstance(fourth.value, dict)
    assert {key: fourth.value[key] for key in ("id", "url", "title", "publishedAt")} == {
        "id": "millpond.example:76",
        "url": "https://www.millpond.example/letters/gulls",
        "title": "Fourteen readers write in defence of the gulls, and one gull supporter sends in…",
        "publishedAt": "2026-11-18T20:20:00+00:00",
    }


def test_sections_of_an_article_are_found() -> None:
    found = records.accept(next(one for one in read((DATA / "press.rss").read_bytes()) if isinstance(one, Value)))

    assert isinstance(found, records.Accepted)
    assert [bullet.plain for bullet in found.article.tldr] == [
        "The weir opens on Sunday.",
        "Ducks use the 2 * 3 m ladder.",
    ]
    assert found.article.why_it_matters is not None
    assert found.article.why_it_matters.plain == "Fish & fowl can pass for the first time since 1911."


def test_atom_becomes_records() -> None:
    first, second = items((DATA / "notes.atom").read_bytes())

    assert first == {
        "id": "urn:uuid:5b0b6b2e-7c7e-4a55-9a4e-0f5a6c3d1e21",
        "url": "https://notes.example.org/blog/2026/schraube.html",
        "title": "Warum jede Schraube zählt & hält",
        "category": "Schrauben und Muttern",
        "language": "de",
        "description": "Von Norden sieht man 640 Muttern. Siehe die Liste.",
        "summary": (
            "Von Norden sieht man **640** Muttern.\n\nSiehe [die Liste](https://notes.example.org/blog/daten.csv)."
        ),
        "imageUrl": "https://notes.example.org/blog/img/bruecke.jpg",
        "imageAlt": "Die Brücke",
        "hashtags": ["#schrauben"],
        "publishedAt": "2026-11-20T19:30:00+00:00",
        "updatedAt": "2026-11-21T18:30:00+00:00",
    }
    assert second["language"] == "en-GB"
    assert second["publishedAt"] == second["updatedAt"] == "2026-11-02T06:00:00+00:00"
    assert second["description"] == (
        r"The \*decimal point\* was wrong. Several readers \& one salmon complained \<loudly\>."
    )


def test_rss_1_0_becomes_records() -> None:
    (found,) = items((DATA / "planets.rdf").read_bytes())

    assert (found["url"], found["category"]) == ("https://planets.example/one", "Science")
    assert found["publishedAt"] == "2026-11-19T12:00:00+00:00"


def test_item_without_a_date_has_none() -> None:
    assert "publishedAt" not in item("")
    assert "publishedAt" not in item("<pubDate>soon</pubDate>")


def test_truncated_feed_is_read_as_far_as_it_goes() -> None:
    data = (DATA / "press.rss").read_bytes()

    found = items(data[: data.index(b"Nowhere to go")])

    assert [one["id"] for one in found] == ["https://www.millpond.example/?p=11", "https://www.millpond.example/oven"]


@pytest.mark.parametrize(
    ("data", "charset", "title"),
    [
        ("Crème brûlée".encode("latin-1"), "", "Crème brûlée"),
        ("Crème brûlée".encode(), "", "Crème brûlée"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        (b"one&nbsp;two &mdash; three &rsquo;", "", "one\xa0two — three ’"),
        (b"Fish & chips < 3", "", "Fish & chips < 3"),
        (b"<![CDATA[Fish &amp; <b>chips</b>]]>", "", "Fish & chips"),
        (b"Fish &amp;amp; chips", "", "Fish & chips"),
        (b"a\x0bb\x00c", "", "a bc"),
    ],
)
def test_title_is_plain_text_whatever_the_encoding(data: bytes, charset: str, title: str) -> None:
    for prolog in (b"", b"\n \n", b"\xef\xbb\xbf") if not charset and data.isascii() else (b"",):
        start = prolog + b'<rss version="2.0"><channel><item><link>https://a.example/1</link><title>'
        (found,) = items(start + data + b"</title></item></channel></rss>", charset=charset)
        assert found["title"] == title


def test_declared_encoding_may_be_wrong() -> None:
    data = b'<?xml version="1.0" encoding="utf-8"?>' + rss("<link>https://a.example/1</link><title>Crème</title>")

    assert items(data.decode().encode("latin-1"))[0]["title"] == "Crème"


def test_utf16_is_read() -> None:
    text = (
        '<?xml version="1.0" encoding="utf-16"?>' + rss("<link>https://a.example/1</link><title>Wide</title>").decode()
    )

    assert feeds.is_markup(text.encode("utf-16"))
    assert items(text.encode("utf-16"))[0]["title"] == "Wide"


def test_relative_addresses_are_completed_by_where_the_feed_came_from() -> None:
    data = b'<rss version="2.0"><channel><item><title>T</title><link>/1</link></item></channel></rss>'

    assert items(data, "https://a.example/feed/")[0]["url"] == "https://a.example/1"
    assert isinstance(read(data)[0], Rejection)


@pytest.mark.parametrize(
    ("inner", "image"),
    [
        (
            '<media:thumbnail url="/t.jpg" width="9"/><media:thumbnail url="/u.jpg" width="10"/>',
            "https://a.example/u.jpg",
        ),
        (
            '<media:content url="/v.mp4" type="video/mp4"><media:thumbnail url="/t.jpg"/></media:content>',
            "https://a.example/t.jpg",
        ),
        (
            '<enclosure url="/e.jpg" type="image/jpeg"/><enclosure url="/e.mp3" type="audio/mpeg"/>',
            "https://a.example/e.jpg",
        ),
        ('<enclosure url="/e.mp3" type="audio/mpeg"/>', ""),
        ('<media:content url="javascript:x" medium="image"/>', ""),
        ('<description>&lt;img src="i.jpg"&gt;</description>', "https://a.example/i.jpg"),
    ],
)
def test_image_is_the_best_that_the_item_has(inner: str, image: str) -> None:
    assert item(inner, "<link>https://a.example/</link>")["imageUrl"] == image


def test_first_category_of_a_newsletter_counts() -> None:
    labels = "<category>Ducks</category><category>WORLD</category><category>Science</category>"

    assert item(labels)["category"] == "World"
    assert item("<category>Ducks</category><category>Geese</category>")["category"] == "Ducks"


@pytest.mark.parametrize(
    ("guid", "expected"),
    [
        ("<guid isPermaLink='false'>12</guid>", "host.example:12"),
        ("<guid isPermaLink='false'>tag:x,2026:1</guid>", "tag:x,2026:1"),
        ("", "https://a.example/1"),
    ],
)
def test_id_is_unique_beyond_its_feed(guid: str, expected: str) -> None:
    assert item(guid, "<link>https://www.host.example/</link>")["id"] == expected


def test_very_long_id_is_kept_by_its_hash() -> None:
    first, second = (item(f"<guid isPermaLink='false'>{'x' * 600}{end}</guid>")["id"] for end in "ab")

    assert first != second
    assert first.startswith("sha256:")


def test_whole_article_in_the_description_is_shortened() -> None:
    description = item(f"<description>{'A word or two. ' * 60}</description>")["description"]

    assert len(description) <= 301
    assert description.endswith("…")


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    "doctype",
    [f"<!DOCTYPE x [{BOMB}]>", f'<!DOCTYPE x [<!ENTITY a9 SYSTEM "{Path(__file__).as_uri()}">]>'],
    ids=["bomb", "external"],
)
def test_entities_are_neither_expanded_nor_loaded(doctype: str) -> None:
    found = read(doctype.encode() + rss("<title>T &a9;</title><link>https://a.example/1</link>"))

    assert len(str(found)) < 1_000
    assert "hypothesis" not in str(found)


def test_one_item_that_stumbles_the_parser_does_not_spoil_the_others() -> None:
    bad = "<item><title>Bad</title><link>http://[x/</link></item>"
    data = rss("<title>Good</title><link>https://a.example/1</link>", f"<title>C</title>{bad}\n")

    first, second = read(data)

    assert isinstance(first, Rejection)
    assert isinstance(second, Value)
    assert (first.line, second.line) == (1, 2)


def test_lines_are_those_of_start_tags_outside_of_text() -> None:
    data = rss(
        "<title><![CDATA[<item>\n]]></title><link>https://a.example/1</link></item>"
        "\n<!-- <item> --><item\n><link>x:</link>"
    )

    assert [one.line for one in read(data)] == [1, 3]


@pytest.mark.parametrize("data", [b"", b"<html><body>Hello</body></html>", b"<svg/>", b"<!DOCTYPE html>", b"<"])
def test_what_is_no_feed_is_said_once(data: bytes) -> None:
    (found,) = read(data)

    assert isinstance(found, Rejection)
    assert "not a feed" in found.reason


def test_feed_that_a_web_page_names_is_passed_on() -> None:
    page = (
        b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>'
    )

    assert read(page, "https://a.example/blog")[0] == Rejection(
        "x", 1, "a web page, not a feed; its feed is https://a.example/feed.xml"
    )


def test_feed_without_items_is_nothing() -> None:
    assert read(b'<rss version="2.0"><channel><title>Empty</title></channel></rss>') == []


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (f"<description>{'&lt;!--' * 20_001}</description>", "more than 20,000 comments"),  # would cost minutes
        ("<item>" * 10_001, "more than 10,000 items"),  # would cost a gigabyte
    ],
)
def test_what_no_publisher_writes_is_not_read(inner: str, reason: str) -> None:
    (found,) = read(rss(inner))

    assert isinstance(found, Rejection)
    assert reason in found.reason


def test_feed_that_does_not_begin_is_not_read() -> None:
    (found,) = read(b"\n" * 20_000 + rss("<title>T</title>"))  # a megabyte of these would cost an hour

    assert isinstance(found, Rejection)


def test_complaints_before_the_feed_are_passed_over() -> None:
    data = b"Warning: out of paper\n" + rss("<title>T</title><link>https://a.example/1</link>")

    assert feeds.is_markup(data)
    assert len(items(data)) == 1


@pytest.mark.parametrize("name", ["rss2_full.xml", "atom_xhtml.xml"])
def test_real_feeds_are_accepted_whole(name: str) -> None:
    path = SHARED / name
    if path.exists():  # only where the project's sample data lie beside it
        found = [records.accept(one) if isinstance(one, Value) else one for one in read(path.read_bytes())]
        assert len(found) == 6
        assert all(isinstance(one, records.Accepted) for one in found)


PIECES = [
    *(
        "<rss version='2.0'>",
        "<channel>",
        "<item>",
        "</item>",
        "<entry>",
        "<feed>",
        "<link>",
        "</link>",
        "<guid>",
        "http://[",
    ),
    *(
        "<title>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "<!DOCTYPE x [",
        "&a;",
        "&#0;",
        "\ud800",
        "<a href='http://[",
        "https://a.example/",
    ),
    *(
        "<pubDate>9999-99-99",
        "<media:content url='//['",
        "<content type='xhtml'>",
        "<category>",
        "<georss:point>",
        "</",
        ">",
    ),
]


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(PIECES), max_size=30).map(lambda p: "".join(p).encode(errors="replace"))
)
def test_any_bytes_are_values_or_rejections(data: bytes) -> None:
    for start in (b"", b"<rss version='2.0'><channel><item><title>T</title><link>https://a.example/1</link>"):
        for one in read(start + data, "https://a.example/feed"):
            found = records.accept(one) if isinstance(one, Value) else one
            assert found.line >= 1
            if isinstance(one, Value) and isinstance(found, Rejection):
                assert "image" not in found.reason
