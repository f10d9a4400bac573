"""The packaged sample data: complete, varied, fictional, and small."""

import io
import re
import struct
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.demo import workplace
from digest.ingest import sources
from digest.ingest.records import Accepted
from digest.model import Article
from digest.source_settings import Source
from tests.conftest import NOW

CATEGORIES = {"World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport"}
IMAGES = workplace.DATA / "images"
RESERVED = re.compile(r"(^|\.)(example|example\.(com|org|net)|test)$")
BASE_URL = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> list[Article]:
    """The sample articles, read as `ingest` reads them."""
    path = tmp_path_factory.mktemp("data") / "articles.json"
    path.write_text(workplace.articles_text(BASE_URL, NOW), encoding="utf-8")
    return list(_accepted(path))


def _accepted(path: Path) -> Iterator[Article]:
    for found in sources.walk([Source(location=str(path))], io.BytesIO(), sources.Terms(NOW)):
        assert isinstance(found, Accepted), found
        yield found.article


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header of a JPEG file."""
    frame = re.search(rb"\xff[\xc0\xc2]..\x08(....)", data, re.DOTALL)
    assert frame
    height, width = struct.unpack(">HH", frame[1])
    return width, height


def test_there_are_about_forty_stories_in_eight_categories(stories: list[Article]) -> None:
    assert 38 <= len(stories) <= 44
    assert {story.category for story in stories} == CATEGORIES
    assert len({story.id for story in stories}) == len({story.title for story in stories}) == len(stories)


def test_most_stories_are_of_the_last_week_and_all_of_the_last_four(stories: list[Article]) -> None:
    ages = [NOW - story.published_at for story in stories]
    week = [story for story, age in zip(stories, ages, strict=True) if age < timedelta(days=7)]
    assert all(timedelta(0) < age < timedelta(days=28) for age in ages)
    assert 24 <= len(week) < len(stories)
    assert {story.category for story in week} == CATEGORIES


def test_one_category_has_a_single_story_this_week(stories: list[Article]) -> None:
    week = Counter(story.category for story in stories if NOW - story.published_at < timedelta(days=7))
    assert min(week.values()) == 1


def test_the_newest_story_of_each_category_has_a_picture(stories: list[Article]) -> None:
    newest = {story.category: story for story in sorted(stories, key=lambda story: story.published_at)}
    assert all(story.image_url and story.image_alt for story in newest.values())


def test_each_story_has_every_part_that_mails_show(stories: list[Article]) -> None:
    for story in stories:
        assert 2 <= len(story.tldr) <= 4, story.title
        assert story.why_it_matters, story.title
        assert 2 <= len(story.key_points) <= 6, story.title
        assert len(story.sources) >= 2, story.title
        assert any("<b>" in point.html for point in story.tldr), story.title
        assert not re.search(r"\{\d|\[\[|\*\*", story.tldr[0].plain + story.why_it_matters.plain), story.title


def test_every_address_is_of_a_reserved_domain(stories: list[Article]) -> None:
    for story in stories:
        for url in [story.url, *(source.url for source in story.sources)]:
            assert RESERVED.search(urlsplit(url).hostname or ""), url
    people = workplace.subscribers_text(NOW)
    assert all(RESERVED.search(domain) for domain in re.findall(r"@([\w.-]+)", people))


def test_pictures_are_small_wide_and_each_is_used(stories: list[Article]) -> None:
    used = {story.image_url.rpartition("/")[2] for story in stories if story.image_url}
    assert used == {path.name for path in IMAGES.iterdir()}
    for path in IMAGES.iterdir():
        data = path.read_bytes()
        assert len(data) <= 45_000, path.name
        assert jpeg_size(data) == (1104, 621), path.name


def test_picture_addresses_begin_with_ours(stories: list[Article]) -> None:
    pictures = [story.image_url for story in stories if story.image_url]
    assert all(url.startswith(f"{BASE_URL}/demo/images/") for url in pictures)
