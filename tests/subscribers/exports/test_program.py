import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from subscribers import fields
from subscribers.exports import known
from subscribers.exports.program import Segment, json_value, names_in, names_of, segment


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("World, Science", ("World", "Science")),
        ('"newsletter","imported, 2025"', ("newsletter", "imported, 2025")),
        ('"beta ""quoted"" tag"', ('beta "quoted" tag',)),
        (r"Letters\, notes, World", ("Letters, notes", "World")),
        ('["World", "A, B", 3, null]', ("World", "A, B")),
        ("World\nand more,World", ("World and more", "World")),
        ('a "b, c', ('a "b', "c")),
        ("[broken", ()),
        (" , ", ()),
    ],
)
def test_names_are_read_as_programs_write_them(cell: str, names: tuple[str, ...]) -> None:
    assert names_in(cell) == names


@given(st.text(max_size=200))
def test_any_cell_holds_names_that_can_be_shown(cell: str) -> None:
    assert all(name and name == fields.clean(name) for name in (*names_in(cell), *names_of(cell)))


def test_json_that_is_nested_or_long_for_ever_says_nothing() -> None:
    assert json_value("[" * 60_000) is None
    assert json_value("9" * 60_000) is None
    assert names_in("[" * 60_000) == ()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("unsubscribed_members_export_1.csv", Segment.UNSUBSCRIBED),
        ("Unsubscribers.csv", Segment.UNSUBSCRIBED),
        ("cleaned_email_audience.csv", Segment.BOUNCED),
        ("nonsubscribed_1.csv", Segment.NEVER_ASKED),
        ("subscribed_members_export_1.csv", Segment.SUBSCRIBED),
        ("my_unsubscribed.csv", Segment.SUBSCRIBED),
    ],
)
def test_a_files_name_tells_what_its_people_have_in_common(name: str, part: Segment) -> None:
    assert segment(name) is part


columns = st.sampled_from(
    [
        "email",
        "email_address",
        "status",
        "type",
        "attributes",
        "metadata",
        "tags",
        "labels",
        "clean_time",
        "name",
        "topics",
    ]
)


@pytest.mark.parametrize("program", known.PROGRAMS)
@given(cells=st.dictionaries(columns, st.text(min_size=1, max_size=60)), part=st.sampled_from(Segment))
def test_any_row_is_put_in_our_words_or_refused(program: str, cells: dict[str, str], part: Segment) -> None:
    try:
        row = known.PROGRAMS[program].translate(cells, part)
    except UsageError:
        return

    assert row.cells["status"] in ("confirmed", "pending", "unsubscribed")
    if part in (Segment.UNSUBSCRIBED, Segment.BOUNCED, Segment.COMPLAINED):
        assert row.cells["status"] == "unsubscribed" or "suppressed" in row.cells
