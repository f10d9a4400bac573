"""The pieces that an edition's mail is joined from, and their names in the compiled issue.

`open` masthead · `i…` a line of “in this issue” · `mid` · `s…` a section heading · `c…` a card · `end` and the footer.
A card's name tells its variant: depth, then `l` for the lead story's larger headline and `p` for its picture.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from digest.model import Article, Depth, Placement

INDEX_LINES = 4  # “in this issue” names the first story of so many sections: enough to choose, short enough to skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One variable piece of an issue: what the templates render it from."""

    kind: Literal["index", "section", "card"]
    name: str
    category: str
    article: Article | None = None
    depth: Depth | None = None
    lead: bool = False
    picture: bool = False


def text_name(name: str) -> str:
    """Return the name of the text part's piece: there, variants of a card's look are the same."""
    return name.partition(".")[0]


def _card(article: Article, number: int, placement: Placement, *, category: str, lead: bool, picture: bool) -> Piece:
    variant = f"{'l' if lead else ''}{'p' if picture else ''}"
    name = f"c{number}{placement.depth[0]}" + (f".{variant}" if variant else "")
    return Piece("card", name, category, article, placement.depth, lead, picture)


def arrange(placements: Sequence[Placement], pool: Mapping[str, Article], categories: Sequence[str]) -> list[Piece]:
    """Return an edition's pieces in order: its index, then each section's heading and cards.

    `categories` are the newsletter's. A picture opens a section, and never follows a picture.
    Names depend on the pool and the categories only, so all editions of an issue share pieces.
    """
    numbers = {article_id: number for number, article_id in enumerate(pool)}
    spelling = {category.casefold(): (number, category) for number, category in enumerate(categories)}
    index: list[Piece] = []
    body: list[Piece] = []
    section, pictured = -1, False
    for position, placement in enumerate(placements):
        article = pool[placement.article_id]
        number, category = spelling[article.category.casefold()]
        opens = number != section
        if opens:
            section = number
            body.append(Piece("section", f"s{number}", category))
            index.append(Piece("index", f"i{numbers[article.id]}", category, article))
        deep = placement.depth is not Depth.HEADLINES
        pictured = opens and deep and not pictured and article.image_url is not None
        body.append(
            _card(
                article,
                numbers[article.id],
                placement,
                category=category,
                lead=position == 0 and deep,
                picture=pictured,
            )
        )
    return index[:INDEX_LINES] + body


def distinct(arrangements: Iterable[Sequence[Piece]]) -> list[Piece]:
    """Return every piece that any edition has, each once, in order of name."""
    found = {piece.name: piece for arrangement in arrangements for piece in arrangement}
    return [found[name] for name in sorted(found)]
