"""Bands of colour, without a browser."""

from digest.quality.stripes import Band, Span, bands, inside_card, strange

WHITE, INK, PAGE = (255, 255, 255), (0, 0, 0), (244, 242, 237)


def column(*runs: tuple[tuple[int, int, int], int]) -> list[tuple[int, int, int]]:
    return [colour for colour, height in runs for _ in range(height)]


def test_bands_of_one_colour() -> None:
    assert bands(column((WHITE, 3), (INK, 2), (WHITE, 1)), []) == [
        Band(0, 3, WHITE),
        Band(3, 2, INK),
        Band(5, 1, WHITE),
    ]


def test_a_line_that_is_meant_does_not_cut_a_band() -> None:
    assert bands(column((WHITE, 3), (INK, 2), (WHITE, 1)), [Span(3, 5)]) == [Band(0, 6, WHITE)]


def test_a_line_above_everything_belongs_to_nothing() -> None:
    assert bands(column((INK, 4), (WHITE, 6)), [Span(0, 4)]) == [Band(4, 6, WHITE)]


def test_an_empty_column_is_one_band() -> None:
    assert len(bands([], [])) == 1


def test_the_page_above_and_below_the_card_is_left_out() -> None:
    found = bands(column((PAGE, 2), (WHITE, 5), (PAGE, 3)), [])

    assert inside_card(found, PAGE) == [Band(2, 5, WHITE)]


def test_the_page_inside_the_card_is_a_stripe() -> None:
    found = inside_card(bands(column((WHITE, 5), (PAGE, 3), (WHITE, 2), (PAGE, 1)), []), PAGE)

    assert strange(found) == [Band(5, 3, PAGE)]


def test_a_mail_that_is_all_page_has_no_stripes() -> None:
    assert inside_card(bands(column((PAGE, 9)), []), PAGE) == []
