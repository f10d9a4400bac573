"""`digest dkim`: keys that sign mails."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from digest import config
from digest.cli.installation import Installation, json_option, now_option, pass_installation, print_json, say
from digest.dkim_settings import ascii_domain, known_selector, record_name
from digest.errors import DigestError, UsageError
from digest.smtp import dkim_keys

STRING_OCTETS = 255  # of one string in a TXT record (RFC 1035 §3.3)


@click.group()
def dkim() -> None:
    """Keys that sign mails, where the relay does not."""


def zone_line(name: str, value: str) -> str:
    """Return a TXT record as zone files want it, in strings of 255 octets at most. The value holds no quotes."""
    strings = [f'"{value[start : start + STRING_OCTETS]}"' for start in range(0, len(value), STRING_OCTETS)]
    return f"{name}. IN TXT ( {' '.join(strings)} )"


def settings_lines(domain: str, selector: str, key_file: Path, folder: Path) -> str:
    """Return the lines for digest.toml; the path starts at its folder where it lies in there."""
    path = key_file.resolve()
    shown = path.relative_to(folder.resolve()) if path.is_relative_to(folder.resolve()) else path
    values = {"domain": domain, "selector": selector, "key_file": str(shown)}
    return "\n".join(["[[dkim]]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())])


def _typed(read: Callable[[str], str], value: str) -> str:
    try:
        return read(value)
    except ValueError as error:
        raise UsageError(str(error)) from error


@dkim.command("new")
@click.argument("domain")
@click.option(
    "--selector", help="The key's name in DNS.  [default: d or, for Ed25519, e, with year and month: d202611]"
)
@click.option("--ed25519", is_flag=True, help="A small, fast key, which many receivers ignore: beside an RSA key only.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the key.  [default: SELECTOR.DOMAIN.pem, beside the settings file]",
)
@now_option
@json_option
@pass_installation
def new(
    installation: Installation,
    *,
    domain: str,
    selector: str | None,
    ed25519: bool,
    out: Path | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Make a key for DOMAIN, and print the DNS record and the settings that go with it.

    The key's file is for its owner only; an existing file is never overwritten.
    """
    domain = _typed(ascii_domain, domain)
    selector = _typed(known_selector, selector or f"{'e' if ed25519 else 'd'}{now:%Y%m}")
    path = out or installation.path.parent / f"{selector}.{domain}.pem"
    key = Ed25519PrivateKey.generate() if ed25519 else dkim_keys.new_rsa_key()
    try:
        config.write_private(path, dkim_keys.pem(key))
    except FileExistsError as error:
        raise DigestError(f"{path} is there already, and was kept: choose another --selector or --out") from error
    name, value = record_name(domain, selector), dkim_keys.record(key)
    if as_json:
        shown = {"name": name, "type": "TXT", "value": value}
        print_json({**shown, "key_file": str(path), "selector": selector, "domain": domain})
        return
    click.echo(f"DNS record, as a line of a zone file:\n\n{zone_line(name, value)}\n")
    click.echo(f"The same for a form:\n\nname   {name}\ntype   TXT\nvalue  {value}\n")
    click.echo(f"Settings:\n\n{settings_lines(domain, selector, path, installation.path.parent)}")
    say(
        f"\nwrote {path}: keep it secret. "
        "Publish the record, wait until it can be looked up, then put the settings into digest.toml."
    )
