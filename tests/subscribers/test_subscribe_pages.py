"""The sign-up form and its JSON: one answer for every address, nothing lost of what was typed, and limits that hold."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, update

from digest import articles, config, db, planning, tables, web
from digest.config import Settings
from subscribers import signup_form, signup_words, suppression
from tests import audience
from tests.articles import article
from tests.conftest import NOW, SETTINGS
from tests.subscribers.sign_up import TOKENS, letters, sign_up, stamp
from tests.subscribers.test_signup_circuit import write


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A visitor from 203.0.113.7."""
    with TestClient(web.app(database, settings), client=("203.0.113.7", 50000)) as browser:
        yield browser


@pytest.fixture
def known(database: Engine) -> None:
    """People of every kind."""
    with db.transaction(database) as connection:
        audience.subscriber(connection, "confirmed@example.org")
        audience.subscriber(connection, "paused@example.org", status="paused")
        audience.subscriber(connection, "pending@example.org", status="pending", lists=[])
        audience.subscriber(connection, "unsubscribed@example.org", status="unsubscribed")
        audience.subscriber(connection, "bounced@example.org")
        suppression.add(
            connection, "bounced@example.org", reason="bounced", source="test", secret=audience.SECRET, now=NOW
        )


def visitors(database: Engine, settings: Settings, **changes: object) -> TestClient:
    """Return a visitor of an installation with other settings."""
    return TestClient(web.app(database, settings.model_copy(update=changes)), client=("203.0.113.7", 50000))


def settings_with(tmp_path: Path, before: str, after: str) -> Settings:
    path = tmp_path / "other.toml"
    path.write_text(SETTINGS.replace(before, after))
    return config.load(path)


PEOPLE = ("unknown", "confirmed", "paused", "pending", "unsubscribed", "bounced")


def test_every_address_gets_the_same_answer(client: TestClient, database: Engine, known: None) -> None:
    answers = {}
    for name in PEOPLE:
        answer = sign_up(client, f"{name}@example.org")
        answers[name] = (
            answer.status_code,
            answer.text.replace(name, "somebody"),
            dict(answer.headers) | {"content-length": ""},
        )
    assert {status for status, *_ in answers.values()} == {200}
    assert len({text for _, text, _ in answers.values()}) == 1
    assert len({str(sorted(headers.items())) for *_, headers in answers.values()}) == 1
    kinds = dict(reversed(row) for row in letters(database))
    assert {email.partition("@")[0]: kind for email, kind in kinds.items()} == {
        "unknown": "confirm", "confirmed": "known", "paused": "known", "pending": "confirm", "unsubscribed": "confirm",
    }  # fmt: skip


def test_json_gets_the_same_answer_for_every_address(client: TestClient, database: Engine, known: None) -> None:
    answers = [client.post("/subscribe", json={"email": f"{name}@example.org"}) for name in PEOPLE]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"status":"pending"}')}
    assert len(letters(database)) == 5


def test_the_exact_words_of_the_form_are_kept(client: TestClient, database: Engine, settings: Settings) -> None:
    page = client.get("/subscribe?newsletter=weekly", headers={"Accept-Language": "de"}).text
    words = signup_words.asking(settings.newsletter("weekly"), "de")
    assert words in page
    client.post("/subscribe", data={"email": "zoe@example.org", "stamp": stamp()}, headers={"Accept-Language": "de"})
    with db.reading(database) as connection:
        event = connection.execute(select(tables.consent_events)).one()
        assert connection.execute(select(tables.wordings.c.text)).scalar_one() == words
        person = connection.execute(select(tables.subscribers)).one()
    assert (event.page, event.network) == ("https://news.example.com/subscribe", "203.0.113.0/24")
    assert (event.language, person.language) == ("de", "de")


def test_boxes_are_unticked_and_only_frequencies_that_can_be_kept_are_offered(client: TestClient) -> None:
    page = client.get("/subscribe").text
    assert re.findall(r'<input type="checkbox"[^>]* checked', page) == []
    assert re.findall(r'name="frequency" value="(\w+)"', page) == ["every_issue", "monthly"]


def test_errors_come_first_with_focus_and_beside_the_field_and_nothing_is_lost(
    client: TestClient, database: Engine
) -> None:
    answer = sign_up(client, 'ada" example.org', name="Ada <b>", topic=["Science"], frequency="monthly")
    assert answer.status_code == 422
    page = answer.text
    assert page.index('role="alert" tabindex="-1" autofocus') < page.index("<form")
    assert '<a href="#email">The address needs an @ sign</a>' in page
    assert 'value="ada&#34; example.org"' in page
    assert 'aria-invalid="true" aria-describedby="email-problem"' in page
    assert 'value="Ada &lt;b&gt;"' in page
    assert re.search(r'value="Science" checked', page)
    assert re.search(r'value="monthly" checked', page)
    assert letters(database) == []


