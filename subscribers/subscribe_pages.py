"""The pages on which people ask for a newsletter: the form, its answer, and the form for other sites.

The answer to a form that is in order is always the same, whosever address it holds, and no mail is sent while it is
waited for: nobody learns here who is subscribed.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection, Engine
from starlette.datastructures import FormData

from digest import db, languages, schedule
from digest.config import Settings
from digest.model import Article, Newsletter
from subscribers import pages, preference_words, signup_form, signup_words, subscribe_json, web
from subscribers.pages import AcceptLanguage
from subscribers.record import Shown
from subscribers.signup_desk import CLOSED, Desk, Once, Visitor, visitor_of
from subscribers.signup_form import Form, Problem

MAX_FIELDS = 300

Headlines = Callable[[Connection, Newsletter], Sequence[Article]]  # of the newest issue that went out


class _Body(NamedTuple):
    """A submission as it came: a form, or the bytes of a JSON document."""

    form: FormData
    json: bytes | None


async def _read_body(request: Request) -> _Body:
    """Read a submission in whichever way it was written. Files are refused; there is nothing to upload here."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _Body(FormData(), await request.body())
    return _Body(await request.form(max_files=0, max_fields=MAX_FIELDS), None)


SubmittedBody = Annotated[_Body, Depends(_read_body)]


class _Pages:
    """The handlers of one application."""

    def __init__(self, engine: Engine, settings: Settings, headlines: Headlines) -> None:
        self._engine = engine
        self._settings = settings
        self._headlines = headlines
        self._desk = Desk(engine, settings)

    def show(self, newsletter: str = "", accept: AcceptLanguage = "") -> Response:
        """Show the form of a newsletter, or the newsletters to choose from."""
        wanted = self._desk.newsletter(newsletter)
        if wanted is None:
            return self._choice(accept, 404 if newsletter else 200)
        if not self._desk.is_open(wanted):
            return self._say(CLOSED, 200, accept)
        return self._form_page(wanted, Form(), accept)

    def embed(self, newsletter: str = "", accept: AcceptLanguage = "") -> Response:
        """Show the lines of HTML that put a form into another site."""
        wanted = self._desk.newsletter(newsletter)
        if wanted is None:
            return self._choice(accept, 404 if newsletter else 200)
        return self._page("subscribe_embed.html.j2", wanted, accept, address=self._settings.base_url)

    def submit(self, request: Request, body: SubmittedBody) -> Response:
        """Take a sign-up, from our form, another site's, or a program."""
        visitor = visitor_of(request, self._settings)
        if body.json is not None:
            return subscribe_json.submit(self._desk, self._settings, body.json, visitor)
        newsletter = self._desk.newsletter(str(body.form.get("newsletter", "")))
        if newsletter is None:
            return self._choice(visitor.accept, 404)
        if not self._desk.is_open(newsletter):
            return self._say(CLOSED, 403, visitor.accept)
        return self._submit(newsletter, body.form, visitor)

    def allow(self) -> Response:
        """Tell a browser that other sites may post JSON here (a preflight of the CORS protocol)."""
        return Response(status_code=204, headers=subscribe_json.FOR_ANYBODY)

    def _submit(self, newsletter: Newsletter, fields: FormData, visitor: Visitor) -> Response:
        form, problems, is_trapped = signup_form.read(fields, newsletter)
        if is_trapped:
            return self._sent(newsletter, form, visitor)
        if problems:
            return self._form_page(newsletter, form, visitor.accept, problems=problems)
        if once := self._desk.once(str(fields.get("stamp", ""))):
            return self._form_page(newsletter, form, visitor.accept, once=once)
        language = self._desk.language(newsletter, visitor.accept)
        shown = Shown(
            page=f"{self._settings.base_url}/subscribe",
            network=visitor.network,
            language=language,
            wording=signup_words.asking(newsletter, language),
        )
        refusal = self._desk.take(newsletter, form, shown, source="form")
        if refusal is None:
            return self._sent(newsletter, form, visitor)
        answer = self._say(refusal.said, refusal.status_code, visitor.accept)
        answer.headers["Retry-After"] = str(refusal.retry_seconds)
        return answer

    def _sent(self, newsletter: Newsletter, form: Form, visitor: Visitor) -> Response:
        """Return the answer to every form that is in order."""
        return self._page("subscribe_sent.html.j2", newsletter, visitor.accept, address=form.email)

    def _form_page(
        self,
        newsletter: Newsletter,
        form: Form,
        accept: str,
        *,
        problems: tuple[Problem, ...] = (),
        once: Once | None = None,
    ) -> Response:
        language = self._desk.language(newsletter, accept)
        slot = schedule.coming(newsletter.schedule, newsletter.timezone, datetime.now(UTC))
        with db.reading(self._engine) as connection:
            headlines = self._headlines(connection, newsletter)
        return self._page(
            "subscribe.html.j2",
            newsletter,
            accept,
            422 if problems else 200,
            about=newsletter.about,
            headlines=headlines,
            form=form,
            problems=problems,
            wrong={field: next((one for one in problems if one.field == field), None) for field in signup_form.NAMES},
            once=once or "",
            next_issue=languages.moment(slot.at, newsletter.timezone, language) if slot else "",
            frequencies=preference_words.tiles(newsletter, language),
            wording=signup_words.asking(newsletter, language),
            stamp=self._desk.stamp(),
            trap=signup_form.TRAP,
        )

    def _choice(self, accept: str, status_code: int) -> Response:
        language = pages.visitors_language(self._settings, accept)
        offered = [newsletter for newsletter in self._settings.newsletters if self._desk.is_open(newsletter)]
        answer = pages.page(
            self._settings, "subscribe_choice.html.j2", status_code, language=language, newsletters=offered
        )
        answer.headers["Vary"] = "Accept-Language"
        return answer

    def _page(
        self, template: str, newsletter: Newsletter, accept: str, status_code: int = 200, **values: object
    ) -> Response:
        answer = pages.page(
            self._settings,
            template,
            status_code,
            language=self._desk.language(newsletter, accept),
            newsletter=newsletter.name,
            slug=newsletter.slug,
            postal_address=newsletter.postal_address,
            categories=newsletter.categories,
            **values,
        )
        answer.headers["Vary"] = "Accept-Language"
        return answer

    def _say(self, said: tuple[str, ...], status_code: int, accept: str) -> Response:
        title, *sentences = said
        return pages.message(self._settings, title, *sentences, status_code=status_code, accept=accept)


def router(engine: Engine, settings: Settings, *, headlines: Headlines) -> APIRouter:
    """Return the addresses of sign-up. `headlines` is asked in the transaction of the form's page."""
    subscribe = _Pages(engine, settings, headlines)
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    routes.add_api_route("/subscribe", subscribe.show, methods=web.READ)
    routes.add_api_route("/subscribe", subscribe.submit, methods=["POST"])
    routes.add_api_route("/subscribe", subscribe.allow, methods=["OPTIONS"])
    routes.add_api_route("/subscribe/embed", subscribe.embed, methods=web.READ)
    return routes
