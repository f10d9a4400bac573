"""The preference page: what a reader chose, and what that would bring. GET and HEAD change nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine

from digest import db, languages
from digest.config import Settings
from digest.model import Newsletter
from subscribers import breaks, consent, pages, preference_form, preference_words, store, time_zones
from subscribers.breaks import Length
from subscribers.model import Subscriber
from subscribers.pages import AcceptLanguage
from subscribers.preference_form import Form, Move, Problem, Way
from subscribers.record import Shown
from subscribers.tokens import Tokens
from subscribers.web import READ, Reader, Site, SubmittedForm

SAVED = "saved"
PAGE = "preferences"
SOURCE = "page"  # of the record of consent
PREVIEW = "preview"  # the button for browsers without script, and the address for those with it


@dataclass(frozen=True, slots=True)
class Outlook:
    """What readers may want to know of a newsletter: when its next issue comes, and how many articles topics bring."""

    next_at: datetime | None = None
    a_week: Mapping[str, float] = field(default_factory=dict)  #: articles by casefolded category


class Headline(NamedTuple):
    """A story that a reader would get now."""

    title: str
    domain: str
    category: str
    language: str  #: BCP 47


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What an issue of this minute would hold for a reader."""

    stories: int = 0
    minutes: int = 0  #: of reading
    first: tuple[Headline, ...] = ()  #: a handful from the sections, in the issue's order


OutlookOf = Callable[[Connection, Newsletter, datetime], Outlook]
GlimpseOf = Callable[[Connection, Subscriber, Newsletter, datetime], Glimpse]


class Showing(NamedTuple):
    """What the page is to show: a form that is saved or not, with all that is known about it."""

    reader: Reader
    form: Form
    outlook: Outlook
    glimpse: Glimpse
    now: datetime


