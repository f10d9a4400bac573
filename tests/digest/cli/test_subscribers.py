import json
import stat
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from digest import db, tables
from tests.digest.cli.conftest import Digest

ANN = "ann@example.com"
EXPORTS = Path(__file__).parents[2] / "data" / "subscribers"
KEYS = {
    "email",
    "name",
    "status",
    "lists",
    "categories",
    "muted",
    "depth",
    "frequency",
    "timezone",
    "language",
    "paused_until",
    "suppressed",
}


@pytest.fixture
def people(digest: Digest, tmp_path: Path) -> Path:
    """A file of two people, imported."""
    path = tmp_path / "people.csv"
    path.write_text(
        "email,name,categories,frequency,timezone,language,list\n"
        "ann@example.com,Ann,World;Sport,weekly,Europe/Paris,fr,readers\n"
        "ben@example.com,Ben,,,,,pilots\n"
    )
    assert digest("subscribers", "import", str(path)).code == 0
    return path


def test_import_counts_and_the_same_again_is_unchanged(digest: Digest, people: Path) -> None:
    ran = digest("subscribers", "import", str(people), "--json")

    assert (ran.code, ran.err) == (0, "")
    assert ran.json == {"added": 0, "updated": 0, "unchanged": 2, "skipped": 0, "rejected": []}


