"""A markdown summary to the parts that a mail is made of: TL;DR, why it matters, key points, quotes, details."""

from collections.abc import Sequence
from typing import NamedTuple

from digest.ingest.citations import Mark
from digest.ingest.headings import SECTIONS, section_named
from digest.ingest.lines import prepared
from digest.ingest.markdown import blocks
from digest.ingest.passages import Passage, joined
from digest.ingest.text import count_words, is_unspaced


class Sections(NamedTuple):
    """What was found in a summary; a section that is not there is empty or None."""

    tldr: Sequence[Passage]
    why_it_matters: Passage | None
    key_points: Sequence[Passage]
    quotes: Sequence[Passage]
    details: Sequence[Passage]
    marks: Sequence[Mark]  #: all citation marks, in the order of the text
    cited: Sequence[Mark]  #: those that cite; the others stand in the list of sources
    listed: dict[int, str]  #: the addresses of the list of sources, unchecked, by number
    words: int  #: of the whole summary


def sections(summary: str, language: str) -> Sections:
    """Find the sections of a markdown summary. Any text will do; none of it raises."""
    markdown, listed = prepared(summary, language)
    found: dict[str, list[Passage]] = {name: [] for name in SECTIONS}
    marks: list[Mark] = []
    cited: list[Mark] = []
    current: str | None = None
    words = 0
    unspaced = is_unspaced(language)
    for heading, said in blocks(markdown):
        words += count_words(said.words, unspaced=unspaced)
        if heading:
            current = section_named(said.plain, language)
        elif current is not None and said.plain.strip():
            found[current].append(said)
        marks.extend(said.marks)
        if current != "sources":
            cited.extend(said.marks)
    why = found["why_it_matters"]
    return Sections(
        tldr=found["tldr"],
        why_it_matters=joined(why, unspaced=unspaced) if why else None,
        key_points=found["key_points"],
        quotes=found["quotes"],
        details=found["details"],
        marks=marks,
        cited=cited,
        listed=listed,
        words=words,
    )
