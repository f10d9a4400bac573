"""Where the templates are, and how they are read: always escaping, never guessing a missing name."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from digest.palette import COLOURS, colour_name


def templates_dir() -> Path:
    """Return the folder of templates: inside the installed package, or beside it in a checkout."""
    installed = Path(str(files("digest") / "_templates"))
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "templates"


@cache
def environment(room: str) -> Environment:
    """Return the Jinja environment of `email`, `pages` or `studio`; templates of another room are named by folder.

    `.txt.j2` templates are not escaped; all others are.
    """
    loader = FileSystemLoader([templates_dir() / room, templates_dir()])
    jinja = Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["colour_name"] = colour_name
    jinja.globals["COLOURS"] = COLOURS
    return jinja
