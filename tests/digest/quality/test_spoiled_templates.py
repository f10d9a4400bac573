"""The bundled templates, spoiled in one way each: exactly the gates that must see it do, and say where and how to mend.

test_spoiled.py spoils in the finished mail what no template can lose: the doctype and the wrapper are MJML's, parse
errors are repaired on the way, and 90 KB are never exceeded. The browser is asked about the faults that it can see.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from digest.quality import gates, guise, laid_out, spam
from digest.quality.finding import Finding
from digest.quality.mail import read
from digest.quality.pane import Pane
from tests.digest.quality.golden import message
from tests.digest.quality.template_spoils import CELL, TemplateSpoil, change, each, spoiled

pytestmark = pytest.mark.slow

FRAME, ISSUE, MACROS, INLINE, HEAD = "frame.mjml.j2", "issue.mjml.j2", "macros.mjml.j2", "inline.css.j2", "head.css.j2"
TEXT, TEXT_MACROS = "issue.txt.j2", "macros.txt.j2"
AXE_LIGHT = {"axe: 600 px, light", "axe: 320 px, light"}
AXE_DARK = {"axe: 600 px, dark", "axe: 320 px, dark"}
AXE = AXE_LIGHT | AXE_DARK
NARROW = {"narrow: 320 px", "narrow: 375 px"}
STRIPES = {f"stripes: {look.name}" for look in guise.COLOURS}
UNSUPPORTED = "clients: unsupported features"
WHY = r'\{\{ _\("Why it matters"\) \}\}'
ROLE = r' role="presentation"'
PREHEADER_STYLE = r"display:none;max-height:0;overflow:hidden;mso-hide:all"
PREHEADER = rf"<mj-raw><div style=\"{PREHEADER_STYLE}\">.*?</div></mj-raw>"
PICTURE = (
    '<img class="im" src="https://news.example.com/a.jpg" width="552" height="310" alt="{{ piece.article.title }}" />'
)
ALT = r'alt="\{\{ article\.image_alt or article\.title \}\}"'
IN_DARK = r'\{\{ grounds\(""\) \}\}'
IN_OUTLOOK_COM = r'\{\{ grounds\("\[data-ogsb\] "\) \}\}'
BODY = r"\{% block masthead %\}\{% endblock %\}"


class Fault(NamedTuple):
    """One way to spoil a template."""

    gates: set[str]  #: that must fail, and no other
    advice: str  #: what their details say, among other things
    spoil: TemplateSpoil


def row(html: str) -> TemplateSpoil:
    """A row of its own above the masthead."""
    return change(
        FRAME, BODY, f'<mj-raw><tr><td class="in">{html}</td></tr></mj-raw>{{% block masthead %}}{{% endblock %}}'
    )


FAULTS: dict[str, Fault] = {
    # the document
    "no language": Fault(
        {"structure: language and direction"}, "<html> has lang “und”", change(FRAME, r'<mjml lang="[^"]*"', "<mjml")
    ),
    "zooming forbidden": Fault(
        {*AXE, "structure: viewport"},
        "“width=device-width, user-scalable=no” forbids zooming",
        change(
            FRAME,
            r'<meta name="color-scheme"',
            '<meta name="viewport" content="width=device-width, user-scalable=no" /><meta name="color-scheme"',
        ),
    ),
    "no title": Fault(
        {*AXE, "structure: title"},
        "Put the subject into <mj-title>",
        change(FRAME, r"<mj-title>.*?</mj-title>", "<mj-title></mj-title>"),
    ),
    "layout table without a role": Fault(
        {"structure: layout tables"},
        'Write role="presentation"',
        change(MACROS, r'(?<=\{% macro hairline\(height\) %\}\n<table) role="presentation"', ""),
    ),
    "leftover of a variable": Fault(
        {"syntax: leftovers"},
        "{{ browser }}",
        change(ISSUE, r'\{\{ _\("View in browser"\) \}\}', "{% raw %}{{ browser }}{% endraw %}"),
    ),
    "id in every card": Fault(
        {"syntax: ids"}, "id “story” stands 8 times", change(MACROS, r"<h3 class", '<h3 id="story" class')
    ),
    "comment for Outlook with a wrong end": Fault(
        {"syntax: Outlook branch", "Outlook: text"},
        "conditional comments begin",
        row("<!--[if mso]><p>For Outlook</p>-->Here"),
    ),
    "column of another width for Outlook": Fault(
        {*STRIPES, "Outlook: column"}, "it is 640 px wide", change(FRAME, r'width="600px"', 'width="640px"')
    ),
    "level of headings left out": Fault(
        {*AXE, "headings"},
        "h4 “World” follows h1",
        change(MACROS, r'<h2 class="h2">\{\{ words \}\}</h2>', '<h4 class="h2">{{ words }}</h4>'),
    ),
    "two h1": Fault(
        {"headings"},
        "there are 2 h1",
        change(
            ISSUE,
            r'\{\{ _\("That is all for this time."\) \}\}',
            '<h1 class="h2">{{ _("That is all for this time.") }}</h1>',
        ),
    ),
    "headings that look like text": Fault(
        {"styles removed: headings"},
        "h2 “World” looks like the text around it",
        change(
            INLINE, r"\.h2 \{ margin: 0; font-size: 18px;", ".h2 { margin: 0; font-size: 16px; font-weight: normal;"
        ),
    ),
    # the inbox
    "white preheader": Fault(
        {
            *AXE_LIGHT,
            *STRIPES,
            "Outlook: column",
            "contrast: fully inverted",
            "contrast: light",
            "images blocked: contrast",
            "legibility: contrast",
            "preheader: hiding",
            "preheader: length",
            "styles removed: contrast",
        },
        "is hidden by its colour",
        change(FRAME, PREHEADER_STYLE, "color:#ffffff"),
    ),
    "no preheader": Fault({"preheader: length"}, "Begin the wrapper with a hidden line", change(FRAME, PREHEADER, "")),
    "preheader that repeats the subject": Fault(
        {"preheader: own words"},
        "both say “agree to share one”",
        change(FRAME, r"(?<=mso-hide:all\">)\{\{ values\.preheader \}\}", "{{ values.subject }}"),
    ),
    "begins with the link to the browser": Fault(
        {"preheader: first visible text"},
        "it is “View in browser”",
        row('<a class="m" href="{{ values.view_url }}">{{ _("View in browser") }}</a>'),
    ),
    # what is read
    "no alternative text": Fault(
        {*AXE, "images blocked: alt text", "link texts", "pictures: alternative texts"},
        "/pictures/0000000000000000000000.jpg has no alt",
        change(MACROS, ALT, ""),
    ),
    "empty alternative text": Fault(
        {*AXE, "images blocked: alt text", "link texts", "pictures: alternative texts"},
        "is all there is of a link, and its alt is empty",
        change(MACROS, ALT, 'alt=""'),
    ),
    "pictures that tell the story": Fault(
        {"images blocked: text", "mailpit: score"},
        "write it as text",
        change(
            ISSUE,
            r"\{\{ part\.card\(piece\) \}\}",
            PICTURE * 3,
        ),
    ),
    "text of 12 px": Fault(
        {"legibility: font size", "narrow: text size"},
        '“View in browser” in <a class="m"> has 12 px',
        change(INLINE, r"\.sm \{ font-size: 14px; \}", ".sm { font-size: 12px; }"),
    ),
    "click here": Fault(
        {"link texts"},
        "“Click here” says nothing of https://",
        change(MACROS, r'\{\{ _\("Read at %\(domain\)s", domain=article\.domain\) \}\}', "Click here"),
    ),
    # colours
    "faint in light": Fault(
        {
            *AXE_LIGHT,
            "contrast: fully inverted",
            "contrast: light",
            "images blocked: contrast",
            "legibility: contrast",
            "styles removed: contrast",
        },
        "has 2.8:1",
        change(INLINE, r"\.m \{ color: \{\{ theme\.muted\.light \}\}; \}", ".m { color: #999999; }"),
    ),
    "faint in dark only": Fault(
        {*AXE_DARK, "contrast: dark"},
        "#5a564f on #1d1c1a is 2.33:1, wanted 4.5:1",
        change(HEAD, IN_DARK, '{{ grounds("") }} .m { color: #5a564f !important; }'),
    ),
    "faint in Outlook.com's dark only": Fault(
        {"contrast: Outlook.com, dark"},
        "#5a564f on #1d1c1a is 2.33:1, wanted 4.5:1",
        change(HEAD, IN_OUTLOOK_COM, '{{ grounds("[data-ogsb] ") }} [data-ogsc] .m { color: #5a564f !important; }'),
    ),
    "faint under inversion only": Fault(
        {"contrast: fully inverted", "contrast: partly inverted"},
        "“8 stories, picked by your topics. The next issue …”: #7e7e7e on #212121 is 3.96:1",
        change(INLINE, r"\.said \{", ".said { color: #6e6e6e;"),
    ),
    "page that stays light in dark": Fault(
        {*AXE_DARK, "contrast: dark"}, "#b0aaa0 on #f4f2ed", change(HEAD, r"body, \.pg \{", "body {")
    ),
    "card that stays light in dark": Fault(
        {*AXE_DARK, "contrast: dark"},
        "#ece8e1 on #ffffff",
        change(HEAD, IN_DARK, '{{ grounds("") }} .cd > table { background-color: #ffffff !important; }'),
    ),
    "gutter that stays light in dark": Fault(
        {*NARROW, "stripes: Outlook.com, dark", "stripes: dark"},
        "20 px high, painted by",
        row('<div style="margin:0 -24px;height:20px;background-color:#ffffff"></div>'),
    ),
    "tint lost in dark": Fault(
        {"boxes: dark"},
        "cannot be told from its surroundings",
        each(
            change(
                HEAD,
                IN_DARK,
                '{{ grounds("") }} .w { background-color: #1d1c1a !important; border-color: #1d1c1a !important; }',
            ),
        ),
    ),
    # small screens
    "table of 700 px": Fault(
        {*NARROW, "Outlook: column", "styles removed: width"},
        "reaches from 0 to 740 px",
        row('<table role="presentation" width="700"><tr><td>Wide</td></tr></table>'),
    ),
    "line that does not wrap": Fault(
        {*NARROW, "Outlook: column", "styles removed: width"},
        "give it width:100% and max-width",
        change(INLINE, r"\.said \{", ".said { white-space: nowrap;"),
    ),
    "links of 16 px below each other": Fault(
        {"link targets"},
        "“Change topics or frequency” is 171 × 16 px and too close to",
        each(
            change(HEAD, r"\.m a \{.*?\}", ""),
            change(INLINE, r"\.feet \{", ".feet { line-height: 16px;"),
            change(FRAME, r'&nbsp;· (?=<a class="m" href="\{\{ values\.unsubscribe_url)', "<br />"),
        ),
    ),
    "text that only a class hides": Fault(
        {"styles removed: text"},
        "only without styles: For old clients",
        each(row('<p class="gone">For old clients</p>'), change(HEAD, r":root \{", ".gone { display: none; } :root {")),
    ),
    # where it leads
    "no way out": Fault(
        {"links: unsubscribing"},
        "no link to the page that List-Unsubscribe names",
        change(FRAME, r"\{\{ values\.unsubscribe_url \}\}", "{{ values.preferences_url }}"),
    ),
    "way out that nobody sees": Fault(
        {"links: unsubscribing"}, "nobody sees the link", change(INLINE, r"\.feet \{", ".feet { display: none;")
    ),
    "link to nowhere": Fault(
        {UNSUPPORTED, "links: addresses"},
        "an address that leads nowhere: #",
        change(FRAME, r"\{\{ values\.preferences_url \}\}", "#"),
    ),
    "pictures by http": Fault(
        {"links: addresses"},
        "http where https is wanted: http://news.example.com/pictures/",
        change(MACROS, r"\{\{ piece\.picture\.url \}\}", '{{ piece.picture.url | replace("https:", "http:") }}'),
    ),
    # what clients do not know
    "pictures in WebP": Fault(
        {"clients: Outlook Windows classic", UNSUPPORTED},
        "image-webp on <img",
        change(MACROS, r"\{\{ piece\.picture\.url \}\}", '{{ piece.picture.url | replace(".jpg", ".webp") }}'),
    ),
    "layout by flex": Fault(
        {"clients: Outlook Windows classic", UNSUPPORTED, "mailpit: unsupported"},
        "css-display-flex (7 times",
        change(INLINE, r"\.desc \{", ".meta { display: flex; } .desc {"),
    ),
    "layout by position": Fault(
        {"Outlook: column", UNSUPPORTED},
        "css-position “absolute” on <td",
        change(INLINE, r"\.src \{", ".said { position: absolute; } .src {"),
    ),
    "picture as a ground": Fault(
        {*STRIPES, UNSUPPORTED},
        "css-background-image “url(https://news.example.com/a.png)” on <td",
        change(INLINE, r"\.said \{", ".said { background-image: url(https://news.example.com/a.png);"),
    ),
    "property that no client knows": Fault(
        {"clients: Outlook Windows classic", UNSUPPORTED},
        "css-hyphenate-limit-chars “6 3 2”",
        change(INLINE, r"\.desc \{", ".meta, .desc { hyphenate-limit-chars: 6 3 2;"),
    ),
    "form": Fault(
        {UNSUPPORTED},
        "html-form on <form>",
        row('<form action="https://news.example.com/"><input type="text" name="q" aria-label="Search" /></form>'),
    ),
    "drawing in SVG": Fault(
        {UNSUPPORTED},
        "html-svg on <svg>",
        row('<svg width="20" height="20" aria-hidden="true"><circle cx="10" cy="10" r="9" /></svg>'),
    ),
    # sizes
    "styles that Gmail drops": Fault(
        {"size: style blocks"},
        "take rules out of templates/email/head.css.j2",
        change(HEAD, r":root \{", "{% for n in range(700) %}.m { letter-spacing: 0; }\n{% endfor %}:root {"),
    ),
    # the text part
    "story's text lost in the text part": Fault(
        {"text part: words"},
        "missing are “",
        change(TEXT, r"\{\{ part\.points\(article\.(?:tldr|key_points\[:MOST_KEY_POINTS\])\) \}\}", ""),
    ),
    "link lost in the text part": Fault(
        {"text part: links"}, "https://news.example.com/view/", change(TEXT, r"\{\{ values\.view_url \}\}", "")
    ),
    "way out lost in the text part": Fault(
        {"text part: footer", "text part: links"},
        "the unsubscribe link is missing",
        change(TEXT_MACROS, r"\{\{ values\.unsubscribe_url \}\}", ""),
    ),
    "postal address lost in the text part": Fault(
        {"text part: footer"},
        "the postal address is missing: ",
        change(
            TEXT_MACROS, r"newsletter\.postal_address if newsletter\.postal_address", '"" if newsletter.postal_address'
        ),
    ),
    "postal address lost in the HTML": Fault(
        {"text part: footer"},
        "the HTML lacks the postal address",
        change(FRAME, r"\{% if newsletter\.postal_address %\}.*?\{% endif %\}", ""),
    ),
    "lines that nobody folds": Fault(
        {"text part: lines"},
        "columns",
        change(TEXT, r"article\.why_it_matters\.text \| wrap", "article.why_it_matters.text"),
    ),
    "Markdown in the text part": Fault(
        {"text part: leftovers"}, "**Why it matters**", change(TEXT, WHY, '**{{ _("Why it matters") }}**')
    ),
    "entity in the text part": Fault(
        {"text part: leftovers"}, "an entity in line", change(TEXT, WHY, '{{ _("Why it matters") }}&nbsp;')
    ),
}


LAID_OUT = (
    "axe",
    "narrow",
    "link targets",
    "contrast",
    "stripes",
    "boxes",
    "images blocked",
    "styles removed",
    "Outlook",
)
SHOWN = [name for name, fault in FAULTS.items() if any(gate.startswith(LAID_OUT) for gate in fault.gates)]
SPAM: dict[str, str] = {"white preheader": "HTML_FONT_LOW_CONTRAST"}  # what SpamAssassin sees of these


def failed(findings: list[Finding]) -> dict[str, str]:
    """The gates that do not pass, with what they advise."""
    return {one.name: one.detail for one in findings if not one.passed}


@pytest.mark.parametrize("template", ["issue", "compact"])
def test_the_bundled_templates_pass_everything(reading: Pane, spam_filter: Path, template: str) -> None:
    mail = read(template, message(CELL._replace(template=template)))

    assert failed([*gates.check(mail), *laid_out.check(reading, mail), *spam.check(spam_filter, [mail])]) == {}


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in SHOWN])
def test_a_fault_in_what_is_sent_is_found(tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]

    found = failed(gates.check(spoiled(tmp_path, fault.spoil)))

    assert found.keys() == fault.gates, found
    assert fault.advice in "\n".join(found.values())


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_in_what_is_shown_is_found(reading: Pane, tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    mail = spoiled(tmp_path, fault.spoil)

    found = failed(gates.check(mail) + laid_out.check(reading, mail))

    assert found.keys() == fault.gates, found
    assert fault.advice in "\n".join(found.values())


def test_a_fault_that_filters_take_for_a_trick_is_found(spam_filter: Path, tmp_path: Path) -> None:
    mails = [spoiled(tmp_path / name, FAULTS[name].spoil) for name in SPAM]

    found = spam.check(spam_filter, mails)

    assert [one.passed for one in found] == [False] * len(SPAM)
    assert all(rule in one.detail for rule, one in zip(SPAM.values(), found, strict=True))
