"""Who may enter: everybody on their own machine, elsewhere whoever opened a sign-in link."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from itsdangerous import TimestampSigner
from sqlalchemy import Engine

from digest.config import Settings
from digest.studio import session
from tests.digest.studio.conftest import application

ADDRESSES = ["/studio/", "/studio/frame?reader=1", "/studio/static/studio.js", "/studio/nowhere"]


@pytest.fixture
def public(database: Engine, settings: Settings) -> FastAPI:
    """A studio whose base_url is https://news.example.com."""
    return application(database, settings)


@pytest.fixture
def home(database: Engine, at_home: Settings) -> FastAPI:
    """A studio whose base_url is this machine."""
    return application(database, at_home)


def visitor(app: FastAPI, *, base_url: str = "https://news.example.com", client: str = "127.0.0.1") -> TestClient:
    return TestClient(app, base_url=base_url, client=(client, 50000))


@pytest.mark.parametrize("path", ADDRESSES)
def test_stranger_gets_no_page_but_how_to_sign_in(public: FastAPI, path: str) -> None:
    answer = visitor(public).get(path)

    assert answer.status_code == 401
    assert "<code>digest serve</code>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_loopback_client_is_a_stranger_where_the_address_is_public(public: FastAPI) -> None:
    assert visitor(public, base_url="http://127.0.0.1:8000").get("/studio/").status_code == 401


def test_sign_in_link_begins_a_session(public: FastAPI, settings: Settings) -> None:
    browser = visitor(public)

    answer = browser.get(session.sign_in_link(settings))

    assert answer.status_code == 200
    assert answer.url.path == "/studio/"
    assert [redirect.status_code for redirect in answer.history] == [303]


def test_cookie_is_kept_from_scripts_other_paths_and_clear_text(public: FastAPI, settings: Settings) -> None:
    answer = visitor(public).get(session.sign_in_link(settings), follow_redirects=False)

    cookie = answer.headers["set-cookie"].casefold()
    assert cookie.startswith("digest_studio=")
    for attribute in ("httponly", "secure", "samesite=lax", "path=/studio;", "max-age=43200"):
        assert attribute in cookie


def test_link_opened_on_the_machine_itself_works_in_clear_text(public: FastAPI, settings: Settings) -> None:
    """`digest serve` prints a link past the proxy, too."""
    browser = visitor(public, base_url="http://127.0.0.1:8000")

    link = session.sign_in_link(settings).replace("https://news.example.com", "http://127.0.0.1:8000")

    assert browser.get(link).status_code == 200


def test_session_follows_the_path_of_the_base_url(settings: Settings, database: Engine) -> None:
    below = settings.model_copy(update={"base_url": "https://example.com/news"})

    link = session.sign_in_link(below)
    answer = visitor(application(database, below), base_url="https://example.com").get(
        urlsplit(link).path.removeprefix("/news"), follow_redirects=False
    )

    assert link.startswith("https://example.com/news/studio/sign-in/")
    assert "path=/news/studio;" in answer.headers["set-cookie"].casefold()
    assert answer.headers["location"] == "../"


class YesterdaysSigner(TimestampSigner):
    """Signs as if it were 12 hours and a minute ago."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() - int(timedelta(hours=12, minutes=1).total_seconds())


def signed(settings: Settings, purpose: str, signer: type[TimestampSigner] = TimestampSigner) -> str:
    salt = f"digest.studio.{purpose}"
    from hashlib import sha256

    return signer(settings.secret, salt=salt, key_derivation="hmac", digest_method=sha256).sign("editor").decode()


def test_session_ends_after_twelve_hours(public: FastAPI, settings: Settings) -> None:
    browser = visitor(public)

    browser.cookies.set(session.COOKIE, signed(settings, "session"))
    assert browser.get("/studio/").status_code == 200
    browser.cookies.clear()
    browser.cookies.set(session.COOKIE, signed(settings, "session", YesterdaysSigner))
    assert browser.get("/studio/").status_code == 401


@pytest.mark.parametrize("fault", ["outdated", "forged", "of another key", "a session's", "empty"])
def test_wrong_sign_in_link_begins_nothing(public: FastAPI, settings: Settings, fault: str) -> None:
    other = settings.model_copy(update={"secret_key": type(settings.secret_key)("another key of the same good length")})
    token = {
        "outdated": signed(settings, "link", YesterdaysSigner),
        "forged": signed(settings, "link")[:-2] + "AA",
        "of another key": signed(other, "link"),
        "a session's": signed(settings, "session"),
        "empty": "editor",
    }[fault]

    answer = visitor(public).get(f"/studio/sign-in/{token}", follow_redirects=False)

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "does not work any more" in answer.text


def test_link_is_no_cookie(public: FastAPI, settings: Settings) -> None:
    browser = visitor(public)
    browser.cookies.set(session.COOKIE, signed(settings, "link"))

    assert browser.get("/studio/").status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "localhost", "[::1]:8000", "127.8.9.1"])
def test_own_machine_needs_no_link(home: FastAPI, host: str) -> None:
    assert visitor(home, base_url="http://localhost").get("/studio/", headers={"Host": host}).status_code == 200


def test_ipv6_client_on_the_own_machine_needs_no_link(home: FastAPI) -> None:
    assert visitor(home, base_url="http://localhost:8000", client="::1").get("/studio/").status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example:8000",
        "[::1",
        "",
    ],
)
def test_other_host_names_are_turned_away(home: FastAPI, host: str) -> None:
    """Seen elsewhere: DNS rebinding, where a page gives its own name the address 127.0.0.1."""
    browser = visitor(home, base_url="http://127.0.0.1:8000")

    assert browser.get("/studio/", headers={"Host": host}).status_code == 401


@pytest.mark.parametrize("client", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "testclient"])
def test_other_machines_are_turned_away(home: FastAPI, client: str) -> None:
    assert visitor(home, base_url="http://127.0.0.1:8000", client=client).get("/studio/").status_code == 401


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"]
)
def test_requests_through_a_proxy_are_turned_away(home: FastAPI, header: str) -> None:
    """A proxy on this machine makes everybody a loopback client."""
    browser = visitor(home, base_url="http://127.0.0.1:8000")

    assert browser.get("/studio/", headers={header: "127.0.0.1"}).status_code == 401


def test_own_machine_may_sign_in_from_elsewhere(home: FastAPI, at_home: Settings) -> None:
    browser = visitor(home, base_url="http://127.0.0.1:8000", client="192.0.2.7")

    assert browser.get(session.sign_in_link(at_home)).status_code == 200


def test_head_is_guarded_too(public: FastAPI) -> None:
    assert visitor(public).head("/studio/").status_code == 401
