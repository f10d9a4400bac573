"""Substack's export: `email_list….csv`, alone or in the zip with the posts.

The columns are those of exports in the tests of TryGhost/migrate (packages/mg-substack-members-csv), and of newer ones
(`plan`, `first_payment_at`). The list that the dashboard exports has others (buttondown/roadmap issue 2282), and none
of them tells who has switched mail off; neither do `…delivers.csv` and `…opens.csv`, which name people beside posts.
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
    of_segment,
)
from subscribers.model import Status

_NAME = "Substack"
_CONSENT = ("created_at",)


def _translate(cells: Mapping[str, str], part: Segment) -> Translation:
    status = Status.UNSUBSCRIBED if is_true(cells.get("email_disabled", "")) else Status.CONFIRMED
    return Translation(
        cells={
            "email": cells.get("email", ""),
            **joined_name(cells, "name"),
            **of_segment(part, consent_cells(status)),
        },
        evidence=evidence(_NAME, cells, _CONSENT),
    )


PROGRAM = Program(
    name=_NAME,
    marks=(frozenset({"email", "email_disabled"}),),
    label_columns=frozenset(),
    translate=_translate,
)
DASHBOARD = frozenset({"email", "subscription_type", "subscription_date"})  # the list that does not tell enough
