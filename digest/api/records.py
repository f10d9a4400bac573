"""The record of one person's consent, with the exact words that were shown."""

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection, select

from digest.tables import consent_events, wordings


class ConsentEvent(BaseModel):
    """One thing that happened to somebody's consent, or to what they want."""

    event: str = Field(description="Such as requested, confirmed, unsubscribed")
    newsletter: str | None
    source: str = Field(description="The door: a page, one click, a file, a program")
    detail: str
    at: AwareDatetime
    page: str
    network: str
    language: str
    wording: str | None = Field(description="The exact words that were agreed to")


class Record(BaseModel):
    """Everything that happened to somebody's consent, the oldest first."""

    events: list[ConsentEvent]


def record(connection: Connection, subscriber_id: int) -> Record:
    """Return what happened to somebody's consent."""
    event = consent_events.c
    columns = (event.kind, event.newsletter, event.source, event.detail, event.at, event.page, event.network)
    words = consent_events.outerjoin(wordings, wordings.c.version == event.wording)
    query = select(*columns, event.language, wordings.c.text).select_from(words)
    rows = connection.execute(query.where(event.subscriber_id == subscriber_id).order_by(event.id))
    return Record(
        events=[
            ConsentEvent(
                event=row.kind,
                newsletter=row.newsletter,
                source=row.source,
                detail=row.detail,
                at=row.at,
                page=row.page,
                network=row.network,
                language=row.language,
                wording=row.text,
            )
            for row in rows
        ]
    )