def test_import_of_wrong_rows_ends_with_3_and_names_them(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,categories,tags\nann@example.com,Wrold,x\nben@example.com,world,x\n")

    ran = digest("subscribers", "import", str(path), "--json")
    told = digest("subscribers", "import", str(path))

    assert (ran.code, ran.json["added"]) == (3, 1)
    assert ran.json["rejected"] == [{"line": 2, "reason": "“Wrold” is not a known category (did you mean “World”?)"}]
    assert "“tags” is ignored" in ran.err
    assert (told.code, told.out) == (3, "")
    assert "line 2: “Wrold”" in told.err
    assert "1 unchanged" in told.err


def test_many_wrong_rows_do_not_flood_the_terminal(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "nobody\n" * 1000)

    ran = digest("subscribers", "import", str(path))

    assert len(ran.err.splitlines()) == 22
    assert "980 more" in ran.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Email,Subscription type,Subscription date\n", "Substack"),
        (b"name\nAnn\n", "no column “email”"),
        (b"email,n\n" + "a,ö\n".encode() * 2 + b"b,\xff\n", "UTF-8"),
        (b"", "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_exit_1(
    digest: Digest, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)

    ran = digest("subscribers", "import", str(path), "--json")

    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_missing_file_is_exit_1(digest: Digest) -> None:
    ran = digest("subscribers", "import", "none.csv")

    assert (ran.code, ran.err.strip()) == (1, "digest: cannot read none.csv: No such file or directory")


def test_the_list_option_puts_everybody_on_it(digest: Digest, people: Path) -> None:
    ran = digest("subscribers", "import", str(people), "--list", "autumn", "--json")

    assert ran.json["updated"] == 2
    assert [person["lists"] for person in digest("subscribers", "list").rows] == [
        ["autumn", "readers"],
        ["autumn", "pilots"],
    ]


def test_show_and_list_print_the_same_object(digest: Digest, people: Path) -> None:
    shown = digest("subscribers", "show", "ANN@example.com", "--json").json

    assert shown.keys() >= KEYS
    assert shown["email"] == ANN
    assert shown["categories"] == ["World", "Sport"]
    assert (shown["frequency"], shown["timezone"], shown["language"]) == ("weekly", "Europe/Paris", "fr")
    assert digest("subscribers", "list", "--json").rows[0] == shown


def test_list_can_be_narrowed(digest: Digest, people: Path) -> None:
    digest("subscribers", "unsubscribe", ANN)

    def emails(*options: str) -> list[str]:
        return [person["email"] for person in digest("subscribers", "list", *options).rows]

    assert emails("--list", "pilots") == ["ben@example.com"]
    assert emails("--status", "unsubscribed") == [ANN]
    assert emails("--list", "pilots", "--status", "unsubscribed") == []


def test_show_in_words_says_what_there_is(digest: Digest, people: Path) -> None:
    ran = digest("subscribers", "show", ANN)

    assert "categories    World, Sport" in ran.out


@pytest.mark.parametrize("command", [["show"], ["set", "--name", "x"], ["unsubscribe"], ["erase", "--yes"], ["export"]])
def test_an_unknown_address_is_exit_1(digest: Digest, command: list[str]) -> None:
    ran = digest("subscribers", *command, "nobody@example.com")

    assert (ran.code, ran.out) == (1, "")
    assert "there is no subscriber “nobody@example.com”" in ran.err


def test_set_changes_what_is_named_and_nothing_else(digest: Digest, people: Path) -> None:
    before = digest("subscribers", "show", ANN, "--json").json

    ran = digest(
        *("subscribers", "set", ANN, "--categories", "science, World", "--frequency", "monthly"),
        *("--depth", "Sport=headlines", "--depth", "world=full", "--mute", "Noise.example", "--json"),
    )

    assert ran.json == before | {
        "categories": ["Science", "World"],
        "frequency": "monthly",
        "depth": {"Sport": "headlines", "World": "full"},
        "muted": ["noise.example"],
    }
    assert digest("subscribers", "show", ANN, "--json").json == ran.json


def test_set_takes_one_depth_at_a_time_and_empties_the_rest(digest: Digest, people: Path) -> None:
    digest("subscribers", "set", ANN, "--depth", "Sport=headlines", "--mute", "noise.example")

    ran = digest(
        *("subscribers", "set", ANN, "--depth", "World=full", "--categories", "", "--mute", ""),
        *("--timezone", "", "--language", "", "--name", "", "--json"),
    )

    assert ran.json["depth"] == {"Sport": "headlines", "World": "full"}
    assert [ran.json[key] for key in ("categories", "muted", "timezone", "language", "name")] == [[], [], "", "", ""]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--categories", "World,Wrold", "“World”"),
        ("--depth", "Sport=deep", "known: headlines, brief, full"),
        ("--depth", "Sport", "Sport=headlines"),
        ("--frequency", "hourly", "known: every_issue"),
        ("--timezone", "Europe/Pariss", "“Europe/Paris”"),
        ("--language", "french!", "fr or pt-BR"),
        ("--mute", "noise", "known category"),
        ("--mute", "-noise.example", "domain"),
        ("--paused-until", "2027-01-01T00:00:00", "offset"),
    ],
)
def test_set_of_a_wrong_value_is_exit_2_and_changes_nothing(
    digest: Digest, people: Path, option: str, value: str, words: str
) -> None:
    before = digest("subscribers", "show", ANN, "--json").json

    ran = digest("subscribers", "set", ANN, "--name", "Other", option, value)

    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert digest("subscribers", "show", ANN, "--json").json == before


def test_a_pause_is_set_and_ended(digest: Digest, people: Path) -> None:
    paused = digest("subscribers", "set", ANN, "--paused-until", "2027-01-01T00:00:00Z", "--json").json
    back = digest("subscribers", "set", ANN, "--paused-until", "", "--json").json

    assert (paused["status"], paused["paused_until"]) == ("paused", "2027-01-01T00:00:00Z")
    assert (back["status"], back["paused_until"]) == ("confirmed", None)


def test_somebody_who_left_cannot_be_paused(digest: Digest, people: Path) -> None:
    digest("subscribers", "unsubscribe", ANN)

    assert digest("subscribers", "set", ANN, "--paused-until", "2027-01-01T00:00:00Z").code == 2


