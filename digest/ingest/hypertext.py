"""HTML of a feed's item: as markdown, as plain text, and its first picture. Nothing of it reaches a mail as HTML."""

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple
from urllib.parse import quote, urljoin

from lxml import etree
from markdownify import MarkdownConverter

from digest.ingest.links import UNFIT, is_link
from digest.ingest.text import legal, one_line

MAX_HTML = 300_000  # characters of one item that are read; a long article has 60,000 with its markup
MAX_NESTING = 40  # elements in elements; pages have 10, and the converter calls itself once for each
_ICON = 32  # pixels: pictures as small as this are icons, smileys or count who opens the feed
_UNSEEN = frozenset(
    ("script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "canvas", "video")
) | frozenset(("audio", "form", "button", "input", "select", "textarea", "head", "title", "figcaption"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_INLINE = frozenset(("a", "strong", "b", "em", "i", "code"))
_KEPT_BLOCKS = _HEADINGS | frozenset(
    ("p", "div", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "table", "tr", "td", "th", "dl", "dt", "dd")
)
_KEPT = _INLINE | _KEPT_BLOCKS
_BLOCKS = _KEPT_BLOCKS | frozenset(
    ("address", "article", "aside", "figure", "footer", "header", "main", "section", "tbody", "thead")
)
_FOOTER = re.compile(  # what feeds append to each item, in the languages that WordPress has
    r"""(?:The\ post\ .{1,400}\ (?:appeared\ first|first\ appeared)\ on\ .{1,200}
    |Der\ Beitrag\ .{1,400}\ erschien\ zuerst\ auf\ .{1,200}
    |(?:L’article|L'article|Cet\ article)\ .{1,400}\ est\ apparu\ en\ premier\ sur\ .{1,200}
    |La\ entrada\ .{1,400}\ (?:aparece\ primero|se\ publicó\ primero)\ en\ .{1,200}
    |O\ post\ .{1,400}\ (?:apareceu\ primeiro|aparece\ primeiro)\ em\ .{1,200}
    |L['’]articolo\ .{1,400}\ (?:proviene\ da|sembra\ essere\ il\ primo\ su)\ .{1,200}
    |Het\ bericht\ .{1,400}\ verscheen\ eerst\ op\ .{1,200}
    |(?:Continue\ reading|Read\ more|Read\ the\ rest|Weiterlesen|Lire\ la\ suite|Leer\ más|Seguir\ leyendo
       |Continua\ a\ leggere)\b[^.!?]{0,200}
    )\Z""",
    re.VERBOSE,
)
_LONGEST_FOOTER = 700  # characters; more would let a text that repeats a footer cost minutes
_LONGEST_CUT = 50  # characters: a mark and the spaces before it, no-break ones included
_CUT = re.compile(r"\s*(?:\[(?:…|\.\.\.|&hellip;)\]|\((?:…|\.\.\.)\))\s*\Z")
_SENTENCE_ENDS = tuple(".!?…。！？:;”’\"'")
_MARKDOWN = re.compile(r"[\\`*_\[\]<>&~#|!]")


class Picture(NamedTuple):
    """A picture's web address and what it shows."""

    url: str
    alt: str


class Reading(NamedTuple):
    """What a piece of HTML says."""

    markdown: str
    text: str  #: one line, headings left out
    picture: Picture | None


def resolved(address: str, base: str) -> str:
    """Return a web address, made complete where it is relative, or an empty string where it is none."""
    try:
        whole = urljoin(base, legal(address).strip())
    except ValueError:
        return ""
    whole = UNFIT.sub(lambda unfit: quote(unfit[0]), whole)
    return whole if is_link(whole) else ""


def escaped(text: str) -> str:
    """Return plain text as markdown that says just that."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def tidied(text: str) -> str:
    """Return one line without what feeds append: “[…]”, “Continue reading”, “The post … appeared first on …”."""
    line = one_line(text)
    line = (line[:-_LONGEST_FOOTER] + _FOOTER.sub("", line[-_LONGEST_FOOTER:])).rstrip(" ")
    cut = line[:-_LONGEST_CUT] + _CUT.sub("", line[-_LONGEST_CUT:])
    return line if cut == line else cut if cut.endswith(_SENTENCE_ENDS) or not cut else cut + "…"


# Every character that markdown could take as markup is escaped.
_CONVERTER = MarkdownConverter(heading_style="atx", bullets="-", escape_misc=True, autolinks=False)


def _is_icon(image: etree._Element) -> bool:
    sizes = (image.get(name, "").removesuffix("px") for name in ("width", "height"))
    small = any(size.isdecimal() and len(size) < 5 and int(size) <= _ICON for size in sizes)
    return small or "smiley" in image.get("class", "") or _is_hidden(image)


def _is_hidden(element: etree._Element) -> bool:
    return "display:none" in element.get("style", "").replace(" ", "")


class _Reader:
    """Walks through a page once: the HTML that is worth converting, the words, the first picture."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.html: list[str] = []
        self.words: list[str] = []
        self.headings: list[str] = []
        self.picture: Picture | None = None
        self._open: list[str] = []  # end tags, of the elements that are open; empty where nothing was written
        self._paragraphs: list[tuple[int, int]] = []  # where the open paragraphs begin in `html` and `words`
        self._in_heading = 0

    def text(self, text: str | None) -> None:
        """Take in what stands between tags."""
        if text:
            self.html.append(escape(text, quote=False))
            (self.headings if self._in_heading else self.words).append(text)

    def start(self, element: etree._Element) -> None:
        """Take in a start tag; what is nested too deep, or no markup of an article, is its text only."""
        tag = str(element.tag)
        self._in_heading += tag in _HEADINGS
        self._space(tag)
        if tag == "img" and self.picture is None and not _is_icon(element):
            url = resolved(element.get("src", ""), self.base)
            self.picture = Picture(url, one_line(element.get("alt", ""))) if url else None
        if tag == "p":
            self._paragraphs.append((len(self.html), len(self.words)))
        address = resolved(element.get("href", ""), self.base) if tag == "a" else ""
        written = tag in _KEPT and len(self._open) < MAX_NESTING and (tag != "a" or bool(address))
        if written:
            self.html.append(f'<a href="{escape(address)}">' if address else f"<{tag}>")
        self._open.append(f"</{tag}>" if written and tag not in ("br", "hr") else "")

    def end(self, element: etree._Element) -> None:
        """Take in an end tag; a paragraph that a feed appended to each item goes again."""
        tag = str(element.tag)
        self.html.append(self._open.pop())
        if tag == "p":
            self._end_paragraph(*self._paragraphs.pop())
        self._space(tag)
        self._in_heading -= tag in _HEADINGS

    def _space(self, tag: str) -> None:
        if tag in _BLOCKS:
            (self.headings if self._in_heading else self.words).append(" ")

    def _end_paragraph(self, html: int, words: int) -> None:
        """Drop a paragraph that is a footer; footers are of few words."""
        if len(self.words) - words < 40:
            said = one_line("".join(self.words[words:]))
            if len(said) < _LONGEST_FOOTER and _FOOTER.match(said):
                del self.html[html:], self.words[words:]


def _parse(html: str) -> etree._Element | None:
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True)
    return etree.fromstring(f"<body>{legal(html[:MAX_HTML])}</body>", parser)


def _walk(page: etree._Element, reader: _Reader) -> None:
    """Lead the reader through the page, past what nobody sees."""
    walker: Iterator[tuple[str, etree._Element]] = etree.iterwalk(page, events=("start", "end"))
    skipped: etree._Element | None = None
    for event, element in walker:
        if skipped is None and event == "start":
            if element.tag in _UNSEEN or _is_hidden(element):
                skipped = element
            else:
                reader.start(element)
                reader.text(element.text)
        elif event == "end" and (skipped is None or skipped is element):
            if skipped is None:
                reader.end(element)
            skipped = None
            reader.text(element.tail)


def read(html: str, base: str) -> Reading:
    """Read a piece of HTML, with its relative addresses completed by `base`. Any text will do; none of it raises."""
    reader = _Reader(base)
    page = _parse(html)
    if page is not None:
        _walk(page, reader)
    markdown = _CONVERTER.convert(f"<div>{''.join(reader.html)}</div>").strip()
    return Reading(markdown, tidied("".join(reader.words)) or tidied("".join(reader.headings)), reader.picture)


def plain(html: str) -> str:
    """Return the words of a line of HTML, such as a title."""
    page = _parse(html) if "<" in html or "&" in html else None
    return one_line(html if page is None else "".join(page.itertext()))


def read_text(text: str) -> Reading:
    """Read plain text in which empty lines part paragraphs; its lists stay lists."""
    lines = (escaped(line.strip()) for line in legal(text[:MAX_HTML]).splitlines())
    return Reading("\n".join(lines).strip(), tidied(text[:MAX_HTML]), None)
