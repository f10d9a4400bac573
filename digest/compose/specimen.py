"""A sample issue with everything that an issue can hold, and a template tried on it.

Its articles are invented, one of them in a right-to-left script and one full of what a template must escape.
"""

import html
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle

from jinja2 import Environment

from digest.compose import document
from digest.compose.blocks import check_blocks
from digest.compose.pieces import Piece, card_name
from digest.errors import TemplateError
from digest.model import (
    Article,
    Correction,
    CorrectionKind,
    Depth,
    Issue,
    Newsletter,
    Outlet,
    Picture,
    RichText,
    Source,
)
from digest.ranking import Standing
from digest.theme import Logo

UNTIL = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
_SCRIPT = "<script>alert(1)</script>"
_HOSTILE = f"{_SCRIPT} \"quoted\" & 'so' \\ {{{{ 7 * 7 }}}} {{% endif %}} --"
_CUT = "<mj-raw><!--sample--></mj-raw>"  # as compiling writes it: it must stand where a component may
_TITLES = (
    ("en", "The ferry between the islands runs at night again"),
    ("ar", "عودة العبارة بين الجزر إلى العمل ليلا"),
    ("en", _HOSTILE),
    (
        "en",
        "One word: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    ),
)
_WORDS = {  # of an edition and a reader; a value that is not here is its own name
    "subject": _HOSTILE,
    "preheader": f"Plus: {_HOSTILE}",
    "stories": "8 stories",
    "minutes": "6 min read",
    "more": "3 more stories on the web",
    "why_you": "You get this because you subscribed to it, with every topic.",
    "since": "You have been on our list since 3 March 2026.",
    "view_url": "https://news.example.com/view/sample",
    "preferences_url": "https://news.example.com/preferences/sample",
    "pause_url": "https://news.example.com/pause/sample",
    "unsubscribe_url": "https://news.example.com/unsubscribe/sample",
    "story_url": "https://news.example.com/story/sample",
}


def _passage(words: str) -> RichText:
    cited = f'{html.escape(words)} <b>in bold</b> <a class="cite" href="https://source.example/1">1</a>'
    return RichText(f"{words} in bold", cited, f"{words} in bold [1]")


def _article(number: int, category: str, language: str, title: str) -> Article:
    url = f"https://news{number}.example/story?id={number}&from=digest"
    sources = (Source(1, "https://source.example/1", _HOSTILE), Source(2, "https://source.example/2?a=1&b=2", ""))
    return Article(
        id=f"sample-{number}",
        url=url,
        canonical_url=url,
        title=title,
        domain=f"news{number}.example",
        category=category,
        language=language,
        published_at=UNTIL - timedelta(hours=number),
        modified_at=UNTIL - timedelta(hours=number),
        image_url=f"https://news{number}.example/picture.jpg",
        image_alt="" if number % 2 else title,
        description=title,
        tldr=(_passage(title), _passage("A second point.")) if number % 3 else (),
        why_it_matters=_passage(title) if number % 4 else None,
        key_points=(_passage(title),) * 6,
        quotes=(_passage(title),),
        details=(_passage(title),),
        sources=sources if number % 5 else (),
        hashtags=("#sample",),
        view_count=number,
        words=400,
        story="",
    )


def complete(newsletter: Newsletter) -> Newsletter:
    """Return a newsletter with a sample of what it leaves empty: a word about it, a logo, and a schedule."""
    logo = newsletter.theme.logo or Logo(
        url="https://news.example.com/logos/sample.png", width=180, height=40, alt=newsletter.name
    )
    return newsletter.model_copy(
        update={
            "about": newsletter.about or _HOSTILE,
            "schedule": newsletter.schedule or "mon 07:00",
            "theme": newsletter.theme.model_copy(update={"logo": logo}),
        }
    )


def issue(newsletter: Newsletter) -> Issue:
    """Return a newsletter's sample issue."""
    return Issue(
        id=1,
        newsletter=newsletter,
        number=12,
        base_url="https://news.example.com",
        nonce="sample",
        since=UNTIL - timedelta(days=newsletter.window_days),
        until=UNTIL,
    )


def _cards(newsletter: Newsletter) -> Iterator[Piece]:
    """Yield a card for each title in each depth and look."""
    categories = cycle(newsletter.categories)
    looks = [(depth, title) for depth in reversed(Depth) for title in _TITLES]
    for number, ((depth, (language, title)), category) in enumerate(zip(looks, categories, strict=False), start=1):
        deep = depth is not Depth.HEADLINES
        lead, picture, update = number == 1, deep and number % 2 == 1, number % 3 == 0
        yield Piece(
            "card",
            card_name(number, depth, is_update=update, lead=lead, picture=picture),
            category,
            _article(number, category, language, title),
            depth,
            number,
            lead=lead,
            picture=Picture("https://news.example.com/pictures/sample.jpg", 552, 310) if picture else None,
            is_update=update,
            also_in=(Outlet("other.example", "https://other.example/?a=1&b=2"),) * (number % 3),
            standing=Standing(number, len(looks), is_pinned=number == 2) if number % 4 else None,
        )


def _correction(number: int, kind: CorrectionKind) -> Piece:
    said = Correction(
        id=number,
        article_id=f"sample-{number}",
        kind=kind,
        title=_HOSTILE,
        url="https://news1.example/story?id=1&from=digest",
        note="The ferry runs from Monday on, not from Sunday.",
        at=UNTIL,
    )
    return Piece("correction", f"k{number}", correction=said)


def pieces(newsletter: Newsletter) -> list[Piece]:
    """Return every kind of piece, as an issue of this newsletter could hold them, in order."""
    cards = list(_cards(newsletter))
    index = [
        Piece("index", f"i{number}", card.category, card.article) for number, card in enumerate(cards[:4], start=1)
    ]
    body = []
    for number, (card, category) in enumerate(zip(cards, cycle(newsletter.categories), strict=False)):
        if number < len(newsletter.categories):
            body.append(Piece("section", f"s{number}", category))
        body.append(card)
    corrections = [_correction(number, kind) for number, kind in enumerate(CorrectionKind, start=1)]
    return [*index, *body, *corrections, Piece("more", "more"), Piece("rest", "rest")]


def values() -> dict[str, str]:
    """Return a value for each place that an edition or a reader fills in."""
    return {name: _WORDS.get(name, name) for name in document.VALUES}


def try_template(templates: Environment, newsletter: Newsletter) -> None:
    """Render a newsletter's sample issue with its template and theme: as the newsletter is, and complete.

    Raises TemplateError when a template is broken, prints an article's words unescaped, or leaves out what every
    newsletter must say: the way to unsubscribe, and the postal address where there is one. Nor may it leave out a mark.
    """
    for one in (newsletter, complete(newsletter)):
        _try_issue(templates, issue(one))


def _try_issue(templates: Environment, sample: Issue) -> None:
    newsletter = sample.newsletter
    shown, said = pieces(newsletter), values()
    html_marks: list[str] = []
    text_marks: list[str] = []
    written = document.render_html(templates, sample, shown, said, mark=_noting(html_marks, _CUT))
    text = document.render_text(templates, sample, shown, said, mark=_noting(text_marks, ""))
    for kind in (".mjml.j2", ".txt.j2"):
        check_blocks(templates, newsletter.template + kind)
    if _SCRIPT in written:
        raise TemplateError(
            f"template {newsletter.template}.mjml.j2 prints an article's words as HTML: take `| safe` away from all "
            "but the `.html` of passages"
        )
    for kind, content in ((".mjml.j2", html.unescape(written)), (".txt.j2", text)):
        _check_law(newsletter, newsletter.template + kind, content)
    _check_marks(newsletter.template + ".mjml.j2", html_marks, shown, ("mid", "end"))
    _check_marks(newsletter.template + ".txt.j2", text_marks, [one for one in shown if one.kind != "index"], ("end",))


def _noting(marks: list[str], mark: str) -> Callable[[str], str]:
    """Return what writes a mark, and keeps its name."""

    def written(name: str) -> str:
        marks.append(name)
        return mark

    return written


def _check_marks(name: str, marks: Sequence[str], shown: Sequence[Piece], fixed: Sequence[str]) -> None:
    """Raise TemplateError unless the template marks each place where the document is cut, once."""
    counted = Counter(marks)
    for place in fixed:
        if counted[place] != 1:
            raise TemplateError(f'template {name} says {{{{ mark("{place}") }}}} {counted[place]} times: say it once')
    for piece in shown:
        if counted[piece.name] != 1:
            raise TemplateError(
                f"template {name} says {{{{ mark(piece.name) }}}} {counted[piece.name]} times for a piece of the kind "
                f"“{piece.kind}”: say it once for each, also where nothing is shown of it"
            )


def _check_law(newsletter: Newsletter, name: str, content: str) -> None:
    if _WORDS["unsubscribe_url"] not in content:
        raise TemplateError(f"template {name} has no way to unsubscribe: link to {{{{ values.unsubscribe_url }}}}")
    if _unspaced(newsletter.postal_address) not in _unspaced(content):
        raise TemplateError(f"template {name} leaves out the postal address: write {{{{ newsletter.postal_address }}}}")


def _unspaced(text: str) -> str:
    return "".join(text.split())
