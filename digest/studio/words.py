"""Reasons, numbers and times in the words that editors read."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model import Article, Issue, Newsletter

DEPTH_STROKES = {"full": 3, "brief": 2, "headlines": 1}

CHOSEN = {
    "chosen_category": "{category} is one of this reader’s topics",
    "every_category": "This reader chose no topics, so gets every one",
    "pinned": "An editor pinned it to the top of {category}",
    "updated": "This reader had it, and it has changed since",
}
_DROPPED = {
    "withdrawn": "An editor withdrew or corrected it",
    "not_chosen": "{category} is not one of this reader’s topics",
    "not_in_newsletter": "{newsletter} has no category {category}",
    "muted": "This reader muted {domain} or {category}",
    "received": "This reader has had it already",
    "story_received": "This reader has had the story already, from another source",
    "before_window": "Older than this reader’s last issue",
    "same_article": "Already here, under another category or from another source",
    "same_story": "Another source tells the story better, or in the reader’s language",
    "domain_full": "{domain} has given enough: {newsletter} takes {max_per_domain} of a source",
    "category_full": "{category} is full: {newsletter} takes the {max_per_category} best ranked",
    "issue_full": "The issue is full: {newsletter} takes {max_articles}, or fewer for a reader who wants fewer",
    "too_few": "Too few for a mail: {newsletter} wants {min_articles} or more",
    "more_on_web": "The mail has no room left for it: it stands on the page in the browser",
}
_DROPPED_GROUPS = {
    "withdrawn": "Withdrawn or corrected",
    "not_chosen": "Not a topic of this reader",
    "not_in_newsletter": "No such category in {newsletter}",
    "muted": "Muted by this reader",
    "received": "This reader has had it already",
    "story_received": "This reader has had the story already",
    "before_window": "Older than this reader’s last issue",
    "same_article": "Here already, under another category or from another source",
    "same_story": "Another source tells the story",
    "domain_full": "Enough of one source: {max_per_domain} are taken",
    "category_full": "Category full: the {max_per_category} best ranked are taken",
    "issue_full": "Issue full: {max_articles} are taken, or as many as the reader wants",
    "too_few": "Too few for a mail: {min_articles} are wanted",
    "more_on_web": "Only on the page in the browser: the mail is full",
}
SKIPPED = {
    "pending": "has not confirmed the subscription yet",
    "unsubscribed": "left {newsletter}",
    "suppressed": "has an address that must not be mailed any more",
    "paused": "is taking a break",
    "not_due": "had an issue already, and wants them less often",
    "no_articles": "finds nothing new in the topics chosen",
    "not_in_segment": "is not in the part of the readers that this issue is for",
    "too_few": "would get fewer stories than {newsletter} sends ({min_articles})",
}


def _said(templates: dict[str, str], reason: str, newsletter: Newsletter, **values: str) -> str:
    """Fill in a reason's words. A reason without words of its own is shown as it is."""
    template = templates.get(reason)
    if template is None:
        return reason.replace("_", " ").capitalize()
    return template.format(
        newsletter=newsletter.name,
        max_per_category=newsletter.max_per_category,
        max_per_domain=newsletter.max_per_domain,
        max_articles=newsletter.max_articles,
        min_articles=newsletter.min_articles,
        **values,
    )


def why_chosen(reason: str, article: Article, newsletter: Newsletter) -> str:
    """Say why a reader gets an article."""
    return _said(CHOSEN, reason, newsletter, category=article.category, domain=article.domain)


def why_dropped(reason: str, article: Article, newsletter: Newsletter) -> str:
    """Say why a reader does not get an article."""
    return _said(_DROPPED, reason, newsletter, category=article.category, domain=article.domain)


def dropped_group(reason: str, newsletter: Newsletter) -> str:
    """Say what the articles that were left out for one reason have in common."""
    return _said(_DROPPED_GROUPS, reason, newsletter)


def why_skipped(reason: str, newsletter: Newsletter) -> str:
    """Say why a person gets no mail of an issue; goes on after the person's name."""
    said = _said(SKIPPED, reason, newsletter)
    return said[:1].lower() + said[1:]


def sentence(text: str) -> str:
    """Return a phrase with a capital letter at its beginning; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def kilobytes(count: int) -> str:
    """Return a size as mail clients count it: “39.8 KB” of 1,024 bytes."""
    return f"{count / 1024:.1f}\u00a0KB"


def counted(count: int, one: str, many: str) -> str:
    """Return “1 reader” or “4,812 readers”."""
    return f"{count:,}\u00a0{one if count == 1 else many}"


def ordinal(number: int) -> str:
    """Return “1st”, “2nd”, “11th”."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def local(instant: datetime, newsletter: Newsletter) -> datetime:
    """Return an instant in the newsletter's time zone."""
    return instant.astimezone(ZoneInfo(newsletter.timezone))


def day(instant: datetime, newsletter: Newsletter) -> str:
    """Return “20 Nov”."""
    at = local(instant, newsletter)
    return f"{at.day}\u00a0{at:%b}"


def moment(instant: datetime, newsletter: Newsletter) -> str:
    """Return “Mon 23 Nov, 07:00”."""
    at = local(instant, newsletter)
    return f"{at:%a} {at.day}\u00a0{at:%b}, {at:%H:%M}"


def window(issue: Issue) -> str:
    """Return the days whose articles are candidates: “16 to 23 Nov”; the end is not one of them."""
    first = local(issue.since, issue.newsletter)
    last = local(issue.until - timedelta(microseconds=1), issue.newsletter)
    if first.date() == last.date():
        return day(issue.since, issue.newsletter)
    start = str(first.day) if (first.year, first.month) == (last.year, last.month) else f"{first.day}\u00a0{first:%b}"
    return f"{start} to {last.day}\u00a0{last:%b}"
