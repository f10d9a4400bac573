"""One issue being planned: who gets which edition, or why not; written down in temporary tables until it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, literal, select

from digest import candidates, history, issues, schedule, tables, timetable
from digest.choices import Choices
from digest.compose import compiling
from digest.composition import Composition, Contents
from digest.history import Had, History
from digest.languages import primary
from digest.model import Correction, DeliveryStatus, Edition, Issue, JsonObject
from digest.ranking import Pool
from digest.selection import Picked, pick
from subscribers.model import Frequency, Status, Subscriber
from subscribers.segment import Segment

CHOICES_AT_HAND = 20_000  # distinct choices remembered; most readers of a real list share a few
CATCH_UP = timedelta(days=35)  # who had no issue for longer starts anew, with the newsletter's usual window
MOST_CORRECTIONS = 4  # of one issue, so that stories have room beside them; further ones are told in the next
MOST_RECEIVED = 2  # times that a reader gets one article: once, and once more when it has changed materially
LEAST_INTERVAL = {  # a little less than the name says, so that an issue that is early by an hour is not left out
    Frequency.EVERY_ISSUE: timedelta(0),
    Frequency.DAILY: timedelta(hours=18),
    Frequency.WEEKLY: timedelta(days=6),
    Frequency.MONTHLY: timedelta(days=27),
}
DRAFTED = (tables.choices, tables.editions, tables.deliveries, tables.skips)


class SkipReason(StrEnum):
    """Why somebody on a newsletter's lists gets no mail of an issue."""

    PENDING = "pending"  #: not confirmed yet
    UNSUBSCRIBED = "unsubscribed"  #: left the newsletter, or everything
    SUPPRESSED = "suppressed"  #: the address must not be mailed
    PAUSED = "paused"  #: on a break
    NOT_IN_SEGMENT = "not_in_segment"  #: the issue is for another part of the readers; no row says so
    NOT_DUE = "not_due"  #: had an issue already within the frequency they chose
    NO_ARTICLES = "no_articles"  #: nothing new in the categories they chose
    TOO_FEW = "too_few"  #: fewer articles than the newsletter's `min_articles`


class _Choice(NamedTuple):
    """One distinct input of the selection: its number, and the edition that followed or why there is none."""

    number: int
    edition: int | None
    reason: SkipReason | None


class _Wish(NamedTuple):
    """Choices that were not met before, and what was picked for them."""

    key: bytes
    choices: Choices
    contents: Contents
    reason: SkipReason | None


def _key(choices: Choices) -> bytes:
    return _hash(choices.to_json())


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


