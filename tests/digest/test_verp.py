import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.verp import LONGEST_TAG, ReturnPath, Verp

SECRET = b"a secret of thirty-two characters"
VERP = Verp("Weekly@news.example.com", SECRET)
ids = st.integers(0, 36**6 - 1)


@given(ids, ids)
def test_what_is_written_is_read_in_any_case(issue_id: int, subscriber_id: int) -> None:
    address = VERP.write(issue_id, subscriber_id)

    local = address.rpartition("@")[0]
    assert address == VERP.write(issue_id, subscriber_id)
    assert len(local) <= len("Weekly") + LONGEST_TAG
    for spelling in (address, address.upper(), address.lower()):
        assert VERP.read(spelling) == ReturnPath(issue_id, subscriber_id)


@given(ids, ids, st.data())
def test_what_is_changed_is_not_read(issue_id: int, subscriber_id: int, data: st.DataObject) -> None:
    address = VERP.write(issue_id, subscriber_id)
    place = data.draw(st.integers(0, len(address) - 1))
    other = data.draw(st.sampled_from("abc019.+@-ü"))
    changed = address[:place] + other + address[place + 1 :]

    if changed.casefold() != address.casefold():
        assert VERP.read(changed) is None


@given(st.text(max_size=90))
def test_whatever_comes_is_read_or_not(address: str) -> None:
    assert VERP.read(address) is None
    assert VERP.read(f"weekly+{address}@news.example.com") is None


@pytest.mark.parametrize(
    "address", ["", "weekly@news.example.com", "weekly+@news.example.com", "weekly+..@news.example.com"]
)
def test_an_address_without_a_tag_names_nobody(address: str) -> None:
    assert VERP.read(address) is None


def test_another_secret_makes_and_reads_others() -> None:
    other = Verp("Weekly@news.example.com", SECRET + b"!")

    assert other.write(1, 2) != VERP.write(1, 2)
    assert other.read(VERP.write(1, 2)) is None