def test_unsubscribe_ends_everything_and_import_does_not_bring_back(digest: Digest, people: Path) -> None:
    ran = digest("subscribers", "unsubscribe", ANN, "--json")

    assert ran.json == {"email": ANN, "status": "unsubscribed"}
    assert digest("subscribers", "import", str(people), "--json").json["skipped"] == 1
    assert digest("subscribers", "show", ANN, "--json").json["status"] == "unsubscribed"


def test_unsubscribe_from_a_newsletter_that_does_not_exist_is_exit_2(digest: Digest, people: Path) -> None:
    ran = digest("subscribers", "unsubscribe", ANN, "--newsletter", "wekly")

    assert ran.code == 2
    assert "“weekly”" in ran.err


def test_unsubscribe_from_the_only_newsletter_is_leaving(digest: Digest, people: Path) -> None:
    assert (
        digest("subscribers", "unsubscribe", ANN, "--newsletter", "weekly", "--json").json["status"] == "unsubscribed"
    )


def test_suppress_holds_for_the_known_and_the_unknown(digest: Digest, people: Path) -> None:
    known = digest("subscribers", "suppress", ANN, "--reason", "complained", "--json")
    unknown = digest("subscribers", "suppress", "cleo@example.com", "--json")

    assert known.json == {"email": ANN, "status": "confirmed", "suppressed": "complained"}
    assert unknown.json == {"email": "cleo@example.com", "status": "suppressed"}
    assert digest("subscribers", "show", ANN, "--json").json["suppressed"] == "complained"
    people.write_text("email\ncleo@example.com\nann@example.com\n")
    assert digest("subscribers", "import", str(people), "--json").json["skipped"] == 2


def test_suppress_of_what_is_no_address_is_exit_2(digest: Digest) -> None:
    assert digest("subscribers", "suppress", "cleo").code == 2


def test_erase_without_a_terminal_needs_yes(digest: Digest, people: Path) -> None:
    refused = digest("subscribers", "erase", ANN)
    done = digest("subscribers", "erase", ANN, "--yes", "--json")

    assert refused.code == 2
    assert "--yes" in refused.err
    assert done.json == {"email": ANN, "status": "erased"}
    assert digest("subscribers", "show", ANN).code == 1


