"""Every goal of a run of benchmarks in one table: goal, measured, reached or not. `table.py FILE` reads its rows."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.rows import Row, limit_in_words, number, read


def cells(row: Row) -> tuple[str, str, str, str]:
    """Return a row's cells: what, its limit, the figure, and the verdict."""
    if row.measured is None:
        return row.goal, limit_in_words(row), row.why, "absent"
    return row.goal, limit_in_words(row), number(row.measured, row.unit), "ok" if row.is_reached else "NOT REACHED"


def lines(rows: list[Row]) -> list[str]:
    """Return the table's lines, its columns aligned."""
    filled = [("", "goal", "measured", ""), *map(cells, rows)]
    widths = [max(len(row[place]) for row in filled) for place in range(3)]
    return [
        f"{what:<{widths[0]}}  {limit:>{widths[1]}}  {measured:>{widths[2]}}  {verdict}".rstrip()
        for what, limit, measured, verdict in filled
    ]


if __name__ == "__main__":
    print("\n".join(lines(read(Path(sys.argv[1])))))
