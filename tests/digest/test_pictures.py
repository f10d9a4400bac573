"""The store of pictures, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from digest import db, pictures, tables
from digest.ingest.picture_files import Cropped, Unusable
from digest.model import Picture

SECRET, BASE = b"a secret", "https://news.example.com"
ONE, OTHER = Cropped(b"\xff\xd8 one", 552, 310), Cropped(b"\xff\xd8 other", 400, 225)


def keep(engine: Engine, url: str, found: Cropped | Unusable, now: datetime) -> None:
    with db.transaction(engine) as connection:
        pictures.keep(connection, url, found, secret=SECRET, now=now)


def known(engine: Engine, *urls: str) -> dict[str, pictures.Known]:
    with db.reading(engine) as connection:
        return pictures.known(connection, urls, BASE)


def test_what_was_found_is_known_by_the_sources_address(database: Engine, now: datetime) -> None:
    keep(database, "https://a.example/1.jpg", ONE, now)
    keep(database, "https://a.example/2.jpg", Unusable("the server answers 404 Not Found"), now)

    found = known(database, "https://a.example/1.jpg", "https://a.example/2.jpg", "https://a.example/3.jpg")

    url = f"{BASE}/pictures/{pictures.name(ONE.jpeg, SECRET)}.jpg"
    assert found == {
        "https://a.example/1.jpg": pictures.Known(Picture(url, 552, 310), "", now),
        "https://a.example/2.jpg": pictures.Known(None, "the server answers 404 Not Found", now),
    }


def test_one_picture_of_two_sources_is_stored_once_and_has_one_address(database: Engine, now: datetime) -> None:
    for url in ("https://a.example/1.jpg", "https://b.example/1.jpg"):
        keep(database, url, ONE, now)

    first, second = known(database, "https://a.example/1.jpg", "https://b.example/1.jpg").values()

    assert first.picture == second.picture
    with db.reading(database) as connection:
        assert connection.execute(select(func.count()).select_from(tables.pictures)).scalar_one() == 1


def test_a_later_try_replaces_what_was_found(database: Engine, now: datetime) -> None:
    url, later = "https://a.example/1.jpg", now + timedelta(hours=13)
    keep(database, url, Unusable("the server answers 404 Not Found"), now)
    keep(database, url, OTHER, later)

    (found,) = known(database, url).values()

    assert (found.picture is not None, found.failure, found.fetched_at) == (True, "", later)


def test_nobody_can_make_up_a_name_without_the_secret() -> None:
    names = {pictures.name(ONE.jpeg, SECRET), pictures.name(OTHER.jpeg, SECRET), pictures.name(ONE.jpeg, b"another")}

    assert len(names) == 3
    assert all(len(name) == 32 for name in names)
    assert pictures.name(ONE.jpeg, SECRET) == pictures.name(ONE.jpeg, SECRET)
    assert pictures.name_in(pictures.address(BASE, "0" * 32)) == "0" * 32


def test_a_sources_address_with_a_password_is_not_stored(database: Engine, now: datetime) -> None:
    keep(database, "https://ada:s3cret@a.example/1.jpg", ONE, now)

    with db.reading(database) as connection:
        stored = connection.execute(select(tables.picture_sources.c.url_digest)).scalars().all()
    assert "s3cret" not in str(stored)


@pytest.mark.parametrize("name", ["", "x", "0" * 31, "0" * 33, "G" * 32, "\x00" * 32, "../../etc/passwd", "'" * 32])
def test_another_name_finds_nothing(database: Engine, name: str) -> None:
    with db.reading(database) as connection:
        assert pictures.jpeg(connection, name) is None


def test_the_bytes_come_back(database: Engine, now: datetime) -> None:
    keep(database, "https://a.example/1.jpg", ONE, now)

    with db.reading(database) as connection:
        assert pictures.jpeg(connection, pictures.name(ONE.jpeg, SECRET)) == ONE.jpeg
