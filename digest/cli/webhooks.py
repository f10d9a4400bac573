"""`digest webhooks`: what other programs were told, and what they did not hear."""

import base64
import secrets
from datetime import datetime

import click

from digest import db
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.errors import UsageError
from digest.spelling import nearest
from digest.webhook_settings import SECRET_PREFIX
from digest.webhooks import calls
from digest.webhooks.calls import Standing

NOTHING = Standing(0, 0, 0, None, None)
FRESH_SECRET_BYTES = 32


@click.group()
def webhooks() -> None:
    """Programs that are told what happens to subscribers: how their calls stand."""


@webhooks.command("list")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the output is JSON lines in any case.")
@pass_installation
def list_(installation: Installation, as_json: bool) -> None:
    """Print each webhook as a JSON line: calls that wait, that were heard, that were given up, and the last answer.

    Webhooks that the settings no longer have are printed while calls of theirs are kept, without a url.
    """
    del as_json
    known = {webhook.name: webhook.url for webhook in installation.settings.webhooks}
    with db.reading(installation.engine) as connection:
        found = calls.standings(connection)
    for name in [*known, *(name for name in found if name not in known)]:
        standing = found.get(name, NOTHING)
        print_json(
            {
                "webhook": name,
                "url": known.get(name),
                "waiting": standing.waiting,
                "done": standing.done,
                "failed": standing.failed,
                "code": standing.code,
                "next_at": standing.next_at,
            }
        )


@webhooks.command("retry")
@click.argument("name")
@now_option
@json_option
@pass_installation
def retry(installation: Installation, name: str, now: datetime, as_json: bool) -> None:
    """Have NAME told once more what it did not hear, given up or not. `digest worker` makes the calls."""
    known = [webhook.name for webhook in installation.settings.webhooks]
    if name not in known:
        raise UsageError(f"no webhook “{name}” in the settings{nearest(name, known)}")
    with db.transaction(installation.engine) as connection:
        count = calls.retry(connection, name, now=now)
    if as_json:
        print_json({"webhook": name, "retried": count})
    else:
        say(f"{name}: {count:,} {'call' if count == 1 else 'calls'} to be made by `digest worker`")


@webhooks.command("secret")
def secret() -> None:
    """Print a fresh secret for a webhook in the settings, and for the program that checks it."""
    click.echo(SECRET_PREFIX + base64.b64encode(secrets.token_bytes(FRESH_SECRET_BYTES)).decode())
