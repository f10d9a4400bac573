"""The worst value that each gate measured over the golden matrix, as a table for people."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from digest.quality.finding import Finding
from tests.digest.quality.golden import STORIES, Golden

LOWEST = re.compile(
    r"mailpit: score|clients: (?!unsupported)|.*contrast|.*(?:font|text) size|text part: (?:words|links)|boxes: "
)
HIGHEST = re.compile(
    r"mailpit: (?!score)|size: |spam|axe: |narrow: \d|styles removed: width|text part: lines|subject: length"
)
BY_SIZE = "size: HTML"  # whose worst says little without the number of stories
_RATIO = re.compile(r"([\d.]+):1")
_NUMBER = re.compile(r"[\d.,]*\d")
_OF = re.compile(r"([\d,]+) of ([\d,]+)")


class Measured(NamedTuple):
    """One value of one mail."""

    cell: Golden
    finding: Finding


def number(value: str) -> float:
    """Return the figure in a finding's value: a ratio of contrast, the share in “9 of 12”, else the first number."""
    if ratio := _RATIO.search(value):
        return float(ratio[1])
    if share := _OF.search(value):
        return int(share[1].replace(",", "")) / max(1, int(share[2].replace(",", "")))
    found = _NUMBER.search(value)
    return float(found[0].replace(",", "")) if found else 0.0


def table(found: Mapping[Golden, Sequence[Finding]]) -> str:
    """Return a Markdown table: each gate that measures something, its limit, its worst value and whose it is."""
    measured = [Measured(cell, finding) for cell, findings in found.items() for finding in findings]
    rows = ["| gate | limit | worst | mail |", "| --- | --- | --- | --- |"]
    for name in dict.fromkeys(one.finding.name for one in measured):
        of_gate = [one for one in measured if one.finding.name == name]
        if name == BY_SIZE:
            rows += [
                _row(f"{name}, {template} of {stories}", max, of)
                for template in sorted({one.cell.template for one in of_gate})
                for stories in STORIES
                if (of := [one for one in of_gate if (one.cell.template, one.cell.stories) == (template, stories)])
            ]
        elif LOWEST.match(name):
            rows.append(_row(name, min, of_gate))
        elif HIGHEST.match(name):
            rows.append(_row(name, max, of_gate))
    return "\n".join(rows) + "\n"


def _row(title: str, worst: Callable[..., Measured], of: Iterable[Measured]) -> str:
    one = worst(of, key=lambda measured: number(measured.finding.value))
    return f"| {title} | {one.finding.limit} | {one.finding.value} | {one.cell.name} |"
