"""The score of Mailpit's HTML check, computed here: comparable with what other tools and templates report.

The algorithm is that of Mailpit 1.30's internal/htmlcheck: of each feature that is found, the share of all clients
without support, weighted by the share of elements that use it; the score loses the worst of these weights, not their
sum. The test for <script> is left out: our mails have none. The tables in data/mailpit.json are Mailpit's (MIT).
"""

import json
import re
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from lxml import html as lxml_html

from digest.compose.inlining import with_blocks_inlined
from digest.quality import page
from digest.quality.finding import Finding
from digest.quality.mail import Mail

LEAST_SCORE = 94.0
MOST_UNSUPPORTED = 0.3
SHOWN = 4


class Weight(NamedTuple):
    """What a feature costs: how much of the mail uses it, times how much of all clients only partly or do not know."""

    slug: str
    found: int
    partial: float
    unsupported: float


class Score(NamedTuple):
    """A document's score out of 100, and its weights, the costliest first."""

    value: float
    partial: float
    unsupported: float
    weights: list[Weight]


@cache
def rules() -> dict[str, Any]:
    """Return Mailpit's tables: selectors and patterns by slug, and percentages of partial and of no support."""
    text = (resources.files("digest.quality") / "data" / "mailpit.json").read_text()
    tables = json.loads(text)
    assert isinstance(tables, dict)  # noqa: S101 - our own file
    return tables


def check(mail: Mail) -> list[Finding]:
    """Score the HTML as Mailpit does."""
    score = score_of(mail.html)
    return [_score(score), _unsupported(score)]


def _score(score: Score) -> Finding:
    passed = score.value >= LEAST_SCORE
    partial = f"{_costs('partly supported', [(one.slug, one.partial, one.found) for one in score.weights])}; and "
    without = _costs("without support", [(one.slug, one.unsupported, one.found) for one in score.weights])
    return Finding(
        name="mailpit: score",
        passed=passed,
        value=f"{score.value:.1f}",
        limit=f"at least {LEAST_SCORE:.0f}",
        detail="" if passed else partial + without,
        strain=(100 - score.value) / (100 - LEAST_SCORE),
    )


def _unsupported(score: Score) -> Finding:
    """Judge the worst feature without support that the mail has more than once; a short mail has few elements."""
    avoidable = [one for one in score.weights if one.found > 1]
    worst = max((one.unsupported for one in avoidable), default=0.0)
    passed = worst < MOST_UNSUPPORTED
    return Finding(
        name="mailpit: unsupported",
        passed=passed,
        value=f"{worst:.2f}",
        limit=f"under {MOST_UNSUPPORTED}, but for what stands once",
        detail=""
        if passed
        else _costs("without support", [(one.slug, one.unsupported, one.found) for one in avoidable]),
        strain=worst / MOST_UNSUPPORTED,
    )


def _costs(what: str, costs: list[tuple[str, float, int]]) -> str:
    """Name the costliest features: lowering the first is what raises the score."""
    worst = sorted(costs, key=lambda cost: -cost[1])[:SHOWN]
    named = ", ".join(f"{slug} ({found} times, costs {cost:.2f})" for slug, cost, found in worst if cost)
    return f"of what is {what}, only the worst counts; use it on fewer elements: {named}"


def score_of(html: str) -> Score:
    """Return the score of a document."""
    found, nodes = _found(html)
    percent = rules()["percent"]
    weights = [
        Weight(slug, count, percent[slug][0] * count / nodes, percent[slug][1] * count / nodes)
        for slug, count in found.items()
        if count and slug in percent
    ]
    partial = max((weight.partial for weight in weights), default=0.0)
    unsupported = max((weight.unsupported for weight in weights), default=0.0)
    weights.sort(key=lambda weight: -weight.partial - weight.unsupported)
    return Score(100 - partial - unsupported, partial, unsupported, weights)


def _found(html: str) -> tuple[dict[str, int], int]:
    """Return how often each test of Mailpit's hits, and the number of elements."""
    tables, root = rules(), page.parse(html)
    nodes = sum(isinstance(element.tag, str) and element.tag not in ("html", "head", "meta") for element in root.iter())
    whole = lxml_html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")  # premailer fails without a root
    inlined = page.parse(with_blocks_inlined(page.printable(whole)))
    styles = [element.get("style") for element in inlined.cssselect("[style]")]
    css = "".join(style.text or "" for style in root.iter("style"))
    sources = [image.get("src") for image in root.cssselect("img[src]")]
    found = {slug: len(root.cssselect(selector)) for slug, selector in tables["html"].items()}
    found["html-body"] = 1  # once, whatever the parser made of it
    for slug, pattern in _patterns("image").items():
        found[slug] = sum(bool(pattern.search(source)) for source in sources)
    for slug, pattern in _patterns("inline").items():  # at most once an element
        found[slug] = sum(bool(pattern.search(style)) for style in styles)
    for slug, selector in tables["attribute"].items():
        found[slug] = found.get(slug, 0) + bool(inlined.cssselect(selector))
    for slug, pattern in _patterns("unit").items():
        found[slug] = sum(len(pattern.findall(style)) for style in styles)
    for slug, pattern in _patterns("css").items():
        found[slug] = len(pattern.findall(css))
    return found, max(1, nodes)


@cache
def _patterns(kind: str) -> dict[str, re.Pattern[str]]:
    """Return the patterns of a kind; the numbers beside them in the file are flags of `re`."""
    return {slug: re.compile(pattern, flags) for slug, (pattern, flags) in rules()[kind].items()}
