"""The keys of `[[dkim]]`: their files, what the DNS publishes of them, and which newsletters they sign."""

from collections.abc import Mapping
from typing import NamedTuple

from digest import signing
from digest.config import Settings
from digest.dkim_settings import Dkim
from digest.doctor import problem, tag_list
from digest.doctor.lookup import Answer, Silence
from digest.doctor.problem import Problem
from digest.errors import SettingsError
from digest.smtp import dkim_keys


class Pair(NamedTuple):
    """A key of the settings, and what its file holds."""

    setting: Dkim
    key: dkim_keys.Key


def read(settings: Settings) -> tuple[list[Pair], list[Problem]]:
    """Return the keys that can be read, and the problems of those that cannot."""
    pairs, problems = [], []
    for number, setting in enumerate(settings.dkim):
        where = f"dkim[{number}].key_file"
        try:
            pairs.append(Pair(setting, dkim_keys.read(setting.key_file)))
        except SettingsError as error:
            problems.append(problem.of_error(where, error, fix="`digest dkim new` makes a key"))
    return pairs, problems


def open_files(pairs: list[Pair]) -> list[Problem]:
    """Look at whether others on this machine may read a key."""
    return [
        Problem(
            str(file),
            "it holds a key, and everybody on this machine may read or change it: they could sign in your name",
            f"`chmod 600 {file}`, or 640 if another user of its group sends",
            is_note=True,
        )
        for file in (pair.setting.key_file for pair in pairs)
        if dkim_keys.is_open_to_others(file)
    ]


def unsigned(settings: Settings) -> list[Problem]:
    """Name the newsletters that no key signs, where there are keys."""
    return [
        Problem(
            f"newsletters[{number}].sender",
            f"no key in [[dkim]] signs for {signing.sender_domain(newsletter)}: “{newsletter.slug}” goes out without a "
            "signature of ours",
            f"`digest dkim new {signing.sender_domain(newsletter)}`, unless the relay signs them",
            is_note=True,
        )
        for number, newsletter in enumerate(settings.newsletters)
        if settings.dkim and not signing.keys_for(settings, newsletter)
    ]


def published(pair: Pair, answers: Mapping[str, Answer]) -> list[Problem]:
    """Compare a key with the answer for its name; passed over when it could not be asked."""
    name, record = pair.setting.record_name, dkim_keys.record(pair.key)
    answer = answers[name]
    if isinstance(answer, Silence):
        return []
    found = [tags for tags in map(tag_list.read, answer) if "p" in tags and tags.get("v", "DKIM1") == "DKIM1"]
    what = _difference(found, tag_list.read(record))
    if what:
        return [Problem(name, what, f"publish this TXT record there, and no other: {record}")]
    if "y" in found[0].get("t", "").split(":"):
        what, fix = (
            "its record says that you are only testing (t=y), so that signatures count for little",
            "take t=y out",
        )
        return [Problem(name, what, fix, is_note=True)]
    return []


def _difference(found: list[dict[str, str]], ours: dict[str, str]) -> str:
    """Say what is wrong with the keys that are published; nothing when there is one, and it is ours."""
    if not found:
        return "the key is not published, so that signatures count for nothing"
    if len(found) > 1:
        return f"{len(found)} keys are published there, and nobody knows which one counts (RFC 6376 §3.6.2.2)"
    if not found[0]["p"]:
        return "the key is withdrawn: its record has an empty p="
    if (found[0].get("k", "rsa"), found[0]["p"]) != (ours["k"], ours["p"]):
        return "another key is published than the one in key_file, so that every signature fails"
    return ""
