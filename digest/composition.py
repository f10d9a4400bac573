"""An issue's editions composed and stored: subjects, sizes, and the pieces that all their mails are spliced from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from digest import tables, templating
from digest.compose import compiling, document, headers, pieces, splice, verification
from digest.compose import subject as subjects
from digest.compose.compiling import CompiledIssue
from digest.compose.pieces import Piece
from digest.compose.values import edition_values, links, why_you
from digest.errors import DigestError
from digest.model import Article, Depth, Edition, Issue, Placement
from subscribers.model import Preferences


def compose_editions(
    connection: Connection, issue: Issue, pool: Mapping[str, Article], numbers: Mapping[tuple[Placement, ...], int]
) -> None:
    """Compile the issue for all these editions (placements and their number), check it, and store both.

    Raises TemplateError when a template does not compile.
    """
    arrangements = {
        number: pieces.arrange(placements, pool, issue.newsletter.categories) for placements, number in numbers.items()
    }
    templates = templating.environment("email")
    compiled = compiling.compile_issue(templates, issue, pieces.distinct(arrangements.values()))
    editions = [
        _edition(issue, pool, placements, arrangements[number], number=number, compiled=compiled)
        for placements, number in numbers.items()
    ]
    if editions:
        largest = max(editions, key=lambda edition: edition.html_bytes)
        _check(issue, compiled, largest, arrangements[largest.number])
        _store(connection, editions)
    packed = compiling.pack(compiled)
    connection.execute(tables.issues.update().where(tables.issues.c.id == issue.id).values(compiled=packed))


def _shown_words(article: Article, depth: Depth) -> int:
    """Count the words of an article that a reader of this depth sees."""
    texts = [article.title]
    if depth is not Depth.HEADLINES:
        texts += [point.plain for point in article.tldr] or [article.description]
        texts += [article.why_it_matters.plain] if article.why_it_matters else []
    if depth is Depth.FULL:
        texts += [point.plain for point in article.key_points]
    return sum(len(text.split()) for text in texts)


def _edition(
    issue: Issue,
    pool: Mapping[str, Article],
    placements: tuple[Placement, ...],
    arrangement: Sequence[Piece],
    *,
    number: int,
    compiled: CompiledIssue,
) -> Edition:
    articles = [pool[placement.article_id] for placement in placements]
    words = sum(_shown_words(pool[placement.article_id], placement.depth) for placement in placements)
    names = tuple(piece.name for piece in arrangement)
    edition = Edition(
        issue_id=issue.id,
        number=number,
        placements=placements,
        subject=subjects.subject(articles),
        preheader=subjects.preheader(articles),
        minutes=document.minutes(words),
        html_bytes=0,
        pieces=names,
    )
    return replace(edition, html_bytes=splice.html_bytes(compiled, names, edition_values(edition)))


def _check(issue: Issue, compiled: CompiledIssue, edition: Edition, arrangement: Sequence[Piece]) -> None:
    """Splice one mail, parse it back, and compare it with what the whole pipeline makes: a release check."""
    shared = edition_values(edition)
    reader = links(issue.base_url, view="v&v", preferences="p" * 80, unsubscribe="u-u")
    reader |= {"why_you": why_you(issue, Preferences())}
    values = {name: splice.encoded(value) for name, value in reader.items()}
    values["why_you"] = values["why_you"]._replace(text=splice.encoded(document.wrap(reader["why_you"])).text)
    header = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{headers.boundary(issue)}"\r\n'
    arranged = splice.arrange(splice.encode_issue(issue, compiled), edition.pieces, shared)
    message = splice.splice(header.encode("ascii"), arranged, values)
    html, text = verification.whole(templating.environment("email"), issue, arrangement, shared | reader)
    if where := verification.difference(message, html, text):
        raise DigestError(
            f"{issue.name} was not planned: {where} of a spliced mail differs from the template's own output. "
            "A card must not depend on its neighbours (loop.index, :first-child, counts)"
        )


def _store(connection: Connection, editions: Sequence[Edition]) -> None:
    connection.execute(
        tables.editions.insert(),
        [
            {
                "issue_id": edition.issue_id,
                "number": edition.number,
                "subject": edition.subject,
                "preheader": edition.preheader,
                "minutes": edition.minutes,
                "html_bytes": edition.html_bytes,
                "pieces": " ".join(edition.pieces),
            }
            for edition in editions
        ],
    )
    connection.execute(
        tables.placements.insert(),
        [
            {
                "issue_id": edition.issue_id,
                "edition": edition.number,
                "position": position,
                "article_id": placement.article_id,
                "depth": placement.depth,
            }
            for edition in editions
            for position, placement in enumerate(edition.placements, start=1)
        ],
    )
