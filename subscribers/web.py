"""What the pages that a reader's link opens share: whose it is, in which words they are answered, and where links lead.

A link's token is the authority; GET and HEAD change nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NamedTuple

from fastapi import Depends, Request, Response
from sqlalchemy import Connection
from starlette.datastructures import FormData

from digest import languages
from digest.config import Settings
from digest.languages import N_
from digest.model import Newsletter
from subscribers import pages, store
from subscribers.model import Status, Subscriber
from subscribers.record import Shown
from subscribers.tokens import Tokens

READ = ["GET", "HEAD"]
MAX_FIELDS = 500  # two for each category, and a few
GONE = (
    N_("This link does not work any more"),
    N_("It may be cut off, or a newer one has taken its place."),
    N_("The links at the end of our newest mail to you work."),
)
UNREADABLE = (
    N_("That form could not be read"),
    N_("Something in it is not known here, so nothing was changed."),
    N_("Open the page again from your mail, and try once more."),
)


async def read_form(request: Request) -> FormData:
    """Read a form in either encoding. Files are refused; there is nothing to upload here."""
    return await request.form(max_files=0, max_fields=MAX_FIELDS)


SubmittedForm = Annotated[FormData, Depends(read_form)]


def masked(email: str) -> str:
    """Return an address as its owner knows it and nobody else can read it: `a•••@example.org`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


class Silence(StrEnum):
    """Why somebody gets no mail of a newsletter at present."""

    LEFT_EVERYTHING = "left_everything"
    LEFT_NEWSLETTER = "left_newsletter"
    SUPPRESSED = "suppressed"


class Reader(NamedTuple):
    """The person that a link belongs to, and the newsletter whose mail it came with."""

    person: Subscriber
    newsletter: Newsletter

    @property
    def language(self) -> str:
        """The person's language if we speak it, else the newsletter's, else English."""
        return languages.spoken(self.person.language, self.newsletter.language)

    @property
    def timezone(self) -> str:
        """The person's time zone, or else the newsletter's."""
        return self.person.timezone or self.newsletter.timezone

    @property
    def silence(self) -> Silence | None:
        """Why the person gets no mail of the newsletter at present; None when they do, or have a break."""
        if self.person.status is Status.UNSUBSCRIBED:
            return Silence.LEFT_EVERYTHING
        if self.newsletter.slug in self.person.left:
            return Silence.LEFT_NEWSLETTER
        return Silence.SUPPRESSED if self.person.suppressed is not None else None


@dataclass(frozen=True, slots=True)
class Site:
    """The pages of one application: its settings, and the tokens that its secret signs."""

    settings: Settings
    tokens: Tokens

    def gone(self, accept: str) -> Response:
        """Return the page for a link that opens nothing."""
        return pages.message(self.settings, *GONE, status_code=404, accept=accept)

    def unreadable(self, reader: Reader) -> Response:
        """Return the page for a form that was not made by our page."""
        title, *sentences = map(languages.translations(reader.language).gettext, UNREADABLE)
        return self.page("message.html.j2", reader, 422, title=title, sentences=sentences)

    def page(self, template: str, reader: Reader, status_code: int = 200, **values: object) -> Response:
        """Return a page for a reader, in their language."""
        return pages.page(
            self.settings,
            template,
            status_code,
            newsletter=reader.newsletter.name,
            postal_address=reader.newsletter.postal_address,
            address=masked(reader.person.email),
            language=reader.language,
            **values,
        )

    def shown(self, request: Request, reader: Reader, page: str, wording: str) -> Shown:
        """Return what the record of consent keeps of a decision on a page: from where, and in which words."""
        network = pages.network(request, self.settings)
        address = f"{self.settings.base_url}/{page}"  # without the token
        return Shown(page=address, network=network, language=reader.language, wording=wording)

    def newsletter(self, slug: str) -> Newsletter | None:
        """Return the newsletter of that slug, or None when the settings have none."""
        return next((newsletter for newsletter in self.settings.newsletters if newsletter.slug == slug), None)

    def reader(self, connection: Connection, token: str) -> Reader | None:
        """Return whose preference link it is; None for one that was revoked, or opens nothing."""
        link = self.tokens.read_preferences(token)
        newsletter = self.newsletter(link.newsletter) if link else None
        person = store.by_id(connection, link.subscriber_id) if link else None
        if link is None or newsletter is None or person is None or link.link_version != person.link_version:
            return None
        return Reader(person, newsletter)

    def held(self, connection: Connection, token: str) -> Reader | None:
        """Return whose preference link it is, whom nobody else changes until the transaction ends."""
        reader = self.reader(connection, token)
        if reader is None or store.hold(connection, reader.person.id) is None:
            return None
        return self.reader(connection, token)  # as they are since: who waits must not write what they read before

    def preferences_path(self, reader: Reader) -> str:
        """Return where the reader's present preference link leads. Only for who has such a link already."""
        token = self.tokens.preferences(reader.person.id, reader.person.link_version, reader.newsletter.slug)
        return f"{pages.base_path(self.settings)}/preferences/{token}"

    def unsubscribe_path(self, reader: Reader) -> str:
        """Return where Unsubscribe leads; empty for somebody who has left everything."""
        if reader.person.status is Status.UNSUBSCRIBED:
            return ""
        token = self.tokens.unsubscribe(reader.person.id, reader.newsletter.slug)
        return f"{pages.base_path(self.settings)}/unsubscribe/{token}"
