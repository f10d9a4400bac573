"""What is wrong in a template is said with file and line: the bundled ones, copied, and spoiled in one place."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import Environment

from digest import templating
from digest.compose import document, rendering, specimen
from digest.errors import TemplateError
from digest.model import Newsletter
from tests.articles import newsletter

MAIN, FRAME, PARTS = "issue.mjml.j2", "frame.mjml.j2", "macros.mjml.j2"  # `issue` extends the one, imports the other
COMPACT, TEXT, TEXT_PARTS = "compact.mjml.j2", "issue.txt.j2", "macros.txt.j2"
COMPACT_TEXT, INLINED, HEAD = "compact.txt.j2", "inline.css.j2", "head.css.j2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled templates."""
    shutil.copytree(templating.templates_dir() / "email", tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def templates(folder: Path) -> Environment:
    """The templates as the copy has them, with the filters that they use."""
    found = templating.environment("email", "en", folder)
    (folder / "nothing.txt.j2").write_text("")
    document.render_text(found, specimen.issue(newsletter(template="nothing")), [], {}, mark=str)  # brings the filters
    return found


def complete() -> Newsletter:
    """A newsletter that leaves nothing empty."""
    return specimen.complete(newsletter())


def context() -> dict[str, object]:
    return {
        "issue": specimen.issue(complete()),
        "newsletter": complete(),
        "pieces": specimen.pieces(complete()),
        "values": specimen.values(),
        "next_issue": "Monday 30 November 2026",
        "mark": lambda _: "",
    }


def text_context() -> dict[str, object]:
    return context() | {"pieces": [piece for piece in specimen.pieces(complete()) if piece.kind != "index"]}


def spoil(file: Path, pattern: str, new: str) -> int:
    """Replace the first match of a pattern in a file, and return its line."""
    source = file.read_text()
    match = re.search(pattern, source)
    assert match, pattern
    file.write_text(source[: match.start()] + match.expand(new) + source[match.end() :])
    return source.count("\n", 0, match.start()) + 1


def complaint(render: Callable[..., str], templates: Environment, name: str) -> str:
    with pytest.raises(TemplateError) as raised:
        render(templates, name, **(text_context() if name.endswith(".txt.j2") else context()))
    return str(raised.value)


def rendered_with(name: str) -> str:
    """The template that a file is a part of."""
    return {FRAME: MAIN, PARTS: MAIN, HEAD: MAIN, TEXT_PARTS: TEXT}.get(name, name)


JINJA = [  # the file, what is replaced in it, by what, what is said
    (PARTS, r"piece\.article\.title", "piece.article.titel", "the article has no “titel” (did you mean “title”?)"),
    (
        PARTS,
        r"\{\{ article\.domain",
        "{{ artcle.domain",
        "“artcle” is nothing that is known here (did you mean “article”?)",
    ),
    (PARTS, r"piece\.picture\.width", "piece.picture.widht", "the picture has no “widht” (did you mean “width”?)"),
    (PARTS, r"theme\.logo\.width", "theme.logo.widht", "the logo has no “widht” (did you mean “width”?)"),
    (PARTS, r"item\.html", "item.htm", "the passage has no “htm” (did you mean “html”?)"),
    (PARTS, r"\{% if piece\.picture %\}", "{% if piece.picture is lead %}", "there is no test “lead”"),
    (PARTS, r"\{\{ piece\.article\.title \}\}", "{{ piece.article.title | int(1, 2, 3, 4) }}", "TypeError"),
    (PARTS, r"\{\{ piece\.article\.title \}\}", "{{ 1 // 0 }}", "ZeroDivisionError"),
    (
        PARTS,
        r"\{% if article\.tldr %\}",
        "{% if article.tldr %}{% if 1 %}{% endif %}{% for a in [] %}",
        "{% for %} is not closed",
    ),
    (FRAME, r"values\.subject", "values.subjct", "the table of values has no “subjct” (did you mean “subject”?)"),
    (FRAME, r"theme\.page", "them.page", "“them” is nothing that is known here (did you mean “theme”?)"),
    (FRAME, r"newsletter\.about \}", "newsletter.abut }", "the newsletter has no “abut” (did you mean “about”?)"),
    (FRAME, r"head\.css\.j2", "heed.css.j2", "there is no template “heed.css.j2” (did you mean “head.css.j2”?)"),
    (FRAME, r"\{% include", "{% inclde", "Encountered unknown tag 'inclde'"),
    (FRAME, r"\{% block masthead %\}\{% endblock %\}", "{% block masthead %}", "{% block %} is not closed"),
    (MAIN, r"part\.section\(", "part.sectoin(", "the imported template has no “sectoin” (did you mean “section”?)"),
    (MAIN, r"part\.name", "prt.name", "“prt” is nothing that is known here (did you mean “part”?)"),
    (MAIN, r"part\.name\(\)", "thme.ink", "“thme” is nothing that is known here (did you mean “theme”?)"),
    (MAIN, r"part\.name\(\)", "super.x", "the block has no “x”"),
    (MAIN, r"frame\.mjml\.j2", "fram.mjml.j2", "there is no template “fram.mjml.j2” (did you mean “frame.mjml.j2”?)"),
    (MAIN, r"macros\.mjml\.j2", "macro.mjml.j2", "no template “macro.mjml.j2” (did you mean “macros.mjml.j2”?)"),
    (MAIN, r"long_date \}", "longdate }", "there is no filter “longdate” (did you mean “long_date”?)"),
    (MAIN, r"\{\{ values\.stories", "{{ values.stories }", "unexpected '}'"),
    (MAIN, r"\{% block index", "{% block masthead", "block 'masthead' defined twice"),
    (MAIN, r"\{% for piece in pieces", r"{% if pieces %}\g<0>", "{% if %} is not closed: write {% endif %}"),
    (COMPACT, r"article \| gist", "article | gst", "there is no filter “gst” (did you mean “gist”?)"),
    (COMPACT, r"section\(_", "secton(_", "“secton” is nothing that is known here (did you mean “section”?)"),
    (COMPACT, r"part\.correction", "part.corection", "the imported template has no “corection”"),
    (TEXT, r"links\.more", "links.mor", "the table of links has no “mor” (did you mean “more”?)"),
    (TEXT, r"part\.footer", "part.foter", "the imported template has no “foter” (did you mean “footer”?)"),
    (TEXT_PARTS, r"said\.title", "said.titel", "the correction has no “titel” (did you mean “title”?)"),
    (TEXT_PARTS, r"\{% for (item.*\s.*\s)\{% endfor %\}", r"{% for \1", "{% for %} is not closed: write {% endfor %}"),
    (
        TEXT_PARTS,
        r"newsletter\.about \|",
        "newsletter.abuot |",
        "the newsletter has no “abuot” (did you mean “about”?)",
    ),
    (MAIN, r"issue\.until", "issue.untl", "the issue has no “untl” (did you mean “until”?)"),
    (COMPACT_TEXT, r"piece\.kind", "piece.knd", "the piece has no “knd” (did you mean “kind”?)"),
    (HEAD, r"theme\.ink", "theme.in", "the theme has no “in” (did you mean “ink”?)"),
    (INLINED, r"theme\.muted", "theme.mutd", "the theme has no “mutd” (did you mean “muted”?)"),
    (INLINED, r"(?s)\{% for (.*)\{% endfor %\}", r"{% for \1", "{% for %} is not closed: write {% endfor %}"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), JINJA, ids=[f"{name}: {said}" for name, *_, said in JINJA])
def test_a_fault_of_jinja_is_said_with_file_and_line(
    templates: Environment, folder: Path, name: str, old: str, new: str, said: str
) -> None:
    line = spoil(folder / name, old, new)

    message = complaint(rendering.render, templates, rendered_with(name))

    assert message.startswith(f"template {folder / name}, line {line}: ")
    assert said in message


MJML = [  # the same, and what is at fault instead where that is another place, with its line as `other`
    (FRAME, r"</mj-column>", "", "<mj-column> is not closed before </mj-section> in {folder}/frame", r"<mj-column>"),
    (FRAME, r"</mj-column>", "</mj-colum>", "</mj-colum> closes nothing", None),
    (FRAME, r'<mj-breakpoint width="480px"', '<mj-breakpoint width="480px', "<mj-breakpoint> cannot be read", None),
    (FRAME, r"<mj-breakpoint", "<mj-brakepoint", "there is no component <mj-brakepoint>", None),
    (FRAME, r"(<mj-column>)", r"\1<mj-section></mj-section>", "<mj-section> must not stand in <mj-column>", None),
    (FRAME, r"(<mj-raw>\s*<meta)", r"<mj-raw><div></mj-raw>\1", "<div> is not closed before </mj-raw>", None),
    (FRAME, r"\{% block footer", "<td>{% block footer", "<td> is HTML, which <mj-column> cannot hold", None),
    (FRAME, r"\{\{ mark\(.end", r"<mj-foo>\g<0>", "there is no component <mj-foo>", None),
    (FRAME, r"\{\{ newsletter\.name", "\x0c{{ newsletter.name", "a control character, U+000C", None),
    (MAIN, r"</h1>", "</h2>", "</h2> closes nothing: <h1> of {folder}/issue.mjml.j2, line {line} is", None),
    (MAIN, r"<td class=\"in said\">", "\\g<0><i>", "<i> is not closed before </td>", None),
    (MAIN, r"<mj-raw>(<tr><td class=\"in hl)", r"\1", "<tr> is HTML, which <mj-column> cannot hold", None),
    (MAIN, r"article\.title \}\}", r"\g<0><br", "the tag <br> cannot be read", None),
    (COMPACT, r"</h3>", "</h2>", "</h2> closes nothing: <h3> of {folder}/compact.mjml.j2, line {line} is", None),
    (COMPACT, r"<h2 class=.h2-s", '<h2 class="h2-s"', "the tag <h2> cannot be read", None),
    (PARTS, r"</h2>", "</h3>", "</h3> closes nothing", None),
    (PARTS, r"</li>", "", "<li> is not closed before </ul>", None),
    (PARTS, r'<p class="m sm meta"', '<p class="m sm meta', "<p> cannot be read", None),
    (PARTS, r'class="m" href="\{\{ said', 'class="m href="{{ said', "<a> cannot be read", None),
    (HEAD, r"\.im \{", "<b> {", "<b> is not closed before </mj-style> in {folder}/frame.mjml.j2, line", None),
]


@pytest.mark.parametrize(
    ("name", "old", "new", "said", "at"), MJML, ids=[f"{name}: {said}" for name, _, _, said, _ in MJML]
)
def test_a_fault_of_mjml_is_said_with_the_templates_file_and_line(
    templates: Environment, folder: Path, name: str, old: str, new: str, said: str, at: str | None
) -> None:
    source = (folder / name).read_text()
    line = spoil(folder / name, old, new)
    if at:  # an element that is not closed is at fault where it opens
        found = re.search(at, source)
        assert found
        line = source.count("\n", 0, found.start()) + 1

    message = complaint(rendering.html, templates, rendered_with(name))

    assert message.startswith(f"template {folder / name}, line {line}: ")
    assert said.format(folder=folder, line=line) in message


def test_a_part_of_another_template_is_named_with_its_own_file(templates: Environment, folder: Path) -> None:
    line = spoil(folder / PARTS, r'<p class="desc">\{\{ said\.note \}\}</p>', "<p>{{ said.note }}</b>")

    for main in (MAIN, COMPACT):
        assert complaint(rendering.html, templates, main).startswith(f"template {folder / PARTS}, line {line}: </b>")


def test_a_macro_that_was_imported_without_context_says_so(templates: Environment, folder: Path) -> None:
    source = (folder / PARTS).read_text()
    line = source[: source.index("{% set turn")].count("\n") + 1
    spoil(folder / MAIN, r" with context %\}", " %}")

    message = complaint(rendering.render, templates, MAIN)

    assert message.startswith(f"template {folder / PARTS}, line {line}: “newsletter” is not known in what is imported")
    assert "with context" in message


def test_what_the_compiler_refuses_without_a_place_is_said_with_the_template(tmp_path: Path) -> None:
    (tmp_path / "x.mjml.j2").write_text("nothing")

    with pytest.raises(TemplateError, match=r"^template x\.mjml\.j2: .* does not compile"):
        rendering.html(templating.environment("email", "en", tmp_path), "x.mjml.j2")


def test_a_control_character_in_a_value_is_found_where_the_value_is_written(
    templates: Environment, folder: Path
) -> None:
    source = (folder / FRAME).read_text()
    line = source[: source.index("{{ values.preheader }}")].count("\n") + 1

    with pytest.raises(TemplateError, match=rf"template {folder / FRAME}, line {line}: there is a control character"):
        rendering.html(templates, MAIN, **context() | {"values": specimen.values() | {"preheader": "a\x00b"}})


def test_the_place_after_a_macro_is_the_callers(tmp_path: Path) -> None:
    (tmp_path / "m.j2").write_text("{% macro a() %}\n<b>x</b>\n{% endmacro %}")
    (tmp_path / "x.mjml.j2").write_text(
        '{% import "m.j2" as m %}\n<mjml><mj-body><mj-section><mj-column>\n<mj-text>{{ m.a() }}</mj-txt>\n'
    )

    with pytest.raises(TemplateError, match=rf"{tmp_path}/x\.mjml\.j2, line 3: </mj-txt>.*/x\.mjml\.j2, line 3"):
        rendering.html(templating.environment("email", "en", tmp_path), "x.mjml.j2")


def test_fixed_words_that_are_translated_keep_their_lines(tmp_path: Path) -> None:
    (tmp_path / "x.mjml.j2").write_text(
        "<mjml>\n{% trans count=2 %}\none {{ count }}\n{% pluralize %}\nmany {{ count }} <mj-foo>\n{% endtrans %}\n"
    )

    with pytest.raises(TemplateError, match="line 5: there is no component <mj-foo>"):
        rendering.html(templating.environment("email", "en", tmp_path), "x.mjml.j2")


def test_a_value_on_a_line_of_its_own_is_found_there(tmp_path: Path) -> None:
    (tmp_path / "x.mjml.j2").write_text("<mjml>\n{% if words %}\n{{ words }}\n{% endif %}\n")

    with pytest.raises(TemplateError, match="line 3: there is a control character"):
        rendering.html(templating.environment("email", "en", tmp_path), "x.mjml.j2", words="\x00")


def test_marks_of_an_article_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "x.mjml.j2").write_text("<mjml>\n{{ words }}\n<mj-body>\n<mj-foo>")

    with pytest.raises(TemplateError, match="line 4: there is no component <mj-foo>"):
        rendering.html(
            templating.environment("email", "en", tmp_path), "x.mjml.j2", words="\ue0009999999\ue001 \ue000x\ue001"
        )


