"""Sign-up for programs: a JSON object instead of a form, and an answer that is the same for every address."""

import json
from collections.abc import Mapping

from fastapi.responses import JSONResponse

from digest import languages
from digest.config import Settings
from subscribers import pages, signup_form
from subscribers.record import Shown
from subscribers.signup_desk import CLOSED, Desk, Visitor
from subscribers.signup_form import Json

FOR_ANYBODY = {  # other sites may post JSON, and read the answer; no cookie or log-in goes with it, since we have none
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}


def _answer(content: object, status_code: int) -> JSONResponse:
    return JSONResponse(content, status_code, headers=pages.PRIVATE | FOR_ANYBODY)


def _errors(status_code: int, said: Mapping[str, str]) -> JSONResponse:
    errors = [{"field": field, "message": message} for field, message in said.items()]
    return _answer({"errors": errors}, status_code)


def submit(desk: Desk, settings: Settings, body: bytes, visitor: Visitor) -> JSONResponse:
    """Take `{"newsletter","email","name","topics":[],"frequency","language"}`; only the address is needed.

    202 and `{"status": "pending"}` for every address; 422 and `{"errors": [{"field","message"}]}` where it is not in
    order; 403 while sign-up is closed; 429 and 503 with Retry-After while none is taken.
    """
    try:
        fields = Json(json.loads(body))
    except (ValueError, RecursionError) as error:
        return _errors(422, {"": str(error) if type(error) is ValueError else "The body is not JSON."})
    newsletter = desk.newsletter(fields.text("newsletter"))
    if newsletter is None:
        known = ", ".join(one.slug for one in settings.newsletters)
        return _errors(422, {"newsletter": f"There is no such newsletter; known: {known}."})
    language = desk.language(newsletter, fields.text("language") or visitor.accept)
    _ = languages.translations(language).gettext
    if not desk.is_open(newsletter):
        return _errors(403, {"newsletter": _(CLOSED[0])})
    submission = signup_form.read(fields, newsletter)
    if submission.problems:
        return _errors(422, {one.field: f"{_(one.summary)}. {_(one.hint)}" for one in submission.problems})
    shown = Shown(page=visitor.origin, network=visitor.network, language=language)  # its words are not ours
    refusal = None if submission.is_trapped else desk.take(newsletter, submission.form, shown, source="json")
    if refusal is None:
        return _answer({"status": "pending"}, 202)
    answer = _errors(refusal.status_code, {"": " ".join(map(_, refusal.said))})
    answer.headers["Retry-After"] = str(refusal.retry_seconds)
    return answer
