"""`digest subscribers …`: people in and out, their choices, consent and data rights."""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click
from sqlalchemy import Connection

from digest import db
from digest.cli.consent_record import record
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.cli.subscriber_import import import_, known_categories
from digest.errors import NotFoundError, UsageError
from digest.model import JsonObject
from digest.webhooks import farewell
from subscribers import consent, exporting, fields, lists, sheets, store, suppression
from subscribers.model import Preferences, Status, Subscriber

SOURCE = "command line"  # where consent changes that are typed here come from


@click.group()
def subscribers() -> None:
    """The audience: import, look up, change, unsubscribe, erase, export."""


def _named(connection: Connection, email: str) -> Subscriber:
    person = store.by_email(connection, email)
    if person is None:
        raise NotFoundError(
            f"there is no subscriber {fields.quote(email)}: `digest subscribers list` prints those that are there"
        )
    return person


subscribers.add_command(import_)
subscribers.add_command(record)


@subscribers.command("list")
@click.option("--list", "list_", metavar="L", help="Only people on this list.")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only people of this status.")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def list_(installation: Installation, list_: str | None, status: str | None, as_json: bool) -> None:
    """Print everyone as JSON lines, in the order in which they came."""
    del as_json
    with db.reading(installation.engine) as connection:
        for person in store.every(connection):
            if (list_ is None or list_ in person.lists) and (status is None or person.status == status):
                print_json(exporting.presentation(person))


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {what}" for key, what in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _print_person(person: Subscriber, as_json: bool) -> None:
    shown: JsonObject = exporting.presentation(person)
    if as_json:
        print_json(shown)
        return
    for key, value in shown.items():
        click.echo(f"{key.replace('_', ' '):14}{_in_words(value) or '–'}")


@subscribers.command()
@click.argument("email")
@json_option
@pass_installation
def show(installation: Installation, email: str, as_json: bool) -> None:
    """Show one person: status, lists, and what they want to read."""
    with db.reading(installation.engine) as connection:
        person = _named(connection, email)
    _print_person(person, as_json)


def _preferences(
    before: Preferences,
    known: fields.Categories,
    *,
    categories: str | None,
    depth: Sequence[str],
    mute: Sequence[str],
    max_articles: str | None,
) -> Preferences:
    """Return the preferences after what was typed; what was not is as before."""
    wants = before
    if categories is not None:
        names = fields.split(categories) if ";" in categories else categories.split(",")
        wants = replace(wants, categories=known.chosen(name for name in names if name.strip()))
    if depth:
        wants = replace(wants, depth=tuple(sorted({**dict(wants.depth), **dict(known.depths(depth))}.items())))
    if mute:
        wants = replace(wants, muted=known.muted(name for name in mute if name.strip()))
    if max_articles is not None:
        wants = replace(wants, max_articles=fields.max_articles(max_articles))
    return wants


def _move(
    installation: Installation,
    connection: Connection,
    person: Subscriber,
    *,
    join: Sequence[str],
    leave: Sequence[str],
    now: datetime,
) -> None:
    joining, leaving = fields.lists(join), fields.lists(leave)
    if strange := [name for name in leaving if name not in person.lists]:
        on = ", ".join(person.lists) or "none"
        raise UsageError(f"--leave: {person.email} is not on the list {fields.quote(strange[0])}, but on: {on}")
    newsletters = installation.settings.newsletters
    lists.move(connection, person, newsletters, join=joining, leave=leaving, source=SOURCE, now=now)


def _set_pause(connection: Connection, person: Subscriber, paused_until: str, now: datetime) -> None:
    if not paused_until.strip():
        consent.resume(connection, person, source=SOURCE, now=now)
        return
    if person.status not in (Status.CONFIRMED, Status.PAUSED):
        raise UsageError(f"{person.email} is {person.status}: there is nothing to pause")
    consent.pause(connection, person, fields.instant(paused_until), source=SOURCE, now=now)


@subscribers.command("set")
@click.argument("email")
@click.option("--categories", metavar="A,B,…", help="In the order to read them; empty: every category.")
@click.option("--depth", multiple=True, metavar="CATEGORY=DEPTH", help="full, brief or headlines; repeatable.")
@click.option("--mute", multiple=True, metavar="DOMAIN|CATEGORY", help="Nothing of these; repeatable; empty: none.")
@click.option("--frequency", metavar="F", help="every_issue, daily, weekly or monthly.")
@click.option("--max-articles", metavar="N", help="No more stories of an issue; empty: as many as the newsletter has.")
@click.option("--preferred-time", metavar="WHEN", help="“mon”, “07:00” or “mon 07:00”; empty: when an issue comes out.")
@click.option("--timezone", metavar="ZONE", help="Such as Europe/Paris; empty: the newsletter's.")
@click.option("--language", metavar="TAG", help="Such as fr or pt-BR; empty: the newsletter's.")
@click.option("--name", help="How mails address the person.")
@click.option("--paused-until", metavar="INSTANT", help="No mail until then; empty: mail again.")
@click.option("--new-links", is_flag=True, help="Links of earlier mails stop working, but for those to unsubscribe.")
@click.option("--join", metavar="LIST", multiple=True, help="Put them on this list; repeatable.")
@click.option("--leave", metavar="LIST", multiple=True, help="Take them off this list; repeatable.")
@now_option
@json_option
@pass_installation
def set_(
    installation: Installation,
    *,
    email: str,
    categories: str | None,
    depth: tuple[str, ...],
    mute: tuple[str, ...],
    frequency: str | None,
    max_articles: str | None,
    preferred_time: str | None,
    timezone: str | None,
    language: str | None,
    name: str | None,
    paused_until: str | None,
    new_links: bool,
    join: tuple[str, ...],
    leave: tuple[str, ...],
    now: datetime,
    as_json: bool,
) -> None:
    """Change what one person wants; what is not named stays as it is."""
    with db.transaction(installation.engine) as connection:
        person = _named(connection, email)
        known = known_categories(installation, connection)
        wants = _preferences(
            person.preferences, known, categories=categories, depth=depth, mute=mute, max_articles=max_articles
        )
        changes = store.Changes(
            name=None if name is None else fields.clean(name),
            preferences=None if wants == person.preferences else wants,
            frequency=None if frequency is None else fields.frequency(frequency),
            timezone=None if timezone is None else fields.timezone(timezone),
            language=None if language is None else fields.language(language),
            preferred_time=None if preferred_time is None else fields.preferred_time(preferred_time),
        )
        consent.change(connection, person, changes, source=SOURCE, now=now)
        _move(installation, connection, person, join=join, leave=leave, now=now)
        if paused_until is not None:
            _set_pause(connection, person, paused_until, now)
        if new_links:
            consent.revoke_links(connection, person.id)
        person = _named(connection, email)
    _print_person(person, as_json)