def test_a_filled_trap_is_answered_as_always_and_does_nothing(client: TestClient, database: Engine) -> None:
    trapped = sign_up(client, "trapped@example.org", **{signup_form.TRAP: "cheap"})
    honest = sign_up(client, "zoe@example.org")
    assert (trapped.status_code, trapped.text.replace("trapped", "zoe")) == (honest.status_code, honest.text)
    assert letters(database) == [("confirm", "zoe@example.org")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "One more press."),
        ("forged.1.abc", "One more press."),
        (timedelta(hours=1, seconds=1), "One more press."),
        (timedelta(0), "That was fast."),
    ],
)
def test_a_form_without_a_good_time_is_shown_once_more_filled_in(
    client: TestClient, database: Engine, given: str | timedelta, said: str
) -> None:
    made = given if isinstance(given, str) else stamp(given)
    answer = sign_up(client, "zoe@example.org", stamp=made, topic=["World", "Sport"], name="Zoë")
    assert answer.status_code == 200
    assert said in answer.text
    assert 'value="zoe@example.org"' in answer.text
    assert answer.text.count(" checked") == 3
    assert letters(database) == []
    fresh = re.search(r'name="stamp" value="([^"]+)"', answer.text)
    assert fresh
    assert TOKENS.read_form(fresh[1])


def test_one_form_sends_five_times_at_most(client: TestClient, database: Engine) -> None:
    same = stamp()
    for number in range(7):
        sign_up(client, f"p{number}@example.org", stamp=same)
    assert len(letters(database)) == 5


def test_a_network_that_asks_too_often_waits_whoever_it_asks_for(client: TestClient, database: Engine) -> None:
    answers = [sign_up(client, f"p{number}@example.org") for number in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600
    assert client.post("/subscribe", json={"email": "q@example.org"}).status_code == 429
    assert len(letters(database)) == 10


def test_a_proxy_of_ours_tells_visitors_apart_and_another_does_not(database: Engine, settings: Settings) -> None:
    app = web.app(database, settings)
    ours, stranger = TestClient(app, client=("127.0.0.1", 1)), TestClient(app, client=("198.51.100.9", 1))
    codes = {}
    for name, browser in (("ours", ours), ("stranger", stranger)):
        codes[name] = [
            browser.post(
                "/subscribe", json={"email": f"{name}{n}@d{n}.example.org"}, headers={"X-Forwarded-For": f"192.0.{n}.1"}
            ).status_code
            for n in range(11)
        ]
    assert codes == {"ours": [202] * 11, "stranger": [202] * 10 + [429]}


def test_a_visitor_behind_a_proxy_of_ours_cannot_choose_their_network(database: Engine, settings: Settings) -> None:
    browser = TestClient(web.app(database, settings), client=("127.0.0.1", 1))
    codes = []
    for n in range(11):
        lines = [("X-Forwarded-For", f"192.0.{n}.1"), ("X-Forwarded-For", "203.0.113.7")]
        codes.append(browser.post("/subscribe", json={"email": f"p@d{n}.example.org"}, headers=lines).status_code)
    assert codes == [202] * 10 + [429]


def test_sign_up_rests_while_nobody_confirms(client: TestClient, database: Engine) -> None:
    with db.transaction(database) as connection:
        write(connection, 60, confirmed=2, at=datetime.now(UTC) - timedelta(hours=1))
    before = letters(database)
    answer = sign_up(client, "zoe@example.org")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) == 3600
    assert client.post("/subscribe", json={"email": "zoe@example.org"}).status_code == 503
    assert letters(database) == before


def test_a_newsletter_without_postal_address_or_closed_takes_nobody(
    database: Engine, settings: Settings, tmp_path: Path
) -> None:
    without = settings_with(tmp_path, 'postal_address = "1 Example Street, London"\n', "")
    closed = settings_with(tmp_path, "[smtp]", "[signup]\nopen = false\n\n[smtp]")
    for other in (without, closed):
        browser = TestClient(web.app(database, other))
        assert "Sign-up is not open" in browser.get("/subscribe").text
        assert sign_up(browser, "zoe@example.org").status_code == 403
        assert browser.post("/subscribe", json={"email": "zoe@example.org"}).status_code == 403
    assert letters(database) == []


def test_with_several_newsletters_there_is_a_choice(database: Engine, tmp_path: Path) -> None:
    another = SETTINGS[SETTINGS.index("[[newsletters]]") :].replace("weekly", "daily").replace("Weekly", "Daily")
    path = tmp_path / "two.toml"
    path.write_text(SETTINGS + another)
    browser = TestClient(web.app(database, config.load(path)))
    page = browser.get("/subscribe").text
    assert re.findall(r'href="(/subscribe\?newsletter=\w+)"', page) == [
        "/subscribe?newsletter=weekly",
        "/subscribe?newsletter=daily",
    ]
    assert browser.get("/subscribe?newsletter=nope").status_code == 404
    assert sign_up(browser, "zoe@example.org", newsletter="").status_code == 404
    assert sign_up(browser, "zoe@example.org", newsletter="daily").status_code == 200
    with db.reading(database) as connection:
        assert connection.execute(select(tables.signups.c.newsletter)).scalar_one() == "daily"


