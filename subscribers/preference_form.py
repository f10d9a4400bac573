"""Pure: the preference page as values. What it shows of a person, what a submitted form says, and what follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from digest import timetable
from digest.model import Depth, Newsletter
from subscribers.model import Frequency, Preferences, Subscriber


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


def shown(person: Subscriber, newsletter: Newsletter) -> Form:
    """Return the form as the person’s stored choices fill it in."""
    known = {name.casefold(): name for name in newsletter.categories}
    wanted = person.preferences.categories or newsletter.categories
    chosen = [known[name.casefold()] for name in wanted if name.casefold() in known]
    depths = {name.casefold(): depth for name, depth in person.preferences.depth}
    offered = frequencies(newsletter)
    # More often than the newsletter comes is the same as every issue of it.
    frequency = person.frequency if person.frequency in offered else Frequency.EVERY_ISSUE
    return Form(_arranged(newsletter, chosen, depths), frequency)


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


def submitted(fields: Fields, before: Form, newsletter: Newsletter) -> Form:
    """Read a submitted form. What it does not say stays as it was `before`, except for topics: not sent is not ticked.

    Raises ValueError for a topic, depth or frequency that does not exist.
    """
    chosen = _texts(fields, "topic")
    if not set(chosen) <= set(newsletter.categories):
        raise ValueError("an unknown topic")
    depths = {}
    for topic in before.topics:
        depths[topic.name.casefold()] = Depth(_one(fields, f"depth:{topic.name}") or topic.depth)
    frequency = Frequency(_one(fields, "frequency") or before.frequency)
    return Form(_arranged(newsletter, chosen, depths), frequency)


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


def preferences(form: Form, person: Subscriber, newsletter: Newsletter, every: Sequence[str]) -> Preferences:
    """Return what to store for a saved form: choices for other newsletters stay, and what was not touched stays, too.

    Somebody who chose nothing yet gets every topic; where they now leave one out here, the topics of other
    newsletters, among `every`, become chosen by name.
    """
    before = shown(person, newsletter)
    stored = person.preferences
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
    return replace(stored, categories=categories, depth=(*kept, *added))


def frequency(form: Form, person: Subscriber, newsletter: Newsletter) -> Frequency:
    """Return the frequency to store: the one that the person had, unless another was picked."""
    return person.frequency if form.frequency is shown(person, newsletter).frequency else form.frequency
