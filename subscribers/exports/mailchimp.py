"""Mailchimp's audience export: a zip of files for those subscribed, unsubscribed and cleaned.

The columns are those of exports in the tests of TryGhost/migrate (packages/mg-mailchimp-members) and of Mailchimp's
export API 1.0. Each group of an audience is a column under its own title, beside whatever else the account collects.
A cleaned address is one whose mail bounced for good, or again and again (Mailchimp's help, “About cleaned contacts”).
"""

from collections.abc import Mapping

from subscribers.exports.program import (
    Program,
    Segment,
    Translation,
    consent_cells,
    evidence,
    joined_name,
    names_in,
    of_segment,
)
from subscribers.model import Status

_NAME = "Mailchimp"
_CONSENT = (
    "optin_time",
    "optin_ip",
    "confirm_time",
    "confirm_ip",
    "unsub_time",
    "unsub_reason",
    "unsub_reason_other",
    "clean_time",
)
_NO_GROUPS = {  # of every account, or of so many that they are no titles of groups
    *_CONSENT,
    *(
        "email_address",
        "first_name",
        "last_name",
        "address",
        "phone_number",
        "phone",
        "birthday",
        "company",
        "position",
    ),
    *("zip_code", "member_rating", "latitude", "longitude", "gmtoff", "dstoff", "timezone", "cc", "region"),
    *("last_changed", "unsub_campaign_title", "unsub_campaign_id", "clean_campaign_title", "clean_campaign_id"),
    *("leid", "euid", "notes"),
}


def _consent(cells: Mapping[str, str]) -> dict[str, str]:
    reason = f"{cells.get('unsub_reason', '')} {cells.get('unsub_reason_other', '')}".casefold()
    if "clean_time" in cells:
        return consent_cells(Status.CONFIRMED, "bounced")
    if "spam" in reason or "abuse" in reason:
        return consent_cells(Status.UNSUBSCRIBED, "complained")
    return consent_cells(Status.UNSUBSCRIBED if "unsub_time" in cells else Status.CONFIRMED)


def _translate(cells: Mapping[str, str], part: Segment) -> Translation:
    return Translation(
        cells={
            "email": cells.get("email_address", ""),
            **joined_name(cells, "first_name", "last_name"),
            **of_segment(part, _consent(cells)),
        },
        hints={"timezone": cells["timezone"].replace("\\/", "/")} if "timezone" in cells else {},
        labels=tuple(
            (column, name) for column, cell in cells.items() if column not in _NO_GROUPS for name in names_in(cell)
        ),
        evidence=evidence(_NAME, cells, _CONSENT),
    )


PROGRAM = Program(
    name=_NAME,
    marks=tuple(
        frozenset({"email_address", column})
        for column in ("member_rating", "leid", "euid", "optin_time", "confirm_time")
    ),
    label_columns=frozenset({"tags"}),
    translate=_translate,
)
