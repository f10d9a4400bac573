"""A composed mail, spoiled in one way each: the gate that must see it does, says how to mend it, and no other does."""

import base64
import re
from dataclasses import replace

import pytest

from digest.quality import caniemail, gates
from digest.quality.mail import Mail, read
from tests.digest.quality.drafts import CLEAN, Draft, Spoil, both, failed, header, html, text

PREHEADER = r'<div style="display:none[^"]*">([^<]*)</div>'
UNSUPPORTED = "clients: unsupported features"

SPOILED: dict[str, tuple[set[str], Spoil]] = {
    # the document
    "lost doctype": ({"syntax: doctype"}, html(r"<!DOCTYPE html>", "")),
    "doctype of quirks": (
        {"syntax: doctype"},
        html(r"<!DOCTYPE html>", '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 3.2//EN">'),
    ),
    "element that is not closed": ({"syntax: parse errors", "syntax: Outlook branch"}, html(r"<h1", "<div><h1")),
    "table cell outside a table": ({"syntax: parse errors"}, html(r"<h1", "<td></td><h1")),
    "leaked MJML": ({"syntax: leftovers"}, html(r"(<h1.*?</h1>)", r"<mj-text>\1</mj-text>")),
    "variable that nobody filled": ({"syntax: leftovers"}, html(r"View in browser", "View in {{ browser }}")),
    "statement that nobody ran": ({"syntax: leftovers"}, html(r"View in browser", "{% if %}View in browser")),
    "token that nobody filled": ({"syntax: leftovers"}, html(r"View in browser", "View in browser qzabcsubjectzq")),
    "id that stands twice": ({"syntax: ids"}, html(r"<h3", '<h3 id="story"', 2)),
    "branch for Outlook that stays open": (
        {"syntax: Outlook branch"},
        html(r"</td></tr></table><!\[endif\]-->", "<![endif]-->"),
    ),
    "comment for Outlook without an end": (
        {"syntax: Outlook branch"},
        html(r"</head>", "<!--[if mso]><p></p>--></head>"),
    ),
    "no title": ({"structure: title"}, html(r"<title>.*?</title>", "<title> </title>")),
    "zooming forbidden": ({"structure: viewport"}, html(r"initial-scale=1", "initial-scale=1, user-scalable=no")),
    "no viewport": ({"structure: viewport"}, html(r'<meta name="viewport"[^>]*>', "")),
    "no language": ({"structure: language and direction"}, html(r'<html lang="en"', "<html")),
    "language unknown": ({"structure: language and direction"}, html(r'<html lang="en"', '<html lang="und"')),
    "no direction on the wrapper": (
        {"structure: language and direction"},
        html(r'(<body.*?lang="en") dir="ltr"', r"\1"),
    ),
    "text outside the wrapper": ({"structure: wrapper"}, html(r"</body>", "<p>Unsubscribe</p></body>")),
    "layout tables without role": (
        {"structure: layout tables"},
        html(r'(<table[^>]*) role="presentation"', r"\1", 99),
    ),
    "two h1": ({"headings"}, html(r"<h2([^>]*)>(.*?)</h2>", r"<h1\1>\2</h1>")),
    "no h1": ({"headings"}, html(r"<h1([^>]*)>(.*?)</h1>", r"<p\1>\2</p>")),
    "level left out": ({"headings"}, html(r"<h3([^>]*)>(.*?)</h3>", r"<h4\1>\2</h4>")),
    # what is read
    "no alternative text": ({"pictures: alternative texts", "link texts"}, html(r' alt="A ferry at its pier"', "")),
    "empty alternative text in a link": (
        {"pictures: alternative texts", "link texts"},
        html(r' alt="A ferry at its pier"', ' alt=""'),
    ),
    "alternative text of a paragraph": (
        {"pictures: alternative texts"},
        html(r' alt="A ferry', f' alt="{"A ferry " * 20}'),
    ),
    "height of auto": ({"pictures: sizes"}, html(r'(<img [^>]*)height="310"', r'\1height="auto"')),
    "grey on white": ({"legibility: contrast"}, html(r'(<p class="m" style="color:)#[0-9a-f]+', r"\1#b0b0b0")),
    "text on a dark ground": ({"legibility: contrast"}, html(r"<h3 ", '<h3 bgcolor="#666666" ')),
    "small print": ({"legibility: font size"}, html(r"(padding:0 24px 40px;font-size:)14px", r"\g<1>11px")),
    "click here": ({"link texts"}, html(r">Read at news1.example<", ">Click here<")),
    "address as a text": ({"link texts"}, html(r">Read at news1.example<", ">https://news1.example/story/1<")),
    "link without text": ({"link texts"}, html(r">Read at news1.example<", "><")),
    # the inbox
    "no preheader": ({"preheader: length"}, html(PREHEADER, "")),
    "preheader too short": (
        {"preheader: length"},
        html(PREHEADER, '<div style="display:none">News of the week</div>'),
    ),
    "preheader too long": ({"preheader: length"}, html(PREHEADER, f'<div style="display:none">{"news " * 30}</div>')),
    "preheader that is the subject": (
        {"preheader: own words"},
        html(PREHEADER, '<div style="display:none">Story number 1 of the week, and what else there is today</div>'),
    ),
    "white preheader": (
        {"preheader: length", "preheader: hiding", "legibility: contrast"},
        html(PREHEADER, r'<div style="color:#ffffff;background-color:#ffffff">\1</div>'),
    ),
    "tiny preheader": (
        {"preheader: length", "preheader: hiding", "legibility: font size"},
        html(PREHEADER, r'<div style="font-size:1px">\1</div>'),
    ),
    "begins with a link to the browser": (
        {"preheader: first visible text"},
        html(f"({PREHEADER})", r"\1<p>View in browser</p>"),
    ),
    "no subject": ({"subject: length"}, header(r"^Subject: .*$", "Subject: ")),
    "short subject": ({"subject: length"}, header(r"^Subject: .*$", "Subject: News")),
    "long subject": ({"subject: length"}, header(r"^Subject: .*$", "Subject: " + "All the news of the week " * 3)),
    "subject in capitals": ({"subject: tone"}, header(r"^Subject: .*$", "Subject: ALL THE NEWS OF THIS WEEK")),
    "subject that shouts": ({"subject: tone"}, header(r"^Subject: .*$", "Subject: All the news of this week!!!")),
    "subject of money": ({"subject: tone"}, header(r"^Subject: .*$", "Subject: How to make $$$ in one week")),
    "subject of an answer": ({"subject: tone"}, header(r"^Subject: .*$", "Subject: Re: the news of this week")),
    "subject that turns around": (
        {"subject: characters"},
        header(r"^Subject: .*$", "Subject: =?utf-8?q?All_the_news_=E2=80=AEof_this_week?="),
    ),
    # where it leads
    "script as a link": ({"links: addresses"}, html(r'href="https://news1[^"]*"', 'href="javascript:alert(1)"')),
    "link to nowhere": ({"links: addresses"}, html(r'href="https://news1[^"]*"', 'href=""')),
    "shortener": (
        {"links: addresses"},
        both(
            html(r"https://news1.example/story/1", "https://bit.ly/1", 9),
            text(r"https://news1.example/story/1", "https://bit.ly/1"),
        ),
    ),
    "bare IP address": (
        {"links: addresses"},
        both(
            html(r"https://news1.example/", "https://192.0.2.7/", 9),
            text(r"https://news1.example/", "https://192.0.2.7/"),
        ),
    ),
    "user name in an address": (
        {"links: addresses"},
        both(
            html(r"https://news1.example/", "https://bank@news1.example/", 9),
            text(r"https://news1.example/", "https://bank@news1.example/"),
        ),
    ),
    "picture by http": ({"links: addresses"}, html(r'src="https:', 'src="http:')),
    "our own page by http": (
        {"links: addresses", "text part: links"},
        html(r'href="https://news.example.com/view', 'href="http://news.example.com/view'),
    ),
    "text of another host": ({"links: texts that are addresses"}, html(r">Read at news1.example<", ">bank.example<")),
    "no way out": (
        {"links: unsubscribing", "text part: links"},
        html(r'href="https://news.example.com/unsubscribe/[^"]*"', 'href="https://news.example.com/out"'),
    ),
    "way out that nobody sees": (
        {"links: unsubscribing"},
        html(r'(<td class="in m" style=")(padding:24px 24px 10px)', r"\1display:none;\2"),
    ),
    # sizes
    "90 KB of HTML": ({"size: HTML"}, html(r"</body>", f"<!--{'x' * 90_000}--></body>")),
    "style blocks that Gmail drops": (
        {"size: style blocks"},
        html(r"</head>", f"<style>{'/* a rule */' * 1400}</style></head>"),
    ),
    "line too long": ({"size: lines"}, header(r"^Precedence: bulk$", "X-Trace: " + "x" * 1000)),
    "a gallery": (
        {"size: pictures"},
        html(r"</h1>", "</h1>" + '<img alt="" src="https://pictures.example/2.png" width="1">' * 31),
    ),
    # what clients do not know
    "picture in WebP": ({UNSUPPORTED}, html(r'(src="[^"]*)\.jpg', r"\1.webp")),
    "picture in two sizes": ({UNSUPPORTED}, html(r"<img ", '<img srcset="https://pictures.example/2.jpg 2x" ')),
    "section element": ({UNSUPPORTED}, html(r"(<h1.*?</h1>)", r"<section>\1</section>")),
    "layout by flex": ({UNSUPPORTED}, html(r"(<h1[^>]*style=['\"])", r"\1display:flex;")),
    "layout by position": ({UNSUPPORTED}, html(r"(<h1[^>]*style=['\"])", r"\1position:absolute;")),
    "CSS variable": ({UNSUPPORTED}, html(r"(<h1[^>]*style=['\"])", r"\1text-indent:var(--wide);")),
    "font from the web": ({UNSUPPORTED}, html(r"</head>", "<style>@font-face { font-family: Wide; }</style></head>")),
    # the header
    "no date": ({"headers: identity"}, header(r"^Date: .*\n", "")),
    "date without offset": ({"headers: identity"}, header(r" \+0000$", " -0000")),
    "Message-ID of another domain": ({"headers: identity"}, header(r"^(Message-ID: .*)@.*>", r"\1@localhost>")),
    "two senders": ({"headers: identity"}, header(r"^From: .*$", "From: a@news.example.com, b@news.example.com")),
    "no List-Id": ({"headers: identity"}, header(r"^List-Id: .*\n", "")),
    "no one click": ({"headers: unsubscribing"}, header(r"^List-Unsubscribe-Post: .*\n", "")),
    "wrong one click": ({"headers: unsubscribing"}, header(r"=One-Click", "=one-click")),
    "unsubscribing by web alone": ({"headers: unsubscribing"}, header(r", <mailto:.*>", "")),
    "unsubscribing on two lines": ({"headers: unsubscribing"}, header(r">, <mailto", ">,\n <mailto")),
    "Bcc": ({"headers: strangers"}, header(r"^Precedence", "Bcc: bo@example.org\nPrecedence")),
    "Received": ({"headers: strangers"}, header(r"^Precedence", "Received: from x by y\nPrecedence")),
    "answer of a machine": (
        {"headers: strangers"},
        header(r"^Precedence", "Auto-Submitted: auto-replied\nPrecedence"),
    ),
    "subject in bare UTF-8": (
        {"headers: characters"},
        header(r"^Subject: .*$", "Subject: All the news of this week – today"),
    ),
    # the text part
    "no text part": ({"text part: words"}, text(r".*", "")),
    "story lost in the text part": (
        {"text part: words", "text part: links"},
        text(r"What the valley.*?story/2\n", ""),
    ),
    "link lost in the text part": ({"text part: links"}, text(r"https://news2.example/story/2", "see there")),
    "way out lost in the text part": (
        {"text part: links", "text part: footer"},
        text(r"https://news.example.com/unsubscribe/\S+", "see there"),
    ),
    "postal address lost in the text part": ({"text part: footer"}, text(r"(?:,| ·) 1 Example Street, London", "")),
    "postal address lost in the HTML": (
        {"text part: footer"},
        html(r"(?:, )?1 Example Street, London", ""),
    ),
    "long line": ({"text part: lines"}, text(r"Why it matters\n", "Why it matters " + "to all of us " * 6 + "\n")),
    "tag in the text part": ({"text part: leftovers"}, text(r"Why it matters", "<b>Why it matters</b>")),
    "entity in the text part": ({"text part: leftovers"}, text(r"Why it matters", "Why it matters &amp; how")),
    "Markdown in the text part": ({"text part: leftovers"}, text(r"Why it matters", "**Why it matters**")),
    "zero width in the text part": ({"text part: leftovers"}, text(r"Why it matters", "Why it matters\u200b")),
}


