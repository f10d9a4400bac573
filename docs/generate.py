"""Write docs/cli.md and docs/settings.md from the code: `python3 dev.py docs`. A test fails when they are old."""

import sys
from pathlib import Path

import click

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from digest.cli.init import SETTINGS
from digest.cli.main import digest


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


PAGES = {"cli.md": cli_page, "settings.md": settings_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())
