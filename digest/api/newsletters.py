"""`/newsletters`: what can be subscribed to."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from digest.api import operation
from digest.config import Settings


class NewsletterView(BaseModel):
    """One newsletter."""

    slug: str
    name: str
    lists: list[str] = Field(description="Who is on any of them gets it")
    categories: list[str]
    language: str
    timezone: str
    schedule: str
    max_articles: int


class Newsletters(BaseModel):
    """All newsletters."""

    newsletters: list[NewsletterView]


def add_to(routes: APIRouter, settings: Settings) -> None:
    """Add the address of newsletters, open to every token."""

    def list_newsletters() -> Newsletters:
        """List newsletters.

        With the categories that can be chosen. Every token may.
        """
        return Newsletters(
            newsletters=[
                NewsletterView.model_validate(newsletter, from_attributes=True) for newsletter in settings.newsletters
            ]
        )

    operation.add(routes, "GET", "/newsletters", list_newsletters, scope=None)
