from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from digest import db
from digest.tables import metadata
from subscribers import consent, fields, importing, rehearsal, sheets
from subscribers.entries import Terms
from subscribers.model import Status
from tests.subscribers.people import NEWSLETTERS, NOW, SECRET, enrol, found

TERMS = Terms(
    categories=fields.Categories(["World", "Sport"]),
    newsletters=NEWSLETTERS,
    lists=(),
    source="import:people.csv",
    secret=SECRET,
    now=NOW,
)


def sheet(text: str) -> sheets.Sheet:
    return sheets.Sheet("people.csv", BytesIO(text.encode()))


def everything(database: Engine) -> list[Sequence[object]]:
    with db.reading(database) as connection:
        return [row for table in metadata.sorted_tables for row in connection.execute(select(table)).all()]


def rehearsed(database: Engine, text: str) -> importing.Result:
    with rehearsal.rehearsing(database, SECRET) as begin:
        return importing.take(begin, sheet(text), TERMS)


def populate(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, "ann@example.com")
        enrol(connection, "pending@example.com", status=Status.PENDING)
        enrol(connection, "bounced@example.com", suppressed="bounced")
        left = enrol(connection, "left@example.com")
        consent.unsubscribe(connection, left, NEWSLETTERS, newsletter=None, source="page", now=NOW)
        erased = enrol(connection, "erased@example.com")
        consent.unsubscribe(connection, erased, NEWSLETTERS, newsletter=None, source="page", now=NOW)
        consent.erase(connection, found(connection, "erased@example.com"), source="page", now=NOW)


def test_a_rehearsal_says_what_an_import_does_and_writes_nothing(database: Engine) -> None:
    populate(database)
    before = everything(database)
    text = (
        "email,name,status\nann@example.com,Ann,\npending@example.com,,\nbounced@example.com,,\nleft@example.com,,\n"
        "erased@example.com,,\nnew@example.com,,\nnew@example.com,New,\nann@example.com,Ann,unsubscribed\nnobody,,\n"
    )

    result = rehearsed(database, text)

    assert everything(database) == before
    assert result == importing.run(database, sheet(text), TERMS)
    assert result.outcomes == {"added": 1, "updated": 4, "skipped": 3}
    assert [line for line, _ in result.rejected] == [10]


emails = st.sampled_from(["ann", "pending", "bounced", "left", "erased", "x", "y", "z"])
rows = st.tuples(emails, st.sampled_from(["", "N", "M"]), st.sampled_from(["", *Status]), st.sampled_from(["", "bad"]))


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(rows, max_size=12))
def test_it_says_the_same_whatever_comes_in_which_chunk(
    tmp_path_factory: pytest.TempPathFactory, people: list[tuple[str, ...]]
) -> None:
    database = db.connect(f"sqlite:///{tmp_path_factory.mktemp('twin')}/digest.db")
    db.migrate(database)
    populate(database)
    text = "email,name,status,suppressed\n" + "".join(
        f"{email}@example.com,{name},{status},{suppressed}\n" for email, name, status, suppressed in people
    )

    with rehearsal.rehearsing(database, SECRET) as begin:
        said = importing.take(begin, sheet(text), TERMS, chunk_rows=3)
    assert said == importing.take(importing.writing(database), sheet(text), TERMS, chunk_rows=3)
    database.dispose()


def test_the_copy_is_gone_afterwards(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()

    with pytest.raises(RuntimeError), rehearsal.rehearsing(database, SECRET):
        assert list((tmp_path / "scratch").iterdir())
        raise RuntimeError

    assert not list((tmp_path / "scratch").iterdir())
