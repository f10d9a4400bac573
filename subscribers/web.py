"""The public pages: preferences and unsubscribing. A link's token is the authority; GET and HEAD change nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy import Connection, Engine
from starlette.datastructures import FormData

from digest import db, languages
from digest.config import Settings
from digest.languages import N_
from digest.model import Newsletter
from subscribers import consent, leaving, pages, preference_form, preference_words, store
from subscribers.consent import Reason
from subscribers.leaving import Instead
from subscribers.model import Frequency, Status, Subscriber
from subscribers.pages import AcceptLanguage
from subscribers.preference_form import Form, Move, Way
from subscribers.tokens import Tokens

READ = ["GET", "HEAD"]
MAX_FIELDS = 500  # two for each category, and a few
FIRST_LINK_VERSION = 1  # of somebody whose preference links were never revoked
SAVED = "saved"
ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058 section 3.2
GONE = (
    N_("This link does not work any more"),
    N_("It may be cut off, or a newer one has taken its place."),
    N_("The links at the end of our newest mail to you work."),
)
UNREADABLE = (
    N_("That form could not be read"),
    N_("Something in it is not known here, so nothing was changed."),
    N_("Open the page again from your mail, and try once more."),
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What readers may want to know of a newsletter: when its next issue comes, and how many articles topics bring."""

    next_at: datetime | None = None
    a_week: Mapping[str, float] = field(default_factory=dict)  #: articles by casefolded category


OutlookOf = Callable[[Connection, Newsletter, datetime], Outlook]


def _nothing_known(_connection: Connection, _newsletter: Newsletter, _now: datetime) -> Outlook:
    return Outlook()


async def _read_form(request: Request) -> FormData:
    """Read a form in either encoding. Files are refused; there is nothing to upload here."""
    return await request.form(max_files=0, max_fields=MAX_FIELDS)


SubmittedForm = Annotated[FormData, Depends(_read_form)]


def masked(email: str) -> str:
    """Return an address as its owner knows it and nobody else can read it: `a•••@example.org`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


class Notice(StrEnum):
    """What the page for unsubscribing says of the button that was pressed."""

    NONE = ""
    LEFT = "left"
    RETURNED = "returned"
    REDUCED = "reduced"  #: less mail was chosen instead
    THANKS = "thanks"  #: for a reason


class Silence(StrEnum):
    """Why somebody gets no mail of a newsletter at present."""

    LEFT_EVERYTHING = "left_everything"
    LEFT_NEWSLETTER = "left_newsletter"
    SUPPRESSED = "suppressed"


def _silence(person: Subscriber, newsletter: Newsletter) -> Silence | None:
    """Return why somebody gets no mail of a newsletter at present; None when they do."""
    if person.status is Status.UNSUBSCRIBED:
        return Silence.LEFT_EVERYTHING
    if newsletter.slug in person.left:
        return Silence.LEFT_NEWSLETTER
    return Silence.SUPPRESSED if person.suppressed is not None else None


class _Reader(NamedTuple):
    """The person that a link belongs to, and the newsletter whose mail it came with."""

    person: Subscriber
    newsletter: Newsletter

    @property
    def language(self) -> str:
        """The person's language if we speak it, else the newsletter's, else English."""
        return languages.spoken(self.person.language, self.newsletter.language)


def _next_issue(at: datetime | None, reader: _Reader) -> str:
    """Say when the next issue comes, in the newsletter's zone; empty where nobody knows."""
    return languages.moment(at, reader.newsletter.timezone, reader.language) if at else ""


def _choices(reader: _Reader, form: Form, outlook: Outlook) -> dict[str, object]:
    """Return what the page says of the form, and of the newsletter that it is about."""
    silence, language = _silence(reader.person, reader.newsletter), reader.language
    a_week = {topic.name: outlook.a_week.get(topic.name.casefold()) for topic in form.topics}
    return {
        "topics": form.topics,
        "notes": {topic: preference_words.about(count, language) for topic, count in a_week.items()},
        "depths": preference_words.depths(language),
        "frequencies": preference_words.tiles(reader.newsletter, language),
        "frequency": form.frequency,
        "silence": silence or "",
        "next_issue": "" if silence else _next_issue(outlook.next_at, reader),
    }


