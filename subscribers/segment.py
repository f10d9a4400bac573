"""A segment: a part of the readers, by what they have in common. Pure."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Filters under a name. Within one, any of its values will do; somebody in the segment meets all of them."""

    name: str
    categories: tuple[str, ...] = ()  #: that they get: chosen, or not left out by a choice, and not muted
    lists: tuple[str, ...] = ()  #: that they are on
    languages: tuple[str, ...] = ()  #: that they read; `fr` is `fr-CA`, too (RFC 4647 section 3.3.1)
    joined_since: datetime | None = None  #: they are known since then or later
    not_reached: int = 0  #: none of the newsletter's last so many issues was accepted for them; 0: not asked

    @property
    def is_everybody(self) -> bool:
        """Tell whether there is no filter at all."""
        return not (self.categories or self.lists or self.languages or self.joined_since or self.not_reached)

    def presentation(self) -> dict[str, object]:
        """Return the JSON object of the filters."""
        since = self.joined_since
        return {
            "categories": list(self.categories),
            "lists": list(self.lists),
            "languages": list(self.languages),
            "joined_since": since.astimezone(UTC).isoformat().replace("+00:00", "Z") if since else None,
            "not_reached": self.not_reached,
        }

    def to_json(self) -> str:
        """Return the filters as they are stored; the name is kept beside them."""
        return json.dumps(self.presentation(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, name: str, text: str) -> "Segment":
        """Read what `to_json` wrote."""
        value = json.loads(text)
        since = value["joined_since"]
        return cls(
            name=name,
            categories=tuple(value["categories"]),
            lists=tuple(value["lists"]),
            languages=tuple(value["languages"]),
            joined_since=datetime.fromisoformat(since) if since else None,
            not_reached=value["not_reached"],
        )


def in_words(segment: Segment) -> str:
    """Say whom a segment holds, for a person; goes on after “readers”."""
    since = segment.joined_since
    parts = [
        f"of {_either(segment.categories)}" if segment.categories else "",
        f"on the list {_either(segment.lists)}" if segment.lists else "",
        f"reading {_either(segment.languages)}" if segment.languages else "",
        f"who joined since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if since else "",
        f"whom {_issues(segment.not_reached)} did not reach" if segment.not_reached else "",
    ]
    return ", ".join(part for part in parts if part)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"“{name}”" for name in names)


def _issues(count: int) -> str:
    return "the last issue" if count == 1 else f"the last {count} issues"
