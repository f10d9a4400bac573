"""The report of a check: one HTML file that needs nothing else, to look at and to pass on."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from digest import templating
from digest.quality import inbox
from digest.quality.finding import Finding
from digest.quality.mail import Mail
from digest.quality.meter import Meter, meter
from digest.quality.missing import Missing
from digest.quality.shots import TALLEST, Shot


@dataclass(frozen=True, slots=True)
class Checked:
    """One edition's mail with all that was found, and its pictures; none where no browser was at hand."""

    mail: Mail
    title: str  #: why this edition stands for the issue: “largest edition, 4 readers”
    findings: Sequence[Finding]
    shots: Sequence[Shot] = ()

    @property
    def failed(self) -> list[Finding]:
        """The findings over a limit."""
        return [finding for finding in self.findings if not finding.passed]


class GateRow(NamedTuple):
    """One gate over all editions, or all of a kind that pass (“stripes: …”), by the worst of their findings."""

    name: str
    findings: int  #: how many gates the row stands for
    worst: Finding
    edition: int  #: whose finding that is, from 0
    failing: int  #: editions that fail it
    meter: Meter | None


class _Found(NamedTuple):
    edition: int
    finding: Finding


class Fault(NamedTuple):
    """What to mend: the figure and the advice of the first finding, and all editions (from 0) with the same advice."""

    finding: Finding
    editions: list[int]


def render(checked: Sequence[Checked], *, title: str, missing: Sequence[Missing], made_at: datetime) -> str:
    """Return the report as HTML, with its pictures inside it. `title` names the issue; `made_at` is shown in UTC.

    Everything in it may be hostile: it is escaped, and the page's own policy allows neither script nor address.
    """
    rooms = templating.environment("quality")
    return rooms.get_template("report.html.j2").render(
        title=title,
        checked=checked,
        rows=gate_rows(checked),
        gates={finding.name for each in checked for finding in each.findings},
        failing={finding.name for each in checked for finding in each.failed},
        faults=faults(checked),
        verdict=verdict(checked),
        inbox=[inbox.row(each.mail) for each in checked],
        missing=missing,
        made_at=made_at,
        picture=_address,
        tallest=TALLEST,
        style=Markup(rooms.get_template("report.css").render()),  # noqa: S704 - our own file
    )


def verdict(checked: Sequence[Checked]) -> str:
    """Return the headline: how many editions there are, and how many of them need mending."""
    count, bad = len(checked), sum(bool(each.failed) for each in checked)
    editions = "1 edition" if count == 1 else f"{count} editions"
    if not count:
        return "Nothing was checked"
    if bad == count:
        return f"{editions} to mend"
    return f"{editions}, {bad} to mend" if bad else f"{editions}, nothing to mend"


def gate_rows(checked: Sequence[Checked]) -> list[GateRow]:
    """Return the rows of the table: gates that most editions fail first, then those nearest to their limit."""
    failing = Counter(finding.name for each in checked for finding in each.failed)
    kinds: dict[str, list[_Found]] = {}
    for edition, each in enumerate(checked):
        for finding in each.findings:
            kind = finding.name if finding.name in failing else finding.name.partition(":")[0]
            kinds.setdefault(kind, []).append(_Found(edition, finding))
    rows = []
    for name, found in kinds.items():
        edition, worst = min(found, key=lambda one: (one.finding.passed, -_strain(one.finding)))
        gates = len({one.finding.name for one in found})
        rows.append(GateRow(name, gates, worst, edition, failing[name], meter(worst)))
    return sorted(rows, key=lambda row: (-row.failing, -_strain(row.worst)))


def faults(checked: Sequence[Checked]) -> list[Fault]:
    """Return what failed, each different advice once, in the order of `gate_rows`."""
    order = {row.name: place for place, row in enumerate(gate_rows(checked))}
    found: dict[tuple[str, str], Fault] = {}
    for edition, each in enumerate(checked):
        for finding in each.failed:
            found.setdefault((finding.name, finding.detail or finding.value), Fault(finding, [])).editions.append(
                edition
            )
    return sorted(found.values(), key=lambda fault: order[fault.finding.name])


def _strain(finding: Finding) -> float:
    """Return how near a figure is to its limit, or how far over it: 1 at the limit, 0 where there is no figure."""
    measured = meter(finding)
    if not measured or not measured.bar or not measured.tick:
        return 0.0
    return measured.tick / measured.bar if finding.limit.startswith(("at least", "≥")) else measured.bar / measured.tick


def _address(shot: Shot) -> str:
    return "data:image/png;base64," + base64.b64encode(shot.png).decode("ascii")
