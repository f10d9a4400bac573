"""The pages of a story's links: what they show, what a press changes, and that nothing else does."""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, select, update

from digest import candidates, db, tables, web
from digest.config import Settings
from digest.model import Depth, Issue
from subscribers import consent, store
from subscribers.model import Preferences, Subscriber
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import article, candidate
from tests.deliveries import issue_with
from tests.interleaving import at_once

ADAS = Preferences(
    categories=("World", "Science"), depth=(("World", Depth.FULL), ("Science", Depth.HEADLINES)), muted=("x.example",)
)
HOSTILE = "Zoë’s <telescope> & “more” %(topic)s"


@pytest.fixture
def client(database: Engine, settings: Settings) -> Iterator[TestClient]:
    """A browser that follows no redirect by itself."""
    with TestClient(web.app(database, settings), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader who gets World in full first, then the headlines of Science."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", preferences=ADAS)


@pytest.fixture
def issue(database: Engine) -> Issue:
    """An issue with three articles: World is number 0 in it, Science 1, Sport 2."""
    told = [article(1, "World"), article(2, "Science", title=HOSTILE), article(3, "Sport")]
    with db.transaction(database) as connection:
        issue = issue_with(connection)
        rows = [candidates.frozen_row(issue.id, candidate(one, number)) for number, one in enumerate(told)]
        connection.execute(tables.candidates.insert(), rows)
    return issue


@pytest.fixture
def links(issue: Issue, ada: int) -> str:
    """What the story links of Ada's mail begin with."""
    return f"/story/{Tokens(audience.SECRET).story(issue.id, ada, 1)}"


def person(database: Engine, subscriber_id: int) -> Subscriber:
    with db.reading(database) as connection:
        found = store.by_id(connection, subscriber_id)
    assert found
    return found


def prefer(database: Engine, subscriber_id: int, preferences: Preferences, now: datetime) -> None:
    with db.transaction(database) as connection:
        store.change(connection, subscriber_id, store.Changes(preferences=preferences), now=now)