class _Pages:
    """The handlers of one application: its database, what its pages share, and what the engine knows of issues."""

    def __init__(self, engine: Engine, site: Site, outlook: OutlookOf, glimpse: GlimpseOf) -> None:
        self._engine = engine
        self._site = site
        self._outlook = outlook
        self._glimpse = glimpse

    def show(self, token: str, request: Request, accept: AcceptLanguage = "") -> Response:
        """Show what the reader chose."""
        now = datetime.now(UTC)
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
            if reader is None:
                return self._site.gone(accept)
            form = preference_form.shown(reader.person, reader.newsletter, now)
            showing = self._showing(connection, reader, form, now)
        return self._page(showing, notice=SAVED if SAVED in request.query_params else "")

    def save(self, token: str, request: Request, fields: SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """Save the submitted choices, or show them again: moved, with what they would bring, or what is to mend."""
        now = datetime.now(UTC)
        with db.transaction(self._engine) as connection:
            reader = self._site.held(connection, token)
            if reader is None:
                return self._site.gone(accept)
            try:
                before = preference_form.shown(reader.person, reader.newsletter, now)
                form = preference_form.submitted(fields, before, reader.newsletter)
                move = preference_form.pressed(fields, reader.newsletter)
            except ValueError:
                return self._site.unreadable(reader)
            is_draft = move is not None or PREVIEW in fields
            problems = () if is_draft else preference_form.problems(form, reader.newsletter, now)
            if not is_draft and not problems:
                words = languages.translations(reader.language).gettext("Save changes")
                self._save(connection, reader, form, self._site.shown(request, reader, PAGE, words), now)
                return RedirectResponse(f"?{SAVED}", 303, headers=pages.PRIVATE)
            form = preference_form.moved(form, move) if move else form
            showing = self._showing(connection, reader, form, now)
        notice = "moved" if move else PREVIEW if is_draft else ""
        return self._page(showing, notice=notice, problems=problems, move=move)

    def preview(self, token: str, fields: SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """Return the part of the page that says what the submitted choices would bring; nothing is saved."""
        now = datetime.now(UTC)
        with db.reading(self._engine) as connection:
            reader = self._site.reader(connection, token)
            if reader is None:
                return self._site.gone(accept)
            try:
                before = preference_form.shown(reader.person, reader.newsletter, now)
                form = preference_form.submitted(fields, before, reader.newsletter)
            except ValueError:
                return self._site.unreadable(reader)
            showing = self._showing(connection, reader, form, now)
        return self._site.page("glimpse.html.j2", reader, 200, **self._outline(showing))

    def _showing(self, connection: Connection, reader: Reader, form: Form, now: datetime) -> Showing:
        person, newsletter = reader
        wanted = preference_form.wanted(form, person, newsletter, self._site.settings.categories, now)
        glimpse = self._glimpse(connection, wanted, newsletter, now) if form.chosen else Glimpse()
        return Showing(reader, form, self._outlook(connection, newsletter, now), glimpse, now)

    def _save(self, connection: Connection, reader: Reader, form: Form, shown: Shown, now: datetime) -> None:
        person, newsletter = reader
        wanted = preference_form.wanted(form, person, newsletter, self._site.settings.categories, now)
        consent.change(connection, person, store.difference(person, wanted), source=SOURCE, now=now, shown=shown)
        if not breaks.can_pause(person) or form.pause.length is Length.AS_IT_IS:
            return
        if form.pause.length is not Length.NONE:
            until = breaks.end(form.pause, now, form.timezone or newsletter.timezone)
            if until is not None:
                consent.pause(connection, person, until, source=SOURCE, now=now, shown=shown)
        elif breaks.running_until(person, now):
            consent.resume(connection, person, source=SOURCE, now=now, shown=shown)

    def _page(
        self, showing: Showing, *, notice: str = "", problems: tuple[Problem, ...] = (), move: Move | None = None
    ) -> Response:
        reader, form = showing.reader, showing.form
        answer = self._site.page(
            "preferences.html.j2",
            reader,
            422 if problems else 200,
            action=self._site.preferences_path(reader),
            unsubscribe_path=self._site.unsubscribe_path(reader),
            notice=notice,
            problems=preference_words.problems(problems, reader.language),
            problem=set(problems),
            focus=_focus(form, move),
            frequencies=preference_words.tiles(reader.newsletter, reader.language),
            notes=_notes(showing),
            **self._outline(showing),
            **_lists(showing),
            **_break(showing),
        )
        answer.headers["Content-Security-Policy"] += "; connect-src 'self'"  # the script asks for previews
        return answer

    def _outline(self, showing: Showing) -> dict[str, object]:
        """Return what the page says of the next issue."""
        reader, language = showing.reader, showing.reader.language
        until = breaks.running_until(reader.person, showing.now)
        at, zone = showing.outlook.next_at, reader.newsletter.timezone
        return {
            "form": showing.form,
            "topics": showing.form.topics,
            "categories": reader.newsletter.categories,
            "depths": preference_words.depths(language),
            "silence": reader.silence or "",
            "paused_until": languages.long_date(until, reader.timezone, language) if until else "",
            "next_issue": languages.moment(at, zone, language) if at and not until and not reader.silence else "",
            "glimpse": showing.glimpse,
            "most_shown": len(showing.glimpse.first),
        }


def _notes(showing: Showing) -> dict[str, str]:
    """Return what stands in small type under each topic."""
    a_week = {topic.name: showing.outlook.a_week.get(topic.name.casefold()) for topic in showing.form.topics}
    return {name: preference_words.about(count, showing.reader.language) for name, count in a_week.items()}


def _lists(showing: Showing) -> dict[str, object]:
    """Return the lists of the page to choose from."""
    (_, newsletter), language = showing.reader, showing.reader.language
    form, now = showing.form, showing.now
    return {
        "was_muted": showing.reader.person.preferences.muted,
        "days": preference_words.days(form, newsletter, language),
        "hours": preference_words.hours(form, language),
        "newsletters_zone": preference_words.newsletters_zone(newsletter, language, now),
        "own_zone": preference_words.own_zone(form, language, now),
        "regions": time_zones.regions(language, now),
        "universal": time_zones.UNIVERSAL,
        "languages": preference_words.speech(form, newsletter, language),
        "frames_language": languages.name(newsletter.language),
        "counts": preference_words.counts(form, newsletter, language),
    }


def _break(showing: Showing) -> dict[str, object]:
    """Return what the page says of breaks; nothing to choose for somebody whom a break means nothing to."""
    reader, now = showing.reader, showing.now
    if not breaks.can_pause(reader.person):
        return {"lengths": []}
    until = breaks.running_until(reader.person, now)
    return {
        "lengths": preference_words.lengths(until, reader.timezone, reader.language),
        "first_day": breaks.first_day(now, reader.timezone).isoformat(),
        "last_day": breaks.last_day(now, reader.timezone).isoformat(),
    }


def _focus(form: Form, move: Move | None) -> tuple[str, Way] | None:
    """Return the arrow button to go on with after a move: the same, or at the end of the list the other."""
    if move is None or move.topic not in form.chosen:
        return None
    if len(form.chosen) > 1 and move.topic == form.chosen[0]:
        return move.topic, Way.DOWN
    return move.topic, Way.UP if move.topic == form.chosen[-1] else move.way


def router(engine: Engine, settings: Settings, *, outlook: OutlookOf, glimpse: GlimpseOf) -> APIRouter:
    """Return the addresses of the preference page. The engine is asked at every showing, in the page's transaction."""
    preferences = _Pages(engine, Site(settings, Tokens(settings.secret)), outlook, glimpse)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/preferences/{token}", preferences.show, methods=READ)
    routes.add_api_route("/preferences/{token}", preferences.save, methods=["POST"])
    routes.add_api_route(f"/preferences/{{token}}/{PREVIEW}", preferences.preview, methods=["POST"])
    return routes
