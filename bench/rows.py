"""What a benchmark has to say about a goal: printed at once, and kept for the table at the end of `dev.py bench`."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_VARIABLE = (
    "BENCH_ROWS"  # names the file that collects the rows, one JSON object a line; DIGEST_… would be a setting
)


@dataclass(frozen=True, slots=True)
class Row:
    """One goal and what was measured for it; `measured` is None where that was not possible, for the reason `why`."""

    goal: str
    measured: float | None
    limit: float
    higher_is_better: bool
    unit: str = ""
    why: str = ""

    @property
    def is_reached(self) -> bool:
        """Tell whether the goal is reached; what was not measured is not."""
        if self.measured is None:
            return False
        return self.measured >= self.limit if self.higher_is_better else self.measured <= self.limit


def number(value: float, unit: str) -> str:
    """Return a figure as people read it: three digits that matter, the unit behind it."""
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 4
    return f"{value:,.{digits}f}{unit and ' ' + unit}"


def limit_in_words(row: Row) -> str:
    """Return the goal's limit with its direction."""
    return f"{'≥' if row.higher_is_better else '≤'} {number(row.limit, row.unit)}"


def report(goal: str, measured: float, limit: float, higher_is_better: bool, unit: str = "") -> None:
    """Print what was measured beside its limit, and keep it for the table."""
    _keep(Row(goal, measured, limit, higher_is_better, unit))


def report_absent(goal: str, why: str, limit: float, higher_is_better: bool, unit: str = "") -> None:
    """Print that a goal could not be measured here, and why, and keep that for the table."""
    _keep(Row(goal, None, limit, higher_is_better, unit, why))


def _keep(row: Row) -> None:
    measured = f"not measured: {row.why}" if row.measured is None else number(row.measured, row.unit)
    missed = "" if row.is_reached or row.measured is None else ", not reached"
    print(f"  {row.goal}: {measured}    (goal: {limit_in_words(row)}{missed})", flush=True)
    if name := os.environ.get(FILE_VARIABLE):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def read(path: Path) -> list[Row]:
    """Return the rows that benchmarks have kept in a file, in order."""
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
