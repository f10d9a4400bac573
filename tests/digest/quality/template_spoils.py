"""Ways to spoil the bundled templates: one change to one folder of them, which must have changed something."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from digest import templating
from digest.quality.mail import Mail, read
from tests.digest.quality.golden import Golden, message

CELL = Golden(8, "en", True, "issue")
TemplateSpoil = Callable[[Path], None]


def change(file: str, pattern: str, replacement: str) -> TemplateSpoil:
    """A change of a template's file; the pattern must stand there, and the replacement is text, not a pattern."""

    def spoil(folder: Path) -> None:
        path = folder / file
        before = path.read_text(encoding="utf-8")
        after, found = re.subn(pattern, lambda _: replacement, before, flags=re.DOTALL)
        assert found, f"nothing like {pattern} in {file}"
        assert after != before, f"{file} is as it was"
        path.write_text(after, encoding="utf-8")

    return spoil


def each(*spoils: TemplateSpoil) -> TemplateSpoil:
    """Several changes that make one fault together."""

    def spoil(folder: Path) -> None:
        for one in spoils:
            one(folder)

    return spoil


def spoiled(folder: Path, spoil: TemplateSpoil) -> Mail:
    """A mail composed from the bundled templates after the change; the folder is a new one, for it alone."""
    own = folder / "email"
    shutil.copytree(templating.templates_dir() / "email", own)
    spoil(own)
    return read("a spoiled template", message(CELL, own))
