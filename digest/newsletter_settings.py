"""`[[newsletters]]` as people write it: a newsletter with the checks that only settings need."""

import re
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from digest import languages, logo, templating, theme_settings, timetable
from digest.errors import SettingsError
from digest.model import Newsletter
from digest.spelling import nearest
from digest.theme import Logo, Theme
from digest.theme_settings import Fault, ThemeSettings
from digest.verp import LONGEST_LOCAL_PART, LONGEST_TAG


def is_timezone(name: str) -> bool:
    """Tell whether the name is of the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _refuse(faults: Iterable[Fault]) -> None:
    """Raise the ValidationError that names each fault's setting, when there is a fault."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("theme", "{said}", {"said": fault.message}), loc=fault.setting, input=None
        )
        for fault in faults
    ]
    if details:
        raise ValidationError.from_exception_data("theme", details)


def _unknown_sections(given: ThemeSettings, categories: Iterable[str]) -> list[Fault]:
    known = {category.casefold(): category for category in categories}
    return [
        Fault(("sections", name), f"the newsletter has no such category{nearest(name, known.values())}")
        for name in given.sections
        if name.casefold() not in known
    ]


class SettingsNewsletter(Newsletter):
    """A newsletter with the checks that only settings need; an issue freezes it without them."""

    @field_validator("theme", mode="before")
    @classmethod
    def _readable_theme(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, Theme):
            return value
        if not isinstance(value, dict):
            raise ValueError("must be a table: write what it holds under [newsletters.theme]")
        given = ThemeSettings.model_validate(value)
        whole = theme_settings.theme(given)
        categories = info.data.get("categories")
        if categories is not None:  # else they are at fault, and named
            _refuse(_unknown_sections(given, categories))
            _refuse(theme_settings.faults(given, whole, categories))
        return whole

    @field_validator("test_list")
    @classmethod
    def _apart_from_readers(cls, value: str, info: ValidationInfo) -> str:
        name = value.strip()
        if name in info.data.get("lists", ()):
            raise ValueError(f"“{name}” is one of the newsletter’s lists: a test for all its readers is no test")
        return name

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if not is_timezone(value):
            from zoneinfo import available_timezones

            raise ValueError(f"“{value}” is not a time zone{nearest(value, available_timezones())}")
        return value

    @field_validator("language")
    @classmethod
    def _known_language(cls, value: str) -> str:
        if not languages.is_known(value):
            near = languages.suggestion(value)
            raise ValueError(f"“{value}” is not the tag of a language, such as “en” or “pt-BR”: did you mean “{near}”?")
        return value

    @field_validator("schedule")
    @classmethod
    def _readable_schedule(cls, value: str) -> str:
        timetable.parse(value)
        return value

    @field_validator("sender")
    @classmethod
    def _one_address(cls, value: str) -> str:
        name, address = parseaddr(value)
        if any(ord(c) < 32 for c in name + address):
            raise ValueError("sender must not hold control characters")
        try:
            validate_email(address, check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise ValueError(f"“{value}” is not “Name <name@example.com>”: {error}") from error
        return value

    @field_validator("bounce_address")
    @classmethod
    def _with_room_for_a_tag(cls, value: str) -> str:
        if not value:
            return value
        try:
            known = validate_email(value, check_deliverability=False, test_environment=True, allow_smtputf8=False)
        except EmailNotValidError as error:
            raise ValueError(f"“{value}” is not an address like bounces@example.com: {error}") from error
        room = LONGEST_LOCAL_PART - LONGEST_TAG
        if len(known.local_part) > room:
            raise ValueError(f"the part before the @ may have {room} characters, since each mail adds a tag to it")
        return f"{known.local_part}@{known.ascii_domain}"

    @field_validator("unsubscribe_address")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        if not value:
            return value
        try:
            known = validate_email(value, check_deliverability=False, test_environment=True, allow_smtputf8=False)
        except EmailNotValidError as error:
            raise ValueError(f"“{value}” is not an address like leave@news.example.com: {error}") from error
        return f"{known.local_part}@{known.ascii_domain}"

    @field_validator("template")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value):
            raise ValueError(f"“{value}” is not the name of a template: letters, digits, - and _, without .mjml.j2")
        return value

    @field_validator("categories")
    @classmethod
    def _distinct_categories(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len({category.casefold() for category in value}) < len(value):
            raise ValueError("a category stands in the list twice")
        return value


def check_template(newsletter: Newsletter, own: Path | None) -> None:
    """Raise SettingsError, which begins with the setting's name, when a template is neither in `own` nor ours."""
    name, known = newsletter.template, templating.template_names(own)
    if name not in known:
        raise SettingsError(
            f"template: there is no template “{name}”{nearest(name, known)}; known: {', '.join(known)}. "
            f"One of your own is {name}.mjml.j2 and {name}.txt.j2 in the folder that `templates` names"
        )


class WithLogo(NamedTuple):
    """A newsletter whose logo has an absolute address, and the logo's file where it is one of ours to serve."""

    newsletter: SettingsNewsletter
    file: Path | None


def with_logo(newsletter: SettingsNewsletter, folder: Path, base_url: str) -> WithLogo:
    """Complete a newsletter's logo: address, size, words. A file's path starts at `folder`.

    Raises SettingsError, which begins with the setting's name, when the file cannot be used.
    """
    given = newsletter.theme.logo
    if given is None:
        return WithLogo(newsletter, None)
    if given.url.startswith("https://"):
        return WithLogo(_showing(newsletter, given.model_copy(update={"alt": given.alt or newsletter.name})), None)
    path = folder / given.url
    try:
        file = logo.read(path)
    except SettingsError as error:
        raise SettingsError(f"theme.logo: {error}") from error
    shown = logo.settled(given, file, base_url=base_url, slug=newsletter.slug, name=newsletter.name)
    return WithLogo(_showing(newsletter, shown), path)


def _showing(newsletter: SettingsNewsletter, shown: Logo) -> SettingsNewsletter:
    return newsletter.model_copy(update={"theme": newsletter.theme.model_copy(update={"logo": shown})})
