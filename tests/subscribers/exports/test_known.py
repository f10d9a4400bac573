"""The exports of other programs, whole: recognised, read, and never bringing anybody back."""

import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from digest import db, tables
from digest.errors import SourceError
from subscribers import archives, consent, fields, importing, sheets, store
from subscribers.entries import Terms
from subscribers.exports import known
from subscribers.model import Status, Subscriber
from tests.subscribers.people import NEWSLETTERS, NOW, SECRET, enrol, found

FILES = Path(__file__).parents[2] / "data" / "subscribers"
EXPORT = "email_audience_export_5f1c2d.csv"
TERMS = Terms(
    categories=fields.Categories(["World", "Science", "Sport"]),
    newsletters=NEWSLETTERS,
    lists=(),
    source="import:export",
    secret=SECRET,
    now=NOW,
)
EVERYONE = {
    "mailchimp": f"subscribed_{EXPORT}",
    "substack": "email_list.harbour.csv",
    "listmonk": "listmonk.csv",
    "ghost": "ghost.csv",
    "buttondown": "buttondown.csv",
}


def load(database: Engine, *names: str) -> importing.Result:
    result = importing.Result()
    for name in names:
        with sheets.opened(FILES / name) as sheet:
            program = known.recognised(sheet)
            result.include(importing.take(importing.writing(database), sheet, TERMS, program=program))
    return result


def counts(result: importing.Result) -> dict[str, int]:
    return {str(outcome): number for outcome, number in result.outcomes.items()}


def people(database: Engine) -> dict[str, Subscriber]:
    with db.reading(database) as connection:
        return {person.email: person for person in store.every(connection)}


def details(database: Engine) -> list[str]:
    table = tables.consent_events.c
    with db.reading(database) as connection:
        return list(
            connection.execute(select(table.detail).where(table.kind == "imported").order_by(table.id)).scalars()
        )


@pytest.mark.parametrize(("name", "file"), EVERYONE.items())
def test_an_export_is_recognised_by_its_columns(name: str, file: str) -> None:
    with sheets.opened(FILES / file) as sheet:
        program = known.recognised(sheet)
        assert program is known.PROGRAMS[name]
        assert known.named(name, sheet) is program
        for other in known.PROGRAMS.keys() - {name}:
            with pytest.raises(SourceError, match="is no export of"):
                known.named(other, sheet)


def test_our_own_file_and_lists_of_deliveries_are_no_exports(tmp_path: Path) -> None:
    own = tmp_path / "people.csv"
    own.write_text(",".join(sheets.COLUMNS) + "\n")
    for path in (own, FILES / "posts.csv", FILES / "101.first.delivers.csv"):
        with sheets.opened(path) as sheet:
            assert known.recognised(sheet) is None
            assert known.is_list_of_people(sheet) is (path is own)


def test_the_list_of_substacks_dashboard_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.csv"
    path.write_text("Email,Name,Subscription type,Activity,Subscription date,Revenue\nann@example.com,Ann,Free,3,,\n")

    with sheets.opened(path) as sheet, pytest.raises(SourceError, match=r"switched mail off.*email_list"):
        known.recognised(sheet)


def test_mailchimp(database: Engine) -> None:
    result = load(database, f"subscribed_{EXPORT}", f"unsubscribed_{EXPORT}", f"cleaned_{EXPORT}")

    assert (counts(result), result.rejected) == ({"added": 6}, [])
    everyone = people(database)
    amara, tomas = everyone["Amara.Okpalde@reader.test"], everyone["tomas.ferreirinha@mail.example.com"]
    assert (amara.name, amara.status, amara.timezone) == ("Amara Okpalde", Status.CONFIRMED, "Africa/Lagos")
    assert amara.preferences.categories == ("World", "Science", "Sport")
    assert (tomas.name, tomas.preferences.categories) == ("Tomás", ("Sport",))
    liesbet = everyone["liesbet@mail.example.com"]
    assert (liesbet.name, liesbet.preferences.categories, liesbet.timezone) == ("Liesbet van der Moor", (), "")
    assert everyone["wilma@uni.example.org"].status is Status.UNSUBSCRIBED
    angry = everyone["jonas@reader.test"]
    assert (angry.status, angry.suppressed) == (Status.UNSUBSCRIBED, "complained")
    assert everyone["gone@mail.example.com"].suppressed == "bounced"
    assert sorted(result.warnings) == [
        "tags: “VIP” is no category of ours: 2 times",
        "tags: “imported, 2025” is no category of ours: once",
        "timezone: “Mars/Olympus” is not known here, and left out: once",
        "topics: “Letters, notes and queries” is no category of ours: once",
    ]


