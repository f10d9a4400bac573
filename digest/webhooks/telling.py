"""Making the calls that are due: each webhook by itself, in order, for a bounded time."""

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import Engine

from digest import db
from digest.ingest import connections
from digest.ingest.connections import Network
from digest.webhook_settings import Webhook
from digest.webhooks import calls, posting, signature
from digest.webhooks.calls import Call
from digest.webhooks.posting import Answer

SECONDS = 20  # for all calls of one run; what is left is due in the next, a minute later
AT_ONCE = 8  # webhooks


def tell(
    engine: Engine,
    webhooks: Sequence[Webhook],
    *,
    clock: Callable[[], datetime],
    is_stopped: Callable[[], bool],
    seconds: float = SECONDS,
) -> list[str]:
    """Make the calls that are due and forget old ones; return a line for each webhook that did not hear."""
    with db.transaction(engine) as connection:
        calls.give_up_late(connection, now=clock())
        calls.forget(connection, now=clock())
    if not webhooks:
        return []
    deadline, network = time.monotonic() + seconds, connections.network()

    def has_time() -> bool:
        return not is_stopped() and time.monotonic() < deadline

    def one(webhook: Webhook) -> str | None:
        return _tell_one(engine, webhook, network, clock=clock, has_time=has_time)

    with ThreadPoolExecutor(min(len(webhooks), AT_ONCE)) as pool:
        return [complaint for complaint in pool.map(one, webhooks) if complaint is not None]


def _tell_one(
    engine: Engine,
    webhook: Webhook,
    network: Network,
    *,
    clock: Callable[[], datetime],
    has_time: Callable[[], bool],
) -> str | None:
    """Make one webhook's calls, oldest first, until one is not heard: the others would most likely fail as well."""
    while has_time():
        with db.transaction(engine) as connection:
            call = calls.claim(connection, webhook.name, now=clock())
        if call is None:
            return None
        headers = signature.headers(webhook.key, call.event_id, call.body, now=clock())
        answer = posting.post(webhook, call.body, headers, network)
        _record(engine, call, answer, clock())
        if not answer.is_heard:
            return _complaint(webhook, answer)
    return None


def _record(engine: Engine, call: Call, answer: Answer, now: datetime) -> None:
    chance = secrets.randbelow(1000) / 999
    with db.transaction(engine) as connection:
        if answer.is_heard:
            calls.record_done(connection, call, answer.code)
        elif answer.is_gone:
            calls.record_failed(connection, call, answer.code)
        else:
            calls.record_deferred(connection, call, answer.code, now=now, chance=chance)


def _complaint(webhook: Webhook, answer: Answer) -> str:
    if answer.is_gone:
        return f"webhook “{webhook.name}”: {answer}, that it wants no more calls: take it out of the settings"
    return f"webhook “{webhook.name}”: {answer}; it is called again, for three days"
