"""The store of lead pictures, and their addresses, which `digest serve` answers to.

A picture is named by a keyed hash of what it is: nobody can guess the name, and the same picture has the same address
in every issue. What was found at a source's address is remembered by a hash of the address.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from digest import db
from digest.ingest.picture_files import Cropped, Unusable
from digest.model import Picture
from digest.tables import picture_sources, pictures

NAME_BYTES = 16  # 128 bits
_NAME = re.compile(rf"[0-9a-f]{{{2 * NAME_BYTES}}}")


class Known(NamedTuple):
    """What was found at a source's address when it was fetched last: a picture, or why there is none."""

    picture: Picture | None
    failure: str
    fetched_at: datetime


def address(base_url: str, name: str) -> str:
    """Return the address of a picture."""
    return f"{base_url}/pictures/{name}.jpg"


def name_in(url: str) -> str:
    """Return the name of the picture that has an address of ours."""
    return url.rpartition("/")[2].removesuffix(".jpg")


def name(jpeg: bytes, secret: bytes) -> str:
    """Return the name of a picture: 32 hexadecimal digits."""
    key = hmac.digest(secret, b"digest picture", "sha256")
    return hmac.digest(key, jpeg, "sha256")[:NAME_BYTES].hex()


def url_digest(url: str) -> str:
    """Return what a source's address is remembered by."""
    return hashlib.sha256(url.encode()).hexdigest()


def known(connection: Connection, urls: Iterable[str], base_url: str) -> dict[str, Known]:
    """Return what was found at these addresses, by address; those that were never fetched are not there."""
    by_digest = {url_digest(url): url for url in urls}
    joined = picture_sources.outerjoin(pictures, pictures.c.name == picture_sources.c.picture)
    query = select(picture_sources, pictures.c.width, pictures.c.height).select_from(joined)
    rows = connection.execute(query.where(picture_sources.c.url_digest.in_(by_digest)))
    return {
        by_digest[row.url_digest]: Known(
            Picture(address(base_url, row.picture), row.width, row.height) if row.picture else None,
            row.failure,
            row.fetched_at,
        )
        for row in rows
    }


def keep(connection: Connection, url: str, found: Cropped | Unusable, *, secret: bytes, now: datetime) -> None:
    """Remember what was found at a source's address, and store the picture unless it is there."""
    values = {"picture": None, "failure": "", "fetched_at": now}
    if isinstance(found, Unusable):
        values["failure"] = found.reason
    else:
        values["picture"] = name(found.jpeg, secret)
        row = {"name": values["picture"], **found._asdict(), "made_at": now}
        connection.execute(db.insert(connection, pictures).values(row).on_conflict_do_nothing())
    statement = db.insert(connection, picture_sources).values(url_digest=url_digest(url), **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[picture_sources.c.url_digest], set_=values))


def jpeg(connection: Connection, name: str) -> bytes | None:
    """Return the picture of that name, or None; the name may be anything."""
    if _NAME.fullmatch(name) is None:
        return None
    found = connection.execute(select(pictures.c.jpeg).where(pictures.c.name == name)).scalar_one_or_none()
    return bytes(found) if found is not None else None
