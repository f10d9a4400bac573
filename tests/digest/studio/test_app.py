"""What editors see of an issue."""

import html
import re
from datetime import datetime, timedelta
from email import message_from_string, policy

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from digest import candidates, db, issues, pause, planning, tables
from digest.config import Settings
from digest.messages import Messages
from digest.model import Issue
from digest.studio import readers
from subscribers.model import Preferences
from tests.digest.studio.conftest import HOSTILE, add_articles, add_person


def pre(page: str) -> str:
    """The words of the page's <pre>."""
    found = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def frame_of(page: str) -> str:
    """The address of the frame that holds the mail."""
    found = re.search(r'<iframe [^>]*src="([^"]+)"', page)
    assert found
    return "/studio/" + html.unescape(found[1])


def test_no_issue_says_how_to_plan_the_first(browser: TestClient) -> None:
    answer = browser.get("/studio/")

    assert answer.status_code == 200
    assert "<code>digest plan weekly</code> freezes the first issue of The Weekly" in answer.text


def test_newest_issue_is_shown_to_a_reader_of_the_largest_edition(browser: TestClient, issue: Issue) -> None:
    page = browser.get("/studio/").text

    assert "Preview of The Weekly, issue 1" in page
    assert "boris@example.org" in page.partition("</summary>")[0]
    assert "Edition 2, the same for 2\u00a0readers" in page


