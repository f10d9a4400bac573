"""What a story's card shows at each depth, and how long that takes to read."""

from digest.model import Article, Depth, RichText

READING_WORDS_PER_MINUTE = 230  # adults reading non-fiction in English: 238 (Brysbaert 2019), less for unfamiliar names
MOST_KEY_POINTS = 5  # of a full card


def minutes(words: int) -> int:
    """Return the reading time of so many words, at least 1."""
    return max(1, round(words / READING_WORDS_PER_MINUTE))


def shown(article: Article, depth: Depth) -> list[RichText]:
    """Return the passages that a card of this depth shows, its headline and description apart."""
    if depth is Depth.HEADLINES:
        return []
    why = [article.why_it_matters] if article.why_it_matters else []
    points = article.key_points[:MOST_KEY_POINTS] if depth is Depth.FULL else ()
    return [*article.tldr, *why, *points]
