import pytest

from digest.ingest.headings import SECTIONS, letters, names, section_named
from digest.ingest.passages import Passage
from digest.ingest.sections import sections


def items(markdown: str, section: str = "tldr", language: str = "en") -> list[str]:
    found = getattr(sections(markdown, language), section)
    return [passage.plain for passage in ([found] if isinstance(found, Passage) else found or [])]


def bullets(markdown: str) -> list[str]:
    return items(f"## TL;DR\n{markdown}")


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("## TL;DR", "tldr"),
        ("# tldr", "tldr"),
        ("###### TL DR: ######", "tldr"),
        ("## 📌 TL;DR", "tldr"),
        ("## ℹ️ TL;DR", "tldr"),
        ("TL;DR\n-----", "tldr"),
        ("**TL;DR**", "tldr"),
        ("📌 **TL;DR**", "tldr"),
        ("**TL;DR:**", "tldr"),
        ("***TL;DR***", "tldr"),
        ("__Key points__", "key_points"),
        ("**Key points**:", "key_points"),
        ("TL;DR:", "tldr"),
        ("要点：", "key_points"),
        ("En bref :", "tldr"),
        ("> **TL;DR**\n>", "tldr"),
        ("## **TL;DR**", "tldr"),
        ("## Why it matters", "why_it_matters"),
        ("### WHY THIS MATTERS", "why_it_matters"),
        ("## Pourquoi c'est important", "why_it_matters"),
        ("## Points cles", "key_points"),
        ("## النقـاط الرئيسية", "key_points"),
        ("## Key points", "key_points"),
        ("## 3. Key takeaways", "key_points"),
        ("## Key quotes", "quotes"),
        ("## Details and context", "details"),
    ],
)
def test_heading_in_any_usual_spelling_opens_its_section(heading: str, section: str) -> None:
    assert items(f"{heading}\n\nOne thing.\n\n## Elsewhere\n\nAnother.", section) == ["One thing."]


@pytest.mark.parametrize(
    "line",
    [
        "**TL;DR:** One thing.",
        "**TL;DR**: One thing.",
        "TL;DR: One thing.",
        "**TL;DR: One thing.**",
        "**TL;DR：**One thing.",
        "Before it.\n__TL;DR:__ One thing.",
        "- before it\n**TL;DR:** One thing.",
        "**TL;DR**\nOne thing.",
    ],
)
def test_name_with_a_colon_opens_its_section_in_the_middle_of_text(line: str) -> None:
    assert items(line) == ["One thing."]


@pytest.mark.parametrize(
    "text",
    [
        "- TL;DR: a bullet",
        "- one\n  **TL;DR**\n  two",
        "1. **TL;DR:** a bullet",
        "**Weather**\n\nSunny.",
        "TL;DR\n\nA line without a colon.",
        "*TL;DR*\n\nItalic.",
        "```\nTL;DR: code\n```",
        "The TL;DR: in the middle.",
        "    TL;DR: indented code",
    ],
)
def test_text_that_is_no_heading_opens_nothing(text: str) -> None:
    assert items(text) == []


def test_unknown_heading_closes_the_section_and_a_later_one_adds_to_it() -> None:
    found = "## TL;DR\n- a\n\n## Weather\n- b\n\n## In short\n- c"

    assert items(found) == ["a", "c"]


