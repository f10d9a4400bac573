"""What a gate says of a mail."""

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 5  # faults that a detail spells out; the rest is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One measured value against its limit. `detail` says where a fault is and how to mend it; empty when it passes."""

    name: str  #: of the gate, the same in every report: “size”, “text part: links”
    passed: bool
    value: str  #: as people read it: “39.8 KB”
    limit: str  #: as people read it: “at most 90 KB”
    detail: str = ""
    strain: float = 0.0  #: how near the limit: 1 is at it, more is beyond; compares the findings of one gate


def of_faults(name: str, faults: Sequence[str], *, limit: str, value: str = "", advice: str = "") -> Finding:
    """Return the finding of a gate that allows no fault: the first ones, and how to mend them."""
    shown = "; ".join(faults[:SHOWN])
    more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    detail = f"{shown}{more}{f'. {advice}' if advice else ''}" if faults else ""
    found = value or ("1 fault" if len(faults) == 1 else f"{len(faults) or 'no'} faults")
    return Finding(name=name, passed=not faults, value=found, limit=limit, detail=detail, strain=float(len(faults)))
