"""Second opinions on the golden mails: html-validate on their HTML, the official compiler on their MJML."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from digest import templating
from digest.compose import document, rendering
from digest.compose.mjml import to_html
from digest.compose.pieces import describe
from digest.compose.values import next_issue
from digest.quality import page
from digest.quality.conditional_comments import as_outlook_reads
from digest.quality.mail import read
from tests.digest.quality.golden import LANGUAGES, MATRIX, TEMPLATES, Golden, composed, message, values
from tests.real_parts import missing

pytestmark = pytest.mark.slow

HOME = Path(__file__).parent.parent.parent / "second_opinions"
SECONDS = 300
OFFICE_SETTINGS = re.compile(r"<xml>.*?</xml>", re.DOTALL)  # XML that only Office reads: no HTML to judge


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of the programs, installed as `package-lock.json` says."""
    folder = HOME / "node_modules" / ".bin"
    if shutil.which("node") is None or not (folder / "mjml").exists() or not (folder / "html-validate").exists():
        missing("html-validate and mjml", "python3 dev.py test installs Node.js and both")
    return folder


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    surroundings = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, env=surroundings, cwd=HOME, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def judged(programs: Path, settings: str, folder: Path) -> dict[str, list[str]]:
    """What html-validate says of the files of a folder, by name; only those that it finds fault with."""
    done = run(programs / "html-validate", "--config", settings, "--formatter", "json", f"{folder}/*.html")
    reports = json.loads(done.stdout)
    assert done.returncode in (0, 1), done.stderr
    return {
        Path(report["filePath"]).stem: [
            f"{one['line']}:{one['column']} {one['ruleId']} {one['message']}" for one in faults
        ]
        for report in reports
        if (faults := report["messages"])
    }


def test_html_validate_knows_a_fault(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "spoiled.html").write_text("<!DOCTYPE html><html lang='en'><body><p><div></div></p></body></html>")

    assert judged(programs, "html-validate.json", tmp_path)["spoiled"]
    assert judged(programs, "outlook.json", tmp_path)["spoiled"]


def test_html_validate_finds_no_error(programs: Path, tmp_path: Path) -> None:
    for cell in MATRIX:
        (tmp_path / f"{cell.name}.html").write_text(read(cell.name, message(cell)).html, encoding="utf-8")

    assert judged(programs, "html-validate.json", tmp_path) == {}


def test_html_validate_finds_no_error_in_what_outlook_reads(programs: Path, tmp_path: Path) -> None:
    for cell in MATRIX:
        branch = as_outlook_reads(read(cell.name, message(cell)).html)
        (tmp_path / f"{cell.name}.html").write_text(OFFICE_SETTINGS.sub("", branch), encoding="utf-8")

    assert judged(programs, "outlook.json", tmp_path) == {}


def mjml_of(cell: Golden) -> str:
    """A golden mail before it is compiled, whole, with its reader's values."""
    done = composed(cell)
    templates = templating.environment("email", cell.language)
    shown, said = describe(done.edition.pieces, done.shelf), values(done)
    document.render_html(templates, done.issue, shown, said, mark=lambda _: "")  # gives the templates their filters
    return rendering.render(
        templates,
        f"{cell.template}.mjml.j2",
        issue=done.issue,
        newsletter=done.issue.newsletter,
        pieces=shown,
        values=said,
        next_issue=next_issue(done.issue),
        mark=lambda _: "",
    )


def content(html: str) -> tuple[str, list[str]]:
    """All words of the body, whatever space is between them, and all links, in order."""
    root = page.parse(html)
    words = "".join("".join(text.split()) for _, text in page.texts(root))
    return words, [link.get("href") for link in root.iter("a")]


def test_the_official_compiler_finds_no_fault_and_makes_the_same_mail(programs: Path, tmp_path: Path) -> None:
    cells = [Golden(8, language, True, template) for template in TEMPLATES for language in LANGUAGES]
    written = {cell.name: mjml_of(cell) for cell in cells}
    for name, mjml in written.items():
        (tmp_path / f"{name}.mjml").write_text(mjml, encoding="utf-8")
    sources = [tmp_path / f"{name}.mjml" for name in written]

    done = run(programs / "mjml", *sources, "--config.validationLevel", "strict", "--output", tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    for name, mjml in written.items():
        theirs = content((tmp_path / f"{name}.html").read_text(encoding="utf-8"))
        assert theirs == content(to_html(mjml)), name
        assert theirs[1], name


def test_the_official_compiler_knows_a_fault(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "spoiled.mjml").write_text("<mjml><mj-body><mj-text>Lost</mj-text></mj-body></mjml>")

    done = run(programs / "mjml", tmp_path / "spoiled.mjml", "--config.validationLevel", "strict", "-o", tmp_path)

    assert done.returncode != 0
    assert "mj-text" in done.stderr + done.stdout
