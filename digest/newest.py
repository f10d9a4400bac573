"""The newest issue that went out, and which of its stories a new reader would have got: what a welcome may bring."""

from collections.abc import Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, select

from digest import articles, candidates, ranking, selection
from digest.choices import Choices
from digest.languages import primary
from digest.model import Article, Issue, Newsletter
from digest.selection import Chosen
from digest.tables import candidates as candidate_table
from digest.tables import issues as issue_table
from subscribers.model import Preferences

HEADLINES = 2  # on a phone, the field for the address is still in sight below them
LOOKED_AT = 30  # candidates, of which some may be of categories that the newsletter does not have


def released(connection: Connection, newsletter: Newsletter) -> int | None:
    """Return the id of the newsletter's newest issue for all readers whose sending was begun, or None."""
    table = issue_table.c
    own = (table.newsletter == newsletter.slug, table.segment == "", table.released_at.is_not(None))
    query = select(table.id).where(*own).order_by(table.number.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def headlines(connection: Connection, newsletter: Newsletter) -> list[Article]:
    """Return a few articles of the newest issue that went out, for visitors who wonder what they would get.

    What an editor pinned comes first, then what is new; nothing that was withdrawn or taken out.
    """
    table = candidate_table.c
    newest = released(connection, newsletter)
    shown = (table.issue_id == newest, table.is_withdrawn.is_(False), table.is_taken_out.is_(False))
    query = select(table.content).where(*shown).order_by(table.is_pinned.desc(), table.number).limit(LOOKED_AT)
    found = map(articles.from_json, connection.execute(query).scalars())
    known = {category.casefold() for category in newsletter.categories}
    return list(islice((article for article in found if article.category.casefold() in known), HEADLINES))


def stories(
    connection: Connection, issue: Issue, preferences: Preferences, language: str
) -> Mapping[str, Sequence[Chosen]]:
    """Return what an issue would have given a new reader, by category, in the order of their edition.

    It is the selection itself, on the candidates that were frozen with the issue and not taken out since.
    """
    gone = candidates.taken_out(connection, issue)
    frozen = [one for id, one in candidates.frozen(connection, issue).items() if id not in gone]
    choices = Choices(
        preferences=preferences, language=primary(language or issue.newsletter.language), since=issue.since
    )
    picked = selection.pick(ranking.prepare(frozen, issue.newsletter, until=issue.until), choices)
    sections: dict[str, list[Chosen]] = {}
    for chosen in picked.chosen:
        sections.setdefault(chosen.article.category, []).append(chosen)
    return sections
