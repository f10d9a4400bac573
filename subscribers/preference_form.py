"""Pure: the preference page as values. What it shows of a person, what a submitted form says, and what follows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from digest import languages, timetable
from digest.errors import UsageError
from digest.model import Depth, Newsletter
from subscribers import breaks, time_zones
from subscribers.breaks import Break, Length
from subscribers.fields import Categories, clean
from subscribers.model import Frequency, Preferences, Subscriber

FEWER = (12, 8, 5, 3)  # stories of an issue that can be chosen instead of the newsletter’s number
HOURS = tuple(f"{hour:02d}:00" for hour in range(24))
_LONGEST_TEXT = 300  # characters of what is typed: an address of a page, from which the domain is taken


class Fields(Protocol):
    """A submitted form, as Starlette reads it."""

    def getlist(self, key: str) -> Sequence[object]:
        """Return all values of a field, in the order of the form."""


class Way(StrEnum):
    """Where a topic can be moved."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Move:
    """The press of one of the arrow buttons."""

    way: Way
    topic: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One category of the newsletter, in its spelling."""

    name: str
    chosen: bool
    depth: Depth


@dataclass(frozen=True, slots=True)
class Form:
    """What the page shows. The chosen topics come first, in the reader’s order."""

    topics: tuple[Topic, ...]
    frequency: Frequency
    muted: tuple[str, ...] = ()  #: domains and categories that stay muted
    mute: str = ""  #: another source to mute, as it was typed
    day: str = ""  #: of the week, `mon`; empty: when the issue comes out
    hour: str = ""  #: `07:00`; empty: when the issue comes out
    timezone: str = ""  #: empty: the newsletter’s, as for language and most
    language: str = ""
    name: str = ""
    most: int | None = None  #: stories of an issue
    pause: Break = field(default_factory=Break)

    @property
    def preferred_time(self) -> str:
        """When the reader wants the mail, as it is stored."""
        return f"{self.day} {self.hour}".strip()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the chosen topics."""
        return tuple(topic.name for topic in self.topics if topic.chosen)


def _arranged(newsletter: Newsletter, chosen: Iterable[str], depths: dict[str, Depth]) -> tuple[Topic, ...]:
    """Put the chosen topics first, then the others in the newsletter’s order. `depths` goes by casefolded name."""
    first = list(dict.fromkeys(chosen))
    rest = [name for name in newsletter.categories if name not in first]
    return tuple(Topic(name, name in first, depths.get(name.casefold(), Depth.BRIEF)) for name in [*first, *rest])


def days(newsletter: Newsletter) -> list[int]:
    """Return the days of the week on which issues come, 0 for Monday; none without a schedule."""
    table = timetable.parse(newsletter.schedule)
    return sorted(table.days) if table else []


def frequencies(newsletter: Newsletter) -> list[Frequency]:
    """Return the frequencies that this newsletter can keep: each issue, or fewer than that."""
    scheduled = days(newsletter)
    pointless = {Frequency.DAILY} if scheduled else set()  # a schedule brings one a day at most
    if len(scheduled) == 1:
        pointless.add(Frequency.WEEKLY)
    return [frequency for frequency in Frequency if frequency not in pointless]


def fewer(newsletter: Newsletter) -> list[int]:
    """Return the numbers of stories that would be fewer than the newsletter’s."""
    return [count for count in FEWER if count < newsletter.max_articles]


def shown(person: Subscriber, newsletter: Newsletter, now: datetime) -> Form:
    """Return the form as the person’s stored choices fill it in."""
    known = {name.casefold(): name for name in newsletter.categories}
    wanted = person.preferences.categories or newsletter.categories
    chosen = [known[name.casefold()] for name in wanted if name.casefold() in known]
    depths = {name.casefold(): depth for name, depth in person.preferences.depth}
    offered = frequencies(newsletter)
    # More often than the newsletter comes is the same as every issue of it.
    frequency = person.frequency if person.frequency in offered else Frequency.EVERY_ISSUE
    words = person.preferred_time.split()
    return Form(
        _arranged(newsletter, chosen, depths),
        frequency,
        muted=person.preferences.muted,
        day=next((word for word in words if word in timetable.DAYS), ""),
        hour=next((word for word in words if word not in timetable.DAYS), ""),
        timezone=person.timezone,
        language=person.language,
        name=person.name,
        most=person.preferences.max_articles,
        pause=Break(Length.AS_IT_IS if breaks.running_until(person, now) else Length.NONE),
    )


def _texts(fields: Fields, name: str) -> list[str]:
    values = fields.getlist(name)
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values):
        raise ValueError(f"“{name}” cannot be read")
    return texts


def _one(fields: Fields, name: str) -> str | None:
    texts = _texts(fields, name)
    if len(texts) > 1:
        raise ValueError(f"“{name}” has several values")
    return texts[0] if texts else None


def _choice(fields: Fields, name: str, before: str, known: Collection[str]) -> str:
    """Read what was picked of a list, which always has what it was before; not sent is not changed."""
    value = _one(fields, name)
    if value is not None and value not in ("", before, *known):
        raise ValueError(f"“{name}” has an unknown value")
    return before if value is None else value


