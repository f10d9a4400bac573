"""What the preference page calls all that can be chosen on it, in a reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from digest import languages, timetable
from digest.languages import N_
from digest.model import Depth, Newsletter
from subscribers import preference_form, time_zones
from subscribers.breaks import Length
from subscribers.model import Frequency
from subscribers.preference_form import Form, Problem

_DAYS = (
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Mondays"),
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Tuesdays"),
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Wednesdays"),
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Thursdays"),
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Fridays"),
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Saturdays"),
    # Translators: goes into “On %(days)s”, alone or with another: “On Mondays and Thursdays”.
    N_("Sundays"),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the frequencies to choose from."""

    value: Frequency
    title: str
    note: str


def _when(days: Sequence[int], language: str) -> str:
    """Say when issues come: on one or two days of the week, or in general."""
    _ = languages.translations(language).gettext
    if len(days) == len(_DAYS):
        # Translators: how often issues come.
        return _("One a day")
    if 0 < len(days) < 3:
        # Translators: when issues come; %(days)s is “Mondays” or “Mondays and Thursdays”.
        return _("On %(days)s") % {"days": languages.listed([_(_DAYS[day]) for day in days], language)}
    # Translators: when issues come: without a rule.
    return _("As they come out")


def tiles(newsletter: Newsletter, language: str) -> list[Tile]:
    """Return what the page says of each frequency that the newsletter can keep."""
    _ = languages.translations(language).gettext
    said = {
        # Translators: how often somebody gets mail: with every issue of the newsletter.
        Frequency.EVERY_ISSUE: (_("Every issue"), _when(preference_form.days(newsletter), language)),
        # Translators: how often somebody gets mail: once a day.
        Frequency.DAILY: (_("Daily"), _("At most one a day")),
        # Translators: how often somebody gets mail: once a week.
        Frequency.WEEKLY: (_("Weekly"), _("At most one a week")),
        # Translators: how often somebody gets mail: once a month.
        Frequency.MONTHLY: (_("Monthly"), _("At most one a month")),
    }
    return [Tile(frequency, *said[frequency]) for frequency in preference_form.frequencies(newsletter)]


def depths(language: str) -> dict[Depth, str]:
    """Return what a language calls each depth, deepest first."""
    pgettext = languages.translations(language).pgettext
    return {
        # Translators: how much of each story somebody gets: all of it.
        Depth.FULL: pgettext("depth", "Full"),
        # Translators: how much of each story somebody gets: the gist.
        Depth.BRIEF: pgettext("depth", "Brief"),
        # Translators: how much of each story somebody gets: titles only.
        Depth.HEADLINES: pgettext("depth", "Headlines"),
    }


def about(a_week: float | None, language: str) -> str:
    """Say how many articles a topic brings a week; nothing where there is too little to go by."""
    count = round(a_week or 0)
    if count == 0:
        return ""
    # Translators: how many articles a topic brings; stands in small type under its name.
    said = languages.translations(language).ngettext("About %(count)s a week", "About %(count)s a week", count)
    return said % {"count": languages.number(count, language)}


class Option(NamedTuple):
    """One line of a list to choose from."""

    value: str
    title: str


def _with_own(options: list[Option], value: str, title: str) -> list[Option]:
    """Return the options with the one that somebody has now, should it be none of them."""
    return options if any(option.value == value for option in options) else [*options, Option(value, title)]


def days(form: Form, newsletter: Newsletter, language: str) -> list[Option]:
    """Return the days on which an issue may come; none where it does not come every week anyway."""
    if not preference_form.days(newsletter) and not form.day:
        return []
    _ = languages.translations(language).gettext
    # Translators: when somebody gets a mail: as soon as the issue is there; in a list with the days of the week.
    first = Option("", _("When it comes out"))
    return [first, *(Option(day, languages.weekday(n, language)) for n, day in enumerate(timetable.DAYS))]


def hours(form: Form, language: str) -> list[Option]:
    """Return the hours at which an issue may come."""
    first = Option("", languages.translations(language).gettext("When it comes out"))
    found = [first, *(Option(hour, _clock(hour, language)) for hour in preference_form.HOURS)]
    return _with_own(found, form.hour, _clock(form.hour, language) if form.hour else "")


