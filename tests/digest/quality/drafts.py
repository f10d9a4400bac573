"""Mails for the gates: a small one by hand that passes them all, and the tools to spoil any mail."""

import quopri
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from digest.quality import gates
from digest.quality.mail import Mail, read

HEADER = """\
To: "Ada" <ada@example.org>
Message-ID: <weekly-12.1.abc@news.example.com>
Subject: Night ferry makes its last run
List-Unsubscribe: <https://news.example.com/unsubscribe/abc>, <mailto:weekly@news.example.com?subject=unsubscribe>
From: "The Weekly" <weekly@news.example.com>
Date: Mon, 23 Nov 2026 07:00:00 +0000
List-Id: "The Weekly" <weekly.news.example.com>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"
"""
TITLES = (
    "Night ferry makes its last run",
    *(f"Valley number {number} keeps its telephones" for number in range(2, 15)),
)


def _story(number: int, title: str) -> str:
    return f"""\
<tr><td><h3>{title}</h3></td></tr>
<tr><td>What the valley of story {number} did after <b>{number}12</b> years.</td></tr>
<tr><td><a href="https://valley{number}.example/a">Read at valley{number}.example</a></td></tr>
"""


def _story_text(number: int, title: str) -> str:
    return f"""\
{title}
What the valley of story {number} did after {number}12 years.

Read at valley{number}.example:
https://valley{number}.example/a

"""


HTML = f"""\
<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<title>Night ferry makes its last run</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
</head>
<body>
<div lang="en" dir="ltr" style="background-color:#ffffff;color:#1f1d1a">
<div style="display:none">The last captain says what she will do with the bell.</div>
<table role="presentation" width="100%">
<tr><td><h1>The Weekly</h1></td></tr>
<tr><td><h2>World</h2></td></tr>
{"".join(_story(*one) for one in enumerate(TITLES, 1))}<tr><td><a href="https://news.example.com/unsubscribe/abc">Unsubscribe</a></td></tr>
<tr><td>1 Example Street, London</td></tr>
</table>
</div>
</body>
</html>
"""
TEXT = f"""\
THE WEEKLY

== WORLD ==

{"".join(_story_text(*one) for one in enumerate(TITLES, 1))}
Unsubscribe:
https://news.example.com/unsubscribe/abc

1 Example Street, London
"""


@dataclass(frozen=True)
class Draft:
    """A mail in three strings, to be spoiled."""

    header: str  #: its last line ended
    text: str
    html: str

    @classmethod
    def of(cls, mail: Mail) -> Self:
        """Take a mail apart."""
        header = mail.raw.split(b"\r\n\r\n")[0].decode().replace("\r\n", "\n") + "\n"
        return cls(header, mail.text, mail.html)

    def mail(self) -> Mail:
        """Put the message together."""
        return read("a draft", self.raw())

    def raw(self) -> bytes:
        """Return the bytes, with both parts in quoted-printable."""
        boundary = re.search('boundary="([^"]+)"', self.header)
        mark = f"--{boundary[1] if boundary else 'b'}".encode()
        head = b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        text, html = (quopri.encodestring(part.encode()).replace(b"\n", b"\r\n") for part in (self.text, self.html))
        return b"".join(
            [
                self.header.replace("\n", "\r\n").encode("utf-8", "surrogateescape"),
                *(b"\r\n", mark, b"\r\n", head % b"plain", text),
                *(b"\r\n", mark, b"\r\n", head % b"html", html),
                *(b"\r\n", mark, b"--\r\n"),
            ]
        )


CLEAN = Draft(HEADER, TEXT, HTML)
Spoil = Callable[[Draft], Draft]


def failed(mail: Mail) -> dict[str, str]:
    """Return the details of the gates that a mail fails, by name."""
    return {finding.name: finding.detail for finding in gates.check(mail) if not finding.passed}


def html(pattern: str, replacement: str, count: int = 1) -> Spoil:
    """A spoil of the HTML; the pattern must stand there."""

    def spoil(draft: Draft) -> Draft:
        changed, found = re.subn(pattern, replacement, draft.html, count=count, flags=re.DOTALL)
        assert found, f"nothing like {pattern} in the HTML"
        return replace(draft, html=changed)

    return spoil


def text(pattern: str, replacement: str, count: int = 1) -> Spoil:
    """A spoil of the text part; the pattern must stand there."""

    def spoil(draft: Draft) -> Draft:
        changed, found = re.subn(pattern, replacement, draft.text, count=count, flags=re.DOTALL)
        assert found, f"nothing like {pattern} in the text part"
        return replace(draft, text=changed)

    return spoil


def header(pattern: str, replacement: str) -> Spoil:
    """A spoil of the header; the pattern must stand there. ^ and $ match at lines."""

    def spoil(draft: Draft) -> Draft:
        changed, found = re.subn(pattern, replacement, draft.header, count=1, flags=re.MULTILINE)
        assert found, f"nothing like {pattern} in the header"
        return replace(draft, header=changed)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Several spoils, one after the other."""

    def spoil(draft: Draft) -> Draft:
        for one in spoils:
            draft = one(draft)
        return draft

    return spoil
