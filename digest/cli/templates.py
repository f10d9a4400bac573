"""`digest templates`: the e-mail templates written out to be edited, and tried."""

import re
from pathlib import Path

import click
from jinja2 import Environment, meta

from digest import templating
from digest.cli.installation import Installation, json_option, pass_installation, print_json, say
from digest.compose import specimen
from digest.errors import DigestError, TemplateError, UsageError
from digest.spelling import nearest

CSS = "inline.css.j2"  # no template asks for it: composing writes it into what the template made
LETTERS = {"letter.txt.j2", "letter.html.j2"}  # the same whichever template a newsletter has
_FIRST_COMMENT = re.compile(r"\s*\{#-?\s*(.+?)(?:[.:;]\s|\.?\s*-?#\})", re.DOTALL)


@click.group()
def templates() -> None:
    """E-mail templates of your own: written out from the bundled ones, and tried before anything is planned."""


def files_of(template: str, bundled: Environment) -> list[str]:
    """Return the bundled files that a template is made of: its own two, the CSS, the letters, and what any asks for."""
    assert bundled.loader is not None  # noqa: S101 - templates come from folders
    found: set[str] = set()
    asked = {f"{template}.mjml.j2", f"{template}.txt.j2", CSS} | LETTERS
    while asked:
        name = asked.pop()
        found.add(name)
        source, _, _ = bundled.loader.get_source(bundled, name)
        asked |= {other for other in meta.find_referenced_templates(bundled.parse(source)) if other} - found
    return sorted(found)


def purpose(source: str) -> str:
    """Return what a template's own first comment says that it is, or an empty string where it has none."""
    comment = _FIRST_COMMENT.match(source)
    return " ".join(comment[1].split()) if comment else ""


@templates.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--template", default="issue", show_default=True, help="Which of the bundled templates.")
@json_option
def export(folder: Path, template: str, as_json: bool) -> None:
    """Write a bundled template's files into DIR, to be edited there. An existing file is never overwritten."""
    known = templating.template_names(None)
    if template not in known:
        raise UsageError(f"there is no template “{template}”{nearest(template, known)}; bundled: {', '.join(known)}")
    room = templating.templates_dir() / "email"
    sources = {name: (room / name).read_bytes() for name in files_of(template, templating.environment("email"))}
    if there := [name for name in sources if (folder / name).exists()]:
        raise DigestError(
            f"{folder} has {', '.join(there)} already, and nothing was written: name another folder, or move them away"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in sources.items():
        with (folder / name).open("xb") as copy:
            copy.write(source)
    if as_json:
        print_json({"written": [str(folder / name) for name in sources]})
        return
    for name, source in sources.items():
        click.echo(f"{folder / name}  {purpose(source.decode())}")
    say(f'Write templates = "{folder}" into digest.toml, and try what you change with `digest templates check`.')


@templates.command("check")
@click.argument("newsletter", required=False)
@pass_installation
def check(installation: Installation, newsletter: str | None) -> None:
    """Render a sample issue with each newsletter's template and theme, and say what is wrong, with file and line."""
    settings = installation.settings
    wanted = [settings.newsletter(newsletter)] if newsletter else settings.newsletters
    faults = []
    for one in wanted:
        try:
            specimen.try_template(templating.environment("email", one.language, settings.templates), one)
        except TemplateError as error:
            faults.append(f"{one.slug}: {error}")
        else:
            click.echo(f"{one.slug}: template “{one.template}” works with its theme")
    if faults:
        raise TemplateError("; ".join(faults))
