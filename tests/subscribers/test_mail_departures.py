from sqlalchemy import Engine, func, select

from digest import db, tables
from digest.config import Settings
from subscribers import consent, mail_departures
from subscribers.mail_departures import Outcome
from subscribers.mail_files import Mail
from subscribers.model import Status, Subscriber
from subscribers.tokens import Tokens
from tests.subscribers.people import NOW, SECRET, enrol, events, found

ANN = "ann@example.com"


def asking(person: Subscriber, newsletter: str = "weekly") -> Mail:
    token = Tokens(SECRET).unsubscribe(person.id, newsletter)
    return Mail("a mail", f"From: {ANN}\nSubject: unsubscribe {token}\n\n".encode())


def take(database: Engine, settings: Settings, *mails: Mail) -> dict[str, int]:
    summary = mail_departures.take(database, settings, mails, now=NOW)
    return {str(outcome): number for outcome, number in summary.counts.items() if number}


def stored(database: Engine) -> Subscriber:
    with db.transaction(database) as connection:
        return enrol(connection, ANN)


def test_a_mail_with_a_token_unsubscribes_once(database: Engine, settings: Settings) -> None:
    ann = stored(database)

    assert take(database, settings, asking(ann), asking(ann)) == {"unsubscribed": 1, "already": 1}
    assert take(database, settings, asking(ann)) == {"already": 1}

    with db.reading(database) as connection:
        assert found(connection, ANN).status is Status.UNSUBSCRIBED
        assert events(connection, ann)[1:] == [("unsubscribed", "weekly", "mail")]


def test_it_can_be_taken_back_on_the_page(database: Engine, settings: Settings) -> None:
    ann = stored(database)
    take(database, settings, asking(ann))

    with db.transaction(database) as connection:
        assert consent.return_(connection, ann, newsletter="weekly", source="page", now=NOW)
        assert found(connection, ANN).left == ()


def test_a_known_sender_without_a_token_changes_nothing(database: Engine, settings: Settings) -> None:
    ann = stored(database)
    forged = Mail("leave.mbox, mail 7", f"From: {ANN}\nSubject: unsubscribe\n\nPlease.\n".encode())

    summary = mail_departures.take(database, settings, [forged], now=NOW)

    assert summary.counts[Outcome.UNMATCHED] == 1
    assert summary.unmatched == ["leave.mbox, mail 7"]
    with db.reading(database) as connection:
        assert found(connection, ANN) == ann
        assert connection.scalar(select(func.count()).select_from(tables.unsubscriptions)) == 0


def test_somebody_erased_is_gone_already(database: Engine, settings: Settings) -> None:
    ann = stored(database)
    with db.transaction(database) as connection:
        consent.erase(connection, ann, source="page", now=NOW)

    assert take(database, settings, asking(ann)) == {"already": 1}


def test_a_newsletter_that_the_settings_lost_can_still_be_left(database: Engine, settings: Settings) -> None:
    ann = stored(database)

    assert take(database, settings, asking(ann, "former")) == {"unsubscribed": 1}
    with db.reading(database) as connection:
        assert found(connection, ANN).left == ("former",)


def test_a_report_is_ignored(database: Engine, settings: Settings) -> None:
    ann = stored(database)
    report = Mail("a report", b"Return-Path: <>\n" + asking(ann).content)

    assert take(database, settings, report) == {"ignored": 1}
