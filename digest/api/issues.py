"""`/issues`: what went out, and what became of it. Programs read it and change nothing."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine

from digest import db, issues, report
from digest.access_tokens import Scope
from digest.api import operation
from digest.model import Issue

PAGE, LONGEST_PAGE = 50, 200  # issues
SLUG = r"^[a-z0-9][a-z0-9-]{0,39}$"
Slug = Annotated[str, Path(pattern=SLUG, description="The newsletter’s slug")]
Number = Annotated[int, Path(ge=1, le=999_999_999)]


class Filters(BaseModel):
    """Which issues to list."""

    model_config = ConfigDict(extra="forbid")

    newsletter: str | None = Field(default=None, pattern=SLUG, description="Only issues of this one")
    after: int | None = Field(default=None, ge=1, le=2**53 - 1, description="`next` of the page before")
    limit: int = Field(default=PAGE, ge=1, le=LONGEST_PAGE)


class IssueView(BaseModel):
    """One issue."""

    issue: str = Field(description="Such as weekly/12")
    newsletter: str
    number: int
    since: AwareDatetime = Field(description="Its articles were published from then on")
    until: AwareDatetime = Field(description="and before that")
    planned_at: AwareDatetime | None
    released_at: AwareDatetime | None = Field(description="When sending was first asked for")
    paused_at: AwareDatetime | None
    paused_until: AwareDatetime | None
    pause_reason: str


class Issues(BaseModel):
    """A page of issues, the newest first."""

    issues: list[IssueView]
    next: int | None = Field(description="`after` of the next page; null on the last one")


class Reach(BaseModel):
    """How far a category came."""

    articles: int
    deliveries: int


class Happened(BaseModel):
    """How often something happened to readers' consent since an issue was released."""

    kind: str
    count: int


class Coverage(BaseModel):
    """What an issue leaves uncovered."""

    empty_categories: list[str]
    starved_categories: dict[str, int]
    unread: list[str]
    without_mail: int
    dominant: dict[str, float]


class WaitingView(BaseModel):
    """Deliveries that wait for the time that their readers chose."""

    deliveries: int
    first_at: AwareDatetime | None
    last_at: AwareDatetime | None


class ReportView(BaseModel):
    """What happened to an issue: what `digest report --json` prints."""

    issue: str
    segment: str | None
    waiting: WaitingView
    planned: int
    sending: int
    accepted: int
    deferred: int
    rejected: int
    unknown: int
    skipped: int
    expired: int
    released_at: AwareDatetime | None
    paused_at: AwareDatetime | None
    paused_until: AwareDatetime | None
    pause_reason: str
    by_domain: dict[str, dict[str, int]]
    by_category: dict[str, Reach]
    events: list[Happened]
    coverage: Coverage


def _view(issue: Issue) -> IssueView:
    return IssueView(
        issue=issue.name,
        newsletter=issue.newsletter.slug,
        number=issue.number,
        since=issue.since,
        until=issue.until,
        planned_at=issue.planned_at,
        released_at=issue.released_at,
        paused_at=issue.paused_at,
        paused_until=issue.paused_until,
        pause_reason=issue.pause_reason,
    )


class _Issues:
    """The handlers of one application. Their docstrings are what the API's description says."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list_issues(self, filters: Annotated[Filters, Query()]) -> Issues:
        """List issues.

        The newest first, a page at a time: go on with `after` until `next` is null.
        """
        with db.reading(self._engine) as connection:
            found = issues.page(
                connection, newsletter=filters.newsletter, before_id=filters.after, limit=filters.limit + 1
            )
        page = found[: filters.limit]
        return Issues(issues=list(map(_view, page)), next=page[-1].id if len(found) > len(page) else None)

    def get_issue(self, newsletter: Slug, number: Number) -> IssueView:
        """Get one issue."""
        with db.reading(self._engine) as connection:
            return _view(self._find(connection, newsletter, number))

    def get_report(self, newsletter: Slug, number: Number) -> ReportView:
        """Get the report of one issue.

        Its deliveries by status, by domain and by category, and what its readers did since.
        """
        with db.reading(self._engine) as connection:
            issue = self._find(connection, newsletter, number)
            found = report.report(connection, issue, now=datetime.now(UTC))
            return ReportView.model_validate(report.presentation(issue, found))

    def _find(self, connection: Connection, newsletter: str, number: int) -> Issue:
        return issues.find(connection, f"{newsletter}/{number}")


def add_to(routes: APIRouter, engine: Engine) -> None:
    """Add the addresses of issues."""
    shelf, one = _Issues(engine), "/issues/{newsletter}/{number}"
    add, scope = operation.add, Scope.ISSUES
    add(routes, "GET", "/issues", shelf.list_issues, scope=scope, problems=(422,))
    add(routes, "GET", one, shelf.get_issue, scope=scope, problems=(404, 422))
    add(routes, "GET", f"{one}/report", shelf.get_report, scope=scope, problems=(404, 422))