@pytest.fixture(scope="module")
def before(composed: Mail) -> dict[str, str]:
    """What the mail fails before it is spoiled."""
    return failed(composed)


@pytest.mark.slow
@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_mail_fails_the_gate_that_must_see_it(composed: Mail, before: dict[str, str], name: str) -> None:
    wanted, spoil = SPOILED[name]

    found = failed(spoil(Draft.of(composed)).mail())

    new = found.keys() - before.keys()
    assert new == wanted, {gate: found[gate] for gate in new}
    assert all(len(found[gate]) > 20 for gate in wanted)


def test_the_mail_by_hand_passes_every_gate() -> None:
    assert failed(CLEAN.mail()) == {}


def test_taking_the_composed_mail_apart_changes_nothing(composed: Mail) -> None:
    again = Draft.of(composed).mail()

    assert (again.html, again.text, failed(again)) == (composed.html, composed.text, failed(composed))


CLIENT_SPOILS: dict[str, tuple[set[str], Spoil]] = {
    "padding on paragraphs": (
        {"clients: Outlook Windows classic"},
        html(r"<td>What(.*?)</td>", r'<td><p style="padding:8px">What\1</p></td>', 99),
    ),
    "width in pixels without Outlook's settings": (
        {"clients: Outlook Windows classic"},
        html(r"<table (.*?)width=\"100%\"", r'<table \1width="600"'),
    ),
    "rem on cells": (
        {"mailpit: unsupported", UNSUPPORTED}
        | {f"clients: {one}" for one in ("Outlook Windows classic", "Samsung", "Yahoo Android", "Yahoo web")},
        html(r"<td>What", '<td style="font-size:1rem">What', 99),
    ),
    "what no client knows": (
        {UNSUPPORTED} | {f"clients: {client}" for client in caniemail.load().clients},
        html(r"<td>", '<td style="hyphenate-limit-chars:6 3 2">', 99),
    ),
    "margins everywhere": ({"mailpit: score"}, html(r"<td>", '<td style="margin:0">', 99)),
    "text-decoration everywhere": (
        {"mailpit: unsupported"},
        html(r"<a ", '<a style="text-decoration:underline" ', 99),
    ),
}


