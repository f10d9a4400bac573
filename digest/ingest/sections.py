"""A markdown summary to the parts that a mail is made of: TL;DR, why it matters, key points, cited addresses."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from digest.ingest.passages import Passage, joined, passage, verbatim
from digest.ingest.text import legal
from digest.model import RichText

MAX_NESTING = 20  # of quotations, lists and emphasis; deeper nesting is an attack (research/rendering.md, section 1)

_HEADINGS = {  # letters of a heading, casefolded -> the section it opens
    "tldr": "tldr",
    "inshort": "tldr",
    "inbrief": "tldr",
    "whyitmatters": "why_it_matters",
    "whythismatters": "why_it_matters",
    "keypoints": "key_points",
    "keytakeaways": "key_points",
    "mainpoints": "key_points",
    "takeaways": "key_points",
}


class Sections(NamedTuple):
    """What was found in a summary; a section that is not there is empty or None."""

    tldr: tuple[RichText, ...]
    why_it_matters: RichText | None
    key_points: tuple[RichText, ...]
    cited: tuple[str, ...]  #: addresses of citation marks in the order of the text, each once, unchecked
    words: int  #: of the whole summary


class _Markdown(MarkdownIt):
    """CommonMark that leaves addresses as they are written; whoever shows one checks it first."""

    def validateLink(self, url: str) -> bool:
        """Read every link as a link, so that its text remains and its address goes."""
        return True

    def normalizeLink(self, url: str) -> str:
        """Keep the address comparable with the record's own sources."""
        return url


_MARKDOWN = _Markdown("commonmark", {"html": False, "maxNesting": MAX_NESTING})


class _Block(NamedTuple):
    """A paragraph, heading, list item or block of code."""

    heading: bool
    said: Passage


def _is_heading(opened_by: str, inline: Token) -> bool:
    """Tell whether a block opens a section: a heading, or a paragraph of bold type that says one of our names."""
    if opened_by == "heading_open":
        return True
    children = [child for child in inline.children or () if child.type != "text" or child.content]
    whole_bold = len(children) == 3 and children[0].type == "strong_open"
    return whole_bold and _section_name(children[1].content) is not None


def _blocks(tokens: Iterable[Token]) -> Iterator[_Block]:
    """Return the blocks in order; the paragraphs of one list item are one block."""
    item: list[Passage] = []
    opened_by = ""
    for token in tokens:
        if token.type in ("list_item_open", "list_item_close") and item:
            yield _Block(False, joined(item))
            item = []
        if token.type == "inline":
            said = passage(token.children or ())
            if token.level > 1:
                item.append(said)
            else:
                yield _Block(_is_heading(opened_by, token), said)
        elif token.type in ("fence", "code_block"):
            item.append(verbatim(token.content))
        elif token.level == 0 and item:
            yield _Block(False, joined(item))
            item = []
        opened_by = token.type
    if item:
        yield _Block(False, joined(item))


def _section_name(heading: str) -> str | None:
    """Return which section a heading opens, or None for one that mails do not show."""
    return _HEADINGS.get("".join(c for c in heading.casefold() if c.isalpha()))


def _rich(passages: Iterable[Passage]) -> tuple[RichText, ...]:
    return tuple(one.rich for one in passages if one.plain.strip())


def sections(summary: str) -> Sections:
    """Find the sections of a markdown summary. Any text will do; none of it raises."""
    found: dict[str | None, list[Passage]] = {name: [] for name in _HEADINGS.values()}
    current: str | None = None
    cited: dict[str, None] = {}
    words = 0
    for block in _blocks(_MARKDOWN.parse(legal(summary))):
        cited.update(dict.fromkeys(block.said.cited))
        words += len(block.said.plain.split())
        if block.heading:
            current = _section_name(block.said.plain)
        elif current is not None:
            found[current].append(block.said)
    why = _rich([joined(one for one in found["why_it_matters"] if one.plain.strip())])
    return Sections(
        tldr=_rich(found["tldr"]),
        why_it_matters=why[0] if why else None,
        key_points=_rich(found["key_points"]),
        cited=tuple(cited),
        words=words,
    )


def inline(text: str) -> str:
    """Return the plain words of one line of markdown, without markup and citation marks."""
    tokens = _MARKDOWN.parseInline(legal(text))
    return joined(passage(token.children or ()) for token in tokens).plain
