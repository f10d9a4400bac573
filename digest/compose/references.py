"""The links of a story in the text part: numbered, so that sentences stay readable and every address is there."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from digest.compose.card import shown
from digest.compose.hosts import domain, with_ascii_host
from digest.compose.pieces import Piece
from digest.model import Article, Depth

_CITATION = re.compile(r'<a class="cite" href="[^"]*">(\d+)</a>')


class Link(NamedTuple):
    """An address and its number within the story."""

    number: int
    url: str


@dataclass(frozen=True, slots=True)
class References:
    """The numbers of a story's links. Its sources have the numbers that its citations use; the others come after."""

    numbered: tuple[Link, ...]
    read: int
    sources: tuple[str, ...]  #: “domain [2]”, for each source that the card names
    also: tuple[str, ...]  #: “domain [6]”, for each other outlet
    more: int
    less: int


def _cited(article: Article, depth: Depth) -> set[int]:
    """Return the numbers of the sources that a card's citation marks name."""
    return {int(number) for passage in shown(article, depth) for number in _CITATION.findall(passage.html)}


def references(piece: Piece, story_url: str) -> References:
    """Number the links of a card; an address that stands there already keeps its number."""
    article, depth = piece.article, piece.depth
    assert article is not None and depth is not None  # noqa: S101 - only cards have links
    known = {source.number: with_ascii_host(source.url) for source in article.sources}
    cited = known.keys() if depth is Depth.FULL else _cited(article, depth) & known.keys()
    listed = {number: known[number] for number in cited}
    numbers = {url: number for number, url in sorted(listed.items(), reverse=True)}
    following = max(listed, default=0)

    def number(url: str) -> int:
        nonlocal following
        url = with_ascii_host(url)
        if url not in numbers:
            following += 1
            numbers[url] = following
        return numbers[url]

    read = number(article.url)
    also = tuple(f"{outlet.domain} [{number(outlet.url)}]" for outlet in piece.also_in)
    is_deep = depth is not Depth.HEADLINES
    more, less = (number(f"{story_url}/{piece.number}/{way}") if is_deep else 0 for way in ("more", "less"))
    every = {**{n: url for url, n in numbers.items()}, **listed}
    return References(
        numbered=tuple(Link(n, url) for n, url in sorted(every.items())),
        read=read,
        sources=tuple(f"{domain(url)} [{n}]" for n, url in sorted(listed.items())) if depth is Depth.FULL else (),
        also=also,
        more=more,
        less=less,
    )
