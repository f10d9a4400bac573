"""When a note of caniemail's concerns a use: “partial” support of a property hurts only where its caveat is met.

Keyed by feature and number of the note. A note that does not stand here always counts. `ENHANCEMENTS` are features
that may be missing: each with the reason why nothing is lost.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from digest.quality.page import style_of
from digest.quality.usage import Use

CELLS = ("td", "th")
BLOCKS = ("body", "span", "div", "p")

ENHANCEMENTS: Mapping[str, str] = {
    "css-border-radius": "square corners",
    "css-box-shadow": "no shadow",
    "css-opacity": "full colour",
    "css-outline": "the client's own focus ring",
    "css-overflow": "only on what display:none hides",
    "css-max-height": "only on what display:none hides, and on pictures of known height",
    "css-object-fit": "only on pictures whose size we know",
    "css-overflow-wrap": "only a word longer than a line is concerned",
    "css-word-break": "only a word longer than a line is concerned",
    "css-word-wrap": "only a word longer than a line is concerned",
    "css-word-spacing": "MJML writes the initial value",
    "css-white-space": "a line breaks at another place",
    "css-sytem-ui": "the next font of the list is taken",
    "css-color-scheme": "the light colours stay",
    "css-at-media": "the layout is one column without it, as the gate of narrow screens checks",
    "css-at-media-prefers-color-scheme": "the light colours stay, or the client inverts them",
    "css-at-media-hover": "no effect at pointing",
    "css-pseudo-class-hover": "no effect at pointing",
    "css-important": "only in <style> blocks",
    "html-style": "all that is needed stands in the elements, as the gate of removed styles checks",
    "html-meta-color-scheme": "the light colours stay, or the client inverts them",
    "html-doctype": "the layout is of tables, which both modes show alike",
    "html-body": "the wrapper inside repeats its colours, language and direction",
    "html-aria-label": "the text is read without it",
    "html-aria-hidden": "an ornament is read aloud",
    "html-role": "kept on tables, where it matters most",
    "html-lang": "the wrapper and <html> carry it",
}

Bites = Callable[[Use], bool]


def _numbers(value: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d*\.?\d+", value)]


def _is_nothing(value: str) -> bool:
    return not any(_numbers(value)) or value.startswith(("none", "hidden"))


def _vertical(style: Mapping[str, str]) -> tuple[str, str]:
    """Return the padding at the top and the bottom."""
    sides = style.get("padding", "0").split()
    top, bottom = sides[0], sides[2] if len(sides) > 2 else sides[0]
    return style.get("padding-top", top), style.get("padding-bottom", bottom)


def _unequal_row(use: Use) -> bool:
    """Say whether the cells of a row have different vertical padding."""
    row = use.element.getparent()
    cells = [cell for cell in row if cell.tag in CELLS] if row is not None and use.element.tag in CELLS else []
    return len({tuple(side.replace("px", "") for side in _vertical(style_of(cell))) for cell in cells}) > 1


def _has_ground(use: Use) -> bool:
    ground = use.style.get("background-color") or use.style.get("background") or ""
    return bool(ground) and ground not in ("transparent", "none", "inherit")


def _line_is_low(use: Use) -> bool:
    """Say whether a line height is under the font's size, which Outlook raises unless it is told `exactly`."""
    if use.style.get("mso-line-height-rule") == "exactly" or use.value in ("normal", "inherit"):
        return False
    number, unit = (_numbers(use.value) or [1.0])[0], re.sub(r"[\d.\s-]", "", use.value)
    return (
        number if unit == "px" else number / 100 * use.font_px if unit == "%" else number * use.font_px
    ) < use.font_px


def _mailto_fields(use: Use) -> dict[str, list[str]]:
    return parse_qs(urlsplit(use.value).query)


def _bold_number(use: Use) -> float:
    return (_numbers(use.value) or [400.0])[0]


def _has_grid_word(use: Use) -> bool:
    return bool(re.match(r"(?:inline[- ])?(?:flex|grid|flow|contents|initial|revert|unset|flow-root)", use.value))


def _pictures_background(use: Use) -> bool:
    return bool(re.search(r"url\(|gradient\(|/|,(?![^(]*\))", use.value))


