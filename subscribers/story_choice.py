"""Pure: “More like this” and “Less” as values. What a reader may choose about one story, and what follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import NamedTuple

from digest.model import Depth, Newsletter
from subscribers.model import Preferences
from subscribers.preference_form import Fields

_SHALLOW_FIRST = tuple(Depth)
_LONGEST_PLACE = 3  # digits; nobody chooses a thousand categories
WAS = "was-"  # before the names of fields that say how it was


class Way(StrEnum):
    """Which of a story's two links was followed."""

    MORE = "more"
    LESS = "less"


class Story(NamedTuple):
    """What of an article its reader can choose by. The category is in the newsletter's spelling where it has it."""

    category: str
    domain: str


class Listed(StrEnum):
    """Where a category stands that has no place of its own among the chosen ones."""

    EVERY = "every"  #: nothing is chosen, which means everything
    OUT = "out"  #: others are chosen


@dataclass(frozen=True, slots=True)
class Standing:
    """How preferences treat a story: all of it, or with None for what is not meant, a part of it."""

    place: int | Listed | None = None  #: of the category among the chosen ones, from 0
    depth: Depth | None = None
    muted: tuple[str, ...] | None = None  #: the category, its domain and domains above that, those that are muted


class Wish(StrEnum):
    """What a choice does."""

    FULL = "full"  #: the three depths
    BRIEF = "brief"
    HEADLINES = "headlines"
    FIRST = "first"  #: the category opens the issue
    AGAIN = "again"  #: the category comes back
    OUT = "out"  #: nothing more of the category
    MUTE = "mute"  #: nothing more from the domain
    UNMUTE = "unmute"  #: the domain comes back


class Note(StrEnum):
    """Why there is no first choice."""

    MOST = "most"  #: the category comes first and in full already
    ONLY = "only"  #: the category is the reader's last one
    NOT_GIVEN = "not given"  #: the reader gets nothing of the category at present
    NO_TOPIC = "no topic"  #: the newsletter has no such category any more


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it does, the standing that it leads to, and the one that it changes."""

    wish: Wish
    wanted: Standing
    was: Standing


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page offers: the first choice, or a note why there is none, and further ones."""

    first: Choice | None
    others: tuple[Choice, ...]
    note: Note | None


def about(category: str, domain: str, newsletter: Newsletter) -> Story:
    """Return a story as its reader can choose by it."""
    known = {name.casefold(): name for name in newsletter.categories}
    return Story(known.get(category.casefold(), category), domain)


def sections(preferences: Preferences, newsletter: Newsletter) -> list[str]:
    """Return the casefolded categories that the reader gets of a newsletter, in order, as the selection does."""
    known = _keys(newsletter.categories)
    muted = set(_keys(preferences.muted))
    keys = dict.fromkeys(_keys(preferences.categories or newsletter.categories))
    return [key for key in keys if key in known and key not in muted]


def standing(preferences: Preferences, story: Story) -> Standing:
    """Return how the preferences treat a story."""
    key = story.category.casefold()
    chosen = _keys(preferences.categories)
    names = _names(story)
    depths = {name.casefold(): depth for name, depth in preferences.depth}
    return Standing(
        place=chosen.index(key) if key in chosen else Listed.OUT if chosen else Listed.EVERY,
        depth=depths.get(key, Depth.BRIEF),
        muted=tuple(sorted({names[name] for name in _keys(preferences.muted) if name in names})),
    )


def offered(way: Way, preferences: Preferences, story: Story, newsletter: Newsletter) -> Offer:
    """Return what a reader can choose after following a story's link."""
    now = standing(preferences, story)
    if way is Way.MORE:
        first, further = _more(preferences, story, newsletter), _unmuting(now, story)
    else:
        first, further = _less(preferences, story, newsletter), _muting(now, story)
        if not isinstance(first, Note) and _can_go(preferences, story, newsletter):
            further = {**further, Wish.OUT: Standing(place=Listed.OUT)}
    if isinstance(first, Note):
        return Offer(None, _choices(further, now), first)
    wish, wanted = first
    others = {other: standing for other, standing in further.items() if other is not wish}
    return Offer(Choice(wish, wanted, part(now, wanted)), _choices(others, now), None)


def _choices(wanted: Mapping[Wish, Standing], now: Standing) -> tuple[Choice, ...]:
    return tuple(Choice(wish, then, part(now, then)) for wish, then in wanted.items())


