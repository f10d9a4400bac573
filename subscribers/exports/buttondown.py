"""Buttondown's export of subscribers.

The columns are the fields of a subscriber in its API, under their names of today (`email_address`, `type`) or of before
(`email`, `subscriber_type`); the types and what they mean are those of docs.buttondown.com/api-subscribers-type, and of
enums.json in buttondown/openapi. `paused` is there a hold of the payments of somebody who goes on reading.
"""

from collections.abc import Mapping

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
    names_in,
    of_segment,
)
from subscribers.model import Status

_NAME = "Buttondown"
_CONSENT = (
    "creation_date",
    "source",
    "ip_address",
    "unsubscription_date",
    "unsubscription_reason",
    "undeliverability_date",
    "undeliverability_reason",
)
_READING = ("regular", "premium", "trialed", "unpaid", "gifted", "churning", "churned", "past_due", "paused")
_CONSENTS = {
    **dict.fromkeys(_READING, consent_cells(Status.CONFIRMED)),
    "unactivated": consent_cells(Status.PENDING),
    "blocked": consent_cells(Status.PENDING),  # kept by a filter from confirming
    "unsubscribed": consent_cells(Status.UNSUBSCRIBED),
    "removed": consent_cells(Status.UNSUBSCRIBED),
    **dict.fromkeys(
        ("undeliverable", "bounced", "malformed", "disabled", "spammy"), consent_cells(Status.CONFIRMED, "bounced")
    ),
    "complained": consent_cells(Status.UNSUBSCRIBED, "complained"),
}
_COMPLAINTS = ("spam", "complain")  # in a reason why somebody cannot be reached


def _consent(cells: Mapping[str, str]) -> dict[str, str]:
    said = cells.get("subscriber_type") or cells.get("type") or ""
    if "unsubscription_date" in cells and not said:
        return consent_cells(Status.UNSUBSCRIBED)
    try:
        found = _CONSENTS[said.casefold().replace(" ", "_")]
    except KeyError:
        raise UsageError(f"{fields.quote(said)} is no type of subscriber that we know of Buttondown") from None
    why = cells.get("undeliverability_reason", "").casefold()
    if found.get("suppressed") == "bounced" and any(word in why for word in _COMPLAINTS):
        return consent_cells(Status.UNSUBSCRIBED, "complained")
    return found


def _name(cells: Mapping[str, str]) -> dict[str, str]:
    value = json_value(cells.get("metadata", "{}"))
    metadata = {key: what for key, what in value.items() if isinstance(what, str)} if isinstance(value, dict) else {}
    known = {**metadata, **cells}
    return joined_name(known, "name") or joined_name(known, "first_name", "last_name")


def _translate(cells: Mapping[str, str], part: Segment) -> Translation:
    return Translation(
        cells={
            "email": cells.get("email_address") or cells.get("email") or "",
            **_name(cells),
            **of_segment(part, _consent(cells)),
        },
        labels=tuple(("tags", name) for name in names_in(cells.get("tags", ""))),
        evidence=evidence(_NAME, cells, _CONSENT),
    )


PROGRAM = Program(
    name=_NAME,
    marks=(
        frozenset({"email", "subscriber_type"}),
        frozenset({"email_address", "subscriber_type"}),
        frozenset({"email", "type", "creation_date"}),
        frozenset({"email_address", "type", "creation_date"}),
        frozenset({"email", "unsubscription_date"}),
        frozenset({"email_address", "unsubscription_date"}),
    ),
    label_columns=frozenset({"tags"}),
    translate=_translate,
)