_BITES: Mapping[tuple[str, str], Bites] = {
    ("css-text-align", "1"): lambda use: use.value in ("start", "end"),
    ("css-text-align", "3"): lambda use: "match-parent" in use.value,
    ("css-text-align", "5"): lambda use: "match-parent" in use.value,
    ("css-margin", "1"): lambda use: any(number < 0 for number in _numbers(use.value)),
    ("css-margin", "2"): lambda use: use.element.tag in ("span", "body") and not _is_nothing(use.value),
    ("css-margin", "3"): lambda use: _has_ground(use) and not _is_nothing(use.value),
    ("css-margin", "4"): lambda use: "auto" in use.value and not use.in_ghost,
    ("css-display", "1"): _has_grid_word,
    ("css-display", "4"): lambda use: use.value.startswith("none") and use.element.find(".//table") is not None,
    ("css-display", "5"): lambda use: (
        not (use.value == "none" if use.element.tag != "img" else use.value in ("block", "inline"))
        and not use.in_ghost
        and _changes_display(use)
    ),
    ("css-display", "6"): _has_grid_word,
    ("css-display-none", "1"): lambda use: use.element.find(".//table") is not None,
    ("css-display-none", "2"): lambda use: use.element.tag == "img",
    ("css-background", "1"): _pictures_background,
    ("css-background", "2"): _pictures_background,
    ("css-background", "3"): _pictures_background,
    ("css-font-weight", "1"): lambda use: _bold_number(use) % 100 != 0,
    ("css-font-weight", "2"): lambda use: _bold_number(use) not in (400, 700),
    ("css-font-size", "1"): lambda use: "rem" in use.value,
    ("css-font-size", "2"): lambda use: not re.fullmatch(r"[\d.]+(?:px|pt)?", use.value),
    ("css-border", "1"): lambda use: any(
        number > 8 for number in _numbers(re.sub(r"#\w+|rgba?\([^)]*\)", "", use.value))
    ),
    ("css-border", "2"): lambda use: use.element.tag in ("p", "div") and not _is_nothing(use.value),
    ("css-border-radius", "2"): lambda use: "/" in use.value,
    ("css-height", "1"): lambda use: False,  # min-height instead: what is no higher than it says stays the same
    ("css-height", "2"): lambda use: use.element.tag in BLOCKS and use.value not in ("auto", "100%"),
    ("css-letter-spacing", "1"): lambda use: any(number < -2 for number in _numbers(use.value)),
    ("css-letter-spacing", "2"): lambda use: "em" in use.value,
    ("css-line-height", "1"): _line_is_low,
    ("css-list-style", "1"): lambda use: "url(" in use.value,
    ("css-list-style", "2"): lambda use: "url(" in use.value or "side" in use.value,
    ("css-list-style", "3"): lambda use: "url(" in use.value,
    ("css-max-width", "1"): lambda use: use.element.tag != "table" and not use.in_ghost and use.value != "100%",
    ("css-padding", "1"): lambda use: use.element.tag not in CELLS and not _is_nothing(use.value),
    ("css-padding", "2"): _unequal_row,
    ("css-rgb", "1"): lambda use: "," not in use.value,
    ("css-rgba", "1"): lambda use: "," not in use.value,
    ("css-rgba", "2"): lambda use: "," not in use.value,
    ("css-text-decoration", "1"): lambda use: use.value not in ("none", "underline"),
    ("css-text-decoration", "2"): lambda use: " " in use.value,
    ("css-text-decoration", "3"): lambda use: "overline" in use.value,
    ("css-text-indent", "1"): lambda use: any(number < 0 for number in _numbers(use.value)),
    ("css-text-transform", "1"): lambda use: use.value == "lowercase",
    ("css-vertical-align", "1"): lambda use: use.element.tag not in CELLS,
    ("css-width", "1"): lambda use: (
        not (
            use.in_ghost
            or use.element.tag not in (*BLOCKS, "img")
            or (use.element.tag == "img" and use.element.get("width"))
            or (use.value in ("100%", "auto") and use.element.tag not in ("span", "img"))
        )
    ),
    ("html-align", "3"): lambda use: use.element.tag == "table" and use.value in ("left", "right"),
    ("html-background", "1"): lambda use: True,
    ("html-dir", "3"): lambda use: use.element.tag == "a",
    ("html-height", "1"): lambda use: use.element.tag == "img" and "%" in use.value,
    ("html-height", "2"): lambda use: "%" not in use.value and not use.scales_in_outlook,
    ("html-width", "1"): lambda use: use.element.tag == "img" and "%" in use.value,
    ("html-width", "2"): lambda use: "%" not in use.value and not use.scales_in_outlook,
    ("html-lists", "1"): lambda use: use.element.get("reversed") is not None,
    ("html-lists", "2"): lambda use: use.element.find("li[@value]") is not None,
    ("html-mailto-links", "3"): lambda use: "bcc" in _mailto_fields(use),
    ("image-gif", "1"): lambda use: False,  # the first picture of an animation is shown
    ("image-gif", "2"): lambda use: False,
    ("image-webp", "1"): lambda use: False,  # it is shown, as JPEG
    ("image-webp", "3"): lambda use: False,
}

_OWN_DISPLAY = {
    **dict.fromkeys(("div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "body", "center"), "block"),
    **dict.fromkeys(("span", "a", "b", "i", "strong", "em", "img"), "inline"),
    "table": "table",
    "tr": "table-row",
    "td": "table-cell",
    "li": "list-item",
}


def _changes_display(use: Use) -> bool:
    """Say whether the value is another than the element has by itself."""
    return use.value != _OWN_DISPLAY.get(use.element.tag)


def bites(use: Use, note: str) -> bool:
    """Say whether that note of the use's feature concerns this use."""
    predicate = _BITES.get((use.slug, note))
    return predicate is None or predicate(use)
