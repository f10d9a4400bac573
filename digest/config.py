"""Settings: digest.toml, then the environment. The only module that reads the environment."""

import ipaddress
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from digest import newsletter_settings
from digest.dkim_settings import Dkim
from digest.errors import SettingsError
from digest.model import Newsletter
from digest.newsletter_settings import SettingsNewsletter
from digest.source_settings import Source
from digest.spelling import nearest
from digest.theme_settings import Given, LogoSettings, ThemeSettings
from digest.webhook_settings import Webhook

SECRET_KEY_LENGTH = 32
ENVIRONMENT_PREFIX = "DIGEST_"
_USER = re.compile(r"(?<=://)[^/?#]*@")  # name and password in a web address


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Smtp(BaseModel):
    """`[smtp]`: the server that takes the mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(default=5, ge=1, le=50)
    messages_per_second: float = Field(default=0, ge=0)
    messages_per_day: int = Field(default=0, ge=0)
    domains: dict[str, Annotated[float, Field(gt=0)]] = {}  #: messages a second to recipients' domains

    @model_validator(mode="after")
    def _clear_text_only_to_loopback(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError(
                f"tls = “none” sends mail and password in the clear, which is allowed to this machine only; "
                f"{self.host} is another: use “starttls” or “implicit”"
            )
        return self


class Fetching(BaseModel):
    """`[fetching]`: the limits for whatever is read from the web."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_seconds: float = Field(default=20, gt=0, le=600)
    max_bytes: int = Field(default=10_000_000, ge=1)
    allow_private_addresses: bool = False


class Pictures(BaseModel):
    """`[pictures]`: stories' lead pictures, which planning fetches and `digest serve` serves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fetch_seconds: float = Field(default=60, ge=0, le=3600)


class Api(BaseModel):
    """`[api]`: what programs may do with their tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_minute: int = Field(default=600, ge=1)  #: of each token
    failures_per_minute: int = Field(default=30, ge=1)  #: to show a valid token, of each network; then it hears 429


class Signup(BaseModel):
    """`[signup]`: the form on which people ask for a newsletter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: bool = True
    per_hour: int = Field(default=600, ge=1)  #: sign-ups in all that one `digest serve` takes


class Settings(BaseSettings):
    """What digest.toml and the environment say together."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
    )

    database_url: str = "sqlite:///digest.db"
    base_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr
    trusted_proxies: tuple[IPvAnyNetwork, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    smtp: Smtp = Smtp()
    signup: Signup = Signup()
    fetching: Fetching = Fetching()
    templates: Path | None = None
    unsubscribe_mailbox: Path | None = None
    privacy_url: str = ""
    pictures: Pictures = Pictures()
    api: Api = Api()
    sources: tuple[Source, ...] = ()
    dkim: tuple[Dkim, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    newsletters: tuple[SettingsNewsletter, ...] = ()
    _logos: dict[str, Path] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file, whose values come in as init values."""
        return env_settings, init_settings

    @field_validator("secret_key")
    @classmethod
    def _long_secret(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < SECRET_KEY_LENGTH:
            raise ValueError(f"must have {SECRET_KEY_LENGTH} characters or more; `digest init` makes a fresh one")
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"“{value}” is not an address such as https://news.example.com")
        return value.rstrip("/")

    @field_validator("templates", "unsubscribe_mailbox", mode="before")
    @classmethod
    def _no_path(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("privacy_url")
    @classmethod
    def _page_of_the_operators(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError(f"“{value}” is not an address such as https://example.com/privacy")
        return value

    @field_validator("sources")
    @classmethod
    def _distinct_locations(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        locations = [source.location for source in value]
        if twice := next((one for one in locations if locations.count(one) > 1), None):
            raise ValueError(f"“{_USER.sub('', twice)}” stands there twice")
        return value

    @field_validator("dkim")
    @classmethod
    def _distinct_records(cls, value: tuple[Dkim, ...]) -> tuple[Dkim, ...]:
        names = [key.record_name for key in value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice} stands there twice: each key needs a selector of its own")
        return value

    @field_validator("webhooks")
    @classmethod
    def _distinct_webhooks(cls, value: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        names = [webhook.name for webhook in value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"“{twice}” stands there twice: each webhook needs a name of its own")
        return value

    @field_validator("newsletters")
    @classmethod
    def _distinct_slugs(cls, value: tuple[SettingsNewsletter, ...]) -> tuple[SettingsNewsletter, ...]:
        slugs = [newsletter.slug for newsletter in value]
        if len(set(slugs)) < len(slugs):
            raise ValueError("two newsletters have the same slug")
        return value

    @property
    def secret(self) -> bytes:
        """The key that signs links and message ids."""
        return self.secret_key.get_secret_value().encode()

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category that a newsletter has, in order of appearance, each once."""
        return tuple(dict.fromkeys(category for newsletter in self.newsletters for category in newsletter.categories))

    def logo_file(self, slug: str) -> Path | None:
        """Return the file of a newsletter's logo, or None where it has none, or one elsewhere on the web."""
        return self._logos.get(slug)

    def newsletter(self, slug: str) -> Newsletter:
        """Return the newsletter of that slug, or raise SettingsError naming those that exist."""
        for newsletter in self.newsletters:
            if newsletter.slug == slug:
                return newsletter
        known = [newsletter.slug for newsletter in self.newsletters]
        raise SettingsError(
            f"no newsletter “{slug}” in the settings{nearest(slug, known)}; known: {', '.join(known) or 'none'}"
        )


class _Place(NamedTuple):
    """Where a setting stands and what may stand there."""

    path: str
    known: list[str]


_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): Settings,
    ("smtp",): Smtp,
    ("fetching",): Fetching,
    ("pictures",): Pictures,
    ("api",): Api,
    ("signup",): Signup,
    ("sources",): Source,
    ("dkim",): Dkim,
    ("webhooks",): Webhook,
    ("newsletters",): SettingsNewsletter,
    ("newsletters", "theme"): ThemeSettings,
    ("newsletters", "theme", "logo"): LogoSettings,
}