def test_summary_without_sections_has_none() -> None:
    found = sections("Just a paragraph.", "en")

    assert (found.tldr, found.why_it_matters, found.key_points, found.words) == ([], None, [], 3)


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("- one\n- two\n", ["one", "two"]),
        ("1. one\n2) two\n", ["one", "two"]),
        ("- one\n  - inner\n- two\n", ["one", "inner", "two"]),
        ("- one\n\n- two\n", ["one", "two"]),
        ("• one\n•two\n", ["one", "two"]),
        ("・一つ\n・ 二つ\n", ["一つ", "二つ"]),
        ("· one\n– two\n— three", ["one", "two", "three"]),
        ("–one", ["–one"]),
        ("１．一つ\n２．二つ", ["一つ", "二つ"]),
        ("1、一つ\n2、二つ", ["一つ", "二つ"]),
        ("①一つ\n② 二つ\n⑩十", ["一つ", "二つ", "十"]),
        ("Text:\n• one", ["Text:", "one"]),
        ("- one\n\n  more\n- \n- two", ["one more", "two"]),
        ("- one\nlazy", ["one lazy"]),
        ("All of it\nin brief.\n\nMore.", ["All of it in brief.", "More."]),
        ("一行目\n二行目", ["一行目二行目"]),
        ("日本\nNASA", ["日本 NASA"]),
        ("- [x] done", ["done"]),
        ("```\nx = a[1] <b>\n```\n", ["x = a[1] <b>"]),
    ],
)
def test_items_are_what_a_reader_would_count(markdown: str, expected: list[str]) -> None:
    assert bullets(markdown) == expected


def test_quotation_is_one_item() -> None:
    said = "## Quotes\n> “One.”\n>\n> “Two.” — Ada\n\n> “Three.”\n— Bea\n\n- “Four.”"

    assert items(said, "quotes") == ["“One.” “Two.” — Ada", "“Three.” — Bea", "“Four.”"]


def test_why_it_matters_is_one_passage() -> None:
    found = sections("## Why it matters\n\nIt is *big*.\n\n- Faster trains\n- Cheaper fares\n", "en")

    assert found.why_it_matters
    assert found.why_it_matters.plain == "It is big. Faster trains Cheaper fares"


@pytest.mark.parametrize(
    ("language", "expected"), [("ja", "大きい。NASAも。早い。"), ("en", "大きい。 NASAも。早い。")]
)
def test_why_it_matters_has_no_space_between_sentences_of_japanese(language: str, expected: str) -> None:
    assert items("## なぜ重要か\n大きい。\n\nNASAも。\n\n早い。", "why_it_matters", language) == [expected]


def test_name_of_two_sections_means_what_it_means_in_the_articles_language() -> None:
    said = "## Citations\n> « Oui. »"

    assert (items(said, "quotes", "fr-CA"), items(said, "quotes", "en")) == (["« Oui. »"], [])


def test_list_of_sources_is_read_and_is_no_text() -> None:
    found = sections(
        "## TL;DR\nA[1].\n\n[4]: https://d.example/\n[^5]: See <https://e.example/>.\n\n"
        "## References\n1. [Title](https://a.example/x_(y)), 2026.\n[2] Title\n   https://b.example/\n"
        "- https://c.example/?a=1&amp;b=2.\n",
        "en",
    )

    assert [passage.plain for passage in found.tldr] == ["A."]
    assert found.listed == {
        1: "https://a.example/x_(y)",
        2: "https://b.example/",
        4: "https://d.example/",
        5: "https://e.example/",
    }


def test_source_in_a_sentence_is_no_list() -> None:
    assert bullets("Source: a neighbour.\n\n**Sources:** Reuters") == ["Source: a neighbour."]


def test_unnumbered_entries_of_the_list_count_from_one() -> None:
    assert sections("**Quellen:**\n- https://a.example/\n- [B](https://b.example/)", "de").listed == {
        1: "https://a.example/",
        2: "https://b.example/",
    }


def test_names_of_a_language_belong_to_one_section_each() -> None:
    for language in names():
        assert set(names()[language].values()) <= set(SECTIONS), language
        assert "" not in names()[language]


@pytest.mark.parametrize(
    "language", ["en", "de", "fr", "es", "pt", "it", "nl", "ar", "he", "hi", "ja", "zh-Hans", "zh-Hant"]
)
def test_every_section_has_a_name_in_every_promised_language(language: str) -> None:
    assert set(names()[language].values()) == set(SECTIONS)


def test_letters_are_all_that_counts_in_a_name() -> None:
    assert letters("  1. **Ｔl;dr** ‼️ ") == "tldr"
    assert section_named("x" * 1_000_000, "en") is None
