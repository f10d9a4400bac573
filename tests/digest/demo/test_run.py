"""The whole job on the sample data, and what arrived, read back with the standard library."""

import email
import email.policy
import re
from email.message import EmailMessage

import pytest
from rich.console import Console

from digest import config, db, issues
from digest.demo import table
from digest.model import DeliveryStatus
from tests.digest.demo.conftest import BASE_URL, Demonstration


@pytest.fixture
def mails(demonstration: Demonstration) -> list[EmailMessage]:
    """Every caught mail."""
    paths = sorted(demonstration.place.mailbox.glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]


def printed(demonstration: Demonstration, width: int) -> str:
    screen = Console(width=width, highlight=False)
    with screen.capture() as capture:
        table.show(screen, demonstration.outcome)
    return capture.get()


def test_everybody_who_should_gets_exactly_one_mail(demonstration: Demonstration, mails: list[EmailMessage]) -> None:
    outcome = demonstration.outcome
    addressees = [mail["To"].addresses[0].addr_spec for mail in mails]
    assert outcome.is_complete
    assert len(outcome.received) + len(outcome.skipped) == 12
    assert sorted(addressees) == sorted(row.reader.email for row in outcome.received)
    assert all(row.status is DeliveryStatus.ACCEPTED for row in outcome.received)


def test_steps_are_told_as_the_commands_that_do_them(demonstration: Demonstration) -> None:
    assert [command.split()[0] for command, _ in demonstration.told] == ["ingest", "subscribers", "plan", "send"]
    assert demonstration.told[0][1] == "41 articles of the last 4 weeks"


def test_mails_have_both_parts_and_the_headers_of_bulk_mail(mails: list[EmailMessage]) -> None:
    for mail in mails:
        html, text = mail.get_body(("html",)), mail.get_body(("plain",))
        assert html
        assert text
        assert "</html>" in html.get_content()
        assert "Why it matters" in text.get_content() or "headlines" in str(mail["Subject"]).lower()
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert f"<{BASE_URL}/unsubscribe/" in mail["List-Unsubscribe"]
        assert mail["List-Id"]
        assert mail["Message-ID"]
        assert mail["Date"]
        assert not mail.defects


def test_pictures_in_mails_are_of_our_own_server(mails: list[EmailMessage]) -> None:
    for mail in mails:
        html = mail.get_body(("html",))
        assert html
        pictures = re.findall(r"<img[^>]*>", html.get_content())
        assert pictures
        assert all(f' src="{BASE_URL}/pictures/' in picture for picture in pictures)
        assert "background=" not in html.get_content()
        assert "url(" not in html.get_content()


def test_names_arrive_as_they_are_written(mails: list[EmailMessage]) -> None:
    names = {mail["To"].addresses[0].display_name for mail in mails}
    assert {"Íñigo Echevarría", 'Ray "Sparky" O’Dell & Sons', "Halldóra Bjarkadóttir", ""} <= names


def test_order_and_number_of_stories_follow_the_choices(demonstration: Demonstration) -> None:
    rows = {row.reader.email: row for row in demonstration.outcome.received}
    everything, one = rows["ngozi@adeyemi-lund.example"], rows["inigo@echevarria.example"]
    assert len(everything.topics) == 8
    assert everything.stories == demonstration.outcome.newsletter.max_articles
    assert [topic.category for topic in one.topics] == ["Sport"]
    assert one.stories == 1
    assert [topic.category for topic in rows["sian@ap-rhisiart.example"].topics] == ["Climate", "Culture", "Sport"]


def test_those_who_get_nothing_are_named_with_the_reason(demonstration: Demonstration) -> None:
    assert {(row.reader.name, row.reason) for row in demonstration.outcome.skipped} == {
        ("Matteo Quarantini", "paused"),
        ("Zoë van der Kolk", "no_articles"),
    }


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_table_fits_and_names_everybody(demonstration: Demonstration, width: int) -> None:
    said = printed(demonstration, width)
    assert max(len(line) for line in said.splitlines()) <= width
    for row in demonstration.outcome.received:
        assert (row.reader.name or row.reader.email).split()[0][:8] in said
    assert "Matteo Quarantini: is taking a break" in said
    assert "10 mails, 10 of them different" in " ".join(said.replace("\N{NO-BREAK SPACE}", " ").split())


def test_other_commands_find_the_issue_through_the_written_settings(demonstration: Demonstration) -> None:
    settings = config.load(demonstration.place.settings_file)
    engine = db.open_database(settings.database_url)
    with db.reading(engine) as connection:
        assert issues.find(connection, "weekly").name == "weekly/1"
    engine.dispose()
