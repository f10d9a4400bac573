"""A mail's HTML as a tree, with what each element inherits from inline styles: what a client without <style> shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import tinycss2
from lxml import etree
from lxml import html as lxml_html
from tinycss2 import color3

Element = Any  # lxml has no types
ROOT_FONT_PX = 16.0
SILENT = frozenset({"head", "style", "script", "title", "noscript", "template"})  # elements whose text nobody sees
_LENGTH = re.compile(r"(\d*\.?\d+)(px|pt|em|rem|%)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SEEN = re.compile("[^\\s\u00ad\u034f\u200b-\u200f\u2060\ufeff]")  # anything but white space and what shows nothing
_PER_PX = {"px": 1.0, "": 1.0, "pt": 4 / 3}


@dataclass(frozen=True, slots=True)
class Look:
    """How an element's own text looks."""

    colour: tuple[float, float, float]  #: red, green and blue, 0 to 1
    ground: tuple[float, float, float]
    font_px: float
    is_hidden: bool


PLAIN = Look((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), ROOT_FONT_PX, is_hidden=False)


def parse(html: str) -> Element:
    """Return the <html> element of a document, whatever is wrong with it; an empty document where there is nothing."""
    parser = lxml_html.HTMLParser(encoding="utf-8")
    try:
        return lxml_html.document_fromstring(printable(html).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # “Document is empty”
        return lxml_html.document_fromstring("<html><body></body></html>")


def printable(html: str) -> str:
    """Return HTML without the control characters that no tree can hold; “syntax: parse errors” names them."""
    return _CONTROL.sub("\ufffd", html)


@lru_cache(maxsize=4096)
def declarations(style: str) -> MappingProxyType[str, str]:
    """Return the declarations of a style attribute, in lower case, the last of a name standing; shared, so frozen."""
    found = tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True)
    return MappingProxyType(
        {
            one.lower_name: tinycss2.serialize(one.value).strip().lower() + (" !important" if one.important else "")
            for one in found
            if one.type == "declaration" and tinycss2.serialize(one.value).strip()
        }
    )


def style_of(element: Element) -> MappingProxyType[str, str]:
    """Return an element's inline declarations."""
    return declarations(element.get("style") or "")


def looks(root: Element) -> dict[Element, Look]:
    """Return the look of every element of the body, from inline styles and bgcolor."""
    found: dict[Element, Look] = {}
    body = root.find("body")
    for element in body.iter() if body is not None else ():
        if isinstance(element.tag, str):
            found[element] = _look(element, found.get(element.getparent(), PLAIN))
    return found


def texts(root: Element) -> Iterator[tuple[Element, str]]:
    """Yield the passages of text of the body in order, each with the element whose look it has; hidden ones, too.

    What holds only white space and characters of no width is no passage: spacers are made of it.
    """
    body = root.find("body")
    for element in body.iter() if body is not None else ():
        own = isinstance(element.tag, str) and element.tag not in SILENT
        if own and element.text and _SEEN.search(element.text):
            yield element, element.text
        parent = element.getparent()
        if element is not body and element.tail and _SEEN.search(element.tail) and parent.tag not in SILENT:
            yield parent, element.tail


def name(element: Element) -> str:
    """Return how reports name an element: `<p class="meta">`."""
    kind = element.get("class")
    return f'<{element.tag} class="{kind}">' if kind else f"<{element.tag}>"


def words(element: Element, limit: int = 40) -> str:
    """Return the first words of an element's text, on one line."""
    text = " ".join("".join(element.itertext()).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _look(element: Element, above: Look) -> Look:
    style = style_of(element)
    hidden = above.is_hidden or style.get("display", "").startswith("none") or element.get("hidden") is not None
    ground = _colour(style.get("background-color") or style.get("background") or element.get("bgcolor") or "")
    return replace(
        above,
        colour=_colour(style.get("color", "")) or above.colour,
        ground=ground or above.ground,
        font_px=font_px(style.get("font-size", ""), above.font_px),
        is_hidden=hidden,
    )


def font_px(size: str, above: float) -> float:
    """Return a font size in pixels; `above` is the parent's, which stands where `size` says nothing we know."""
    match = _LENGTH.match(size)
    if not match:
        return above
    number, unit = float(match[1]), match[2] or ""
    if unit == "rem":
        return number * ROOT_FONT_PX
    if unit in ("em", "%"):
        return above * (number if unit == "em" else number / 100)
    return number * _PER_PX[unit]


def _colour(text: str) -> tuple[float, float, float] | None:
    """Return an opaque colour, the first that the value of `color` or `background` names."""
    for token in tinycss2.parse_component_value_list(text):
        colour = color3.parse_color(token)
        if isinstance(colour, color3.RGBA) and colour.alpha == 1:
            return colour.red, colour.green, colour.blue
    return None
