"""What the inbox shows of an edition before it is opened."""

from collections.abc import Sequence

from digest.model import Article
from digest.shortening import shortened

SUBJECT_LENGTH = 60  # characters that phones and desktops show
PREHEADER_LENGTH = 110


def subject(articles: Sequence[Article]) -> str:
    """Return the lead story's headline, at the length that inboxes show."""
    return shortened(articles[0].title, SUBJECT_LENGTH)


def preheader(articles: Sequence[Article]) -> str:
    """Return what stands beside the subject: the next stories, or the lead's first point where it is alone."""
    if len(articles) > 1:
        return shortened("Plus: " + "; ".join(article.title for article in articles[1:4]), PREHEADER_LENGTH)
    first = articles[0].tldr[0].plain if articles[0].tldr else articles[0].description
    return shortened(first, PREHEADER_LENGTH)
