"""The report: what it says, in which order, and that nothing in it can break out."""

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import html5lib
import pytest
from PIL import Image

from digest.quality import axe, chromium, pane, report, shots
from digest.quality.finding import Finding
from digest.quality.meter import Meter, meter
from digest.quality.missing import Missing
from digest.quality.report import Checked
from digest.quality.shots import Shot
from tests.digest.quality.sample import HTML, with_html
from tests.real_parts import missing

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
MAIL = with_html(HTML)


def finding(name: str, value: str = "1", limit: str = "2", *, passed: bool = True, detail: str = "") -> Finding:
    return Finding(name=name, passed=passed, value=value, limit=limit, detail=detail)


def render(*checked: Checked, absent: Sequence[Missing] = ()) -> str:
    return report.render(checked, title="The Weekly, issue 12", missing=absent, made_at=NOW)


def test_the_headline_counts_editions_to_mend() -> None:
    good = Checked(MAIL, "smallest edition", [finding("size")])
    bad = Checked(MAIL, "largest edition", [finding("size", passed=False)])

    assert report.verdict([]) == "Nothing was checked"
    assert report.verdict([good, good]) == "2 editions, nothing to mend"
    assert report.verdict([good, bad]) == "2 editions, 1 to mend"
    assert report.verdict([bad]) == "1 edition to mend"


def test_gates_stand_worst_first() -> None:
    limit = "at most 90 KB"
    checked = [
        Checked(
            MAIL,
            "one",
            [finding("size", "10 KB", limit), finding("axe"), finding("links"), finding("wide", "9 KB", limit)],
        ),
        Checked(
            MAIL, "two", [finding("size", "80 KB", limit), finding("axe", passed=False), finding("links", passed=False)]
        ),
        Checked(MAIL, "three", [finding("size", "70 KB", limit), finding("axe", passed=False), finding("links")]),
    ]

    rows = report.gate_rows(checked)

    assert [(row.name, row.edition, row.failing) for row in rows] == [
        ("axe", 1, 2),
        ("links", 1, 1),
        ("size", 1, 0),
        ("wide", 0, 0),
    ]


def test_gates_of_a_kind_share_a_row_while_they_pass() -> None:
    checked = [
        Checked(MAIL, "one", [finding("stripes: light"), finding("stripes: dark", passed=False), finding("axe: a")])
    ]
    checked += [Checked(MAIL, "two", [finding("stripes: light"), finding("stripes: dark"), finding("axe: b")])]

    assert [(row.name, row.findings) for row in report.gate_rows(checked)] == [
        ("stripes: dark", 1),
        ("stripes", 1),
        ("axe", 2),
    ]


def test_the_same_advice_stands_there_once_with_all_its_editions() -> None:
    bad = finding("axe", passed=False, detail="give it a name")
    other = finding("axe", passed=False, detail="give it a colour")
    checked = [Checked(MAIL, str(n), [each]) for n, each in enumerate((bad, other, bad))]

    assert [(fault.finding, fault.editions) for fault in report.faults(checked)] == [(bad, [0, 2]), (other, [1])]


@pytest.mark.parametrize(
    ("value", "limit", "drawn"),
    [
        ("45 KB", "at most 90 KB", Meter(40.0, 80.0)),
        ("1,000 bytes", "at most 500 bytes", Meter(80.0, 40.0)),
        ("least 9.0:1", "at least 4.5:1, large text 3:1", Meter(80.0, 40.0)),
        ("0 points", "at most 0.5 points", Meter(0.0, 80.0)),
        ("0 KB", "at most 0 KB", None),
        ("45 KB", "at most 90,000 bytes", None),
        ("45", "about 90", None),
        ("none", "at most 90", None),
    ],
)
def test_a_figure_beside_its_limit(value: str, limit: str, drawn: Meter | None) -> None:
    assert meter(finding("x", value, limit)) == drawn


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'


def test_hostile_text_stays_text() -> None:
    mail = with_html(f"<p>{HOSTILE}</p>")
    mail.message.replace_header("Subject", HOSTILE)
    mail.message.replace_header("From", f'"{HOSTILE}" <a@example.org>')
    bad = finding(HOSTILE, HOSTILE, HOSTILE, passed=False, detail=HOSTILE)
    each = Checked(mail, HOSTILE, [bad], [Shot(HOSTILE, 600, 5000, b"png")])

    html = report.render([each], title=HOSTILE, missing=[Missing(HOSTILE, HOSTILE)], made_at=NOW)

    document = html5lib.HTMLParser(strict=False, namespaceHTMLElements=False).parse(html)
    assert document.find(".//script") is None
    assert [img.get("src") for img in document.iter("img")] == ["data:image/png;base64,cG5n"]
    assert not any(name.startswith("on") for element in document.iter() for name in element.attrib)
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|\b49\b", html)


def test_it_is_one_file_that_asks_for_nothing() -> None:
    html = render(Checked(MAIL, "largest", [finding("axe")], [Shot("dark", 600, 300, b"x")]))

    addresses = re.findall(r"""(?:src|href|action)=["']?([^"'> ]+)""", html)
    assert all(address.startswith(("#", "data:image/png")) for address in addresses)
    assert "url(" not in html
    assert "@import" not in html


def test_it_is_valid_html() -> None:
    parser = html5lib.HTMLParser(strict=True)

    parser.parse(
        render(Checked(MAIL, "largest", [finding("axe", passed=False, detail="a\nb")], [Shot("dark", 600, 9, b"x")]))
    )
    parser.parse(render(absent=[Missing("Chromium", "apt-get install chromium")]))


def test_what_was_not_checked_is_said() -> None:
    html = render(
        Checked(MAIL, "largest", [finding("axe")]), absent=[Missing("SpamAssassin", "apt-get install spamassassin")]
    )

    assert "SpamAssassin is not installed: apt-get install spamassassin" in html
    assert "1 part missing" in html


@pytest.mark.slow
def test_it_is_accessible_on_a_phone_and_a_desktop() -> None:
    program = chromium.find()
    if isinstance(program, Missing):
        missing(program.part, program.how)
    with chromium.opened(program) as browser, pane.opened(browser) as reading:
        taken = shots.take(reading, MAIL)
        each = Checked(
            MAIL, "largest edition, 4 readers", [finding("axe", passed=False, detail="name it"), finding("x")], taken
        )
        page = render(each, each, absent=[Missing("SpamAssassin", "apt-get install spamassassin")])

        found = axe.check(reading, with_html(page))

        reading.show(page, 320)
        assert reading.page.evaluate("document.documentElement.scrollWidth") == 320
    assert [f.detail for f in found if not f.passed] == []
    assert [(shot.name, shot.width) for shot in taken] == [(view.guise.name, view.width) for view in shots.VIEWS]
    assert all(Image.open(io.BytesIO(shot.png)).width == shot.width for shot in taken)
    assert len({shot.png for shot in taken}) == len(taken)
    dark = next(shot for shot in taken if (shot.name, shot.width) == ("dark", 600))
    assert (143, 184, 245) in {
        colour for _, colour in Image.open(io.BytesIO(dark.png)).convert("RGB").getcolors() or []
    }
