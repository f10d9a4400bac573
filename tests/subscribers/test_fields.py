from datetime import UTC, datetime

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Depth
from subscribers import fields

CATEGORIES = fields.Categories(["World", "Arts; Culture", "A=B", "Sport"])


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "a.nn+news@reader.test",
        "ann@mail.example",
        "ann@Bücher.example",
        "o'neil@example.com",
        "änn@пример.рф",
    ],
)
def test_an_address_is_kept_as_it_was_written(address: str) -> None:
    assert fields.email(f" {address} ") == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@reader",
        "a..b@example.com",
        "ann@example.com,ben@example.com",
        "Ann <ann@example.com>",
        "ann@example.com\r\nBcc: ben@example.com",
        "ann\x00@example.com",
        "änn\u202e@example.com",
        '"ann b"@example.com',
        "ann@[127.0.0.1]",
        "ann@example.com.",
        f"{'a' * 65}@example.com",
        f"ann@{'a.' * 130}example.com",
    ],
)
def test_what_cannot_be_mailed_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="email address"):
        fields.email(text)


@given(st.text())
def test_clean_text_is_one_visible_line_and_stays_as_it_is(text: str) -> None:
    clean = fields.clean(text)

    assert fields.clean(clean) == clean
    assert len(clean) <= fields.LONGEST
    assert not any(ord(character) < 32 or character in "\x7f\u202e\u2028" for character in clean)
    assert clean.encode().decode() == clean


def test_clean_keeps_letters_marks_and_emoji_of_all_scripts() -> None:
    name = "Zoë O’Neil, Jr. <نازنین\u200cزهرا> 👩\u200d🚀"

    assert fields.clean("\tZoë   O’Neil,\r\nJr. <نازنین\u200cزهرا> 👩\u200d🚀\x00\u202e ") == name


@given(st.lists(st.text(";=\\aé ", min_size=1).map(str.strip).filter(bool)))
def test_joined_values_are_split_again(values: list[str]) -> None:
    assert fields.split(fields.joined(values)) == values


def test_categories_take_their_known_spelling_in_the_order_given() -> None:
    assert CATEGORIES.chosen(["sport", "WORLD", " Sport "]) == ("Sport", "World")


def test_an_unknown_category_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"“Wrold” is not a known category.*“World”"):
        CATEGORIES.chosen(["Wrold"])
    with pytest.raises(UsageError, match="“Zymurgy” is not a known category; known: A=B, Arts; Culture, Sport, World"):
        CATEGORIES.chosen(["Zymurgy"])


def test_any_category_will_do_while_none_is_known() -> None:
    assert fields.Categories([]).chosen(["World", "Wrold"]) == ("World", "Wrold")


def test_depths_are_read_even_of_categories_with_signs_in_them() -> None:
    pairs = fields.split_pairs(r"sport=headlines;Arts\; Culture=full; A\=B = Brief ;Sport=full")

    assert CATEGORIES.depths(pairs) == (("A=B", Depth.BRIEF), ("Arts; Culture", Depth.FULL), ("Sport", Depth.FULL))


@pytest.mark.parametrize("pair", ["Sport", "Sport=", "=full", "Sport=deep", "Wrold=full", "A=B=full"])
def test_a_wrong_depth_is_refused(pair: str) -> None:
    with pytest.raises(UsageError):
        CATEGORIES.depths([pair])


@pytest.mark.parametrize("text", ["weekly", "Weekly", " WEEKLY "])
def test_a_frequency_is_known_in_any_case(text: str) -> None:
    assert fields.frequency(text) == "weekly"


def test_words_may_be_written_with_spaces() -> None:
    assert fields.frequency("every issue") == "every_issue"


def test_an_unknown_word_names_the_nearest_and_all() -> None:
    with pytest.raises(UsageError, match=r"“dayly” is not a frequency.*“daily”.*every_issue, daily, weekly, monthly"):
        fields.frequency("dayly")


def test_a_zone_has_its_own_spelling() -> None:
    assert (fields.timezone("europe/paris"), fields.timezone("")) == ("Europe/Paris", "")
    with pytest.raises(UsageError, match=r"“Europe/Pariss” is not a time zone.*“Europe/Paris”"):
        fields.timezone("Europe/Pariss")


@pytest.mark.parametrize("text", ["../../etc/passwd", "CET+1", "x" * 5000, "\x00"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    if fields.clean(text):
        with pytest.raises(UsageError, match="time zone"):
            fields.timezone(text)
    else:
        assert fields.timezone(text) == ""


@pytest.mark.parametrize(
    ("text", "tag"),
    [("FR", "fr"), ("pt_br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("", ""), ("es-419", "es-419")],
)
def test_a_language_has_its_usual_case(text: str, tag: str) -> None:
    assert fields.language(text) == tag


@pytest.mark.parametrize("text", ["english", "f", "fr-", "fr; en", "<b>"])
def test_what_is_no_language_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a language"):
        fields.language(text)


def test_an_instant_becomes_utc_and_needs_an_offset() -> None:
    assert fields.instant("2026-11-23T08:00:00+01:00") == datetime(2026, 11, 23, 7, tzinfo=UTC)
    for text in ("2026-11-23T08:00:00", "tomorrow", "", "0001-01-01T00:00:00+14:00", "2201-01-01T00:00:00Z"):
        with pytest.raises(UsageError):
            fields.instant(text)


def test_what_is_muted_is_domains_in_lower_case_and_known_categories() -> None:
    known = fields.Categories(["World", "Sport"])

    assert known.muted(["News.example.com", "art.example", "news.example.com", "sport"]) == (
        "Sport",
        "art.example",
        "news.example.com",
    )
    for name in ("https://news.example", "a b.example", "-x.example"):
        with pytest.raises(UsageError, match="is not a domain"):
            known.muted([name])
    with pytest.raises(UsageError, match="not a known category"):
        known.muted(["Gardening"])


def test_lists_come_once_and_slugs_are_checked() -> None:
    assert fields.lists([" b ", "a", "b", ""]) == ("b", "a")
    assert fields.slugs(["weekly", " daily"]) == ("weekly", "daily")
    with pytest.raises(UsageError, match="is not the slug"):
        fields.slugs(["The Weekly"])


@given(st.text(min_size=1))
def test_a_message_quotes_a_wrong_value_safely(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        fields.depth(text + "?")

    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 250


parts = st.text(alphabet="ab.-_+é'@ \"(", max_size=8)
domains = st.sampled_from(
    ["example.com", "EXAMPLE.com", "a..b", "-a.com", "a.b-", "x", "1.2", "xn--a.com", "пример.рф"]
)


@given(st.one_of(st.builds("{}@{}".format, parts | st.just("a" * 65), domains | parts), st.text(max_size=20)))
def test_the_short_way_accepts_what_the_grammar_accepts_and_nothing_else(address: str) -> None:
    try:
        validate_email(address.strip(), strict=True, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        with pytest.raises(UsageError):
            fields.email(address)
    else:
        assert fields.email(address) == address.strip()


@pytest.mark.parametrize("length", [253, 254, 255])
def test_an_address_may_have_254_characters(length: int) -> None:
    address = f"ann@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * (length - 191)}.com"

    if length > 254:
        with pytest.raises(UsageError, match="too many"):
            fields.email(address)
    else:
        assert fields.email(address) == address
