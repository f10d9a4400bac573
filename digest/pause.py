"""Issues whose sending waits, for a person or for some time: the failures say that going on would do harm."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, update

from digest.tables import issues


def pause(connection: Connection, issue_id: int, reason: str, now: datetime, *, until: datetime | None = None) -> None:
    """Keep the worker from delivering an issue, for good or until then; one that is paused already stays as it is.

    The reason is for people: it says what is wrong and how to go on, and holds no address of a reader.
    """
    going = update(issues).where(issues.c.id == issue_id, issues.c.paused_at.is_(None))
    connection.execute(going.values(paused_at=now, paused_until=until, pause_reason=reason))


def lift(connection: Connection, issue_id: int) -> None:
    """Let an issue be delivered again."""
    connection.execute(
        update(issues).where(issues.c.id == issue_id).values(paused_at=None, paused_until=None, pause_reason="")
    )


def going(now: datetime) -> ColumnElement[bool]:
    """Return the condition for issues that a worker may deliver now."""
    return or_(issues.c.paused_at.is_(None), issues.c.paused_until <= now)
