"""Pure: what is wrong with an MJML document, and at which character; the compiler names neither.

mrml, the compiler, is strict about tags but silent about structure: a component that it does not know, or one that
stands where MJML does not allow it, comes out as it went in. The components here are those of MJML 4 that mrml compiles
well; what each may hold is as mjml.io/documentation says.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

OTHER = "{other}"
_CONTENT = (
    *("mj-accordion", "mj-button", "mj-carousel", "mj-divider", "mj-image", "mj-navbar", "mj-raw", "mj-social"),
    *("mj-spacer", "mj-table", "mj-text"),
)
HOLDS: dict[str, tuple[str, ...]] = {  # a component that holds other components -> those
    "": ("mjml",),
    "mjml": ("mj-head", "mj-body"),
    "mj-head": ("mj-attributes", "mj-breakpoint", "mj-font", "mj-preview", "mj-raw", "mj-style", "mj-title"),
    "mj-body": ("mj-hero", "mj-raw", "mj-section", "mj-wrapper"),
    "mj-wrapper": ("mj-hero", "mj-section"),  # mrml hides mj-raw there from every client but Outlook
    "mj-section": ("mj-column", "mj-group", "mj-raw"),
    "mj-group": ("mj-column", "mj-raw"),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-accordion": ("mj-accordion-element", "mj-raw"),
    "mj-accordion-element": ("mj-accordion-text", "mj-accordion-title", "mj-raw"),
    "mj-carousel": ("mj-carousel-image",),
    "mj-navbar": ("mj-navbar-link", "mj-raw"),
    "mj-social": ("mj-raw", "mj-social-element"),
}
_ENDS = (  # components that hold text and HTML, or nothing
    *("mj-accordion-text", "mj-accordion-title", "mj-breakpoint", "mj-button", "mj-carousel-image", "mj-divider"),
    *("mj-font", "mj-image", "mj-navbar-link", "mj-preview", "mj-raw", "mj-social-element", "mj-spacer", "mj-style"),
    *("mj-table", "mj-text", "mj-title"),
)
COMPONENTS = frozenset((*HOLDS, *_ENDS, "mj-attributes")) - {""}
_IN_ATTRIBUTES = COMPONENTS | {"mj-all", "mj-class"}
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_ATTRIBUTES = r"""(?:\s+[\w:.-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*"""
_TAG = re.compile(rf"<(?P<name>[A-Za-z][\w:.-]*){_ATTRIBUTES}\s*(?P<closed>/?)>")
_END_TAG = re.compile(r"</(?P<name>[A-Za-z][\w:.-]*)\s*>")
_CONDITION = re.compile(r"<!--\[if[^\]]*\]>(?:<!-->)?|<!--<!\[endif\]-->|<!\[endif\]-->")  # the tags between count
_COMMENT = re.compile(r"<!--(?P<said>.*?)-->", re.DOTALL)
_NAME = re.compile(r"</?([A-Za-z][\w:.-]*)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Fault(NamedTuple):
    """What is wrong at a character of the document, and how to mend it."""

    at: int
    message: str
    other: int = 0  #: the character that `OTHER` in the message stands for

    def said(self, other: str) -> str:
        """Return the message, with words for the other place."""
        return self.message.replace(OTHER, other)


class _Open(NamedTuple):
    """An element that is not closed yet."""

    name: str
    at: int


def first_fault(mjml: str) -> Fault | None:
    """Return the first thing wrong with a document, or None when its tags and its structure are in order."""
    if control := _CONTROL.search(mjml):
        return Fault(control.start(), f"there is a control character, U+{ord(control[0]):04X}: take it out")
    return next(_faults(mjml), None)


def _faults(mjml: str) -> Iterator[Fault]:
    """Yield what is wrong, in reading order; only the first is certain, since others may follow from it."""
    opened: list[_Open] = []
    at = 0
    while (tag_at := mjml.find("<", at)) >= 0:
        if (end_mark := mjml.find("]]>", at, tag_at)) >= 0:
            yield Fault(end_mark, "“]]>” must not stand in text: write ]]&gt;")
        at = tag_at
        if condition := _CONDITION.match(mjml, at):
            if not opened or opened[-1].name in HOLDS:
                yield Fault(at, "a condition for Outlook must not stand here: put it into <mj-raw> or <mj-text>")
            at = condition.end()
        elif comment := _COMMENT.match(mjml, at):
            yield from _comment(comment["said"], at, opened)
            at = comment.end()
        elif end := _END_TAG.match(mjml, at):
            yield from _closing(end["name"], at, opened)
            at = end.end()
        elif tag := _TAG.match(mjml, at):
            yield from _misplaced(tag["name"], at, opened)
            if not tag["closed"] and tag["name"] not in _VOID:
                opened.append(_Open(tag["name"], at))
            at = tag.end()
        else:
            yield Fault(at, _unreadable(mjml, at))
            at += 1
    if opened:
        yield Fault(opened[-1].at, f"<{opened[-1].name}> is never closed: write </{opened[-1].name}> where it ends")


def _comment(said: str, at: int, opened: list[_Open]) -> Iterator[Fault]:
    if opened and opened[-1].name == "mj-attributes":
        yield Fault(at, "the compiler takes no comment in <mj-attributes>: write it before, or as {# … #}")
    elif "--" in said:
        yield Fault(at, "a comment holds “--”, which ends comments: write a single hyphen or a dash")


def _unreadable(mjml: str, at: int) -> str:
    if mjml.startswith("<!--", at):
        return "a comment is never closed: write --> where it ends"
    if mjml.startswith(("<!", "<?"), at):
        return "MJML has no <!…> or <?…> but comments: take it out; the compiler writes the doctype"
    name = _NAME.match(mjml, at)
    if name is None or name[1] is None:
        return "“<” opens no tag here: write &lt; for the character itself"
    return (
        f'the tag <{name[1]}> cannot be read: write each attribute as name="value", close its quotes, and end it with >'
    )


def _closing(name: str, at: int, opened: list[_Open]) -> Iterator[Fault]:
    """Close an element; anything but the one opened last is a fault."""
    if opened and opened[-1].name == name:
        opened.pop()
    elif any(element.name == name for element in opened):
        inner = opened[-1]
        yield Fault(
            inner.at, f"<{inner.name}> is not closed before </{name}> in {OTHER}: write </{inner.name}> there", at
        )
        while opened.pop().name != name:
            pass
    elif opened:
        last = opened[-1]
        yield Fault(at, f"</{name}> closes nothing: <{last.name}> of {OTHER} is what is open here", last.at)
    else:
        yield Fault(at, f"</{name}> closes nothing, since all is closed already: take it out")


def _misplaced(name: str, at: int, opened: list[_Open]) -> Iterator[Fault]:
    """Yield a fault when an element must not stand where it does."""
    parent = next((element.name for element in reversed(opened) if element.name in COMPONENTS), "")
    if parent == "mj-attributes":
        if name not in _IN_ATTRIBUTES:
            yield Fault(at, f"<{name}> is no component that <mj-attributes> could set: see docs/templates.md")
    elif name == "mj-include":
        yield Fault(at, "<mj-include> loses widths in this compiler: use {% include %} instead")
    elif name in COMPONENTS:
        if name not in HOLDS.get(parent, ()):
            yield Fault(at, _wrong_parent(name, parent))
    elif name.startswith("mj"):
        yield Fault(at, f"there is no component <{name}>: the ones there are stand in docs/templates.md")
    elif parent in HOLDS:
        yield Fault(at, f"<{name}> is HTML, which {_inside(parent)} cannot hold: put it into <mj-text> or <mj-raw>")


def _inside(parent: str) -> str:
    return f"<{parent}>" if parent else "a document"


def _wrong_parent(name: str, parent: str) -> str:
    allowed = [f"<{holder}>" for holder, held in HOLDS.items() if name in held and holder]
    where = " or ".join(allowed) or "the outermost place"
    return f"<{name}> must not stand in {_inside(parent)}: it belongs into {where}"