def _muting(now: Standing, story: Story) -> dict[Wish, Standing]:
    """Return the wish for nothing more from the domain, unless it is muted, or cannot be by such a name."""
    domains = _domains(story)
    if not domains or set(now.muted or ()) & set(domains):
        return {}
    return {Wish.MUTE: Standing(muted=tuple(sorted({*(now.muted or ()), domains[0]})))}


def _unmuting(now: Standing, story: Story) -> dict[Wish, Standing]:
    """Return the wish for the domain to come back, where it or one above it is muted."""
    quiet = set(now.muted or ()) & set(_domains(story))
    return {Wish.UNMUTE: Standing(muted=_without(now, quiet))} if quiet else {}


def _more(preferences: Preferences, story: Story, newsletter: Newsletter) -> tuple[Wish, Standing] | Note:
    key, now = story.category.casefold(), standing(preferences, story)
    if key not in _keys(newsletter.categories):
        return Note.NO_TOPIC
    given = sections(preferences, newsletter)
    if key not in given:
        return Wish.AGAIN, _again(preferences, story, now)
    if now.depth is not Depth.FULL:
        return _at(now, +1)
    return Note.MOST if given[0] == key else (Wish.FIRST, Standing(place=0))


def _less(preferences: Preferences, story: Story, newsletter: Newsletter) -> tuple[Wish, Standing] | Note:
    key, now = story.category.casefold(), standing(preferences, story)
    if key not in _keys(newsletter.categories):
        return Note.NO_TOPIC
    if key not in sections(preferences, newsletter):
        return Note.NOT_GIVEN
    if now.depth is not Depth.HEADLINES:
        return _at(now, -1)
    return (Wish.OUT, Standing(place=Listed.OUT)) if _can_go(preferences, story, newsletter) else Note.ONLY


def _at(now: Standing, steps: int) -> tuple[Wish, Standing]:
    """Return the wish for a depth some steps away from the present one."""
    depth = _SHALLOW_FIRST[_SHALLOW_FIRST.index(now.depth or Depth.BRIEF) + steps]
    return Wish(depth.value), Standing(depth=depth)


def _again(preferences: Preferences, story: Story, now: Standing) -> Standing:
    """Return the standing in which a category that is not given comes back: chosen and not muted."""
    place = len(preferences.categories) if now.place is Listed.OUT else None
    is_muted = story.category in (now.muted or ())
    return Standing(place=place, muted=_without(now, {story.category}) if is_muted else None)


def _can_go(preferences: Preferences, story: Story, newsletter: Newsletter) -> bool:
    return bool(set(sections(preferences, newsletter)) - {story.category.casefold()})


def _without(now: Standing, names: set[str]) -> tuple[str, ...]:
    return tuple(name for name in now.muted or () if name not in names)


def part(whole: Standing, like: Standing) -> Standing:
    """Return of a standing what another one says, too."""
    said = {field.name for field in fields(like) if getattr(like, field.name) is not None}
    return Standing(**{name: getattr(whole, name) for name in said})


def resulting(
    preferences: Preferences, wanted: Standing, story: Story, newsletter: Newsletter, every: Sequence[str]
) -> Preferences | None:
    """Return the preferences that treat a story as wanted, all else as it was; None where no category would be left.

    `every` are the categories of all newsletters: where nothing was chosen and something is now left out or put
    first, the others become chosen by name.
    """
    after = preferences
    if wanted.place is not None:
        categories = _placed(preferences, wanted.place, story, newsletter, every)
        if categories is None:
            return None
        after = replace(after, categories=categories)
    if wanted.depth is not None:
        after = replace(after, depth=_deep(after, wanted.depth, story))
    if wanted.muted is not None:
        names = _names(story)
        after = replace(after, muted=(*(m for m in after.muted if m.casefold() not in names), *wanted.muted))
    loses_all = sections(preferences, newsletter) and not sections(after, newsletter)
    return None if loses_all else after