@dataclass(slots=True)
class Draft:
    """One planning under way. Its rows wait in temporary tables until they are kept."""

    connection: Connection
    issue: Issue
    pool: Pool
    composition: Composition
    history: History
    corrections: Sequence[Correction]
    spool: Mapping[str, Table]
    segment: Segment | None = None  #: the part of the readers that it is for; None: all of them
    choices: dict[bytes, _Choice] = field(default_factory=dict)
    editions: dict[bytes, int] = field(default_factory=dict)
    last_choice: int = 0
    moments: dict[tuple[str, str], datetime | None] = field(default_factory=dict)  #: by wish and time zone

    def add(self, people: Sequence[Subscriber]) -> None:
        """Draft a delivery, or the reason why not, for each of these people."""
        first_id, last_id = people[0].id, people[-1].id
        moments = {person.id: self._due_at(person) for person in people}
        comes_at = {person_id: moment or self.issue.until for person_id, moment in moments.items()}
        coming = self.history.coming(self.connection, comes_at)
        had = self.history.of(self.connection, first_id, last_id, coming)
        last_issues = history.last_issues(self.connection, self.issue.newsletter.slug, first_id, last_id, coming)
        obstacles = {person.id: _obstacle(person, self.issue, last_issues.get(person.id)) for person in people}
        wanted = {
            person.id: self._choices(person, had.get(person.id), last_issues.get(person.id))
            for person in people
            if obstacles[person.id] is None
        }
        keys = {person_id: _key(choices) for person_id, choices in wanted.items()}
        self._meet({keys[person_id]: choices for person_id, choices in wanted.items()})
        deliveries, skips = [], []
        for person in people:
            key = keys.get(person.id)
            met = self.choices[key] if key is not None else _Choice(0, None, obstacles[person.id])
            if met.edition is not None:
                deliveries.append(_delivery(person, met.number, met.edition, moments[person.id]))
            else:
                skips.append({"subscriber_id": person.id, "reason": met.reason, "choices": met.number or None})
        self._spool(tables.deliveries, deliveries)
        self._spool(tables.skips, skips)

    def _due_at(self, person: Subscriber) -> datetime | None:
        """Return the moment for which a person waits; most have the same few wishes."""
        key = person.preferred_time, person.timezone
        if key not in self.moments:
            self.moments[key] = due_at(self.issue, *key)
        return self.moments[key]

    def _choices(self, person: Subscriber, had: Had | None, last: datetime | None) -> Choices:
        """Return what the selection is to know of a person."""
        usual = self.issue.until - timedelta(days=self.issue.newsletter.window_days)
        since = last if last is not None and last >= self.issue.until - CATCH_UP else usual
        language = primary(person.language or self.issue.newsletter.language)
        known = Choices(preferences=person.preferences, language=language, since=since)
        return known if had is None else self._with_history(known, had)

    def _with_history(self, choices: Choices, had: Had) -> Choices:
        received: list[str] = []
        told: list[str] = []
        revised: list[str] = []
        for one in (one for story in had.stories for one in self.pool.stories.get(story, ())):
            revisions = had.revisions.get(one.id)
            if revisions and max(revisions) < one.candidate.revision and len(revisions) < MOST_RECEIVED:
                revised.append(one.id)
            elif one.fresh_at >= choices.since:
                (received if revisions else told).append(one.id)
        due = [c.id for c in self.corrections if c.id not in had.corrections and _had_before(had, c)]
        return Choices(
            preferences=choices.preferences,
            language=choices.language,
            since=choices.since,
            received=tuple(sorted(received)),
            told=tuple(sorted(told)),
            revised=tuple(sorted(revised)),
            corrections=tuple(due[:MOST_CORRECTIONS]),
        )

    def _meet(self, wanted: Mapping[bytes, Choices]) -> None:
        """Pick, compose and draft those choices that are new."""
        if len(self.choices) > CHOICES_AT_HAND:
            self.choices.clear()
        wishes = [self._wish(key, choices) for key, choices in wanted.items() if key not in self.choices]
        composed = iter(self.composition.compose([wish.contents for wish in wishes if wish.reason is None]))
        rows: list[JsonObject] = []
        new: list[Edition] = []
        for number, wish in enumerate(wishes, start=self.last_choice + 1):
            edition = None
            if wish.reason is None:
                edition = self._number(next(composed), new)
            rows.append({"number": number, "content": wish.choices.to_json(), "edition": edition})
            self.choices[wish.key] = _Choice(number, edition, wish.reason)
        self.last_choice += len(wishes)
        self._spool(tables.choices, rows)
        self._spool(tables.editions, [issues.edition_row(edition) for edition in new])

    def _wish(self, key: bytes, choices: Choices) -> _Wish:
        picked = pick(self.pool, choices)
        return _Wish(key, choices, Contents(picked.chosen, choices.corrections), _why_nothing(picked))

    def _number(self, edition: Edition, new: list[Edition]) -> int:
        """Return the number of the edition with exactly these pieces; note it when it is new."""
        key = _hash(" ".join((*edition.pieces, "|", *edition.more)))
        if key not in self.editions:
            self.editions[key] = len(self.editions) + 1
            new.append(replace(edition, number=self.editions[key]))
        return self.editions[key]

    def _spool(self, table: Table, rows: Sequence[JsonObject]) -> None:
        if rows:
            self.connection.execute(self.spool[table.name].insert(), rows)

    def keep(self, connection: Connection, now: datetime) -> int:
        """Write the draft, and return the issue's id."""
        row = _issue_row(self.issue, self.segment, now) | {"compiled": compiling.pack(self.composition.compiled)}
        issue_id = int(
            connection.execute(tables.issues.insert().values(row).returning(tables.issues.c.id)).scalar_one()
        )
        frozen = [candidates.frozen_row(issue_id, one.candidate) for one in self.pool.candidates]
        if frozen:
            connection.execute(tables.candidates.insert(), frozen)
        for table in DRAFTED:
            drafted = self.spool[table.name]
            columns = [literal(issue_id) if c.name == "issue_id" else drafted.c[c.name] for c in table.c]
            connection.execute(table.insert().from_select([c.name for c in table.c], select(*columns)))
        return issue_id


