"""Logs as Postfix 3.7 and Exim 4.96 wrote them, and as nobody should."""

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import relay_log
from digest.relay_log import Fate, fates, lines

ADA, BO = "<weekly-1.1.0a1b@news.example.com>", "<weekly-1.2.9f9f@news.example.com>"

POSTFIX = """\
Nov 25 07:31:46 relay postfix/smtpd[28776]: CE2FD25A777: client=localhost[127.0.0.1]
Nov 25 07:31:46 relay postfix/cleanup[28779]: CE2FD25A777: message-id=<weekly-1.1.0a1b@news.example.com>
Nov 25 07:31:46 relay postfix/qmgr[28774]: CE2FD25A777: from=<a@b.example>, size=276, nrcpt=1 (queue active)
""".splitlines()
SENT = (
    "Nov 25 07:31:46 relay postfix/smtp[28781]: CE2FD25A777: to=<a@example.org>, relay=127.0.0.1[127.0.0.1]:34149, "
    "delay=0.02, delays=0/0.01/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)"
)
REMOVED = "Nov 25 07:31:46 relay postfix/qmgr[28774]: CE2FD25A777: removed"
EXIM = [
    "2026-11-25 07:31:12 1xW7TE-0007MP-2G <= a@b.example H=([127.0.0.1]) [127.0.0.1] P=esmtp S=213 "
    'id=weekly-1.1.0a1b@news.example.com T="nice id=weekly-1.2.9f9f@news.example.com" for a@example.org',
]


def test_postfix_has_a_message_when_its_queue_manager_has_it() -> None:
    assert fates(POSTFIX[:2], [ADA]) == {}
    assert fates(POSTFIX, [ADA, BO]) == {ADA: Fate.TAKEN}


@pytest.mark.parametrize(
    "then",
    [
        "Nov 25 07:31:46 relay postfix/cleanup[28779]: CE2FD25A777: reject: header Subject: spam from x[127.0.0.1]; "
        "from=<a@b.example> to=<a@example.org> proto=ESMTP helo=<x>: 5.7.1 message content rejected",
        "Nov 25 07:31:46 relay postfix/smtpd[28776]: warning: CE2FD25A777: queue file size limit exceeded",
        "Nov 25 07:31:47 relay postfix/smtpd[28777]: lost connection after DATA (36 bytes) from localhost[127.0.0.1]",
        "Nov 25 07:31:46 other postfix/qmgr[28774]: CE2FD25A777: from=<a@b.example>, size=276, nrcpt=1 (queue active)",
    ],
)
def test_a_message_that_postfix_named_and_did_not_take_counts_as_nothing(then: str) -> None:
    assert fates([*POSTFIX[:2], then], [ADA]) == {}


@pytest.mark.parametrize(
    ("status", "fate"),
    [("sent", Fate.DELIVERED), ("deferred", Fate.DEFERRED), ("bounced", Fate.BOUNCED), ("expired", Fate.BOUNCED)],
)
def test_postfix_says_how_far_a_message_came(status: str, fate: Fate) -> None:
    assert fates([*POSTFIX, SENT.replace("status=sent", f"status={status}"), REMOVED], [ADA]) == {ADA: fate}


def test_a_queue_id_that_is_used_again_is_another_message() -> None:
    another = [line.replace("weekly-1.1.0a1b", "weekly-1.2.9f9f") for line in POSTFIX]

    assert fates([*POSTFIX, SENT, REMOVED, *another], [ADA, BO]) == {ADA: Fate.DELIVERED, BO: Fate.TAKEN}
    assert fates([*POSTFIX[:2], *another], [ADA, BO]) == {BO: Fate.TAKEN}


@pytest.mark.parametrize(
    "prefix",
    [
        "Nov  5 07:31:46 relay postfix/",
        "2026-11-25T07:31:46.123456+00:00 relay.example.org postfix/submission/",
        "2026-11-25T07:31:46+0000 relay mailout/",
        "<22>Nov 25 07:31:46 relay postfix-out/",
    ],
)
def test_postfix_lines_come_as_each_syslog_writes_them(prefix: str) -> None:
    log = [line.replace("Nov 25 07:31:46 relay postfix/", prefix) for line in POSTFIX]

    assert fates(log, [ADA]) == {ADA: Fate.TAKEN}


