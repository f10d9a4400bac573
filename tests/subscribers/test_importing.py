from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from digest import db
from digest.errors import SourceError
from digest.model import Depth
from subscribers import consent, enrolment, exporting, fields, importing, sheets, store
from subscribers.enrolment import Newcomer
from subscribers.entries import Terms
from subscribers.model import Frequency, Preferences, Status, Subscriber
from tests.subscribers.people import NEWSLETTERS, NOW, SECRET, enrol, events, found

KNOWN = ["World", "Business", "Sport", "Arts; Culture", "A=B\\C"]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "subscribers"
LATER = NOW + timedelta(days=7)


def terms(*lists: str, known: Sequence[str] = KNOWN) -> Terms:
    return Terms(
        categories=fields.Categories(known),
        newsletters=NEWSLETTERS,
        lists=lists,
        source="import:people.csv",
        secret=SECRET,
        now=NOW,
    )


def load(engine: Engine, text: str, *lists: str) -> dict[str, int]:
    """Import a text, and return the counts that are not zero."""
    result = importing.run(engine, sheets.Sheet("people.csv", BytesIO(text.encode())), terms(*lists))
    counts = {outcome.value: number for outcome, number in result.outcomes.items()}
    return counts | ({"rejected": len(result.rejected)} if result.rejected else {})


def rejections(engine: Engine, text: str) -> list[tuple[int, str]]:
    result = importing.run(engine, sheets.Sheet("people.csv", BytesIO(text.encode())), terms())
    return [(line, reason) for line, reason in result.rejected]


def everyone(engine: Engine) -> list[Subscriber]:
    with db.reading(engine) as connection:
        return list(store.every(connection))


def person(engine: Engine, email: str) -> Subscriber:
    with db.reading(engine) as connection:
        return found(connection, email)


def test_a_new_person_is_confirmed_and_where_from_is_recorded(database: Engine) -> None:
    text = (
        "email,name,categories,frequency,timezone,language,list\n"
        "Ann@Example.com, Ann  B ,sport;World,weekly,europe/paris,FR,readers;pilots\n"
    )

    assert load(database, text) == {"added": 1}

    ann = person(database, "ann@example.com")
    assert (ann.email, ann.name, ann.status) == ("Ann@Example.com", "Ann B", Status.CONFIRMED)
    assert ann.preferences == Preferences(("Sport", "World"))
    assert (ann.frequency, ann.timezone, ann.language) == (Frequency.WEEKLY, "Europe/Paris", "fr")
    assert ann.lists == ("pilots", "readers")
    with db.reading(database) as connection:
        assert events(connection, ann) == [("imported", None, "import:people.csv")]


def test_only_the_address_is_needed(database: Engine) -> None:
    assert load(database, "email\nann@example.com\n") == {"added": 1}

    ann = person(database, "ann@example.com")
    assert (ann.name, ann.preferences, ann.frequency) == ("", Preferences(), Frequency.EVERY_ISSUE)
    assert ann.lists == ("readers",)


def test_the_lists_asked_for_come_on_top_of_those_in_the_row(database: Engine) -> None:
    load(database, "email,list\nann@example.com,pilots\nben@example.com,\n", "autumn")

    assert [who.lists for who in everyone(database)] == [("autumn", "pilots"), ("autumn",)]


def test_the_same_file_again_changes_nothing(database: Engine) -> None:
    text = "email,name,categories,list\nann@example.com,Ann,World,pilots\nben@example.com,,,\n"
    load(database, text)
    before = everyone(database)

    assert load(database, text) == {"unchanged": 2}
    assert load(database, "email\nANN@example.com\n") == {"unchanged": 1}
    assert everyone(database) == before


