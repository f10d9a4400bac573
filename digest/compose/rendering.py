"""Templates rendered, and what is wrong with one said with its file and line.

Jinja knows the lines of its own faults; those of MJML show only in what was rendered. To find them, the templates are
rendered once more with a mark at each line and before each value, invisible to MJML, which says where it comes from.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from types import TracebackType
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined, TemplateNotFound, TemplateSyntaxError, UndefinedError, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.environment import TemplateModule
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from digest.compose.lineage import lineage
from digest.compose.mjml import to_html
from digest.compose.mjml_faults import first_fault
from digest.errors import TemplateError
from digest.spelling import nearest

_GUIDE = "docs/templates.md lists what templates get"
_MARK = re.compile("\ue000(\\d{1,7})\ue001")
_NOT_CLOSED = re.compile(r"The innermost block that needs to be closed is '(\w+)'")
_NO_ATTRIBUTE = re.compile(r"'?(?P<kind>[\w.]+)(?: object)?'? has no attribute '(?P<name>.+)'")
_NO_NAME = re.compile(r"'(?P<name>.+)' is undefined")
_NO_FILTER = re.compile(r"No (?P<kind>filter|test) named '(?P<name>.+?)'")

_RAISED = (  # by what a template computes, or a filter that it uses
    *(JinjaError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)


class Place(NamedTuple):
    """A line of a template's file."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return how messages name it."""
        return f"{self.file}, line {self.line}"


def render(templates: Environment, name: str, **context: object) -> str:
    """Return what a template renders to. Raises TemplateError with file and line, whatever is wrong in it."""
    try:
        return templates.get_template(name).render(**context)
    except TemplateSyntaxError as error:
        raise TemplateError(f"template {_syntax_place(templates, error)}: {_syntax(templates, error)}") from error
    except _RAISED as error:
        place = _deepest(error.__traceback__)
        if place is None and not isinstance(error, (JinjaError, UnicodeDecodeError)):
            raise  # not in a template: a fault of ours
        where = f"template {place}" if place else f"template {name}"
        raise TemplateError(f"{where}: {_runtime(templates, error, place, context)}") from error


def html(templates: Environment, name: str, **context: object) -> str:
    """Return the HTML of an MJML template. Raises TemplateError with the template's file and line.

    The HTML is the compiler's: its CSS is not written into the elements yet.
    """
    mjml = render(templates, name, **context)
    try:
        return to_html(mjml)
    except TemplateError as error:
        raise _placed(error, templates, name, context) from error


class Marking(Extension):
    """Marks in what a template renders to: each stands for the file and line that what follows comes from."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.places: list[Place] = []

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Put a mark at the start of each line of text, and before each value."""
        for token in stream:
            if token.type == "data":
                lines = token.value.splitlines(keepends=True)
                marked = (self._mark(stream, token.lineno + number) + line for number, line in enumerate(lines))
                yield Token(token.lineno, "data", "".join(marked))
                continue
            if token.type == "variable_begin":
                yield Token(token.lineno, "data", self._mark(stream, token.lineno))
            yield token

    def _mark(self, stream: TokenStream, line: int) -> str:
        self.places.append(Place(str(stream.filename or stream.name), line))
        return f"\ue000{len(self.places) - 1}\ue001"


def _placed(error: TemplateError, templates: Environment, name: str, context: Mapping[str, object]) -> TemplateError:
    """Return the error with the template's file and line instead of the rendered document's."""
    marking = templates.overlay(extensions=[Marking])
    marked = render(marking, name, **context)
    extension = marking.extensions[Marking.identifier]
    assert isinstance(extension, Marking)  # noqa: S101 - its own identifier
    mjml, starts, places = _unmarked(marked, extension.places)
    fault = first_fault(mjml)
    if fault is None or not starts:
        return TemplateError(f"template {name}: {error}")

    def place(at: int) -> Place:
        return places[max(0, bisect_right(starts, at) - 1)]

    return TemplateError(f"template {place(fault.at)}: {fault.said(str(place(fault.other)))}")


