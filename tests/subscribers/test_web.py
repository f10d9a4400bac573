"""The public pages: what a link shows, what a form changes, and that nothing else does."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, update

from digest import db, languages, tables, web
from digest.config import Settings
from digest.model import Depth
from subscribers import consent, store
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.tokens import Tokens
from subscribers.web import masked
from tests import audience

ADAS = Preferences(
    categories=("Science", "World"),
    depth=(("World", Depth.FULL), ("Science", Depth.HEADLINES)),
    muted=("tabloid.example",),
)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def two(settings: Settings) -> Settings:
    """Settings with a second newsletter for the same readers."""
    daily = settings.newsletters[0].model_copy(
        update={"slug": "daily", "name": "The Daily", "categories": ("World", "Markets"), "schedule": "daily 06:30"}
    )
    return settings.model_copy(update={"newsletters": (*settings.newsletters, daily)})


@pytest.fixture
def client(database: Engine, two: Settings) -> Iterator[TestClient]:
    """A browser without a cookie jar worth mentioning, that follows no redirect by itself."""
    with TestClient(web.app(database, two), follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader who gets World in full and the headlines of Science, Science first."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", preferences=ADAS)


def person(database: Engine, subscriber_id: int) -> Subscriber:
    with db.reading(database) as connection:
        found = store.by_id(connection, subscriber_id)
    assert found
    return found


def preferences_path(subscriber_id: int, newsletter: str = "weekly", version: int = 1) -> str:
    return f"/preferences/{Tokens(audience.SECRET).preferences(subscriber_id, version, newsletter)}"


def unsubscribe_path(subscriber_id: int, newsletter: str = "weekly") -> str:
    return f"/unsubscribe/{Tokens(audience.SECRET).unsubscribe(subscriber_id, newsletter)}"


def everything(database: Engine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with db.reading(database) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def shown_topics(html: str) -> list[tuple[str, bool]]:
    found = re.findall(r'name="topic" value="([^"]*)"([^>]*)>', html)
    return [(unescape(name), " checked" in rest) for name, rest in found]


def shown_depth(html: str, topic: str) -> str:
    found = re.search(rf'name="depth:{topic}" value="(\w+)" checked', html)
    assert found
    return found[1]


def words(html: str) -> str:
    """The words of a page, as a reader sees them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi>", "", html))).split())


# preferences


def test_preferences_show_the_chosen_topics_first_in_the_readers_order(client: TestClient, ada: int) -> None:
    html = client.get(preferences_path(ada)).text
    assert shown_topics(html)[:3] == [("Science", True), ("World", True), ("Business", False)]
    assert len(shown_topics(html)) == 8
    assert shown_depth(html, "World") == "full"
    assert shown_depth(html, "Science") == "headlines"
    assert shown_depth(html, "Sport") == "brief"


def test_somebody_who_chose_nothing_sees_every_topic_ticked(client: TestClient, database: Engine) -> None:
    with db.transaction(database) as connection:
        ben = audience.subscriber(connection, "ben@example.org")
    topics = shown_topics(client.get(preferences_path(ben)).text)
    assert all(is_chosen for _, is_chosen in topics)
    assert [name for name, _ in topics][:2] == ["World", "Business"]


def test_the_address_is_masked(client: TestClient, ada: int) -> None:
    for path in (preferences_path(ada), unsubscribe_path(ada)):
        html = client.get(path).text
        assert "a•••@example.org" in html
        assert "ada@" not in html


@pytest.mark.parametrize(
    ("email", "shown"), [("x@example.org", "x•••@example.org"), ('"a@b"@example.org', '"•••@example.org')]
)
def test_masking_keeps_the_first_letter_and_the_domain(email: str, shown: str) -> None:
    assert masked(email) == shown


def test_saving_stores_order_depth_and_frequency(client: TestClient, database: Engine, ada: int) -> None:
    form = {
        "topic": ["Sport", "World", "Climate"],
        "depth:Sport": "full",
        "depth:World": "brief",
        "depth:Climate": "headlines",
        "frequency": "monthly",
    }
    answer = client.post(preferences_path(ada), data=form)
    assert answer.status_code == 303
    after = person(database, ada)
    assert after.preferences.categories == ("Sport", "World", "Climate")
    assert dict(after.preferences.depth) == {"Sport": "full", "Climate": "headlines", "Science": "headlines"}
    assert after.preferences.muted == ("tabloid.example",)
    assert after.frequency is Frequency.MONTHLY
    page = client.get(f"{preferences_path(ada)}{answer.headers['location']}")
    assert "Saved." in words(page.text)
    assert shown_topics(page.text)[:3] == [("Sport", True), ("World", True), ("Climate", True)]


