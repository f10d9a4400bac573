import csv
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import SourceError
from subscribers import sheets
from subscribers.sheets import Rejection, Row


def read(path: Path, content: str | bytes) -> list[Row | Rejection]:
    path = path / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with sheets.opened(path) as sheet:
        return list(sheet.rows())


def lines(found: list[Row | Rejection]) -> list[int]:
    return [row.line for row in found]


def test_rows_carry_their_cells_and_physical_lines(tmp_path: Path) -> None:
    found = read(tmp_path, "\nemail,name\n\nann@example.com,Ann\n\n,\nben@example.com,\n")

    ann, ben = {"email": "ann@example.com", "name": "Ann"}, {"email": "ben@example.com"}
    assert found == [Row(4, ann), Row(7, ben)]


def test_a_quoted_cell_may_span_lines_and_the_row_is_named_by_its_first(tmp_path: Path) -> None:
    found = read(tmp_path, 'email,name\nann@example.com,"Ann\n\nB"\nben@example.com,"Ben ""B"" B"\n')

    assert found == [
        Row(2, {"email": "ann@example.com", "name": "Ann\n\nB"}),
        Row(5, {"email": "ben@example.com", "name": 'Ben "B" B'}),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_other_line_ends_and_delimiters_are_understood(tmp_path: Path, newline: str, delimiter: str) -> None:
    text = newline.join([delimiter.join(["Email", "Name"]), delimiter.join(["ann@example.com", "Ann"]), ""])

    assert read(tmp_path, text) == [Row(2, {"email": "ann@example.com", "name": "Ann"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_file_is_read_in_its_encoding(tmp_path: Path, encoding: str, newline: str) -> None:
    text = newline.join(["email;name", "zoe@example.com;Zoë Müller", "b@example.com;François Béraud", ""])

    found = read(tmp_path, text.encode(encoding))

    assert [row.cells.get("name") for row in found if isinstance(row, Row)] == ["Zoë Müller", "François Béraud"]


def test_an_encoding_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    for encoding, said in (("utf-8-sig", []), ("utf-16", ["people.csv is read as utf-16"])):
        path.write_bytes("email,name\nzoe@example.com,Zoë\n".encode(encoding))
        with sheets.opened(path) as sheet:
            assert sheet.assumed == said


def test_column_names_are_read_in_any_case_and_after_a_byte_order_mark(tmp_path: Path) -> None:
    found = read(tmp_path, b'\xef\xbb\xbf"E-Mail", Paused Until ,EMAIL\n,2026-12-01T00:00:00Z,ann@example.com\n')

    assert found == [Row(2, {"paused_until": "2026-12-01T00:00:00Z", "email": "ann@example.com"})]


def test_an_unknown_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,categorys,\nann@example.com,World,\n")

    with sheets.opened(path) as sheet:
        assert sheet.unknown == ["people.csv: the column “categorys” is ignored (did you mean “categories”?)"]
        assert list(sheet.rows()) == [Row(2, {"email": "ann@example.com", "categorys": "World"})]


def test_too_many_cells_are_rejected_and_too_few_are_empty(tmp_path: Path) -> None:
    found = read(tmp_path, "email,name,language\nann@example.com,Ann, Jr.,fr\nben@example.com\ncleo@example.com,,,,\n")

    assert lines(found) == [2, 3, 4]
    assert isinstance(found[0], Rejection)
    assert "4 cells where the header has 3" in found[0].reason
    assert found[1:] == [Row(3, {"email": "ben@example.com"}), Row(4, {"email": "cleo@example.com"})]


@pytest.mark.parametrize("people", [3, 200])
def test_a_forgotten_quotation_mark_costs_one_row(tmp_path: Path, people: int) -> None:
    after = "".join(f"p{n}@example.com,P\n" for n in range(people))

    found = read(tmp_path, f'email,name\nann@example.com,"Ann\n{after}')

    assert lines(found) == list(range(2, 3 + people))
    assert [type(row) for row in found] == [Rejection] + [Row] * people


def test_a_quotation_mark_in_the_wrong_place_costs_one_row(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'email,name\nann@example.com,"Ann "B" C"\nben@example.com,5" Ben\ncleo@example.com,"C\nx"y\nd@x.test,D\n',
    )

    assert [(type(row), row.line) for row in found] == [
        (Rejection, 2),
        (Row, 3),
        (Rejection, 4),
        (Row, 5),
        (Row, 6),
    ]


@pytest.mark.parametrize("length", [sheets.LONGEST_LINE, 3 * sheets.LONGEST_LINE, 1_000_000])
def test_a_line_that_is_too_long_costs_one_row(tmp_path: Path, length: int) -> None:
    found = read(tmp_path, f"email,name\nann@example.com,{'x' * length}\nben@example.com,Ben\n")

    assert isinstance(found[0], Rejection)
    assert "longer than" in found[0].reason
    assert lines(found) == [2, 3]


def test_a_long_line_inside_quotes_costs_no_more_than_its_own_rows(tmp_path: Path) -> None:
    found = read(tmp_path, f'email,name\nann@example.com,"A\n{"x" * 200_000}\nben@example.com,Ben\n')

    assert [(type(row), row.line) for row in found] == [(Rejection, 2), (Rejection, 3), (Row, 4)]


def test_a_field_that_is_too_long_over_several_lines_costs_one_row(tmp_path: Path) -> None:
    long = "\n".join("x" * 60_000 for _ in range(4))

    found = read(tmp_path, f'email,name\nann@example.com,"{long}"\nben@example.com,Ben\n')

    assert found[0] == Rejection(2, "a field is too long")
    assert found[-1] == Row(6, {"email": "ben@example.com", "name": "Ben"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n\n", "is empty"),
        (
            ("email,name\n" + "ann@example.com,Zoë\n" * 3).encode() + b"ben@example.com,Ren\xe9\n",
            "line 5 is not in UTF-8",
        ),
        ("email\nann@example.com\n".encode("utf-16")[:-1], "not in UTF-16"),
        (b"email,name,Email\n", "has the column “email” twice"),
        (b'email,"name\n', "line 1: the quotation marks do not pair up"),
        (b"x" * 100_000, "line 1: the line is longer"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_whole(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(SourceError, match=f"cannot read {path}"), sheets.opened(path):
            pass


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"email\nann@example.com\n",))
    writer.start()

    with sheets.opened(pipe) as sheet:
        assert list(sheet.rows()) == [Row(2, {"email": "ann@example.com"})]
    writer.join()


@example(content=b"\xfe\xff")  # what is guessed to be UTF-16, in a file that does not begin with its mark
@given(st.binary(max_size=400))
def test_any_bytes_are_rows_rejections_or_a_message(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    try:
        found = read(tmp_path_factory.mktemp("any"), b"email,name\n" + content)
    except SourceError as refusal:
        assert "save the file as “CSV UTF-8”" in str(refusal)
    else:
        assert lines(found) == sorted(set(lines(found)))


@given(st.text(max_size=300).filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_any_text_is_rows_and_rejections(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    found = read(tmp_path_factory.mktemp("any"), f"email,name\n{text}")

    assert lines(found) == sorted(set(lines(found)))


@given(st.text(max_size=50).map(str.strip))
def test_a_harmless_cell_reads_back_and_begins_no_formula(cell: str) -> None:
    harmless = sheets.harmless(cell)

    assert sheets.plain(harmless) == cell
    assert not harmless.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("cell", ["=1+1", "+49 1", "-", "@x", "'=1", "''@x", "＝1"])
def test_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert sheets.harmless(cell) == f"'{cell}"
    assert sheets.plain(f"'{cell}") == cell


def test_an_apostrophe_of_a_name_stays() -> None:
    assert sheets.plain("'t Hooft") == sheets.harmless("'t Hooft") == "'t Hooft"


def test_written_rows_are_what_csv_readers_expect() -> None:
    file = io.StringIO()

    sheets.write([["ann@example.com", 'A "B", C', *[""] * 11]], file)

    assert list(csv.reader(io.StringIO(file.getvalue()))) == [
        list(sheets.COLUMNS),
        ["ann@example.com", 'A "B", C', *[""] * 11],
    ]
