"""Letters as bytes: what each says, to whom it speaks, and what it must never carry."""

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, select, update

from digest import articles, config, correspondence, db, languages, planning, tables
from digest.config import Settings
from digest.errors import TemplateError
from digest.model import Depth
from digest.smtp import dkim_keys
from subscribers import address_changes, admission, consent, letters, signups, store, suppression
from subscribers.admission import Application
from subscribers.letters import Kind, Letter
from subscribers.model import Frequency, Preferences
from subscribers.record import Shown
from subscribers.tokens import Tokens
from tests import audience, dkim
from tests.articles import article
from tests.conftest import NOW

TOKENS = Tokens(audience.SECRET)


def ask(connection: Connection, settings: Settings, address: str = "zoe@example.org", **fields: Any) -> None:
    values: dict[str, Any] = {
        "name": "<b>BUY</b> https://evil.example", "preferences": Preferences(("World", "Sport")),
        "frequency": Frequency.MONTHLY, "language": "",
    }  # fmt: skip
    application = Application(email=address, newsletter=settings.newsletter("weekly"), **(values | fields))
    shown = Shown(page="https://news.example.com/subscribe", network="203.0.113.0/24", wording="You ask.")
    admission.ask(connection, application, shown=shown, source="form", secret=audience.SECRET, now=NOW)


def write(connection: Connection, kind: Kind, subscriber_id: int, about: int | None = None, language: str = "") -> None:
    letters.write(
        connection, kind, newsletter="weekly", subscriber_id=subscriber_id, recipient="ada@example.org",
        language=language, secret=audience.SECRET, now=NOW, about=about,
    )  # fmt: skip


def claimed(connection: Connection) -> Letter:
    letter = letters.claim(connection, now=NOW)
    assert letter is not None
    return letter


def composed(connection: Connection, settings: Settings) -> EmailMessage:
    mail = correspondence.mail(connection, claimed(connection), settings)
    assert mail is not None
    message = email.message_from_bytes(mail.message, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())  # type: ignore[attr-defined]


def test_the_letter_that_asks_says_who_when_and_from_where_and_nothing_a_stranger_typed(
    database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings)
        message = composed(connection, settings)
        signup = connection.execute(select(tables.signups.c.id)).scalar_one()
    link = f"https://news.example.com/confirm/{TOKENS.confirm(signup)}"
    assert message["To"] == "zoe@example.org"
    assert message["From"] == "The Weekly <weekly@news.example.com>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Form-Sub"] == "v=1; ip=203.0.113.0/24"
    for absent in ("List-Unsubscribe", "Reply-To", "List-Id", "Precedence"):
        assert message[absent] is None
    for part in (text(message), text(message, "html")):
        words = " ".join(part.split())
        assert link in words
        assert "203.0.113.0/24" in words
        assert "Monday 23 November at 07:00, London time" in words
        assert "World and Sport" in words
        assert "ignore this letter" in words
        assert "1 Example Street, London" in words
        for never in ("BUY", "evil.example", "<img", "unsubscribe/", "preferences/"):
            assert never not in words


def test_the_same_letter_is_the_same_to_the_byte_and_another_has_another_identity(
    database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings)
        ask(connection, settings, "yan@example.org")
        first, second = claimed(connection), claimed(connection)
        once, again, other = (correspondence.mail(connection, one, settings) for one in (first, first, second))
    assert once == again
    assert once
    assert other
    ids = {email.message_from_bytes(mail.message)["Message-ID"] for mail in (once, other)}
    assert len(ids) == 2
    assert all(identity.endswith("@news.example.com>") for identity in ids)