def submitted(fields: Fields, before: Form, newsletter: Newsletter) -> Form:
    """Read a submitted form. What it does not say stays as it was `before`, except for topics: not sent is not ticked.

    Raises ValueError for a topic, depth, frequency or other choice that does not exist.
    """
    chosen = _texts(fields, "topic")
    if not set(chosen) <= set(newsletter.categories):
        raise ValueError("an unknown topic")
    depths = {}
    for topic in before.topics:
        depths[topic.name.casefold()] = Depth(_one(fields, f"depth:{topic.name}") or topic.depth)
    frequency = Frequency(_one(fields, "frequency") or before.frequency)
    name = _one(fields, "name")
    most = _choice(fields, "most", str(before.most or ""), [str(count) for count in fewer(newsletter)])
    return Form(
        _arranged(newsletter, chosen, depths),
        frequency,
        muted=_still_muted(_texts(fields, "muted"), before),
        mute=(_one(fields, "mute") or "").strip()[:_LONGEST_TEXT],
        day=_choice(fields, "day", before.day, timetable.DAYS),
        hour=_choice(fields, "hour", before.hour, HOURS),
        timezone=_choice(fields, "timezone", before.timezone, time_zones.names()),
        language=_choice(fields, "language", before.language, languages.translated()),
        name=before.name if name is None else clean(name),
        most=int(most) if most else None,
        pause=Break(Length(_one(fields, "break") or before.pause.length), (_one(fields, "until") or "").strip()[:10]),
    )


def _still_muted(names: Sequence[str], before: Form) -> tuple[str, ...]:
    """Return what stays muted. An empty name is always sent, so that nothing ticked differs from nothing sent."""
    if not names:
        return before.muted
    if not set(names) <= {"", *before.muted}:
        raise ValueError("an unknown muted name")
    return tuple(name for name in before.muted if name in names)


class Problem(StrEnum):
    """What is to mend before a form can be saved."""

    NO_TOPIC = "no_topic"
    NO_SOURCE = "no_source"  #: what is to be muted is no domain
    NO_DAY = "no_day"  #: a break until no day that can be


def problems(form: Form, newsletter: Newsletter, now: datetime) -> tuple[Problem, ...]:
    """Return what is to mend in a form, in its order."""
    found = [] if form.chosen else [Problem.NO_TOPIC]
    if form.mute and not _source(form.mute):
        found.append(Problem.NO_SOURCE)
    timezone = form.timezone or newsletter.timezone
    if form.pause.length is Length.DATE and breaks.end(form.pause, now, timezone) is None:
        found.append(Problem.NO_DAY)
    return tuple(found)


def _source(typed: str) -> str:
    """Return the domain that somebody typed, alone or in the address of a page; empty where there is none."""
    host = typed
    if "/" in typed:
        try:
            host = urlsplit(typed if "://" in typed else f"//{typed}").hostname or ""
        except ValueError:
            return ""
    host = host.strip().lower().removeprefix("www.").rstrip(".")
    try:
        return Categories(()).muted([host])[0] if "." in host else ""
    except UsageError:
        return ""


def pressed(fields: Fields, newsletter: Newsletter) -> Move | None:
    """Return the arrow button that submitted the form, or None when it was Save. Raises ValueError."""
    value = _one(fields, "move")
    if value is None:
        return None
    way, _, topic = value.partition(":")
    if topic not in newsletter.categories:
        raise ValueError("an unknown topic to move")
    return Move(Way(way), topic)


def moved(form: Form, move: Move) -> Form:
    """Return the form with a chosen topic one place up or down; at the end of the list, as it is."""
    chosen = list(form.chosen)
    if move.topic not in chosen:
        return form
    place = chosen.index(move.topic)
    target = place + (1 if move.way is Way.DOWN else -1)
    if 0 <= target < len(chosen):
        chosen[place], chosen[target] = chosen[target], chosen[place]
    by_name = {topic.name: topic for topic in form.topics}
    rest = [topic for topic in form.topics if not topic.chosen]
    return replace(form, topics=(*(by_name[name] for name in chosen), *rest))


def preferences(
    form: Form, before: Form, stored: Preferences, newsletter: Newsletter, every: Sequence[str]
) -> Preferences:
    """Return what to store for a form that showed `before`: what was not touched there stays as it was.

    Somebody who chose nothing yet gets every topic; where they now leave one out here, the topics of other
    newsletters, among `every`, become chosen by name.
    """
    own = {name.casefold() for name in newsletter.categories}
    categories = stored.categories
    if form.chosen != before.chosen:
        elsewhere = (name for name in stored.categories or every if name.casefold() not in own)
        categories = (*form.chosen, *elsewhere)
    old = {topic.name: topic.depth for topic in before.topics}
    changed = {topic.name: topic.depth for topic in form.topics if topic.depth is not old[topic.name]}
    touched = {name.casefold() for name in changed}
    kept = [(name, depth) for name, depth in stored.depth if name.casefold() not in touched]
    added = [(name, depth) for name, depth in changed.items() if depth is not Depth.BRIEF]
    source = _source(form.mute)
    muted = form.muted if not source or source in form.muted else (*form.muted, source)
    return replace(stored, categories=categories, depth=(*kept, *added), muted=muted, max_articles=form.most)


def wanted(form: Form, person: Subscriber, newsletter: Newsletter, every: Sequence[str], now: datetime) -> Subscriber:
    """Return the person as they would be with the choices of a form; a break is not among them."""
    before = shown(person, newsletter, now)
    return replace(
        person,
        preferences=preferences(form, before, person.preferences, newsletter, every),
        # A frequency that the newsletter cannot keep is shown as another, and stays unless one is picked.
        frequency=person.frequency if form.frequency is before.frequency else form.frequency,
        preferred_time=person.preferred_time if form.preferred_time == before.preferred_time else form.preferred_time,
        timezone=form.timezone,
        language=form.language,
        name=form.name,
    )
