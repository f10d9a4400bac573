"""Every check, in the order in which mail is made and goes out."""

from dataclasses import replace
from pathlib import Path

from digest import signing
from digest.config import Settings
from digest.doctor import arrived, database, keys, records, sample, server
from digest.doctor import settings as of_settings
from digest.doctor.lookup import Lookup, ask, ask_all
from digest.doctor.problem import Problem
from digest.smtp.route import Limits, route_to

SERVER_SECONDS = 15  # for each step of the log-in: longer than this, sending would be no joy either


def examine(settings: Settings, file: Path, *, lookup: Lookup = ask, mail: bytes | None = None) -> list[Problem]:
    """Return what is wrong with an installation whose settings were read from `file`; nothing is changed or sent.

    `mail` is one that arrived through the relay, as bytes. `lookup` asks the name service.
    """
    return [
        *of_settings.newsletters(settings),
        *of_settings.base_url(settings),
        *of_settings.secret(settings),
        *of_settings.file_of_secrets(settings, file),
        *_database(settings),
        *server.check(settings, replace(route_to(settings.smtp), limits=Limits(connect=SERVER_SECONDS))),
        *_signing(settings, lookup),
        *([] if mail is None else arrived.check(mail, _sender_domains(settings))),
    ]


def _sender_domains(settings: Settings) -> list[str]:
    return list(dict.fromkeys(map(signing.sender_domain, settings.newsletters)))


def _database(settings: Settings) -> list[Problem]:
    """Look at the database, and at the issues in it where it opens."""
    engine = database.opened(settings.database_url)
    if isinstance(engine, Problem):
        return [engine]
    try:
        return [*database.check(engine), *sample.check(engine, settings)]
    finally:
        engine.dispose()


def _signing(settings: Settings, lookup: Lookup) -> list[Problem]:
    """Look at the keys, and at what the DNS says of them and of the senders' domains."""
    pairs, unreadable = keys.read(settings)
    domains = _sender_domains(settings)
    names = [name for domain in domains for name in records.names(domain)]
    answers = ask_all([*names, *(pair.setting.record_name for pair in pairs)], lookup)
    return [
        *unreadable,
        *keys.open_files(pairs),
        *keys.unsigned(settings),
        *(found for pair in pairs for found in keys.published(pair, answers)),
        *(found for domain in domains for found in records.check(domain, answers)),
        *records.unasked(answers),
    ]
