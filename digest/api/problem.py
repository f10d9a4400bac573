"""What went wrong, for programs: problem documents (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Literal, NoReturn

from fastapi import Response
from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"
Where = Literal["body", "query", "path", "header"]


class FieldProblem(BaseModel):
    """One value that cannot be used, and why."""

    where: Where
    field: str  #: such as `categories[0]`; empty: the whole
    detail: str


class Problem(BaseModel):
    """Why a request was not done."""

    type: str = "about:blank"  #: the status says what kind of problem it is (RFC 9457 section 4.2.1)
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


class ProblemError(Exception):
    """A request ends here: with this problem, and with headers that tell what to do."""

    def __init__(self, problem: Problem, headers: Mapping[str, str]) -> None:
        super().__init__(problem.title)
        self.problem = problem
        self.headers = headers


def problem(status: int, detail: str, errors: Sequence[FieldProblem] = ()) -> Problem:
    """Return the problem document of a status."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))


def refuse(
    status: int, detail: str, errors: Sequence[FieldProblem] = (), *, headers: Mapping[str, str] = {}
) -> NoReturn:
    """End a request; a transaction around it is undone."""
    raise ProblemError(problem(status, detail, errors), headers)


def response(found: Problem, headers: Mapping[str, str] = {}) -> Response:
    """Return a problem as the answer to a request."""
    return Response(found.model_dump_json(), found.status, headers=dict(headers), media_type=MEDIA_TYPE)
