"""An issue's editions composed: fitted to the size limit, with subjects, and the pieces that all their mails share."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment

from digest.compose import card, compiling, fitting, headers, pieces, splice, verification
from digest.compose import subject as subjects
from digest.compose.compiling import CompiledIssue
from digest.compose.fitting import Fitted
from digest.compose.pieces import MORE, REST, Shelf
from digest.compose.values import bounds, edition_values, links, since, why_you
from digest.errors import DigestError, TemplateError
from digest.ingest.text import count_words, is_unspaced
from digest.model import Article, Candidate, Depth, Edition, Issue, Placement
from digest.selection import Chosen, Reason
from subscribers.model import Preferences


@dataclass(frozen=True, slots=True)
class Contents:
    """What an edition is to hold, before it is fitted."""

    chosen: tuple[Chosen, ...]
    corrections: tuple[int, ...]

    @property
    def placements(self) -> list[Placement]:
        """The stories at the depth that the reader wants."""
        return [Placement(c.article.id, c.depth, c.reason is Reason.UPDATED) for c in self.chosen]


def fitted(compiled: CompiledIssue, issue: Issue, shelf: Shelf, contents: Contents) -> Fitted:
    """Return how contents fit into a mail. The pieces that it is fitted with must be compiled (`needed_to_fit`)."""
    limits = bounds(issue)
    frame = fitting.frame_bytes(compiled, limits)

    def size(placements: Sequence[Placement], with_more: bool) -> int:
        names = pieces.arrange(placements, shelf, corrections=contents.corrections, with_more=with_more)
        return frame + fitting.largest(compiled.html, names, limits)

    def weight(article_id: str, depth: Depth) -> int:
        return compiled.html.sizes[pieces.card_name(shelf.candidates[article_id].number, depth)]

    ranks = {chosen.article.id: chosen.rank for chosen in contents.chosen}
    return fitting.fit(contents.placements, ranks, size=size, weight=weight, limit=fitting.HTML_LIMIT)


def needed_to_fit(contents: Contents, shelf: Shelf) -> set[str]:
    """Return the names of every piece that fitting contents can ask for."""
    names = {MORE, REST}
    for placement in contents.placements:
        number = shelf.candidates[placement.article_id].number
        for depth in Depth:
            if list(Depth).index(depth) <= list(Depth).index(placement.depth):
                names.add(pieces.card_name(number, depth))
                names |= _looks(shelf.candidates[placement.article_id], depth, is_update=placement.is_update)
    return names


def _looks(candidate: Candidate, depth: Depth, *, is_update: bool) -> set[str]:
    """Return the names that a card can have in an arrangement."""
    deep = depth is not Depth.HEADLINES
    leads = (False, True) if deep else (False,)
    pictures = (False, True) if deep and candidate.picture is not None else (False,)
    return {
        pieces.card_name(candidate.number, depth, is_update=is_update, lead=lead, picture=picture)
        for lead in leads
        for picture in pictures
    }


class Composition:
    """Composes the editions of one issue while it is planned; compiles the pieces that they need as they need them.

    `taken` are the subjects of earlier issues. Raises TemplateError when a template does not compile.
    """

    def __init__(self, templates: Environment, issue: Issue, shelf: Shelf, taken: Collection[str]) -> None:
        self._templates, self._issue, self._shelf, self._taken = templates, issue, shelf, taken
        self._limits = bounds(issue)
        self.compiled = compiling.compile_issue(self._templates, issue, [])
        self._frame = fitting.frame_bytes(self.compiled, self._limits)
        self._words: dict[tuple[str, Depth], int] = {}
        self._largest: Edition | None = None

    def compose(self, wanted: Sequence[Contents]) -> list[Edition]:
        """Return an edition for each of these contents, in order, without a number; equal ones give equal editions."""
        arranged = [pieces.arrange(d.placements, self._shelf, corrections=d.corrections) for d in wanted]
        self._compile(name for names in arranged for name in names)
        is_within = [self._is_within(names) for names in arranged]
        oversize = (contents for contents, fits in zip(wanted, is_within, strict=True) if not fits)
        self._compile(name for contents in oversize for name in needed_to_fit(contents, self._shelf))
        return [
            self._edition(names, contents.placements, ()) if fits else self._stepped_down(contents)
            for contents, names, fits in zip(wanted, arranged, is_within, strict=True)
        ]

    def check(self) -> None:
        """Splice the largest edition's mail, parse it back, and compare it with what the whole pipeline makes."""
        if self._largest is not None:
            _check(self._templates, self._issue, self.compiled, self._largest, self._shelf)

    def _compile(self, names: Iterable[str]) -> None:
        if missing := set(names) - self.compiled.html.pieces.keys():
            wanted = pieces.describe(sorted(missing), self._shelf)
            more = compiling.compile_issue(self._templates, self._issue, wanted)
            self.compiled = compiling.extend(self.compiled, more)

    def _is_within(self, names: Sequence[str]) -> bool:
        return self._frame + fitting.largest(self.compiled.html, names, self._limits) <= fitting.HTML_LIMIT

    def _stepped_down(self, contents: Contents) -> Edition:
        found = fitted(self.compiled, self._issue, self._shelf, contents)
        if not found.placements:
            raise TemplateError(
                f"template {self._issue.newsletter.template}.mjml.j2 takes {self._frame:,} bytes without any story; "
                f"a mail may have {fitting.HTML_LIMIT:,}: shorten what stands around the stories"
            )
        corrections, with_more = contents.corrections, bool(found.more)
        names = pieces.arrange(found.placements, self._shelf, corrections=corrections, with_more=with_more)
        self._compile(names)
        numbers = (self._shelf.candidates[article_id].number for article_id in found.more)
        return self._edition(names, found.placements, [pieces.card_name(n, Depth.HEADLINES) for n in numbers])

    def _edition(self, names: Sequence[str], placements: Sequence[Placement], more: Sequence[str]) -> Edition:
        articles = [self._shelf.candidates[placement.article_id].article for placement in placements]
        edition = replace(
            describe(
                self._issue,
                names,
                articles,
                words=self._count(placements),
                is_update=placements[0].is_update,
                taken=self._taken,
            ),
            placements=tuple(placements),
            more=tuple(more),
        )
        values = edition_values(edition, self._issue.newsletter.language)
        sized = replace(edition, html_bytes=splice.html_bytes(self.compiled, names, values))
        if self._largest is None or sized.html_bytes > self._largest.html_bytes:
            self._largest = sized
        return sized

    def _count(self, placements: Sequence[Placement]) -> int:
        """Count the words that a reader of these sees; each card's once."""
        for placement in placements:
            key = placement.article_id, placement.depth
            if key not in self._words:
                article = self._shelf.candidates[placement.article_id].article
                self._words[key] = shown_words(article, placement.depth)
        return sum(self._words[placement.article_id, placement.depth] for placement in placements)