def test_what_mailchimp_recorded_of_the_consent_is_kept(database: Engine) -> None:
    load(database, f"subscribed_{EXPORT}")

    assert details(database)[0] == (
        "status=confirmed lists=readers Mailchimp: optin_time=2026-02-05 11:15:12 optin_ip=198.51.100.84 "
        "confirm_time=2026-02-05 11:15:40 confirm_ip=198.51.100.84"
    )


def test_substack(database: Engine) -> None:
    assert counts(load(database, EVERYONE["substack"])) == {"added": 3}

    everyone = people(database)
    assert [who.status for who in everyone.values()] == [Status.CONFIRMED, Status.CONFIRMED, Status.UNSUBSCRIBED]
    assert details(database)[0].endswith("Substack: created_at=2025-04-01T22:19:54.073Z")


def test_listmonk(database: Engine) -> None:
    result = load(database, EVERYONE["listmonk"])

    cora, ray, otto, bea = people(database).values()
    assert (cora.name, cora.preferences.categories) == ("Cora Pennyfeathe", ("Science", "World"))
    assert (cora.frequency, cora.timezone, cora.language) == ("weekly", "Europe/Stockholm", "sv")
    assert (ray.status, ray.frequency, otto.status) == (Status.CONFIRMED, "every_issue", Status.UNSUBSCRIBED)
    assert (bea.status, bea.suppressed) == (Status.UNSUBSCRIBED, "blocklisted")
    assert "does not tell who has left a list" in result.warnings[0]
    assert result.warnings[1:] == [
        "categories: “Gardens” is no category of ours: once",
        "frequency: “fortnightly” is not known here, and left out: once",
    ]


def test_ghost(database: Engine) -> None:
    result = load(database, EVERYONE["ghost"])

    grace, dorothy, deleted = people(database).values()
    assert (grace.name, grace.status, grace.preferences.categories) == ("Grace Hoppner", Status.CONFIRMED, ("Science",))
    assert (dorothy.status, deleted.status) == (Status.UNSUBSCRIBED, Status.UNSUBSCRIBED)
    assert result.warnings == ["labels: “Early birds” is no category of ours: once"]


def test_buttondown(database: Engine) -> None:
    result = load(database, EVERYONE["buttondown"])

    assert counts(result) == {"added": 6}
    quill, waiting, left, dead, angry, holiday = people(database).values()
    assert (quill.name, quill.status, quill.preferences.categories) == (
        "Telemachus Quill",
        Status.CONFIRMED,
        ("World",),
    )
    assert [who.status for who in (waiting, left, holiday)] == [Status.PENDING, Status.UNSUBSCRIBED, Status.CONFIRMED]
    assert (dead.suppressed, angry.suppressed) == ("bounced", "complained")
    assert "creation_date=2026-01-02T10:00:00Z source=organic ip_address=192.0.2.4" in details(database)[0]
    assert [(line, "translucent" in reason) for line, reason in result.rejected] == [(8, True)]


@pytest.mark.parametrize("file", EVERYONE.values())
def test_an_export_twice_changes_nothing(database: Engine, file: str) -> None:
    load(database, file)
    before = people(database), details(database)

    assert load(database, file).outcomes[importing.Outcome.UPDATED] == 0
    assert (people(database), details(database)) == before


