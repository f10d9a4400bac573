"""docs/templates.md lists what templates get: no name too few, none too many."""

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import jinja2.defaults
import pytest
from jinja2 import pass_context
from jinja2.runtime import Context

from digest import templating
from digest.compose import document, specimen
from digest.compose.mjml_faults import HOLDS
from digest.compose.pieces import Piece
from digest.compose.references import References
from digest.errors import TemplateError
from digest.model import Article, Correction, Issue, Newsletter, Outlet, Picture, RichText, Source
from digest.ranking import Standing
from digest.theme import Logo, Theme
from digest.theme_settings import ThemeSettings
from tests.articles import newsletter

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "templates.md").read_text()
EMAIL = templating.templates_dir() / "email"
KINDS: dict[str, Any] = {
    "piece": Piece,
    "picture": Picture,
    "standing": Standing,
    "links": References,
    "article": Article,
    "passage": RichText,
    "source": Source,
    "outlet": Outlet,
    "correction": Correction,
    "issue": Issue,
    "newsletter": Newsletter,
    "theme": Theme,
    "logo": Logo,
}


def documented(heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    _, found, rest = PAGE.partition(f"\n### {heading}\n")
    assert found, heading
    names = re.findall(r"^\| `([\w-]+)`", re.split(r"^##", rest, flags=re.MULTILINE)[0], re.MULTILINE)
    assert names, heading
    assert len(set(names)) == len(names)
    return names


def fields(kind: Any) -> list[str]:
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return list(getattr(kind, "model_fields", None) or kind._fields)


def given(folder: Path, name: str) -> set[str]:
    """The variables that the templates of an issue really get."""
    (folder / name).write_text("{{ note() }}<mjml><mj-body></mj-body></mjml>")
    templates = templating.environment("email", "en", folder)
    seen: set[str] = set()

    @pass_context
    def note(context: Context) -> str:
        seen.update(context.get_all().keys() - templates.globals.keys())
        return ""

    templates.globals["note"] = note
    render = document.render_html if name.endswith(".mjml.j2") else document.render_text
    render(templates, specimen.issue(newsletter()), [], specimen.values(), mark=lambda _: "")
    return seen


@pytest.mark.parametrize("name", ["issue.mjml.j2", "issue.txt.j2"])
def test_every_variable_is_listed(tmp_path: Path, name: str) -> None:
    assert set(documented("Variables")) == given(tmp_path, name)


@pytest.mark.parametrize("noun", KINDS)
def test_every_field_is_listed(noun: str) -> None:
    extra = ["heading_font", "section"] if noun == "theme" else []

    assert documented(f"`{noun}`") == fields(KINDS[noun]) + extra


def test_every_block_of_the_frame_is_listed_in_order() -> None:
    frame = (EMAIL / "frame.mjml.j2").read_text()

    assert documented("Blocks") == re.findall(r"\{% block (\w+)", frame)


def test_every_short_class_is_listed() -> None:
    comment = (EMAIL / "inline.css.j2").read_text().partition(").")[0]
    short = re.findall(r"(?:: |· )(\w+),? ", " ".join(comment.partition("each is in")[2].split()))

    assert documented("Classes") == short


def test_every_exported_file_is_listed() -> None:
    files = re.split(r"^##", PAGE.partition("\n## Begin\n")[2], maxsplit=1, flags=re.M)[0]

    assert set(re.findall(r"`([\w.]+\.j2)`", files)) == {file.name for file in EMAIL.iterdir()}


EXAMPLES = re.findall(r"`mine/(quiet|list)(\.(?:mjml|txt)\.j2)`[^`]*:\n\n```jinja\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("name", ["quiet", "list"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_templates_that_the_page_shows_work(tmp_path: Path, name: str, language: str) -> None:
    (tmp_path / f"{name}.txt.j2").write_text('{% extends "issue.txt.j2" %}\n')
    written = [(tmp_path / f"{name}{kind}").write_text(source) for of, kind, source in EXAMPLES if of == name]
    assert written
    assert name in templating.template_names(tmp_path)

    specimen.try_template(
        templating.environment("email", language, tmp_path), newsletter(template=name, language=language)
    )


def test_the_example_of_an_edited_template_works(tmp_path: Path) -> None:
    example = PAGE.partition("\n## An example\n")[2].partition("\n## ")[0]
    rules, hashtags = re.findall(r"```\w+\n(.*?)```", example, re.DOTALL)
    css, macros = (EMAIL / "inline.css.j2").read_text(), (EMAIL / "macros.mjml.j2").read_text()
    for rule in rules.splitlines():
        selector = rule.partition("{")[0]
        was = [line for line in css.splitlines() if line.startswith(f"{selector}{{")]
        assert len(was) == 1, selector
        css = css.replace(was[0], rule)
    date = next(line for line in macros.splitlines(keepends=True) if "short_date" in line)
    (tmp_path / "inline.css.j2").write_text(css)
    (tmp_path / "macros.mjml.j2").write_text(macros.replace(date, date + hashtags))
    templates = templating.environment("email", "en", tmp_path)

    specimen.try_template(templates, newsletter())

    shown = document.render_html(
        templates, specimen.issue(newsletter()), specimen.pieces(newsletter()), specimen.values(), mark=lambda _: ""
    )
    assert "#sample" in shown
    assert "text-transform:uppercase" in shown


MISTAKES = {  # of each line in “When something is wrong”: the template, the file, what is replaced in it, by what
    "article": ("issue", "macros.mjml.j2", "piece.article.title }", "piece.article.titel }"),
    "</h3>": ("issue", "macros.mjml.j2", "</h2>", "</h3>"),
    "<mj-column>": ("issue", "frame.mjml.j2", "</mj-column>\n", "\n"),
    "{%": (
        "issue",
        "issue.mjml.j2",
        "{% for piece in pieces if piece.kind !=",
        "{% if 1 %}{% for piece in pieces if piece.kind !=",
    ),
    "issue.mjml.j2": ("quiet", "quiet.mjml.j2", "block ending", "block endin"),
}


def test_the_messages_that_the_page_shows_are_those_of_the_program(tmp_path: Path) -> None:
    said = re.findall(r"^digest: weekly: (template .*)$", PAGE, re.M)
    assert len(said) == len(MISTAKES)
    for number, (line, (template, file, old, new)) in enumerate(zip(said, MISTAKES.values(), strict=True)):
        folder = tmp_path / str(number)
        shutil.copytree(EMAIL, folder)
        for of, kind, source in EXAMPLES:
            (folder / f"{of}{kind}").write_text(source)
        source = (folder / file).read_text()
        assert old in source
        (folder / file).write_text(source.replace(old, new, 1))

        with pytest.raises(TemplateError) as raised:
            specimen.try_template(templating.environment("email", "en", folder), newsletter(template=template))

        assert str(raised.value).replace(str(folder), "mine") == line


def test_every_setting_of_the_theme_is_listed() -> None:
    assert documented("Settings of the theme") == list(ThemeSettings.model_fields)


def test_every_value_is_listed() -> None:
    assert documented("`values`") == list(document.VALUES)


def test_every_filter_and_global_is_listed(tmp_path: Path) -> None:
    given(tmp_path, "issue.mjml.j2")
    templates = templating.environment("email", "en", tmp_path)

    assert set(documented("Filters")) == templates.filters.keys() - jinja2.defaults.DEFAULT_FILTERS.keys()
    ours = templates.globals.keys() - jinja2.defaults.DEFAULT_NAMESPACE.keys() - {"note"}
    assert set(documented("Globals")) == ours


def test_every_component_is_listed_with_what_it_holds() -> None:
    table = PAGE.partition("\n## Components\n")[2].partition("\n## ")[0]
    rows = {
        name: re.findall(r"`(mj[\w-]*)`", held)
        for name, held in re.findall(r"^\| `(mj[\w-]*)` \| (.*) \|$", table, re.M)
    }

    assert rows == {name: list(held) if name != "mj-hero" else [] for name, held in HOLDS.items() if name}
