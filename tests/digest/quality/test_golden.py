"""The golden matrix: mails of every size, language and template pass every gate, in a real browser and filter, too.

DIGEST_TABLE=FILE writes the worst value of each gate there, as a Markdown table.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.quality import gates, laid_out, mailpit, spam
from digest.quality.finding import Finding
from digest.quality.mail import Mail, read
from digest.quality.pane import Pane
from tests.digest.quality import worst
from tests.digest.quality.golden import MATRIX, Golden, message

TABLE = os.environ.get("DIGEST_TABLE")  # read here: no test sees variables of this name


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[Golden, list[Finding]]]:
    """What was found of each cell so far; told as a table at the end, where one is wanted."""
    found: dict[Golden, list[Finding]] = {cell: [] for cell in MATRIX}
    yield found
    if TABLE:
        for cell in MATRIX:  # Mailpit itself counts what stands once, too
            raw = f"{mailpit.score_of(mail_of(cell).html).unsupported:.2f}"
            found[cell].append(Finding(name="mailpit: unsupported, raw", passed=True, value=raw, limit="only shown"))
        Path(TABLE).write_text(worst.table(found), encoding="utf-8")


def mail_of(cell: Golden) -> Mail:
    return read(cell.name, message(cell))


@pytest.mark.slow
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_a_golden_mail_passes_every_gate(cell: Golden, reading: Pane, measured: dict[Golden, list[Finding]]) -> None:
    mail = mail_of(cell)

    found = gates.check(mail) + laid_out.check(reading, mail)

    measured[cell] += found
    assert {one.name: (one.value, one.detail) for one in found if not one.passed} == {}


@pytest.mark.slow
def test_no_golden_mail_looks_like_spam(spam_filter: Path, measured: dict[Golden, list[Finding]]) -> None:
    found = spam.check(spam_filter, [mail_of(cell) for cell in MATRIX])

    for cell, finding in zip(MATRIX, found, strict=True):
        measured[cell].append(finding)
    assert {cell.name: one.detail for cell, one in zip(MATRIX, found, strict=True) if not one.passed} == {}


def test_the_table_names_the_worst_mail_of_each_gate() -> None:
    small, large = (Golden(stories, "en", True, "issue") for stories in (8, 60))

    def found(size: str, contrast: str) -> list[Finding]:
        return [
            Finding(name="size: HTML", passed=True, value=size, limit="at most 90 KB"),
            Finding(name="contrast: dark", passed=True, value=contrast, limit="at least 4.5:1"),
            Finding(name="headings", passed=True, value="17 headings", limit="one h1"),
        ]

    told = worst.table({small: found("39.8 KB", "2 too faint, least 4.1:1"), large: found("89.9 KB", "least 7.0:1")})

    assert told.splitlines()[2:] == [
        "| size: HTML, issue of 8 | at most 90 KB | 39.8 KB | issue-en-8-pictures |",
        "| size: HTML, issue of 60 | at most 90 KB | 89.9 KB | issue-en-60-pictures |",
        "| contrast: dark | at least 4.5:1 | 2 too faint, least 4.1:1 | issue-en-8-pictures |",
    ]