def everything(database: Engine) -> dict[str, list[str]]:
    """All rows of all tables."""
    with db.reading(database) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def words(html: str) -> str:
    """The words of a page, as a reader sees them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi>", "", html))).split())


def buttons(html: str) -> dict[str, list[tuple[str, str]]]:
    """The buttons of a page, and what each of them submits."""
    found = {}
    for form in re.findall(r"<form.*?</form>", html, re.DOTALL):
        pairs = re.findall(r'name="([^"]+)" value="([^"]*)"', form)
        found[words(re.findall(r"<button.*?</button>", form, re.DOTALL)[0])] = [(n, unescape(v)) for n, v in pairs]
    return found


def press(client: TestClient, path: str, name: str, *, shown_at: str = "") -> str:
    """Press a button of the page at a path; returns the address that the browser is led to."""
    pairs = buttons(client.get(shown_at or path).text)[name]
    form: dict[str, list[str]] = {}
    for field, value in pairs:
        form.setdefault(field, []).append(value)
    answer = client.post(path, data=form)
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    location = answer.headers["location"]
    return path + location if location.startswith("?") else path


def test_a_page_says_what_the_story_is_and_offers_one_step(client: TestClient, links: str) -> None:
    html = client.get(f"{links}/1/more").text
    assert HOSTILE in words(html)
    assert "<telescope>" not in html
    assert "Science · news2.example" in words(html)
    assert list(buttons(html)) == ["Show Science in more depth"]
    assert list(buttons(client.get(f"{links}/1/less").text)) == ["No more Science", "Nothing more from news2.example"]
    assert list(buttons(client.get(f"{links}/0/less").text)) == [
        "Show World in brief",
        "Nothing more from news1.example",
        "No more World",
    ]


def test_following_a_link_changes_nothing(client: TestClient, database: Engine, links: str) -> None:
    before = everything(database)
    for path in (
        f"{links}/1/more",
        f"{links}/1/less",
        f"{links}/0/more?done&was-depth=brief",
        f"{links}/0/less?undone",
    ):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert everything(database) == before


def test_a_press_changes_says_so_and_is_undone(client: TestClient, database: Engine, ada: int, links: str) -> None:
    before = everything(database)
    path = f"{links}/1/more"
    done = press(client, path, "Show Science in more depth")
    assert dict(person(database, ada).preferences.depth) == {"World": Depth.FULL}
    said = words(client.get(done).text)
    assert "You get Science in brief: TL;DR and why it matters. Your next issue follows it." in said
    undone = press(client, path, "Undo", shown_at=done)
    assert "Your choices are as they were." in words(client.get(undone).text)
    assert person(database, ada).preferences.to_json() == ADAS.to_json()
    written = {"subscribers", "consent_events"}  # the time of the change; both changes, for the record
    after = everything(database)
    assert {name for name in after if after[name] != before[name]} == written
    assert len(after["consent_events"]) == len(before["consent_events"]) + 2


@pytest.mark.parametrize(
    ("page", "name", "after", "said"),
    [
        ("1/less", "No more Science", Preferences(("World",), ADAS.depth, ADAS.muted), "You get no more Science."),
        (
            "1/less",
            "Nothing more from news2.example",
            Preferences(ADAS.categories, ADAS.depth, ("news2.example", "x.example")),
            "You get nothing more from news2.example.",
        ),
        (
            "2/more",
            "Show Sport again",
            Preferences(("World", "Science", "Sport"), ADAS.depth, ADAS.muted),
            "You get Sport again.",
        ),
    ],
)
def test_each_choice_is_stored_said_and_undone(
    client: TestClient, database: Engine, ada: int, links: str, page: str, name: str, after: Preferences, said: str
) -> None:
    done = press(client, f"{links}/{page}", name)
    assert person(database, ada).preferences.to_json() == after.to_json()
    assert said in words(client.get(done).text)
    press(client, f"{links}/{page}", "Undo", shown_at=done)
    assert person(database, ada).preferences.to_json() == ADAS.to_json()


def test_a_category_is_put_first(client: TestClient, database: Engine, ada: int, links: str, now: datetime) -> None:
    prefer(database, ada, Preferences(("World", "Science"), (("Science", Depth.FULL),)), now)
    done = press(client, f"{links}/1/more", "Put Science first")
    assert person(database, ada).preferences.categories == ("Science", "World")
    assert "Science comes first." in words(client.get(done).text)
    assert "as much of it as there can be" in words(client.get(f"{links}/1/more").text)
    press(client, f"{links}/1/more", "Undo", shown_at=done)
    assert person(database, ada).preferences.categories == ("World", "Science")


def test_the_same_press_twice_changes_nothing_more_and_can_be_undone(
    client: TestClient, database: Engine, ada: int, links: str
) -> None:
    path = f"{links}/0/less"
    form = dict(buttons(client.get(path).text)["Show World in brief"])
    first, rows = client.post(path, data=form), everything(database)
    second = client.post(path, data=form)
    assert everything(database) == rows
    assert first.headers["location"] == second.headers["location"]
    press(client, path, "Undo", shown_at=path + second.headers["location"])
    assert person(database, ada).preferences.to_json() == ADAS.to_json()


def test_the_last_category_stays_and_leaving_is_offered(
    client: TestClient, database: Engine, ada: int, links: str, now: datetime
) -> None:
    path = f"{links}/1/less"
    form = dict(buttons(client.get(path).text)["No more Science"])
    alone = Preferences(("Science",), (("Science", Depth.HEADLINES),))
    prefer(database, ada, alone, now)
    assert client.post(path, data=form).headers["location"] == "less"  # the page was opened before
    assert person(database, ada).preferences == alone
    html = client.get(path).text
    assert list(buttons(html)) == ["Nothing more from news2.example"]
    assert "your only topic" in words(html)
    for address in re.findall(r'href="(/(?:preferences|unsubscribe)/[^"]+)"', html):
        assert client.get(address).status_code == 200


def test_both_encodings_of_a_form_are_read(client: TestClient, database: Engine, ada: int, links: str) -> None:
    pairs = buttons(client.get(f"{links}/1/less").text)["Nothing more from news2.example"]
    answer = client.post(f"{links}/1/less", files=[(name, (None, value)) for name, value in pairs])
    assert answer.status_code == 303
    assert "news2.example" in person(database, ada).preferences.muted


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"depth": "deep"},
        {"place": "-1"},
        {"muted": "World"},
        {"depth": "full", "was-depth": "x"},
        {"depth": ["full", "brief"]},
        {"other": "value"},
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(
    client: TestClient, database: Engine, links: str, form: dict[str, str | list[str]]
) -> None:
    before = everything(database)
    assert client.post(f"{links}/1/more", data=form).status_code == 422
    assert everything(database) == before


def test_an_address_that_speaks_of_no_change_says_done_of_nothing(client: TestClient, links: str) -> None:
    for query in ("done", "done&was-depth=headlines", "done&was-depth=x", "done&was-place=1&was-place=2"):
        html = client.get(f"{links}/1/more?{query}").text
        assert "Done" not in words(html)
        assert list(buttons(html)) == ["Show Science in more depth"]


def test_links_that_open_nothing_are_the_404_page(
    client: TestClient, database: Engine, issue: Issue, ada: int, links: str
) -> None:
    tokens = Tokens(audience.SECRET)
    wrong = [
        "/story/x",
        f"/story/{tokens.view(issue.id, ada, 1)}",
        f"/story/{tokens.story(issue.id, ada, 2)}",
        f"/story/{tokens.story(issue.id, ada + 1, 1)}",
        f"/story/{tokens.story(issue.id + 1, ada, 1)}",
    ]
    paths = [f"{begin}/1/more" for begin in wrong]
    paths += [f"{links}/{number}/less" for number in ("3", "-1", "x", "1" * 30, "²", "1.0")]
    for path in paths:
        for answer in (client.get(path), client.head(path), client.post(path, data={"depth": "full"})):
            assert answer.status_code == 404
    assert person(database, ada).preferences.to_json() == ADAS.to_json()
    assert "does not work any more" in words(client.get(paths[0]).text)


def test_links_of_a_revoked_version_and_of_somebody_erased_are_gone(
    client: TestClient, database: Engine, ada: int, links: str
) -> None:
    with db.transaction(database) as connection:
        connection.execute(update(tables.subscribers).values(link_version=2))
    assert client.get(f"{links}/1/more").status_code == 404
    with db.transaction(database) as connection:
        connection.execute(update(tables.subscribers).values(link_version=1))
    assert client.get(f"{links}/1/more").status_code == 200
    with db.transaction(database) as connection:
        connection.execute(delete(tables.subscribers))
    assert client.get(f"{links}/1/more").status_code == 404


def test_links_of_a_newsletter_that_is_gone_are_gone(database: Engine, settings: Settings, links: str) -> None:
    other = settings.newsletters[0].model_copy(update={"slug": "daily"})
    app = web.app(database, settings.model_copy(update={"newsletters": (other,)}))
    with TestClient(app) as client:
        assert client.get(f"{links}/1/more").status_code == 404


def test_a_withdrawn_article_still_leads_to_its_category(client: TestClient, database: Engine, links: str) -> None:
    with db.transaction(database) as connection:
        connection.execute(update(tables.candidates).values(is_withdrawn=True, is_taken_out=True))
    assert list(buttons(client.get(f"{links}/1/more").text)) == ["Show Science in more depth"]


def test_somebody_who_left_is_not_promised_an_issue(
    client: TestClient, database: Engine, settings: Settings, ada: int, links: str, now: datetime
) -> None:
    with db.transaction(database) as connection:
        consent.unsubscribe(
            connection, person(database, ada), settings.newsletters, newsletter=None, source="page", now=now
        )
    html = client.get(press(client, f"{links}/1/more", "Show Science in more depth")).text
    assert "Your next issue follows it." not in words(html)
    assert "It counts if you get mail from us again." in words(html)
    assert "/unsubscribe/" not in html


def test_headers_keep_the_page_private(client: TestClient, links: str) -> None:
    path = f"{links}/1/more"
    for answer in (client.get(path), client.get(f"{path}?done&was-depth=full"), client.get("/story/x/1/more")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers


def test_pages_under_a_path_lead_to_addresses_under_it(database: Engine, settings: Settings, links: str) -> None:
    under = settings.model_copy(update={"base_url": "https://news.example.com/letters"})
    with TestClient(web.app(database, under)) as client:
        html = client.get(f"{links}/1/more").text
    assert set(re.findall(r'action="(/letters)?/story/', html)) == {"/letters"}
    assert set(re.findall(r'href="(/letters)?/preferences/', html)) == {"/letters"}


def test_the_log_has_no_token(client: TestClient, links: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    press(client, f"{links}/1/more", "Show Science in more depth")
    assert [record.getMessage().rpartition(" ")[0].rpartition(" ")[0] for record in caplog.records] == [
        "GET /story/{token}/{number}/more 200",
        "POST /story/{token}/{number}/more 303",
    ]


def test_two_choices_and_a_saved_page_at_once_are_all_kept(
    client: TestClient, database: Engine, ada: int, links: str
) -> None:
    mute = dict(buttons(client.get(f"{links}/1/less").text)["Nothing more from news2.example"])
    page = {"topic": ["World", "Science"], "most": "5"}
    token = Tokens(audience.SECRET).preferences(ada, 1, "weekly")
    answers = at_once(
        database,
        ada,
        [
            lambda: client.post(f"/preferences/{token}", data=page),
            lambda: client.post(f"{links}/1/less", data=mute),
            lambda: client.post(f"/preferences/{token}", data={"topic": ["World", "Science"], "mute": "bad.example"}),
        ],
    )
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    preferences = person(database, ada).preferences
    assert preferences.max_articles == 5
    assert set(preferences.muted) == {"x.example", "news2.example", "bad.example"}
