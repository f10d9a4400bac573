"""listmonk's export of subscribers.

The columns, and the way in which Go writes instants, are those of ExportSubscribers in cmd/subscribers.go. The export
names no list, and does not tell who has left one or has not confirmed (knadh/listmonk issue 2855). Attributes are a
JSON object of the installation's own making; those with a usual name are used.
"""

from collections.abc import Mapping
from typing import Any

from digest.errors import UsageError
from subscribers import fields
from subscribers.exports.program import (
    Program,
    Segment,
    Translation,
    consent_cells,
    evidence,
    joined_name,
    json_value,
    names_of,
    of_segment,
)
from subscribers.model import Status

_NAME = "listmonk"
_CONSENT = ("created_at",)
_LABELS = ("categories", "topics", "interests", "groups", "tags", "labels", "lists")
_HINTS = {"frequency": "frequency", "timezone": "timezone", "language": "language", "lang": "language"}
_CONSENTS = {
    "enabled": consent_cells(Status.CONFIRMED),
    "disabled": consent_cells(Status.UNSUBSCRIBED),  # by an administrator; in no case to be mailed
    "blocklisted": consent_cells(Status.UNSUBSCRIBED, "blocklisted"),  # by themselves, or after bounces or a complaint
    "blacklisted": consent_cells(Status.UNSUBSCRIBED, "blocklisted"),  # its name until 2021
    "unsubscribed": consent_cells(Status.UNSUBSCRIBED),  # not the export's own, but what its owner may add
}


def _consent(cells: Mapping[str, str]) -> dict[str, str]:
    said = cells.get("status", "")
    try:
        return _CONSENTS[said.casefold()]
    except KeyError:
        raise UsageError(f"{fields.quote(said)} is no status of listmonk; known: {', '.join(_CONSENTS)}") from None


def _attributes(cells: Mapping[str, str]) -> dict[str, Any]:
    value = json_value(cells.get("attributes") or cells.get("attribs") or "{}")
    return {key.casefold(): what for key, what in value.items()} if isinstance(value, dict) else {}


def _translate(cells: Mapping[str, str], part: Segment) -> Translation:
    attributes = _attributes(cells)
    hints = {ours: attributes[key] for key, ours in _HINTS.items() if isinstance(attributes.get(key), str)}
    return Translation(
        cells={
            "email": cells.get("email", ""),
            **joined_name(cells, "name"),
            **of_segment(part, _consent(cells)),
        },
        hints=hints,
        labels=tuple((key, name) for key in _LABELS for name in names_of(attributes.get(key))),
        evidence=evidence(_NAME, cells, _CONSENT),
    )


PROGRAM = Program(
    name=_NAME,
    marks=(frozenset({"uuid", "email", "attributes"}), frozenset({"uuid", "email", "attribs"})),
    label_columns=frozenset(_LABELS),
    translate=_translate,
    notes=(
        "listmonk's export does not tell who has left a list or has not confirmed, so these come in as confirmed: "
        "export those people as well (filter by subscription status), name that file unsubscribed.csv, and import it",
    ),
)
