"""What clients support: the vendored data, and the notes that concern a value or do not."""

import pytest

from digest.quality import caniemail, clients
from digest.quality.caveats import ENHANCEMENTS, bites
from digest.quality.mail import Mail, read
from digest.quality.usage import Use, uses
from tests.digest.quality.drafts import CLEAN, Draft, html

OUTLOOK = "Outlook Windows classic"


def use(slug: str, inner: str) -> Use:
    """Return the first use of a feature in a piece of HTML."""
    return next(one for one in uses(f"<body>{inner}</body>") if one.slug == slug)


def test_the_data_is_dated_and_whole() -> None:
    data = caniemail.load()

    assert data.date == "2026-05-13"
    assert len(data.clients) == 13
    assert len(data.features) == 305
    assert data.features["css-padding"].clients[OUTLOOK] == caniemail.Support("a", ("1", "2"))
    assert data.features["css-padding"].notes["1"] == "Partial. Only supported on table cells."
    assert data.features["html-srcset"].clients["Gmail web"].state == "n"


def test_what_may_be_missing_is_known_to_caniemail_and_has_a_reason() -> None:
    assert ENHANCEMENTS.keys() <= caniemail.load().features.keys()
    assert all(ENHANCEMENTS.values())


@pytest.mark.parametrize(
    ("slug", "note", "concerned", "harmless"),
    [
        ("css-padding", "1", '<p style="padding:0 4px">', '<td style="padding:4px">'),
        ("css-padding", "1", '<p style="padding-top:1px">', '<p style="padding:0 0px">'),
        (
            "css-padding",
            "2",
            '<tr><td style="padding:4px"><td style="padding:4px 9px 5px">',
            '<tr><td style="padding:4px"><td style="padding:4px 9px">',
        ),
        ("css-margin", "1", '<p style="margin:0 -4px">', '<p style="margin:4px">'),
        (
            "css-margin",
            "3",
            '<p style="margin:4px;background-color:#eee">',
            '<p style="margin:0;background-color:#eee">',
        ),
        (
            "css-margin",
            "4",
            '<div style="margin:0 auto">',
            '<!--[if mso | IE]><table align="center"><tr><td><![endif]--><div style="margin:0 auto">',
        ),
        ("css-max-width", "1", '<div style="max-width:600px">', '<table style="max-width:600px">'),
        ("css-text-align", "1", '<p style="text-align:start">', '<p style="text-align:left">'),
        ("css-display", "5", '<a style="display:inline-block">', '<p style="display:block">'),
        ("css-display", "6", '<p style="display:inline-flex">', '<p style="display:inline-block">'),
        ("css-display", "4", '<div style="display:none"><table></table></div>', '<div style="display:none">'),
        ("css-background", "3", '<p style="background:url(a.png)">', '<p style="background:#eeeeee">'),
        ("css-background", "1", '<p style="background:url(a),url(b)">', '<p style="background:rgb(1, 2, 3)">'),
        ("css-font-weight", "2", '<p style="font-weight:600">', '<p style="font-weight:bold">'),
        ("css-font-size", "2", '<p style="font-size:1.2em">', '<p style="font-size:14px">'),
        ("css-border", "1", '<td style="border-left:9px solid #999999">', '<td style="border-left:4px solid #999999">'),
        ("css-border", "2", '<div style="border-top:1px solid">', '<td style="border-top:1px solid">'),
        ("css-border", "2", '<p style="border:1px solid">', '<p style="border:0">'),
        ("css-height", "2", '<div style="height:4px">', '<td style="height:4px">'),
        (
            "css-line-height",
            "1",
            '<p style="font-size:16px;line-height:12px">',
            '<p style="font-size:16px;line-height:24px">',
        ),
        (
            "css-line-height",
            "1",
            '<p style="line-height:0.8">',
            '<p style="line-height:0;mso-line-height-rule:exactly">',
        ),
        ("css-width", "1", '<div style="width:50%">', '<div style="width:100%">'),
        ("css-width", "1", '<img style="width:100%">', '<img width="552" style="width:100%">'),
        ("css-rgb", "1", '<p style="color:rgb(0 1 2)">', '<p style="color:rgb(0, 1, 2)">'),
        (
            "css-text-decoration",
            "2",
            '<p style="text-decoration:underline dotted">',
            '<p style="text-decoration:none">',
        ),
        ("html-width", "1", '<img width="50%">', '<table width="50%">'),
        ("html-width", "2", '<table width="600">', '<table width="100%">'),
        ("html-width", "2", '<table width="600">', '<!--<o:PixelsPerInch>96</o:PixelsPerInch>--><table width="600">'),
        ("html-lists", "1", "<ol reversed>", "<ol>"),
        (
            "html-mailto-links",
            "3",
            '<a href="mailto:a@b.example?bcc=c@d.example">',
            '<a href="mailto:a@b.example?subject=bcc">',
        ),
    ],
)
def test_a_note_concerns_some_values_only(slug: str, note: str, concerned: str, harmless: str) -> None:
    wrap = "<table>{}</table>" if concerned.startswith(("<tr", "<td")) else "{}"

    assert bites(use(slug, wrap.format(concerned)), note)
    assert not bites(
        use(slug, ("<table>{}</table>" if harmless.startswith(("<tr", "<td")) else "{}").format(harmless)), note
    )


