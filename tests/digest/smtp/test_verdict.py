"""Each row of the table against a server that says just that, and what no reply may ever do."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Culprit, DeliveryStatus
from digest.smtp.verdict import Condition, Example, Reaction, Rule, Stage, Verdict, judge, table
from tests.smtp_server import Conduct, Running, serving
from tests.verdicts import connect, deliver

STATUSES = {
    Stage.MAIL: {DeliveryStatus.PLANNED, DeliveryStatus.REJECTED},  # rejected: only size and alphabet, see below
    Stage.RCPT: {DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED, DeliveryStatus.REJECTED},
    Stage.DATA: {DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED, DeliveryStatus.REJECTED},
    Stage.MESSAGE: {
        *(DeliveryStatus.ACCEPTED, DeliveryStatus.DEFERRED),
        *(DeliveryStatus.REJECTED, DeliveryStatus.UNKNOWN),
    },
}
EXAMPLES = [(rule, example) for rule in table().rules for example in rule.examples]
PHRASES = sorted({part for rule in table().rules for e in rule.examples for part in e.reply[4:].split()})


def told(example: Example) -> Verdict:
    """Judge an example as it is."""
    lines = example.reply.split("\r\n")
    return judge(example.stage, int(lines[0][:3]), "\n".join(line[4:] for line in lines))


def check(rule: Rule, example: Example, verdict: Verdict) -> None:
    expected = (rule.name, example.becomes, rule.culprit, rule.reaction, example.stage, int(example.reply[:3]))
    assert (
        *(verdict.rule, verdict.status, verdict.culprit, verdict.reaction),
        *(verdict.stage, verdict.code),
    ) == expected


def test_every_row_has_an_example_a_name_a_reason_and_a_source() -> None:
    rules = table().rules

    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.examples and rule.why and rule.source for rule in rules)
    for rule in rules:
        assert {example.stage for example in rule.examples} <= rule.stages


@pytest.mark.parametrize(
    ("rule", "example"), EXAMPLES, ids=[f"{rule.name}: {example.reply[:30]!a}" for rule, example in EXAMPLES]
)
def test_each_example_is_caught_by_its_own_row(rule: Rule, example: Example) -> None:
    check(rule, example, told(example))


def shows(example: Example, condition: Condition) -> bool:
    """Tell whether an example is one for that condition."""
    words = " ".join(line[4:] for line in example.reply.split("\r\n"))
    enhanced = re.match(r"[45]\.\d+\.\d+", words)
    return bool(condition.code.fullmatch(example.reply[:3])) and condition.fits(enhanced[0] if enhanced else "", words)


@pytest.mark.parametrize("rule", table().rules, ids=lambda rule: rule.name)
def test_each_condition_of_a_row_is_shown_by_an_example(rule: Rule) -> None:
    assert all(any(shows(example, condition) for example in rule.examples) for condition in rule.when)


def addresses(number: int) -> tuple[str, str]:
    return f"case-{number}@news.example.com", f"case-{number}@example.org"


@asynccontextmanager
async def saying_all(*, pipelining: bool) -> AsyncIterator[Running]:
    """A server that says each example to a recipient, or at MAIL a sender, of that number."""
    replies = {}
    for number, (_, example) in enumerate(EXAMPLES):
        sender, recipient = addresses(number)
        replies[sender if example.stage is Stage.MAIL else recipient] = (example.stage, example.reply)
    async with serving(Conduct(replies=replies, pipelining=pipelining)) as server:
        yield server


def spoken() -> Iterator[int]:
    """The numbers of the examples that a session hands to `judge`; it gives up a connection that is out of step."""
    for number, (_, example) in enumerate(EXAMPLES):
        if example.stage is Stage.MESSAGE or example.reply[0] in "45":
            yield number


@pytest.mark.parametrize("pipelining", [False, True])
async def test_each_example_said_over_a_connection_gets_its_verdict(*, pipelining: bool) -> None:
    async with saying_all(pipelining=pipelining) as server:
        session = await connect(server.port)
        for number in spoken():
            if not session.is_usable:
                session = await connect(server.port)
            (rule, example), (sender, recipient) = EXAMPLES[number], addresses(number)
            check(rule, example, await deliver(session, recipient, sender=sender))
        await session.quit()


def test_the_meanings_that_are_promised() -> None:
    said = [
        (Stage.MAIL, 550, "5.7.1 not yours", "planned", Culprit.OURS, Reaction.STOP),
        (Stage.MAIL, 451, "4.3.0 later", "planned", Culprit.SERVER, Reaction.GO_ON),
        (Stage.RCPT, 421, "4.3.2 closing", "planned", Culprit.SERVER, Reaction.SLOW_DOWN),
        (Stage.RCPT, 550, "no such user", "rejected", Culprit.RECIPIENT, Reaction.GO_ON),
        (Stage.RCPT, 554, "5.7.1 <a@b.example>: Relay access denied", "rejected", Culprit.OURS, Reaction.GO_ON),
        (Stage.MESSAGE, 251, "will forward", "accepted", Culprit.NOBODY, Reaction.GO_ON),
        (Stage.MESSAGE, 550, "5.7.26 DMARC", "rejected", Culprit.OURS, Reaction.GO_ON),
        (Stage.MESSAGE, 354, "go on", "unknown", Culprit.UNKNOWN, Reaction.GO_ON),
    ]
    for stage, code, text, status, culprit, reaction in said:
        verdict = judge(stage, code, text)
        assert (verdict.status, verdict.culprit, verdict.reaction) == (status, culprit, reaction)


@given(st.sampled_from(Stage), st.integers(100, 599), st.text() | st.lists(st.sampled_from(PHRASES)).map(" ".join))
def test_no_reply_raises_or_says_what_its_stage_cannot_say(stage: Stage, code: int, text: str) -> None:
    verdict = judge(stage, code, text)

    assert verdict.status in STATUSES[stage]
    assert (verdict.status is DeliveryStatus.ACCEPTED) == (stage is Stage.MESSAGE and 200 <= code < 300)
    assert (verdict.status is DeliveryStatus.UNKNOWN) == (stage is Stage.MESSAGE and code // 100 in (1, 3))
    if stage is Stage.MAIL and verdict.status is DeliveryStatus.REJECTED:
        assert verdict.rule.endswith(", said at once")
    if stage is Stage.MESSAGE and 500 <= code < 600:
        assert verdict.status is DeliveryStatus.REJECTED
    if code == 421 and stage is not Stage.MESSAGE:
        assert verdict.status is DeliveryStatus.PLANNED
    if verdict.reaction is Reaction.STOP:
        assert verdict.culprit is Culprit.OURS


@pytest.mark.parametrize("stage", Stage)
def test_every_code_has_a_row_even_those_that_are_none(stage: Stage) -> None:
    for code in (-1, 0, 4, 45, *range(100, 600), 600, 4500):
        assert judge(stage, code, "").rule


HOSTILE = [
    "daily-limit-exceeded@example.org",
    "gr.greylisted.spam.blocked@dmarc.example",
    "ada@daily.quota.limit.example",
    '"authentication required"@example.org',
    '"Daily message quota exceeded"@example.org',
    "rate.limit+throttled@too-many.example",
]


@pytest.mark.parametrize("address", HOSTILE)
@pytest.mark.parametrize("form", ["<{}>: Recipient address rejected: {} said no", "{}... {}", "({}) <{}>"])
@pytest.mark.parametrize("code", [450, 451, 550, 554])
def test_nobodys_address_chooses_the_row(address: str, form: str, code: int) -> None:
    plain = judge(Stage.RCPT, code, form.format("ada@example.org", "ada@example.org"))
    hostile = judge(Stage.RCPT, code, form.format(address, address))

    assert hostile.rule == plain.rule


def test_words_that_were_wrapped_are_read_as_one() -> None:
    wrapped = judge(Stage.RCPT, 450, "4.2.1 The user you are trying to contact is receiving mail\n4.2.1 too quickly.")

    assert wrapped.rule == "recipient gets too much mail"


@pytest.mark.parametrize("words", ["sorry, no mailbox by that name (#5.1.1)", "cuda_nsu 5.1.1 <ada@example.org>: no"])
def test_an_enhanced_status_is_found_where_qmail_and_barracuda_put_it(words: str) -> None:
    assert judge(Stage.RCPT, 550, words).culprit is Culprit.RECIPIENT
    assert judge(Stage.RCPT, 554, words).rule in ("address refused", "no such mailbox")


@pytest.mark.parametrize("words", ["4.7.1 no", "450 4.7.1.9 no", "so we said 5.7.1 here"])
def test_a_status_of_another_class_or_elsewhere_does_not_count(words: str) -> None:
    assert judge(Stage.RCPT, 550, words).rule == "recipient refused"


def test_a_reply_is_kept_as_one_clean_line() -> None:
    verdict = judge(Stage.RCPT, 550, "5.1.1 no\x1b[31m such\r\nuser" + "x" * 600)

    assert verdict.text.startswith("5.1.1 no [31m such userxxx")
    assert len(verdict.text) == 500
