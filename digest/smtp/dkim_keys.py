"""DKIM keys: made, read from their files, and the DNS record that publishes them (RFC 6376 §3.6.1, 8301, 8463)."""

import base64
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from digest.errors import SettingsError

Key = RSAPrivateKey | Ed25519PrivateKey
RSA_BITS = 2048  # what fits into a DNS answer, and every receiver can verify
RSA_BITS_MOST = 4096  # RFC 8301 §3.2: no receiver has to verify longer ones


def new_rsa_key() -> RSAPrivateKey:
    """Make a key that every receiver can verify."""
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def pem(key: Key) -> str:
    """Return a key as the text of its file: PKCS#8, not encrypted."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode("ascii")


def read(path: Path) -> Key:
    """Read a key from its PEM file.

    Raises SettingsError, which says what the file is and what it should be. Nothing of its content is in the message.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise SettingsError(f"there is no {path}: `digest dkim new` makes a key") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}: let the user who sends read it") from error
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except TypeError as error:
        raise SettingsError(f"{path} is encrypted: write it without a password, readable by its owner only") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{path} holds no private key in PEM: `digest dkim new` makes one") from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError(
            f"{path} holds a key of another kind: DKIM knows RSA and Ed25519; `digest dkim new` makes one"
        )
    if not RSA_BITS <= key.key_size <= RSA_BITS_MOST:
        raise SettingsError(
            f"{path} holds an RSA key of {key.key_size} bits, and it should have {RSA_BITS} to {RSA_BITS_MOST}: "
            "`digest dkim new` makes one"
        )
    return key


def is_open_to_others(path: Path) -> bool:
    """Tell whether anybody on this machine may read or write a file; its owner's group may."""
    return bool(path.stat().st_mode & stat.S_IRWXO)


def public_key(key: Key) -> str:
    """Return what p= publishes, in base64."""
    if isinstance(key, RSAPrivateKey):
        encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    else:
        encoding, form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return base64.b64encode(key.public_key().public_bytes(encoding, form)).decode("ascii")


def record(key: Key) -> str:
    """Return the text of the TXT record that publishes a key."""
    kind = "rsa" if isinstance(key, RSAPrivateKey) else "ed25519"
    return f"v=DKIM1; k={kind}; p={public_key(key)}"
