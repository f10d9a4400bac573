"""How findings list faults."""

from digest.quality.listing import abridged, counted, listed


def test_the_first_eight_and_how_many_more() -> None:
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a\nb"
    assert listed([str(n) for n in range(10)]).splitlines() == [*map(str, range(8)), "and 2 more"]


def test_faults_that_nobody_described_are_counted() -> None:
    assert abridged(["a", "b"], 2) == "a\nb"
    assert abridged(["a", "b"], 5) == "a\nb\nand 3 more"


def test_one_or_many() -> None:
    assert [counted(n, "link") for n in (0, 1, 2)] == ["0 links", "1 link", "2 links"]
