"""The preference page: what it offers beside topics, what saving stores and records, and what a preview shows."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from digest import articles, db, tables, web
from digest.config import Settings
from subscribers.model import Preferences, Status
from tests import audience
from tests.articles import article
from tests.subscribers.visits import events, everything, link, person, picked, words

ADAS = Preferences(categories=("Science", "World"), muted=("tabloid.example", "Sport"), max_articles=8)
TOPICS = {"topic": ["Science", "World"]}


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser that follows no redirect by itself, at a site with a few articles of this week."""
    now = datetime.now(UTC)
    told = [
        article(n, category, published_at=now - timedelta(hours=n), domain=f"paper{n}.example", title=f"Told {n}")
        for n, category in enumerate(["World", "World", "Science", "Climate", "Sport"], start=1)
    ]
    with db.transaction(database) as connection:
        articles.store(connection, told, now=now)
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader of Science and World, in New York."""
    with db.transaction(database) as connection:
        return audience.subscriber(
            connection,
            "ada@example.org",
            preferences=ADAS,
            timezone="America/New_York",
            language="fr",
            preferred_time="tue 07:30",
        )


@pytest.fixture
def ben(database: Engine) -> int:
    """A reader who chose nothing yet."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ben@example.org")


def test_the_page_shows_what_is_stored(client: TestClient, ada: int) -> None:
    html = client.get(link(ada)).text
    assert picked(html, "day") == "tue"
    assert picked(html, "hour") == "07:30"
    assert picked(html, "timezone") == "America/New_York"
    assert picked(html, "language") == "fr"
    assert picked(html, "most") == "8"
    assert re.findall(r'name="muted" value="([^"]+)" checked', html) == ["Sport", "tabloid.example"]
    assert re.search(r'name="break" value="none" checked', html)


def test_who_chose_nothing_gets_the_newsletters(client: TestClient, ben: int) -> None:
    html = client.get(link(ben)).text
    assert [picked(html, name) for name in ("day", "hour", "timezone", "language", "most")] == [""] * 5
    said = words(html)
    assert "The newsletter’s: London (UTC+" in said
    assert "The newsletter’s: English" in said
    assert "Up to 24 stories" in said


def test_no_day_is_offered_where_issues_come_without_a_rule(database: Engine, settings: Settings, ben: int) -> None:
    by_hand = settings.newsletters[0].model_copy(update={"schedule": ""})
    with TestClient(web.app(database, settings.model_copy(update={"newsletters": (by_hand,)}))) as browser:
        html = browser.get(link(ben)).text
    assert 'name="hour"' in html
    assert 'name="day"' not in html


def test_saving_stores_all_and_records_what_changed(client: TestClient, database: Engine, ben: int) -> None:
    form = {
        "topic": ["Sport", "World"],
        "day": "mon",
        "hour": "19:00",
        "timezone": "Asia/Tokyo",
        "language": "ja",
        "most": "5",
        "muted": "",
        "mute": "https://www.Tabloid.example/sport?x=1",
        "break": "none",
    }
    assert client.post(link(ben), data=form).status_code == 303
    after = person(database, ben)
    assert after.preferences == Preferences(("Sport", "World"), muted=("tabloid.example",), max_articles=5)
    assert (after.preferred_time, after.timezone, after.language) == ("mon 19:00", "Asia/Tokyo", "ja")
    [(kind, source, detail)] = events(database)
    assert (kind, source) == ("changed", "page")
    assert set(json.loads(detail)) == {"preferences", "timezone", "language", "preferred_time"}
    assert '<html lang="ja"' in client.get(link(ben)).text


def test_the_record_names_only_what_is_new(client: TestClient, database: Engine, ada: int) -> None:
    client.post(link(ada), data=TOPICS | {"hour": ""})
    [(_, _, detail)] = events(database)
    assert json.loads(detail) == {"preferred_time": "tue"}


