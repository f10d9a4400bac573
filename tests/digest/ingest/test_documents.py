import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest import documents
from digest.ingest.documents import Rejection, Value

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def document(data: bytes) -> list[Value | Rejection]:
    return list(documents.document("x.json", data))


def stream(data: bytes) -> list[Value | Rejection]:
    return list(documents.stream("-", io.BytesIO(data)))


def test_array_gives_each_element_with_its_physical_line() -> None:
    found = document(b'\n[\n  {"id": 1},\n\n  {"id":\n 2}, 3\n]\n')

    assert found == [Value("x.json", 3, {"id": 1}), Value("x.json", 5, {"id": 2}), Value("x.json", 6, 3)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_byte_order_mark_is_no_part_of_the_text(mark: bytes) -> None:
    assert document(mark + b'{"a": 1}') == [Value("x.json", 1, {"a": 1})]
    assert stream(mark + b'{"a": 1}\n{"b": 2}') == [Value("-", 1, {"a": 1}), Value("-", 2, {"b": 2})]


@pytest.mark.parametrize(
    ("broken", "line", "reason"),
    [
        (b'[{"a": 1},\n\n{"a" 2}]', 3, "Expecting ':'"),
        (b'[{"a": 1}\n\n{"a": 2}]', 3, "is missing after this record"),
        (b'[{"a": 1},\n', 2, "Expecting value"),
        (b'[{"a": 1}\n', 1, "is missing after this record"),
        (b'[{"a": 1},\n]', 1, "after the last record"),
        (b'[{"a": 1}]\n\nx', 3, "more after the closing"),
        (b'{"a": 1}\n{"b"', 2, "Expecting ':'"),
        (b'[{"a": 1},\n' + b"[" * 100_000, 2, "nested too deep"),
        (b'[{"a": 1},\n"\xff" 3]', 2, "not UTF-8"),
    ],
)
def test_broken_document_keeps_what_came_before(broken: bytes, line: int, reason: str) -> None:
    first, *others = document(broken)

    assert first == Value("x.json", 1, {"a": 1})
    rejection = others[-1]
    assert isinstance(rejection, Rejection)
    assert rejection.line == line
    assert reason in " ".join(other.reason for other in others if isinstance(other, Rejection))


def test_element_in_another_encoding_is_rejected_alone() -> None:
    found = document(b'[{"a": "\xe9"},\n{"a": 2}]')

    assert found == [Rejection("x.json", 1, "not UTF-8: save it in that encoding"), Value("x.json", 2, {"a": 2})]


@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_empty_document_is_rejected(data: bytes) -> None:
    assert document(data) == [Rejection("x.json", 1, "empty: there is no record in it")]


def test_document_in_utf_16_says_that_it_is_not_utf_8() -> None:
    (rejection,) = document('{"a": 1}'.encode("utf-16"))

    assert isinstance(rejection, Rejection)
    assert "not UTF-8" in rejection.reason


def test_broken_line_spoils_no_other() -> None:
    data = b'{"a": 1}\r\n\r\n{"a" 2}\n{"a": "\xff"}\n{"a": 3} x\n' + b"[" * 100_000 + b'\n{"a": "\xe2\x80\xa8"}'

    found = stream(data)

    assert [(one.line, type(one)) for one in found] == [
        (1, Value),
        (3, Rejection),
        (4, Rejection),
        (5, Rejection),
        (6, Rejection),
        (7, Value),
    ]


def test_line_of_a_stream_that_begins_broken_does_not_hide_the_next() -> None:
    assert [type(one) for one in stream(b'{"a"\n{"a": 1}\n')] == [Rejection, Value]


@pytest.mark.parametrize("indent", [None, 1])
def test_stream_may_hold_one_document(indent: int | None) -> None:
    array = stream(json.dumps([{"a": 1}, {"a": 2}], indent=indent).encode())
    record = stream(json.dumps({"a": 1}, indent=indent).encode())

    assert [one.value for one in array if isinstance(one, Value)] == [{"a": 1}, {"a": 2}]
    assert [one.value for one in record if isinstance(one, Value)] == [{"a": 1}]


def test_empty_stream_holds_nothing() -> None:
    assert stream(b"\n \n") == []


def test_number_of_thousands_of_digits_is_read() -> None:
    (value,) = document(b'{"a": ' + b"9" * 5_000 + b"}")

    assert value == Value("x.json", 1, {"a": float("inf")})


@given(st.binary(), st.binary())
def test_any_bytes_are_values_or_rejections(before: bytes, after: bytes) -> None:
    for data in (before, b"[" + before + b'{"a": 1}' + after, before + b"\n" + after):
        for one in (*document(data), *stream(data)):
            assert 1 <= one.line <= data.count(b"\n") + 1


@given(st.lists(JSON_VALUES), st.sampled_from([None, 0, 2]))
def test_an_array_is_read_as_json_reads_it(values: list[object], indent: int | None) -> None:
    found = document(json.dumps(values, indent=indent).encode())

    assert [one.value for one in found if isinstance(one, Value)] == json.loads(
        json.dumps(values), parse_int=documents._number
    )
    assert all(isinstance(one, Value) for one in found)
