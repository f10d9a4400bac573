"""A letter as bytes: what it is about, read from the database as it is now, in words and in both parts of a mail."""

import hmac
from email.utils import format_datetime

import jinja2
from sqlalchemy import Connection

from digest import issues, languages, letter_words, newest, schedule, signing, templating
from digest.compose import headers
from digest.compose.quoted_printable import encode_piece
from digest.compose.wrapping import wrap
from digest.config import Settings
from digest.errors import TemplateError
from digest.letter_words import Section, Story, Words
from digest.model import Depth, Newsletter
from digest.selection import Chosen
from digest.smtp import dkim
from digest.smtp.envelope import Mail, path
from subscribers import address_changes, admission, preference_words, record, signups, store, suppression
from subscribers.letters import Kind, Letter
from subscribers.model import Status, Subscriber
from subscribers.tokens import Tokens
from subscribers.web import masked

FORM_MAIL = frozenset({Kind.CONFIRM, Kind.KNOWN, Kind.NEW_ADDRESS})  # whoever types an address provokes them
_ABOUT_ADDRESS = (Kind.NEW_ADDRESS, Kind.OLD_ADDRESS)  # these go where the person's mail does not go
_NOBODYS = (None, *suppression.LIFTABLE)  # reasons of a suppression that a new request may lift


def mail(connection: Connection, letter: Letter, settings: Settings) -> Mail | None:
    """Return a letter's mail, signed where this installation has keys; None where it has lost its reason.

    That is: the person is gone, left, moved or must not be mailed, what was to be confirmed is done or forgotten, or
    the settings no longer have the newsletter. The same letter and facts always give the same bytes. Raises
    SettingsError for a key that cannot be read, and TemplateError for a template of the user's that has a fault.
    """
    newsletter = next((one for one in settings.newsletters if one.slug == letter.newsletter), None)
    person = store.by_id(connection, letter.subscriber_id) if letter.subscriber_id is not None else None
    if newsletter is None or person is None or not _is_wanted(letter, person, newsletter):
        return None
    language = languages.spoken(letter.language, newsletter.language)
    words = _words(connection, letter, settings, person=person, newsletter=newsletter, language=language)
    if words is None:
        return None
    sender = headers.sender(newsletter.sender)
    boundary = f"digest-{_mac(letter, settings, 'boundary')}"
    header = _header(letter, newsletter, settings, words, boundary)
    if letter.kind is Kind.WELCOME:
        header += _list_fields(newsletter, settings, person)
    body = _body(words, newsletter, language, boundary, settings)
    signature = dkim.sign(signing.signers(settings, newsletter), header, body, at=letter.at)
    return Mail(sender.address, letter.recipient, signature + header + b"\r\n" + body)


def _is_wanted(letter: Letter, person: Subscriber, newsletter: Newsletter) -> bool:
    """Tell whether a letter still says what is so: to whom it speaks, at their address, of what they get."""
    if person.suppressed not in _NOBODYS:
        return False
    if letter.kind in _ABOUT_ADDRESS:
        return True
    is_theirs = store.email_key(letter.recipient) == store.email_key(person.email)
    return is_theirs and (letter.kind is Kind.CONFIRM or admission.gets(person, newsletter))


def _mac(letter: Letter, settings: Settings, purpose: str) -> str:
    return hmac.digest(settings.secret, f"letter {purpose}:{letter.id}".encode(), "sha256")[:8].hex()


def _header(letter: Letter, newsletter: Newsletter, settings: Settings, words: Words, boundary: str) -> bytes:
    """Return the fields of any letter; those that forms provoke say so, for providers to see a flood of them."""
    sender = headers.sender(newsletter.sender)
    identity = f"<letter-{letter.id}.{_mac(letter, settings, 'message-id')}@{sender.domain}>"
    lines = [
        f"From: {headers.mailbox(sender.name, sender.address, 'From')}",
        f"Date: {format_datetime(letter.at)}",
        "Auto-Submitted: auto-generated",  # RFC 3834 §5
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    if letter.kind in FORM_MAIL:  # draft-levine-mailbomb-header
        lines.append(f"Form-Sub: v=1{f'; ip={words.network}' if words.network else ''}")
    wire = path(letter.recipient)  # its domain in ASCII, as every server takes it
    return (
        headers.recipient_fields("", wire.address.decode() if wire else letter.recipient, identity)
        + headers.subject_field(words.subject)
        + "".join(line + "\r\n" for line in lines).encode("ascii")
    )


def _list_fields(newsletter: Newsletter, settings: Settings, person: Subscriber) -> bytes:
    """Return what lets a mail program unsubscribe (RFC 2369, 8058); in letters that only ask, there is nothing to."""
    url = _unsubscribe(settings, person, newsletter)
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")


def _body(words: Words, newsletter: Newsletter, language: str, boundary: str, settings: Settings) -> bytes:
    values = {
        "words": words,
        "newsletter": newsletter,
        "theme": newsletter.theme,
        "language": language,
        "direction": languages.direction(language),
        "wrap": wrap,
    }
    jinja = templating.environment("email", language, settings.templates)
    parts = []
    for template, kind in (("letter.txt.j2", "plain"), ("letter.html.j2", "html")):
        try:
            text = jinja.get_template(template).render(values).strip() + "\n"
        except jinja2.TemplateError as error:  # only one of the user's own can have a fault
            raise TemplateError(f"{template}: {error}: mend it, and the letter goes out at the next attempt") from error
        parts.append(
            f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
            + encode_piece(text.encode())
        )
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode("ascii")])


