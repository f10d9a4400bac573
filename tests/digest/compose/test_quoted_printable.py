import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.compose.quoted_printable import encode_piece, encode_value, undotted

pieces = st.lists(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet=".F-= \tab\néא漢🚂", max_size=300).map(str.encode),
        st.integers(1, 400).map(lambda n: b"x" * n + b" "),
    ),
    max_size=6,
)


def decoded(encoded: bytes) -> bytes:
    return quopri.decodestring(encoded).replace(b"\r\n", b"\n")


@given(pieces)
@example([b".", b"From me", b"--boundary", b" ", b"=" * 80])
@example([b"x" * 75 + b" \n"])
@example([b"x" * 74 + b"\xc3\xa9"])
def test_pieces_join_in_any_order_and_decode_to_what_went_in(parts: list[bytes]) -> None:
    parts = [part.replace(b"\r", b"") for part in parts]

    encoded = b"".join(encode_piece(part) for part in parts)

    assert decoded(encoded) == b"".join(parts)
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert line[:1] not in (b".", b"F", b"-")
        assert b"\n" not in line
        assert line[-1:] not in (b" ", b"\t")


@given(st.binary(max_size=200))
@example(b"")
@example(b"https://news.example.com/preferences/" + b"x" * 60)
def test_a_value_is_encoded_as_a_piece(value: bytes) -> None:
    value = value.replace(b"\r", b"").replace(b"\n", b"")

    encoded = encode_value(value)

    assert decoded(encoded) == value
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert encoded.endswith(b"=\r\n") or not value


@given(st.binary())
def test_nothing_encoded_begins_a_line_with_a_full_stop(data: bytes) -> None:
    for made in (encode_piece(data), encode_value(data)):
        assert undotted(made) == made
        assert not any(line.startswith(b".") for line in made.split(b"\n"))


@pytest.mark.parametrize("data", [b".", b".a", b"a\n.", b"a\r\n.\r\nMAIL FROM:<x@y.example>\r\n"])
def test_a_line_that_begins_with_a_full_stop_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="full stop"):
        undotted(data)
