"""Write the reference pages from code and data: `python3 dev.py docs`. A test fails when they are old."""

import sys
from pathlib import Path

import click

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from digest.cli.init import SETTINGS
from digest.cli.main import digest
from digest.smtp.verdict import Reaction, Rule, Stage, table
from subscribers import privacy


def _help(command: click.Command, name: str, parent: click.Context) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    lines = [f"## `{context.command_path}`", "", "```", context.get_help(), "```", ""]
    if isinstance(command, click.Group):
        lines += _members(command, context)
    return lines


def _members(group: click.Group, context: click.Context) -> list[str]:
    lines = []
    for name in group.list_commands(context):
        member = group.get_command(context, name)
        assert member is not None
        lines += _help(member, name, context)
    return lines


def cli_page() -> str:
    """Return the page of all commands: their own help texts."""
    context = click.Context(digest, info_name="digest", **digest.context_settings)
    lines = [
        "# Commands",
        "",
        "Written by `python3 dev.py docs` from the program's own help.",
        "",
        "Exit codes: 0 done · 1 failed, a message says why · 2 wrong usage or settings · 3 done, but part of it",
        "was not accepted · 130 or 143 interrupted, after finishing what was in flight.",
        "",
        *_members(digest, context),
    ]
    return "\n".join(lines).rstrip() + "\n"


def settings_page() -> str:
    """Return the page of all settings: the commented file that `digest init` writes."""
    return f"""# Settings

Written by `python3 dev.py docs` from what `digest init` writes. Any setting can come from the environment instead:
`DIGEST_SMTP__PASSWORD` overrides `[smtp] password`. An unknown key is an error that names the nearest known one.

```toml
{SETTINGS.format(secret="…")}```
"""


REACTIONS = {
    Reaction.GO_ON: "–",
    Reaction.RECONNECT: "another connection",
    Reaction.SLOW_DOWN: "slows down",
    Reaction.REST: "pauses the issue",
    Reaction.STOP: "stops",
}


def verdicts_page() -> str:
    """Return the page of all that a server's reply can mean: the table that judges it."""
    usual = [f"| {_where(row.stages)} | {_code(row.code.pattern)} | {row.becomes} |" for row in table().usual]
    lines = [
        "# What a server's reply means",
        "",
        "Written by `python3 dev.py docs` from `digest/smtp/verdicts.toml`, the table that judges each reply. A test",
        "says every example to Digest over a connection; others ask Postfix and Exim for real refusals.",
        "",
        "## What becomes of the delivery",
        "",
        "The stage and the code decide; the first row that fits counts. A dot stands for any digit.",
        "",
        "| stage | code | the delivery is |",
        "| --- | --- | --- |",
        *usual,
        "",
        "## Whose failure it was, and what the run does",
        "",
        "The first row that fits counts. It looks at the code, at the enhanced status (RFC 3463, such as 5.1.1), and",
        "at the words, from which addresses, host names and links are cut out first. Only the recipient's own fault",
        "may ever count against a subscriber. What was `rejected` for a fault of ours is planned again by",
        "`digest resolve ISSUE resend --refused`, once it is mended.",
        "",
        "| rule | stage | meaning | fault | the run | after |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(_verdict_row, table().rules),
        "",
        "## Examples",
        "",
        *(line for rule in table().rules for line in _verdict_examples(rule)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _code(pattern: str) -> str:
    return "any other" if pattern == ".*" else " or ".join(f"`{code}`" for code in pattern.split("|"))


def _where(stages: frozenset[Stage]) -> str:
    return "any" if len(stages) == len(Stage) else ", ".join(stage for stage in Stage if stage in stages)


def _verdict_row(rule: Rule) -> str:
    becomes = f" The delivery is {rule.becomes}." if rule.becomes else ""
    cells = (
        *(rule.name, _where(rule.stages), rule.why + becomes),
        *(rule.culprit or "–", REACTIONS[rule.reaction], rule.source),
    )
    return f"| {' | '.join(cells)} |"


def _verdict_examples(rule: Rule) -> list[str]:
    said = (f"{stage}: {reply}".replace("\r\n", f"\n{' ' * len(stage)}  ") for stage, reply, _ in rule.examples)
    return [f"**{rule.name}**", "", "```", *said, "```", ""]


def privacy_page() -> str:
    """Return the page about readers' data, with its table from the facts that readers are told."""
    rows = [f"| {one.what} | {one.why} | {one.how_long} | {_named(one.tables)} |" for one in privacy.FACTS]
    before, _, rest = (FOLDER / "privacy.md").read_text().partition(FACTS_BEGIN)
    _, _, after = rest.partition(FACTS_END)
    header = "| what | why | for how long | tables |\n| --- | --- | --- | --- |"
    return "\n".join((before + FACTS_BEGIN, "", header, *rows, "", FACTS_END + after))


def _named(tables: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in tables)


FACTS_BEGIN = "<!-- from subscribers/privacy.py -->"
FACTS_END = "<!-- end -->"
PAGES = {"cli.md": cli_page, "settings.md": settings_page, "verdicts.md": verdicts_page, "privacy.md": privacy_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())