def test_cells_that_say_something_update_and_empty_ones_do_not(database: Engine) -> None:
    load(database, "email,name,categories,depth,language\nann@example.com,Ann,World,World=full,fr\n")

    assert load(database, "email,name,categories,language,list\nann@example.com,,Sport,,pilots\n") == {"updated": 1}

    ann = person(database, "ann@example.com")
    assert ann.preferences == Preferences(("Sport",), (("World", Depth.FULL),))
    assert (ann.name, ann.language, ann.lists) == ("Ann", "fr", ("pilots", "readers"))


def test_of_two_rows_about_one_person_the_later_has_the_last_word(database: Engine) -> None:
    rows = "".join(f"{email},{name}\n" for email, name in [("ann@x.test", "A"), ("b@x.test", "B"), ("ANN@x.test", "C")])

    assert load(database, f"email,name\n{rows}ann@x.test,D\n") == {"added": 2, "updated": 2}
    assert person(database, "ann@x.test").name == "D"


@pytest.mark.parametrize("reason", ["bounced", "complained", "manual"])
def test_somebody_suppressed_stays_exactly_as_they_are(database: Engine, reason: str) -> None:
    with db.transaction(database) as connection:
        before = enrol(connection, "ann@example.com", suppressed=reason)

    assert load(database, "email,name,status,list\nann@example.com,Ann,confirmed,pilots\n") == {"skipped": 1}
    assert everyone(database) == [before]


def test_somebody_who_left_stays_exactly_as_they_are(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, "ann@example.com")
        consent.unsubscribe(connection, ann, NEWSLETTERS, newsletter=None, source="page", now=NOW)
        before = found(connection, "ann@example.com")

    assert load(database, "email,name,status,list\nANN@example.com,Ann,confirmed,pilots\n") == {"skipped": 1}
    assert everyone(database) == [before]


def test_somebody_erased_after_leaving_is_not_brought_back(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, "ann@example.com")
        consent.unsubscribe(connection, ann, NEWSLETTERS, newsletter=None, source="page", now=NOW)
        consent.erase(connection, ann, source="page", now=NOW)

    assert load(database, "email\nann@example.com\nben@example.com\n") == {"skipped": 1, "added": 1}
    assert [who.email for who in everyone(database)] == ["ben@example.com"]


def test_a_newsletter_that_was_left_stays_left(database: Engine) -> None:
    with db.transaction(database) as connection:
        ann = enrol(connection, "ann@example.com")
        consent.unsubscribe(connection, ann, NEWSLETTERS, newsletter="weekly", source="page", now=NOW)

    load(database, "email,name,list,left\nann@example.com,Ann,readers;pilots,\n")

    assert person(database, "ann@example.com").left == ("weekly",)


def test_a_row_may_end_what_somebody_agreed_to(database: Engine) -> None:
    load(database, "email\nann@x.test\nben@x.test\ncleo@x.test\ndora@x.test\n")

    text = (
        "email,status,left,suppressed,paused_until\n"
        f"ann@x.test,unsubscribed,,,\nben@x.test,,weekly,,\ncleo@x.test,,,bounced,\ndora@x.test,,,,{LATER.isoformat()}\n"
    )
    assert load(database, text) == {"updated": 4}
    assert load(database, text) == {"skipped": 2, "unchanged": 2}

    ann, ben, cleo, dora = everyone(database)
    assert (ann.status, ben.left, cleo.suppressed) == (Status.UNSUBSCRIBED, ("weekly",), "bounced")
    assert (dora.status, dora.paused_until) == (Status.PAUSED, LATER)


def test_an_old_row_does_not_end_a_pause(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, "ann@example.com", status=Status.PAUSED, paused_until=LATER)

    assert load(database, "email,status\nann@example.com,confirmed\n") == {"unchanged": 1}
    assert person(database, "ann@example.com").status is Status.PAUSED


@pytest.mark.parametrize("status", ["unsubscribed", "pending"])
def test_a_new_person_keeps_the_consent_that_the_row_says(database: Engine, status: str) -> None:
    load(database, f"email,status\nann@example.com,{status}\n")

    assert person(database, "ann@example.com").status == status