def test_a_form_that_only_names_topics_leaves_depth_and_frequency(
    client: TestClient, database: Engine, ada: int
) -> None:
    client.post(preferences_path(ada), data={"topic": ["World", "Science"]})
    after = person(database, ada)
    assert after.preferences.categories == ("World", "Science")
    assert dict(after.preferences.depth) == dict(ADAS.depth)
    assert after.frequency is Frequency.EVERY_ISSUE


def test_saving_the_page_as_it_is_changes_nothing(client: TestClient, database: Engine) -> None:
    with db.transaction(database) as connection:
        ben = audience.subscriber(connection, "ben@example.org", frequency="daily")
    before = everything(database)
    html = client.get(preferences_path(ben)).text
    topics = [name for name, is_chosen in shown_topics(html) if is_chosen]
    depths = {f"depth:{name}": shown_depth(html, name) for name in topics}
    answer = client.post(preferences_path(ben), data={"topic": topics, "frequency": "every_issue"} | depths)
    assert answer.status_code == 303
    assert everything(database) == before


def test_choices_for_another_newsletter_stay(client: TestClient, database: Engine) -> None:
    with db.transaction(database) as connection:
        ben = audience.subscriber(connection, "ben@example.org")
        eve = audience.subscriber(connection, "eve@example.org", "Markets", "World")
    for reader in (ben, eve):
        client.post(preferences_path(reader), data={"topic": ["Sport"]})
    assert person(database, ben).preferences.categories == ("Sport", "Markets")
    assert person(database, eve).preferences.categories == ("Sport", "Markets")


