"""Groups, tags and labels of another program, and which of our categories they are by name."""

from collections import Counter
from collections.abc import Iterable, Iterator

from subscribers import fields

MOST_NAMES = 500  # of one column that are counted one by one: beyond that it holds words, not labels


class Labels:
    """What the labels of a file came to, as long as it is read. `certain` columns hold nothing but labels."""

    def __init__(self, categories: fields.Categories, certain: frozenset[str]) -> None:
        self._categories = categories
        self._certain = certain
        self._found: set[str] = set()  # columns with at least one of our categories in them
        self._unknown: dict[str, Counter[str]] = {}
        self._unusable: dict[str, Counter[str]] = {}

    def chosen(self, labels: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """Return the categories that a row's labels name, in the row's order, each once; count the others."""
        chosen: dict[str, None] = {}
        for column, name in labels:
            category = self._categories.known(name)
            if category is None:
                _count(self._unknown, column, name)
            else:
                self._found.add(column)
                chosen[category] = None
        return tuple(chosen)

    def count_unusable(self, column: str, text: str) -> None:
        """Count a value, such as a time zone, that we do not know."""
        _count(self._unusable, column, text)

    def warnings(self) -> list[str]:
        """Name, once each and with their number, the labels that are no categories of ours, and unusable values.

        Of a column that may hold anything, such as a company, nothing is said unless it held a category, too.
        """
        told = {column: names for column, names in self._unknown.items() if column in self._certain | self._found}
        return [
            *(f"{what} is no category of ours: {times}" for what, times in _each(told)),
            *(f"{what} is not known here, and left out: {times}" for what, times in _each(self._unusable)),
        ]


def _count(counts: dict[str, Counter[str]], column: str, text: str) -> None:
    names = counts.setdefault(column, Counter())
    names[text if text in names or len(names) < MOST_NAMES else ""] += 1


def _each(counts: dict[str, Counter[str]]) -> Iterator[tuple[str, str]]:
    for column, names in counts.items():
        for name, count in names.most_common():
            yield (
                f"{column}: {fields.quote(name) if name else 'any other'}",
                "once" if count == 1 else f"{count:,} times",
            )
