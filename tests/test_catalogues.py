"""The catalogues: every word of the sources in every language, and nothing that a reader would stumble over."""

import gettext
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from babel import Locale
from babel.messages import Catalog, Message

from digest import languages

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = [tag for tag in languages.translated() if tag != languages.DEFAULT]
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\w+\}")
COUNTS = {"%(count)s", "%(num)s", "%(num)d", "%(count)d"}
TAG = re.compile(r"<[^>]*>|&\w+;")


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("words", ROOT / "tools" / "words.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def sources() -> Catalog:
    found: Catalog = tool().template()
    return found


def file(language: str) -> Path:
    return ROOT / "digest" / "catalogues" / f"{language.replace('-', '_')}.po"


@cache
def catalogue(language: str) -> Catalog:
    found: Catalog = tool().read(file(language).read_bytes(), language.replace("-", "_"))
    return found


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def key(message: Message) -> tuple[object, object]:
    return message.context, message.id


def singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def numbers_of(form: int, language: str) -> int:
    """How many of the numbers up to 1,000 take a plural form; 2 stands for more than one."""
    choose = gettext.c2py(catalogue(language).plural_expr)
    return min(2, sum(choose(n) == form for n in range(1001)))


def test_the_sources_have_words() -> None:
    assert len(sources()) > 80
    assert any(message.context for message in sources())
    assert any(message.pluralizable for message in sources())


@pytest.mark.parametrize("language", FOREIGN)
def test_every_word_is_translated_and_no_other_is_kept(language: str) -> None:
    assert {key(message) for message in messages(language)} == {key(message) for message in sources() if message.id}, (
        "run `python3 dev.py words`"
    )
    assert [singular(message) for message in messages(language) if not all(tool().forms(message))] == []
    assert not catalogue(language).obsolete
    assert [singular(message) for message in messages(language) if message.fuzzy] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_the_file_is_as_the_tool_writes_it(language: str) -> None:
    name = language.replace("-", "_")
    updated = tool().updated(catalogue(language), name, sources())
    assert file(language).read_bytes() == tool().written(updated, name), "run `python3 dev.py words`"


@pytest.mark.parametrize("language", FOREIGN)
def test_placeholders_are_those_of_the_source(language: str) -> None:
    for message in messages(language):
        wanted = placeholders(singular(message))
        if not isinstance(message.id, str):
            assert placeholders(message.id[1]) == wanted, message.id
        for form, text in enumerate(tool().forms(message)):
            found = placeholders(text)
            left_out = wanted - found
            assert found <= wanted, text
            # “two stories” may stand for the number where the form is for that number only
            assert not left_out or (message.pluralizable and left_out <= COUNTS and numbers_of(form, language) == 1), (
                text
            )


@pytest.mark.parametrize("language", FOREIGN)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    rule = Locale.parse(language, sep="-").plural_form
    categories = [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in rule.tags | {"other"}]
    assert catalogue(language).num_plurals == len(categories)
    choose = gettext.c2py(catalogue(language).plural_expr)
    for number in [*range(1001), 1_000_000, 1_000_001, 2_000_000]:
        assert categories[choose(number)] == rule(number), number
    assert all(len(tool().forms(m)) == len(categories) for m in messages(language) if m.pluralizable)


def test_arabic_has_six_plural_forms() -> None:
    assert catalogue("ar").num_plurals == 6


@pytest.mark.parametrize("language", FOREIGN)
def test_translations_hold_no_markup_and_no_stray_space(language: str) -> None:
    for message in messages(language):
        source = singular(message)
        for text in tool().forms(message):
            assert set(TAG.findall(text)) <= set(TAG.findall(source)), text
            assert (text[:1].isspace(), text[-1:].isspace()) == (source[:1].isspace(), source[-1:].isspace()), text
            assert "  " not in text, text
            assert text.count("\n") == source.count("\n"), text
            assert text.count("%%") == source.count("%%"), text


@pytest.mark.parametrize("language", FOREIGN)
def test_what_is_read_at_run_time_says_what_the_file_says(language: str) -> None:
    words = languages.translations(language)
    for message in messages(language):
        if message.pluralizable:
            continue
        said = words.pgettext(message.context, singular(message)) if message.context else words.gettext(message.id)
        assert said == message.string


def test_updating_keeps_translations_drops_old_words_and_guesses_nothing() -> None:
    before = Catalog(locale="de")
    before.add("kept", "behalten", user_comments=["by hand"])
    before.add("dropped", "weg")
    before.add("uncertain", "unsicher", flags=["fuzzy"])
    before.add("story", "Meldung")
    before.add(("one", "many"), ("eine", "viele"), context="c")
    words = Catalog()
    for message in ("kept", "keep", "uncertain", ("story", "stories")):
        words.add(message, locations=[("a.py", 7)])
    words.add(("one", "many"), context="c")
    after = tool().updated(before, "de", words)
    assert {message.id: message.string for message in after if message.id} == {
        "kept": "behalten",
        "keep": "",
        "uncertain": "",
        ("story", "stories"): ["", ""],
        ("one", "many"): ("eine", "viele"),
    }
    text = tool().written(after, "de").decode()
    assert "dropped" not in text
    assert "fuzzy" not in text
    assert "# by hand" in text
    assert "#: a.py\n" in text
    assert tool().written(tool().read(text.encode(), "de"), "de").decode() == text


def test_a_new_catalogue_has_all_words_and_the_plural_forms_of_its_language() -> None:
    fresh = tool().updated(tool().read(b"", "pl"), "pl", sources())
    assert len(fresh) == len(sources())
    assert fresh.num_plurals == 4
    assert not any(all(tool().forms(message)) for message in fresh if message.id)


def test_a_catalogue_of_no_language_is_not_made() -> None:
    with pytest.raises(SystemExit, match="did you mean “sv”"):
        tool().main("swedish")