def _preferences(settings: Settings, person: Subscriber, newsletter: Newsletter) -> str:
    token = Tokens(settings.secret).preferences(person.id, person.link_version, newsletter.slug)
    return f"{settings.base_url}/preferences/{token}"


def _unsubscribe(settings: Settings, person: Subscriber, newsletter: Newsletter) -> str:
    return f"{settings.base_url}/unsubscribe/{Tokens(settings.secret).unsubscribe(person.id, newsletter.slug)}"


def _words(
    connection: Connection,
    letter: Letter,
    settings: Settings,
    *,
    person: Subscriber,
    newsletter: Newsletter,
    language: str,
) -> Words | None:
    """Return what a letter says now, or None where there is nothing to say any more."""
    match letter.kind:
        case Kind.CONFIRM:
            return _confirm(connection, letter, settings, person=person, newsletter=newsletter, language=language)
        case Kind.KNOWN:
            return letter_words.known(
                newsletter,
                letter.at,
                zone=person.timezone or newsletter.timezone,
                paused_until=person.paused_until if person.status is Status.PAUSED else None,
                preferences=_preferences(settings, person, newsletter),
                unsubscribe=_unsubscribe(settings, person, newsletter),
                language=language,
            )
        case Kind.WELCOME:
            slot = schedule.coming(newsletter.schedule, newsletter.timezone, letter.at)
            return letter_words.welcome(
                newsletter,
                zone=person.timezone or newsletter.timezone,
                topics=[name for name in person.preferences.categories if name in newsletter.categories],
                next_at=slot.at if slot else None,
                sections=_newest(connection, letter, person),
                preferences=_preferences(settings, person, newsletter),
                unsubscribe=_unsubscribe(settings, person, newsletter),
                language=language,
            )
        case Kind.NEW_ADDRESS | Kind.OLD_ADDRESS:
            return _change(connection, letter, settings, person=person, newsletter=newsletter, language=language)


def _confirm(
    connection: Connection,
    letter: Letter,
    settings: Settings,
    *,
    person: Subscriber,
    newsletter: Newsletter,
    language: str,
) -> Words | None:
    signup = signups.find(connection, letter.about) if letter.about is not None else None
    if signup is None or signup.confirmed_at is not None:
        return None
    promised = admission.promised(signup, person, newsletter, settings.newsletters, letter.at)
    often = {tile.value: tile.title for tile in preference_words.tiles(newsletter, language)}
    return letter_words.confirm(
        newsletter,
        signup,
        topics=promised.topics,
        often=often.get(promised.frequency, ""),
        network=record.network_of_request(connection, signup.subscriber_id, newsletter.slug, signup.at),
        url=f"{settings.base_url}/confirm/{Tokens(settings.secret).confirm(signup.id)}",
        language=language,
    )


def _change(
    connection: Connection,
    letter: Letter,
    settings: Settings,
    *,
    person: Subscriber,
    newsletter: Newsletter,
    language: str,
) -> Words | None:
    change = address_changes.find(connection, letter.about) if letter.about is not None else None
    if change is None:
        return None
    if letter.kind is Kind.OLD_ADDRESS:
        zone = person.timezone or newsletter.timezone
        return letter_words.old_address(
            newsletter, letter.at, zone=zone, masked=masked(change.email), language=language
        )
    if change.confirmed_at is not None:
        return None
    return letter_words.new_address(
        newsletter,
        change.at,
        until=change.at + address_changes.LIFETIME,
        url=f"{settings.base_url}/address/{Tokens(settings.secret).address(change.id)}",
        language=language,
    )


def _newest(connection: Connection, letter: Letter, person: Subscriber) -> tuple[Section, ...]:
    """Return the stories that a welcome brings: those of the issue that it is about, chosen for this person."""
    issue = issues.with_id(connection, letter.about) if letter.about is not None else None
    if issue is None:
        return ()
    found = newest.stories(connection, issue, person.preferences, person.language)
    return tuple(Section(category, tuple(map(_story, chosen))) for category, chosen in found.items())


def _story(chosen: Chosen) -> Story:
    article = chosen.article
    gist = "" if chosen.depth is Depth.HEADLINES else (article.tldr[0].plain if article.tldr else article.description)
    return Story(article.title, gist, article.domain, article.url)
