"""What the page for unsubscribing offers beside it: less mail instead, and a reason to give. Words in a language."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from digest import languages
from digest.languages import N_
from digest.model import Depth, Newsletter
from subscribers import preference_form
from subscribers.model import Frequency, Preferences, Status, Subscriber
from subscribers.record import Reason

BREAK = timedelta(weeks=4)
EVERYTHING = "everything"  # the value of the button that leaves all newsletters
REASONS = {
    # Translators: an answer to “What was wrong?”, asked of somebody who has unsubscribed.
    Reason.TOO_MANY: N_("Too many mails"),
    # Translators: an answer to “What was wrong?”, asked of somebody who has unsubscribed.
    Reason.NOT_MY_TOPICS: N_("Not my topics"),
    # Translators: an answer to “What was wrong?”, asked of somebody who has unsubscribed.
    Reason.NEVER_SIGNED_UP: N_("I never signed up"),
    # Translators: an answer to “What was wrong?”, asked of somebody who has unsubscribed.
    Reason.OTHER: N_("Something else"),
}


class Instead(StrEnum):
    """What somebody may choose instead of unsubscribing."""

    MONTHLY = "monthly"
    HEADLINES = "headlines"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Offer:
    """One of them as the page shows it."""

    value: Instead
    title: str
    note: str
    button: str


def headlines(person: Subscriber, newsletter: Newsletter, now: datetime) -> Preferences:
    """Return somebody's preferences with nothing but headlines of a newsletter's topics."""
    shown = preference_form.shown(person, newsletter, now)
    topics = tuple(replace(topic, depth=Depth.HEADLINES) for topic in shown.topics)
    return preference_form.preferences(replace(shown, topics=topics), shown, person.preferences, newsletter, ())


def break_until(now: datetime) -> datetime:
    """Return the end of a break that begins now."""
    return now + BREAK


def offers(person: Subscriber, newsletter: Newsletter, now: datetime) -> list[Offer]:
    """Return what would be less mail for this person than they get now, the mildest last."""
    language = languages.spoken(person.language, newsletter.language)
    _ = languages.translations(language).gettext
    found = []
    if person.frequency is not Frequency.MONTHLY and Frequency.MONTHLY in preference_form.frequencies(newsletter):
        found.append(Offer(Instead.MONTHLY, _("Once a month"), _("At most one a month"), _("Monthly")))
    if headlines(person, newsletter, now) != person.preferences:
        button = languages.translations(language).pgettext("depth", "Headlines")
        found.append(Offer(Instead.HEADLINES, _("Headlines only"), _("Titles and sources only"), button))
    if person.status is Status.CONFIRMED:
        zone = person.timezone or newsletter.timezone
        # Translators: %(day)s is “28 Dec”.
        note = _("Starts again on %(day)s") % {"day": languages.short_date(break_until(now), zone, language)}
        # Translators: the last of these is a button: to take a break from a newsletter.
        found.append(Offer(Instead.BREAK, _("A four-week break"), note, _("Pause")))
    return found


def reasons(language: str) -> dict[Reason, str]:
    """Return the answers to “What was wrong?”."""
    _ = languages.translations(language).gettext
    return {reason: _(words) for reason, words in REASONS.items()}


def wording(fields: Mapping[str, object], person: Subscriber, newsletter: Newsletter, now: datetime) -> str:
    """Return the words of the button that was pressed, with those beside it, as the page shows them to this person.

    `fields` are the form's; whatever they say that no button does means to unsubscribe from the newsletter.
    """
    language = languages.spoken(person.language, newsletter.language)
    _ = languages.translations(language).gettext
    if "undo" in fields:
        return "\n".join((_("Was that an accident?"), _("Undo")))
    given = reasons(language)
    if (reason := fields.get("reason")) in given:
        return "\n".join((_("What was wrong?"), given[Reason(str(reason))], _("Send")))
    if (instead := fields.get("instead")) in set(Instead):
        shown = (offer for offer in offers(person, newsletter, now) if offer.value == instead)
        return "\n".join(words for offer in shown for words in (offer.title, offer.note, offer.button))
    if fields.get("from") == EVERYTHING:
        return _("Unsubscribe from everything")
    return _("Unsubscribe from %(newsletter)s") % {"newsletter": newsletter.name}