def test_reader_is_found_by_id_and_by_address(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    by_id = browser.get(f"/studio/?reader={ids['amara']}").text
    by_address = browser.get("/studio/", params={"reader": "Amara@Example.org"}).text

    assert "Why this edition" in by_id
    assert '<span class="cut">Amara Okafor</span><span class="quiet">2\u00a0topics</span>' in by_id
    assert frame_of(by_id) == frame_of(by_address)


def test_stories_stand_in_the_order_and_depth_of_the_edition(
    browser: TestClient, issue: Issue, ids: dict[str, int]
) -> None:
    page = browser.get(f"/studio/?reader={ids['amara']}").text
    stories = page.partition('aria-label="Stories"')[2].partition("</section>")[0]

    sections = re.findall(r"<h3 class=\"c-(\w+)\"><span>(\w+)</span><span class=\"quiet\">(\w+)</span>", stories)
    assert sections == [("science", "Science", "Full"), ("world", "World", "Brief")]
    assert "4 of 6" in stories
    assert stories.count("Business is not one of this reader’s topics") == 2


def test_every_candidate_is_named_with_its_reason(
    browser: TestClient, database: Engine, issue: Issue, ids: dict[str, int]
) -> None:
    page = browser.get(f"/studio/?reader={ids['amara']}").text
    stories = page.partition('aria-label="Stories"')[2].partition("</section>")[0]

    with db.reading(database) as connection:
        pool = candidates.frozen(connection, issue)
    assert len(pool) == 6
    for candidate in pool.values():
        assert stories.count(f"<b>{html.escape(candidate.article.title)}</b>".replace("&#x27;", "&#39;")) == 1


def test_one_story_has_its_reasons_and_its_readers(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    page = browser.get(f"/studio/?reader={ids['amara']}&story=article-1").text

    assert "Why Amara Okafor gets it" in page
    assert "2nd of 2 topics" in page
    assert "3 of 3\u00a0readers, in 2 of 2\u00a0editions" in page


def test_story_that_was_left_out_says_why(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    page = browser.get(f"/studio/?reader={ids['amara']}&story=article-5").text

    assert "Why Amara Okafor does not get it" in page
    assert "2 of 3\u00a0readers, in 1 of 2\u00a0editions" in page


def test_awkward_article_id_is_found_through_its_link(browser: TestClient, issue: Issue) -> None:
    page = browser.get("/studio/").text
    link = re.search(r'href="(\./\?[^"]*story=a\+b[^"]*)"', page)

    assert link
    held = browser.get("/studio/" + html.unescape(link[1])).text
    assert '<h2 class="title">An article with an awkward id</h2>' in held


def test_frame_holds_the_mail_that_would_be_sent(
    browser: TestClient, database: Engine, at_home: Settings, issue: Issue, ids: dict[str, int]
) -> None:
    with db.reading(database) as connection:
        delivery = issues.delivery_of(connection, issue.id, ids["amara"])
    assert delivery

    answer = browser.get(frame_of(browser.get(f"/studio/?reader={ids['amara']}").text))

    assert answer.text.replace('<base target="_blank">', "") == Messages(database, issue, at_home).html(delivery)


def test_frame_runs_nothing_and_asks_for_nothing_but_pictures(browser: TestClient, issue: Issue) -> None:
    page = browser.get("/studio/")
    frame = browser.get(frame_of(page.text))

    policy = frame.headers["content-security-policy"]
    assert "sandbox allow-popups" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in page.text + policy
    assert "allow-same-origin" not in page.text + policy


def test_page_allows_no_inline_script_and_no_framing(browser: TestClient, issue: Issue) -> None:
    answer = browser.get("/studio/")

    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text


def test_dark_scheme_reaches_the_frame(browser: TestClient, issue: Issue) -> None:
    address = frame_of(browser.get("/studio/?scheme=dark").text)

    assert "scheme=dark" in address
    assert "prefers-color-scheme" not in browser.get(address).text


def test_text_view_is_the_text_part(
    browser: TestClient, database: Engine, at_home: Settings, issue: Issue, ids: dict[str, int]
) -> None:
    with db.reading(database) as connection:
        delivery = issues.delivery_of(connection, issue.id, ids["boris"])
    assert delivery

    page = browser.get(f"/studio/?view=text&reader={ids['boris']}").text

    assert pre(page) == Messages(database, issue, at_home).text(delivery)
    assert "<iframe" not in page


def test_source_view_is_the_whole_message(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    page = browser.get(f"/studio/?view=source&reader={ids['amara']}").text

    message = message_from_string(pre(page), policy=policy.default)
    assert message["to"].addresses[0].addr_spec == "amara@example.org"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("view", ["html", "text", "source"])
def test_hostile_names_and_titles_are_only_text(
    browser: TestClient, issue: Issue, ids: dict[str, int], view: str
) -> None:
    page = browser.get(f"/studio/?reader={ids['chen']}&story=article-2&view={view}").text

    assert "<script>" not in page
    assert page.count("<script ") == 1
    assert "&lt;script&gt;" in page


def test_hostile_parameters_are_only_text(browser: TestClient, issue: Issue) -> None:
    for name in ("issue", "reader", "story", "view", "width", "scheme", "search"):
        page = browser.get("/studio/", params={name: '"><script>x</script>\x00\ud7ff'}).text
        assert "<script>x" not in page


def test_search_finds_names_and_addresses(browser: TestClient, issue: Issue) -> None:
    by_name = browser.get("/studio/?search=OKAFOR").text
    by_address = browser.get("/studio/?search=amara@").text

    for page in (by_name, by_address):
        listed = page.partition('<div class="list">')[2].partition("</details>")[0]
        assert "amara@example.org" in listed
        assert "boris" not in listed
        assert '<details class="menu" open>' in page


def test_search_takes_wildcards_as_they_are(browser: TestClient, issue: Issue) -> None:
    assert "No reader of this issue has “%” in name or address" in browser.get("/studio/?search=%25").text


def test_list_of_readers_is_limited(browser: TestClient, database: Engine, settings: Settings, now: datetime) -> None:
    with db.transaction(database) as connection:
        for number in range(readers.SHOWN + 5):
            add_person(connection, f"reader{number:03}@example.org", "", Preferences(), "confirmed", now)
    add_articles(database, now)
    planning.plan(database, settings, settings.newsletter("weekly"), now=now)

    page = browser.get("/studio/").text

    assert page.count("Edition 1</span>") == readers.SHOWN
    assert "These are the first 50 of 55\u00a0readers" in page


def test_steps_go_through_all_readers_by_address(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    seen, link = [], f"/studio/?reader={ids['amara']}"
    while link:
        page = browser.get(link).text
        seen.append(int(re.search(r"frame\?[^\"]*reader=(\d+)", page)[1]))  # type: ignore[index]
        after = re.search(r'rel="next" href="([^"]+)"', page)
        link = "/studio/" + html.unescape(after[1]) if after else ""

    assert seen == [ids["amara"], ids["boris"], ids["chen"]]
    assert 'rel="prev"' in page


def test_steps_keep_view_and_story(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    page = browser.get(f"/studio/?reader={ids['amara']}&view=text&story=article-1").text

    after = re.search(r'rel="next" href="([^"]+)"', page)
    assert after
    assert "view=text" in after[1]
    assert "story=article-1" in after[1]


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("pia", "Pia Norberg has not confirmed the subscription yet"),
        ("tom", "Tom Adeyemi finds nothing new in the topics chosen"),
    ],
)
def test_person_without_mail_is_told_why(
    browser: TestClient, issue: Issue, ids: dict[str, int], who: str, why: str
) -> None:
    answer = browser.get(f"/studio/?reader={ids[who]}")

    assert answer.status_code == 200
    assert why in answer.text
    assert "<iframe" not in answer.text


def test_person_for_whom_nothing_was_left_sees_every_reason(
    browser: TestClient, issue: Issue, ids: dict[str, int]
) -> None:
    page = browser.get(f"/studio/?reader={ids['tom']}&story=article-1").text

    assert "0 of 6" in page
    assert "World is not one of this reader’s topics" in page
    assert "Why Tom Adeyemi does not get it" in page


def test_frame_of_a_person_without_mail_is_not_there(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    assert browser.get(f"/studio/frame?reader={ids['pia']}").status_code == 404


def test_issue_without_deliveries_says_so(
    browser: TestClient, database: Engine, settings: Settings, ids: dict[str, int], now: datetime
) -> None:
    planning.plan(database, settings, settings.newsletter("weekly"), now=now)

    answer = browser.get("/studio/")

    assert answer.status_code == 200
    assert "Nobody gets mail of this issue" in answer.text
    assert "Get no mail this time" in answer.text


def test_issues_can_be_chosen_when_there_are_several(
    browser: TestClient, database: Engine, settings: Settings, issue: Issue, now: datetime
) -> None:
    planning.plan(database, settings, settings.newsletter("weekly"), now=now + timedelta(days=7))

    newest = browser.get("/studio/").text
    first = browser.get("/studio/?issue=weekly/1").text

    assert "Preview of The Weekly, issue 2" in newest
    assert 'href="./?issue=weekly%2F1"' in newest
    assert "Preview of The Weekly, issue 1" in first


def test_status_tells_whether_sending_began(browser: TestClient, database: Engine, issue: Issue, now: datetime) -> None:
    before = browser.get("/studio/").text
    with db.transaction(database) as connection:
        connection.execute(tables.issues.update().values(released_at=now))

    assert "Planned Mon 23\u00a0Nov, 07:00" in before
    assert "Sending began Mon 23\u00a0Nov, 07:00" in browser.get("/studio/").text


def test_a_pause_is_shown_with_its_reason(browser: TestClient, database: Engine, issue: Issue, now: datetime) -> None:
    reason = "5 of the first 9 messages were refused: 550 <b>spam</b>: mend it, then `digest send weekly/1` goes on"
    with db.transaction(database) as connection:
        connection.execute(tables.issues.update().values(released_at=now))
        pause.pause(connection, issue.id, reason, now)
    shown = browser.get("/studio/").text

    assert "Paused<span" in shown.replace("</span><span", "<span")
    assert "Since Mon 23\u00a0Nov, 07:00. 5 of the first 9" in shown
    assert "550 &lt;b&gt;spam&lt;/b&gt;" in shown
    assert "<code>digest send weekly/1</code> goes on." in shown


@pytest.mark.parametrize("name", ["weekly/99", "monthly", "weekly/x", "weekly/99999999999999999999", "%"])
def test_unknown_issue_is_not_there(browser: TestClient, issue: Issue, name: str) -> None:
    answer = browser.get("/studio/", params={"issue": name})

    assert answer.status_code == 404
    assert "That is not here" in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("reader", ["999", "nobody@example.org", "9" * 40, "not an address", "-1"])
def test_unknown_reader_is_not_there_but_others_can_be_chosen(browser: TestClient, issue: Issue, reader: str) -> None:
    answer = browser.get("/studio/", params={"reader": reader})

    assert answer.status_code == 404
    assert "Not a reader of this issue" in answer.text
    assert "amara@example.org" in answer.text


def test_person_who_came_later_is_not_a_reader_of_the_issue(
    browser: TestClient, database: Engine, issue: Issue, now: datetime
) -> None:
    with db.transaction(database) as connection:
        later = add_person(connection, "zoe@example.org", "Zoe", Preferences(), "confirmed", now)

    answer = browser.get(f"/studio/?reader={later}")

    assert answer.status_code == 404
    assert "This issue was not planned for zoe@example.org" in answer.text


@pytest.mark.parametrize("path", ["/studio/nowhere", "/studio/a/b/c", "/studio/static/studio.css", "/studio/%2e%2e/x"])
def test_unknown_page_is_not_there(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_address_without_the_slash_leads_to_the_studio(browser: TestClient) -> None:
    assert browser.get("/studio").url.path == "/studio/"


@pytest.mark.parametrize("path", ["/studio/", "/studio/frame", "/studio/static/studio.js", "/studio/?reader=999"])
def test_head_answers_as_get_does(browser: TestClient, issue: Issue, ids: dict[str, int], path: str) -> None:
    path = f"{path}?reader={ids['amara']}" if path.endswith("frame") else path

    head, get = browser.head(path), browser.get(path)

    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(browser: TestClient, issue: Issue, method: str) -> None:
    assert browser.request(method, "/studio/").status_code == 405


@pytest.mark.parametrize("path", ["/studio/", "/studio/frame?reader=1", "/studio/?view=source", "/studio/nowhere"])
def test_nothing_is_kept_by_caches_search_engines_or_referrers(browser: TestClient, issue: Issue, path: str) -> None:
    headers = browser.get(path).headers

    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "noindex" in headers["x-robots-tag"]


def test_hostile_name_stays_in_the_title_of_the_page(browser: TestClient, issue: Issue, ids: dict[str, int]) -> None:
    page = browser.get(f"/studio/?reader={ids['chen']}").text

    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title
    assert html.unescape(title[1]).startswith(HOSTILE)
