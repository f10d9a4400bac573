"""Pure: whether a new version of an article says something else, or only says it a little better."""

import re
from collections import Counter

from digest.model import Article

LEAST_WORDS = 3  # that must come or go: a spelling mended takes one away and brings one
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")  # scripts without spaces count by character
_FIGURE = re.compile(r"\d")


def _words(article: Article) -> Counter[str]:
    texts = [article.title, *(point.plain for point in article.tldr)]
    texts += [article.why_it_matters.plain] if article.why_it_matters else []
    texts += [article.description] if not article.tldr else []
    return Counter(_WORD.findall(" ".join(texts).casefold()))


def is_material(old: Article, new: Article) -> bool:
    """Tell whether readers of the old version should see the new one.

    Its headline, TL;DR or why it matters (or its description, where there is no TL;DR) has another figure, or
    `LEAST_WORDS` or more words came or went.
    """
    before, after = _words(old), _words(new)
    changed = (before - after) + (after - before)
    return changed.total() >= LEAST_WORDS or any(_FIGURE.search(word) for word in changed)
