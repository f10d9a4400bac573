"""Links of a story in the text part: each address once, with a number that stays."""

import pytest

from digest.compose.pieces import Piece
from digest.compose.references import references
from digest.model import Depth, Outlet, RichText, Source
from tests.articles import article

STORY = "https://news.example.com/story/token"
CITED = RichText("Said.", 'Said.<a class="cite" href="https://two.example/">2</a>', "Said.[2]")
ARTICLE = article(
    1,
    tldr=(CITED,),
    sources=(
        Source(1, "https://news1.example/story/1", ""),
        Source(2, "https://two.example/", ""),
        Source(3, "https://הר.example/x", ""),
    ),
)


def of(depth: Depth) -> Piece:
    outlets = (Outlet("also.example", "https://also.example/a"),)
    return Piece("card", "c7", "World", ARTICLE, depth, 7, also_in=outlets)


def test_a_full_card_names_its_sources_and_counts_on_from_them() -> None:
    found = references(of(Depth.FULL), STORY)

    assert found.sources == ("news1.example [1]", "two.example [2]", "xn--8db4b.example [3]")
    assert found.read == 1
    assert found.also == ("also.example [4]",)
    assert (found.more, found.less) == (5, 6)
    assert [link.number for link in found.numbered] == [1, 2, 3, 4, 5, 6]
    assert found.numbered[2].url.startswith("https://xn--")
    assert found.numbered[4].url == f"{STORY}/7/more"


def test_a_brief_card_has_only_the_sources_that_it_cites() -> None:
    found = references(of(Depth.BRIEF), STORY)

    assert found.sources == ()
    assert [link.number for link in found.numbered] == [2, 3, 4, 5, 6]
    assert found.read == 3


@pytest.mark.parametrize("depth", list(Depth))
def test_every_number_that_is_named_has_an_address(depth: Depth) -> None:
    found = references(of(depth), STORY)

    numbers = {link.number for link in found.numbered}
    assert found.read in numbers
    assert depth is Depth.HEADLINES or {found.more, found.less} <= numbers
    assert len({link.url for link in found.numbered}) == len(found.numbered)
