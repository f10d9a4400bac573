"""Which features of HTML and CSS a mail uses, under caniemail's names, with the values and the elements."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.quality import page
from digest.quality.page import Element

_SIDE = re.compile(r"^(css-(?:padding|margin|border))-(?:top|right|bottom|left)(?:-(?:color|style|width))?$")
_BORDER = re.compile(r"^css-border-(?:color|style|width)$")
_SEMANTIC = (
    "article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark", "nav", "section",
    "summary", "time",
)  # fmt: skip
_ELEMENTS = {  # tag -> slug, where it is not html-<tag>
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(("ul", "ol", "dl"), "html-lists"),
    **dict.fromkeys(_SEMANTIC, "html-semantics"),
    **dict.fromkeys(("object", "embed"), "html-object"),
    "b": "html-strong",
}
_ATTRIBUTES = frozenset(
    {
        "align", "aria-describedby", "aria-hidden", "aria-label", "aria-labelledby", "aria-live", "background",
        "cellpadding", "cellspacing", "dir", "height", "hidden", "lang", "role", "srcset", "target", "valign", "width",
    }
)  # fmt: skip
_VALUES = {  # slug -> what a value of any property looks like that uses it
    f"css-unit-{unit}": re.compile(rf"(?<![\w#.-])-?[\d.]+{unit}(?!\w)")
    for unit in ["ch", "cm", "em", "ex", "in", "mm", "pc", "pt", "px", "rem", "vh", "vmax", "vmin", "vw"]
} | {
    f"css-{slug}": re.compile(pattern)
    for slug, pattern in {
        "unit-calc": r"\bcalc\(",
        "unit-initial": r"\binitial\b",
        "rgb": r"\brgb\(",
        "rgba": r"\brgba\(",
        "modern-color": r"\b(?:hsla?|hwb|lab|lch|oklab|oklch|color|color-mix)\(",
        "variables": r"\bvar\(",
        "linear-gradient": r"\blinear-gradient\(",
        "radial-gradient": r"\bradial-gradient\(",
        "conic-gradient": r"\bconic-gradient\(",
        "function-clamp": r"\bclamp\(",
        "function-max": r"\bmax\(",
        "function-min": r"\bmin\(",
        "function-light-dark": r"\blight-dark\(",
        "important": r"!important",
        "sytem-ui": r"\b(?:system-ui|ui-serif|ui-sans-serif|ui-monospace|ui-rounded)\b",
    }.items()
}
_BLOCK = {  # slug -> how a <style> block uses it
    "css-at-font-face": re.compile(r"@font-face\b"),
    "css-at-import": re.compile(r"@import\b"),
    "css-at-keyframes": re.compile(r"@keyframes\b"),
    "css-at-media": re.compile(r"@media\b"),
    "css-at-media-prefers-color-scheme": re.compile(r"\(\s*prefers-color-scheme\b"),
    "css-at-media-hover": re.compile(r"\((?:any-)?hover\b"),
    "css-at-supports": re.compile(r"@supports\b"),
    "css-color-scheme": re.compile(r"(?<![\w-])color-scheme\s*:"),
    "css-pseudo-class-hover": re.compile(r":hover\b"),
    "css-variables": re.compile(r"\bvar\("),
}
_IMAGE = re.compile(r"\.(apng|avif|bmp|gif|hdr|heif|ico|jpe?g|mp4|png|svg|tiff?|webp)$")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of one feature."""

    slug: str
    value: str  #: of the declaration or attribute, in lower case; empty for an element
    element: Element
    style: Mapping[str, str]  #: all inline declarations of the element
    font_px: float  #: of the element
    in_ghost: bool  #: it stands in a table of the same width and alignment that only Outlook sees
    scales_in_outlook: bool  #: the document sets 96 pixels per inch for Outlook


def uses(html: str) -> Iterator[Use]:
    """Yield every use in elements, attributes, inline styles, addresses of pictures and <style> blocks."""
    root = page.parse(html)
    looks = page.looks(root)
    scales = "<o:PixelsPerInch>96</o:PixelsPerInch>" in html
    for element in root.iter():
        if isinstance(element.tag, str):
            look = looks.get(element, page.PLAIN)
            style, ghost = page.style_of(element), _in_ghost(element)
            for slug, value in _of_element(element, style):
                yield Use(slug, value, element, style, look.font_px, ghost, scales)


def _of_element(element: Element, style: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield _ELEMENTS.get(element.tag, f"html-{element.tag}"), ""
    for name, value in element.attrib.items():
        if name in _ATTRIBUTES:
            yield f"html-{name}", value.lower()
    if element.tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme", ""
    if element.tag == "a":
        yield from _of_address(element.get("href") or "")
    if element.tag == "img":
        yield from _of_picture(element.get("src") or "")
    if element.tag == "style":
        for slug, pattern in _BLOCK.items():
            yield from ((slug, "") for _ in pattern.findall(element.text or ""))
    for name, value in style.items():
        yield from _of_declaration(name, value)


def _of_address(address: str) -> Iterator[tuple[str, str]]:
    if address.startswith("#"):
        yield "html-anchor-links", address
    if address.lower().startswith("mailto:"):
        yield "html-mailto-links", address.lower()


def _of_picture(address: str) -> Iterator[tuple[str, str]]:
    if address.lower().startswith("data:"):
        yield "image-base64", address[:30].lower()
        return
    try:
        match = _IMAGE.search(urlsplit(address).path.lower())
    except ValueError:  # “Invalid IPv6 URL”; the gate of links names it
        return
    if match:
        yield {"jpeg": "image-jpg", "tif": "image-tiff"}.get(match[1], f"image-{match[1]}"), ""


def _of_declaration(name: str, value: str) -> Iterator[tuple[str, str]]:
    slug = _BORDER.sub("css-border", _SIDE.sub(r"\1", f"css-{name}"))
    if name == "display":
        keyword = value.split(maxsplit=1)[0] if value else ""
        if keyword in ("none", "flex", "grid"):
            yield f"css-display-{keyword}", value
    yield slug, value
    for kind, pattern in _VALUES.items():
        if pattern.search(value):
            yield kind, value


def _in_ghost(element: Element) -> bool:
    """Say whether a comment for Outlook right before the element opens a cell that does the same for it."""
    before = element.getprevious()
    return before is not None and not isinstance(before.tag, str) and "[if mso" in before.text and "<td" in before.text