def _unmarked(marked: str, known: list[Place]) -> tuple[str, list[int], list[Place]]:
    """Take the marks out; return the text, and for each mark where it stood in it and what it stands for."""
    words = _MARK.split(marked)
    starts, places, length = [], [], len(words[0])
    for number, text in zip(words[1::2], words[2::2], strict=True):
        if int(number) < len(known):  # else an article's own character
            starts.append(length)
            places.append(known[int(number)])
        length += len(text)
    return "".join(words[::2]), starts, places


def _deepest(traceback: TracebackType | None) -> Place | None:
    """Return the innermost line of a template in a traceback, which Jinja has rewritten to show templates."""
    found = None
    while traceback is not None:
        if "__jinja_exception__" in traceback.tb_frame.f_globals:
            found = Place(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _syntax_place(templates: Environment, error: TemplateSyntaxError) -> Place:
    opened = _opened(templates, error)
    return Place(error.filename or error.name or "?", opened if opened else error.lineno)


def _opened(templates: Environment, error: TemplateSyntaxError) -> int | None:
    """Return the line of the tag that a syntax error says is not closed; Jinja itself gives the file's last."""
    unclosed = _NOT_CLOSED.search(error.message or "")
    if unclosed is None or error.source is None:
        return None
    lines: list[int] = []
    tokens = [(line, kind, value) for line, kind, value in templates.lex(error.source) if kind != "whitespace"]
    for (_, kind, _), (line, _, word) in pairwise(tokens):
        if kind != "block_begin" or line > error.lineno:
            continue
        if word == unclosed[1]:
            lines.append(line)
        elif word == f"end{unclosed[1]}" and lines:
            lines.pop()
    return lines[-1] if lines else None


def _syntax(templates: Environment, error: TemplateSyntaxError) -> str:
    message = error.message or "it cannot be read"
    if unclosed := _NOT_CLOSED.search(message):
        return f"{{% {unclosed[1]} %}} is not closed: write {{% end{unclosed[1]} %}} where it ends"
    if unknown := _NO_FILTER.search(message):
        return _unknown_filter(templates, unknown["kind"], unknown["name"])
    return f"{message.rstrip('.')}: mend this line, or the one before it"


def _unknown_filter(templates: Environment, kind: str, name: str) -> str:
    known = templates.filters if kind == "filter" else templates.tests
    return f"there is no {kind} “{name}”{nearest(name, known)}: {_GUIDE}"


def _runtime(templates: Environment, error: Exception, place: Place | None, context: Mapping[str, object]) -> str:
    """Say what went wrong while a template was rendered, and what to do."""
    message = str(error)
    if isinstance(error, TemplateNotFound):
        missing = ", ".join(getattr(error, "templates", [error.name]))
        return (
            f"there is no template “{missing}”{nearest(missing, _files(templates))}: it must lie in your folder or ours"
        )
    if isinstance(error, UnicodeDecodeError):
        return "the file is not UTF-8, or one that it includes is not: save it as UTF-8"
    if unknown := _NO_FILTER.search(message):
        return _unknown_filter(templates, unknown["kind"], unknown["name"])
    if isinstance(error, UndefinedError):
        return _undefined(templates, message, place, context)
    if missing := _passed_on(error.__traceback__):
        return _undefined(templates, missing, place, context)
    return f"{type(error).__name__}: {message or 'without a message'}: mend what this line computes"


def _passed_on(traceback: TracebackType | None) -> str:
    """Return what Jinja says of a name that is not there and that a filter failed on, or an empty string.

    It is among what the functions below the template's line were called with.
    """
    called: list[object] = []
    while traceback is not None:
        in_template = "__jinja_exception__" in traceback.tb_frame.f_globals
        called = [] if in_template else [*called, *traceback.tb_frame.f_locals.values()]
        traceback = traceback.tb_next
    for value in called:
        if isinstance(value, StrictUndefined):
            try:
                str(value)
            except UndefinedError as error:
                return str(error)
    return ""


def _files(templates: Environment) -> list[str]:
    return templates.list_templates() if templates.loader else []


def _undefined(templates: Environment, message: str, place: Place | None, context: Mapping[str, object]) -> str:
    """Name what is not there, and the nearest that is."""
    if missing := _NO_NAME.fullmatch(message):
        if missing["name"] in context:  # a macro of a template that was imported without it
            return f"“{missing['name']}” is not known in what is imported here: write {{% import … with context %}}"
        names = [*context, *templates.globals, *(_assigned(templates, place) if place else ())]
        return f"“{missing['name']}” is nothing that is known here{nearest(missing['name'], names)}: {_GUIDE}"
    if missing := _NO_ATTRIBUTE.search(message):
        name, kind = missing["name"], missing["kind"].rpartition(".")[2]
        known = _attributes(templates, missing["kind"], place, context)
        return f"{_noun(kind)} has no “{name}”{nearest(name, known)}: {_GUIDE}"
    return f"{message.rstrip('.')}: {_GUIDE}"


_NOUNS = {
    "BlockReference": "block",
    "References": "table of links",
    "RichText": "passage",
    "TemplateModule": "imported template",
    "dict": "table of values",
    "str": "text",
}


def _noun(kind: str) -> str:
    """Return what docs/templates.md calls a value of a class."""
    return "what is none here" if kind in ("None", "NoneType") else f"the {_NOUNS.get(kind, kind.lower())}"


def _name(templates: Environment, file: str) -> str | None:
    """Return the name of the template that a file is, or None where there is none."""
    assert templates.loader is not None  # noqa: S101 - templates come from folders
    for name in _files(templates):
        _, path, _ = templates.loader.get_source(templates, name)
        if path == file:
            return name
    return None


def _assigned(templates: Environment, place: Place) -> Collection[str]:
    """Return the names that a template's file gives a value to, and those of the templates that it extends.

    That is parameters, loops, imports, macros and `set`.
    """
    name = _name(templates, place.file)
    names: set[str] = set()
    if name is None:
        return names
    with suppress(JinjaError):  # what it extends may be broken as well: that is said when this is mended
        for source in lineage(templates, name):
            names |= {one.name for one in source.tree.find_all(nodes.Name) if one.ctx in ("store", "param")}
            names |= {found.target for found in source.tree.find_all(nodes.Import)}
            names |= {macro.name for macro in source.tree.find_all(nodes.Macro)}
    return names


def _attributes(
    templates: Environment, kind: str, place: Place | None, context: Mapping[str, object]
) -> Collection[str]:
    """Return the names that a value of this kind has, as its class, its keys or its macros say."""
    module, _, name = kind.rpartition(".")
    if name == "dict":
        return {str(key) for value in context.values() if isinstance(value, Mapping) for key in value}
    if name == TemplateModule.__name__:
        return _macros(templates, place)
    found = getattr(sys.modules.get(module), name, None)
    if not isinstance(found, type):
        return ()
    fields = getattr(found, "model_fields", {})
    return {*fields, *(n for n in dir(found) if not n.startswith(("_", "model_")))}


def _macros(templates: Environment, place: Place | None) -> Collection[str]:
    """Return the macros of the templates that a file imports."""
    name = _name(templates, place.file) if place else None
    if name is None or templates.loader is None:
        return ()
    tree = next(lineage(templates, name)).tree
    imports = [found.template.value for found in tree.find_all(nodes.Import) if isinstance(found.template, nodes.Const)]
    sources = [templates.loader.get_source(templates, imported)[0] for imported in imports]
    return {macro.name for source in sources for macro in templates.parse(source).find_all(nodes.Macro)}