@pytest.mark.parametrize(("typed", "code"), [("Ann@example.com", 0), ("ben@example.com", 2)])
def test_erase_at_a_terminal_has_the_address_typed(
    digest: Digest, people: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    from digest.cli import subscribers

    monkeypatch.setattr(subscribers, "_is_terminal", lambda: True)

    ran = digest("subscribers", "erase", ANN, stdin=f"{typed}\n".encode())

    assert ran.code == code
    assert (ANN in digest("subscribers", "list").out) == bool(code)


def test_export_reads_back_unchanged_in_another_installation(
    digest: Digest, people: Path, engine: Engine, tmp_path: Path
) -> None:
    digest("subscribers", "set", ANN, "--name", "=cmd|' /C calc'!A0", "--depth", "Sport=full")
    digest("subscribers", "unsubscribe", "ben@example.com")
    first = digest("subscribers", "export").out
    path = tmp_path / "export.csv"
    path.write_text(first)
    with db.transaction(engine) as connection:
        connection.execute(tables.subscribers.delete())

    assert digest("subscribers", "import", str(path), "--json").json["added"] == 2

    assert digest("subscribers", "export").out == first
    assert "\nann@example.com,'=cmd|" in first


def test_export_to_a_file_is_private_and_replaces_it_whole(digest: Digest, people: Path, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("old")

    ran = digest("subscribers", "export", "-o", str(path))

    assert (ran.code, ran.out) == (0, "")
    assert path.read_text() == digest("subscribers", "export").out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(found.name for found in tmp_path.iterdir() if "export" in found.name) == ["export.csv"]


def test_export_into_a_folder_that_is_not_there_is_exit_1(digest: Digest, people: Path, tmp_path: Path) -> None:
    ran = digest("subscribers", "export", "-o", str(tmp_path / "none" / "export.csv"))

    assert ran.code == 1
    assert "none" in ran.err


def test_export_of_one_person_is_all_that_is_held(digest: Digest, people: Path, engine: Engine, now: object) -> None:
    with db.transaction(engine) as connection:
        issue = {"newsletter": "weekly", "number": 3, "frozen": "{}", "base_url": "x", "nonce": "x", "since": now}
        connection.execute(tables.issues.insert(), {**issue, "id": 1, "until": now, "created_at": now})
        ann = connection.scalar(select(tables.subscribers.c.id).where(tables.subscribers.c.email == ANN))
        delivery = {"issue_id": 1, "subscriber_id": ann, "edition": 1, "choices": 1, "recipient": ANN, "name": "Ann"}
        outcome = {"status": "accepted", "attempts": 1, "code": 250, "reply": "ok", "at": now}
        connection.execute(tables.deliveries.insert(), {**delivery, **outcome})
    digest("subscribers", "unsubscribe", ANN, "--newsletter", "weekly")

    held = json.loads(digest("subscribers", "export", ANN).out)

    assert held.keys() >= KEYS
    assert [event["kind"] for event in held["consent_events"]] == ["imported", "unsubscribed"]
    assert held["consent_events"][0]["source"] == "import:people.csv"
    assert [(d["issue"], d["status"], d["at"]) for d in held["deliveries"]] == [
        ("weekly/3", "accepted", "2026-11-23T07:00:00Z")
    ]
    assert held["unsubscriptions"][0]["newsletter"] == "weekly"
    assert held["subscriptions"][0]["list"] == "readers"


def test_erasing_removes_deliveries_too(digest: Digest, people: Path, engine: Engine) -> None:
    digest("subscribers", "erase", ANN, "--yes")

    with db.reading(engine) as connection:
        events = connection.execute(select(tables.consent_events.c.subscriber_id)).all()

    assert len(events) == 1


def test_a_surrogate_in_an_argument_is_no_fault_of_the_program(digest: Digest) -> None:
    ran = digest("subscribers", "show", b"\xff@example.com".decode(errors="surrogateescape"))

    assert ran.code == 1
    assert "there is no subscriber" in ran.err


def test_a_dry_run_says_what_would_happen_and_stores_nothing(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,name\nann@example.com,Ann\nnobody,\n")

    ran = digest("subscribers", "import", str(path), "--dry-run", "--json")

    assert ran.code == 3
    said = json.loads(ran.out)
    assert (said["dry_run"], said["added"], [row["line"] for row in said["rejected"]]) == (True, 1, [3])
    assert said["examples"][0]["email"] == "ann@example.com"
    assert digest("subscribers", "list").out == ""
    assert "nothing is stored; it would be: 1 added" in digest("subscribers", "import", str(path), "--dry-run").err


def test_a_zip_of_mailchimp_is_taken_in_as_a_whole(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in ("subscribed", "unsubscribed", "cleaned", "nonsubscribed"):
            name = f"{part}_email_audience_export_5f1c2d.csv"
            archive.write(EXPORTS / name, name)
        archive.writestr("unsubscribed_more.csv", "Email Address,LEID\nnobody,1\n")

    ran = digest("subscribers", "import", str(path), "--json")

    assert ran.code == 3
    said = json.loads(ran.out)
    assert said["added"] == 6
    assert said["rejected"][0]["reason"].startswith("unsubscribed_more.csv: “nobody” is not an email address")
    assert "nonsubscribed_email_audience_export_5f1c2d.csv" in ran.err
    assert "is read as an export of Mailchimp" in ran.err


def test_the_format_that_is_asked_for_must_be_the_files(digest: Digest, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,name\nann@example.com,Ann\n")

    ran = digest("subscribers", "import", str(path), "--format", "ghost")

    assert ran.code == 1
    assert "people.csv is no export of Ghost: that has the columns email and subscribed_to_emails" in ran.err
    assert digest("subscribers", "import", str(EXPORTS / "ghost.csv"), "--format", "ghost", "--json").code == 0
