import hmac
import re
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from subscribers.tokens import PreferencesLink, StoryLink, Tokens, UnsubscribeLink, ViewLink

SECRET = b"a test key of more than thirty-two characters"
TOKENS = Tokens(SECRET)
FORGERIES = 200
ids = st.integers(min_value=1, max_value=2**53)
versions = st.integers(min_value=0, max_value=10_000)
slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
url_safe = string.ascii_letters + string.digits + "-_.~=+/ \n%é"


NOTHING: list[object] = [None] * 4


def read_all(token: str, tokens: Tokens = TOKENS) -> list[object]:
    return [
        tokens.read_unsubscribe(token),
        tokens.read_preferences(token),
        tokens.read_view(token),
        tokens.read_story(token),
    ]


@given(ids, versions, slugs, ids)
def test_a_token_reads_back_for_its_own_purpose_only(person: int, version: int, slug: str, issue: int) -> None:
    assert read_all(TOKENS.unsubscribe(person, slug)) == [UnsubscribeLink(person, slug), None, None, None]
    assert read_all(TOKENS.preferences(person, version, slug)) == [
        None,
        PreferencesLink(person, version, slug),
        None,
        None,
    ]
    assert read_all(TOKENS.view(issue, person, 7)) == [None, None, ViewLink(issue, person, 7), None]
    assert read_all(TOKENS.story(issue, person, version)) == [None, None, None, StoryLink(issue, person, version)]


@given(ids, versions, slugs)
def test_a_token_is_short_and_safe_at_the_end_of_an_address(person: int, version: int, slug: str) -> None:
    token = TOKENS.preferences(person, version, slug)

    assert re.fullmatch(r"[A-Za-z0-9._-]+[A-Za-z0-9]", token)
    assert len(token) <= len(f"{person}{version}{slug}") + 25


def test_the_same_values_give_the_same_token() -> None:
    assert TOKENS.unsubscribe(7, "weekly") == TOKENS.unsubscribe(7, "weekly")


@settings(max_examples=FORGERIES)
@given(ids, slugs, st.data())
def test_a_token_with_one_character_changed_is_refused(person: int, slug: str, data: st.DataObject) -> None:
    token = TOKENS.unsubscribe(person, slug)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(url_safe))
    assume(other != token[at])

    assert read_all(token[:at] + other + token[at + 1 :]) == NOTHING


@settings(max_examples=FORGERIES)
@given(ids, slugs, st.data())
def test_a_token_cut_or_extended_is_refused(person: int, slug: str, data: st.DataObject) -> None:
    token = TOKENS.unsubscribe(person, slug)
    cut = data.draw(st.integers(0, len(token) - 1))
    more = data.draw(st.text(url_safe, min_size=1, max_size=300))

    for forged in (token[:cut], token[cut + 1 :], token + more, more + token):
        assert read_all(forged) == NOTHING


@settings(max_examples=FORGERIES)
@given(ids, slugs, st.binary(min_size=32, max_size=64))
def test_a_token_of_another_key_is_refused(person: int, slug: str, secret: bytes) -> None:
    others = Tokens(secret)

    forgeries = [others.unsubscribe(person, slug), others.preferences(person, 1, slug), others.view(1, person, 1)]
    forgeries.append(others.story(1, person, 1))

    assert [read_all(forged) for forged in forgeries] == [NOTHING] * 4


@given(ids, ids, slugs)
def test_the_mac_of_one_person_does_not_fit_another(person: int, other: int, slug: str) -> None:
    assume(person != other)
    mac = TOKENS.unsubscribe(person, slug).rpartition(".")[2]

    assert TOKENS.read_unsubscribe(f"{other}.{slug}.{mac}") is None


@given(ids, ids, versions, st.data())
def test_a_story_token_with_one_character_changed_cut_or_extended_is_refused(
    issue: int, person: int, version: int, data: st.DataObject
) -> None:
    token = TOKENS.story(issue, person, version)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(url_safe))
    assume(other != token[at])

    for forged in (token[:at] + other + token[at + 1 :], token[:at], token[at + 1 :], token + other, other + token):
        assert read_all(forged) == NOTHING
    assert len(token) <= len(f"{issue}{person}{version}") + 25


def test_a_token_of_another_purpose_with_the_same_values_is_refused() -> None:
    assert read_all(TOKENS.preferences(1, 2, "3"))[3] is None
    assert read_all(TOKENS.story(1, 2, 3)) == [None, None, None, StoryLink(1, 2, 3)]


@pytest.mark.parametrize("values", [(-1, 1, 1), (1, 10**19, 1), (1, 1, -1)])
def test_a_signed_value_that_is_no_number_of_ours_is_refused(values: tuple[int, int, int]) -> None:
    assert TOKENS.read_story(TOKENS.story(*values)) is None


@given(ids, ids, versions, ids)
def test_the_mac_of_one_story_link_does_not_fit_another(issue: int, person: int, version: int, other: int) -> None:
    assume(other not in (issue, person, version))
    mac = TOKENS.story(issue, person, version).rpartition(".")[2]

    for values in (f"{other}.{person}.{version}", f"{issue}.{other}.{version}", f"{issue}.{person}.{other}"):
        assert TOKENS.read_story(f"{values}.{mac}") is None


@given(st.text(max_size=400))
def test_any_text_is_refused_without_an_error(text: str) -> None:
    assert read_all(text) == NOTHING


@pytest.mark.parametrize("slug", ["", "Weekly", "a b", "a.b", "a" * 41, "../x"])
def test_a_signed_value_that_is_no_slug_is_refused(slug: str) -> None:
    assert TOKENS.read_unsubscribe(TOKENS.unsubscribe(1, slug)) is None


def test_a_token_in_the_other_spelling_of_its_last_bits_is_refused() -> None:
    """Base64 ignores the last four bits of 22 characters: 16 spellings of one MAC would pass a plain check."""
    token = TOKENS.unsubscribe(7, "weekly")
    spellings = [token[:-1] + last for last in string.ascii_letters + string.digits + "-_"]

    assert [spelling for spelling in spellings if TOKENS.read_unsubscribe(spelling)] == [token]


class Sha256(SigningAlgorithm):
    """HMAC-SHA-256, cut to 16 bytes."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")[:16]


@given(ids, ids)
def test_a_token_is_signed_as_itsdangerous_would(issue: int, person: int) -> None:
    key = hmac.digest(SECRET, b"digest link: view", "sha256")
    signer = Signer(key, key_derivation="none", algorithm=Sha256())

    assert TOKENS.view(issue, person, 7) == signer.sign(f"{issue}.{person}.7").decode()
