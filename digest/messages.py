"""The very bytes of an issue's mails: what `render` prints, the studio and `/view/` show, and `send` delivers."""

import email
import email.policy
import threading
from collections.abc import Sequence
from datetime import date, datetime
from email.message import EmailMessage
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from digest import db, issues, signing
from digest.compose import compiling, headers, splice
from digest.compose.compiling import CompiledIssue
from digest.compose.pieces import MORE, REST
from digest.compose.splice import Arrangement, Value
from digest.compose.values import edition_values, links, since, why_you
from digest.config import Settings
from digest.model import Delivery, Edition, Issue, Outline
from digest.smtp import dkim
from digest.verp import Verp
from subscribers.model import Preferences, Subscriber
from subscribers.tokens import Tokens

AT_HAND = 1000  # editions and reasons kept ready: references to the issue's pieces and what joins them, 20 KB each
DEAD_TOKEN = "test-copy"  # noqa: S105 - what stands for a token in a test copy: no link of it works


class Messages:
    """Makes the messages of one planned issue. Safe to use from several threads.

    Raises NotFoundError while the issue's planning is not complete.
    """

    def __init__(self, engine: Engine, issue: Issue, settings: Settings) -> None:
        self.issue = issue
        self._engine = engine
        self._secret = settings.secret
        self._tokens = Tokens(settings.secret)
        with db.reading(engine) as connection:
            stored = issues.compiled(connection, issue)
        self._encoded = splice.encode_issue(issue, compiling.unpack(stored))
        self._common = headers.common_fields(issue)
        self._dated: dict[datetime, bytes] = {}
        self._lock = threading.Lock()
        self._editions: dict[int, _Ready] = {}
        self._reasons: dict[int, Value] = {}
        self._since: dict[date, Value] = {}
        self._zone = ZoneInfo(issue.newsletter.timezone)
        self._sender = headers.sender_of(issue).address
        bounce_address = issue.newsletter.bounce_address
        self._verp = Verp(bounce_address, settings.secret) if bounce_address else None
        self._signers = signing.signers(settings, issue.newsletter)

    def many(self, deliveries: Sequence[Delivery]) -> list[bytes]:
        """Return the complete messages of those deliveries, in their order."""
        editions, reasons = self._load(deliveries)
        return [self._message(d, editions[d.edition], reasons[d.choices]) for d in deliveries]

    def one(self, delivery: Delivery) -> bytes:
        """Return the complete message of one delivery."""
        return self.many([delivery])[0]

    def return_path(self, delivery: Delivery) -> str:
        """Return the envelope's sender: where a report about this delivery goes, and which one it is about."""
        if self._verp is None:
            return self._sender
        return self._verp.write(delivery.issue_id, delivery.subscriber_id)

    def page(self, delivery: Delivery) -> str:
        """Return the HTML for a browser: that of the mail, and what the mail has no room for."""
        with db.reading(self._engine) as connection:
            edition = issues.edition(connection, delivery.issue_id, delivery.edition)
        if not edition.more:
            return self.html(delivery)
        names = [name for name in edition.pieces if name != MORE]
        whole = splice.arrange(
            self._encoded, [*names, REST, *edition.more], edition_values(edition, self.issue.newsletter.language)
        )
        _, reasons = self._load([delivery])
        urls = self._urls(delivery, self._tokens.unsubscribe(delivery.subscriber_id, self.issue.newsletter.slug))
        values = self._values(delivery, urls, reasons[delivery.choices])
        return _part(splice.splice(self._common, whole, values), "html")

    def html(self, delivery: Delivery) -> str:
        """Return the HTML part as a client decodes it."""
        return _part(self.one(delivery), "html")

    def text(self, delivery: Delivery) -> str:
        """Return the text part as a client decodes it."""
        return _part(self.one(delivery), "plain")

    def test_copy(self, delivery: Delivery, *, to: str) -> bytes:
        """Return a copy for an editor: marked [TEST], and none of its links works for the reader it was made for."""
        editions, reasons = self._load([delivery])
        edition, day = editions[delivery.edition], delivery.subscribed_at.astimezone(self._zone).date()
        return self._marked(edition, reasons[delivery.choices], day, subscriber_id=delivery.subscriber_id, to=to)

    def trial_copy(self, edition: Edition, compiled: CompiledIssue, person: Subscriber) -> bytes:
        """Return a copy for somebody without a delivery, of an edition that was composed for them; as `test_copy`."""
        encoded = splice.encode_issue(self.issue, compiled)
        arrangement = splice.arrange(encoded, edition.pieces, edition_values(edition, self.issue.newsletter.language))
        ready = _Ready(edition.subject, b"", arrangement)
        reason, day = self._reason(person.preferences), self.issue.until.astimezone(self._zone).date()
        return self._marked(ready, reason, day, subscriber_id=person.id, to=person.email)

    def _marked(self, edition: "_Ready", reason: Value, day: date, *, subscriber_id: int, to: str) -> bytes:
        dead = links(
            self.issue.base_url, view=DEAD_TOKEN, preferences=DEAD_TOKEN, unsubscribe=DEAD_TOKEN, story=DEAD_TOKEN
        )
        header = (
            headers.recipient_fields("", to, headers.message_id(self.issue, -subscriber_id, self._secret))
            + headers.subject_field(f"[TEST] {edition.subject}")
            + headers.unsubscribe_field(self.issue, dead["unsubscribe_url"], DEAD_TOKEN)
            + self._common
        )
        values = {name: splice.encoded(url) for name, url in dead.items()}
        values |= {"why_you": reason, "since": self._since_when(day)}
        return self._whole(header, edition, splice.written(values))

    def _message(self, delivery: Delivery, edition: "_Ready", reason: Value) -> bytes:
        token = self._tokens.unsubscribe(delivery.subscriber_id, self.issue.newsletter.slug)
        urls = self._urls(delivery, token)
        identity = headers.message_id(self.issue, delivery.subscriber_id, self._secret)
        header = (
            headers.recipient_fields(delivery.name, delivery.recipient, identity)
            + edition.subject_field
            + headers.unsubscribe_field(self.issue, urls["unsubscribe_url"], token)
            + self._fields(delivery.due_at)
        )
        return self._whole(header, edition, self._values(delivery, urls, reason), delivery.due_at)

    def _fields(self, due_at: datetime | None) -> bytes:
        """Return the common fields of mails that are due then: filters distrust a mail whose date is days old."""
        if due_at is None:
            return self._common
        if due_at not in self._dated:
            self._dated[due_at] = headers.common_fields(self.issue, at=due_at)
        return self._dated[due_at]

    def _whole(
        self, header: bytes, edition: "_Ready", values: dict[str, bytes], due_at: datetime | None = None
    ) -> bytes:
        """Return the message, signed where this installation has keys: as of the mail's date, so always the same."""
        if not self._signers:
            return splice.splice(header, edition.arrangement, values)
        after_header = splice.splice(b"", edition.arrangement, values)  # begins with the empty line above the body
        signatures = dkim.sign(self._signers, header, after_header[2:], at=due_at or self.issue.until)
        return b"".join((signatures, header, after_header))

    def _urls(self, delivery: Delivery, unsubscribe: str) -> dict[str, str]:
        slug = self.issue.newsletter.slug
        return links(
            self.issue.base_url,
            view=self._tokens.view(self.issue.id, delivery.subscriber_id, delivery.link_version),
            preferences=self._tokens.preferences(delivery.subscriber_id, delivery.link_version, slug),
            unsubscribe=unsubscribe,
            story=self._tokens.story(self.issue.id, delivery.subscriber_id, delivery.link_version),
        )

    def _load(self, deliveries: Sequence[Delivery]) -> tuple[dict[int, "_Ready"], dict[int, Value]]:
        """Return the editions and the reasons of these deliveries; read those that are not at hand."""
        with self._lock:
            numbers = {d.edition for d in deliveries}, {d.choices for d in deliveries}
            if len(self._editions) + len(self._reasons) > AT_HAND:
                self._editions, self._reasons = {}, {}
            editions, choices = numbers[0] - self._editions.keys(), numbers[1] - self._reasons.keys()
            if editions or choices:
                self._read(sorted(editions), sorted(choices))
            return self._editions, self._reasons

    def _read(self, editions: list[int], choices: list[int]) -> None:
        with db.reading(self._engine) as connection:
            for edition in issues.outlines(connection, self.issue.id, editions):
                self._editions[edition.number] = self._ready(edition)
            for number, frozen in issues.choices_of(connection, self.issue.id, choices).items():
                self._reasons[number] = self._reason(frozen.preferences)

    def _ready(self, edition: Outline) -> "_Ready":
        arrangement = splice.arrange(
            self._encoded, edition.pieces, edition_values(edition, self.issue.newsletter.language)
        )
        return _Ready(edition.subject, headers.subject_field(edition.subject), arrangement)

    def _reason(self, preferences: Preferences) -> Value:
        return splice.encoded_lines(why_you(self.issue, preferences))

    def _values(self, delivery: Delivery, urls: dict[str, str], reason: Value) -> dict[str, bytes]:
        """Return what a reader's mail is filled with."""
        values = {name: splice.encoded(url) for name, url in urls.items()}
        values["why_you"] = reason
        values["since"] = self._since_when(delivery.subscribed_at.astimezone(self._zone).date())
        return splice.written(values)

    def _since_when(self, day: date) -> Value:
        said = self._since.get(day)
        if said is None:
            said = self._since[day] = splice.encoded_lines(since(self.issue, day))
        return said


class _Ready(NamedTuple):
    """An edition, ready to be spliced for its readers."""

    subject: str
    subject_field: bytes
    arrangement: Arrangement


def _part(message: bytes, kind: str) -> str:
    """Return one part of a message as a client decodes it."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - what the default policy makes
    body = parsed.get_body((kind,))
    assert isinstance(body, EmailMessage)  # noqa: S101 - every message of ours has both parts
    return str(body.get_content()).replace("\r\n", "\n")