def test_saving_the_page_as_it_is_changes_nothing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    html = client.get(link(ada)).text
    ticked = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"[^>]* checked', html)
    form: dict[str, list[str]] = {name: [] for name, _ in ticked}
    for name, value in ticked:
        form[name].append(unescape(value))
    lists = {name: picked(html, name) for name in ("day", "hour", "timezone", "language", "most")}
    assert client.post(link(ada), data=form | lists | {"mute": "", "until": ""}).status_code == 303
    assert everything(database) == before


def test_unticking_a_muted_source_brings_it_back(client: TestClient, database: Engine, ada: int) -> None:
    client.post(link(ada), data=TOPICS | {"muted": ["", "Sport"]})
    assert person(database, ada).preferences.muted == ("Sport",)


def test_each_fault_is_said_first_and_beside_its_field(client: TestClient, database: Engine, ben: int) -> None:
    before = everything(database)
    form = {"frequency": "monthly", "mute": "the bad paper", "break": "date", "until": "2020-01-01"}
    answer = client.post(link(ben), data=form)
    assert answer.status_code == 422
    said = words(answer.text)
    for summary, place in (
        ("Choose at least one topic", "No topic is ticked"),
        ("Give the source as a domain", "That is no domain"),
        ("Choose the day on which mail comes again", "Choose a day from tomorrow on"),
    ):
        assert said.index(summary) < said.index(place)
    for target in re.findall(r'href="#([^"]+)"', answer.text):
        assert answer.text.count(f'id="{target}"') == 1
    assert 'value="the bad paper"' in answer.text  # nothing of what was typed is lost
    assert 'value="2020-01-01"' in answer.text
    assert everything(database) == before


# breaks


def test_a_break_of_weeks_begins_now(client: TestClient, database: Engine, ben: int) -> None:
    client.post(link(ben), data={"topic": "World", "break": "2"})
    paused = person(database, ben)
    assert paused.status is Status.PAUSED
    assert paused.paused_until is not None
    assert timedelta(days=13) < paused.paused_until - datetime.now(UTC) <= timedelta(days=14)
    assert [kind for kind, _, _ in events(database)] == ["changed", "paused"]
    html = client.get(link(ben)).text
    assert "You have a break until" in words(html)
    assert re.search(r'name="break" value="as it is" checked', html)


def test_a_running_break_stays_while_other_things_are_saved(client: TestClient, database: Engine, ben: int) -> None:
    client.post(link(ben), data={"topic": "World", "break": "1"})
    until = person(database, ben).paused_until
    client.post(link(ben), data={"topic": "Sport", "break": "as it is"})
    assert person(database, ben).paused_until == until
    later = (datetime.now(UTC) + timedelta(days=100)).date().isoformat()
    client.post(link(ben), data={"topic": "Sport", "break": "as it is", "until": later})  # a date left over
    assert person(database, ben).paused_until == until
    client.post(link(ben), data={"topic": "World"})  # a form without it
    assert person(database, ben).paused_until == until


def test_saving_after_a_break_is_over_records_nothing(client: TestClient, database: Engine) -> None:
    over = {"status": "paused", "paused_until": datetime.now(UTC) - timedelta(days=1)}
    with db.transaction(database) as connection:
        kim = audience.subscriber(connection, "kim@example.org", "World", **over)
    client.post(link(kim), data={"topic": "World", "break": "none"})
    assert events(database) == []


def test_a_break_is_ended_by_no_break(client: TestClient, database: Engine, ben: int) -> None:
    client.post(link(ben), data={"topic": "World", "break": "4"})
    client.post(link(ben), data={"topic": "World", "break": "none"})
    assert person(database, ben).status is Status.CONFIRMED
    assert [kind for kind, _, _ in events(database)][1:] == ["paused", "resumed"]


def test_a_break_until_a_day_ends_where_the_reader_says_they_live(
    client: TestClient, database: Engine, ben: int
) -> None:
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    form = {"topic": "World", "break": "date", "until": day.isoformat(), "timezone": "Asia/Tokyo"}
    client.post(link(ben), data=form)
    assert person(database, ben).paused_until == datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=9)


