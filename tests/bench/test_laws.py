"""The laws of the kill test must catch what they are for."""

from dataclasses import replace

import pytest

from bench.laws import Entry, Standing, broken
from bench.logging_sink import Accepted
from digest.model import DeliveryStatus

ADA = Entry("<1@news.example>", "reader1@inbox.example", DeliveryStatus.ACCEPTED)
BO = Entry("<2@news.example>", "reader2@inbox.example", DeliveryStatus.UNKNOWN)
NO_MAILBOX = Entry("<100@news.example>", "reader100@inbox.example", DeliveryStatus.REJECTED)
TO_ADA, TO_BO = Accepted(ADA.message_id, ADA.recipient), Accepted(BO.message_id, BO.recipient)
FINE = Standing([ADA, BO, NO_MAILBOX], [TO_ADA])


@pytest.mark.parametrize("accepted", [[TO_ADA], [TO_ADA, TO_BO]])
def test_what_is_in_doubt_may_have_been_accepted_or_not(accepted: list[Accepted]) -> None:
    standing = replace(FINE, accepted=accepted)

    assert broken(standing, doubtful=1) == []
    assert (standing.unknown, standing.unknown_and_accepted) == (1, len(accepted) - 1)


@pytest.mark.parametrize(
    ("standing", "law"),
    [
        (replace(FINE, accepted=[TO_ADA, TO_ADA]), f"1 accepted twice: {ADA.message_id}"),
        (replace(FINE, accepted=[TO_ADA, TO_BO, TO_BO]), f"1 accepted twice: {BO.message_id}"),
        (replace(FINE, accepted=[]), f"1 lost: {ADA.message_id}"),
        (Standing([replace(ADA, status=DeliveryStatus.REJECTED)], []), f"1 lost: {ADA.message_id}"),
        (Standing([replace(ADA, status=DeliveryStatus.SKIPPED)], []), f"1 lost: {ADA.message_id}"),
        (
            replace(FINE, accepted=[TO_ADA, TO_BO._replace(recipient=ADA.recipient)]),
            f"1 delivered to another, or not of the ledger: {BO.message_id}",
        ),
        (
            replace(FINE, accepted=[TO_ADA, Accepted("<9@news.example>", ADA.recipient)]),
            "1 delivered to another, or not of the ledger: <9@news.example>",
        ),
        (
            Standing([replace(ADA, status=DeliveryStatus.REJECTED)], [TO_ADA]),
            f"1 rejected without cause, or accepted in spite of it: {ADA.message_id} rejected",
        ),
        (
            Standing([replace(NO_MAILBOX, status=DeliveryStatus.ACCEPTED)], []),
            f"1 rejected without cause, or accepted in spite of it: {NO_MAILBOX.message_id} accepted",
        ),
        *(
            (Standing([replace(ADA, status=status)], []), f"1 not settled: {ADA.message_id} {status}")
            for status in (DeliveryStatus.PLANNED, DeliveryStatus.SENDING, DeliveryStatus.DEFERRED)
        ),
        (Standing([BO, replace(BO, message_id="<3@news.example>")], []), "2 unknown, 1 at most"),
    ],
)
def test_a_law_that_is_broken_is_named(standing: Standing, law: str) -> None:
    assert law in broken(standing, doubtful=1)
