"""Showing a mail as a light or a dark mail client shows it, whatever the editor's own screen prefers."""

import re

_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_FEATURE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_BOTH = re.compile(r"(color-scheme\s*:\s*)light\s+dark\b", re.IGNORECASE)
_META = re.compile(r"(<meta name=\"(?:supported-)?color-schemes?\" content=)\"light dark\"", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"  # media features, so that they fit into any media query


def _forced_style(style: str, scheme: str) -> str:
    answered = _FEATURE.sub(lambda match: _ALWAYS if match[1].lower() == scheme else _NEVER, style)
    return _BOTH.sub(rf"\g<1>{scheme}", answered)


def force(html: str, scheme: str) -> str:
    """Return the mail with its media queries answered for `light` or `dark`; `auto` leaves it as it is.

    Only style sheets are touched, so an article that writes about media queries keeps its words.
    """
    if scheme == "auto":
        return html
    return _STYLE.sub(lambda match: _forced_style(match[0], scheme), _META.sub(rf'\g<1>"{scheme}"', html))
