"""Ghost's export of members.

The columns are those of services/members/csv/unparse.ts in TryGhost/Ghost: labels and tiers with commas between them,
and `subscribed_to_emails`, which is true when a member gets at least one newsletter. Which one is not exported.
"""

from collections.abc import Mapping

from subscribers.exports.program import (
    Program,
    Segment,
    Translation,
    consent_cells,
    evidence,
    is_true,
    joined_name,
    names_in,
    of_segment,
)
from subscribers.model import Status

_NAME = "Ghost"
_CONSENT = ("created_at", "deleted_at")


def _translate(cells: Mapping[str, str], part: Segment) -> Translation:
    is_reader = is_true(cells.get("subscribed_to_emails", "")) and "deleted_at" not in cells
    return Translation(
        cells={
            "email": cells.get("email", ""),
            **joined_name(cells, "name"),
            **of_segment(part, consent_cells(Status.CONFIRMED if is_reader else Status.UNSUBSCRIBED)),
        },
        labels=tuple(("labels", name) for name in names_in(cells.get("labels", ""))),
        evidence=evidence(_NAME, cells, _CONSENT),
    )


PROGRAM = Program(
    name=_NAME,
    marks=(frozenset({"email", "subscribed_to_emails"}),),
    label_columns=frozenset({"labels"}),
    translate=_translate,
)
