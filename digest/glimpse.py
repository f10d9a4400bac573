"""What an issue of this minute would hold for a reader, by the selection that planning uses; nothing is planned."""

import threading
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from digest import candidates, ranking
from digest.choices import Choices
from digest.compose import card
from digest.composition import shown_words
from digest.languages import primary
from digest.model import Newsletter
from digest.ranking import Pool
from digest.selection import pick
from subscribers.model import Subscriber
from subscribers.preference_pages import Glimpse, Headline

MOST_HEADLINES = 5  # a taste of the issue, not the issue
FRESH = timedelta(minutes=1)  # for which ranked candidates are kept: a thousand take 50 ms to read, 1 ms to choose from


class _Ranked(NamedTuple):
    """A newsletter's candidates as they were at an instant."""

    newsletter: Newsletter
    at: datetime
    since: datetime
    pool: Pool


class Glimpses:
    """Looks ahead for the readers of one process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._ranked: dict[str, _Ranked] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection, person: Subscriber, newsletter: Newsletter, now: datetime) -> Glimpse:
        """Return what this person would get of an issue that looks back as far as issues of the newsletter do.

        What they had already is not left out: it is about what their choices bring, also on the day after an issue.
        """
        ranked = self._candidates(connection, newsletter, now)
        language = primary(person.language or newsletter.language)
        choices = Choices(preferences=person.preferences, language=language, since=ranked.since)
        chosen = pick(ranked.pool, choices).chosen
        words = sum(shown_words(one.article, one.depth) for one in chosen)
        best = sorted(chosen, key=lambda one: one.rank)[:MOST_HEADLINES]  # of each section one, before any has two
        first = (one.article for one in sorted(best, key=lambda one: one.position))
        return Glimpse(
            stories=len(chosen),
            minutes=card.minutes(words) if chosen else 0,
            first=tuple(Headline(a.title, a.domain, a.category, a.language) for a in first),
        )

    def _candidates(self, connection: Connection, newsletter: Newsletter, now: datetime) -> _Ranked:
        with self._lock:
            known = self._ranked.get(newsletter.slug)
            if known is not None and known.newsletter == newsletter and now - known.at < FRESH:
                return known
            since = now - timedelta(days=newsletter.window_days)
            gathered = candidates.gather(connection, since=since, until=now)
            made = _Ranked(newsletter, now, since, ranking.prepare(gathered, newsletter, until=now))
            self._ranked[newsletter.slug] = made
            return made
