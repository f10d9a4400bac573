"""`[[webhooks]]` as people write them: which program hears of what, and the secret that signs what it is told."""

import base64
import binascii
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark that Standard Webhooks gives secrets, none itself
SECRET_BYTES = range(24, 65)  # Standard Webhooks 1.0.0, “Signature scheme”: 192 to 512 bits


class WebhookEvent(StrEnum):
    """What a program can be told of."""

    SUBSCRIBED = "subscribed"  #: confirmed a subscription, or took an unsubscription back
    CHANGED = "changed"  #: chose other things, another address, a break, or its end
    UNSUBSCRIBED = "unsubscribed"  #: left one newsletter, or everything
    BOUNCED = "bounced"  #: must not be mailed any more: their mail came back, or they complained


def secret_bytes(text: str) -> bytes:
    """Return the key that a secret stands for; raises ValueError that says what one looks like."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        raise ValueError(
            f"must be {SECRET_PREFIX} and the base64 of 24 to 64 random bytes; `digest webhooks secret` makes one"
        )
    return key


class Webhook(BaseModel):
    """`[[webhooks]]`: a program that is told what happens to subscribers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    url: str
    secret: SecretStr
    events: tuple[WebhookEvent, ...] = Field(default=tuple(WebhookEvent), min_length=1)
    allow_private_addresses: bool = False

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or "@" in parts.netloc:
            raise ValueError("must be a web address such as https://crm.example.com/digest, without name and password")
        return value

    @field_validator("secret")
    @classmethod
    def _strong_secret(cls, value: SecretStr) -> SecretStr:
        secret_bytes(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _encrypted_outside(self) -> Self:
        if not self.allow_private_addresses and not self.url.startswith("https://"):
            raise ValueError(
                "url must begin with https://, since it carries people’s addresses; inside your own network, "
                "http:// is allowed with allow_private_addresses = true"
            )
        return self

    @property
    def key(self) -> bytes:
        """The key that signs what this program is told."""
        return secret_bytes(self.secret.get_secret_value())
