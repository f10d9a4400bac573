"""One operation of the API: its route, the scope that it needs, and the answers that its description names."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from digest.access_tokens import AccessToken, Scope
from digest.api import problem
from digest.api.gate import Gate

SECURITY = "token"  # the name of the security scheme in the OpenAPI document
ANSWERS = {
    400: "the body cannot be read as JSON",
    401: "no token, or none that is valid",
    403: "the token has not got the scope",
    404: "there is nothing of that name",
    409: "it would go against what the person decided, or how they stand",
    412: "the person changed since that ETag",
    413: "the body is too large",
    415: "the body is not marked as JSON by its Content-Type",
    422: "a value cannot be used; `errors` says which, and why",
    429: "too many requests; Retry-After says how many seconds to wait",
    503: "the database does not answer at present",
}
_ALWAYS = (401, 429, 503)
Answers = dict[int | str, dict[str, Any]]


def _token(request: Request) -> AccessToken:
    """Return the token with which the request was let in."""
    token = request.state.token
    assert isinstance(token, AccessToken)  # noqa: S101 - every route of ours is guarded
    return token


Token = Annotated[AccessToken, Depends(_token)]


def _scope(route: APIRoute) -> Scope | None:
    """Return the scope that the route's own description demands."""
    (needed,) = (route.openapi_extra or {})["security"][0].values()
    return Scope(needed[0]) if needed else None


def _check_media_type(request: Request) -> None:
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        problem.refuse(415, "Send the body as JSON, with “Content-Type: application/json”.")


def guarded_route(gate: Gate) -> type[APIRoute]:
    """Return the kind of route that the API is made of: who may not is told so before anything is read."""

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()
            scope = _scope(self)

            async def guarded(request: Request) -> Response:
                request.state.token = await run_in_threadpool(gate.admit, request, scope)
                _check_media_type(request)
                return await handle(request)

            return guarded

    return GuardedRoute


def _answer(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": ANSWERS[status], "content": {problem.MEDIA_TYPE: {"schema": schema}}}


def add(
    routes: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., object],
    *,
    scope: Scope | None,
    problems: tuple[int, ...] = (),
    succeeds_with: int = 200,
    more: Answers | None = None,
) -> None:
    """Add an operation. What it does and what it answers is said by the handler's docstring and types.

    `problems` are the statuses of its own kinds of failure; `more` describes other successes.
    """
    known = (*_ALWAYS, *((403,) if scope else ()), *problems)
    said = {status: _answer(status) for status in sorted(known)}
    summary, _, text = inspect.cleandoc(handler.__doc__ or "").partition("\n")
    extra = {"security": [{SECURITY: [scope] if scope else []}]}
    routes.add_api_route(
        path,
        handler,
        methods=[method],
        status_code=succeeds_with,
        response_description="done",
        responses={**said, **(more or {})},
        openapi_extra=extra,
        summary=summary.rstrip("."),
        description=text.strip(),
    )
    if method == "GET":
        routes.add_api_route(path, handler, methods=["HEAD"], openapi_extra=extra, include_in_schema=False)
