"""`/subscribers`: people as programs see, add and change them. Consent is `subscribers.consent`'s, as everywhere."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine

from digest import db
from digest.access_tokens import Scope
from digest.api import adding, gate, operation, problem, records, wishes
from digest.api.operation import Token
from digest.api.person import IfMatch, PersonId, find, hold, known_categories, shown
from digest.api.records import Record
from digest.api.wishes import Check, Newcomer, Wishes
from digest.config import Settings
from digest.spelling import nearest
from digest.subscriber_view import SubscriberView, subscriber_view
from digest.webhooks import farewell
from subscribers import consent, fields, store, suppression
from subscribers.model import Status, Subscriber

PAGE, LONGEST_PAGE = 100, 500  # people
FOUND: dict[str, Any] = {
    "headers": {"ETag": {"schema": {"type": "string"}, "description": "of the person as they are"}}
}


class Filters(BaseModel):
    """Which subscribers to list."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0, le=2**53 - 1, description="`next` of the page before")
    limit: int = Field(default=PAGE, ge=1, le=LONGEST_PAGE)
    list: str | None = Field(default=None, max_length=fields.LONGEST, description="Only people on this list")
    status: Status | None = None
    email: str | None = Field(default=None, max_length=320, description="Only the person of this address")


class People(BaseModel):
    """A page of subscribers, in the order in which they came."""

    subscribers: list[SubscriberView]
    next: int | None = Field(description="`after` of the next page; null on the last one")


class Unsubscription(BaseModel):
    """What to leave."""

    model_config = ConfigDict(extra="forbid")

    newsletter: str | None = Field(default=None, max_length=40, description="Its slug; null: everything")


class Pause(BaseModel):
    """How long to stop mail."""

    model_config = ConfigDict(extra="forbid")

    until: str = Field(
        max_length=64, json_schema_extra={"format": "date-time"}, description="Such as 2027-01-01T07:00:00Z"
    )


