"""Pure: what a reader wants and has had, as the selection takes it and an issue freezes it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from subscribers.model import Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """All that the selection knows of a reader: equal choices get equal editions."""

    preferences: Preferences
    language: str  #: primary language, such as `fr`
    since: datetime  #: until then the reader's last issue looked
    received: tuple[str, ...] = ()  #: ids of candidates that the reader had, in order
    told: tuple[str, ...] = ()  #: ids of candidates whose story the reader had from another outlet, in order
    revised: tuple[str, ...] = ()  #: ids of candidates that changed materially since the reader had them, in order
    corrections: tuple[int, ...] = ()  #: ids of corrections that the reader is to be told, in order

    def to_json(self) -> str:
        """Return the canonical text: equal choices give equal text."""
        since = self.since.astimezone(UTC).isoformat().replace("+00:00", "Z")
        others = {
            "language": self.language,
            "since": since,
            "received": self.received,
            "told": self.told,
            "revised": self.revised,
            "corrections": self.corrections,
        }
        rest = json.dumps(others, ensure_ascii=False, separators=(",", ":"))
        return f'{{"preferences":{self.preferences.to_json()},{rest[1:]}'

    @classmethod
    def from_json(cls, text: str) -> "Choices":
        """Read what `to_json` wrote."""
        value = json.loads(text)
        return cls(
            preferences=Preferences.from_json(json.dumps(value["preferences"])),
            language=value["language"],
            since=datetime.fromisoformat(value["since"]),
            received=tuple(value["received"]),
            told=tuple(value["told"]),
            revised=tuple(value["revised"]),
            corrections=tuple(value["corrections"]),
        )