def test_no_topic_is_an_error_said_first_and_beside_the_field(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    answer = client.post(preferences_path(ada), data={"frequency": "monthly"})
    assert answer.status_code == 422
    said = words(answer.text)
    assert said.index("One thing to mend") < said.index("No topic is ticked")
    assert not any(is_chosen for _, is_chosen in shown_topics(answer.text))
    assert re.search(r'href="#first-topic"', answer.text)
    assert answer.text.count('id="first-topic"') == 1
    assert everything(database) == before


def test_moving_a_topic_shows_the_new_order_and_saves_nothing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    form = {"topic": ["Science", "World", "Sport"], "depth:Sport": "full", "move": "up:World"}
    answer = client.post(preferences_path(ada), data=form)
    assert answer.status_code == 200
    assert shown_topics(answer.text)[:3] == [("World", True), ("Science", True), ("Sport", True)]
    assert shown_depth(answer.text, "Sport") == "full"
    assert "Not saved yet" in words(answer.text)
    assert re.search(r'aria-label="Move World down" autofocus', answer.text)  # up is not possible any more
    assert everything(database) == before


@pytest.mark.parametrize(
    "form",
    [
        {"topic": ["World", "Astrology"]},
        {"topic": ["world"]},
        {"topic": ["World"], "depth:World": "deep"},
        {"topic": ["World"], "depth:World": ["full", "brief"]},
        {"topic": ["World"], "frequency": "hourly"},
        {"topic": ["World"], "move": "sideways:World"},
        {"topic": ["World"], "move": "up:Astrology"},
        {"topic": ["World"], "move": ""},
        {"topic": ["\x00"]},
    ],
)
def test_an_unknown_value_is_a_422_page(
    client: TestClient, database: Engine, ada: int, form: dict[str, str | list[str]]
) -> None:
    before = everything(database)
    answer = client.post(preferences_path(ada), data=form)
    assert answer.status_code == 422
    assert "could not be read" in words(answer.text)
    assert everything(database) == before


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"topic=%ff%fe", "application/x-www-form-urlencoded", 422),
        (b"\x00\xff", "application/x-www-form-urlencoded", 422),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x", 422),
        (b"anything", "multipart/form-data", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="topic"; filename="a"\r\n\r\nWorld\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            400,
        ),
        (b"&".join(b"topic=World" for _ in range(2000)), "application/x-www-form-urlencoded", 400),
        (b"x=" + b"y" * 300_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_a_body_that_no_page_sends_gets_a_page(
    client: TestClient, database: Engine, ada: int, body: bytes, kind: str, status: int
) -> None:
    before = everything(database)
    answer = client.post(preferences_path(ada), content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert everything(database) == before


def test_only_frequencies_that_the_newsletter_can_keep_are_offered(client: TestClient, ada: int) -> None:
    def offered(newsletter: str) -> list[str]:
        return re.findall(r'name="frequency" value="(\w+)"', client.get(preferences_path(ada, newsletter)).text)

    assert offered("weekly") == ["every_issue", "monthly"]
    assert offered("daily") == ["every_issue", "weekly", "monthly"]


def test_a_revoked_preference_link_is_gone_and_unsubscribing_still_works(
    client: TestClient, database: Engine, ada: int
) -> None:
    with db.transaction(database) as connection:
        connection.execute(update(tables.subscribers).values(link_version=2))
    assert client.get(preferences_path(ada)).status_code == 404
    assert client.post(preferences_path(ada), data={"topic": "Sport"}).status_code == 404
    page = client.get(unsubscribe_path(ada))
    assert page.status_code == 200
    assert "/preferences/" not in page.text  # an old mail must not open what was revoked
    assert client.get(preferences_path(ada, version=2)).status_code == 200


def test_a_newsletter_that_is_no_more_can_still_be_left(client: TestClient, database: Engine, ada: int) -> None:
    assert client.get(preferences_path(ada, "monthly")).status_code == 404
    assert "Unsubscribe from monthly" in words(client.get(unsubscribe_path(ada, "monthly")).text)
    assert client.post(unsubscribe_path(ada, "monthly"), data=ONE_CLICK).status_code == 200
    assert person(database, ada).left == ("monthly",)


# unsubscribing


def test_one_click_ends_the_newsletter_in_both_encodings(client: TestClient, database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        ben = audience.subscriber(connection, "ben@example.org")
    urlencoded = client.post(unsubscribe_path(ada), data=ONE_CLICK)
    multipart = client.post(unsubscribe_path(ben), files={"List-Unsubscribe": (None, "One-Click")})
    for answer in (urlencoded, multipart):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert "set-cookie" not in answer.headers
        assert len(answer.content) < 100
    for reader in (ada, ben):
        assert person(database, reader).left == ("weekly",)
        assert person(database, reader).status is Status.CONFIRMED  # The Daily is left


def test_one_click_again_changes_and_records_nothing_more(client: TestClient, database: Engine, ada: int) -> None:
    client.post(unsubscribe_path(ada), data=ONE_CLICK)
    before = everything(database)
    assert client.post(unsubscribe_path(ada), data=ONE_CLICK).status_code == 200
    assert everything(database) == before


def test_one_click_with_everything_beside_it_ends_the_newsletter_only(
    client: TestClient, database: Engine, ada: int
) -> None:
    client.post(unsubscribe_path(ada), data=ONE_CLICK | {"from": "everything"})
    assert person(database, ada).status is Status.CONFIRMED


def test_leaving_the_last_newsletter_makes_somebody_unsubscribed(
    client: TestClient, database: Engine, ada: int
) -> None:
    client.post(unsubscribe_path(ada), data=ONE_CLICK)
    client.post(unsubscribe_path(ada, "daily"), data=ONE_CLICK)
    assert person(database, ada).status is Status.UNSUBSCRIBED


def test_the_pages_button_ends_the_newsletter_and_offers_the_rest(
    client: TestClient, database: Engine, ada: int
) -> None:
    page = words(client.get(unsubscribe_path(ada)).text)
    assert "Unsubscribe from The Weekly" in page
    assert "Unsubscribe from everything" in page
    done = client.post(unsubscribe_path(ada), data={"from": "newsletter"})
    assert done.status_code == 200
    assert "You are unsubscribed" in done.text
    assert "You still get The Daily" in words(done.text)
    assert person(database, ada).left == ("weekly",)


def test_everything_ends_every_newsletter(client: TestClient, database: Engine, ada: int) -> None:
    done = client.post(unsubscribe_path(ada), data={"from": "everything"})
    assert "gets no more mail from us" in words(done.text)
    assert person(database, ada).status is Status.UNSUBSCRIBED
    assert set(person(database, ada).left) == {"weekly", "daily"}


def test_an_unsubscribed_reader_is_told_kindly(client: TestClient, ada: int) -> None:
    client.post(unsubscribe_path(ada), data=ONE_CLICK)
    page = words(client.get(unsubscribe_path(ada)).text)
    assert "You are unsubscribed" in page
    assert "It was so already" in page
    assert "You are unsubscribed from The Weekly." in words(client.get(preferences_path(ada)).text)


def test_how_somebody_left_is_recorded(client: TestClient, database: Engine, ada: int) -> None:
    client.post(unsubscribe_path(ada), data=ONE_CLICK)
    client.post(unsubscribe_path(ada), data={"from": "everything"})
    events = tables.consent_events.c
    with db.reading(database) as connection:
        query = select(events.kind, events.newsletter, events.source).order_by(events.id)
        assert connection.execute(query).all() == [
            ("unsubscribed", "weekly", "one-click"),
            ("unsubscribed", None, "page"),
        ]


def test_undo_brings_back_what_was_left_and_nothing_more(client: TestClient, database: Engine, ada: int) -> None:
    client.post(unsubscribe_path(ada, "daily"), data=ONE_CLICK)
    left = client.post(unsubscribe_path(ada), data={"from": "newsletter"})
    assert person(database, ada).status is Status.UNSUBSCRIBED
    assert "Was that an accident?" in words(left.text)
    undone = client.post(unsubscribe_path(ada), data={"undo": "yes"})

    assert "Welcome back" in words(undone.text)
    assert person(database, ada).status is Status.CONFIRMED
    assert person(database, ada).left == ("daily",)
    again = client.post(unsubscribe_path(ada), data={"undo": "yes"})
    assert "Unsubscribe?" in words(again.text)
    assert person(database, ada).left == ("daily",)


def test_undo_of_everything_brings_everything_back(client: TestClient, database: Engine, ada: int) -> None:
    before = person(database, ada)
    client.post(unsubscribe_path(ada), data={"from": "everything"})
    client.post(unsubscribe_path(ada), data={"undo": "yes"})

    assert person(database, ada) == before


def test_a_reason_is_recorded_and_undo_is_still_there(client: TestClient, database: Engine, ada: int) -> None:
    left = client.post(unsubscribe_path(ada), data=ONE_CLICK)
    assert left.status_code == 200
    assert "What was wrong? optional" in words(client.get(unsubscribe_path(ada)).text)
    thanks = client.post(unsubscribe_path(ada), data={"reason": "too_many"})

    assert "Thank you for saying why." in words(thanks.text)
    events = tables.consent_events.c
    with db.reading(database) as connection:
        query = select(events.kind, events.detail).order_by(events.id.desc()).limit(1)
        assert connection.execute(query).one() == ("explained", "too_many")
    before = everything(database)
    client.post(unsubscribe_path(ada), data={"reason": "other"})
    assert everything(database) == before  # one answer
    assert "Welcome back" in client.post(unsubscribe_path(ada), data={"undo": "yes"}).text
    returned = everything(database)
    client.post(unsubscribe_path(ada), data={"reason": "too_many"})
    assert everything(database) == returned  # nothing to answer for, and no reason to unsubscribe anybody


def test_less_mail_can_be_chosen_instead(client: TestClient, database: Engine, ada: int) -> None:
    page = words(client.get(unsubscribe_path(ada)).text)
    assert "Once a month" in page
    for instead in ("monthly", "headlines", "break"):
        answer = client.post(unsubscribe_path(ada), data={"instead": instead})
        again = client.post(unsubscribe_path(ada), data={"instead": instead})  # the page was loaded anew
        for shown in (answer, again):
            assert "stays subscribed to The Weekly, with less mail" in words(shown.text)

    reader = person(database, ada)
    assert reader.frequency is Frequency.MONTHLY
    assert {depth for topic, depth in reader.preferences.depth if topic in ("World", "Science")} == {Depth.HEADLINES}
    assert reader.status is Status.PAUSED
    assert reader.paused_until is not None
    assert timedelta(days=27) < reader.paused_until - datetime.now(UTC) <= timedelta(days=28)
    assert reader.left == ()
    assert "Or keep some of it" not in client.get(unsubscribe_path(ada)).text


def test_less_mail_is_not_offered_where_preference_links_were_revoked(
    client: TestClient, database: Engine, ada: int
) -> None:
    with db.transaction(database) as connection:
        connection.execute(tables.subscribers.update().values(link_version=2))
    assert "Once a month" not in client.get(unsubscribe_path(ada)).text
    client.post(unsubscribe_path(ada), data={"instead": "monthly"})

    assert person(database, ada).frequency is Frequency.EVERY_ISSUE
    assert person(database, ada).left == ()


# every page


def test_get_and_head_change_nothing(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    for path in (preferences_path(ada), f"{preferences_path(ada)}?saved", unsubscribe_path(ada)):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
        assert client.get(path, params=ONE_CLICK | {"from": "everything", "topic": "Sport"}).status_code == 200
    assert everything(database) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_with_a_page(client: TestClient, database: Engine, ada: int, method: str) -> None:
    before = everything(database)
    answer = client.request(method, unsubscribe_path(ada), data=ONE_CLICK)
    assert answer.status_code == 405
    assert "<h1>" in answer.text
    assert everything(database) == before


def test_a_wrong_token_is_a_404_page_for_every_method(client: TestClient, database: Engine, ada: int) -> None:
    before = everything(database)
    forged = Tokens(b"another key of more than thirty-two characters")
    for path in (
        "/preferences/x",
        "/unsubscribe/%00%ff",
        f"{preferences_path(ada)[:-1]}",
        f"{unsubscribe_path(ada)}A",
        preferences_path(ada).replace("preferences", "unsubscribe"),
        unsubscribe_path(ada).replace("unsubscribe", "preferences"),
        f"/unsubscribe/{forged.unsubscribe(ada, 'weekly')}",
        f"/preferences/{forged.preferences(ada, 1, 'weekly')}",
        unsubscribe_path(ada + 999),
        preferences_path(ada + 999),
    ):
        for answer in (client.get(path), client.head(path), client.post(path, data=ONE_CLICK)):
            assert answer.status_code == 404, path
        assert "This link does not work any more" in words(client.get(path).text)
    assert everything(database) == before


def test_pages_of_an_erased_person_are_gone(client: TestClient, database: Engine, ada: int) -> None:
    with db.transaction(database) as connection:
        consent.erase(connection, person(database, ada), source="test", now=audience.JOINED)
    assert client.get(unsubscribe_path(ada)).status_code == 404
    assert client.post(unsubscribe_path(ada), data=ONE_CLICK).status_code == 404


def test_every_answer_is_private_and_without_cookies(client: TestClient, ada: int) -> None:
    for path in (preferences_path(ada), unsubscribe_path(ada), "/preferences/x"):
        for answer in (client.get(path), client.head(path), client.post(path, data={"topic": "World"})):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "noindex" in answer.headers["x-robots-tag"]
            assert "set-cookie" not in answer.headers
            if answer.status_code != 303:
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy


def test_pages_hold_no_inline_script_or_style(client: TestClient, ada: int) -> None:
    for path in (preferences_path(ada), unsubscribe_path(ada), "/nowhere"):
        html = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_hostile_values_are_escaped(database: Engine, settings: Settings) -> None:
    evil = "<script>alert(1)</script>\"'&"
    newsletter = settings.newsletters[0].model_copy(
        update={"name": evil, "postal_address": evil, "categories": ("World", evil)}
    )
    hostile = settings.model_copy(update={"newsletters": (newsletter,)})
    with db.transaction(database) as connection:
        reader = audience.subscriber(connection, '"<b>"@example.org', name=evil)
    with TestClient(web.app(database, hostile)) as client:
        for path in (preferences_path(reader), unsubscribe_path(reader)):
            html = client.get(path).text
            assert "<script>alert" not in html
            assert '<b>"@' not in html
        saved = client.post(preferences_path(reader), data={"topic": [evil]})
        assert saved.status_code == 200
    assert person(database, reader).preferences.categories == (evil,)


def test_links_begin_with_the_path_of_base_url(database: Engine, settings: Settings, ada: int) -> None:
    below = settings.model_copy(update={"base_url": "https://example.com/news"})
    with TestClient(web.app(database, below)) as client:
        html = client.get(preferences_path(ada)).text
        links = re.findall(r'(?:href|src|action)="([^"#]+)"', html)
        assert len(links) >= 5
        assert all(link.startswith("/news/") for link in links)
        assert all(client.get(link).status_code == 200 for link in links)


# languages


GONE = {"en": "This link does not work any more", "de": "Dieser Link funktioniert nicht mehr"}


def speaker(database: Engine, language: str) -> int:
    """A reader with a language of their own."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, f"{language or 'no'}@example.org", language=language)


@pytest.mark.parametrize("language", languages.translated())
def test_pages_speak_the_readers_language(client: TestClient, database: Engine, language: str) -> None:
    reader = speaker(database, language)
    for path in (preferences_path(reader), unsubscribe_path(reader)):
        answer = client.get(path, headers={"Accept-Language": "sv, fr;q=0.5"})
        assert f'<html lang="{language}" dir="{languages.direction(language)}">' in answer.text
        assert answer.headers["content-language"] == language
        assert "vary" not in answer.headers
        assert languages.translations(language).gettext("Unsubscribe from everything") in words(answer.text)


@pytest.mark.parametrize("language", [tag for tag in languages.translated() if tag != "en"])
def test_nothing_of_ours_stays_english(client: TestClient, database: Engine, language: str) -> None:
    reader = speaker(database, language)
    pages = [
        client.get(f"{preferences_path(reader)}?saved"),
        client.post(preferences_path(reader), data={"frequency": "monthly"}),
        client.get(unsubscribe_path(reader)),
        client.post(unsubscribe_path(reader), data={"from": "newsletter"}),
        client.get(preferences_path(reader)),
    ]
    theirs = (
        r"The Weekly|The Daily|World|Business|Technology|Science|Climate|Health|Culture|Sport|1 Example Street, London"
    )
    for page in pages:
        said = re.sub(theirs, "", words(page.text))
        for english in ("unsubscribe", " the ", "issue", "topic", "save", "your", "mail from", "week"):
            assert english not in said.casefold(), said


@pytest.mark.parametrize(
    ("own", "newsletter", "shown"),
    [("pt-BR", "en", "pt-BR"), ("", "fr", "fr"), ("sv", "ar", "ar"), ("sv", "fi", "en"), ("<script>", "en", "en")],
)
def test_a_language_that_we_do_not_speak_leads_to_the_newsletters_then_to_english(
    database: Engine, two: Settings, own: str, newsletter: str, shown: str
) -> None:
    spoken = [weekly.model_copy(update={"language": newsletter}) for weekly in two.newsletters]
    reader = speaker(database, own)
    with TestClient(web.app(database, two.model_copy(update={"newsletters": tuple(spoken)}))) as client:
        for path in (preferences_path(reader), unsubscribe_path(reader)):
            assert client.get(path).headers["content-language"] == shown


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-AT, en;q=0.5", "de-AT"), ("sv, fr;q=0.2", "fr"), ("sv", "en"), ("", "en"), (";q=,,ä", "en")],
)
def test_pages_without_a_reader_speak_the_visitors_language(client: TestClient, header: str, language: str) -> None:
    for path in ("/preferences/x", "/unsubscribe/x", "/view/x", "/static/x", "/nowhere"):
        answer = client.get(path, headers={"Accept-Language": header.encode("latin-1")})
        assert answer.headers["content-language"] == language, path
        assert answer.headers["vary"] == "Accept-Language"
        assert f'<html lang="{language}"' in answer.text


def test_pages_without_a_reader_say_it_in_words_of_that_language(client: TestClient) -> None:
    for language, said in GONE.items():
        for method in ("GET", "POST"):
            answer = client.request(method, "/unsubscribe/x", headers={"Accept-Language": language})
            assert said in words(answer.text)
    assert "Das geht hier nicht" in client.put("/unsubscribe/x", headers={"Accept-Language": "de"}).text


def test_an_unreadable_form_is_answered_in_the_readers_language(client: TestClient, database: Engine) -> None:
    answer = client.post(preferences_path(speaker(database, "de")), data={"topic": "Astrology"})
    assert answer.status_code == 422
    assert "Das Formular konnte nicht gelesen werden" in words(answer.text)


def test_names_that_hold_markup_stay_names(database: Engine, two: Settings) -> None:
    hostile = [
        newsletter.model_copy(update={"name": f"<b>{newsletter.name}</b> %(address)s {{0}}", "postal_address": "<i>"})
        for newsletter in two.newsletters
    ]
    reader = speaker(database, "fr")
    with TestClient(web.app(database, two.model_copy(update={"newsletters": tuple(hostile)}))) as client:
        for path in (preferences_path(reader), unsubscribe_path(reader)):
            html = client.get(path).text
            assert "&lt;b&gt;The Weekly&lt;/b&gt; %(address)s {0}" in html
            assert "<b>The" not in html
            assert "<i>" not in html
