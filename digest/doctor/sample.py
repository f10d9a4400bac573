"""The newest issue of each newsletter: what was frozen into it, and the header of one of its mails."""

from sqlalchemy import Connection, Engine

from digest import db, issues
from digest.config import Settings
from digest.doctor.problem import Problem
from digest.errors import SettingsError
from digest.messages import Messages
from digest.model import Delivery, Issue
from digest.quality import editions, headers, mail


def check(engine: Engine, settings: Settings) -> list[Problem]:
    """Compose one mail of the newest planned issue of each newsletter; nothing is sent or stored."""
    problems = []
    for issue, delivery in _samples(engine, settings):
        if issue.released_at is None:
            problems += _frozen(issue, settings)
        if delivery is not None:
            problems += _header(engine, settings, issue, delivery)
    return problems


def _samples(engine: Engine, settings: Settings) -> list[tuple[Issue, Delivery | None]]:
    """Return the newest planned issues, each with a delivery where somebody gets it."""
    newest: dict[str, Issue] = {}
    with db.reading(engine) as connection:
        for issue in issues.all_issues(connection):
            if issue.planned_at is not None:
                newest.setdefault(issue.newsletter.slug, issue)
        wanted = [newest[one.slug] for one in settings.newsletters if one.slug in newest]
        return [(issue, _first_delivery(connection, issue)) for issue in wanted]


def _first_delivery(connection: Connection, issue: Issue) -> Delivery | None:
    with_readers = issues.edition_readers(connection, issue)
    return editions.delivery_in(connection, issue, min(with_readers)) if with_readers else None


def _frozen(issue: Issue, settings: Settings) -> list[Problem]:
    """Look at what an issue that has not gone out keeps from settings that were changed since."""
    again = f"`digest plan {issue.newsletter.slug}`, and send that issue"
    problems = []
    if issue.base_url != settings.base_url:
        what = f"it was planned while base_url was {issue.base_url}, so its links lead there"
        problems.append(Problem(issue.name, what, again))
    if (
        not issue.newsletter.postal_address.strip()
        and settings.newsletter(issue.newsletter.slug).postal_address.strip()
    ):
        problems.append(Problem(issue.name, "it was planned without a postal address: `digest send` refuses it", again))
    return problems


def _header(engine: Engine, settings: Settings, issue: Issue, delivery: Delivery) -> list[Problem]:
    try:
        message = Messages(engine, issue, settings).one(delivery)
    except SettingsError:
        return []  # a key cannot be read, which `keys` has said
    return [
        Problem(
            f"{issue.name}, {finding.name}",
            finding.detail,
            f"mend it and plan again; `digest check {issue.name}` measures everything else",
        )
        for finding in headers.check(mail.read(issue.name, message))
        if not finding.passed
    ]
