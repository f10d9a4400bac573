"""What the preference page calls days, depths and frequencies, in a reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest import languages
from digest.languages import N_
from digest.model import Depth, Newsletter
from subscribers import preference_form
from subscribers.model import Frequency

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
