"""What the demonstration prints: its steps, who received what, and where to look next."""

from collections.abc import Iterable
from pathlib import Path

from rich import box
from rich.console import Console, Group
from rich.table import Column, Table
from rich.text import Text

from digest.demo.run import Outcome, Received, Skipped, Topic
from digest.model import DeliveryStatus, Depth, Newsletter
from digest.palette import colour_name
from digest.studio import words
from subscribers.model import Subscriber

PIPE_WIDTH = 100  # where there is no terminal to ask
_STYLES = {  # the terminal's own colours: whoever chose them can read them on their ground
    "world": "blue",
    "business": "yellow",
    "technology": "magenta",
    "science": "cyan",
    "climate": "green",
    "health": "red",
    "culture": "bright_magenta",
    "sport": "bright_red",
}
_MARKS = {Depth.FULL: "▪▪▪", Depth.BRIEF: "▪▪", Depth.HEADLINES: "▪"}


def console() -> Console:
    """Return the console on stdout: as wide as the terminal, and in a pipe wide enough for the table."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


def title(screen: Console, folder: Path) -> None:
    """Print what begins, and where."""
    screen.print(Text.assemble("\n", ("The whole job on sample data", "bold"), f", in {folder}\n"))


def tell(screen: Console, command: str, result: str) -> None:
    """Print a step as the command that does it, and what came of it."""
    line = Table.grid(Column(width=44, no_wrap=True), Column(), padding=(0, 2, 0, 0))
    line.add_row(Text.assemble(("  digest ", "dim"), (command, "bold")), Text(result))
    screen.print(line)


def show(screen: Console, outcome: Outcome) -> None:
    """Print who received what, who received nothing and why, and the sums."""
    screen.print()
    screen.print(_table(outcome.received, reader_width=min(27, screen.width // 4 + 2)))
    screen.print()
    marks = "   ".join(f"{mark} {depth}" for depth, mark in _MARKS.items())
    screen.print(Text(f"  How deep each topic goes:  {marks}", "dim"))
    if outcome.skipped:
        screen.print()
        screen.print(_left_out(outcome.skipped, outcome.newsletter))
    screen.print()
    screen.print(_sums(outcome))


def _table(received: Iterable[Received], *, reader_width: int) -> Table:
    table = Table(
        Column("Reader", no_wrap=True, overflow="ellipsis", width=reader_width),
        Column("Topics, and subject", ratio=1),
        Column("Stories", justify="right", no_wrap=True),
        Column("Min", justify="right", no_wrap=True),
        Column("Size", justify="right", no_wrap=True),
        box=box.SIMPLE_HEAD,
        expand=True,
        header_style="bold",
        show_edge=False,
        pad_edge=True,
        leading=1,
    )
    for row in received:
        size = words.kilobytes(row.bytes) if row.bytes is not None else "–"
        told = Group(_topics(row.topics), _subject(row))
        table.add_row(_person(row.reader), told, str(row.stories), str(row.minutes), size)
    return table


def _person(reader: Subscriber) -> Text:
    if not reader.name:
        return Text(reader.email, "bold")
    return Text.assemble((reader.name, "bold"), "\n", (reader.email, "dim"))


def _topics(topics: Iterable[Topic]) -> Text:
    """Join name and depth without a space: rich breaks lines at any, even a no-break one."""
    parts = [
        Text.assemble((topic.category, _STYLES[colour_name(topic.category)]), (_MARKS[topic.depth], "dim"))
        for topic in topics
    ]
    return Text("  ").join(parts)


def _subject(row: Received) -> Text:
    if row.status is DeliveryStatus.ACCEPTED:
        return Text(row.subject, "dim", no_wrap=True, overflow="ellipsis")
    return Text(f"{row.status}: {row.reply}" if row.reply else str(row.status), "bold red")


def _left_out(skipped: Iterable[Skipped], newsletter: Newsletter) -> Group:
    lines = [Text("  Nothing this time for", "bold")]
    for row in skipped:
        who = row.reader.name or row.reader.email
        lines.append(Text.assemble("  ", who, (f": {words.why_skipped(row.reason, newsletter)}", "dim")))
    return Group(*lines)


def _sums(outcome: Outcome) -> Text:
    mails = words.counted(len(outcome.received), "mail", "mails")
    different = len({row.edition for row in outcome.received})
    total = sum(row.bytes or 0 for row in outcome.received)
    return Text.assemble(
        (f"  {mails}, {different} of them different", "bold"),
        f", from {outcome.candidates} stories: {words.kilobytes(total)} in {outcome.seconds:.1f} seconds.",
    )


def invite(screen: Console, addresses: Iterable[tuple[str, str]]) -> None:
    """Print what to open next."""
    grid = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 3, 0, 0))
    for what, where in addresses:
        grid.add_row(Text(f"  {what}", "bold"), Text(where))
    screen.print()
    screen.print(grid)