def test_an_import_vouches_for_somebody_who_was_pending(database: Engine) -> None:
    load(database, "email,status\nann@example.com,pending\nben@example.com,pending\n")

    assert load(database, "email,status\nann@example.com,\nben@example.com,pending\n") == {"updated": 1, "unchanged": 1}
    assert [who.status for who in everyone(database)] == [Status.CONFIRMED, Status.PENDING]


def test_wrong_rows_are_named_and_the_others_stored(database: Engine) -> None:
    text = (
        "email,name,categories,frequency,timezone,depth\n"
        "not an address,,,,,\n"
        "\n"
        'ann@example.com,"A\nnn",Wrold,,,\n'
        "ben@example.com,,,hourly,,\n"
        "cleo@example.com,,,,Europe/Pariss,\n"
        "dora@example.com,,,,,Sport=deep\n"
        ",Nobody,,,,\n"
        "ed@example.com,,World,,,\n"
    )

    found = rejections(database, text)

    assert [line for line, _ in found] == [2, 4, 6, 7, 8, 9]
    assert "“not an address” is not an email address" in found[0][1]
    assert "did you mean “World”?" in found[1][1]
    assert "the email address is missing" in found[5][1]
    assert [who.email for who in everyone(database)] == ["ed@example.com"]


def test_nul_and_control_characters_do_no_harm(database: Engine) -> None:
    text = "email,name\nann@example.com,A\x00n\x1bn\nb\x00en@example.com,Ben\n"

    assert load(database, text) == {"added": 1, "rejected": 1}
    assert person(database, "ann@example.com").name == "Ann"


def test_a_file_without_addresses_says_which_columns_are_ours(database: Engine) -> None:
    with pytest.raises(SourceError, match=r"no column “email”.*email,name,categories.*it names mail, vorname"):
        load(database, "Mail,Vorname\nann@example.com,Ann\n")


def test_progress_ends_at_the_size_of_the_file(database: Engine) -> None:
    text = b"email\n" + b"".join(b"p%d@example.com\n" % n for n in range(1200))
    seen: list[int] = []

    people = sheets.Sheet("people.csv", BytesIO(text))
    importing.take(importing.writing(database), people, terms(), progress=seen.append, chunk_rows=500)

    assert len(seen) == 3
    assert seen == sorted(seen)
    assert seen[-1] == len(text)
    assert len(everyone(database)) == 1200


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not part of the project")
def test_two_hundred_readers_come_in_completely(database: Engine) -> None:
    known = ["World", "Business", "Technology", "Science", "Climate", "Health", "Culture", "Sport"]
    for expected in ({"added": 200}, {"unchanged": 200}):
        with sheets.opened(SHARED / "subscribers_good.csv") as sheet:
            result = importing.run(database, sheet, terms(known=known))

        assert (dict(result.outcomes), result.rejected, result.warnings) == (expected, [], [])


words = st.text(max_size=30).map(fields.clean)
categories = st.sampled_from(KNOWN)
instants = st.datetimes(timezones=st.timezones()).filter(lambda at: 1900 < at.year < 2200)
locals_ = st.from_regex(r"[a-zéßж0-9!#$%&'*+/=?^_`{|}~-]{1,12}", fullmatch=True)


