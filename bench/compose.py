"""Composing: messages for 100 readers, spliced against the pipeline that renders each one; and compiling an issue."""

import email.policy
import statistics
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Connection

from bench import sample
from digest import candidates, db, issues, planning, ranking, templating
from digest.compose import compiling, pieces, verification
from digest.compose.pieces import Shelf
from digest.compose.values import edition_values, since, why_you
from digest.messages import Messages
from digest.model import Delivery, Depth, Issue, Placement

STORIES, READERS, ROUNDS = 20, 100, 5


def seconds(work: Callable[[], object]) -> float:
    """Return how much processor time a call takes: other programs on the machine do not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


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
        copy = statistics.median(seconds(lambda: [len(bytearray(m)) for m in spliced]) for _ in range(ROUNDS)) / READERS
    size = len(joined) // READERS
    print(f"composing {READERS} messages of {STORIES} stories, {size:,} bytes each, the same after parsing")
    print(f"  plain pipeline per reader   {1 / statistics.median(slow):>10,.0f} messages/s")
    print(f"  spliced, whole message      {1 / fast:>10,.0f} messages/s")
    print(f"  ratio                       {statistics.median(slow) / fast:>10,.0f} times    (goal: 1,000)")
    print(f"  against a memory copy       {copy / fast:>10.2f} of its rate")


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
