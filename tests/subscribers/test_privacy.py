"""What readers are told of their data is what the tables hold, and the page that tells it."""

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import languages, tables, web
from digest.config import Settings
from digest.webhooks import calls
from subscribers import address_changes, consent, letters, pages, privacy, signups
from tests.digest.webhooks.test_announcing import CRM
from tests.subscribers.test_exporting import ABOUT_PEOPLE


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_readers_are_told_of_every_table_that_is_about_them_and_of_no_other() -> None:
    told = {name for fact in privacy.FACTS for name in fact.tables}

    assert told == ABOUT_PEOPLE
    assert told <= {table.name for table in tables.metadata.sorted_tables}


def test_what_is_told_of_the_times_is_what_the_program_keeps() -> None:
    days = {table: fact.how_long for fact in privacy.FACTS for table in fact.tables}
    assert signups.REMEMBERED == address_changes.REMEMBERED == consent.PATIENCE
    assert (consent.PATIENCE.days, "seven days" in days["signups"]) == (7, True)
    assert (calls.REMEMBERED.days, calls.LIFETIME.days) == (30, 3)
    assert ("30 days" in days["webhook_calls"], "three days" in days["webhook_calls"]) == (True, True)
    assert (letters.COUNTED.days, "30 days" in days["letters"]) == (30, True)


def test_operators_are_told_the_same_as_readers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "privacy.md").read_text()

    assert [one for one in (*privacy.NOT_DONE, privacy.NOBODY_ELSE) if f"- {one}" not in page] == []


def test_the_page_says_every_fact_and_who_is_responsible(database: Engine, settings: Settings) -> None:
    with TestClient(web.app(database, settings)) as browser:
        answer = browser.get("/privacy")

    said = words(answer.text)
    sentences = [part for fact in privacy.FACTS for part in (fact.what, fact.why, fact.how_long)]
    assert [
        one for one in (*sentences, *privacy.NOT_DONE, privacy.NOBODY_ELSE, *privacy.RIGHTS) if one not in said
    ] == []
    assert "The Weekly 1 Example Street, London" in said
    assert "set-cookie" not in answer.headers
    assert answer.headers["vary"] == "Accept-Language"


def test_where_other_programs_are_told_the_page_does_not_say_that_nobody_is(
    database: Engine, settings: Settings
) -> None:
    with_webhook = settings.model_copy(update={"webhooks": (CRM,)})
    with TestClient(web.app(database, with_webhook)) as browser:
        said = words(browser.get("/privacy").text)

    assert privacy.NOBODY_ELSE not in said
    assert [one for one in privacy.NOT_DONE if one not in said] == []


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_page_is_in_the_visitors_language(database: Engine, settings: Settings, language: str) -> None:
    with TestClient(web.app(database, settings)) as browser:
        page = browser.get("/privacy", headers={"Accept-Language": language}).text

    assert f'<html lang="{language}" dir="{languages.direction(language)}">' in page


def test_an_operators_own_page_takes_its_place(database: Engine, settings: Settings) -> None:
    own = settings.model_copy(update={"privacy_url": "https://example.com/privacy"})
    with TestClient(web.app(database, own), follow_redirects=False) as browser:
        answer = browser.get("/privacy")

    assert (answer.status_code, answer.headers["location"]) == (307, "https://example.com/privacy")
    assert pages.privacy(own) == "https://example.com/privacy"
    assert pages.privacy(settings) == "/privacy"