def _print_status(email: str, status: str, as_json: bool, **more: str) -> None:
    if as_json:
        print_json({"email": email, "status": status, **more})
        return
    say(", ".join([f"{email}: {status}", *(f"{key}: {value}" for key, value in more.items())]))


@subscribers.command()
@click.argument("email")
@click.option("--newsletter", metavar="SLUG", help="End only the subscription to this one.  [default: everything]")
@now_option
@json_option
@pass_installation
def unsubscribe(installation: Installation, email: str, newsletter: str | None, now: datetime, as_json: bool) -> None:
    """End a person's subscriptions. No import brings them back."""
    newsletters = installation.settings.newsletters
    if newsletter is not None:
        installation.settings.newsletter(newsletter)
    with db.transaction(installation.engine) as connection:
        person = _named(connection, email)
        status = consent.unsubscribe(connection, person, newsletters, newsletter=newsletter, source=SOURCE, now=now)
    _print_status(person.email, status, as_json)


@subscribers.command()
@click.argument("email")
@click.option("--reason", default="manual", show_default=True, help="A word for the records, such as complained.")
@now_option
@json_option
@pass_installation
def suppress(installation: Installation, email: str, reason: str, now: datetime, as_json: bool) -> None:
    """Never mail this address again, whether it is known or not."""
    address = fields.email(email)
    if not fields.clean(reason):
        raise UsageError("--reason must say something, such as complained")
    if fields.clean(reason) in suppression.LIFTABLE:
        raise UsageError(f"--reason must not be {fields.quote(reason)}: whoever signs up again would lift that")
    with db.transaction(installation.engine) as connection:
        suppression.add(
            connection,
            address,
            reason=fields.clean(reason),
            source=SOURCE,
            secret=installation.settings.secret,
            now=now,
        )
        person = store.by_email(connection, address)
    if person is None:
        _print_status(address, "suppressed", as_json)
    else:
        _print_status(person.email, person.status, as_json, suppressed=person.suppressed or "")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _confirm_erasure(person: Subscriber) -> None:
    """Have the address typed again at a terminal; where there is none, ask for --yes."""
    if not _is_terminal():
        raise UsageError(f"erasing {person.email} cannot be undone: add --yes if you mean it")
    typed = click.prompt(f"This erases {person.email} with all deliveries, for good. Type the address again", err=True)
    if store.email_key(typed) != store.email_key(person.email):
        raise UsageError("that is another address: nothing was erased")


@subscribers.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@now_option
@json_option
@pass_installation
def erase(installation: Installation, email: str, yes: bool, now: datetime, as_json: bool) -> None:
    """Delete a person and everything held about them.

    A keyed hash of the address stays, so that no import brings them back; they themselves may sign up again.
    """
    with db.reading(installation.engine) as connection:
        person = _named(connection, email)
    if not yes:
        _confirm_erasure(person)
    with db.transaction(installation.engine) as connection:
        farewell.tell(installation.settings.webhooks, connection, person, SOURCE, now)
        consent.erase(connection, person, source=SOURCE, now=now)
    db.drop_former_pages(installation.engine)
    _print_status(person.email, "erased", as_json)


@contextmanager
def _stdout() -> Iterator[TextIO]:
    """Yield stdout as UTF-8 whatever the locale, and leave it open."""
    stdout = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        yield stdout
    finally:
        stdout.detach()


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """Yield a file that only its owner can read, and that takes its place when it is complete."""
    path = path.resolve()
    if path.exists() and not path.is_file():  # a pipe, or /dev/null
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".digest-export-") as folder:
        part = Path(folder, "part")
        part.touch(mode=0o600)
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)


@subscribers.command()
@click.argument("email", required=False)
@click.option("-o", "path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Instead of stdout.")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: one person is JSON in any case, everyone CSV.")
@pass_installation
def export(installation: Installation, email: str | None, path: Path | None, as_json: bool) -> None:
    """Write everyone as CSV that `import` reads back, or with EMAIL all that is held about one person, as JSON."""
    del as_json
    with db.reading(installation.engine) as connection:
        person = None if email is None else _named(connection, email)
        with _stdout() if path is None else _new_file(path) as file:
            if person is None:
                sheets.write(exporting.rows(store.every(connection)), file)
            else:
                file.write(json.dumps(exporting.dossier(connection, person), ensure_ascii=False, indent=2) + "\n")