class _Pages:
    """The handlers of one application: its database, its settings, and the tokens that its secret signs."""

    def __init__(self, engine: Engine, settings: Settings, outlook: OutlookOf) -> None:
        self._engine = engine
        self._settings = settings
        self._outlook = outlook
        self._tokens = Tokens(settings.secret)

    def gone(self, accept: str) -> Response:
        """Return the page for a link that opens nothing."""
        return pages.message(self._settings, *GONE, status_code=404, accept=accept)

    def unreadable(self, reader: _Reader) -> Response:
        """Return the page for a form that was not made by our page."""
        title, *sentences = map(languages.translations(reader.language).gettext, UNREADABLE)
        return self._page("message.html.j2", reader, 422, title=title, sentences=sentences)

    # preferences

    def show_preferences(self, token: str, request: Request, accept: AcceptLanguage = "") -> Response:
        """Show what the reader chose."""
        with db.reading(self._engine) as connection:
            reader = self._preferences_reader(connection, token)
            if reader is None:
                return self.gone(accept)
            outlook = self._outlook(connection, reader.newsletter, datetime.now(UTC))
        notice = SAVED if SAVED in request.query_params else ""
        form = preference_form.shown(reader.person, reader.newsletter)
        return self._preferences_page(token, reader, form, outlook, notice=notice)

    def save_preferences(self, token: str, fields: SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """Save the submitted choices, or show them again: moved, or with what is to mend."""
        now = datetime.now(UTC)
        with db.transaction(self._engine) as connection:
            reader = self._preferences_reader(connection, token)
            if reader is None:
                return self.gone(accept)
            try:
                before = preference_form.shown(reader.person, reader.newsletter)
                form = preference_form.submitted(fields, before, reader.newsletter)
                move = preference_form.pressed(fields, reader.newsletter)
            except ValueError:
                return self.unreadable(reader)
            if move is None and form.chosen:
                self._save(connection, reader, form, now)
                return RedirectResponse(f"?{SAVED}", 303, headers=pages.PRIVATE)
            outlook = self._outlook(connection, reader.newsletter, now)
        return self._draft_page(token, reader, form, outlook, move)

    def _draft_page(self, token: str, reader: _Reader, form: Form, outlook: Outlook, move: Move | None) -> Response:
        """Return the page with what was submitted and is not saved."""
        if move is None:
            return self._preferences_page(token, reader, form, outlook, problem=True)
        form = preference_form.moved(form, move)
        return self._preferences_page(token, reader, form, outlook, notice="moved", move=move)

    def _save(self, connection: Connection, reader: _Reader, form: Form, now: datetime) -> None:
        person, newsletter = reader
        changes = store.Changes(
            preferences=preference_form.preferences(form, person, newsletter, self._settings.categories),
            frequency=preference_form.frequency(form, person, newsletter),
        )
        store.change(connection, person.id, changes, now=now)

    def _preferences_reader(self, connection: Connection, token: str) -> _Reader | None:
        link = self._tokens.read_preferences(token)
        newsletter = self._newsletter(link.newsletter) if link else None
        person = store.by_id(connection, link.subscriber_id) if link else None
        if link is None or newsletter is None or person is None or link.link_version != person.link_version:
            return None
        return _Reader(person, newsletter)

    def _newsletter(self, slug: str) -> Newsletter | None:
        return next((newsletter for newsletter in self._settings.newsletters if newsletter.slug == slug), None)

    def _preferences_page(
        self,
        token: str,
        reader: _Reader,
        form: Form,
        outlook: Outlook,
        *,
        notice: str = "",
        problem: bool = False,
        move: Move | None = None,
    ) -> Response:
        return self._page(
            "preferences.html.j2",
            reader,
            422 if problem else 200,
            categories=reader.newsletter.categories,
            action=f"{pages.base_path(self._settings)}/preferences/{token}",
            unsubscribe_path=self._unsubscribe_path(reader),
            notice=notice,
            problem=problem,
            focus=_focus(form, move),
            **_choices(reader, form, outlook),
        )

    def _page(self, template: str, reader: _Reader, status_code: int = 200, **values: object) -> Response:
        return pages.page(
            self._settings,
            template,
            status_code,
            newsletter=reader.newsletter.name,
            postal_address=reader.newsletter.postal_address,
            address=masked(reader.person.email),
            language=reader.language,
            **values,
        )

    # unsubscribing

    def show_unsubscribe(self, token: str, accept: AcceptLanguage = "") -> Response:
        """Show the buttons that unsubscribe; following the link itself, as scanners do, changes nothing."""
        with db.reading(self._engine) as connection:
            reader = self._unsubscribe_reader(connection, token)
            can_return = reader is not None and self._can_return(connection, reader)
        return self._unsubscribe_page(reader, can_return=can_return) if reader else self.gone(accept)

    def unsubscribe(self, token: str, fields: SubmittedForm, accept: AcceptLanguage = "") -> Response:
        """End the subscription: for a mail provider (RFC 8058) with a short answer, for the page's buttons with a page.

        The page's other buttons take that back, choose less mail instead, or give a reason. Whatever else is posted
        here means to unsubscribe, too; refusing it would lead to a complaint instead.
        """
        one_click = fields.get(ONE_CLICK[0]) == ONE_CLICK[1]
        with db.transaction(self._engine) as connection:
            reader = self._unsubscribe_reader(connection, token)
            if reader is None:
                return self.gone(accept)
            if one_click:
                self._leave(connection, reader, source="one-click", everything=False)
            else:
                notice = self._press(connection, reader, fields)
                can_return = self._can_return(connection, reader)
                reader = reader._replace(person=store.by_id(connection, reader.person.id) or reader.person)
        if one_click:
            return PlainTextResponse(f"Unsubscribed from {reader.newsletter.name}.\n", headers=pages.PRIVATE)
        return self._unsubscribe_page(reader, notice=notice, can_return=can_return)

    def _press(self, connection: Connection, reader: _Reader, fields: FormData) -> Notice:
        """Do what one of the page's buttons says, and return what to say of it."""
        now = datetime.now(UTC)
        if "undo" in fields:
            is_done = consent.return_(connection, reader.person, source="page", now=now)
            return Notice.RETURNED if is_done else Notice.NONE
        if fields.get("reason") in set(Reason):
            reason = Reason(str(fields["reason"]))
            is_taken = consent.give_reason(connection, reader.person, reason, source="page", now=now)
            return Notice.THANKS if is_taken else Notice.NONE
        if fields.get("instead") in set(Instead):  # pressed twice, it must not become the other thing
            if not self._preferences_path(reader) or _silence(*reader):
                return Notice.NONE
            self._reduce(connection, reader, Instead(str(fields["instead"])), now)
            return Notice.REDUCED
        self._leave(connection, reader, source="page", everything=fields.get("from") == "everything")
        return Notice.LEFT

    def _leave(self, connection: Connection, reader: _Reader, *, source: str, everything: bool) -> None:
        consent.unsubscribe(
            connection,
            reader.person,
            self._settings.newsletters,
            newsletter=None if everything else reader.newsletter.slug,
            source=source,
            now=datetime.now(UTC),
        )

    def _reduce(self, connection: Connection, reader: _Reader, instead: Instead, now: datetime) -> None:
        """Choose less mail for somebody."""
        person, newsletter = reader
        match instead:
            case Instead.MONTHLY:
                store.change(connection, person.id, store.Changes(frequency=Frequency.MONTHLY), now=now)
            case Instead.HEADLINES:
                changes = store.Changes(preferences=leaving.headlines(person, newsletter))
                store.change(connection, person.id, changes, now=now)
            case Instead.BREAK:
                consent.pause(connection, person, leaving.break_until(now), source="page", now=now)

    def _unsubscribe_reader(self, connection: Connection, token: str) -> _Reader | None:
        """Find whose link it is. A newsletter that the settings no longer have can still be left."""
        link = self._tokens.read_unsubscribe(token)
        person = store.by_id(connection, link.subscriber_id) if link else None
        if link is None or person is None:
            return None
        placeholder = Newsletter(slug=link.newsletter, name=link.newsletter, sender="", categories=("",))
        return _Reader(person, self._newsletter(link.newsletter) or placeholder)

    def _can_return(self, connection: Connection, reader: _Reader) -> bool:
        return consent.departure(connection, reader.person.id, now=datetime.now(UTC)) is not None

    def _unsubscribe_page(self, reader: _Reader, *, can_return: bool, notice: Notice = Notice.NONE) -> Response:
        (person, newsletter), now = reader, datetime.now(UTC)
        is_out = person.status is Status.UNSUBSCRIBED
        preferences_path = self._preferences_path(reader)
        return self._page(
            "unsubscribe.html.j2",
            reader,
            mailed=not is_out and newsletter.slug not in person.left,
            others=[] if is_out else self._other_newsletters(person, newsletter),
            notice=notice,
            offers=leaving.offers(person, newsletter, now) if preferences_path else [],
            can_return=can_return,
            reasons=leaving.reasons(reader.language),
            preferences_path=preferences_path,
        )

    def _other_newsletters(self, person: Subscriber, this: Newsletter) -> list[str]:
        """Name the other newsletters that the person gets."""
        return [
            newsletter.name
            for newsletter in self._settings.newsletters
            if newsletter.slug not in (*person.left, this.slug) and not set(newsletter.lists).isdisjoint(person.lists)
        ]

    def _unsubscribe_path(self, reader: _Reader) -> str:
        """Return where Unsubscribe leads; empty for somebody who has left everything."""
        if reader.person.status is Status.UNSUBSCRIBED:
            return ""
        token = self._tokens.unsubscribe(reader.person.id, reader.newsletter.slug)
        return f"{pages.base_path(self._settings)}/unsubscribe/{token}"

    def _preferences_path(self, reader: _Reader) -> str:
        """Return where the same mail's preference link leads; empty once such links were revoked.

        An unsubscribe link outlives that, so it must not hand out a new one.
        """
        if reader.person.link_version != FIRST_LINK_VERSION or self._newsletter(reader.newsletter.slug) is None:
            return ""
        token = self._tokens.preferences(reader.person.id, FIRST_LINK_VERSION, reader.newsletter.slug)
        return f"{pages.base_path(self._settings)}/preferences/{token}"


def _focus(form: Form, move: Move | None) -> tuple[str, Way] | None:
    """Return the arrow button to go on with after a move: the same, or at the end of the list the other."""
    if move is None or move.topic not in form.chosen:
        return None
    if len(form.chosen) > 1 and move.topic == form.chosen[0]:
        return move.topic, Way.DOWN
    return move.topic, Way.UP if move.topic == form.chosen[-1] else move.way


def router(engine: Engine, settings: Settings, *, outlook: OutlookOf = _nothing_known) -> APIRouter:
    """Return the addresses of the public pages. `outlook` is asked at every showing, in the page's transaction."""
    public = _Pages(engine, settings, outlook)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    for path, show, change in (
        ("/preferences/{token}", public.show_preferences, public.save_preferences),
        ("/unsubscribe/{token}", public.show_unsubscribe, public.unsubscribe),
    ):
        routes.add_api_route(path, show, methods=READ)
        routes.add_api_route(path, change, methods=["POST"])
    return routes