@pytest.mark.parametrize(
    ("file", "email"),
    [
        (EVERYONE["mailchimp"], "amara.okpalde@reader.test"),
        (EVERYONE["substack"], "kaia@inbox.example.org"),
        (EVERYONE["listmonk"], "cora@mail.example.com"),
        (EVERYONE["ghost"], "grace@mail.example.com"),
        (EVERYONE["buttondown"], "telemachus@mail.example.com"),
    ],
)
@pytest.mark.parametrize("gone", ["unsubscribed", "bounced", "complained", "erased"])
def test_an_export_brings_nobody_back(database: Engine, file: str, email: str, gone: str) -> None:
    with db.transaction(database) as connection:
        before = enrol(connection, email, suppressed=gone if gone in ("bounced", "complained") else None)
        if gone in ("unsubscribed", "erased"):
            consent.unsubscribe(connection, before, NEWSLETTERS, newsletter=None, source="page", now=NOW)
            before = found(connection, email)
        if gone == "erased":
            consent.erase(connection, before, source="page", now=NOW)

    assert load(database, file).outcomes[importing.Outcome.SKIPPED] == 1
    assert {who.email.lower(): who for who in people(database).values()}.get(email) == (
        None if gone == "erased" else before
    )


@pytest.mark.parametrize(
    ("name", "status", "suppressed"),
    [
        ("unsubscribed.csv", Status.UNSUBSCRIBED, None),
        ("bounced.csv", Status.CONFIRMED, "bounced"),
        ("complaints.csv", Status.UNSUBSCRIBED, "complained"),
    ],
)
def test_a_files_name_decides_where_its_columns_do_not(
    database: Engine, tmp_path: Path, name: str, status: Status, suppressed: str | None
) -> None:
    path = tmp_path / name
    path.write_text("uuid,email,name,attributes,status,created_at,updated_at\n1,ann@example.com,Ann,{},enabled,,\n")
    with sheets.opened(path) as sheet:
        importing.take(importing.writing(database), sheet, TERMS, program=known.recognised(sheet))

    ann = people(database)["ann@example.com"]
    assert (ann.status, ann.suppressed) == (status, suppressed)


def test_mailchimps_columns_decide_where_the_files_name_does_not(database: Engine, tmp_path: Path) -> None:
    for part, email in (("unsubscribed", "wilma@uni.example.org"), ("cleaned", "gone@mail.example.com")):
        path = tmp_path / "export.csv"
        path.write_bytes((FILES / f"{part}_{EXPORT}").read_bytes())
        with sheets.opened(path) as sheet:
            importing.take(importing.writing(database), sheet, TERMS, program=known.recognised(sheet))
        who = people(database)[email]
        assert (who.status, who.suppressed) in ((Status.UNSUBSCRIBED, None), (Status.CONFIRMED, "bounced"))


def test_people_who_never_agreed_are_refused(database: Engine) -> None:
    with pytest.raises(SourceError, match="never agreed to mail"):
        load(database, f"nonsubscribed_{EXPORT}")


def packed(tmp_path: Path, *names: str) -> Path:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(FILES / name, f"lists/{name}")
    return path


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ([f"{part}_{EXPORT}" for part in ("subscribed", "unsubscribed", "cleaned", "nonsubscribed")], 3),
        (["posts.csv", "101.first.delivers.csv", "email_list.harbour.csv"], 1),
    ],
)
def test_of_a_zip_only_the_lists_of_people_are_taken(tmp_path: Path, names: list[str], taken: int) -> None:
    with archives.opened(packed(tmp_path, *names), known.is_list_of_people) as opened:
        assert [sheet.name for sheet in opened.sheets] == [
            name for name in names if name.split("_")[0] in ("subscribed", "unsubscribed", "cleaned", "email")
        ]
        assert len(opened.sheets) == taken
        assert all(list(sheet.rows()) for sheet in opened.sheets)
        assert "left out" in opened.notes[0]
