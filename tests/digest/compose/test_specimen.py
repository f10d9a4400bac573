"""The sample issue has everything, and finds what is wrong with a template before an issue is planned."""

import shutil
from pathlib import Path

import pytest
from jinja2 import Environment

from digest import languages, templating
from digest.compose import document, specimen
from digest.compose.pieces import read_card
from digest.compose.values import next_issue
from digest.errors import TemplateError
from digest.model import CorrectionKind, Depth, Picture
from digest.theme import Theme
from tests.articles import newsletter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled templates."""
    shutil.copytree(templating.templates_dir() / "email", tmp_path / "mine")
    return tmp_path / "mine"


def tried(folder: Path) -> Environment:
    return templating.environment("email", "en", folder)


def test_it_has_every_kind_of_piece_in_every_depth_and_look() -> None:
    found = specimen.pieces(newsletter())
    cards = [piece for piece in found if piece.kind == "card"]

    assert {piece.kind for piece in found} == {"index", "section", "card", "correction", "more", "rest"}
    assert {card.depth for card in cards} == set(Depth)
    for value in ("lead", "picture", "is_update", "also_in", "standing"):
        assert {bool(getattr(card, value)) for card in cards} == {True, False}, value
    assert {card.standing.is_pinned for card in cards if card.standing} == {True, False}
    assert {type(card.picture) for card in cards if card.picture} == {Picture}
    assert {piece.correction.kind for piece in found if piece.correction} == set(CorrectionKind)
    articles = [card.article for card in cards if card.article]
    assert "rtl" in {languages.direction(article.language) for article in articles}
    for value in ("tldr", "why_it_matters", "sources", "image_alt"):
        assert {bool(getattr(article, value)) for article in articles} == {True, False}, value


def test_its_pieces_are_named_as_an_issue_names_them() -> None:
    found = specimen.pieces(newsletter())

    assert len({piece.name for piece in found}) == len(found)
    for piece in found:
        if piece.kind == "card":
            assert read_card(piece.name)[1:] == (piece.depth, piece.is_update)


def test_it_has_a_value_for_each_place() -> None:
    assert set(specimen.values()) == set(document.VALUES)


def test_a_complete_newsletter_leaves_nothing_empty_and_keeps_its_own() -> None:
    made = specimen.complete(newsletter(about=""))
    own = newsletter(about="We read the news for you.", schedule="tue 06:00", theme=made.theme)

    shown = made.model_dump(exclude={"bounce_address", "test_list", "unsubscribe_address"})  # no template sees these
    assert "" not in shown.values()
    assert made.theme.logo
    assert next_issue(specimen.issue(made)) == "Monday 30 November 2026"
    assert specimen.complete(own) == own


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("frame.mjml.j2", "newsletter.about }", "newsletter.abuot }", "the newsletter has no “abuot”"),
        ("macros.txt.j2", "newsletter.about |", "newsletter.abuot |", "the newsletter has no “abuot”"),
        ("macros.mjml.j2", "theme.logo.height", "theme.logo.heigth", "the logo has no “heigth”"),
        ("issue.mjml.j2", "day=next_issue", "day=next_isue", "“next_isue” is nothing that is known"),
        ("macros.mjml.j2", "{% if newsletter.theme.logo %}", "{% if 1 %}", "what is none here has no “url”"),
    ],
)
def test_what_a_newsletter_may_leave_empty_is_tried_full_and_empty(
    folder: Path, name: str, old: str, new: str, said: str
) -> None:
    source = (folder / name).read_text()
    assert old in source
    (folder / name).write_text(source.replace(old, new))

    with pytest.raises(TemplateError, match=said):
        specimen.try_template(tried(folder), newsletter())


@pytest.mark.parametrize("template", ["issue", "compact"])
@pytest.mark.parametrize("language", ["en", "ar", "ja"])
def test_the_bundled_templates_pass_in_every_direction_and_script(template: str, language: str) -> None:
    specimen.try_template(templating.environment("email", language), newsletter(template=template, language=language))


def test_the_bundled_template_passes() -> None:
    specimen.try_template(templating.environment("email"), newsletter())
    specimen.try_template(
        templating.environment("email"), newsletter(categories=("One",), theme=Theme(headings="sans"))
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("macros.mjml.j2", "{{ piece.article.title }}", "{{ piece.article.title | safe }}", "words as HTML"),
        ("issue.mjml.j2", "{{ piece.article.title }}", "{{ piece.article.title | safe }}", "words as HTML"),
        ("frame.mjml.j2", "{{ newsletter.about }}", "{{ newsletter.about | safe }}", "words as HTML"),
        ("frame.mjml.j2", "{{ values.unsubscribe_url }}", "#", "issue.mjml.j2 has no way to unsubscribe"),
        ("macros.txt.j2", "{{ values.unsubscribe_url }}", "#", "issue.txt.j2 has no way to unsubscribe"),
        ("frame.mjml.j2", "{{ newsletter.postal_address }}", "", "issue.mjml.j2 leaves out the postal address"),
        ("macros.txt.j2", '" · " ~ newsletter.postal_address', '""', "issue.txt.j2 leaves out the postal address"),
        ("frame.mjml.j2", "<mj-breakpoint", "<mj-brakepoint", "there is no component <mj-brakepoint>"),
        ("issue.txt.j2", "{% if ", "{% fi ", "line "),
        (
            "issue.mjml.j2",
            "{% block pieces",
            "{% block peices",
            "issue.mjml.j2, line 14: frame.mjml.j2 has no block “peices”",
        ),
        ("frame.mjml.j2", '{{ mark("mid") }}', "", 'issue.mjml.j2 says {{ mark("mid") }} 0 times: say it once'),
        ("issue.txt.j2", '{{ mark("end") }}', '{{ mark("end") }}' * 2, 'issue.txt.j2 says {{ mark("end") }} 2 times'),
        (
            "issue.mjml.j2",
            'if piece.kind != "index"',
            'if piece.kind == "card"',
            "times for a piece of the kind “section”",
        ),
        ("issue.txt.j2", "{{ mark(piece.name) }}", "", "issue.txt.j2 says {{ mark(piece.name) }} 0 times"),
        (
            "frame.mjml.j2",
            "<mj-raw><tr><td",
            '<mj-raw>{{ mark("x") }}<tr><td',
            "line 24: <mj-raw> must not stand in <mj-raw>",
        ),
    ],
)
def test_a_template_that_is_spoiled_does_not(folder: Path, name: str, old: str, new: str, said: str) -> None:
    source = (folder / name).read_text()
    assert old in source
    (folder / name).write_text(source.replace(old, new))

    with pytest.raises(TemplateError) as raised:
        specimen.try_template(tried(folder), newsletter())

    assert said in str(raised.value)
