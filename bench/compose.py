"""Composing: messages for 100 readers, spliced against the pipeline that renders each one; and compiling an issue."""

import email.policy
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Connection

from bench import rows, sample
from digest import candidates, db, issues, planning, ranking, templating
from digest.compose import compiling, pieces, splice, verification
from digest.compose.pieces import Shelf
from digest.compose.splice import Arrangement
from digest.compose.values import edition_values, since, why_you
from digest.messages import Messages
from digest.model import Delivery, Depth, Issue, Placement

STORIES, READERS, ROUNDS = 20, 100, 5


def seconds(work: Callable[[], object]) -> float:
    """Return how much processor time a call takes: other programs on the machine do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


Ready = tuple[bytes, Arrangement, dict[str, bytes]]


def at_hand(messages: Messages, delivery: Delivery) -> Ready:
    """Return a header, and what a delivery's message is spliced from."""
    editions, reasons = messages._load([delivery])
    urls = messages._urls(delivery, messages._tokens.unsubscribe(delivery.subscriber_id, "weekly"))
    header = messages.one(delivery).partition(b"\r\n\r\n")[0] + b"\r\n"
    return header, editions[delivery.edition].arrangement, messages._values(delivery, urls, reasons[delivery.choices])


def splice_all(ready: Sequence[Ready]) -> None:
    """Splice each message, and let go of it before the next, as `copy_all` does."""
    for header, arrangement, values in ready:
        splice.splice(header, arrangement, values)


def copy_all(messages: Sequence[bytes]) -> None:
    """Copy each message's bytes into new memory."""
    for message in messages:
        bytes(memoryview(message))


def timed(work: Callable[[], object]) -> float:
    """Return the processor time of one message when `work` does all readers', the median of many."""
    return statistics.median(seconds(lambda: [work() for _ in range(20)]) for _ in range(ROUNDS)) / READERS / 20


def shelf_of(connection: Connection, issue: Issue) -> Shelf:
    """Return what the issue's pieces were made from when it was planned."""
    pool = candidates.frozen(connection, issue)
    ranked = ranking.prepare(list(pool.values()), issue.newsletter, until=issue.until)
    return Shelf(pool, issue.newsletter.categories, {}, ranking.standings(ranked))


def composing() -> None:
    """Print messages a second, both ways, after checking that they say the same."""
    with sample.stocked(stories=STORIES, readers=READERS) as (engine, settings):
        issue = planning.plan(engine, settings, settings.newsletter("weekly"), now=sample.NOW).issue
        with db.reading(engine) as connection:
            deliveries = list(issues.deliveries(connection, issue))
            editions = {edition.number: edition for edition in issues.editions(connection, issue)}
            shelf = shelf_of(connection, issue)
            choices = issues.choices_of(connection, issue.id, [d.choices for d in deliveries])
        messages = Messages(engine, issue, settings)
        templates = templating.environment("email")

        def plain(delivery: Delivery) -> tuple[str, str]:
            edition = editions[delivery.edition]
            token = messages._tokens.unsubscribe(delivery.subscriber_id, "weekly")
            values = edition_values(edition, issue.newsletter.language) | messages._urls(delivery, token)
            values["since"] = since(issue, delivery.subscribed_at.date())
            values["why_you"] = why_you(issue, choices[delivery.choices].preferences)
            arrangement = pieces.describe(edition.pieces, shelf)
            html, text = verification.whole(templates, issue, arrangement, values)
            message = EmailMessage(policy=email.policy.SMTP)
            message["To"], message["Subject"] = delivery.recipient, edition.subject
            message.set_content(text, cte="quoted-printable")
            message.add_alternative(html, subtype="html", cte="quoted-printable")
            message.as_bytes()
            return html, text

        spliced = messages.many(deliveries)
        slow = []
        for delivery, message in zip(deliveries, spliced, strict=True):
            start = time.process_time()
            html, text = plain(delivery)
            slow.append(time.process_time() - start)
            assert verification.difference(message, html, text) is None
        fast = (
            statistics.median(seconds(lambda: [len(messages.one(d)) for d in deliveries]) for _ in range(ROUNDS))
            / READERS
        )
        joined = b"".join(spliced)
        ready = [at_hand(messages, delivery) for delivery in deliveries]
        bare = timed(lambda: splice_all(ready))
        copy = timed(lambda: copy_all(spliced))
    size = len(joined) // READERS
    print(f"composing {READERS} messages of {STORIES} stories, {size:,} bytes each, the same after parsing")
    print(f"  plain pipeline per reader   {1 / statistics.median(slow):>10,.0f} messages/s")
    print(f"  spliced, whole message      {1 / fast:>10,.0f} messages/s")
    print(f"  spliced, values at hand     {1 / bare:>10,.0f} messages/s")
    rows.report("splice against the pipeline per reader", statistics.median(slow) / bare, 4000, True, "times")
    rows.report("splice against a memory copy of the same bytes", copy / bare, 0.4, True)
    rows.report("whole message against the pipeline per reader", statistics.median(slow) / fast, 1000, True, "times")


def compiling_an_issue() -> None:
    """Print how long an issue of 60 articles takes to compile."""
    with sample.stocked(stories=60, readers=1) as (engine, settings):
        issue = planning.plan(engine, settings, settings.newsletter("weekly"), now=sample.NOW).issue
        with db.reading(engine) as connection:
            shelf = shelf_of(connection, issue)
    order = {category: place for place, category in enumerate(sample.CATEGORIES)}
    ordered = sorted(shelf.candidates.values(), key=lambda candidate: order[candidate.article.category])
    names = pieces.arrange([Placement(candidate.article.id, Depth.BRIEF) for candidate in ordered], shelf)
    arrangement = pieces.describe(names, shelf)
    templates = templating.environment("email")
    once = statistics.median(
        seconds(lambda: compiling.compile_issue(templates, issue, arrangement)) for _ in range(ROUNDS)
    )
    print(f"compiling an issue of {len(ordered)} articles: {once * 1000:.0f} ms    (goal: under 150)")


if __name__ == "__main__":
    composing()
    compiling_an_issue()
