"""The pages of a story's links, “More like this” and “Less”. GET and HEAD change nothing; POST changes preferences."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine

from digest import db, languages
from digest.config import Settings
from digest.model import Article, Issue, Newsletter
from subscribers import consent, pages, store, story_choice, web
from subscribers.model import Status, Subscriber
from subscribers.story_choice import WAS, Standing, Story, Way
from subscribers.tokens import Tokens

DONE = "done"
UNDO = "undo"
UNDONE = "undone"
SOURCE = "story"  # of the record of consent
_LONGEST_NUMBER = 9  # digits

FindArticle = Callable[[Connection, int, int], tuple[Issue, Article] | None]  # of an issue by id, by its number there


class _Reading(NamedTuple):
    """A reader, one article of an issue that they got, and what they can choose by."""

    person: Subscriber
    newsletter: Newsletter  #: as the settings have it now
    article: Article
    story: Story


class _Pages:
    """The handlers of one application: its database, its settings, and the tokens that its secret signs."""

    def __init__(self, engine: Engine, settings: Settings, find: FindArticle) -> None:
        self._engine = engine
        self._settings = settings
        self._find = find
        self._tokens = Tokens(settings.secret)

    def show(self, way: Way, token: str, number: str, request: Request, accept: pages.AcceptLanguage = "") -> Response:
        """Show the choices about a story, or what was chosen a moment ago."""
        with db.reading(self._engine) as connection:
            reading = self._reading(connection, token, number)
        if reading is None:
            return pages.message(self._settings, *web.GONE, status_code=404, accept=accept)
        return self._page(way, f"/story/{token}/{number}/{way}", reading, request)

    def choose(
        self, way: Way, token: str, number: str, fields: web.SubmittedForm, accept: pages.AcceptLanguage = ""
    ) -> Response:
        """Save a choice and lead to the page that says so; the same choice again changes nothing more."""
        with db.transaction(self._engine) as connection:
            reading = self._held(connection, token, number)
            if reading is None:
                return pages.message(self._settings, *web.GONE, status_code=404, accept=accept)
            try:
                wanted = story_choice.read(fields, reading.story, reading.newsletter)
                was = story_choice.read(fields, reading.story, reading.newsletter, WAS)
            except ValueError:
                wanted = was = Standing()
            if wanted == Standing():
                return pages.message(self._settings, *web.UNREADABLE, status_code=422, accept=accept)
            before = self._save(connection, reading, wanted, was)
        return RedirectResponse(_after(way, before, is_undo=UNDO in fields), 303, headers=pages.PRIVATE)

    def _save(self, connection: Connection, reading: _Reading, wanted: Standing, was: Standing) -> Standing | None:
        """Store what is wanted; return how it was before the reader chose, or None where it cannot be.

        Pressed twice, the second time changes nothing; how it was is then what the form says, so that Undo stays.
        """
        person, newsletter, _, story = reading
        stored = person.preferences
        after = story_choice.resulting(stored, wanted, story, newsletter, self._settings.categories)
        if after is None:
            return None
        changes = store.Changes(preferences=after)
        is_new = consent.change(connection, person, changes, source=SOURCE, now=datetime.now(UTC))
        return story_choice.part(story_choice.standing(stored, story), wanted) if is_new else was

    def _held(self, connection: Connection, token: str, number: str) -> _Reading | None:
        """Return what a link opens, with a reader whom nobody else changes until the transaction ends."""
        reading = self._reading(connection, token, number)
        if reading is None or store.hold(connection, reading.person.id) is None:
            return None
        return self._reading(connection, token, number)

    def _reading(self, connection: Connection, token: str, number: str) -> _Reading | None:
        link = self._tokens.read_story(token)
        if link is None or not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
            return None
        person = store.by_id(connection, link.subscriber_id)
        found = self._find(connection, link.issue_id, int(number))
        if person is None or found is None or person.link_version != link.link_version:
            return None
        issue, article = found
        for newsletter in self._settings.newsletters:
            if newsletter.slug == issue.newsletter.slug:
                story = story_choice.about(article.category, article.domain, newsletter)
                return _Reading(person, newsletter, article, story)
        return None

    def _page(self, way: Way, path: str, reading: _Reading, request: Request) -> Response:
        person, newsletter, article, story = reading
        was = _was(request, reading)
        base = pages.base_path(self._settings)
        preferences = self._tokens.preferences(person.id, person.link_version, newsletter.slug)
        unsubscribe = self._tokens.unsubscribe(person.id, newsletter.slug)
        has_left = person.status is Status.UNSUBSCRIBED or newsletter.slug in person.left
        return pages.page(
            self._settings,
            "story.html.j2",
            language=languages.spoken(person.language, newsletter.language),
            newsletter=newsletter.name,
            postal_address=newsletter.postal_address,
            categories=newsletter.categories,
            way=way,
            action=base + path,
            article=article,
            story=story,
            offer=story_choice.offered(way, person.preferences, story, newsletter),
            done=story_choice.happened(was, person.preferences, story, newsletter),
            undo=self._undo(reading, was),
            undone=UNDONE in request.query_params,
            written=story_choice.written,
            mailed=not has_left and person.suppressed is None,
            preferences_path=f"{base}/preferences/{preferences}",
            unsubscribe_path="" if has_left else f"{base}/unsubscribe/{unsubscribe}",
        )

    def _undo(self, reading: _Reading, was: Standing) -> list[tuple[str, str]]:
        """Return the fields of the form that undoes a choice; none where nothing may be undone to."""
        person, newsletter, _, story = reading
        back = story_choice.resulting(person.preferences, was, story, newsletter, self._settings.categories)
        return story_choice.written(was) if back else []


def _was(request: Request, reading: _Reading) -> Standing:
    """Return how it was before the choice that the address speaks of; nothing where it speaks of none."""
    if DONE not in request.query_params:
        return Standing()
    try:
        return story_choice.read(request.query_params, reading.story, reading.newsletter, WAS)
    except ValueError:
        return Standing()


def _after(way: Way, before: Standing | None, *, is_undo: bool) -> str:
    """Return where a browser goes on: the same address, which says what was done, or offers anew where nothing was."""
    if before is None:
        return way.value
    if is_undo:
        return f"?{UNDONE}"
    query = urlencode(story_choice.written(before, WAS))
    return f"?{DONE}&{query}" if query else f"?{DONE}"


def router(engine: Engine, settings: Settings, *, find: FindArticle) -> APIRouter:
    """Return the addresses of story links. `find` is asked in the page's transaction."""
    story = _Pages(engine, settings, find)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    for way in Way:
        path = f"/story/{{token}}/{{number}}/{way}"
        routes.add_api_route(path, partial(story.show, way), methods=web.READ)
        routes.add_api_route(path, partial(story.choose, way), methods=["POST"])
    return routes