@pytest.mark.parametrize(
    ("then", "fate"),
    [
        ("Completed", Fate.TAKEN),
        ('=> a@example.org R=next T=next H=127.0.0.1 [127.0.0.1] C="250 Ok"', Fate.DELIVERED),
        ("== a@example.org R=next T=next defer (111): Connection refused", Fate.DEFERRED),
        ("** a@example.org R=gone: Unknown user", Fate.BOUNCED),
    ],
)
@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-25 07:31:12 ",
        "2026-11-25 07:31:12.045 +0100 [1234] ",
        "Nov 25 07:31:12 relay exim[99]: ",
        "2026-11-25T07:31:12Z relay exim4[99]: 2026-11-25 07:31:12 ",
    ],
)
@pytest.mark.parametrize("queue_id", ["1xW7TE-0007MP-2G", "1xW7TE-00000007MPx-2G0a"])
def test_exim_says_how_far_a_message_came(prefix: str, queue_id: str, then: str, fate: Fate) -> None:
    first = EXIM[0].replace("2026-11-25 07:31:12 ", prefix).replace("1xW7TE-0007MP-2G", queue_id)

    assert fates([first, f"{prefix}{queue_id} {then}"], [ADA, BO]) == {ADA: fate}


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-25 07:31:12 1xW7TE-0007MP-2F H=([127.0.0.1]) [127.0.0.1] F=<a@b.example> rejected after DATA: spam",
        "2026-11-25 07:31:12 1xW7TE-0007MT-2M SMTP connection lost after final dot H=([127.0.0.1]) [127.0.0.1] P=esmtp",
        "2026-11-25 07:31:12 1xW7TE-0007MP-2F <= <> R=1xW7TE-0007MP-2G U=exim P=local S=1700",
        'x 1xW7TE-0007MP-2F <= a@b.example P=esmtp S=1 id=weekly-1.1.0a1b@news.example.com T="a"',
    ],
)
def test_what_exim_did_not_take_counts_as_nothing(line: str) -> None:
    assert fates([line], [ADA]) == {}


PARTS = [*POSTFIX, SENT, REMOVED, *EXIM, "", "\x00", "Nov 25", "postfix/cleanup[1]: ", " id=", "<= ", ADA, ": "]


@given(st.lists(st.text(max_size=30) | st.sampled_from(PARTS), max_size=12).map("".join))
def test_no_line_is_a_surprise(line: str) -> None:
    assert set(fates([line, line], [ADA])) <= {ADA}


@pytest.mark.parametrize("word", ["1 ", "id=", " id= S=1", "a: ", "to=<, dsn=2.0.0", "[1] ", "1xW7TE-0007MP-2G "])
def test_a_long_line_costs_little(word: str) -> None:
    start = time.perf_counter()
    for line in (POSTFIX[1], SENT[:60], EXIM[0][:40]):
        fates([line + word * 4000], [ADA])
    assert time.perf_counter() - start < 0.5


def test_lines_are_cut_where_they_are_too_long_and_the_rest_is_no_line() -> None:
    log = b"a" * relay_log.LINE_BYTES + POSTFIX[1].encode() + b"\nshort\xff\r\nlast"

    assert [line[:6] for line in lines(io.BytesIO(log))] == ["aaaaaa", "short�", "last"]


def test_a_log_that_names_one_message_again_and_again_costs_no_more_memory_than_it_may() -> None:
    ids = [f"{number:06X}" for number in range(relay_log.FOLLOWED + 1)]
    named = [POSTFIX[1].replace("CE2FD25A777", queue_id) for queue_id in ids]

    assert fates([*named, POSTFIX[2].replace("CE2FD25A777", ids[0])], [ADA]) == {}
    assert fates([*named, POSTFIX[2].replace("CE2FD25A777", ids[-1])], [ADA]) == {ADA: Fate.TAKEN}
