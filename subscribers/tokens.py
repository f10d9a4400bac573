"""Signed links: who may change what, in the address itself. Nothing is stored, and nothing expires by itself."""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple

MAC_BYTES = 16  # 128 bits; their 22 characters never end in “-” or “_”, which some mail clients cut off links
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}|0")  # as we write it, and within 64 bits
_LONGEST = 200  # characters; the longest token that we make has 102


class UnsubscribeLink(NamedTuple):
    """Lets its holder end one person's subscription to one newsletter, or to everything."""

    subscriber_id: int
    newsletter: str


class PreferencesLink(NamedTuple):
    """Lets its holder change one person's preferences, while `link_version` is still the person's."""

    subscriber_id: int
    link_version: int
    newsletter: str


class ViewLink(NamedTuple):
    """Lets its holder read one person's edition of one issue, while `link_version` is still the person's.

    That page holds the other links, as the mail does: so it goes with them when they are revoked.
    """

    issue_id: int
    subscriber_id: int
    link_version: int


class StoryLink(NamedTuple):
    """Lets its holder choose more or less like the stories of one issue, while `link_version` is still the person's."""

    issue_id: int
    subscriber_id: int
    link_version: int


class FormStamp(NamedTuple):
    """Says that a form was made here: when, and which one."""

    at: datetime
    number: int


class _Signer:
    """Signs values for one purpose, with HMAC-SHA-256, truncated as RFC 2104 section 5 allows.

    The format is that of itsdangerous, which takes three times as long for it; four tokens are made for each mail.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = hmac.digest(secret, b"digest link: " + purpose.encode(), "sha256")

    def sign(self, value: str) -> bytes:
        """Return the value and its MAC, joined by a dot."""
        data = value.encode()
        mac = hmac.digest(self._key, data, "sha256")[:MAC_BYTES]
        return data + b"." + urlsafe_b64encode(mac).rstrip(b"=")


class Tokens:
    """Makes and reads the tokens of links. The same values and secret always give the same token.

    A token is its values and their MAC, joined by dots: URL-safe, about 35 characters. Reading returns None
    for anything but exactly what was made here for that purpose with that secret.
    """

    def __init__(self, secret: bytes) -> None:
        self._unsubscribe = _Signer(secret, "unsubscribe")
        self._preferences = _Signer(secret, "preferences")
        self._view = _Signer(secret, "view")
        self._story = _Signer(secret, "story")
        self._confirm = _Signer(secret, "confirm")
        self._address = _Signer(secret, "address")
        self._form = _Signer(secret, "form")

    def unsubscribe(self, subscriber_id: int, newsletter: str) -> str:
        """Return the token of a link that never expires while the person is known."""
        return self._unsubscribe.sign(f"{subscriber_id}.{newsletter}").decode()

    def preferences(self, subscriber_id: int, link_version: int, newsletter: str) -> str:
        """Return the token of a link that raising the person's `link_version` revokes."""
        return self._preferences.sign(f"{subscriber_id}.{link_version}.{newsletter}").decode()

    def view(self, issue_id: int, subscriber_id: int, link_version: int) -> str:
        """Return the token of the page that shows this reader's edition; raising their `link_version` revokes it."""
        return self._view.sign(f"{issue_id}.{subscriber_id}.{link_version}").decode()

    def story(self, issue_id: int, subscriber_id: int, link_version: int) -> str:
        """Return the token of an issue's story links for one person; raising their `link_version` revokes it."""
        return self._story.sign(f"{issue_id}.{subscriber_id}.{link_version}").decode()

    def confirm(self, signup_id: int) -> str:
        """Return the token that confirms a sign-up, as long as that is open."""
        return self._confirm.sign(str(signup_id)).decode()

    def address(self, change_id: int) -> str:
        """Return the token that confirms a change of address, as long as that is open."""
        return self._address.sign(str(change_id)).decode()

    def form(self, at: datetime, number: int) -> str:
        """Return the stamp of a form: when it was made, to the second, and a number that tells it from others."""
        return self._form.sign(f"{int(at.timestamp())}.{number}").decode()

    def read_unsubscribe(self, token: str) -> UnsubscribeLink | None:
        """Return what the token says, or None when it is not one of ours."""
        match _read(self._unsubscribe, token):
            case [subscriber_id, slug] if _NUMBER.fullmatch(subscriber_id) and _SLUG.fullmatch(slug):
                return UnsubscribeLink(int(subscriber_id), slug)
        return None

    def read_preferences(self, token: str) -> PreferencesLink | None:
        """Return what the token says, or None. The caller compares `link_version` with the person's."""
        match _read(self._preferences, token):
            case [subscriber_id, version, slug] if (
                _NUMBER.fullmatch(subscriber_id) and _NUMBER.fullmatch(version) and _SLUG.fullmatch(slug)
            ):
                return PreferencesLink(int(subscriber_id), int(version), slug)
        return None

    def read_view(self, token: str) -> ViewLink | None:
        """Return what the token says, or None. The caller compares `link_version` with the person's."""
        match _read(self._view, token):
            case [*numbers] if len(numbers) == 3 and all(map(_NUMBER.fullmatch, numbers)):
                return ViewLink(*map(int, numbers))
        return None

    def read_story(self, token: str) -> StoryLink | None:
        """Return what the token says, or None. The caller compares `link_version` with the person's."""
        match _read(self._story, token):
            case [*numbers] if len(numbers) == 3 and all(map(_NUMBER.fullmatch, numbers)):
                return StoryLink(*map(int, numbers))
        return None

    def read_confirm(self, token: str) -> int | None:
        """Return the id of the sign-up, or None when the token is not one of ours."""
        return _one_number(self._confirm, token)

    def read_address(self, token: str) -> int | None:
        """Return the id of the change of address, or None when the token is not one of ours."""
        return _one_number(self._address, token)

    def read_form(self, token: str) -> FormStamp | None:
        """Return what the stamp says, or None when it is not one of ours. The caller looks at its age."""
        match _read(self._form, token):
            case [seconds, number] if _NUMBER.fullmatch(seconds) and _NUMBER.fullmatch(number):
                return FormStamp(datetime.fromtimestamp(int(seconds), UTC), int(number))
        return None


def _one_number(signer: _Signer, token: str) -> int | None:
    match _read(signer, token):
        case [number] if _NUMBER.fullmatch(number):
            return int(number)
    return None


def _read(signer: _Signer, token: str) -> list[str]:
    """Return the signed values, or nothing.

    The token is made again and compared whole, in constant time: base64 has several spellings of the same
    bytes, and only ours may pass.
    """
    if len(token) > _LONGEST or not token.isascii():
        return []
    value = token.rpartition(".")[0]
    return value.split(".") if hmac.compare_digest(signer.sign(value), token.encode()) else []