def shown_words(article: Article, depth: Depth) -> int:
    """Count the words of an article that a reader of this depth sees."""
    texts = [article.title, *(passage.plain for passage in card.shown(article, depth))]
    if depth is not Depth.HEADLINES and not article.tldr:
        texts.append(article.description)
    unspaced = is_unspaced(article.language)
    return sum(count_words(text, unspaced=unspaced) for text in texts)


def describe(
    issue: Issue,
    names: Sequence[str],
    articles: Sequence[Article],
    *,
    words: int,
    is_update: bool,
    taken: Collection[str],
) -> Edition:
    """Return an edition of these pieces, which show these articles, without number and size.

    `is_update` says whether its readers had an earlier version of the first; `taken` are subjects of earlier issues.
    """
    subject = subjects.subject(articles, issue, is_update=is_update, taken=taken)
    return Edition(
        issue_id=issue.id,
        number=0,
        placements=(),
        subject=subject,
        preheader=subjects.preheader(articles, issue, subject),
        minutes=card.minutes(words),
        html_bytes=0,
        pieces=tuple(names),
    )


def _check(templates: Environment, issue: Issue, compiled: CompiledIssue, edition: Edition, shelf: Shelf) -> None:
    shared = edition_values(edition, issue.newsletter.language)
    reader = links(issue.base_url, view="v&v", preferences="p" * 80, unsubscribe="u-u", story="s.s")
    reader |= {"why_you": why_you(issue, Preferences()), "since": since(issue, issue.until.date())}
    values = {name: splice.encoded(value) for name, value in reader.items()}
    values |= {name: splice.encoded_lines(reader[name]) for name in ("why_you", "since")}
    header = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{headers.boundary(issue)}"\r\n'
    arranged = splice.arrange(splice.encode_issue(issue, compiled), edition.pieces, shared)
    message = splice.splice(header.encode("ascii"), arranged, splice.written(values))
    arrangement = pieces.describe(edition.pieces, shelf)
    html, text = verification.whole(templates, issue, arrangement, shared | reader)
    if where := verification.difference(message, html, text):
        raise DigestError(
            f"{issue.name} was not planned: {where} of a spliced mail differs from the template's own output. "
            "A card must not depend on its neighbours (loop.index, :first-child, counts)"
        )
