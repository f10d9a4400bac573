"""The API as an application of its own below `/api/v1`: its description, and problem documents for whatever fails."""

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest import __version__
from digest.api import issues, newsletters, operation, problem, subscribers
from digest.api.gate import Gate
from digest.api.problem import FieldProblem, Problem, ProblemError
from digest.config import Settings
from digest.errors import DatabaseError, NotFoundError

log = logging.getLogger(__name__)

PATH = "/api/v1"
RETRY_SECONDS = 30
_HEADERS = {  # answers hold people's addresses, and are nothing for browsers
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_SAID = {
    400: "The body cannot be read as JSON.",
    404: "There is nothing at this address: /api/docs lists what there is.",
    405: "This address takes other methods: Allow names them.",
    413: "The body is larger than 256 KB.",
}
_WHERE: dict[object, problem.Where] = {"query": "query", "path": "path", "header": "header"}


def description(api: FastAPI, settings: Settings) -> dict[str, Any]:
    """Return the OpenAPI document."""
    if api.openapi_schema:
        return api.openapi_schema
    document = get_openapi(
        title="Digest",
        version=__version__,
        openapi_version="3.1.0",
        description="Subscribers, newsletters and issues, for programs.",
        routes=api.routes,
        servers=[{"url": settings.base_url + PATH}],
    )
    parts = document.setdefault("components", {})
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    parts.setdefault("schemas", {}).update(schema.pop("$defs"))
    parts["schemas"]["Problem"] = schema
    parts["securitySchemes"] = {
        operation.SECURITY: {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `digest tokens new`; each operation names the scope that it needs.",
        }
    }
    api.openapi_schema = document
    return document


def _field(location: tuple[int | str, ...]) -> str:
    """Return `categories[0]` for pydantic's location, without where it was found."""
    path = ""
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _add_problems(api: FastAPI) -> None:
    """Answer with a problem document whatever goes wrong."""

    @api.exception_handler(ProblemError)
    def refused(_request: Request, error: ProblemError) -> Response:
        return problem.response(error.problem, error.headers)

    @api.exception_handler(RequestValidationError)
    def unreadable(_request: Request, error: RequestValidationError) -> Response:
        found = error.errors()
        if any(one["type"] == "json_invalid" for one in found):
            return problem.response(problem.problem(400, _SAID[400]))
        errors = [
            FieldProblem(where=_WHERE.get(one["loc"][0], "body"), field=_field(one["loc"]), detail=one["msg"])
            for one in found
        ]
        return problem.response(problem.problem(422, "Some values cannot be used; nothing was changed.", errors))

    @api.exception_handler(NotFoundError)
    def not_found(_request: Request, error: NotFoundError) -> Response:
        return problem.response(problem.problem(404, f"{error}."))

    @api.exception_handler(HTTPException)
    def not_possible(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        headers = {"Allow": ", ".join(_methods(request))} if status == 405 else dict(error.headers or {})
        return problem.response(problem.problem(status, _SAID.get(status, "The request cannot be read.")), headers)

    @api.exception_handler(DatabaseError)
    @api.exception_handler(DBAPIError)
    @api.exception_handler(PoolTimeoutError)
    def away(_request: Request, error: Exception) -> Response:
        log.error("the database does not answer: %s", type(error.__cause__ or error).__name__)
        found = problem.problem(503, "The database does not answer at present, so nothing could be read or changed.")
        return problem.response(found, {"Retry-After": str(RETRY_SECONDS)})

    @api.exception_handler(Exception)
    def fault(_request: Request, _error: Exception) -> Response:
        return problem.response(problem.problem(500, "Something broke here; it is in our log."))


def _methods(request: Request) -> list[str]:
    """Return what may be done at an address."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def private(api: ASGIApp) -> ASGIApp:
    """Wrap an application so that all its answers, failures included, carry the headers that keep them private."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await api(scope, receive, with_headers)

    return wrapped


def app(engine: Engine, settings: Settings) -> FastAPI:
    """Return the API, to be wrapped by `private` and mounted at `PATH`."""
    api = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.router.route_class = operation.guarded_route(Gate(engine, settings))
    subscribers.add_to(api.router, engine, settings)
    newsletters.add_to(api.router, settings)
    issues.add_to(api.router, engine)
    _add_problems(api)

    def openapi(_request: Request) -> Response:
        return JSONResponse(description(api, settings))

    api.add_route("/openapi.json", openapi, include_in_schema=False)
    return api