@pytest.mark.parametrize("name", CLIENT_SPOILS)
def test_what_clients_do_not_show_costs_them(name: str) -> None:
    wanted, spoil = CLIENT_SPOILS[name]

    found = failed(spoil(CLEAN).mail())

    assert found.keys() == wanted, found


RAW_SPOILS: dict[str, tuple[set[str], tuple[bytes, bytes]]] = {
    "parts without charset": ({"headers: parts"}, (b"; charset=utf-8", b"; charset=us-ascii")),
    "parts of another kind": ({"headers: parts"}, (b"multipart/alternative", b"multipart/mixed")),
}


@pytest.mark.parametrize("name", RAW_SPOILS)
def test_parts_are_declared(composed: Mail, name: str) -> None:
    wanted, (old, new) = RAW_SPOILS[name]
    assert old in composed.raw

    assert wanted <= failed(read("spoiled", composed.raw.replace(old, new))).keys()


def test_every_gate_is_spoiled_in_some_way() -> None:
    spoiled = [wanted for wanted, _ in [*SPOILED.values(), *CLIENT_SPOILS.values(), *RAW_SPOILS.values()]]

    assert {finding.name for finding in gates.check(CLEAN.mail())} <= set().union(*spoiled)


def test_base64_is_refused(composed: Mail) -> None:
    head, _, _ = composed.raw.rpartition(b"Content-Transfer-Encoding: quoted-printable")
    boundary = re.search(rb'boundary="(.*?)"', head)
    assert boundary
    encoded = base64.encodebytes(composed.html.encode()).replace(b"\n", b"\r\n")
    raw = head + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"\r\n--" + boundary[1] + b"--\r\n"

    found = failed(read("spoiled", raw))

    assert found.keys() - failed(composed).keys() == {"headers: parts"}
    assert "base64" in found["headers: parts"]


def test_an_encoded_list_unsubscribe_is_refused(composed: Mail) -> None:
    encoded = header(r"^List-Unsubscribe: .*$", "List-Unsubscribe: =?utf-8?q?=3Chttps=3A//news.example.com/x=3E?=")

    found = failed(encoded(Draft.of(composed)).mail())

    assert "RFC 2047" in found["headers: unsubscribing"]


def test_a_mail_of_text_alone_is_said_to_be_so(composed: Mail) -> None:
    found = failed(replace(Draft.of(composed), html="").mail())

    assert found["HTML part"]
