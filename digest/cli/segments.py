"""`digest segments …`: parts of the readers, saved under a name, for `digest plan --segment`."""

from collections.abc import Sequence
from datetime import datetime

import click
from sqlalchemy import Connection

from digest import db
from digest.cli.installation import Installation, Instant, json_option, now_option, pass_installation, print_json, say
from digest.cli.subscriber_import import known_categories
from digest.errors import UsageError
from digest.model import JsonObject, Newsletter
from subscribers import fields, lists
from subscribers import segments as store
from subscribers.segment import Segment, in_words


@click.group()
def segments() -> None:
    """Parts of the readers, saved as filters: who is in one is found out when it is used."""


def _presentation(segment: Segment) -> JsonObject:
    return {"name": segment.name, **segment.presentation()}


def _name(text: str) -> str:
    name = fields.clean(text)
    if not name:
        raise UsageError("a segment needs a name, such as quiet")
    return name


@segments.command("set")
@click.argument("name")
@click.option("--category", "categories", multiple=True, metavar="C", help="Who get this category; repeatable.")
@click.option("--list", "lists_", multiple=True, metavar="L", help="Who are on this list; repeatable.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="Who read this language; repeatable.")
@click.option("--joined-since", type=Instant(), help="Who came then or later.")
@click.option(
    "--not-reached",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Whom none of a newsletter's last N issues reached.",
)
@now_option
@json_option
@pass_installation
def set_(
    installation: Installation,
    *,
    name: str,
    categories: tuple[str, ...],
    lists_: tuple[str, ...],
    languages: tuple[str, ...],
    joined_since: datetime | None,
    not_reached: int | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Save a segment, in the place of one of the same name.

    Of an option that is repeated any value will do; who is in the segment meets all the options.
    """
    with db.transaction(installation.engine) as connection:
        segment = Segment(
            name=_name(name),
            categories=known_categories(installation, connection).chosen(categories),
            lists=fields.lists(lists_),
            languages=tuple(dict.fromkeys(_language(tag) for tag in languages)),
            joined_since=joined_since,
            not_reached=not_reached or 0,
        )
        if segment.is_everybody:
            raise UsageError("a segment without a filter is everybody: name one, such as --not-reached 3")
        store.save(connection, segment, now=now)
        known = lists.sizes(connection) if segment.lists else {}
        empty = [one for one in segment.lists if one not in known]
    if as_json:
        print_json(_presentation(segment))
    else:
        say(f"“{segment.name}”: readers {in_words(segment)}")
    for one in empty:
        say(f"nobody is on the list {fields.quote(one)} yet")


def _language(tag: str) -> str:
    language = fields.language(tag)
    if not language:
        raise UsageError("--language must say something, such as fr")
    return language


@segments.command("list")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def list_(installation: Installation, as_json: bool) -> None:
    """Print all segments as JSON lines."""
    del as_json
    with db.reading(installation.engine) as connection:
        for segment in store.every(connection):
            print_json(_presentation(segment))


def _heads(
    connection: Connection, newsletters: Sequence[Newsletter], segment: Segment, now: datetime
) -> list[JsonObject]:
    """Count the people in a segment, for each newsletter among those on its lists."""
    found = [(newsletter.slug, store.count(connection, newsletter, segment, now=now)) for newsletter in newsletters]
    return [{"newsletter": slug, "people": people, "mailable": mailable} for slug, (people, mailable) in found]


@segments.command()
@click.argument("name")
@click.option("--newsletter", metavar="SLUG", help="Count its readers only.  [default: those of each]")
@now_option
@json_option
@pass_installation
def show(installation: Installation, name: str, newsletter: str | None, now: datetime, as_json: bool) -> None:
    """Show a segment, and how many of a newsletter's readers are in it: all, and those who may be mailed now."""
    settings = installation.settings
    newsletters = settings.newsletters if newsletter is None else [settings.newsletter(newsletter)]
    with db.reading(installation.engine) as connection:
        segment = store.find(connection, name)
        heads = _heads(connection, newsletters, segment, now)
    if as_json:
        print_json({**_presentation(segment), "newsletters": heads})
        return
    click.echo(f"“{segment.name}”: readers {in_words(segment)}")
    for row in heads:
        click.echo(f"{row['newsletter']}: {row['people']:,} in it, {row['mailable']:,} may be mailed now")


@segments.command()
@click.argument("name")
@json_option
@pass_installation
def delete(installation: Installation, name: str, as_json: bool) -> None:
    """Forget a segment. Nobody in it is touched, and issues that were planned for it stay as they are."""
    with db.transaction(installation.engine) as connection:
        store.forget(connection, name)
    if as_json:
        print_json({"deleted": name})
    else:
        say(f"“{name}” is deleted")
