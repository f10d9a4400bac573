"""`digest templates`: written out, edited, tried."""

from pathlib import Path

import pytest

from digest import templating
from tests.digest.cli.conftest import Digest

MAIN = "issue.mjml.j2"


PARTS = {
    *("frame.mjml.j2", "macros.mjml.j2", "macros.txt.j2", "head.css.j2", "inline.css.j2"),
    *("letter.txt.j2", "letter.html.j2"),
}
THEME = """
[newsletters.theme]
headings = "sans"
accent = "#7a1f3d"
[newsletters.theme.sections]
World = "#1d4f91"
"""


@pytest.fixture
def own(digest: Digest) -> Path:
    """The bundled templates, exported and named in the settings."""
    folder = digest.settings_file.parent / "mine"
    assert digest("templates", "export", str(folder)).code == 0
    digest.settings_file.write_text(f'templates = "mine"\n{digest.settings_file.read_text()}')
    return folder


@pytest.mark.parametrize("template", ["issue", "compact"])
def test_exported_files_are_the_bundled_ones(digest: Digest, tmp_path: Path, template: str) -> None:
    ran = digest("templates", "export", str(tmp_path / "mine"), "--template", template, "--json")

    names = {Path(name).name for name in ran.json["written"]}
    assert names == PARTS | {f"{template}.mjml.j2", f"{template}.txt.j2"}
    assert names == {file.name for file in (tmp_path / "mine").iterdir()}
    for name in names:
        assert (tmp_path / "mine" / name).read_bytes() == (templating.templates_dir() / "email" / name).read_bytes()


@pytest.mark.parametrize("template", ["issue", "compact"])
def test_export_says_what_each_file_is(digest: Digest, tmp_path: Path, template: str) -> None:
    ran = digest("templates", "export", str(tmp_path / "mine"), "--template", template)

    assert f"{tmp_path / 'mine' / 'inline.css.j2'}  Written into each element by premailer\n" in ran.out
    for line in ran.out.splitlines():
        file, _, said = line.partition("  ")
        assert Path(file).is_file()
        assert said
    assert f'templates = "{tmp_path / "mine"}"' in ran.err


def test_export_overwrites_nothing(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "macros.mjml.j2").write_text("mine")

    ran = digest("templates", "export", str(tmp_path / "mine"))

    assert ran.code == 1
    assert "has macros.mjml.j2 already, and nothing was written" in ran.err
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["macros.mjml.j2"]
    assert (tmp_path / "mine" / "macros.mjml.j2").read_text() == "mine"


@pytest.mark.parametrize("name", ["isue", "macros", "frame", "../issue", ""])
def test_export_of_what_is_no_template_names_those_there_are(digest: Digest, tmp_path: Path, name: str) -> None:
    ran = digest("templates", "export", str(tmp_path / "mine"), "--template", name)

    assert ran.code == 2
    meant = " (did you mean “issue”?)" if name in ("isue", "../issue") else ""
    assert f"there is no template “{name}”{meant}; bundled: compact, issue" in ran.err
    assert not (tmp_path / "mine").exists()


def test_what_was_exported_works(digest: Digest, own: Path) -> None:
    ran = digest("templates", "check")

    assert (ran.code, ran.out) == (0, "weekly: template “issue” works with its theme\n")


@pytest.mark.parametrize("template", ["issue", "compact"])
@pytest.mark.parametrize("language", ["en", "ar", "ja"])
def test_both_bundled_templates_work_in_every_script_with_a_theme(digest: Digest, template: str, language: str) -> None:
    settings = digest.settings_file.read_text()
    before, heading, after = settings.partition("[[newsletters]]\n")
    assert heading
    own = "\n".join(line for line in after.splitlines() if not line.startswith(("language", "template")))
    first, table, rest = own.partition("\n[")
    said = f'language = "{language}"\ntemplate = "{template}"\nabout = "By us."\n'
    digest.settings_file.write_text(f"{before}{heading}{said}{first}{THEME}{table}{rest}")

    ran = digest("templates", "check")

    assert (ran.code, ran.out) == (0, f"weekly: template “{template}” works with its theme\n"), ran.err


@pytest.mark.parametrize("template", ["issue", "compact"])
def test_a_template_that_extends_a_bundled_one_works_by_a_name_of_its_own(digest: Digest, template: str) -> None:
    folder = digest.settings_file.parent / "mine"
    folder.mkdir()
    (folder / "quiet.mjml.j2").write_text(
        f'{{% extends "{template}.mjml.j2" %}}\n{{% block ending %}}{{% endblock %}}\n'
    )
    (folder / "quiet.txt.j2").write_text(f'{{% extends "{template}.txt.j2" %}}\n')
    settings = digest.settings_file.read_text().replace("[[newsletters]]\n", '[[newsletters]]\ntemplate = "quiet"\n')
    digest.settings_file.write_text(f'templates = "mine"\n{settings}')

    ran = digest("templates", "check")

    assert (ran.code, ran.out) == (0, "weekly: template “quiet” works with its theme\n"), ran.err


def test_a_block_that_nothing_shows_is_said_with_its_line(digest: Digest, own: Path) -> None:
    source = (own / MAIN).read_text()
    (own / MAIN).write_text(source.replace("{% block ending", "{% block endin"))
    line = source[: source.index("{% block ending")].count("\n") + 1

    ran = digest("templates", "check")

    assert ran.code == 1
    assert f"{MAIN}, line {line}: frame.mjml.j2 has no block “endin” (did you mean “ending”?)" in ran.err


def test_a_fault_is_said_with_its_line(digest: Digest, own: Path) -> None:
    source = (own / MAIN).read_text()
    (own / MAIN).write_text(source.replace("{% import", "{% imprt", 1))
    line = source[: source.index("{% import")].count("\n") + 1

    ran = digest("templates", "check", "weekly")

    assert ran.code == 1
    assert f"{MAIN}, line {line}: " in ran.err
    assert "imprt" in ran.err


def test_check_of_an_unknown_newsletter_names_those_there_are(digest: Digest) -> None:
    ran = digest("templates", "check", "wekly")

    assert ran.code == 2
    assert "no newsletter “wekly” in the settings (did you mean “weekly”?)" in ran.err
