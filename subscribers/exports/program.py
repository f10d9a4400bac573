"""Another program whose export can be read: how it is known, and how a row of it is put in our words."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from subscribers import fields
from subscribers.model import Status

SHOWN = 80  # characters of a value that the consent records keep


class Segment(StrEnum):
    """What the people of a whole file have in common, as the file's name says it."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    NEVER_ASKED = "nonsubscribed"  #: known to the program, but they never agreed to mail


_BEGINNINGS = {  # of a file's name; Mailchimp's files are called so, and anybody can call theirs so
    "unsub": Segment.UNSUBSCRIBED,
    "cleaned": Segment.BOUNCED,
    "bounced": Segment.BOUNCED,
    "complain": Segment.COMPLAINED,
    "nonsub": Segment.NEVER_ASKED,
    "non-sub": Segment.NEVER_ASKED,
    "non_sub": Segment.NEVER_ASKED,
}


def segment(name: str) -> Segment:
    """Return what a file's name says of everybody in it."""
    said = (segment for beginning, segment in _BEGINNINGS.items() if name.casefold().startswith(beginning))
    return next(said, Segment.SUBSCRIBED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A row in our words.

    `cells` are by our columns and checked as those of our own files are; `hints`, too, but what we cannot use of them
    is passed over. `labels` are pairs of a column and one group, tag, label or list named in it. `evidence` is what
    the row says about consent, in the other program's words.
    """

    cells: dict[str, str]
    hints: dict[str, str] = field(default_factory=dict)
    labels: tuple[tuple[str, str], ...] = ()
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program: its name, the sets of columns of which one is in each of its exports, and what it calls labels.

    `translate` raises UsageError for a row that cannot be understood. `notes` say what its export cannot tell.
    """

    name: str
    marks: tuple[frozenset[str], ...]
    label_columns: frozenset[str]
    translate: Callable[[Mapping[str, str], Segment], Translation]
    notes: tuple[str, ...] = ()

    def is_origin(self, columns: Iterable[str]) -> bool:
        """Tell whether a file with these columns is an export of this program."""
        present = set(columns)
        return any(marks <= present for marks in self.marks)


def consent_cells(status: Status, suppressed: str = "") -> dict[str, str]:
    """Return the cells that say who may be mailed; a reason in `suppressed` forbids it for good."""
    return {"status": str(status)} | ({"suppressed": suppressed} if suppressed else {})


def of_segment(part: Segment, otherwise: dict[str, str]) -> dict[str, str]:
    """Return the cells that a file's name asks for, or the row's own where it asks for nothing."""
    match part:
        case Segment.UNSUBSCRIBED:
            # A reason to suppress that the row itself gives says more than the name of the file.
            return otherwise if "suppressed" in otherwise else consent_cells(Status.UNSUBSCRIBED)
        case Segment.BOUNCED:
            return consent_cells(Status.CONFIRMED, "bounced")
        case Segment.COMPLAINED:
            return consent_cells(Status.UNSUBSCRIBED, "complained")
        case Segment.SUBSCRIBED | Segment.NEVER_ASKED:
            return otherwise


def joined_name(cells: Mapping[str, str], *columns: str) -> dict[str, str]:
    """Return the name that these columns make together, as a cell."""
    name = " ".join(part for column in columns if (part := cells.get(column, "").strip()))
    return {"name": name} if name else {}


def evidence(program: str, cells: Mapping[str, str], columns: Iterable[str]) -> str:
    """Return what these columns say, word for word, for the consent records."""
    said = [f"{column}={value}" for column in columns if (value := fields.clean(cells.get(column, ""))[:SHOWN])]
    return f"{program}: {' '.join(said)}" if said else ""


def is_true(cell: str) -> bool:
    """Tell whether a cell says yes, as programs and spreadsheets write it."""
    return cell.strip().casefold() in ("true", "t", "yes", "y", "1")


@lru_cache(maxsize=4096)
def names_in(cell: str) -> tuple[str, ...]:
    r"""Return the names in a cell: with commas between them, in quotes or with `\,` where they hold one, or as JSON."""
    text = re.sub(r"[\r\n]+", " ", cell).strip()
    if text.startswith("["):
        names = _texts(json_value(text))
    else:
        try:
            names = next(csv.reader([text], skipinitialspace=True, escapechar="\\"), [])
        except csv.Error:
            names = text.split(",")
    return tuple(dict.fromkeys(name for raw in names if (name := fields.clean(raw))))


def json_value(text: str) -> object:
    """Return what a JSON text says, or None for one that says nothing; it may be anybody's, and nested for ever."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def names_of(value: object) -> tuple[str, ...]:
    """Return the names in a value of a JSON object: a list of texts, or one text as `names_in` reads it."""
    if isinstance(value, str):
        return names_in(value)
    return tuple(dict.fromkeys(name for raw in _texts(value) if (name := fields.clean(raw))))
