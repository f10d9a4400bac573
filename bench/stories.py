"""Stories: precision and recall on the labelled headlines, and seconds for windows of up to 50,000 articles."""

import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import sample
from digest.model import Article, RichText
from digest.stories import group

LABELLED = Path(__file__).resolve().parent.parent / "tests" / "data"
LETTERS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "st", "br"), ("a", "e", "i", "o", "u", "ei")
TEMPLATE = sample.article(0)


def pairs(labels: Iterable[object]) -> int:
    """Return how many pairs of things have one label."""
    return sum(times * (times - 1) // 2 for times in Counter(labels).values())


def precision_and_recall(truth: dict[str, str], found: dict[str, str]) -> tuple[float, float]:
    """Return the share of the found pairs that are true, and of the true pairs that were found."""
    both = pairs((truth[id_], found[id_]) for id_ in truth)
    return both / max(1, pairs(found[id_] for id_ in truth)), both / max(1, pairs(truth.values()))


class Language:
    """Words by Zipf’s law and names without end, so that texts have the vocabulary of a news window."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = sorted({self._word() for _ in range(6_000)})
        self.random.shuffle(self.words)
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))
        self.names = sorted({self._word().capitalize() for _ in range(8_000)})

    def _word(self) -> str:
        consonants, vowels = LETTERS
        return "".join(
            self.random.choice(consonants) + self.random.choice(vowels) for _ in range(self.random.randint(2, 4))
        )

    def some(self, count: int) -> list[str]:
        """Return words as a text has them: a few very often."""
        return self.random.choices(self.words, cum_weights=self.weights, k=count)

    def sentence(self, telling: Sequence[str], words: int) -> str:
        """Return a sentence of so many words in which those that tell stand at any place but the first."""
        text = self.some(words)
        for term in telling:
            text[self.random.randrange(1, words)] = term
        return " ".join(text).capitalize().split(" ", 1)[0] + " " + " ".join(text[1:]) + "."


def article(language: Language, number: int, event: Sequence[str], at: datetime) -> Article:
    """Return an article of usual length about an event: title, description, three points."""
    choice = language.random.sample
    lines = [language.sentence(choice(event, 2), 16) for _ in range(3)]
    return replace(
        TEMPLATE,
        id=f"article-{number:06}",
        domain=f"outlet{language.random.randrange(400)}.example",
        canonical_url=f"https://news.example/{number}",
        title=language.sentence(choice(event, 3), 9).rstrip("."),
        description=language.sentence(choice(event, 3), 18),
        tldr=tuple(RichText(line, line, line) for line in lines),
        published_at=at,
    )


def window(count: int, *, seed: int = 1) -> tuple[list[Article], dict[str, str]]:
    """Return the articles of a week, of which one in three tells what others tell too, and their true stories."""
    language = Language(seed)
    articles: list[Article] = []
    truth: dict[str, str] = {}
    while len(articles) < count:
        event = [*language.random.sample(language.names, 3), str(language.random.randint(3, 9_999))]
        first = sample.NOW - timedelta(minutes=language.random.randint(0, 7 * 24 * 60))
        for _ in range(language.random.choice((1, 1, 1, 1, 1, 1, 2, 2, 4))):
            at = first + timedelta(minutes=language.random.randint(0, 2 * 24 * 60))
            articles.append(article(language, len(articles), event, at))
            truth[articles[-1].id] = " ".join(event)
    return articles, truth


def column(count: int, *, same_text: bool) -> list[Article]:
    """Return articles of a week that share their title, and on request their text."""
    articles, _ = window(count)
    first = articles[0]
    return [
        replace(first if same_text else one, id=one.id, title="Morning briefing", published_at=one.published_at)
        for one in (replace(a, canonical_url=f"https://news.example/{a.id}") for a in articles)
    ]


def timed(name: str, articles: Sequence[Article]) -> dict[str, str]:
    """Group the articles and print how many seconds of processor time it took."""
    start = time.process_time()
    found = group(articles)
    seconds = time.process_time() - start
    print(f"  {name:<34}{seconds:>7.1f} s   {len(set(found.values())):>7,} stories")
    return found


def headline(record: dict[str, Any]) -> Article:
    """Return a labelled headline as an article."""
    return replace(
        TEMPLATE,
        **{key: record[key] for key in ("id", "title", "description", "domain", "category", "language")},
        canonical_url=f"https://{record['domain']}/{record['id']}",
        tldr=tuple(RichText(line, line, line) for line in record["tldr"]),
        published_at=datetime.fromisoformat(record["published_at"]),
    )


def labelled() -> None:
    """Print precision and recall, over pairs of articles, on the labelled headlines."""
    for kind, name in (
        ("chosen on, mostly hard negatives", "headlines"),
        ("of a week, written apart", "headlines_week"),
    ):
        records = json.loads((LABELLED / f"{name}.json").read_text())
        truth = {record["id"]: record["story"] for record in records}
        precision, recall = precision_and_recall(truth, group(headline(record) for record in records))
        print(f"grouping {len(records)} labelled headlines ({kind}): {precision:.3f} precision, {recall:.3f} recall")


def windows() -> None:
    """Print seconds, precision and recall for windows of made-up articles."""
    print("grouping a week of made-up articles (goals: 5,000 in about a second, 50,000 under 10)")
    for count in (5_000, 20_000, 50_000):
        articles, truth = window(count)
        found = timed(f"{count:,} articles", articles)
        print("  {:<34}{:.3f} precision, {:.3f} recall".format("", *precision_and_recall(truth, found)))
    timed("20,000 under one title", column(20_000, same_text=False))
    timed("20,000 of one text", column(20_000, same_text=True))
    print(f"  most memory, articles included    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>7,.0f} MB")


if __name__ == "__main__":
    labelled()
    windows()