def _place(location: tuple[int | str, ...]) -> _Place:
    """Turn pydantic's location into `newsletters[0].timezone` and the names that its table knows."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    table = _TABLES.get(tuple(part for part in location[:-1] if isinstance(part, str)), Given)
    return _Place(path, list(table.model_fields))


def _sentence(error: Mapping[str, Any]) -> str:
    """Say one of pydantic's errors so that a reader knows which setting to mend, and how."""
    place = _place(error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown setting {place.path}{nearest(str(error['loc'][-1]), place.known)}"
    if error["type"] == "missing":
        return f"{place.path} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{place.path}: {message}" if place.path else message


def _unknown_variables() -> list[str]:
    """Name the DIGEST_ variables that no setting answers to; pydantic ignores them in silence."""
    tables: dict[str, type[BaseModel]] = {
        "SMTP": Smtp,
        "SIGNUP": Signup,
        "FETCHING": Fetching,
        "PICTURES": Pictures,
        "API": Api,
    }
    nested = {f"{table}__{name.upper()}" for table, model in tables.items() for name in model.model_fields}
    known = {name.upper() for name in Settings.model_fields} | nested
    return [
        f"unknown setting {name} in the environment{nearest(name.removeprefix(ENVIRONMENT_PREFIX), known)}"
        for name in sorted(os.environ)
        if name.startswith(ENVIRONMENT_PREFIX) and name.removeprefix(ENVIRONMENT_PREFIX) not in known
    ]


def _absolute_database_url(url: str, folder: Path) -> str:
    """Make a relative SQLite path relative to the settings file."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and url != prefix + ":memory:":
        return prefix + str((folder / url.removeprefix(prefix)).resolve())
    return url


def _at_home(source: Source, folder: Path) -> Source:
    """Make a relative path relative to the settings file."""
    return source if source.is_web else source.model_copy(update={"location": str(folder / source.location)})


def _existing_templates(settings: Settings, folder: Path) -> Path | None:
    """Make the folder of templates relative to the settings file; raises SettingsError when it is not there."""
    if settings.templates is None:
        return None
    own = (folder / settings.templates).resolve()
    if not own.is_dir():
        raise SettingsError(
            f"templates: there is no folder {own}: `digest templates export {settings.templates}` makes one"
        )
    return own


def _settled(settings: Settings, folder: Path) -> Settings:
    """Complete settings by what they name: paths from the settings file on, templates and logos that are there."""
    own = _existing_templates(settings, folder)
    newsletters, logos = [], {}
    for number, newsletter in enumerate(settings.newsletters):
        try:
            newsletter_settings.check_template(newsletter, own)
            found = newsletter_settings.with_logo(newsletter, folder, settings.base_url)
        except SettingsError as error:
            raise SettingsError(f"newsletters[{number}].{error}") from error
        newsletters.append(found.newsletter)
        if found.file:
            logos[newsletter.slug] = found.file
    done = settings.model_copy(
        update={
            "database_url": _absolute_database_url(settings.database_url, folder),
            "templates": own,
            "unsubscribe_mailbox": folder / settings.unsubscribe_mailbox if settings.unsubscribe_mailbox else None,
            "sources": tuple(_at_home(source, folder) for source in settings.sources),
            "dkim": tuple(key.model_copy(update={"key_file": folder / key.key_file}) for key in settings.dkim),
            "newsletters": tuple(newsletters),
        }
    )
    done._logos = logos
    return done


def load(path: Path) -> Settings:
    """Read the settings file and the environment over it.

    Raises SettingsError, which names the setting at fault and the nearest known one.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"there is no {path}: run `digest init`, or name your settings with --config") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {path}: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    if unknown := _unknown_variables():
        raise SettingsError("; ".join(unknown))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(f"{path}: " + "; ".join(_sentence(e) for e in error.errors())) from None
    try:
        return _settled(settings, path.parent.resolve())
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def write_private(path: Path, text: str) -> None:
    """Create a file that only its owner can read (0600); raises FileExistsError rather than overwrite."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