def test_the_form_shows_what_the_newest_issue_that_went_out_had(
    client: TestClient, database: Engine, settings: Settings
) -> None:
    pool = [article(n, "World", title=f"Headline {n}") for n in range(1, 6)] + [article(6, "Gossip", title="Gossip 6")]
    with db.transaction(database) as connection:
        articles.store(connection, pool, now=NOW)
        audience.subscriber(connection, "ada@example.org")
    planning.plan(database, settings, settings.newsletter("weekly"), now=NOW)
    assert "Headline" not in client.get("/subscribe").text
    with db.transaction(database) as connection:
        connection.execute(update(tables.issues).values(released_at=NOW))
        pinned, gone = (tables.candidates.c.article_id == f"article-{n}" for n in (5, 1))
        connection.execute(update(tables.candidates).where(pinned).values(is_pinned=True))
        connection.execute(update(tables.candidates).where(gone).values(is_taken_out=True))
    page = client.get("/subscribe").text
    assert re.findall(r"Headline \d|Gossip", page) == ["Headline 5", "Headline 2"]


# other sites


def test_the_embedded_form_leads_to_ours_filled_in(client: TestClient, database: Engine) -> None:
    lines = unescape(
        client.get("/subscribe/embed?newsletter=weekly").text.split("<textarea")[1].split("</textarea>")[0]
    )
    assert 'action="https://news.example.com/subscribe" method="post"' in lines
    fields = dict(re.findall(r'name="(newsletter|email)"(?: value="(\w*)")?', lines))
    assert 'name="topic" value="Science"' in lines
    answer = client.post("/subscribe", data=fields | {"email": "zoe@example.org", "topic": "Science"})
    assert "One more press." in answer.text
    assert letters(database) == []


def test_other_sites_may_post_json_and_nothing_else(client: TestClient) -> None:
    preflight = client.options(
        "/subscribe", headers={"Origin": "https://blog.example", "Access-Control-Request-Method": "POST"}
    )
    answer = client.post("/subscribe", json={"email": "zoe@example.org"}, headers={"Origin": "https://blog.example"})
    for one in (preflight, answer):
        assert one.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in one.headers
    assert preflight.headers["access-control-allow-headers"] == "Content-Type"
    for one in (client.get("/subscribe"), sign_up(client, "ada@example.org")):
        assert "access-control-allow-origin" not in one.headers


def test_json_keeps_where_it_came_from_and_what_was_asked_for(client: TestClient, database: Engine) -> None:
    asked = {
        "newsletter": "weekly", "email": "zoe@example.org", "name": "Zoë", "topics": ["Sport", "World"],
        "frequency": "monthly", "language": "fr",
    }  # fmt: skip
    assert client.post("/subscribe", json=asked, headers={"Origin": "https://blog.example"}).status_code == 202
    with db.reading(database) as connection:
        event = connection.execute(select(tables.consent_events)).one()
        signup = connection.execute(select(tables.signups)).one()
    assert (event.page, event.source, event.language) == ("https://blog.example", "json", "fr")
    assert (signup.name, signup.frequency, signup.language) == ("Zoë", "monthly", "fr")
    assert '"categories":["World","Sport"]' in signup.preferences


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"{", [""]),
        (b"[]", [""]),
        (b"[" * 100_000, [""]),
        (b"\xff", [""]),
        (b'{"email": 5}', [""]),
        (b'{"email": "\\ud800@example.org"}', ["email"]),
        (b'{"email": "zoe@example.org", "topics": "World"}', [""]),
        (b"{}", ["email"]),
        (b'{"newsletter": "nope", "email": "zoe@example.org"}', ["newsletter"]),
        (b'{"email": "zoe", "topics": ["x"], "frequency": "hourly"}', ["email", "topic", "frequency"]),
    ],
)
def test_json_that_is_not_in_order_is_told_what_to_mend(
    client: TestClient, database: Engine, body: bytes, fields: list[str]
) -> None:
    answer = client.post("/subscribe", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [error["field"] for error in errors] == fields
    assert all(error["message"] for error in errors)
    assert letters(database) == []


def test_a_page_in_another_language_is_marked_so(client: TestClient) -> None:
    answer = client.get("/subscribe", headers={"Accept-Language": "ar"})
    assert 'dir="rtl"' in answer.text
    assert answer.headers["vary"] == "Accept-Language"