def _clock(hour: str, language: str) -> str:
    try:
        return languages.clock(time.fromisoformat(hour), language)
    except ValueError:
        return hour


def newsletters_zone(newsletter: Newsletter, language: str, now: datetime) -> str:
    """Say what no time zone of one's own means: “The newsletter’s: London (UTC+0)”."""
    zone = time_zones.title(newsletter.timezone, language, now)
    # Translators: the first in a list of time zones; %(zone)s is “London (UTC+0)”.
    return languages.translations(language).gettext("The newsletter’s: %(zone)s") % {"zone": zone}


def own_zone(form: Form, language: str, now: datetime) -> Option | None:
    """Return somebody's time zone where it has an old name that the list does not have."""
    if not form.timezone or form.timezone in time_zones.names():
        return None
    return Option(form.timezone, time_zones.title(form.timezone, language, now))


def speech(form: Form, newsletter: Newsletter, language: str) -> list[Option]:
    """Return the languages to choose from, each by its own name."""
    own = languages.name(newsletter.language)
    # Translators: the first in a list of languages; %(language)s is that of the newsletter, by its own name.
    first = languages.translations(language).gettext("The newsletter’s: %(language)s") % {"language": own}
    found = [Option("", first), *(Option(tag, languages.name(tag)) for tag in languages.translated())]
    return _with_own(found, form.language, languages.name(form.language))


def counts(form: Form, newsletter: Newsletter, language: str) -> list[Option]:
    """Return the numbers of stories to choose from, the newsletter's first."""
    translations = languages.translations(language)

    def at_most(count: int) -> str:
        # Translators: how many stories a mail has at most.
        said = translations.ngettext("Up to %(count)s story", "Up to %(count)s stories", count)
        return said % {"count": languages.number(count, language)}

    usual = Option("", at_most(newsletter.max_articles))
    found = [usual, *(Option(str(count), at_most(count)) for count in preference_form.fewer(newsletter))]
    return found if form.most is None else _with_own(found, str(form.most), at_most(form.most))


def lengths(until: datetime | None, timezone: str, language: str) -> list[Option]:
    """Return the breaks to choose from; `until` is the end of the one that is running."""
    translations = languages.translations(language)
    _ = translations.gettext
    # Translators: one of the lengths of a break from a newsletter: none.
    found = [Option(Length.NONE, _("No break"))]
    if until is not None:
        # Translators: the break from a newsletter that is running; %(day)s is “28 Dec”.
        said = _("Until %(day)s") % {"day": languages.short_date(until, timezone, language)}
        found.append(Option(Length.AS_IT_IS, said))
    for length, weeks in ((Length.ONE_WEEK, 1), (Length.TWO_WEEKS, 2), (Length.FOUR_WEEKS, 4)):
        # Translators: one of the lengths of a break from a newsletter.
        said = translations.ngettext("%(count)s week", "%(count)s weeks", weeks)
        found.append(Option(length, said % {"count": languages.number(weeks, language)}))
    # Translators: one of the lengths of a break from a newsletter: a field for the date stands beside it.
    return [*found, Option(Length.DATE, _("Until a date"))]


PROBLEMS = {  # what is to mend, and the field where
    # Translators: a link to the place on the page that is to be mended.
    Problem.NO_TOPIC: (N_("Choose at least one topic"), "first-topic"),
    # Translators: a link to the place on the page that is to be mended.
    Problem.NO_SOURCE: (N_("Give the source as a domain"), "mute"),
    # Translators: a link to the place on the page that is to be mended.
    Problem.NO_DAY: (N_("Choose the day on which mail comes again"), "until"),
}


def problems(found: Sequence[Problem], language: str) -> list[tuple[str, str]]:
    """Return what is to mend, and the id of the field where that can be done."""
    _ = languages.translations(language).gettext
    return [(_(PROBLEMS[problem][0]), PROBLEMS[problem][1]) for problem in found]
