"""HTML after inlining, made as small as it can be: one <style>, and nothing in it or beside it that no client reads."""

import re

from digest.compose.hosts import with_ascii_host

_STYLE_BLOCK = re.compile(
    r"""(<!--\[if (?!!mso).*?<!\[endif\]-->)|<style(?:\s+(?:type="text/css"|media="([^"]*)"))*\s*>(.*?)</style>\s*""",
    re.DOTALL,
)
_IDLE = re.compile(r"p\{display:block;margin:13px 0;\}|(?<=line-height:100%;)outline:none;text-decoration:none;")
_BETWEEN_BLOCKS = re.compile(r"(</(?:h[1-6]|p|ul|ol|table)>)\s+(?=<(?:h[1-6]|p|ul|ol|table)[ >])")
_ENCODED_HOST = re.compile(r'( (?:href|src)=")(https?://[^/"?#]*%[^/"?#]*)')
_CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
_CLASSES = re.compile(r' class="([^"]*)"')
_STYLES = re.compile(r""" style=(["'])(.*?)\1""")
_SPACE = re.compile(r"([;:,]) +")


def tidied(html: str) -> str:
    """Return the same document with one <style>, without idle rules, classes and white space."""
    html = _ENCODED_HOST.sub(lambda match: match[1] + with_ascii_host(match[2]), html)
    return _compact(_one_style(html))


def _one_style(html: str) -> str:
    """Put all rules of the head into one <style>, without the white space that only people read.

    Rules of MJML's own go that say nothing here: for paragraphs, whose space is written in them, and for browsers that
    drew frames round linked pictures.
    """
    rules: list[str] = []

    def gather(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        media, css = match[2], _tight(match[3])
        css = _IDLE.sub("", css)
        rules.append(f"@media {media}{{{css}}}" if media else css)
        return ""

    html = _STYLE_BLOCK.sub(gather, html)
    return html.replace("</head>", f"<style>{''.join(rules)}</style></head>", 1) if rules else html


def _tight(css: str) -> str:
    """Return rules without the white space that only people read."""
    return re.sub(r"\s*([{};,])\s*|(?<=[\w)]:)\s+(?=[^{}]*[;}])", lambda match: match[1] or "", " ".join(css.split()))


def _compact(html: str) -> str:
    """Drop what no client reads: classes that no <style> names, and white space in style attributes."""
    named = {name for block in _STYLE_BLOCK.finditer(html) for name in _CLASS.findall(block[0])}

    def classes(match: re.Match[str]) -> str:
        kept = [name for name in match[1].split() if name in named]
        return f' class="{" ".join(kept)}"' if kept else ""

    html = _BETWEEN_BLOCKS.sub(r"\1", _CLASSES.sub(classes, html))
    return _STYLES.sub(lambda match: f" style={match[1]}{_SPACE.sub(lambda s: s[1], match[2])}{match[1]}", html)
