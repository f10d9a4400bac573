"""Which keys of the settings sign a newsletter's mails."""

from email.utils import parseaddr

from digest.compose import headers
from digest.config import Settings
from digest.dkim_settings import Dkim
from digest.errors import SettingsError
from digest.model import Newsletter
from digest.smtp import dkim_keys
from digest.smtp.dkim import Signer


def sender_domain(newsletter: Newsletter) -> str:
    """Return the domain that stands in From, in ASCII and lower case."""
    return headers.ascii_domain(parseaddr(newsletter.sender)[1].rpartition("@")[2]).lower()


def is_within(domain: str, parent: str) -> bool:
    """Tell whether a domain is `parent` or one below it."""
    return domain == parent or domain.endswith(f".{parent}")


def keys_for(settings: Settings, newsletter: Newsletter) -> list[Dkim]:
    """Return the settings of the keys that sign a newsletter: those of its sender's domain, or of one above it.

    A signature in another name would say nothing about the sender (DMARC, RFC 7489 §3.1.1).
    """
    domain = sender_domain(newsletter)
    return [key for key in settings.dkim if is_within(domain, key.domain)]


def read_key(settings: Settings, one: Dkim) -> dkim_keys.Key:
    """Read a key of the settings. Raises SettingsError, which names the setting."""
    try:
        return dkim_keys.read(one.key_file)
    except SettingsError as error:
        raise SettingsError(f"dkim[{settings.dkim.index(one)}].key_file: {error}") from error


def signers(settings: Settings, newsletter: Newsletter) -> list[Signer]:
    """Return a signer for each key that signs a newsletter; none where the relay signs.

    Raises SettingsError when a key's file is missing, or not a key that DKIM can use.
    """
    return [Signer(one.domain, one.selector, read_key(settings, one)) for one in keys_for(settings, newsletter)]
