"""The plain-text part: as complete as the HTML, and made for reading as text."""

import re
import unicodedata
from collections import Counter

from digest.quality import headers, page
from digest.quality.finding import Finding, of_faults
from digest.quality.links import addresses
from digest.quality.mail import Mail
from digest.quality.preheader import columns

LEAST_COVERAGE = 0.98
COLUMNS = 78
LEAKS = {  # what it is -> what it looks like
    "an HTML tag": re.compile(
        r"</?(?:a|b|i|p|br|hr|div|span|td|tr|table|tbody|ul|ol|li|h[1-6]|strong|em|img|html|body|style)\b[^>@]*>", re.I
    ),
    "an entity": re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]{2,8}\d?);", re.IGNORECASE),
    "Markdown's bold": re.compile(r"\*\*(?=\S)"),
    "a Markdown link": re.compile(r"\]\(https?:"),
    "a mark of citation": re.compile(r"\[\[\d"),
    "an invisible character": re.compile("[\u200b\u034f\ufeff\u00ad]"),
    "a tab": re.compile("\t"),
}
_WORD = re.compile(r"[^\W_]+")
_SPACELESS = re.compile(  # scripts that put no space between words: Thai to Myanmar, Khmer, kana, ideographs
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>]+")


def check(mail: Mail) -> list[Finding]:
    """Compare the text part with the HTML, and look at its own form."""
    if not mail.text.strip():
        return [of_faults("text part: words", ["there is no text part"], limit="at least 98 %", value="none")]
    return [_coverage(mail), _links(mail), _lines(mail.text), _leaks(mail.text), _footer(mail)]


def words(text: str) -> Counter[str]:
    """Count the words of a text, in lower case; where a script has no spaces, its pairs of characters.

    Single letters and digits are left out: marks of citation and of lists are written in other ways in text.
    """
    found: Counter[str] = Counter()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        for run in _SPACELESS.findall(word):
            found.update(run[start : start + 2] for start in range(max(1, len(run) - 1)))
        found.update(part for part in _SPACELESS.split(word) if len(part) > 1)
    return found


def _visible_text(html: str) -> str:
    root = page.parse(html)
    looks = page.looks(root)
    return "\n".join(text for element, text in page.texts(root) if not looks[element].is_hidden)


def _coverage(mail: Mail) -> Finding:
    wanted, there = words(_visible_text(mail.html)), words(mail.text)
    missing = Counter({word: count for word, count in wanted.items() if word not in there})
    coverage = 1 - missing.total() / max(1, wanted.total())
    shown = ", ".join(f"“{word}”" for word, _ in missing.most_common(10))
    return of_faults(
        "text part: words",
        [f"missing are {shown}"] if coverage < LEAST_COVERAGE else [],
        limit=f"at least {LEAST_COVERAGE:.0%} of the HTML's".replace("%", " %"),
        value=f"{100 * coverage:.1f} %",
        advice="Say in templates/email/issue.txt.j2 what the HTML says",
    )


def _links(mail: Mail) -> Finding:
    there: set[str] = set()
    for address in _ADDRESS.findall(mail.text):
        there |= {address, address.rstrip(".,;:!?)]'\"")}
    wanted = {
        address.strip()
        for element, address in addresses(page.parse(mail.html))
        if element.tag == "a" and _ADDRESS.match(address.strip())
    }
    missing = sorted(wanted - there)
    return of_faults(
        "text part: links",
        missing,
        limit="all of the HTML's",
        value=f"{len(wanted) - len(missing)} of {len(wanted)}",
        advice="Write them out in templates/email/issue.txt.j2",
    )


def _lines(text: str) -> Finding:
    lengths = [(columns(line), number) for number, line in enumerate(text.split("\n"), 1) if not _ADDRESS.search(line)]
    faults = [f"line {number} has {length} columns" for length, number in lengths if length > COLUMNS]
    return of_faults(
        "text part: lines",
        faults,
        limit=f"at most {COLUMNS} columns",
        value=f"longest {max(lengths)[0] if lengths else 0} columns",
        advice="Fold them; an address may be longer",
    )


def _leaks(text: str) -> Finding:
    faults = []
    for what, pattern in LEAKS.items():
        if match := pattern.search(text):
            line = text.count("\n", 0, match.start()) + 1
            around = " ".join(text[max(0, match.start() - 20) : match.end() + 20].split())
            faults.append(f"{what} in line {line}: {around}")
    return of_faults(
        "text part: leftovers",
        faults,
        limit="plain text",
        advice="Use the `text` form of a passage, and no `html` one",
    )


def _footer(mail: Mail) -> Finding:
    wanted = [one for one in headers.unsubscribe_addresses(mail) if one.startswith("http")][:1]
    faults = [] if wanted and wanted[0] in mail.text else ["the unsubscribe link is missing"]
    footer = _footer_line(mail.html)
    if not footer:
        faults.append("the HTML ends without a postal address")
    elif words(footer).keys() - words(mail.text).keys():
        faults.append(f"the postal address is missing: {footer[:60]}")
    elif words(last := _last_passage(mail.text)).keys() - words(_visible_text(mail.html)).keys():
        faults.append(f"the HTML lacks the postal address that stands here: {last[:60]}")
    return of_faults(
        "text part: footer",
        faults,
        limit="unsubscribe link and postal address",
        value="complete" if not faults else "",
        advice="Both are the law's: end the HTML and templates/email/issue.txt.j2 with them",
    )


def _last_passage(text: str) -> str:
    """Return the last paragraph of a text that is more than addresses: the postal address."""
    paragraphs = (" ".join(_ADDRESS.sub("", one).split()) for one in reversed(re.split(r"\n\s*\n", text)))
    return next((one for one in paragraphs if words(one)), "")


def _footer_line(html: str) -> str:
    """Return the last passage of the HTML, which is the postal address."""
    passages = [text for text in _visible_text(html).split("\n") if text.strip()]
    return " ".join(passages[-1].split()) if passages else ""