def _issue_row(issue: Issue, segment: Segment | None, now: datetime) -> JsonObject:
    return {
        "newsletter": issue.newsletter.slug,
        "number": issue.number,
        "slot": issue.slot,
        "segment": issue.segment,
        "frozen": issues.frozen(issue.newsletter, segment),
        "base_url": issue.base_url,
        "nonce": issue.nonce,
        "since": issue.since,
        "until": issue.until,
        "created_at": now,
        "planned_at": now,
    }


def _obstacle(person: Subscriber, issue: Issue, last_issue_at: datetime | None) -> SkipReason | None:
    """Return why a person may not or does not want to be mailed now, whatever is in the issue."""
    if person.suppressed:
        return SkipReason.SUPPRESSED
    if person.status is Status.UNSUBSCRIBED or issue.newsletter.slug in person.left:
        return SkipReason.UNSUBSCRIBED
    if person.status is Status.PENDING:
        return SkipReason.PENDING
    if person.status is Status.PAUSED and (person.paused_until is None or person.paused_until > issue.until):
        return SkipReason.PAUSED
    if last_issue_at is not None and issue.until - last_issue_at < LEAST_INTERVAL[person.frequency]:
        return SkipReason.NOT_DUE
    return None


def due_at(issue: Issue, preferred_time: str, timezone: str) -> datetime | None:
    """Return the moment at which a reader in this zone is to get an issue; None: when it comes out."""
    newsletter, wish = issue.newsletter, timetable.parse_wish(preferred_time)
    zone = schedule.zone_or(timezone, newsletter.timezone)
    if wish is not None:
        at = schedule.moment(wish, zone, issue.until, usual=_hour(issue))
    elif newsletter.local_time and issue.slot:
        at = schedule.instant(datetime.fromisoformat(issue.slot), ZoneInfo(zone))
    else:
        return None
    return at if at > issue.until else None


def _hour(issue: Issue) -> time:
    """Return the time at which an issue comes out, by the newsletter's clock."""
    wall = (
        datetime.fromisoformat(issue.slot)
        if issue.slot
        else issue.until.astimezone(ZoneInfo(issue.newsletter.timezone))
    )
    return wall.time().replace(second=0, microsecond=0)


def _had_before(had: Had, correction: Correction) -> bool:
    """Tell whether a reader had an article before it was corrected."""
    received_at = had.received_at.get(correction.article_id)
    return received_at is not None and received_at <= correction.at


def _delivery(person: Subscriber, choices: int, edition: int, due_at: datetime | None) -> JsonObject:
    return {
        "subscriber_id": person.id,
        "edition": edition,
        "choices": choices,
        "recipient": person.email,
        "name": person.name,
        "status": DeliveryStatus.PLANNED,
        "attempts": 0,
        "next_at": due_at,
        "due_at": due_at,
        "code": 0,
        "reply": "",
        "culprit": "",
    }


def _why_nothing(picked: Picked) -> SkipReason | None:
    if picked.chosen:
        return None
    return SkipReason.TOO_FEW if picked.found else SkipReason.NO_ARTICLES
