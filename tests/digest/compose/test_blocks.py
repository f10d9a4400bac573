"""What a template that extends another says for nothing, found with file and line."""

from pathlib import Path

import pytest

from digest import templating
from digest.compose.blocks import check_blocks
from digest.errors import TemplateError

FRAME = "<mjml>{% block top %}{% block name %}{% endblock %}{% endblock %}{% block foot %}{% endblock %}</mjml>"


def check(folder: Path, **files: str) -> None:
    (folder / "frame.j2").write_text(FRAME)
    for name, source in files.items():
        (folder / f"{name}.j2").write_text(source)
    check_blocks(templating.environment("email", "en", folder), "mine.j2")


@pytest.mark.parametrize(
    "source",
    [
        FRAME,
        '{% extends "frame.j2" %}\n\n{% set x = 1 %}{% block top %}{% endblock %}\n \n{% block foot %}{% endblock %}',
        '{% extends "frame.j2" %}{% block top %}{% block x %}{% endblock %}{% endblock %}{% macro a() %}{% endmacro %}',
        '{% extends "middle.j2" %}{% block foot %}{% endblock %}{% block mine %}{% endblock %}',
        '{% extends "fra" ~ "me.j2" %}{% block any %}{% endblock %}',
    ],
)
def test_what_is_shown_passes(tmp_path: Path, source: str) -> None:
    check(
        tmp_path,
        mine=source,
        middle='{% extends "frame.j2" %}{% block top %}{% block mine %}{% endblock %}{% endblock %}',
    )


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        (
            "\n{% block tpo %}a{% endblock %}",
            2,
            "frame.j2 has no block “tpo” (did you mean “top”?): it would not be shown",
        ),
        ("{% block top %}{% endblock %}\n\n  <b>a</b>\n", 3, "this stands outside of every block"),
        ("{% set x = 1 %}\n{{ x }}", 2, "this stands outside of every block"),
    ],
)
def test_what_is_not_shown_is_refused(tmp_path: Path, source: str, line: int, said: str) -> None:
    with pytest.raises(TemplateError) as raised:
        check(tmp_path, mine=f'{{% extends "frame.j2" %}}{source}')

    assert str(raised.value).startswith(f"template {tmp_path}/mine.j2, line {line}: {said}")


def test_a_fault_of_what_stands_between_is_said_with_its_own_file(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=rf"template {tmp_path}/middle\.j2, line 2: frame\.j2 has no block “fot”"):
        check(
            tmp_path,
            mine='{% extends "middle.j2" %}{% block fot %}{% endblock %}',
            middle='{% extends "frame.j2" %}\n{% block fot %}{% endblock %}',
        )
