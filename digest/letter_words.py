"""What each letter says, in its reader's language: the same words for both parts of the mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from digest import languages
from digest.model import Newsletter
from subscribers import signups
from subscribers.signups import Signup


class Link(NamedTuple):
    """A button, or a link at the end."""

    words: str
    url: str


class Story(NamedTuple):
    """A story of the newest issue."""

    title: str
    gist: str  #: empty where headlines were asked for
    domain: str
    url: str


class Section(NamedTuple):
    """The stories of one topic."""

    name: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A letter, said."""

    subject: str
    heading: str
    before: tuple[str, ...]  #: paragraphs above the button
    after: tuple[str, ...]  #: paragraphs below it
    button: Link | None = None
    sections: tuple[Section, ...] = ()
    links: tuple[Link, ...] = ()  #: at the end
    network: str = ""  #: from which the letter was provoked, for its header


def confirm(
    newsletter: Newsletter,
    signup: Signup,
    *,
    topics: Sequence[str],
    often: str,
    network: str,
    url: str,
    language: str,
) -> Words:
    """Ask whether this person asked. Nothing that a stranger typed stands in it: they ticked the topics' names only."""
    _ = languages.translations(language).gettext
    asked = languages.moment(signup.at, newsletter.timezone, language)
    until = languages.moment(signup.at + signups.LIFETIME, newsletter.timezone, language)
    listed = languages.listed(topics, language) or _("Every topic")
    # Translators: %(moment)s is “Monday 30 November at 07:00, London time”.
    said = [
        _("On %(moment)s somebody gave this address on our page and asked for %(newsletter)s.")
        % {"moment": asked, "newsletter": newsletter.name}
    ]
    if network:
        # Translators: %(network)s is a range of internet addresses, such as 203.0.113.0/24.
        said.append(_("The request came from the network %(network)s.") % {"network": network})
    # Translators: what somebody asked for: “Topics: World and Science. How often: Weekly.”
    said.append(_("Topics: %(topics)s. How often: %(often)s.") % {"topics": listed, "often": often})
    return Words(
        # Translators: the subject of the letter that asks somebody to confirm their sign-up.
        subject=_("Please confirm: %(newsletter)s") % {"newsletter": newsletter.name},
        heading=_("Did you ask for this?"),
        before=tuple(said),
        # Translators: the button in a letter. It opens a page, on which another button confirms.
        button=Link(_("Yes, subscribe me"), url),
        after=(
            _("The link works until %(moment)s.") % {"moment": until},
            _(
                "If it was not you, ignore this letter: without a confirmation nothing more is sent, and an address "
                "that was new to us is deleted after a week."
            ),
        ),
        network=network,
    )


def known(
    newsletter: Newsletter,
    at: datetime,
    *,
    zone: str,
    paused_until: datetime | None,
    preferences: str,
    unsubscribe: str,
    language: str,
) -> Words:
    """Say that the newsletter comes already, or does after a break. `zone` is where the reader lives, as everywhere."""
    _ = languages.translations(language).gettext
    asked = languages.moment(at, zone, language)
    said = _("Nothing was changed.")
    if paused_until:
        # Translators: %(day)s is “28 Dec”: until then somebody gets no mail, as they chose.
        said = _("Your break lasts until %(day)s.") % {"day": languages.short_date(paused_until, zone, language)}
    return Words(
        # Translators: the subject of the letter to somebody who signed up for what they get already.
        subject=_("You get %(newsletter)s already") % {"newsletter": newsletter.name},
        heading=_("You are subscribed already"),
        before=(
            _("On %(moment)s somebody asked for %(newsletter)s with this address, which gets it already.")
            % {"moment": asked, "newsletter": newsletter.name},
            said,
        ),
        button=Link(_("Change your preferences"), preferences),
        after=(_("If it was not you, there is nothing to do."),),
        links=(Link(_("Unsubscribe"), unsubscribe),),
    )


def welcome(
    newsletter: Newsletter,
    *,
    zone: str,
    topics: Sequence[str],
    next_at: datetime | None,
    sections: tuple[Section, ...],
    preferences: str,
    unsubscribe: str,
    language: str,
) -> Words:
    """Say what comes, and when; with the newest issue's stories where they were wanted."""
    _ = languages.translations(language).gettext
    said = [_("This address gets %(newsletter)s from now on.") % {"newsletter": newsletter.name}]
    if next_at:
        moment = languages.moment(next_at, zone, language)
        said.append(_("The next issue comes on %(moment)s.") % {"moment": moment})
    else:
        said.append(_("The next issue comes as soon as it is out."))
    # Translators: %(topics)s is “World, Business and Science”.
    said.append(_("Your topics: %(topics)s.") % {"topics": languages.listed(topics, language) or _("Every topic")})
    return Words(
        # Translators: the subject of the first letter after somebody confirmed.
        subject=_("Welcome to %(newsletter)s") % {"newsletter": newsletter.name},
        heading=_("Welcome"),
        before=tuple(said),
        button=Link(_("Choose topics and depth"), preferences),
        after=(_("From the newest issue, by your topics:"),) if sections else (),
        sections=sections,
        links=(Link(_("Unsubscribe"), unsubscribe),),
    )


def new_address(newsletter: Newsletter, at: datetime, *, until: datetime, url: str, language: str) -> Words:
    """Ask at an address whether mail shall go there. It may be a stranger's, so it names nobody."""
    _ = languages.translations(language).gettext
    zone = newsletter.timezone
    return Words(
        # Translators: the subject of a letter to the address at which a reader wants their mail from now on.
        subject=_("Your new address for %(newsletter)s") % {"newsletter": newsletter.name},
        heading=_("Shall your mail come here?"),
        before=(
            _("On %(moment)s a reader of %(newsletter)s asked for their mail at this address.")
            % {"moment": languages.moment(at, zone, language), "newsletter": newsletter.name},
        ),
        button=Link(_("Yes, use this address"), url),
        after=(
            _("The link works until %(moment)s.") % {"moment": languages.moment(until, zone, language)},
            _("If it was not you, ignore this letter: nothing changes without it."),
        ),
    )


def old_address(newsletter: Newsletter, at: datetime, *, zone: str, masked: str, language: str) -> Words:
    """Tell the old address that mail goes elsewhere; the new one is masked, since others may read this."""
    _ = languages.translations(language).gettext
    return Words(
        # Translators: the subject of a letter to the address that a reader had until now.
        subject=_("%(newsletter)s goes to another address now") % {"newsletter": newsletter.name},
        heading=_("Your mail goes elsewhere now"),
        before=(
            # Translators: %(address)s is masked, such as “a•••@example.org”.
            _("Since %(moment)s %(newsletter)s goes to %(address)s, and no more to this address.")
            % {
                "moment": languages.moment(at, zone, language),
                "newsletter": newsletter.name,
                "address": masked,
            },
        ),
        after=(_("If it was not you who changed it, answer this letter."),),
    )
