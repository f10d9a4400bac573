"""The word that somebody probably meant."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean “…”?)` for the known word closest to one that is not, or an empty string."""
    by_fold = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.5)
    return f" (did you mean “{by_fold[close[0]]}”?)" if close else ""
