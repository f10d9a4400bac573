"""Copies marked [TEST] for those on a newsletter's test list: for each of them what they would get themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, and_

from digest import candidates, db, explanation, issues, ranking, templating
from digest.compose.pieces import Shelf
from digest.composition import Composition, Contents
from digest.config import Settings
from digest.errors import SettingsError
from digest.messages import Messages
from digest.model import Issue
from digest.selection import pick
from subscribers import store
from subscribers.model import Subscriber

MOST = 100  # copies of one test: a list of editors is short, and one of readers was named by mistake


@dataclass(frozen=True, slots=True)
class Copy:
    """One person's copy; None where there is no story for what they chose."""

    recipient: str
    message: bytes | None


def copies(engine: Engine, settings: Settings, issue: Issue, *, now: datetime) -> Iterator[Copy]:
    """Make a copy for everybody on the test list who may be mailed now, readers of the newsletter or not.

    A reader's is a copy of their mail, as it was frozen. For the others it is composed anew: what a new reader with
    their choices would get of the issue's candidates. Raises SettingsError when there is no test list, nobody on it, or
    more than MOST.
    """
    name = settings.newsletter(issue.newsletter.slug).test_list
    messages, press = Messages(engine, issue, settings), None
    with db.reading(engine) as connection:
        for person in _people(connection, issue, name, now):
            delivery = issues.delivery_of(connection, issue.id, person.id)
            if delivery is not None:
                yield Copy(person.email, messages.test_copy(delivery, to=person.email))
                continue
            press = press or _Press(connection, settings, issue)
            yield Copy(person.email, press.copy(messages, person))


def _people(connection: Connection, issue: Issue, name: str, now: datetime) -> list[Subscriber]:
    slug = issue.newsletter.slug
    if not name:
        raise SettingsError(f"“{slug}” has no test list: set test_list in the settings, such as test_list = “editors”")
    listed = and_(store.is_on([name]), store.mailable(slug, now))
    people = store.those(connection, listed, after_id=0, limit=MOST + 1)
    if not people:
        raise SettingsError(
            f"nobody on the list “{name}” may be mailed: `digest subscribers set EMAIL --join {name}` puts a confirmed "
            "person on it"
        )
    if len(people) > MOST:
        raise SettingsError(f"more than {MOST} people are on the list “{name}”: a test goes to a few, so name another")
    return people


class _Press:
    """Composes, from an issue's frozen candidates that were not taken out, what nobody's delivery holds."""

    def __init__(self, connection: Connection, settings: Settings, issue: Issue) -> None:
        self._issue = issue
        gone = candidates.taken_out(connection, issue)
        pool = {id: one for id, one in candidates.frozen(connection, issue).items() if id not in gone}
        self._pool = ranking.prepare(list(pool.values()), issue.newsletter, until=issue.until)
        standings = ranking.standings(self._pool)
        shelf = Shelf(candidates=pool, categories=issue.newsletter.categories, corrections={}, standings=standings)
        templates = templating.environment("email", issue.newsletter.language, settings.templates)
        self._composition = Composition(templates, issue, shelf, frozenset())

    def copy(self, messages: Messages, person: Subscriber) -> bytes | None:
        """Return a person's copy, or None where no story is for them."""
        picked = pick(self._pool, explanation.present(person, self._issue))
        if not picked.chosen:
            return None
        edition = self._composition.compose([Contents(picked.chosen, ())])[0]
        return messages.trial_copy(edition, self._composition.compiled, person)
