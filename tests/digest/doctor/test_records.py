"""SPF and DMARC: what is said of each way to have them wrong."""

import pytest

from digest.doctor import records
from digest.doctor.lookup import Answer, Silence

DOMAIN = "news.example.com"
SPF = ("v=spf1 include:relay.example -all",)
DMARC = ("v=DMARC1; p=none",)


def answers(**found: Answer) -> dict[str, Answer]:
    names = {"domain": DOMAIN, "own": f"_dmarc.{DOMAIN}", "parent": "_dmarc.example.com"}
    values: dict[str, Answer] = {"domain": SPF, "own": DMARC, "parent": (), **found}
    return {name: values[key] for key, name in names.items()}


def test_a_domain_in_order_has_no_problem() -> None:
    found = answers(domain=("google-site-verification=x", *SPF))

    assert list(found) == records.names(DOMAIN)
    assert records.check(DOMAIN, found) == []
    assert records.unasked(found) == []


def test_the_policy_of_the_domain_above_counts() -> None:
    assert records.check(DOMAIN, answers(own=(), parent=DMARC)) == []


@pytest.mark.parametrize(
    ("found", "what", "is_note"),
    [
        (answers(domain=()), "no SPF record", True),
        (answers(domain=("v=spf10 -all",)), "no SPF record", True),
        (answers(domain=(*SPF, "V=SPF1 a -all")), "2 SPF records", False),
        (answers(domain=("v=spf1 +ALL",)), "every server in the world", True),
        (answers(own=()), "no DMARC record", True),
        (answers(own=(*DMARC, *DMARC)), "2 DMARC records", True),
        (answers(own=("v=DMARC1; p=maybe",)), "no policy that is known", True),
        (answers(own=("v=DMARC1; p=maybe",), parent=DMARC), "no policy that is known", True),
    ],
)
def test_each_fault_is_told_once(found: dict[str, Answer], what: str, is_note: bool) -> None:
    [one] = records.check(DOMAIN, found)

    assert what in one.what
    assert one.is_note is is_note


def test_what_could_not_be_asked_is_one_note_and_no_verdict() -> None:
    silence = Silence("no answer within 5 seconds")
    found = answers(domain=silence, own=silence, parent=DMARC)

    assert records.check(DOMAIN, found) == []
    [note] = records.unasked(found)
    assert note.is_note
    assert "2 of 3 names" in note.what
    assert silence.why in note.what


def test_silence_at_the_domain_is_no_verdict_on_what_stands_above() -> None:
    assert records.check(DOMAIN, answers(own=Silence("no answer"), parent=("v=DMARC1; p=maybe",))) == []
