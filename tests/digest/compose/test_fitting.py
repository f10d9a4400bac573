from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from digest.compose import pieces
from digest.compose.fitting import Fitted, fit
from digest.model import Depth, Placement
from tests.articles import article, shelf

FRAME = 1_000
MORE = 50
DEPTHS = list(Depth)
cards = st.lists(
    st.tuples(st.sampled_from(DEPTHS), st.integers(10, 900), st.integers(0, 2_000), st.integers(0, 4_000)), max_size=30
)


def fitted(rows: Sequence[tuple[Depth, int, int, int]], limit: int) -> tuple[Fitted, list[Placement], int]:
    """Fit cards of such sizes as headline, and as much more as brief and as full; the first was chosen first."""
    wanted = [Placement(str(number), depth) for number, (depth, *_) in enumerate(rows)]

    def weight(article_id: str, depth: Depth) -> int:
        return sum(rows[int(article_id)][1 : 2 + DEPTHS.index(depth)])

    def size(placements: Sequence[Placement], with_more: bool) -> int:
        return FRAME + with_more * MORE + sum(weight(p.article_id, p.depth) for p in placements)

    found = fit(wanted, {p.article_id: n for n, p in enumerate(wanted)}, size=size, weight=weight, limit=limit)
    return found, wanted, size(found.placements, bool(found.more))


@given(cards, st.integers(FRAME + MORE, 60_000))
def test_an_edition_fits_whatever_is_selected(rows: list[tuple[Depth, int, int, int]], limit: int) -> None:
    found, wanted, size = fitted(rows, limit)

    assert size <= limit
    assert [p.article_id for p in wanted if p.article_id not in found.more] == [p.article_id for p in found.placements]
    deeper = {p.article_id: DEPTHS.index(p.depth) for p in wanted}
    assert all(DEPTHS.index(p.depth) <= deeper[p.article_id] for p in found.placements)


@given(cards)
def test_an_edition_that_fits_stays_as_it_is(rows: list[tuple[Depth, int, int, int]]) -> None:
    found, wanted, _ = fitted(rows, 1_000_000)

    assert (list(found.placements), found.more) == (wanted, ())


@given(st.integers(2, 12), st.integers(2_000, 30_000))
def test_what_was_chosen_last_gives_way_first(count: int, limit: int) -> None:
    found, _, _ = fitted([(Depth.FULL, 500, 500, 1_000)] * count, limit)

    depths = [DEPTHS.index(placement.depth) for placement in found.placements]
    assert depths == sorted(depths, reverse=True)
    assert list(found.more) == [str(n) for n in range(len(found.placements), count)]
    assert not depths or max(depths) - min(depths) <= 1


def test_a_card_without_the_last_of_a_section_leaves_no_heading() -> None:
    pool = shelf(article(1), article(2, "Science"), article(3, "Science"))
    on_shelf = pieces.Shelf(pool, ("World", "Science"), {})
    names = pieces.arrange([Placement(article_id, Depth.BRIEF) for article_id in pool], on_shelf, corrections=[4])

    assert names == ["i0", "i1", "s0", "c0b.l", "s1", "c1b", "c2b", "k4"]
    assert pieces.without(names, 0) == ["i1", "s1", "c1b", "c2b", "k4"]
    assert pieces.without(pieces.without(names, 1), 2) == ["i0", "s0", "c0b.l", "k4"]


def test_the_name_of_a_card_tells_all_of_it() -> None:
    name = pieces.card_name(12, Depth.FULL, is_update=True, lead=True, picture=True)

    assert name == "c12fu.lp"
    assert pieces.read_card(name) == (12, Depth.FULL, True)
    assert pieces.text_name(name) == "c12fu"
