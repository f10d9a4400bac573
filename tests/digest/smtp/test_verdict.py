import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Culprit, DeliveryStatus
from digest.smtp.verdict import Reaction, Stage, judge


@pytest.mark.parametrize(
    ("stage", "code", "text", "status", "culprit", "reaction"),
    [
        (Stage.MAIL, 550, "5.7.1 not yours", "planned", Culprit.OURS, Reaction.STOP),
        (Stage.MAIL, 451, "4.3.0 later", "planned", Culprit.SERVER, Reaction.GO_ON),
        (Stage.MAIL, 421, "4.7.0 too many", "planned", Culprit.SERVER, Reaction.SLOW_DOWN),
        (Stage.RCPT, 421, "4.3.2 closing", "planned", Culprit.SERVER, Reaction.SLOW_DOWN),
        (Stage.RCPT, 530, "5.7.0 Authentication required", "planned", Culprit.OURS, Reaction.STOP),
        (Stage.RCPT, 550, "5.1.1 User unknown in relay recipient table", "rejected", Culprit.RECIPIENT, Reaction.GO_ON),
        (Stage.RCPT, 550, "no such user", "rejected", Culprit.RECIPIENT, Reaction.GO_ON),
        (Stage.RCPT, 554, "5.7.1 <a@b.example>: Relay access denied", "rejected", Culprit.OURS, Reaction.GO_ON),
        (Stage.RCPT, 550, "relay not permitted", "rejected", Culprit.OURS, Reaction.GO_ON),
        (Stage.RCPT, 450, "4.2.0 greylisted", "deferred", Culprit.RECIPIENT, Reaction.GO_ON),
        (Stage.MESSAGE, 250, "2.0.0 queued", "accepted", Culprit.NOBODY, Reaction.GO_ON),
        (Stage.MESSAGE, 251, "will forward", "accepted", Culprit.NOBODY, Reaction.GO_ON),
        (Stage.MESSAGE, 550, "5.7.26 DMARC", "rejected", Culprit.OURS, Reaction.GO_ON),
        (Stage.MESSAGE, 354, "go on", "unknown", Culprit.UNKNOWN, Reaction.GO_ON),
    ],
)
def test_each_reply_has_its_culprit(
    stage: Stage, code: int, text: str, status: str, culprit: Culprit, reaction: Reaction
) -> None:
    verdict = judge(stage, code, text)

    assert (verdict.status, verdict.culprit, verdict.reaction) == (status, culprit, reaction)


@given(st.sampled_from(Stage), st.integers(400, 599), st.text(max_size=60))
def test_a_refusal_never_counts_as_accepted_or_in_doubt(stage: Stage, code: int, text: str) -> None:
    assert judge(stage, code, text).status in (
        DeliveryStatus.PLANNED,
        DeliveryStatus.DEFERRED,
        DeliveryStatus.REJECTED,
    )
