"""Which templates a newsletter may name."""

from pathlib import Path

import pytest

from digest import templating


def test_the_bundled_ones_are_those_that_write_a_mail() -> None:
    assert templating.template_names(None) == ["compact", "issue"]


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ('<mjml lang="en"></mjml>', True),
        ("{# Mine. #}\n<mjml>", True),
        ('{% extends "issue.mjml.j2" %}', True),
        ('{#- Mine. -#}\n{%- extends "issue.mjml.j2" -%}', True),
        ('{% extends "issue.mjml.j2" %}{% macro a() %}b{% endmacro %}', True),
        ("<mjml>{{ a() }}</mjml>{% macro a() %}b{% endmacro %}", True),
        ("{% macro a() %}<mj-text></mj-text>{% endmacro %}", False),
        ("{#- Parts. -#}\n{%- macro a() -%}b{%- endmacro -%}", False),
        ("nothing yet", True),  # what is wrong with it is said when it is tried
    ],
)
def test_one_of_the_users_own_is_none_only_if_it_holds_nothing_but_macros(
    tmp_path: Path, source: str, is_one: bool
) -> None:
    (tmp_path / "mine.mjml.j2").write_text(source)
    (tmp_path / "mine.txt.j2").write_text("")

    assert ("mine" in templating.template_names(tmp_path)) is is_one


def test_one_without_text_is_none(tmp_path: Path) -> None:
    (tmp_path / "mine.mjml.j2").write_text("<mjml></mjml>")

    assert templating.template_names(tmp_path) == ["compact", "issue"]


def test_a_file_of_the_user_wins_over_ours_and_may_be_in_any_encoding(tmp_path: Path) -> None:
    (tmp_path / "issue.mjml.j2").write_bytes(b"{% macro a() %}\xff{% endmacro %}")

    assert templating.template_names(tmp_path) == ["compact"]
