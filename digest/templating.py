"""Where the templates are, and how they are read: always escaping, never guessing a missing name."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from digest import languages
from digest.palette import COLOURS, colour_name

_MACRO = re.compile(rb"\{%[-+]?\s*macro\s")
_DOCUMENT = re.compile(rb"<mjml[\s>]|\{%[-+]?\s*extends\s")


def templates_dir() -> Path:
    """Return the folder of templates: inside the installed package, or beside it in a checkout."""
    installed = Path(str(files("digest") / "_templates"))
    return installed if installed.is_dir() else Path(__file__).resolve().parent.parent / "templates"


def template_names(own: Path | None) -> list[str]:
    """Return the e-mail templates that a newsletter may name: with HTML and text, in the user's folder or ours.

    A file of macros that writes no document of its own is a part of others, and none.
    """
    folders = [templates_dir() / "email", *([own] if own else [])]
    files = {file.name: file for folder in folders for file in folder.iterdir() if file.is_file()}
    return sorted(
        stem
        for name, file in files.items()
        if (stem := name.removesuffix(".mjml.j2")) != name
        and f"{stem}.txt.j2" in files
        and not _is_part(file.read_bytes())
    )


def _is_part(source: bytes) -> bool:
    return bool(_MACRO.search(source)) and not _DOCUMENT.search(source)


def environment(room: str, language: str = languages.DEFAULT, own: Path | None = None) -> Environment:
    """Return the Jinja environment of `email`, `pages` or `studio` in a language.

    Templates of another room are named by folder; those in `own`, a folder of the user's, win over ours of that name.
    `.txt.j2` templates are not escaped; all others are. Fixed words are marked: `_("…")`, `ngettext`, `{% trans %}`.
    """
    return _environment(room, languages.catalogue(language), own)


@cache
def _environment(room: str, catalogue: str, own: Path | None) -> Environment:
    folders = [*([own] if own else []), templates_dir() / room, templates_dir()]
    loader = FileSystemLoader(folders)
    jinja = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=loader,
        undefined=StrictUndefined,
        autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.install_gettext_translations(languages.translations(catalogue), newstyle=True)  # type: ignore[attr-defined]
    jinja.policies["ext.i18n.trimmed"] = True
    jinja.filters["colour_name"] = colour_name
    jinja.globals["COLOURS"] = COLOURS
    return jinja
