"""Everything that the studio's page shows, gathered from the database in one reading."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr

from sqlalchemy import Connection

from digest import explanation, issues, ledger
from digest.errors import NotFoundError
from digest.explanation import Explanation
from digest.model import Delivery, Edition, Issue
from digest.selection import Selection, sections
from digest.studio import inspection, readers, stories, words
from digest.studio.address import Address
from digest.studio.inspection import Inspection
from digest.studio.readers import Reader
from digest.studio.stories import NO_STORIES, Stories
from subscribers.model import Preferences


@dataclass(frozen=True, slots=True)
class Chooser:
    """The readers to choose from, and those before and after the one that is shown."""

    matching: list[Reader]
    skipped: list[Reader]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What the page says where there is no mail to show."""

    title: str
    text: str
    status_code: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One view of the studio: a reader's edition, or the notice why there is none."""

    at: Address
    issue: Issue
    issues: list[Issue]  #: planned ones, the newest first
    heads: Mapping[int, int]  #: readers by edition
    reader: Reader | None
    chooser: Chooser
    edition: Edition | None = None
    stories: Stories = NO_STORIES
    inspection: Inspection | None = None
    topics: str = ""
    waiting: int = 0  #: readers who get it at a time of their own, later
    notice: Notice | None = None

    @property
    def sender(self) -> str:
        """The name that inboxes show."""
        name, email = parseaddr(self.issue.newsletter.sender)
        return name or email

    @property
    def deliveries(self) -> int:
        """How many readers get the issue."""
        return sum(self.heads.values())

    @property
    def pause_reason(self) -> str:
        """Since when and why sending waits, and how it goes on; empty while it does not wait."""
        if self.issue.paused_at is None:
            return ""
        since = words.moment(self.issue.paused_at, self.issue.newsletter)
        return f"Since {since}. {words.sentence(self.issue.pause_reason)}."

    @property
    def status(self) -> str:
        """Where the issue stands."""
        newsletter = self.issue.newsletter
        if self.issue.paused_at is not None:
            return "Paused"
        if self.issue.released_at is not None:
            return f"Sending began {words.moment(self.issue.released_at, newsletter)}"
        return f"Planned {words.moment(self.issue.until, newsletter)}"


@dataclass(frozen=True, slots=True)
class _Found:
    """The person that the address asks for, if there is one."""

    reader: Reader | None
    notice: Notice | None = None


def find_issue(connection: Connection, at: Address) -> Issue | None:
    """Return the issue that the address names, or the newest of all; None when there is none at all.

    Raises NotFoundError for an issue that does not exist.
    """
    return issues.find(connection, at.issue) if at.issue else issues.newest(connection)


def _find_reader(connection: Connection, issue: Issue, at: Address, heads: Mapping[int, int]) -> _Found:
    if at.reader:
        try:
            return _Found(readers.find(connection, issue, at.reader))
        except NotFoundError as error:
            return _Found(None, Notice("Not a reader of this issue", f"{words.sentence(str(error))}.", 404))
    reader = readers.typical(connection, issue, heads)
    return _Found(reader) if reader else _Found(None, _nobody(issue))


def _nobody(issue: Issue) -> Notice:
    listed = " and ".join(f"“{name}”" for name in issue.newsletter.lists)
    return Notice(
        "Nobody gets mail of this issue",
        f"When it was planned, nobody on the lists of {issue.newsletter.name} ({listed}) could be given a story. "
        "Those who were left out stand in the list of readers, with the reason.",
    )


def _chooser(connection: Connection, issue: Issue, at: Address, reader: Reader | None) -> Chooser:
    before, after = readers.neighbours(connection, issue, reader) if reader else (None, None)
    return Chooser(
        matching=readers.matching(connection, issue, at.search),
        skipped=readers.skipped(connection, issue, at.search),
        before=before,
        after=after,
    )


def _topics(preferences: Preferences, issue: Issue) -> str:
    count = len(sections(preferences, issue.newsletter))
    return words.counted(count, "topic", "topics") if preferences.categories else "every topic"


def _told(connection: Connection, page: Page, told: Stories, preferences: Preferences) -> Page:
    """Add the stories, and the one that the address points at."""
    story = told.find(page.at.story)
    if story is None:
        return replace(page, stories=told)
    held = inspection.inspect(connection, page.issue, story, told, preferences=preferences, heads=page.heads)
    return replace(page, stories=told, inspection=held)


def _without_mail(connection: Connection, page: Page, reader: Reader, selection: Selection) -> Page:
    """Say why a person gets no mail. The stories are told only where there were too few of them."""
    newsletter = page.issue.newsletter
    notice = Notice(f"No mail for {reader.label}", f"{reader.label} {words.why_skipped(reader.skipped, newsletter)}.")
    told = NO_STORIES if selection.chosen else stories.arrange(selection, newsletter, {})
    return replace(_told(connection, page, told, Preferences()), notice=notice)


def _with_mail(connection: Connection, page: Page, delivery: Delivery, explained: Explanation) -> Page:
    """Add a reader's edition."""
    preferences = explained.choices.preferences
    edition = issues.edition(connection, page.issue.id, delivery.edition)
    told = stories.arrange(explained.selection, page.issue.newsletter, explained.wanted)
    topics = _topics(preferences, page.issue)
    return replace(_told(connection, page, told, preferences), edition=edition, topics=topics)


def gather(connection: Connection, issue: Issue, at: Address, *, now: datetime) -> Page:
    """Collect all that the page shows of an issue."""
    heads = issues.edition_readers(connection, issue)
    found = _find_reader(connection, issue, at, heads)
    page = Page(
        at=at,
        issue=issue,
        issues=[planned for planned in issues.all_issues(connection) if planned.planned_at],
        heads=heads,
        reader=found.reader,
        chooser=_chooser(connection, issue, at, found.reader),
        waiting=ledger.waiting(connection, issue.id, now=now).deliveries,
        notice=found.notice,
    )
    if found.reader is None:
        return page
    explained = explanation.explain(connection, issue, found.reader.email)
    if found.reader.delivery is None:
        return _without_mail(connection, page, found.reader, explained.selection)
    return _with_mail(connection, page, found.reader.delivery, explained)
