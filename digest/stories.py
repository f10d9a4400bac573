"""Stories: which articles tell the same event. Pure: the same answer for the same articles, in any order.

Likeness of words alone does not tell: two quakes are told in the same words, and one quake in different ones. So an
article that resembles another (rapidfuzz’s token set ratio) must not contradict it, too: what its title names has to be
known to the other, and figures have to agree. In doubt, two articles tell two stories.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain

from rapidfuzz import fuzz

from digest.model import Article
from digest.wording import Wording, wordings

NEAR = timedelta(days=3)  # further apart, two articles tell two events unless their source says otherwise
ISSUES_APART = timedelta(hours=12)  # so far apart, two texts under one title are two issues of a column
SOON = timedelta(hours=26)

# Chosen on labelled headlines so that no two events became one; `bench/stories.py` measures. Likeness is 0 to 100.
ALIKE = 65
ALIKE_SOON = 55  # needed of what follows soon where each knows all that the other’s title names
ALIKE_SOON_BY_NAMES = 48  # where they have `NAMES` names or figures in common, besides
NAMES = 3
ALIKE_SAME_OUTLET = 85  # an outlet tells an event once: what it tells next is mostly the next match
KNOWN = 0.95  # how much of what a title names the other article must know, by rarity
KNOWN_BACK = 0.1  # and so much the other way: the title of a round-up names nothing of what it mentions
KNOWN_UNCASED = 0.65  # in scripts without capitals, where names cannot be told from words

SHARED = 2  # of an article’s rarest terms, so many at least with another that is compared
REMEMBERED = 24  # articles kept under one term, the newest: a term of more tells little
COMPARED = 8  # articles compared with one


def group(articles: Iterable[Article]) -> dict[str, str]:
    """Return the story of each article by id: the id of the first article that tells it, by publication, then id.

    One story are articles with one `canonical_url` or one `story` that is not empty. An article joins a story, too,
    when it is published within three days of the story’s first, resembles one of its articles and contradicts neither;
    what its source files under a story counts as a first. Time grows with the number of articles, not with its square.
    """
    ordered = sorted(articles, key=lambda article: (article.published_at, article.id, article.url, article.title))
    units = _units(ordered)
    told = _Told()
    stories: dict[str, str] = {}
    for wording in wordings(ordered):
        article = wording.article
        like = None if units[article.id] in stories else told.like(wording)
        story = stories.setdefault(units[article.id], like.story if like else article.id)
        told.add(_Telling(wording, story, like.first if like else wording))
    return {article.id: stories[units[article.id]] for article in ordered}


def _units(articles: Sequence[Article]) -> dict[str, str]:
    """Return by id the unit of each article: equal for those that are one story by what their sources say."""
    parents: dict[str, str] = {}

    def root(key: str) -> str:
        while (parent := parents.setdefault(key, key)) != key:
            parents[key] = key = parents[parent]
        return key

    for article in articles:
        for key in (f"url {article.canonical_url}", f"story {article.story}"):
            if not key.endswith(" "):
                parents[root(key)] = root(f"id {article.id}")
    return {article.id: root(f"id {article.id}") for article in articles}


@dataclass(frozen=True, slots=True)
class _Telling:
    """An article, the story it tells, and the article that all which resemble it must not contradict."""

    wording: Wording
    story: str
    first: Wording


class _Told:
    """What was told so far, found again by its rarest terms."""

    def __init__(self) -> None:
        self._all: list[_Telling] = []
        self._outlets: defaultdict[str, set[str]] = defaultdict(set)
        self._by_term: defaultdict[str, deque[int]] = defaultdict(partial(deque, maxlen=REMEMBERED))
        self._by_words: dict[tuple[str, str], _Telling] = {}

    def add(self, telling: _Telling) -> None:
        """Remember an article, unless it repeats word for word what is known of its story."""
        wording = telling.wording
        self._outlets[telling.story].add(wording.article.domain)
        words = (wording.article.title, wording.text)
        if wording.text.strip():
            if words in self._by_words and self._by_words[words].story == telling.story:
                return
            self._by_words[words] = telling
        for term in telling.wording.rarest:
            self._by_term[term].append(len(self._all))
        self._all.append(telling)

    def like(self, wording: Wording) -> _Telling | None:
        """Return what tells the same event as an article, and most like it, if anything does."""
        copied = self._by_words.get((wording.article.title, wording.text))
        if copied is not None and _apart(wording, copied.first) <= NEAR:
            return copied
        found = [(self._likeness(wording, telling), telling) for telling in self._candidates(wording)]
        best = max(found, key=lambda pair: pair[0], default=None)
        return best[1] if best and best[0] else None

    def _likeness(self, wording: Wording, telling: _Telling) -> float:
        """Return how alike an article is to one whose event it tells, and 0 where it tells another."""
        if _contradict(wording, telling.wording):
            return 0.0
        repeats = wording.article.domain in self._outlets[telling.story]
        needed = ALIKE_SAME_OUTLET if repeats else _needed(wording, telling.wording)
        return fuzz.token_set_ratio(wording.words, telling.wording.words, score_cutoff=needed)

    def _candidates(self, wording: Wording) -> Iterator[_Telling]:
        """Yield the articles with most of the rarest terms whose story an article may still tell."""
        times = Counter(chain.from_iterable(self._by_term.get(term, ()) for term in wording.rarest))
        for number, count in times.most_common(COMPARED):
            telling = self._all[number]
            if count < SHARED or _apart(wording, telling.first) > NEAR:
                continue
            if telling.first is telling.wording or not _contradict(wording, telling.first):
                yield telling


def _apart(one: Wording, other: Wording) -> timedelta:
    return abs(one.article.published_at - other.article.published_at)


def _known(one: Wording, other: Wording) -> float:
    """Return how much of what one title names the other article knows, by rarity."""
    whole = sum(one.marks.values())
    return sum(rarity for term, rarity in one.marks.items() if term in other.terms) / whole if whole else 0.0


def _contradict(one: Wording, other: Wording) -> bool:
    """Tell whether something in two articles says that they tell two events."""
    if one.is_column or other.is_column:
        return True
    if one.article.title == other.article.title and _apart(one, other) >= ISSUES_APART:
        return True
    if one.title_numbers - other.numbers and other.title_numbers - one.numbers:
        return True
    back, known = sorted((_known(one, other), _known(other, one)))
    if one.is_cased and other.is_cased:
        return known < KNOWN or back < KNOWN_BACK or one.telling.isdisjoint(other.telling)
    return known < KNOWN_UNCASED or bool(one.numbers and other.numbers and one.numbers.isdisjoint(other.numbers))


def _needed(one: Wording, other: Wording) -> float:
    """Return the likeness from which articles of two outlets tell one event."""
    is_soon = _apart(one, other) <= SOON and one.is_cased and other.is_cased
    if not is_soon or min(_known(one, other), _known(other, one)) < KNOWN:
        return ALIKE
    return ALIKE_SOON_BY_NAMES if len(one.telling & other.telling) >= NAMES else ALIKE_SOON
