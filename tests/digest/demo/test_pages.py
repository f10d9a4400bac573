import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from digest import web
from digest.demo import pages
from digest.demo.mailbox import Mailbox
from tests.digest.demo.conftest import BASE_URL, Demonstration


def visitor(app: FastAPI, host: str = "127.0.0.1") -> TestClient:
    return TestClient(app, base_url=BASE_URL, follow_redirects=False, client=(host, 50000))


@pytest.fixture
def app(demonstration: Demonstration) -> FastAPI:
    """The application as the demonstration serves it."""
    found = web.app(demonstration.database, demonstration.settings)
    found.include_router(pages.router(demonstration.mailbox, demonstration.settings))
    return found


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser on the same machine."""
    with visitor(app) as browser:
        yield browser


def test_inbox_lists_every_mail_with_addressee_subject_and_size(
    client: TestClient, demonstration: Demonstration
) -> None:
    page = client.get("/demo/mail")
    assert page.status_code == 200
    assert page.text.count('class="item"') == 10
    assert "Ray &#34;Sparky&#34; O’Dell &amp; Sons" in page.text
    for letter in demonstration.mailbox.letters():
        assert f'href="mail/{letter.id}"' in page.text


def test_pages_run_no_script_and_need_none(client: TestClient) -> None:
    page = client.get("/demo/mail/0001")
    assert "<script" not in page.text
    assert "style=" not in page.text.partition("</style>")[2]
    policy = page.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert page.headers["cache-control"] == "no-store"


def test_letter_shows_its_html_in_a_sandboxed_frame(client: TestClient) -> None:
    page = client.get("/demo/mail/0001")
    frame = re.search(r'<iframe sandbox="([^"]*)"[^>]* src="(mail/0001/html)"', page.text)
    assert frame
    assert "allow-scripts" not in frame[1]
    assert "allow-same-origin" not in frame[1]
    html = client.get("/demo/mail/0001/html")
    assert "The Weekly" in html.text
    assert html.headers["content-security-policy"].startswith("sandbox")


def test_letter_shows_text_and_source(client: TestClient) -> None:
    assert "The Weekly\r\n==========" in client.get("/demo/mail/0001?part=text").text
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in client.get("/demo/mail/0001?part=source").text


def test_query_that_makes_no_sense_is_ignored(client: TestClient) -> None:
    page = client.get("/demo/mail/0001?part=../x&width=9999&more=%00")
    assert page.status_code == 200
    assert "<iframe" in page.text


@pytest.mark.parametrize("path", ["/demo/mail/9999", "/demo/mail/none", "/demo/mail/..%2f0001", "/demo/mail/%00"])
def test_mail_that_is_not_there_is_a_page_that_says_so(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get(f"{path}/html").status_code == 404


def test_head_works_wherever_get_does(client: TestClient) -> None:
    for path in ("/demo/mail", "/demo/mail/0001", "/demo/mail/0001/html", "/demo/images/moths.jpg"):
        assert client.head(path).status_code == 200
        assert client.head(path).text == ""


def test_every_picture_of_a_mail_is_served(client: TestClient, demonstration: Demonstration) -> None:
    found = [demonstration.mailbox.content(letter.id) for letter in demonstration.mailbox.letters()]
    pictures = {url for mail in found if mail for url in re.findall(r'<img[^>]+src="([^"]+)"', mail.html or "")}
    assert pictures
    for url in pictures:
        path = url.removeprefix(BASE_URL)
        assert path.startswith("/pictures/")
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["cache-control"].startswith("public, max-age=")
        assert answer.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    "name", ["none.jpg", "../articles.json", "..%2farticles.json", "moths.JPG", "%00.jpg", "moths.jpg%00", ".jpg"]
)
def test_nothing_but_pictures_is_served_as_one(client: TestClient, name: str) -> None:
    assert client.get(f"/demo/images/{name}").status_code == 404


def test_mails_are_for_this_machine_only(app: FastAPI) -> None:
    with visitor(app, "192.0.2.7") as stranger:
        for path in ("/demo/mail", "/demo/mail/0001", "/demo/mail/0001/html"):
            assert stranger.get(path).status_code == 404
    with visitor(app) as rebound:
        assert rebound.get("/demo/mail", headers={"host": "evil.example"}).status_code == 404


def test_readers_edition_in_the_browser_and_the_studio_work_beside(
    client: TestClient, demonstration: Demonstration
) -> None:
    content = demonstration.mailbox.content("0001")
    assert content
    view = re.search(rf"{BASE_URL}(/view/[\w.-]+)", content.html or "")
    assert view
    assert client.get(view[1]).status_code == 200
    letter = demonstration.mailbox.letter("0001")
    assert letter
    assert letter.subject.rstrip("…") in client.get("/studio/", params={"reader": letter.email}).text


def test_empty_mailbox_says_where_to_send(demonstration: Demonstration) -> None:
    app = FastAPI()
    app.include_router(pages.router(Mailbox(demonstration.place.folder / "none"), demonstration.settings))
    with visitor(app) as browser:
        page = browser.get("/demo/mail")
    assert "Nothing was caught yet" in page.text
    assert str(demonstration.settings.smtp.port) in page.text
