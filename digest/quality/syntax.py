"""Whether the HTML is HTML: parse errors, the doctype, what templates left behind, and the branch for Outlook."""

import re
from collections import Counter
from html.parser import HTMLParser

import html5lib
from html5lib.constants import E as MESSAGES

from digest.quality import page
from digest.quality.finding import Finding, of_faults
from digest.quality.mail import Mail

LEFTOVERS = {  # what it is -> what it looks like
    "an MJML element": r"</?mj-[a-z]",
    "an expression of Jinja": r"\{\{",
    "a statement of Jinja": r"\{%",
    "an escaped character of MJML": r"\\u\{",
    "a token of the compiler": r"qz[a-z0-9]+[a-z_]+zq",
}
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_NOT_OUTLOOK = re.compile(r"<!--\[if !mso\]>(?:<!-->|-->)?.*?<!(?:--<!)?\[endif\]-->", re.DOTALL)
_OUTLOOK = re.compile(r"<!--\[if [^\]]*(?:mso|IE)[^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL)


def check(mail: Mail) -> list[Finding]:
    """Parse the HTML as a browser does, and as Word does."""
    parser = html5lib.HTMLParser()
    parser.parse(mail.html)
    return [
        _errors(parser.errors),
        _doctype(parser.compatMode),
        _leftovers(mail.html),
        _ids(mail.html),
        _outlook(mail.html),
    ]


def _errors(errors: list[tuple[tuple[int, int], str, dict[str, object]]]) -> Finding:
    faults = [
        f"line {line}, column {column}: {MESSAGES.get(code, code) % data}"
        for (line, column), code, data in errors
        if "doctype" not in code  # “syntax: doctype” says it
    ]
    return of_faults("syntax: parse errors", faults, limit="none", advice="Mend it in the template of that part")


def _doctype(mode: str) -> Finding:
    faults = [] if mode == "no quirks" else [f"browsers show the mail in {mode} mode"]
    return of_faults(
        "syntax: doctype",
        faults,
        limit="standards mode",
        value="standards" if mode == "no quirks" else mode,
        advice="Begin the document with <!DOCTYPE html>",
    )


def _leftovers(html: str) -> Finding:
    faults = []
    for what, pattern in LEFTOVERS.items():
        if match := re.search(pattern, html):
            line = html.count("\n", 0, match.start()) + 1
            around = " ".join(html[max(0, match.start() - 20) : match.end() + 30].split())
            faults.append(f"{what} in line {line}: {around}")
    return of_faults(
        "syntax: leftovers",
        faults,
        limit="none",
        advice="A template did not fill or close it, unless an article says it so",
    )


def _ids(html: str) -> Finding:
    counts = Counter(element.get("id") for element in page.parse(html).iter() if element.get("id") is not None)
    faults = [f"id “{one}” stands {count} times" for one, count in counts.items() if count > 1]
    return of_faults("syntax: ids", faults, limit="each once", advice="Name elements of a repeated card by class")


def outlook_branch(html: str) -> str:
    """Return what Word reads: without what is for others, and with what stands in comments for it alone."""
    return _OUTLOOK.sub(r"\1", _NOT_OUTLOOK.sub("", html))


def _outlook(html: str) -> Finding:
    opened, closed = len(re.findall(r"<!--\[if ", html)), html.count("[endif]")
    faults = [f"{opened} conditional comments begin and {closed} end"] if opened != closed else []
    faults += nesting_faults(outlook_branch(html))
    return of_faults(
        "syntax: Outlook branch",
        faults,
        limit="well-formed",
        advice="What <!--[if mso]> opens, another conditional comment must close",
    )


def nesting_faults(html: str) -> list[str]:
    """Return which elements are not closed, or closed out of order."""
    nesting = _Nesting()
    nesting.feed(html)
    nesting.close()
    return nesting.faults + [f"<{tag}> of line {line} is not closed" for tag, line in nesting.opened]


class _Nesting(HTMLParser):
    """Follows start and end tags of one document."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[tuple[str, int]] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what must be closed."""
        if tag not in VOID:
            self.opened.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing to close: `<o:AllowPNG/>`."""

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, and take note where it is another one."""
        if tag in VOID:
            return
        if self.opened and self.opened[-1][0] == tag:
            self.opened.pop()
            return
        self.faults.append(f"</{tag}> in line {self.getpos()[0]} closes nothing that is open there")
        if any(tag == one for one, _ in self.opened):
            while self.opened.pop()[0] != tag:
                pass
