"""The row that an inbox shows of a mail before anybody opens it."""

import email.utils
import re
from typing import NamedTuple

from lxml import html as lxml_html

from digest.quality.mail import Mail

LENGTH = 160  # characters of preview that the widest inbox shows
_FILLER = re.compile("[\\s\u00ad\u034f\u200b-\u200f\u2007\u2060\ufeff]+")


class Row(NamedTuple):
    """Who it is from, the subject, and the preview: the preheader and whatever text follows it."""

    sender: str
    subject: str
    preview: str


def row(mail: Mail) -> Row:
    """Return what an inbox shows of a mail. Filler characters count as spaces."""
    name, address = email.utils.parseaddr(str(mail.message["From"] or ""))
    return Row(name or address, mail.subject, preview(mail.html) or _FILLER.sub(" ", mail.text).strip()[:LENGTH])


def preview(html: str) -> str:
    """Return the first text of a mail's body, hidden text included: that is what a preheader is for."""
    document = lxml_html.document_fromstring("<html><body>" + html)  # without the prefix an empty mail is an error
    parts: list[str] = []
    for text in document.xpath("//text()[not(ancestor::style or ancestor::script or ancestor::title)]"):
        parts.append(str(text))
        if sum(map(len, parts)) > 4 * LENGTH:
            break
    return _FILLER.sub(" ", "".join(parts)).strip()[:LENGTH]