def test_who_gets_it_already_is_given_the_way_to_their_preferences(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
        ask(connection, settings, "ada@example.org")
        message = composed(connection, settings)
    assert message["Subject"] == "You get The Weekly already"
    assert message["Form-Sub"] == "v=1"
    assert f"https://news.example.com/preferences/{TOKENS.preferences(ada, 1, 'weekly')}" in text(message)
    assert "/confirm/" not in text(message)


def test_the_welcome_says_when_the_next_issue_comes_and_can_be_left_with_one_click(
    database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org", "Science")
        write(connection, Kind.WELCOME, ada)
        message = composed(connection, settings)
    link = f"https://news.example.com/unsubscribe/{TOKENS.unsubscribe(ada, 'weekly')}"
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Form-Sub"] is None
    assert link in text(message)
    assert "Your topics: Science." in text(message)
    assert "Monday 23 November at 07:00" in text(message)


def test_a_welcome_brings_what_the_newest_issue_would_have_given_this_reader(
    database: Engine, settings: Settings
) -> None:
    chosen = Preferences(("Sport", "World"), (("World", Depth.HEADLINES),))
    with db.transaction(database) as connection:
        pool = [article(1, "World"), article(2, "Science"), article(3, "Sport"), article(4, "World")]
        articles.store(connection, pool, now=NOW)
        audience.subscriber(connection, "bo@example.org")
    issue = planning.plan(database, settings, settings.newsletter("weekly"), now=NOW).issue
    with db.transaction(database) as connection:
        taken = tables.candidates.c.article_id == "article-4"
        connection.execute(update(tables.candidates).where(taken).values(is_taken_out=True))
        ada = audience.subscriber(connection, "ada@example.org", preferences=chosen)
        write(connection, Kind.WELCOME, ada, issue.id)
        message = composed(connection, settings)
    for part in (text(message), text(message, "html")):
        assert part.index("Story number 3") < part.index("Story number 1")
        assert "First point of 3." in part
        assert "First point of 1." not in part  # headlines were asked for
        for absent in ("Story number 2", "Story number 4"):
            assert absent not in part


def test_letters_about_a_change_of_address_tell_each_side_what_it_may_know(
    database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "old@secret.example")
        change = address_changes.add(connection, ada, "weekly", "new@hidden.example", now=NOW)
        write(connection, Kind.NEW_ADDRESS, ada, change)
        asking = composed(connection, settings)
        write(connection, Kind.OLD_ADDRESS, ada, change)
        telling = composed(connection, settings)
    assert f"https://news.example.com/address/{TOKENS.address(change)}" in text(asking)
    assert asking["Form-Sub"] == "v=1"
    assert "secret.example" not in str(asking)
    assert "n•••@hidden.example" in text(telling)
    assert "new@hidden" not in text(telling)
    assert "https://" not in text(telling)


@pytest.mark.parametrize("reason", ["gone", "suppressed", "confirmed", "forgotten", "no newsletter"])
def test_a_letter_that_lost_its_reason_is_none(database: Engine, settings: Settings, reason: str) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings)
        letter = claimed(connection)
        assert correspondence.mail(connection, letter, settings) is not None
        assert letter.about is not None
        if reason == "gone":
            zoe = store.by_email(connection, "zoe@example.org")
            assert zoe
            consent.erase(connection, zoe, source="test", now=NOW)
        elif reason == "suppressed":
            suppression.add(
                connection, "zoe@example.org", reason="bounced", source="t", secret=audience.SECRET, now=NOW
            )
        elif reason == "confirmed":
            signups.close(connection, letter.about, now=NOW)
        elif reason == "forgotten":
            connection.execute(delete(tables.signups))
        else:
            settings = settings.model_copy(update={"newsletters": ()})
        assert correspondence.mail(connection, letter, settings) is None


@pytest.mark.parametrize("kind", [Kind.KNOWN, Kind.WELCOME])
@pytest.mark.parametrize("reason", ["left", "moved"])
def test_who_left_or_moved_meanwhile_is_not_told_what_they_get(
    database: Engine, settings: Settings, kind: Kind, reason: str
) -> None:
    with db.transaction(database) as connection:
        ada = store.by_id(connection, audience.subscriber(connection, "ada@example.org"))
        assert ada
        write(connection, kind, ada.id)
        letter = claimed(connection)
        assert correspondence.mail(connection, letter, settings) is not None
        if reason == "left":
            consent.unsubscribe(connection, ada, settings.newsletters, newsletter=None, source="page", now=NOW)
        else:
            consent.move(connection, ada, "new@other.example", source="address", secret=audience.SECRET, now=NOW)
        assert correspondence.mail(connection, letter, settings) is None


def test_somebody_known_is_asked_with_the_topics_that_they_will_get(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        audience.subscriber(connection, "zoe@example.org", "Health", status="unsubscribed", frequency="monthly")
        ask(connection, settings, preferences=Preferences(), frequency=Frequency.EVERY_ISSUE)
        said = " ".join(text(composed(connection, settings)).split())
    assert "Topics: Health. How often: Monthly." in said


def test_an_address_that_is_not_theirs_any_more_is_not_asked(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings)
        zoe, letter = store.by_email(connection, "zoe@example.org"), claimed(connection)
        assert zoe
        consent.move(connection, zoe, "new@other.example", source="address", secret=audience.SECRET, now=NOW)
        assert correspondence.mail(connection, letter, settings) is None


@pytest.mark.parametrize("tag", languages.translated())
def test_letters_speak_each_language_and_no_line_is_too_long(database: Engine, settings: Settings, tag: str) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings, language=tag)
        mail = correspondence.mail(connection, claimed(connection), settings)
    assert mail
    message = email.message_from_bytes(mail.message, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert f'lang="{tag}" dir="{languages.direction(tag)}"' in text(message, "html")
    assert all(len(line) <= 998 and not line.startswith(b".") for line in mail.message.split(b"\r\n"))
    assert mail.message.isascii()
    moment = languages.moment(NOW, "Europe/London", tag)
    assert "".join(moment.split()) in "".join(text(message).split())


def test_an_own_template_wins(database: Engine, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.txt.j2").write_text("Mine: {{ words.heading }}")
    with db.transaction(database) as connection:
        ask(connection, settings)
        message = composed(connection, settings.model_copy(update={"templates": tmp_path}))
    assert text(message).split() == ["Mine:", "Did", "you", "ask", "for", "this?"]


def test_a_fault_of_an_own_template_is_named(database: Engine, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "letter.html.j2").write_text("{{ words.headline }}")
    with db.transaction(database) as connection:
        ask(connection, settings)
        with pytest.raises(TemplateError, match=r"^letter\.html\.j2: .*headline"):
            composed(connection, settings.model_copy(update={"templates": tmp_path}))


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_letters_are_signed_where_there_is_a_key(
    database: Engine, settings_file: Path, tmp_path: Path, kind: str
) -> None:
    key = dkim.published(kind).key
    (tmp_path / "key.pem").write_text(dkim_keys.pem(key))
    (tmp_path / "key.pem").chmod(0o600)
    settings_file.write_text(
        settings_file.read_text()
        + f'[[dkim]]\nkey_file = "key.pem"\ndomain = "news.example.com"\nselector = "{kind}"\n'
    )
    settings = config.load(settings_file)
    with db.transaction(database) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
        for letter_kind in (Kind.WELCOME, Kind.KNOWN):
            write(connection, letter_kind, ada)
            mail = correspondence.mail(connection, claimed(connection), settings)
            assert mail
            assert dkim.verified(mail.message)


def test_an_old_letter_keeps_its_date(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings)
        later = letters.claim(connection, now=NOW + timedelta(hours=5))
        assert later
        mail = correspondence.mail(connection, later, settings)
    assert mail
    assert b"Date: Mon, 23 Nov 2026 07:00:00 +0000\r\n" in mail.message


def test_a_domain_beyond_ascii_is_written_as_every_server_takes_it(database: Engine, settings: Settings) -> None:
    with db.transaction(database) as connection:
        ask(connection, settings, "zoe@bücher.example")
        mail = correspondence.mail(connection, claimed(connection), settings)
    assert mail
    assert b"To: zoe@xn--bcher-kva.example\r\n" in mail.message
    assert mail.recipient == "zoe@bücher.example"


def test_somebody_on_a_break_is_told_until_when(database: Engine, settings: Settings) -> None:
    until = NOW + timedelta(days=14)
    with db.transaction(database) as connection:
        audience.subscriber(connection, "ada@example.org", status="paused", paused_until=until)
        ask(connection, settings, "ada@example.org")
        message = composed(connection, settings)
    assert "Your break lasts until 7\N{NO-BREAK SPACE}Dec." in text(message)


def test_readers_are_told_in_their_own_time_and_a_strangers_mailbox_is_not(
    database: Engine, settings: Settings
) -> None:
    with db.transaction(database) as connection:
        ada = audience.subscriber(
            connection, "ada@example.org", status="paused", paused_until=NOW + timedelta(days=14, hours=6),
            timezone="Pacific/Auckland",
        )  # fmt: skip
        change = address_changes.add(connection, ada, "weekly", "new@other.example", now=NOW)
        said = {}
        for kind in (Kind.KNOWN, Kind.WELCOME, Kind.OLD_ADDRESS, Kind.NEW_ADDRESS):
            write(connection, kind, ada, change if kind in (Kind.OLD_ADDRESS, Kind.NEW_ADDRESS) else None)
            said[kind] = text(composed(connection, settings))
    assert "8\N{NO-BREAK SPACE}Dec." in said[Kind.KNOWN]
    for kind in (Kind.KNOWN, Kind.WELCOME, Kind.OLD_ADDRESS):
        assert "Auckland time" in " ".join(said[kind].split())
    assert "London time" in " ".join(said[Kind.NEW_ADDRESS].split())