def test_a_note_that_nobody_looked_at_counts() -> None:
    assert bites(use("css-padding", '<p style="padding:0">'), "99")


def test_values_are_features_too() -> None:
    slugs = {one.slug for one in uses('<body><p style="width:calc(1em + 2%);color:hsl(1, 2%, 3%)">')}

    assert {"css-unit-calc", "css-unit-em", "css-modern-color", "css-width", "html-p"} <= slugs
    assert "css-unit-px" not in slugs


@pytest.mark.parametrize(
    ("address", "slug"),
    [("a/b.webp?x=1", "image-webp"), ("b.JPEG", "image-jpg"), ("data:image/png;base64,AAAA", "image-base64")],
)
def test_kinds_of_pictures(address: str, slug: str) -> None:
    assert use(slug, f'<img src="https://x.example/{address}">' if "data" not in address else f'<img src="{address}">')


def _share(mail: Mail, client: str) -> float:
    found = {finding.name: finding for finding in clients.check(mail)}
    return float(found[f"clients: {client}"].value.removesuffix(" %"))


def test_a_share_counts_half_a_use_for_a_partial_one_and_none_for_an_unsupported_one() -> None:
    body = "<!DOCTYPE html><html><head></head><body><p>a</p>{}</body></html>"
    plain, padded, sticky = (
        read("x", Draft(CLEAN.header, "a", body.format(inner)).raw())
        for inner in (
            "<p>b</p>",
            '<p style="padding:4px">b</p>',
            '<p style="position:sticky">b</p>',
        )
    )
    tested = 2  # the paragraphs; html, head and body are not scored

    assert _share(plain, OUTLOOK) == 100
    assert _share(padded, OUTLOOK) == pytest.approx(100 * (1 - 0.5 / (tested + 2)), abs=0.05)  # padding, and its px
    assert _share(sticky, OUTLOOK) == pytest.approx(100 * (1 - 1 / (tested + 1)), abs=0.05)


def test_the_advice_names_feature_value_element_and_reason() -> None:
    found = {
        finding.name: finding
        for finding in clients.check(html(r"<h3>", '<h3 class="hl" style="padding:8px">', 99)(CLEAN).mail())
    }

    assert found[f"clients: {OUTLOOK}"].detail == (
        'css-padding “8px” on <h3 class="hl">, 14 times: Partial. Only supported on table cells.'
    )
    assert found["clients: Gmail web"].passed
