"""Issues whose sending waits for a person: the failures say that going on would do harm."""

from datetime import datetime

from sqlalchemy import Connection, update

from digest.tables import issues


def pause(connection: Connection, issue_id: int, reason: str, now: datetime) -> None:
    """Keep the worker from delivering an issue; an issue that is paused already keeps its first reason.

    The reason is for people: it says what is wrong and how to go on, and holds no address of a reader.
    """
    going = update(issues).where(issues.c.id == issue_id, issues.c.paused_at.is_(None))
    connection.execute(going.values(paused_at=now, pause_reason=reason))


def lift(connection: Connection, issue_id: int) -> None:
    """Let an issue be delivered again."""
    connection.execute(update(issues).where(issues.c.id == issue_id).values(paused_at=None, pause_reason=""))