def test_whatever_a_value_raises_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.txt.j2").write_text("{{ value }}")

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("broken")

    with pytest.raises(TemplateError, match="line 1: RuntimeError: broken"):
        rendering.render(templating.environment("email", "en", tmp_path), "x.txt.j2", value=Broken())


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.txt.j2").write_bytes("Grüße".encode("latin-1"))

    with pytest.raises(TemplateError, match=r"x\.txt\.j2: the file is not UTF-8"):
        rendering.render(templating.environment("email", "en", tmp_path), "x.txt.j2")


def test_a_missing_template_is_named(templates: Environment) -> None:
    with pytest.raises(TemplateError, match=r"there is no template “isue.mjml.j2” \(did you mean “issue.mjml.j2”"):
        rendering.render(templates, "isue.mjml.j2")


@pytest.mark.parametrize("name", [MAIN, COMPACT])
def test_what_is_in_order_is_rendered_as_jinja_does(templates: Environment, name: str) -> None:
    assert rendering.render(templates, name, **context()) == templates.get_template(name).render(context())
    assert "<mj-" not in rendering.html(templates, name, **context())


@pytest.mark.parametrize("name", [MAIN, COMPACT])
def test_marking_changes_nothing_but_marks(templates: Environment, name: str) -> None:
    marking = templates.overlay(extensions=[rendering.Marking])

    marked = rendering.render(marking, name, **context())

    assert re.sub("\ue000\\d+\ue001", "", marked) == rendering.render(templates, name, **context())
