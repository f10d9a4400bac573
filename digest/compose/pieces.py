"""The pieces that an edition's mail is joined from, and their names in the compiled issue.

`open` masthead · `i…` a line of “in this issue” · `mid` · `s…` a section heading · `c…` a card · `k…` a correction ·
`more` what the mail has no room for · `end` and the footer. `rest` opens the same in the browser, where there is room.
A card's name is its candidate's number and its depth, then `u` for an update; behind a full stop stands the variant of
its look: `l` for the lead story's larger headline and `p` for its picture.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from digest.model import Article, Candidate, Correction, Depth, Outlet, Picture, Placement
from digest.ranking import Standing

INDEX_LINES = 4  # “in this issue” names the first story of so many sections: enough to choose, short enough to skip
MORE, REST = "more", "rest"
_LETTERS = {depth: depth[0] for depth in Depth}
_DEPTHS = {letter: depth for depth, letter in _LETTERS.items()}
_CARD = re.compile(r"c(\d+)([a-z])(u?)(?:\.(l?)(p?))?")


@dataclass(frozen=True, slots=True)
class Piece:
    """One variable piece of an issue: what the templates render it from."""

    kind: Literal["index", "section", "card", "correction", "more", "rest"]
    name: str
    category: str = ""
    article: Article | None = None
    depth: Depth | None = None
    number: int = 0  #: the candidate's, in the addresses of links about its story
    lead: bool = False
    picture: Picture | None = None
    is_update: bool = False
    also_in: tuple[Outlet, ...] = ()
    standing: Standing | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the pieces of an issue are made from."""

    candidates: Mapping[str, Candidate]  #: by id of the article
    categories: Sequence[str]  #: the newsletter's
    corrections: Mapping[int, Correction]
    standings: Mapping[str, Standing] = field(default_factory=dict)  #: by id of the article, where it is known


def text_name(name: str) -> str:
    """Return the name of the text part's piece: there, variants of a card's look are the same."""
    return name.partition(".")[0]


def card_name(number: int, depth: Depth, *, is_update: bool = False, lead: bool = False, picture: bool = False) -> str:
    """Return the name of a card."""
    variant = ("l" if lead else "") + ("p" if picture else "")
    return f"c{number}{_LETTERS[depth]}{'u' if is_update else ''}" + (f".{variant}" if variant else "")


def arrange(
    placements: Sequence[Placement], shelf: Shelf, *, corrections: Sequence[int] = (), with_more: bool = False
) -> list[str]:
    """Return the names of an edition's pieces in order: its index, then each section's heading and cards.

    A picture opens a section, and never follows a picture. Names depend on the shelf only, so all editions of an
    issue share pieces.
    """
    numbers = {category.casefold(): number for number, category in enumerate(shelf.categories)}
    index: list[str] = []
    body: list[str] = []
    section, pictured = -1, False
    for placement in placements:
        candidate = shelf.candidates[placement.article_id]
        number = numbers[candidate.article.category.casefold()]
        opens, deep = number != section, placement.depth is not Depth.HEADLINES
        lead = deep and not body
        if opens:
            section = number
            body.append(f"s{number}")
            index.append(f"i{candidate.number}")
        pictured = opens and deep and not pictured and candidate.picture is not None
        update = placement.is_update
        body.append(card_name(candidate.number, placement.depth, is_update=update, lead=lead, picture=pictured))
    closing = [f"k{correction}" for correction in corrections] + ([MORE] if with_more else [])
    return index[:INDEX_LINES] + body + closing


def is_card(name: str) -> bool:
    """Tell whether a piece is an article's card."""
    return name.startswith("c")


def read_card(name: str) -> tuple[int, Depth, bool]:
    """Return a card's candidate by number, its depth, and whether it is an update."""
    match = _CARD.fullmatch(name)
    if match is None:
        raise ValueError(f"not the name of a card: {name}")
    return int(match[1]), _DEPTHS[match[2]], bool(match[3])


def without(names: Sequence[str], number: int) -> list[str]:
    """Return an edition's pieces without those of one candidate, and without a section that it leaves empty.

    The other pieces keep their look: no other one is compiled for certain.
    """
    kept = [name for name in names if name != f"i{number}" and not (is_card(name) and read_card(name)[0] == number)]
    return [
        name
        for place, name in enumerate(kept)
        if not name.startswith("s") or (kept[place + 1 : place + 2] and is_card(kept[place + 1]))
    ]


def describe(names: Iterable[str], shelf: Shelf) -> list[Piece]:
    """Return the pieces of those names, in their order."""
    by_number = {candidate.number: candidate for candidate in shelf.candidates.values()}
    spelling = {category.casefold(): category for category in shelf.categories}
    return [_describe(name, shelf, by_number, spelling) for name in names]


def _describe(name: str, shelf: Shelf, by_number: Mapping[int, Candidate], spelling: Mapping[str, str]) -> Piece:
    if name == MORE:
        return Piece("more", name)
    if name == REST:
        return Piece("rest", name)
    match name[0]:
        case "s":
            return Piece("section", name, shelf.categories[int(name[1:])])
        case "k":
            return Piece("correction", name, correction=shelf.corrections[int(name[1:])])
        case "i":
            article = by_number[int(name[1:])].article
            return Piece("index", name, spelling[article.category.casefold()], article)
        case _:
            return _card(name, shelf, by_number, spelling)


def _card(name: str, shelf: Shelf, by_number: Mapping[int, Candidate], spelling: Mapping[str, str]) -> Piece:
    number, depth, is_update = read_card(name)
    candidate = by_number[number]
    variant = name.partition(".")[2]
    return Piece(
        "card",
        name,
        spelling[candidate.article.category.casefold()],
        candidate.article,
        depth,
        number,
        lead="l" in variant,
        picture=candidate.picture if "p" in variant else None,
        is_update=is_update,
        also_in=candidate.also_in,
        standing=shelf.standings.get(candidate.article.id),
    )
