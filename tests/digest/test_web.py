"""The web application as a whole: editions in a browser, health, files, and what it does when something is wrong."""

import email
import email.policy
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine

from digest import articles, config, db, issues, pictures, planning, web
from digest.config import Settings
from digest.ingest.picture_files import Cropped
from digest.messages import Messages
from digest.model import Issue
from subscribers import consent
from subscribers.tokens import Tokens
from tests import audience
from tests.articles import article

TOKENS = Tokens(audience.SECRET)


@pytest.fixture
def app(database: Engine, settings: Settings) -> FastAPI:
    """The whole application."""
    return web.app(database, settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A visitor who follows no redirect by themselves."""
    with TestClient(app, follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def ada(database: Engine) -> int:
    """A reader of World and Science."""
    with db.transaction(database) as connection:
        return audience.subscriber(connection, "ada@example.org", "World", "Science")


@pytest.fixture
def issue(database: Engine, settings: Settings, ada: int, now: datetime) -> Issue:
    """An issue with an edition for Ada."""
    batch = [article(1, "World"), article(2, "Science", title="Zoë’s <telescope> & “more”"), article(3, "Sport")]
    with db.transaction(database) as connection:
        articles.store(connection, batch, now=now)
    return planning.plan(database, settings, settings.newsletters[0], now=now).issue


def broken(app: FastAPI) -> TestClient:
    """A visitor of an application with one page that fails, and whose errors do not reach the test."""

    def fail(token: str) -> None:
        raise RuntimeError(f"cannot do anything for ada@example.org with {token}")

    app.add_api_route("/broken/{token}", fail)
    return TestClient(app, raise_server_exceptions=False)


# editions in a browser


def test_view_is_the_html_part_of_the_readers_mail(
    client: TestClient, database: Engine, settings: Settings, issue: Issue, ada: int
) -> None:
    answer = client.get(f"/view/{TOKENS.view(issue.id, ada, 1)}")
    with db.reading(database) as connection:
        delivery = issues.delivery_of(connection, issue.id, ada)
    assert delivery
    mail = email.message_from_bytes(Messages(database, issue, settings).one(delivery), policy=email.policy.default)
    part = mail.get_body(("html",))
    assert part
    assert answer.status_code == 200
    assert answer.text.splitlines() == part.get_content().splitlines()
    assert "Zoë’s &lt;telescope&gt; &amp; “more”" in answer.text


def test_view_may_show_pictures_and_do_nothing(client: TestClient, issue: Issue, ada: int) -> None:
    headers = client.get(f"/view/{TOKENS.view(issue.id, ada, 1)}").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("token", ["x", "1.1.forged", "%00", "9" * 300])
def test_view_of_a_wrong_token_is_a_404_page(client: TestClient, issue: Issue, token: str) -> None:
    for answer in (client.get(f"/view/{token}"), client.head(f"/view/{token}")):
        assert answer.status_code == 404


def test_view_of_somebody_without_a_delivery_is_a_404_page(client: TestClient, issue: Issue, ada: int) -> None:
    assert client.get(f"/view/{TOKENS.view(issue.id, ada + 1, 1)}").status_code == 404
    assert client.get(f"/view/{TOKENS.view(issue.id + 1, ada, 1)}").status_code == 404


def test_view_goes_with_the_links_that_it_holds(client: TestClient, database: Engine, issue: Issue, ada: int) -> None:
    with db.transaction(database) as connection:
        consent.revoke_links(connection, ada)

    assert client.get(f"/view/{TOKENS.view(issue.id, ada, 1)}").status_code == 404
    assert client.get(f"/view/{TOKENS.view(issue.id, ada, 2)}").status_code == 200


# health, files, the rest


def test_healthz_is_ok_while_the_database_answers(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok"
    assert client.head("/healthz").status_code == 200


def test_files_are_kept_for_good_under_their_version_only(client: TestClient, ada: int) -> None:
    page = client.get(f"/preferences/{TOKENS.preferences(ada, 1, 'weekly')}").text
    for name, kind in (("pages.css", "text/css"), ("preferences.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        address = next(word.split('"')[0] for word in page.split('="') if word.startswith(f"/static/{name}?v="))
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
        assert client.get(f"/static/{name}").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/page.html.j2", "/static/..%2ftokens.css", "/nowhere", "/docs", "/openapi.json"]
)
def test_what_is_not_there_is_a_404_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<h1>There is nothing at this address</h1>" in answer.text


def test_the_front_door_leads_to_the_studio(client: TestClient) -> None:
    assert client.get("/").headers["location"] == "/studio/"
    assert client.get("/studio/").status_code == 401  # a visitor from elsewhere, without a sign-in link


# when something is wrong


def away(settings: Settings) -> FastAPI:
    """An application whose database cannot be opened."""
    return web.app(db.connect("sqlite:////nonexistent/folder/digest.db"), settings)


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/view/{view}", "/story/{story}/1/more", "/preferences/{preferences}", "/unsubscribe/{unsubscribe}"],
)
def test_a_database_that_is_away_is_a_503_page(settings: Settings, path: str) -> None:
    tokens = {
        "view": TOKENS.view(1, 1, 1),
        "story": TOKENS.story(1, 1, 1),
        "preferences": TOKENS.preferences(1, 1, "weekly"),
        "unsubscribe": TOKENS.unsubscribe(1, "weekly"),
    }
    with TestClient(away(settings)) as client:
        answer = client.get(path.format(**tokens))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Back in a moment" in answer.text
    assert "/nonexistent" not in answer.text


def test_one_click_while_the_database_is_away_can_be_tried_again(settings: Settings) -> None:
    with TestClient(away(settings)) as client:
        address = f"/unsubscribe/{TOKENS.unsubscribe(1, 'weekly')}"
        assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 503


def test_a_fault_is_a_page_and_its_log_has_no_values(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with broken(app) as client:
        answer = client.get("/broken/secret-token")
    assert answer.status_code == 500
    assert "Something broke here" in answer.text
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name == "digest.web")
    assert "RuntimeError" in ours
    assert "test_web.py" in ours
    assert "ada@example.org" not in ours
    assert "secret-token" not in ours


def test_the_log_has_one_line_for_each_request_and_no_token(
    client: TestClient, ada: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    token = TOKENS.unsubscribe(ada, "weekly")
    client.get(f"/unsubscribe/{token}")
    client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    client.get(f"/unsubscribed/{token}")
    client.put(f"/unsubscribe/{token}")
    client.get(f"/studio/sign-in/{token}")
    lines = [record.getMessage() for record in caplog.records if record.name == "digest.web"]
    assert [line.rpartition(" ")[0].rpartition(" ")[0] for line in lines] == [
        "GET /unsubscribe/{token} 200",
        "POST /unsubscribe/{token} 200",
        "GET (no such page) 404",
        "PUT /unsubscribe/{token} 405",
        "GET /studio/sign-in/{token} 401",
    ]
    assert token not in caplog.text


def test_a_damaged_database_is_a_503_page(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "digest.db").write_bytes(b"this is not a database, but it is as long as one" * 100)
    engine = db.connect(f"sqlite:///{tmp_path / 'digest.db'}")
    with TestClient(web.app(engine, settings)) as client:
        assert client.get("/healthz").status_code == 503
    engine.dispose()


@pytest.fixture
def with_logo(database: Engine, settings_file: Path) -> tuple[TestClient, Path, str]:
    """A visitor, the logo's file, and its address without the host."""
    path = settings_file.parent / "logo.png"
    Image.new("RGB", (360, 80), "#1a4fb0").save(path)
    theme = '[newsletters.theme]\nlogo = { image = "logo.png" }\n'
    settings_file.write_text(settings_file.read_text() + theme)
    settings = config.load(settings_file)
    shown = settings.newsletters[0].theme.logo
    assert shown is not None
    return TestClient(web.app(database, settings)), path, shown.url.removeprefix(settings.base_url)


def test_a_logo_is_served_for_good(with_logo: tuple[TestClient, Path, str]) -> None:
    client, path, address = with_logo

    answer = client.get(address)

    assert answer.content == path.read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_older_mail_shows_the_logo_of_today(with_logo: tuple[TestClient, Path, str]) -> None:
    client, path, address = with_logo
    Image.new("RGB", (360, 80), "#951f44").save(path)

    answer = client.get(address)

    assert answer.content == path.read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("name", ["other-0123456789abcdef.png", "weekly-0123456789abcdef.svg", "..%2fdigest.toml"])
def test_no_other_file_is_served_as_a_logo(with_logo: tuple[TestClient, Path, str], name: str) -> None:
    assert with_logo[0].get(f"/logo/{name}").status_code == 404


def test_a_logo_that_is_gone_is_not_here(with_logo: tuple[TestClient, Path, str]) -> None:
    client, path, address = with_logo
    path.unlink()

    assert client.get(address).status_code == 404


# lead pictures


@pytest.fixture
def picture(database: Engine, settings: Settings, now: datetime) -> Cropped:
    """A picture that is stored."""
    found = Cropped(b"\xff\xd8 a picture", 552, 310)
    with db.transaction(database) as connection:
        pictures.keep(connection, "https://pictures.example/1.jpg", found, secret=settings.secret, now=now)
    return found


def test_picture_is_served_for_good_and_as_nothing_else(
    client: TestClient, settings: Settings, picture: Cropped
) -> None:
    url = f"/pictures/{pictures.name(picture.jpeg, settings.secret)}.jpg"

    got, head = client.get(url), client.head(url)

    assert (got.status_code, got.content) == (200, picture.jpeg)
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["content-length"] == str(len(picture.jpeg))
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in got.headers
    assert (head.status_code, head.headers) == (200, got.headers)


def test_picture_that_a_cache_has_is_not_sent_again(client: TestClient, settings: Settings, picture: Cropped) -> None:
    url = f"/pictures/{pictures.name(picture.jpeg, settings.secret)}.jpg"
    tag = client.get(url).headers["etag"]

    for said in (tag, f"W/{tag}", f'"another", {tag}'):
        again = client.get(url, headers={"If-None-Match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(url, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("name", ["0" * 32, "x", "%00", "0" * 32 + "%00", "..%2f..%2fdigest", "0" * 400, "'"])
def test_unknown_picture_is_a_404_without_a_page(client: TestClient, picture: Cropped, name: str) -> None:
    answer = client.get(f"/pictures/{name}.jpg")
    assert answer.status_code == 404
    if "%2f" not in name:
        assert answer.text == "no such picture"
        assert answer.headers["cache-control"] == "no-store"


def test_log_does_not_say_which_picture_was_looked_at(
    client: TestClient, settings: Settings, picture: Cropped, caplog: pytest.LogCaptureFixture
) -> None:
    name = pictures.name(picture.jpeg, settings.secret)
    with caplog.at_level(logging.INFO, logger="digest.web"):
        client.get(f"/pictures/{name}.jpg?reader=ada")
    assert "/pictures/{name}.jpg 200" in caplog.text
    assert name not in caplog.text
    assert "ada" not in caplog.text