class Suppression(BaseModel):
    """Why never to mail an address again."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=fields.LONGEST, description="A word, such as bounced or complained")


def _listed(connection: Connection, filters: Filters) -> list[Subscriber]:
    """Return the people of a page, and one more where it is not the last."""
    name = None if filters.list is None else fields.clean(filters.list)
    if filters.email is None:
        return store.page(
            connection, after_id=filters.after, limit=filters.limit + 1, list_=name, status=filters.status
        )
    person = store.by_email(connection, fields.clean(filters.email))
    if person is None or person.id <= filters.after or filters.status not in (None, person.status):
        return []
    return [person] if name is None or name in person.lists else []


class _Subscribers:
    """The handlers of one application. Their docstrings are what the API's description says."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def list_subscribers(self, filters: Annotated[Filters, Query()]) -> People:
        """List subscribers.

        In the order in which they came, a page at a time: go on with `after` until `next` is null.
        """
        with db.reading(self._engine) as connection:
            found = _listed(connection, filters)
        page = [subscriber_view(person) for person in found[: filters.limit]]
        return People(subscribers=page, next=page[-1].id if len(found) > len(page) else None)

    def add_subscriber(self, newcomer: Newcomer, token: Token, response: Response) -> SubscriberView:
        """Add a subscriber.

        They stay pending until they press the button in a letter, which this puts on its way. With `confirmed` and
        `evidence`, which needs the scope subscribers:confirm, they get mail at once. An address that is known is
        answered with 200 and the person as they are. Whoever unsubscribed, bounced or complained is never brought back:
        409.
        """
        if newcomer.confirmed:
            gate.demand(token, Scope.CONFIRM)
        with db.transaction(self._engine) as connection:
            wanted = adding.check(connection, newcomer, self._settings)
            added = adding.add(connection, wanted, token, self._settings, now=datetime.now(UTC))
        if not added.is_new:
            response.status_code = 200
        response.headers["Location"] = f"{self._settings.base_url}/api/v1/subscribers/{added.person.id}"
        return shown(added.person, response)

    def get_subscriber(self, subscriber_id: PersonId, response: Response) -> SubscriberView:
        """Get one subscriber."""
        with db.reading(self._engine) as connection:
            return shown(find(connection, subscriber_id), response)

    def change_subscriber(
        self, subscriber_id: PersonId, wanted: Wishes, token: Token, response: Response, if_match: IfMatch = None
    ) -> SubscriberView:
        """Change what one subscriber wants.

        What is left out stays. Each value that is given takes the place of the former one as a whole; null goes back
        to what nobody chose.
        """
        with db.transaction(self._engine) as connection:
            person = hold(connection, subscriber_id, if_match)
            check, known = Check(), known_categories(connection, self._settings)
            changes = wishes.changes(wanted, person.preferences, known, check)
            check.finish()
            consent.change(connection, person, changes, source=adding.source(token), now=datetime.now(UTC))
            return shown(find(connection, subscriber_id), response)

    def erase_subscriber(self, subscriber_id: PersonId, token: Token, if_match: IfMatch = None) -> Response:
        """Erase one subscriber.

        With everything that is held about them, for good. If they had unsubscribed, a keyed hash of the address stays,
        so that no import brings them back.
        """
        with db.transaction(self._engine) as connection:
            person = hold(connection, subscriber_id, if_match)
            now, source = datetime.now(UTC), adding.source(token)
            farewell.tell(self._settings.webhooks, connection, person, source, now)
            consent.erase(connection, person, source=source, now=now)
        db.drop_former_pages(self._engine)
        return Response(status_code=204)

    def unsubscribe(
        self, subscriber_id: PersonId, token: Token, response: Response, leaving: Unsubscription | None = None
    ) -> SubscriberView:
        """Unsubscribe one subscriber.

        From one newsletter, or without a body from everything. Doing it again changes nothing.
        """
        slug = leaving.newsletter if leaving else None
        self._check_newsletter(slug)
        with db.transaction(self._engine) as connection:
            consent.unsubscribe(
                connection,
                hold(connection, subscriber_id),
                self._settings.newsletters,
                newsletter=slug,
                source=adding.source(token),
                now=datetime.now(UTC),
            )
            return shown(find(connection, subscriber_id), response)

    def _check_newsletter(self, slug: str | None) -> None:
        known = [newsletter.slug for newsletter in self._settings.newsletters]
        if slug is not None and slug not in known:
            check = Check()
            check.note("newsletter", f"There is no newsletter {fields.quote(slug)}{nearest(slug, known)}.")
            check.finish()

    def pause(self, subscriber_id: PersonId, wanted: Pause, token: Token, response: Response) -> SubscriberView:
        """Pause one subscriber.

        Until an instant, after which mail comes again by itself.
        """
        now, check = datetime.now(UTC), Check()
        until = check.read("until", lambda: fields.instant(wanted.until))
        if until is not None and until <= now:
            check.note("until", "This is past: name an instant to come.")
        check.finish()
        with db.transaction(self._engine) as connection:
            person = hold(connection, subscriber_id)
            if person.status not in (Status.CONFIRMED, Status.PAUSED):
                problem.refuse(409, f"This person is {person.status}: there is nothing to pause.")
            consent.pause(connection, person, until or now, source=adding.source(token), now=now)
            return shown(find(connection, subscriber_id), response)

    def resume(self, subscriber_id: PersonId, token: Token, response: Response) -> SubscriberView:
        """End one subscriber’s pause.

        Nobody else’s status changes.
        """
        with db.transaction(self._engine) as connection:
            person = hold(connection, subscriber_id)
            consent.resume(connection, person, source=adding.source(token), now=datetime.now(UTC))
            return shown(find(connection, subscriber_id), response)

    def suppress(
        self, subscriber_id: PersonId, wanted: Suppression, token: Token, response: Response
    ) -> SubscriberView:
        """Never mail one subscriber’s address again.

        The first reason stays, also when the person is erased.
        """
        check, reason = Check(), fields.clean(wanted.reason)
        if not reason:
            check.note("reason", "Say something that can be read, such as complained.")
        if reason in suppression.LIFTABLE:
            check.note("reason", "Say another word: whoever signs up again would lift that.")
        check.finish()
        with db.transaction(self._engine) as connection:
            suppression.add(
                connection,
                hold(connection, subscriber_id).email,
                reason=reason,
                source=adding.source(token),
                secret=self._settings.secret,
                now=datetime.now(UTC),
            )
            return shown(find(connection, subscriber_id), response)

    def get_record(self, subscriber_id: PersonId) -> Record:
        """Get the record of one subscriber’s consent.

        Everything that happened to it, the oldest first, with the exact words that were agreed to.
        """
        with db.reading(self._engine) as connection:
            return records.record(connection, find(connection, subscriber_id).id)


def add_to(routes: APIRouter, engine: Engine, settings: Settings) -> None:
    """Add the addresses of subscribers."""
    people, one = _Subscribers(engine, settings), "/subscribers/{id}"
    ok: operation.Answers = {200: FOUND}
    add, body = operation.add, (400, 404, 409, 413, 415, 422)
    known: operation.Answers = {
        200: {"model": SubscriberView, "description": "the person was known; here they are", **FOUND}
    }
    add(routes, "GET", "/subscribers", people.list_subscribers, scope=Scope.READ, problems=(422,))
    add(
        routes,
        "POST",
        "/subscribers",
        people.add_subscriber,
        scope=Scope.WRITE,
        problems=(400, 409, 413, 415, 422),
        succeeds_with=201,
        more={**known, 201: FOUND},
    )
    add(routes, "GET", one, people.get_subscriber, scope=Scope.READ, problems=(404, 422), more=ok)
    add(routes, "PATCH", one, people.change_subscriber, scope=Scope.WRITE, problems=(412, *body), more=ok)
    add(
        routes,
        "DELETE",
        one,
        people.erase_subscriber,
        scope=Scope.ERASE,
        problems=(404, 412, 415, 422),
        succeeds_with=204,
    )
    add(routes, "POST", f"{one}/unsubscribe", people.unsubscribe, scope=Scope.WRITE, problems=body, more=ok)
    add(routes, "POST", f"{one}/pause", people.pause, scope=Scope.WRITE, problems=body, more=ok)
    add(routes, "POST", f"{one}/resume", people.resume, scope=Scope.WRITE, problems=(404, 415, 422), more=ok)
    add(routes, "POST", f"{one}/suppress", people.suppress, scope=Scope.WRITE, problems=body, more=ok)
    add(routes, "GET", f"{one}/record", people.get_record, scope=Scope.READ, problems=(404, 422))