@st.composite
def newcomers(draw: st.DrawFn) -> Newcomer:
    status = draw(st.sampled_from(Status))
    chosen = draw(st.lists(categories, unique=True))
    depths = draw(st.dictionaries(categories, st.sampled_from(Depth)))
    muted = draw(st.sets(st.sampled_from(["news.example", "art.example", "a.example.com"])))
    return Newcomer(
        email=f"{draw(locals_)}@{draw(st.sampled_from(['x.test', 'Bücher.example', 'Mail.example.com', 'пример.рф']))}",
        name=draw(words),
        status=status,
        preferences=Preferences(
            tuple(chosen),
            tuple(sorted(depths.items())),
            tuple(sorted(muted)),
            draw(st.none() | st.integers(1, fields.MOST_ARTICLES)),
        ),
        preferred_time=draw(st.sampled_from(["", "mon", "07:00", "sun 23:59"])),
        frequency=draw(st.sampled_from(Frequency)),
        timezone=draw(st.sampled_from(["", "Europe/Paris", "UTC"])),
        language=draw(st.sampled_from(["", "fr", "pt-BR"])),
        paused_until=draw(st.none() | instants) if status is Status.PAUSED else None,
        lists=tuple(draw(st.lists(words.filter(bool), min_size=1, max_size=3))),
        left=tuple(draw(st.sets(st.sampled_from(["weekly", "daily", "former"])))),
        suppressed=draw(st.none() | st.sampled_from(["bounced", "=complained"])),
    )


def exported(engine: Engine) -> str:
    file = StringIO()
    with db.reading(engine) as connection:
        sheets.write(exporting.rows(store.every(connection)), file)
    return file.getvalue()


def emptied(engine: Engine) -> Engine:
    with db.transaction(engine) as connection:
        for table in ("subscribers", "suppressions"):
            connection.exec_driver_sql(f"delete from {table}")
    return engine


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(people=st.lists(newcomers(), max_size=6, unique_by=lambda who: store.email_key(who.email)))
def test_an_export_is_read_back_without_loss_into_an_empty_database(database: Engine, people: list[Newcomer]) -> None:
    with db.transaction(emptied(database)) as connection:
        for who in people:
            enrolment.enrol(connection, {store.email_key(who.email): who}, source="test", secret=SECRET, now=NOW)
    before = exported(database)

    again = load(database, before)
    assert again.get("rejected") is None
    assert again.get("updated") is None
    assert exported(database) == before
    load(emptied(database), before)
    assert exported(database) == before


def test_a_result_names_the_first_of_each_outcome(database: Engine) -> None:
    with db.transaction(database) as connection:
        enrol(connection, "ann@example.com")
        enrol(connection, "gone@example.com", suppressed="bounced")
    rows = "ann@example.com,Ann,pilots,World\ngone@example.com,,,\n" + "".join(
        f"p{n}@x.test,,,Sport\n" for n in range(9)
    )

    result = importing.run(
        database, sheets.Sheet("people.csv", BytesIO(f"email,name,list,categories\n{rows}".encode())), terms()
    )

    assert result.examples[:3] == [
        ("ann@example.com", "updated", "name, preferences changed; joins pilots"),
        ("gone@example.com", "skipped", "bounced"),
        ("p0@x.test", "added", "confirmed; lists readers; categories Sport"),
    ]
    assert len(result.examples) == 2 + importing.EXAMPLES


def test_wishes_are_kept_where_a_row_says_nothing_and_replaced_where_it_does(database: Engine) -> None:
    load(database, "email,max_articles,preferred_time\nann@x.test,5,Mon 7:00\n")
    load(database, "email,categories,max_articles,preferred_time\nann@x.test,World,,\n")
    [ann] = everyone(database)
    assert (ann.preferences.categories, ann.preferences.max_articles, ann.preferred_time) == (
        ("World",),
        5,
        "mon 07:00",
    )

    load(database, "email,max_articles,preferred_time\nann@x.test,3,18:00\n")
    [ann] = everyone(database)
    assert (ann.preferences.max_articles, ann.preferred_time) == (3, "18:00")


def test_cells_that_look_like_formulas_are_stored_without_the_apostrophe(database: Engine) -> None:
    text = 'email,name\n+a@x.test,"=HYPERLINK(""x"")"\nb@x.test,\'=1\nc@x.test,"A, ""B"" \\; C"\n'
    load(database, text)

    assert [who.name for who in everyone(database)] == ['=HYPERLINK("x")', "=1", 'A, "B" \\; C']
    assert "'=HYPERLINK" in exported(database)
    assert "'+a@x.test" in exported(database)