def test_who_left_is_offered_no_break(client: TestClient, database: Engine) -> None:
    with db.transaction(database) as connection:
        eve = audience.subscriber(connection, "eve@example.org", status="unsubscribed")
    assert 'name="break"' not in client.get(link(eve)).text
    client.post(link(eve), data={"topic": "World", "break": "2"})
    assert person(database, eve).status is Status.UNSUBSCRIBED


# what the choices would bring


def headlines(html: str) -> list[str]:
    return [unescape(title) for title in re.findall(r"<b>(Told \d+)</b>", html)]


def test_the_page_shows_what_the_choices_bring_now(client: TestClient, ben: int, ada: int) -> None:
    html = client.get(link(ben)).text
    assert sorted(headlines(html)) == [f"Told {n}" for n in range(1, 6)]
    assert "About 5 stories, 1 minute." in words(html)
    assert sorted(headlines(client.get(link(ada)).text)) == ["Told 1", "Told 2", "Told 3"]  # Science and World


def test_a_preview_follows_the_form_and_changes_nothing(client: TestClient, database: Engine, ben: int) -> None:
    before = everything(database)
    answer = client.post(f"{link(ben)}/preview", data={"topic": ["Climate", "World"], "mute": "paper1.example"})
    assert answer.status_code == 200
    assert headlines(answer.text) == ["Told 4", "Told 2"]
    assert "<html" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    without = client.post(link(ben), data={"topic": ["Climate"], "preview": "yes"})  # without script
    assert without.status_code == 200
    assert headlines(without.text) == ["Told 4"]
    assert "Not saved yet" in words(without.text)
    assert everything(database) == before


def test_a_preview_of_nothing_says_so(client: TestClient, ben: int) -> None:
    assert "would bring nothing" in words(client.post(f"{link(ben)}/preview", data={"topic": "Health"}).text)
    assert headlines(client.post(f"{link(ben)}/preview", data={}).text) == []


def test_a_preview_wants_a_link_and_a_form_of_ours(client: TestClient, ben: int) -> None:
    assert client.post("/preferences/x/preview", data={"topic": "World"}).status_code == 404
    assert client.post(f"{link(ben)}/preview", data={"topic": "Astrology"}).status_code == 422
    assert client.get(f"{link(ben)}/preview").status_code == 405


def test_only_this_page_may_ask_the_server_from_its_script(client: TestClient, ben: int) -> None:
    assert "connect-src 'self'" in client.get(link(ben)).headers["content-security-policy"]
    assert "connect-src" not in client.get(link(ben, "pause")).headers["content-security-policy"]


def test_titles_of_others_stay_titles(client: TestClient, database: Engine, ben: int) -> None:
    with db.transaction(database) as connection:
        evil = article(99, "World", published_at=datetime.now(UTC) - timedelta(minutes=1), title="<img src=x> & co")
        articles.store(connection, [evil], now=datetime.now(UTC))
    html = client.post(f"{link(ben)}/preview", data={"topic": "World"}).text
    assert "<img" not in html
    assert "&lt;img src=x&gt; &amp; co" in html


def test_nothing_is_written_by_showing_and_previewing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    client.get(link(ada))
    client.head(link(ada))
    client.post(f"{link(ada)}/preview", data=TOPICS | {"break": "4"})
    assert everything(database) == before
    with db.reading(database) as connection:
        assert connection.execute(select(tables.consent_events)).all() == []


def test_a_name_can_be_corrected_and_taken_away(client: TestClient, database: Engine, ben: int) -> None:
    client.post(link(ben), data={**TOPICS, "name": " Ben\n<i>\u202e "})
    assert person(database, ben).name == "Ben <i>"
    assert 'name="name" value="Ben &lt;i&gt;"' in client.get(link(ben)).text
    client.post(link(ben), data=TOPICS)
    assert person(database, ben).name == "Ben <i>"
    client.post(link(ben), data={**TOPICS, "name": ""})
    assert person(database, ben).name == ""
    assert json.loads(events(database)[-1][2]) == {"name": ""}
