"""The studio's state, all of it in the page's address, so that a view can be kept, sent and gone back to."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

VIEWS = ("html", "text", "source")
WIDTHS = (320, 375, 600, 1024)  # small phone, phone, the mail's own width, desktop
SCHEMES = ("auto", "light", "dark")  # auto: as the editor's own screen
LONGEST_VALUE = 320  # of an address (RFC 3696), more than any issue's name, reader or search needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What the page shows. Each field is a query parameter; the defaults are left out of links."""

    issue: str = ""  #: `weekly/12`; empty: the newest
    reader: str = ""  #: a subscriber's id or e-mail address; empty: one of the most common edition
    story: str = ""  #: the article whose reasons are shown; empty: the reasons of the whole edition
    view: str = "html"
    width: int = 600
    scheme: str = "auto"
    search: str = ""  #: words that readers are looked for with

    def href(self, **changes: Any) -> str:
        """Return the link to this page with some fields changed, relative to `/studio/`."""
        return self._link("./", replace(self, **{"search": "", **changes}))

    def frame(self, issue: str, reader: int) -> str:
        """Return the link to the mail itself, which depends on the issue, the reader and the colours only."""
        return self._link("frame", Address(issue=issue, reader=str(reader), scheme=self.scheme))

    def kept(self, *without: str) -> list[tuple[str, str]]:
        """Return the fields that a form carries along, as names and values."""
        default = Address()
        pairs = [(field.name, getattr(self, field.name)) for field in fields(self) if field.name not in without]
        return [(name, str(value)) for name, value in pairs if value != getattr(default, name)]

    @staticmethod
    def _link(path: str, target: "Address") -> str:
        query = urlencode(target.kept())
        return f"{path}?{query}" if query else path


def _one_of(value: str, known: tuple[str, ...]) -> str:
    return value if value in known else known[0]


def _words(value: str) -> str:
    """Return a value without what no name, address or id holds: control characters, and more than its due length."""
    return "".join(character for character in value if character.isprintable()).strip()[:LONGEST_VALUE]


def read(query: Mapping[str, str]) -> Address:
    """Read the query parameters; what makes no sense becomes the default."""
    width = query.get("width", "")
    return Address(
        issue=_words(query.get("issue", "")),
        reader=_words(query.get("reader", "")),
        story=_words(query.get("story", "")),
        view=_one_of(query.get("view", ""), VIEWS),
        width=int(width) if width in map(str, WIDTHS) else Address().width,
        scheme=_one_of(query.get("scheme", ""), SCHEMES),
        search=_words(query.get("search", "")),
    )
