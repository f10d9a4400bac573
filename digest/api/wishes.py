"""What a program says that somebody wants: read from a body, checked, each wrong value told of."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from digest.api import problem
from digest.api.problem import FieldProblem
from digest.errors import UsageError
from digest.model import Depth
from subscribers import fields
from subscribers.model import Frequency, Preferences
from subscribers.store import Changes

MOST = 200  # categories or muted names of one person
_Read = TypeVar("_Read")


class Wishes(BaseModel):
    """What to change about a person. What is left out stays; null goes back to what nobody chose."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=fields.LONGEST, description="How mails address the person")
    categories: list[str] | None = Field(
        default=None, max_length=MOST, description="In the order to read them; none: every category"
    )
    depth: dict[str, Depth] | None = Field(
        default=None, max_length=MOST, description="Of single categories; brief where nothing is said"
    )
    muted: list[str] | None = Field(default=None, max_length=MOST, description="Domains and categories")
    frequency: Frequency | None = Field(default=None, description="How often to hear from a newsletter, at most")
    timezone: str | None = Field(
        default=None, max_length=100, description="Such as Europe/Paris; empty: the newsletter’s"
    )
    language: str | None = Field(
        default=None, max_length=100, description="Such as fr or pt-BR; empty: the newsletter’s"
    )
    max_articles: StrictInt | None = Field(
        default=None, ge=1, le=200, description="Fewer stories than the newsletter’s; null: as many as it has"
    )
    preferred_time: str | None = Field(
        default=None,
        pattern=r"^(|mon|tue|wed|thu|fri|sat|sun|((mon|tue|wed|thu|fri|sat|sun) )?([01][0-9]|2[0-3]):[0-5][0-9])$",
        description="“mon”, “07:00” or “mon 07:00”, where the person lives; empty: when the issue comes out",
    )


class Newcomer(Wishes):
    """Somebody to add, and the newsletter that they asked for."""

    newsletter: str = Field(max_length=40, description="Its slug", examples=["weekly"])
    email: str = Field(max_length=320, examples=["ada@example.org"])
    confirmed: StrictBool = Field(
        default=False, description="true: they agreed already, which `evidence` proves; needs subscribers:confirm"
    )
    evidence: str | None = Field(
        default=None,
        max_length=1000,
        description="How, when and to which words they agreed; kept in the record of their consent",
    )


class Check:
    """Values of a body as they are read one by one, so that every wrong one is told of, not only the first."""

    def __init__(self) -> None:
        self._errors: list[FieldProblem] = []

    def read(self, name: str, reader: Callable[[], _Read]) -> _Read | None:
        """Return what a value means; None when it cannot be used."""
        try:
            return reader()
        except UsageError as error:
            self.note(name, str(error))
            return None

    def note(self, name: str, detail: str) -> None:
        """Note what is wrong with a value."""
        self._errors.append(FieldProblem(where="body", field=name, detail=detail))

    def finish(self) -> None:
        """End the request with 422 if anything was wrong."""
        if self._errors:
            problem.refuse(422, "Some values cannot be used; nothing was changed.", self._errors)


def changes(wishes: Wishes, before: Preferences, known: fields.Categories, check: Check) -> Changes:
    """Return what wishes mean for somebody who wanted `before`; what is wrong with them is noted in `check`."""
    given = wishes.model_fields_set

    def text(name: str, reader: Callable[[str], str]) -> str | None:
        return check.read(name, lambda: reader(getattr(wishes, name) or "")) if name in given else None

    return Changes(
        name=text("name", fields.clean),
        preferences=_preferences(wishes, before, known, check),
        frequency=(wishes.frequency or Frequency.EVERY_ISSUE) if "frequency" in given else None,
        timezone=text("timezone", fields.timezone),
        language=text("language", fields.language),
        preferred_time=text("preferred_time", fields.preferred_time),
    )


def _preferences(wishes: Wishes, before: Preferences, known: fields.Categories, check: Check) -> Preferences | None:
    readers: dict[str, Callable[[], object]] = {
        "categories": lambda: known.chosen(wishes.categories or ()),
        "depth": lambda: tuple(sorted((known.spelled(name), depth) for name, depth in (wishes.depth or {}).items())),
        "muted": lambda: known.muted(wishes.muted or ()),
        "max_articles": lambda: wishes.max_articles,
    }
    given = {name: check.read(name, reader) for name, reader in readers.items() if name in wishes.model_fields_set}
    if not given:
        return None
    wanted: dict[str, Any] = given  # Any: each value is of its own field's type
    return replace(before, **wanted)