def _placed(
    preferences: Preferences, place: int | Listed, story: Story, newsletter: Newsletter, every: Sequence[str]
) -> tuple[str, ...] | None:
    """Return the chosen categories with the story's at a place; None where nothing would be chosen any more.

    What was left out of everything, or put before it, may become everything again, unless other categories were
    left out meanwhile: those stay out.
    """
    if preferences.categories == () and place is Listed.EVERY:
        return ()
    key = story.category.casefold()
    own = set(_keys(newsletter.categories))
    everything = (*newsletter.categories, *(name for name in every if name.casefold() not in own))
    others = tuple(name for name in preferences.categories or everything if name.casefold() != key)
    if place is Listed.OUT:
        return others or None
    if place is Listed.EVERY:
        if {key, *_keys(others)} == set(_keys(everything)):
            return ()
        place = len(others)
    return (*others[:place], story.category, *others[place:])


def _deep(preferences: Preferences, depth: Depth, story: Story) -> tuple[tuple[str, Depth], ...]:
    """Return the depths with the story's category at one of them; `brief` is what holds where nothing is said."""
    kept = [(name, old) for name, old in preferences.depth if name.casefold() != story.category.casefold()]
    return (*kept, *([] if depth is Depth.BRIEF else [(story.category, depth)]))


def happened(was: Standing, preferences: Preferences, story: Story, newsletter: Newsletter) -> Wish | None:
    """Return what a reader has chosen, from how it was and how it is; None where nothing of that is different now."""
    now = standing(preferences, story)
    given = sections(preferences, newsletter)
    if was.place not in (None, now.place):
        return _moved(was.place, now.place, is_first=given[:1] == [story.category.casefold()])
    if was.muted not in (None, now.muted):
        return _heard(set(was.muted or ()), set(now.muted or ()), story)
    return Wish(now.depth.value) if now.depth and was.depth not in (None, now.depth) else None


def _moved(before: int | Listed | None, after: int | Listed | None, *, is_first: bool) -> Wish | None:
    if after is Listed.OUT:
        return Wish.OUT
    if before is Listed.OUT:
        return Wish.AGAIN
    return Wish.FIRST if is_first else None


def _heard(before: set[str], after: set[str], story: Story) -> Wish | None:
    """Return what a change of what is muted means; nobody mutes a category here."""
    if story.category in after - before:
        return None
    if story.category in before - after:
        return Wish.AGAIN
    return Wish.MUTE if after > before else Wish.UNMUTE


def written(what: Standing, prefix: str = "") -> list[tuple[str, str]]:
    """Return a standing as the fields of a form or an address, which `read` reads."""
    pairs = []
    if what.place is not None:
        pairs.append((f"{prefix}place", str(what.place)))
    if what.depth is not None:
        pairs.append((f"{prefix}depth", str(what.depth)))
    if what.muted is not None:
        pairs += [(f"{prefix}muted", name) for name in what.muted or ("",)]
    return pairs


def read(submitted: Fields, story: Story, newsletter: Newsletter, prefix: str = "") -> Standing:
    """Read what `written` wrote; raises ValueError for anything that cannot hold of this story."""
    place = _one(submitted, f"{prefix}place")
    depth = _one(submitted, f"{prefix}depth")
    if (place or depth) and story.category not in newsletter.categories:
        raise ValueError("the newsletter has no such category")
    return Standing(
        place=None if place is None else _place(place),
        depth=None if depth is None else Depth(depth),
        muted=_muted(submitted.getlist(f"{prefix}muted"), story),
    )


def _one(submitted: Fields, name: str) -> str | None:
    values = submitted.getlist(name)
    if not values:
        return None
    if len(values) > 1 or not isinstance(values[0], str):
        raise ValueError(f"“{name}” is not one text")
    return values[0]


def _place(text: str) -> int | Listed:
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_PLACE:
        return int(text)
    return Listed(text)


def _muted(values: Sequence[object], story: Story) -> tuple[str, ...] | None:
    """Read muted names; a single empty one says that nothing is."""
    if not values:
        return None
    names = _names(story)
    found = {value.casefold() if isinstance(value, str) else None for value in values} - {""}
    if not found <= names.keys():
        raise ValueError("a muted name that is not the story’s")
    return tuple(sorted(names[key] for key in found if key))


def _keys(names: Iterable[str]) -> list[str]:
    return [name.casefold() for name in names]


def _domains(story: Story) -> list[str]:
    """Return the story's domain and those above it that have a dot, as they are muted; none for an IP address."""
    labels = story.domain.lower().split(".")
    if labels[-1].isdigit():
        return []
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _names(story: Story) -> dict[str, str]:
    """Return what mutes a story, by casefolded name: its category, its domain, and the domains above that."""
    return {name.casefold(): name for name in (*_domains(story), story.category)}
