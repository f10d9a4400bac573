"""A subscriber as programs see one: the object of the API and of webhooks."""

from pydantic import BaseModel, Field

from digest.model import Depth
from subscribers import exporting
from subscribers.model import Frequency, Status, Subscriber


class SubscriberView(BaseModel):
    """One subscriber: what `digest subscribers show` prints, and the id by which the API names them."""

    id: int
    email: str = Field(description="As they wrote it")
    name: str
    status: Status
    lists: list[str]
    left: list[str] = Field(description="Newsletters that this person unsubscribed from")
    categories: list[str] = Field(description="In the order to read them; none: every category")
    muted: list[str] = Field(description="Domains and categories")
    depth: dict[str, Depth] = Field(description="Of single categories; brief where nothing is said")
    frequency: Frequency
    timezone: str = Field(description="Empty: the newsletter’s")
    language: str = Field(description="Empty: the newsletter’s")
    max_articles: int | None = Field(description="null: as many as the newsletter has")
    preferred_time: str = Field(description="Where the person lives; empty: when the issue comes out")
    paused_until: str | None
    suppressed: str | None = Field(description="Why this address must not be mailed")


def subscriber_view(person: Subscriber) -> SubscriberView:
    """Return a subscriber as programs see them."""
    own = {
        "id": person.id,
        "max_articles": person.preferences.max_articles,
        "preferred_time": person.preferred_time,
    }
    return SubscriberView.model_validate({**exporting.presentation(person), **own})
