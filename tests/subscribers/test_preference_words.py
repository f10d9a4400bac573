"""What the preference page says, in the language of its reader."""

import pytest

from digest import languages
from digest.model import Depth
from subscribers import preference_words
from tests.articles import newsletter


@pytest.mark.parametrize(
    ("schedule", "language", "note"),
    [
        ("", "en", "As they come out"),
        ("mon 07:00", "en", "On Mondays"),
        ("mon,thu 07:00", "en", "On Mondays and Thursdays"),
        ("mon-fri 07:00", "en", "As they come out"),
        ("daily 06:30", "en", "One a day"),
        ("mon,thu 07:00", "de", "Immer montags und donnerstags"),
        ("sat,sun 07:00", "pt-BR", "Sempre aos sábados e aos domingos"),
        ("mon,thu 07:00", "ar", "كل اثنين وخميس"),
        ("mon,thu 07:00", "ja", "毎週月曜日、木曜日"),
    ],
)
def test_a_frequency_says_when_issues_come(schedule: str, language: str, note: str) -> None:
    assert preference_words.tiles(newsletter(schedule=schedule), language)[0].note == note


@pytest.mark.parametrize(
    ("a_week", "language", "said"),
    [
        (None, "en", ""),
        (0.4, "en", ""),
        (0.5, "en", ""),
        (2.6, "en", "About 3 a week"),
        (1234, "de", "Etwa 1.234 pro Woche"),
        (2.6, "ar", "نحو 3 في الأسبوع"),
    ],
)
def test_a_topic_says_how_much_it_brings(a_week: float | None, language: str, said: str) -> None:
    assert preference_words.about(a_week, language) == said


@pytest.mark.parametrize("language", languages.translated())
def test_each_depth_and_frequency_has_a_word_of_its_own(language: str) -> None:
    depths = preference_words.depths(language)
    tiles = preference_words.tiles(newsletter(schedule=""), language)
    assert list(depths) == [Depth.FULL, Depth.BRIEF, Depth.HEADLINES]
    assert len(set(depths.values())) == len(depths)
    assert len({tile.title for tile in tiles}) == len(tiles)
