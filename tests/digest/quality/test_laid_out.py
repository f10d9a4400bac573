"""Every gate that needs a browser, in a real Chromium: a good mail passes all, and each fault fails exactly its own."""

import re

import pytest

from digest.quality import axe, contrast, guise, laid_out, pane
from digest.quality.pane import Pane
from tests.digest.quality.sample import HTML, spoiled, with_html

pytestmark = pytest.mark.slow


def failing(reading: Pane, html: str) -> dict[str, str]:
    """The gates that fail, with what they advise."""
    return {f.name: f.detail for f in laid_out.check(reading, with_html(html)) if not f.passed}


def test_a_good_mail_passes_everything(reading: Pane) -> None:
    found = laid_out.check(reading, with_html(HTML))

    assert [finding for finding in found if not finding.passed] == []
    assert len({finding.name for finding in found}) == len(found) == 31
    assert all(finding.detail == "" for finding in found)


RIGHT_TO_LEFT = spoiled('dir="ltr"', 'dir="rtl"')
AXE = {f"axe: {width} px, {scheme}" for width in (600, 320) for scheme in ("light", "dark")}
AXE_LIGHT = {"axe: 600 px, light", "axe: 320 px, light"}
AXE_DARK = {"axe: 600 px, dark", "axe: 320 px, dark"}
BAND = '<div class="band" style="margin:0 -20px; height:20px; background-color:#ffffff"></div>'
PICTURE = '<img src="https://a.example/2.jpg" alt="A boat" width="90" height="90" style="color:#1f1d1a" class="ink"> '
SPOILED = {
    "no language": (spoiled('<html lang="en" dir="ltr">', "<html>"), AXE, "html-has-lang"),
    "a heading skipped": (spoiled("<h2", "<h4").replace("</h2", "</h4"), AXE, "heading-order"),
    "a link without a name": (spoiled(">Unsubscribe</a>", "></a>"), AXE, "link-name"),
    "faint in light": (
        spoiled('color:#1f1d1a">The council', 'color:#999999">The council'),
        AXE_LIGHT
        | {"contrast: light", "contrast: fully inverted", "images blocked: contrast", "styles removed: contrast"},
        "#999999 on #ffffff is 2.84:1",
    ),
    "faint in dark only": (
        spoiled(".mute { color: #b0aaa0 !important; }\n  .why", ".mute { color: #5a564f !important; }\n  .why"),
        AXE_DARK | {"contrast: dark"},
        "#5a564f on #1d1c1a",
    ),
    "faint in Outlook.com only": (
        spoiled("[data-ogsc] .mute { color: #b0aaa0", "[data-ogsc] .mute { color: #5a564f"),
        {"contrast: Outlook.com, dark"},
        "#5a564f",
    ),
    "faint when inverted only": (
        spoiled(
            '<p class="ink" style="margin:0; color:#1f1d1a">The council',
            '<p class="ink" style="margin:0; color:#1f1d1a"><span style="color:#6e6e6e">The</span> council',
        )
        .replace("[data-ogsc] .ink {", "[data-ogsc] span, [data-ogsc] .ink {")
        .replace("  .ink {", "  span, .ink {"),
        {"contrast: partly inverted", "contrast: fully inverted"},
        "“The”",
    ),
    "a stripe in dark": (spoiled("<h2", f"{BAND}<h2"), {"stripes: dark", "stripes: Outlook.com, dark"}, "painted by"),
    "a stripe when inverted": (
        spoiled("<h2", BAND.replace("background-color:#ffffff", "background:linear-gradient(#ffffff, #ffffff)") + "<h2")
        .replace("  .ink {", "  .band { background: none !important; }\n  .ink {")
        .replace("[data-ogsc] .ink {", "[data-ogsc] .band { background: none !important; }\n[data-ogsc] .ink {"),
        {"stripes: partly inverted", "stripes: fully inverted"},
        "#ffffff from",
    ),
    "a page that stays light in dark": (
        spoiled("body, .page {", "body {"),
        {"stripes: dark", "contrast: dark", *AXE_DARK},
        "painted by body > div.page",
    ),
    "a box lost in dark": (
        spoiled(
            "  .why { background-color: #282623 !important; border-color: #8fb8f5 !important;",
            "  .why { background-color: #1d1c1a !important; border-color: #1d1c1a !important;",
        ),
        {"boxes: dark"},
        "cannot be told from its surroundings",
    ),
    "a stripe in light": (
        spoiled("<h2", BAND.replace("#ffffff", "#d0d0d0") + "<h2").replace(
            "  .ink {", "  .band { background: none !important; }\n  .ink {"
        ),
        {f"stripes: {look.name}" for look in guise.COLOURS} - {"stripes: dark"},
        "#d0d0d0 from",
    ),
    "a button lost when inverted": (
        spoiled(
            "<h2",
            '<p><a class="btn" href="https://a.example/b" style="padding:8px; background-color:#222222; color:#ffffff">'
            "Choose</a></p><h2",
        )
        .replace("  .ink {", "  .btn { background-color: #ece8e1 !important; color: #1f1d1a !important; }\n  .ink {")
        .replace(
            "[data-ogsc] .ink {",
            "[data-ogsc] .btn { background-color: #ece8e1 !important; color: #1f1d1a !important; }\n[data-ogsc] .ink {",
        ),
        {"boxes: partly inverted"},
        "a.btn “Choose” cannot be told from its surroundings",
    ),
    "a box too pale to be seen inverted": (
        spoiled("<h2", '<p class="tip ink" style="margin:0; background-color:#f9f9f9; color:#1f1d1a">Tip</p><h2')
        .replace("  .ink {", "  .tip { background-color: #3b3833 !important; }\n  .ink {")
        .replace(
            "[data-ogsc] .ink {", "[data-ogsc] .tip { background-color: #3b3833 !important; }\n[data-ogsc] .ink {"
        ),
        {"boxes: partly inverted", "boxes: fully inverted"},
        "“Tip” cannot be told",
    ),
    "a box lost in Outlook.com": (
        spoiled(
            "[data-ogsc] .why { background-color: #282623 !important; border-color: #8fb8f5 !important;",
            "[data-ogsc] .why { background-color: #1d1c1a !important; border-color: #1d1c1a !important;",
        ),
        {"boxes: Outlook.com, dark"},
        "cannot be told",
    ),
    "pictures that tell the story": (
        re.sub(r"<p class=\"ink\".*?</p>", "", spoiled("</h2>", "</h2>" + PICTURE * 3), flags=re.DOTALL),
        {"images blocked: text"},
        "write it as text",
    ),
    "right to left, and too wide": (
        spoiled('dir="ltr"', 'dir="rtl"').replace(
            "<h2", '<table role="presentation" width="700"><tr><td></td></tr></table><h2'
        ),
        {"narrow: 320 px", "narrow: 375 px", "styles removed: width", "Outlook: column"},
        "reaches from -",
    ),
    "a table of 700 px": (
        spoiled("<h2", '<table role="presentation" width="700"><tr><td></td></tr></table><h2'),
        {"narrow: 320 px", "narrow: 375 px", "styles removed: width", "Outlook: column"},
        "reaches from",
    ),
    "wide without styles": (
        spoiled("width:100%; max-width:552px; height:auto", "height:auto").replace(
            "<style>", "<style>img { width: 100%; }"
        ),
        {"styles removed: width"},
        "img",
    ),
    "text cut off": (
        spoiled("<h2", '<div style="overflow:hidden; white-space:nowrap">' + "long words " * 5 + "</div><h2"),
        {"narrow: 320 px", "narrow: 375 px", "styles removed: width"},
        "cuts off",
    ),
    "text of 10 px": (
        spoiled('<p class="mute" style="margin:0; font-size:14px', '<p class="mute" style="margin:0; font-size:10px'),
        {"narrow: text size"},
        "is 10 px",
    ),
    "links of 16 px on each other": (
        spoiled(
            '<p style="margin:0; font-size:14px; line-height:24px">',
            '<p style="margin:0; font-size:14px; line-height:16px">',
        ),
        {"link targets"},
        "too close to",
    ),
    "a small link under a large one": (
        spoiled(
            "<h2",
            '<div style="font-size:0; line-height:0"><a class="ink" href="https://a.example/b" style="display:block; '
            'padding:12px 0; font-size:16px; line-height:24px; color:#1f1d1a">Read the whole story</a><a class="ink" '
            'href="https://a.example/c" style="display:block; font-size:14px; line-height:16px; color:#1f1d1a">More</a>'
            "</div><h2",
        ),
        {"link targets"},
        "too close to div.in > div > a.ink “Read the whole story”",
    ),
    "no alt text": (
        spoiled('alt="Fishing boats in the harbour at dawn"', ""),
        {*AXE, "images blocked: alt text"},
        "alt",
    ),
    "empty alt text": (
        spoiled("Fishing boats in the harbour at dawn", ""),
        {"images blocked: alt text"},
        "empty alt text",
    ),
    "alt text faint": (
        spoiled("line-height:21px; color:#544f48", "line-height:21px; color:#aaaaaa"),
        {"images blocked: contrast"},
        "#aaaaaa",
    ),
    "alt text cut off": (
        spoiled("max-width:552px; height:auto", "max-width:552px; height:20px").replace("at dawn", "at dawn, " * 30),
        {"images blocked: alt text"},
        "cuts its alt text off",
    ),
    "white text on a background picture": (
        spoiled("<h2", '<p style="background-image:url(https://a.example/b.png); color:#ffffff">Look here</p><h2'),
        {"images blocked: contrast"},
        "Look here",
    ),
    "a heading that only styles make": (
        spoiled("font-size:22px; line-height:28px; color", "font-size:16px; font-weight:normal; color").replace(
            "<style>", "<style>h2 { font-weight: bold !important; }"
        ),
        {"styles removed: headings"},
        "looks like the text around it",
    ),
    "text that only styles hide": (
        spoiled("<h2", '<p class="gone">For old clients</p><h2').replace("<style>", "<style>.gone { display: none; }"),
        {"styles removed: text"},
        "only without styles: For old clients",
    ),
    "no column in Outlook": (spoiled(' width="600" cell', " cell"), {"Outlook: column"}, "600"),
    "a comment for Outlook not closed": (
        spoiled("<!--[if mso | IE]></td></tr></table><![endif]-->", "<!--[if mso | IE]></td></tr></table>-->").replace(
            "</body>", "<!--[if mso]><p>End</p><![endif]--></body>"
        ),
        {"Outlook: text", "Outlook: column"},
        "only in Outlook",
    ),
}


