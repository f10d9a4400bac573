"""Sizes that mail clients and servers limit."""

import re

from digest.quality import page
from digest.quality.finding import Finding
from digest.quality.mail import Mail

HTML_BYTES = 90_000  # Gmail cuts at about 102,400 and hides the footer; servers and forwards add a little
HTML_BYTES_NEAR = 80_000
STYLE_BYTES = 16_384  # Gmail drops the <style> blocks beyond (email-bugs 90)
LINE_BYTES = 998  # RFC 5322, 2.1.1
PICTURES = 30  # each is a request of its own when the mail is opened


def check(mail: Mail) -> list[Finding]:
    """Measure the HTML, its style blocks, the lines of the message and the number of pictures."""
    root = page.parse(mail.html)
    style_bytes = sum(len((style.text or "").encode()) for style in root.iter("style"))
    return [
        _html(len(mail.html.encode())),
        _style(style_bytes),
        _lines(mail.raw),
        _pictures(len(list(root.iter("img")))),
    ]


def _html(size: int) -> Finding:
    near = ", near the limit" if HTML_BYTES_NEAR < size <= HTML_BYTES else ""
    return Finding(
        name="size: HTML",
        passed=size <= HTML_BYTES,
        value=f"{size / 1000:.1f} KB{near}",
        limit=f"at most {HTML_BYTES // 1000} KB",
        detail=""
        if size <= HTML_BYTES
        else f"{size - HTML_BYTES:,} bytes too many; Gmail would cut the end off, with the unsubscribe link: "
        "lower max_articles, or shorten what each card repeats",
        strain=size / HTML_BYTES,
    )


def _style(size: int) -> Finding:
    return Finding(
        name="size: style blocks",
        passed=size <= STYLE_BYTES,
        value=f"{size:,} bytes",
        limit=f"at most {STYLE_BYTES:,} bytes",
        detail=""
        if size <= STYLE_BYTES
        else "Gmail drops what goes beyond 16 KB: take rules out of templates/email/head.css.j2, or inline them",
        strain=size / STYLE_BYTES,
    )


def _lines(raw: bytes) -> Finding:
    lines = re.split(rb"\r?\n", raw)
    longest = max(range(len(lines)), key=lambda number: len(lines[number]))
    length = len(lines[longest])
    return Finding(
        name="size: lines",
        passed=length <= LINE_BYTES,
        value=f"longest {length:,} bytes",
        limit=f"at most {LINE_BYTES} bytes",
        detail=""
        if length <= LINE_BYTES
        else f"line {longest + 1} of the message is too long for RFC 5322, and servers break it anywhere: "
        "encode the part as quoted-printable, and fold the header",
        strain=length / LINE_BYTES,
    )


def _pictures(count: int) -> Finding:
    return Finding(
        name="size: pictures",
        passed=count <= PICTURES,
        value=str(count),
        limit=f"at most {PICTURES}",
        detail=""
        if count <= PICTURES
        else "each is fetched when the mail is opened: give pictures to lead stories only",
        strain=count / PICTURES,
    )
