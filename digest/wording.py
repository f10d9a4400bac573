"""Pure: what articles say, as far as telling their events apart goes: their terms, and which are names and numbers.

A name is what has a capital inside a sentence more often than not, in whatever language; scripts without capitals have
only terms. All that is counted is counted over the articles that are compared.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, auto
from functools import lru_cache
from itertools import chain

from digest.model import Article

READ = 2_000  # characters read of a title, and of description and TL;DR; these have 600 together
SHORT = 3  # letters: words in lower case without more are articles, prepositions and the like
RAREST = 12  # terms by which an article is looked up

_SENTENCES = re.compile(r"[!?;¿¡“”„«»\"…()|।。、\n]|[.:](?!\d)")  # a capital after these says nothing
_HAN, _KATAKANA, _HANGUL = "\u3400-\u9fff\u3005-\u3007\U00020000-\U0003ffff", "\u30a1-\u30ff", "\uac00-\ud7af"
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
_TOKEN = re.compile(
    r"[A-Za-z\u00c0-\u024f\u0370-\u052f]+|\d+(?:[.,:–-]\d+)*%?"
    rf"|[{_HAN}]+|[{_KATAKANA}]+|[{_HANGUL}]+|[{_UNSPACED}]+|[\u3041-\u309f]+"
    r"|[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0610-\u065f\u0900-\u0dff])*"
)
_IN_PAIRS = re.compile(f"[{_HAN}{_HANGUL}]{{3,}}")
_IN_THREES = re.compile(f"[{_UNSPACED}]{{4,}}")
_HIRAGANA = re.compile("[\u3041-\u309f]+")


class _Form(IntEnum):  # integers, because millions of them are counted
    """What a word's form says."""

    NUMBER = auto()
    LOWER = auto()
    CAPITAL = auto()
    OPENING = auto()  #: a capital at the start of a sentence
    UNCASED = auto()  #: of a script without capitals


_Word = tuple[str, _Form]


@dataclass(frozen=True, slots=True)
class Wording:
    """What one article says."""

    article: Article
    text: str  #: description and TL;DR
    words: str  #: all terms, once each, in the order of the text
    terms: frozenset[str]
    rarest: tuple[str, ...]  #: the terms that tell most, by which the article is found again
    telling: frozenset[str]  #: names and numbers
    numbers: frozenset[str]
    title_numbers: frozenset[str]
    marks: dict[str, float]  #: what the title names, or all its terms where it names nothing, with their rarity
    is_cased: bool
    is_column: bool  #: of a series in which each is another


@lru_cache(maxsize=100_000)  # texts have few words, many times
def _token(token: str) -> tuple[_Word, ...]:
    """Return the terms of a run of letters or digits, with their form."""
    if token[0].isdigit():
        return ((token, _Form.NUMBER),)
    size = 2 if _IN_PAIRS.fullmatch(token) else 3 if _IN_THREES.fullmatch(token) else 0
    if size:
        return tuple((token[start : start + size], _Form.UNCASED) for start in range(len(token) - size + 1))
    if _HIRAGANA.fullmatch(token):  # endings and particles
        return ()
    form = _Form.LOWER if token[0].islower() else _Form.CAPITAL if token[0].isupper() else _Form.UNCASED
    return () if form is _Form.LOWER and len(token) <= SHORT else ((_stem(token.casefold()), form),)


def _stem(word: str) -> str:
    """Return a word without its ending, roughly and in any language: names are inflected as well as verbs."""
    return word[:6]


def _words(text: str) -> list[_Word]:
    """Return the terms of a text in order, without what stands between them."""
    found: list[_Word] = []
    for sentence in _SENTENCES.split(text):
        start = len(found)
        found += chain.from_iterable(map(_token, _TOKEN.findall(sentence)))
        if len(found) > start and found[start][1] is _Form.CAPITAL:
            found[start] = (found[start][0], _Form.OPENING)
    return found


def _is_title_case(title: Sequence[_Word]) -> bool:
    """Tell whether a title Writes All Words With Capitals, so that they say nothing."""
    return not any(form is _Form.LOWER and len(term) > 4 for term, form in title)


@dataclass(frozen=True, slots=True)
class _Reading:
    """An article read: its words, before it is known which of them are names."""

    article: Article
    title: list[_Word]
    text: list[_Word]
    plain: str

    def cased(self) -> Iterable[_Word]:
        """Return the words whose capitals tell something."""
        return self.text if _is_title_case(self.title) else chain(self.title, self.text)


def _reading(article: Article) -> _Reading:
    text = "\n".join((article.description, *(line.plain for line in article.tldr)))
    title, plain = (unicodedata.normalize("NFKC", part[:READ]) for part in (article.title, text))
    return _Reading(article, _words(title), _words(plain), plain)


def _names(readings: Sequence[_Reading]) -> frozenset[str]:
    """Return the terms that are names where they open a sentence: elsewhere they have capitals more often than not."""
    times = Counter(chain.from_iterable(reading.cased() for reading in readings))
    capitals = ((term, count) for (term, form), count in times.items() if form is _Form.CAPITAL)
    return frozenset(term for term, count in capitals if count > times[term, _Form.LOWER])


def _columns(readings: Sequence[_Reading], names: frozenset[str]) -> set[tuple[str, ...]]:
    """Return outlet and first two words of what one outlet’s titles begin with on several days, names aside."""
    days: defaultdict[tuple[str, ...], set[date]] = defaultdict(set)
    for reading in readings:
        if not any(term in names or form is _Form.NUMBER for term, form in reading.title[:2]):
            days[_opening(reading)].add(reading.article.published_at.date())
    return {opening for opening, found in days.items() if len(found) > 1}


def _opening(reading: _Reading) -> tuple[str, ...]:
    return (reading.article.domain, *(term for term, _ in reading.title[:2]))


def wordings(articles: Sequence[Article]) -> list[Wording]:
    """Return what these articles say, in their order."""
    readings = [_reading(article) for article in articles]
    names = _names(readings)
    columns = _columns(readings, names)
    times = Counter(chain.from_iterable({term for term, _ in chain(r.title, r.text)} for r in readings))
    most = math.log(1 + len(readings))
    rarity = {term: math.log(1 + len(readings) / count) / most for term, count in times.items()}
    return [_wording(reading, names, rarity, is_column=_opening(reading) in columns) for reading in readings]


def _wording(reading: _Reading, names: frozenset[str], rarity: Mapping[str, float], *, is_column: bool) -> Wording:
    title = tuple(dict.fromkeys(term for term, _ in reading.title))
    forms = dict.fromkeys(chain(reading.title, reading.text))
    terms = tuple(dict.fromkeys(term for term, _ in forms))
    named = {term for term, form in reading.cased() if form is _Form.CAPITAL}
    named.update(term for term, form in forms if term in names and form in (_Form.OPENING, _Form.CAPITAL))
    numbers = frozenset(term for term, form in forms if form is _Form.NUMBER)
    telling = numbers | named
    is_cased = sum(form is _Form.UNCASED for _, form in reading.title) * 2 <= len(reading.title)
    marks = (is_cased and tuple(term for term in title if term in named)) or title
    return Wording(
        article=reading.article,
        text=reading.plain,
        words=" ".join(terms),
        terms=frozenset(terms),
        rarest=tuple(sorted(terms, key=lambda term: (term not in telling, -rarity[term], term))[:RAREST]),
        telling=telling,
        numbers=numbers,
        title_numbers=numbers.intersection(title),
        marks={term: rarity[term] for term in marks},
        is_cased=is_cased,
        is_column=is_column,
    )
