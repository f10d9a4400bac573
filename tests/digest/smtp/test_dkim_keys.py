import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from digest.errors import SettingsError
from digest.smtp import dkim_keys
from tests.dkim import published


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_reads_back(kind: str, tmp_path: Path) -> None:
    key = published(kind).key
    (tmp_path / "key.pem").write_text(dkim_keys.pem(key))

    read = dkim_keys.read(tmp_path / "key.pem")

    assert dkim_keys.record(read) == published(kind).record
    assert published(kind).record.startswith(f"v=DKIM1; k={kind}; p=")


def test_the_older_form_of_rsa_keys_is_read(tmp_path: Path) -> None:
    key = published("rsa").key
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )

    assert dkim_keys.record(dkim_keys.read(tmp_path / "key.pem")) == published("rsa").record


def pkcs8(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def wrong_files() -> dict[str, bytes]:
    key = published("rsa").key
    return {
        "holds a key of another kind": pkcs8(ec.generate_private_key(ec.SECP256R1())),
        "RSA key of 1024 bits": pkcs8(rsa.generate_private_key(65537, 1024)),
        "no private key in PEM": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "is encrypted": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
    }


@pytest.mark.parametrize("message", ["another kind", "1024 bits", "no private key", "is encrypted"])
def test_another_file_is_refused_with_what_it_is(message: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(next(data for words, data in wrong_files().items() if message in words))

    with pytest.raises(SettingsError, match=message):
        dkim_keys.read(path)


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        dkim_keys.read(tmp_path)
    with pytest.raises(SettingsError, match=r"there is no .*: `digest dkim new` makes a key"):
        dkim_keys.read(tmp_path / "none.pem")


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_who_may_read_a_file(mode: int, is_open: bool, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.touch()
    path.chmod(mode)

    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert dkim_keys.is_open_to_others(path) is is_open