def test_a_good_mail_from_right_to_left_passes_everything(reading: Pane) -> None:
    assert failing(reading, RIGHT_TO_LEFT) == {}


def test_every_gate_has_a_fault_that_it_finds(reading: Pane) -> None:
    gates = {finding.name for finding in laid_out.check(reading, with_html(HTML))}

    assert gates - set().union(*(gates for _, gates, _ in SPOILED.values())) == set()


@pytest.mark.parametrize("fault", SPOILED)
def test_a_fault_fails_exactly_its_gates(reading: Pane, fault: str) -> None:
    html, gates, advice = SPOILED[fault]

    failed = failing(reading, html)

    assert set(failed) == gates
    assert advice in "\n".join(failed.values())


def test_our_contrast_agrees_with_axe(reading: Pane) -> None:
    """The same elements, by both; over solid and half-transparent grounds, large and small, faded and hidden text."""
    cases = [
        ("#767676", "#ffffff", "font-size:16px"),
        ("#777777", "#ffffff", "font-size:16px"),
        ("#777777", "#ffffff", "font-size:24px"),
        ("#949494", "#ffffff", "font-size:24px"),
        ("#959595", "#ffffff", "font-size:24px"),
        ("#888888", "#ffffff", "font-size:19px; font-weight:bold"),
        ("#888888", "#ffffff", "font-size:18px; font-weight:bold"),
        ("rgba(0, 0, 0, 0.5)", "#ffffff", ""),
        ("rgba(0, 0, 0, 0.6)", "#ffffff", ""),
        ("#000000", "rgba(0, 0, 0, 0.4)", ""),
        ("#000000", "rgba(0, 0, 0, 0.7)", ""),
        ("#000000", "#ffffff", "opacity:0.3"),
        ("#ffffff", "#ffffff", "display:none"),
        ("#ffffff", "#ffffff", "visibility:hidden"),
        ("hsl(220 60% 50%)", "#ffffff", ""),
        ("oklch(0.7 0.1 250)", "#ffffff", ""),
    ]
    body = "".join(f'<p style="background:{b};color:{c};{rest}">case-{n}-</p>' for n, (c, b, rest) in enumerate(cases))
    page = f'<!DOCTYPE html><html lang="en"><title>Cases</title><body style="background:#ffffff"><h1>Cases</h1>{body}'

    reading.show(page, 600)
    ours = {n for n in range(len(cases)) for fault in contrast.measure(reading).faults if f"case-{n}-" in fault}
    axe.check(reading, with_html(page))
    theirs = str(reading.run("axe")["violations"])

    assert ours == {n for n in range(len(cases)) if f">case-{n}-<" in theirs} == {1, 4, 6, 7, 10, 11, 15}


