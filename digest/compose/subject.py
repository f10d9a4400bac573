"""What the inbox shows of an edition before it is opened: its subject, and the preheader beside it."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from digest import languages
from digest.model import Article, Issue
from digest.shortening import shortened

SUBJECT_LENGTH = 60  # characters that phones and desktops show
SHORTEST_SUBJECT = 20
PREHEADER_LENGTH = 110
SHORTEST_PREHEADER = 40
OTHER_TOPICS = 2  # that a subject names beside the lead story
FOLLOWING = 3  # stories that a preheader names
SHARED_RUN = 4  # words in a row that subject and preheader may not share
_WORD = re.compile(r"\w+")


def headline(article: Article) -> str:
    """Return an article's headline as a subject: no shouting, which spam filters count (SpamAssassin SUBJ_ALL_CAPS)."""
    title = article.title
    return title.capitalize() if title.isupper() and len(title.split()) > 1 else title


def subject(articles: Sequence[Article], issue: Issue, *, is_update: bool, taken: Collection[str]) -> str:
    """Return the lead story's headline, and the reader's other sections where there is room for their names.

    It has 20 to 60 characters, and is none of those `taken` by earlier issues: mail clients put mails of one subject
    into one conversation.
    """
    return next(text for text in _subjects(articles, issue, is_update=is_update) if text not in taken)


def _subjects(articles: Sequence[Article], issue: Issue, *, is_update: bool) -> Iterator[str]:
    """Yield the subjects that an edition can have, the best first; the last names the issue's number."""
    language, newsletter = issue.newsletter.language, issue.newsletter
    translations = languages.translations(language)
    lead = headline(articles[0])
    if is_update:
        lead = translations.gettext("Updated: %(headline)s") % {"headline": lead}
    if len(lead) < SHORTEST_SUBJECT:
        lead = f"{newsletter.name}: {lead}"
    known = {category.casefold(): category for category in newsletter.categories}
    sections = list(dict.fromkeys(known[article.category.casefold()] for article in articles))
    for count in range(min(len(sections), OTHER_TOPICS + 1), 1, -1):
        text = f"{lead} · {', '.join(sections[1:count])}"
        if len(text) <= SUBJECT_LENGTH:
            yield text
    if len(lead) >= SHORTEST_SUBJECT:
        yield shortened(lead, SUBJECT_LENGTH)
    number = translations.gettext("Issue %(number)s") % {"number": languages.number(issue.number, language)}
    day = languages.short_date(issue.until, newsletter.timezone, language)
    for ending in (day, number, f"{day} · {number}"):
        text = f"{shortened(lead, SUBJECT_LENGTH - len(ending) - 3)} · {ending}"
        if len(text) >= SHORTEST_SUBJECT:
            yield text
    yield f"{newsletter.name} · {day} · {number}"[-SUBJECT_LENGTH:]


def preheader(articles: Sequence[Article], issue: Issue, subject: str) -> str:
    """Return what stands beside the subject: the next stories, or what the lead says where it is alone.

    It shares no run of four words with the subject.
    """
    translations = languages.translations(issue.newsletter.language)
    said = ""
    other = (title for title in map(headline, articles[1:]) if not repeats(title, subject))
    if following := "; ".join(islice(other, FOLLOWING)):
        said = translations.gettext("Plus: %(stories)s") % {"stories": following}
    for text in _sayings(articles):
        if len(said) >= SHORTEST_PREHEADER:
            break
        if not repeats(text, subject) and text not in said:
            said = f"{said} {text}".strip()
    return shortened(said or issue.newsletter.name, PREHEADER_LENGTH)


def _sayings(articles: Sequence[Article]) -> Iterator[str]:
    """Yield the sentences that can fill a preheader, those of the lead first."""
    for article in articles:
        yield from (passage.plain for passage in article.tldr)
        if article.description:
            yield article.description
        if article.why_it_matters:
            yield article.why_it_matters.plain


def repeats(text: str, subject: str) -> bool:
    """Tell whether a text shares a run of words with the subject, so that an inbox would show them twice."""
    words, of_subject = _WORD.findall(text.casefold()), _WORD.findall(subject.casefold())
    runs = {tuple(of_subject[start : start + SHARED_RUN]) for start in range(len(of_subject) - SHARED_RUN + 1)}
    return any(tuple(words[start : start + SHARED_RUN]) in runs for start in range(len(words) - SHARED_RUN + 1))
