"""The database's tables, as SQLAlchemy Core describes them. The migrations build the same."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
    true,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant: `timestamptz` on PostgreSQL, sortable text on SQLite. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without an offset reached the database: {value!r}")
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

SmallId = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER

articles = Table(
    "articles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("category_key", Text, nullable=False),  # casefolded
    Column("published_at", UtcDateTime, nullable=False),
    Column("content", Text, nullable=False),  # the article as JSON (digest.articles.to_json)
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),  # counts material changes, from 1 (digest.revision)
    Column("revised_at", UtcDateTime),  # when the last of them came in
    Column("story", Text, nullable=False),  # equal for articles that tell the same story (digest.stories)
    Column("pinned_at", UtcDateTime),  # by an editor; coming in again changes neither this
    Column("withdrawn_at", UtcDateTime),  # nor that
    Index(None, "published_at"),
    Index(None, "story"),
)

corrections = Table(  # append-only: what an editor told those who had received an article
    "corrections",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("article_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # digest.model.CorrectionKind
    Column("title", Text, nullable=False),  # the article's when it was corrected
    Column("url", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "article_id"),
)

feeds = Table(  # what a feed's server said last, for a conditional GET
    "feeds",
    metadata,
    Column("url", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("articles", Integer, nullable=False),  # how many it held
    Column("read_at", UtcDateTime, nullable=False),
)

pictures = Table(  # lead pictures as we serve them; none ever goes, since mails refer to them
    "pictures",
    metadata,
    Column("name", Text, primary_key=True),  # keyed hash of `jpeg`
    Column("width", Integer, nullable=False),  # at which it is shown, in CSS pixels
    Column("height", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),  # last, so that SQLite need not read past it for the others
)

picture_sources = Table(  # what was found at a picture's address when it was fetched last
    "picture_sources",
    metadata,
    Column("url_digest", Text, primary_key=True),  # digest.pictures.url_digest: no address with a password stays here
    Column("picture", ForeignKey("pictures.name")),
    Column("failure", Text, nullable=False),  # why there is no picture
    Column("fetched_at", UtcDateTime, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("email", Text, nullable=False),  # as the person wrote it
    Column("email_key", Text, nullable=False, unique=True),  # subscribers.store.email_key
    Column("email_digest", Text, nullable=False),  # keyed hash of email_key: joins suppressions
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("preferences", Text, nullable=False),  # Preferences.to_json: equal choices, equal text
    Column("frequency", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("paused_until", UtcDateTime),
    Column("preferred_time", Text, nullable=False, server_default=""),  # “mon”, “07:00”, “mon 07:00”, where they live
    Column("link_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index(None, "email_digest"),
    sqlite_autoincrement=True,  # an erased person's id, and so their links, never become another's
)

subscriptions = Table(  # who is on which list
    "subscriptions",
    metadata,
    Column("list", Text, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "subscriber_id"),
    sqlite_with_rowid=False,
)

unsubscriptions = Table(  # who left which newsletter; being on its lists does not count any more
    "unsubscriptions",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "subscriber_id"),
    sqlite_with_rowid=False,
)

suppressions = Table(  # addresses that must not be mailed; survives erasure
    "suppressions",
    metadata,
    Column("email_digest", Text, primary_key=True),  # keyed hash of email_key, so that no address stays behind
    Column("reason", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

wordings = Table(  # the exact words that people agreed to, each once
    "wordings",
    metadata,
    Column("version", Text, primary_key=True),  # hash of language and text
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # when it was agreed to for the first time
)

consent_events = Table(  # append-only: what was agreed to or withdrawn, when, and where from
    "consent_events",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("newsletter", Text),
    Column("source", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("page", Text, nullable=False, server_default=""),  # subscribers.record.Shown
    Column("network", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("wording", ForeignKey("wordings.version")),
    Column("is_told", Boolean, nullable=False, server_default=true()),  # false: webhooks are to hear of it
    Index(None, "subscriber_id"),
    Index("ix_consent_events_untold", "id", sqlite_where=text("is_told = 0"), postgresql_where=text("not is_told")),
)

signups = Table(  # who asked to be mailed, and has not, or just now, confirmed it
    "signups",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("newsletter", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("preferences", Text, nullable=False),  # Preferences.to_json
    Column("frequency", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Index(None, "subscriber_id"),
    sqlite_autoincrement=True,  # its number is in a link
)

address_changes = Table(  # who wants mail at another address, to be confirmed from there
    "address_changes",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("newsletter", Text, nullable=False),  # whose page it was
    Column("email", Text, nullable=False),  # empty: called off by another change
    Column("at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Index(None, "subscriber_id"),
    sqlite_autoincrement=True,  # its number is in a link
)

letters = Table(  # mails to one person about their subscription: written in a transaction, sent after it
    "letters",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # subscribers.letters.Kind
    Column("newsletter", Text, nullable=False),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="SET NULL")),
    Column("about", SmallId),  # the id of the sign-up, change of address or issue that it is about
    Column("recipient", Text, nullable=False),  # empty once nothing is to be sent any more
    Column("email_digest", Text, nullable=False),  # by which letters to an address are counted
    Column("language", Text, nullable=False),
    Column("status", Text, nullable=False),  # digest.model.DeliveryStatus
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "email_digest", "at"),
    Index(None, "subscriber_id"),
    Index("ix_letters_open", "id", sqlite_where=text("recipient <> ''"), postgresql_where=text("recipient <> ''")),
    sqlite_autoincrement=True,  # its Message-ID follows from it
)

segments = Table(  # filters of readers, saved under a name
    "segments",
    metadata,
    Column("name", Text, primary_key=True),
    Column("content", Text, nullable=False),  # subscribers.segment.Segment as JSON
    Column("changed_at", UtcDateTime, nullable=False),
)

api_tokens = Table(  # what programs show to be let in; the token itself is not kept
    "api_tokens",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("used_at", UtcDateTime),  # to the hour
)

webhook_calls = Table(  # what other programs are to be told
    "webhook_calls",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("webhook", Text, nullable=False),  # its name in the settings
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE")),
    Column("body", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", Integer, nullable=False),
    Column("next_at", UtcDateTime),  # null: nothing is to be done any more
    Column("at", UtcDateTime, nullable=False),
    Index(None, "subscriber_id"),
    Index(None, "next_at"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", SmallId, primary_key=True, autoincrement=True),
    Column("newsletter", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("segment", Text, nullable=False, server_default=""),  # the name of that part of the readers; empty: all
    Column("slot", Text),  # the schedule's slot as local wall time; NULL when planned by hand
    Column("frozen", Text, nullable=False),  # the newsletter's settings as they were, JSON
    Column("base_url", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("planned_at", UtcDateTime),
    Column("released_at", UtcDateTime),
    Column("paused_at", UtcDateTime),  # since when sending waits (digest.pause)
    Column("paused_until", UtcDateTime),  # null: until a person goes on
    Column("pause_reason", Text, nullable=False, server_default=""),
    Column("compiled", LargeBinary),  # the fragments that every message is spliced from
    UniqueConstraint("newsletter", "number"),
    UniqueConstraint("newsletter", "slot"),
)

candidates = Table(  # the pool of articles as they were when the issue was planned
    "candidates",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Text, primary_key=True),
    Column("number", Integer, nullable=False),  # names its pieces: `c12b`
    Column("content", Text, nullable=False),
    Column("story", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),  # before planning
    Column("is_taken_out", Boolean, nullable=False),  # after planning, of the editions that were not delivered yet
    Column("picture", ForeignKey("pictures.name")),
    Column("picture_failure", Text, nullable=False),  # why there is none, where the issue wanted the source's
    Index(None, "article_id"),
    Index(None, "story"),
)

choices = Table(  # each distinct input of the selection, and the edition that followed; NULL: no mail
    "choices",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),  # digest.selection.Choices as JSON
    Column("edition", Integer),
)

editions = Table(
    "editions",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("html_bytes", Integer, nullable=False),
    Column("pieces", Text, nullable=False),  # names of the compiled pieces in order, separated by spaces
    Column("more", Text, nullable=False),  # names of the cards that only the page in the browser has room for
)

skips = Table(  # who is on the newsletter's lists and gets no mail this time, and why
    "skips",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("choices", Integer),
    sqlite_with_rowid=False,
)

deliveries = Table(  # the ledger; only digest.ledger and digest.planning write it
    "deliveries",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("choices", Integer, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim", Text),  # worker and token of the claim, while a worker holds the row
    Column("leased_until", UtcDateTime),
    Column("next_at", UtcDateTime),  # not before then
    Column("due_at", UtcDateTime),  # the first such moment, where the reader wants the mail at a time of their own
    Column("put_off_at", UtcDateTime),  # when a server put it off for the first time: a day of retries begins
    Column("code", Integer, nullable=False),
    Column("reply", Text, nullable=False),
    Column(
        "culprit", Text, nullable=False, server_default=""
    ),  # digest.model.Culprit: whose failure the last attempt was
    Column("at", UtcDateTime),
    Index(None, "subscriber_id"),
    Index(
        "ix_deliveries_due",
        "issue_id",
        "due_at",
        sqlite_where=text("due_at is not null"),
        postgresql_where=text("due_at is not null"),
    ),
    sqlite_with_rowid=False,
)
