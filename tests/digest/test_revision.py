import pytest

from digest.model import Article
from digest.revision import is_material
from tests.articles import article, rich

OLD = article(1, title="Council approves the harbour bridge", tldr=(rich("It costs 4 million crowns."),))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({"title": "Council approves the harbor bridge"}, False),
        ({"title": "Council approves the Harbour bridge!"}, False),
        ({"view_count": 99, "image_url": "https://x.example/a.png"}, False),
        ({"tldr": (rich("It costs 5 million crowns."),)}, True),
        ({"title": "Court stops the harbour bridge"}, True),
        ({"why_it_matters": None}, True),
        ({"tldr": (*OLD.tldr, rich("Work begins in spring."))}, True),
        ({"key_points": (rich("Something that no TL;DR mentions at all."),)}, False),
    ],
)
def test_only_what_readers_would_notice_is_material(new: dict[str, object], expected: bool) -> None:
    fields: dict[str, object] = {"title": OLD.title, "tldr": OLD.tldr}

    assert is_material(OLD, article(1, **(fields | new))) is expected


def test_scripts_without_spaces_count_by_character() -> None:
    def told(title: str) -> Article:
        return article(1, title=title)

    assert not is_material(told("港の橋を承認"), told("港の橋を可認"))
    assert is_material(told("港の橋を承認"), told("裁判所が橋を止める"))
