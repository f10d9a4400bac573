"""What screen readers and clients need of a document: language, direction, tables that are layout, title, viewport."""

import re

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail
from digest.quality.page import Element

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NO_ZOOM = re.compile(r"user-scalable\s*=\s*(?:no|0)|maximum-scale\s*=\s*(?:1(?:\.0*)?|0?\.\d+)\b", re.IGNORECASE)


def check(mail: Mail) -> list[Finding]:
    """Look at the document's frame, and at every table."""
    root = page.parse(mail.html)
    return [_language(root), _tables(root), _title(root), _viewport(root), _wrapper(root)]


def wrapper(root: Element) -> Element | None:
    """Return the body's first element, inside which all the mail stands: clients may drop <html> and <body>."""
    body = root.find("body")
    elements = [element for element in body if isinstance(element.tag, str)] if body is not None else []
    return elements[0] if elements else None


def _language(root: Element) -> Finding:
    faults = []
    for element, what in ((root, "<html>"), (wrapper(root), "the wrapper inside <body>")):
        language = element.get("lang") if element is not None else None
        if language is None or not _LANGUAGE.fullmatch(language) or language.lower() == "und":
            faults.append(f"{what} has lang “{language or ''}”")
        if element is None or element.get("dir") not in ("ltr", "rtl"):
            faults.append(f"{what} has no dir of ltr or rtl")
    return of_faults(
        "structure: language and direction",
        faults,
        limit="on <html> and on the wrapper",
        advice="Set lang and dir on <mjml>; clients that drop <html> keep the wrapper's",
    )


def _tables(root: Element) -> Finding:
    faults = [
        f"{page.name(table)} around “{page.words(table)}” has no role"
        for table in root.iter("table")
        if table.get("role") not in ("presentation", "none") and table.find(".//th") is None
    ]
    return of_faults(
        "structure: layout tables",
        faults,
        limit="each with role=presentation",
        advice='Write role="presentation", so that no screen reader counts rows and columns',
    )


def _title(root: Element) -> Finding:
    title = root.find("head/title")
    text = "".join(title.itertext()).strip() if title is not None else ""
    return of_faults(
        "structure: title",
        [] if text else ["the document has no title"],
        limit="not empty",
        advice="Put the subject into <mj-title>",
    )


def _viewport(root: Element) -> Finding:
    content = [
        meta.get("content") or "" for meta in root.iter("meta") if (meta.get("name") or "").lower() == "viewport"
    ]
    faults = [] if content else ["there is no viewport"]
    faults += [f"“{one}” forbids zooming" for one in content if _NO_ZOOM.search(one)]
    return of_faults(
        "structure: viewport",
        faults,
        limit="device width, zooming allowed",
        advice='Write <meta name="viewport" content="width=device-width, initial-scale=1">',
    )


def _wrapper(root: Element) -> Finding:
    first = wrapper(root)
    faults = [
        f"“{' '.join(text.split())[:40]}” stands outside it"
        for element, text in page.texts(root)
        if first is None or (element is not first and first not in element.iterancestors())
    ]
    return of_faults(
        "structure: wrapper",
        faults,
        limit="all text inside one element",
        advice="Put everything, the preheader too, inside the first element of <body>, which carries lang and dir",
    )