HOSTILE = """<!DOCTYPE html><html><head>
<meta http-equiv="refresh" content="0; url=http://mail.invalid/"><base href="https://elsewhere.example/">
<link rel="stylesheet" href="https://elsewhere.example/a.css"><link rel="dns-prefetch" href="//elsewhere.example">
<script>document.title = "owned"</script></head>
<body onload="document.title = 'owned'"><p>Still here</p>
<img src="data:,x" alt="" onerror="document.title = 'owned'"><iframe src="https://elsewhere.example/"></iframe>
<object data="https://elsewhere.example/"></object><form action="https://elsewhere.example/"><button>Go</button></form>
<svg onload="document.title = 'owned'"></svg><a href="javascript:document.title = 'owned'">Click</a></body></html>"""


def test_a_hostile_mail_runs_nothing_and_reaches_nothing(reading: Pane) -> None:
    answered: list[str] = []
    reading.page.on("requestfinished", lambda request: answered.append(request.url))

    reading.show(HOSTILE, 600)
    reading.page.click("a")
    reading.page.wait_for_timeout(300)

    assert reading.page.title() == ""
    assert reading.page.url == pane.ADDRESS
    assert [url for url in answered if not url.startswith("data:")] == [pane.ADDRESS]
    assert reading.run("words") == ["Still here", "Go", "Click"]


def test_a_mail_is_loaded_once_for_all_who_only_look(reading: Pane) -> None:
    loads: list[str] = []
    reading.page.on("load", lambda page: loads.append(page.url))

    laid_out.check(reading, with_html(HTML))

    assert len(loads) == 7
