"""The whole examination: an installation in order, and one in which everything is wrong."""

from pathlib import Path

from digest import config
from digest.doctor.checkup import examine
from digest.doctor.lookup import Answer, Silence
from digest.smtp import dkim_keys
from tests.dkim import published
from tests.real_parts import free_port

DOMAIN = "news.example.com"


def silent(_name: str) -> Answer:
    return Silence("no answer within 5 seconds")


def wheres(settings_file: Path, answers: dict[str, Answer]) -> list[str]:
    """Return where something is wrong; names that the answers do not have are asked for in vain."""
    settings = config.load(settings_file)
    return [one.where for one in examine(settings, settings_file, lookup=lambda name: answers.get(name, ()))]


def test_only_what_is_wrong_is_told(settings_file: Path) -> None:
    """The database and the server are not there; DNS and key are right."""
    key = published("rsa").key
    config.write_private(settings_file.parent / "key.pem", dkim_keys.pem(key))
    lines = f'[[dkim]]\ndomain = "{DOMAIN}"\nselector = "d1"\nkey_file = "key.pem"\n'
    settings_file.write_text(settings_file.read_text().replace("2525", str(free_port())) + lines)
    settings_file.chmod(0o600)
    right: dict[str, Answer] = {
        DOMAIN: ("v=spf1 -all",),
        "_dmarc.example.com": ("v=DMARC1; p=reject",),
        f"d1._domainkey.{DOMAIN}": (dkim_keys.record(key),),
    }

    assert wheres(settings_file, right) == ["database_url", "smtp"]
    assert wheres(settings_file, {}) == [
        *("database_url", "smtp", f"d1._domainkey.{DOMAIN}", DOMAIN, f"_dmarc.{DOMAIN}")
    ]


def test_a_silent_name_service_is_one_note_beside_the_other_problems(settings_file: Path) -> None:
    settings_file.write_text(settings_file.read_text().replace("2525", str(free_port())))
    settings_file.chmod(0o600)

    found = examine(config.load(settings_file), settings_file, lookup=silent)

    assert [(one.where, one.is_note) for one in found] == [("database_url", False), ("smtp", False), ("DNS", True)]


def test_settings_that_would_not_do_are_told(settings_file: Path) -> None:
    text = settings_file.read_text().replace("2525", str(free_port())).replace("1 Example Street, London", "")
    secret = "a test key of more than thirty-two characters"
    settings_file.write_text(text.replace("https://", "http://").replace(secret, "abc" * 11))
    settings_file.chmod(0o644)

    found = examine(config.load(settings_file), settings_file, lookup=silent)

    assert [one.where for one in found] == [
        *("newsletters[0].postal_address", "base_url", "secret_key", str(settings_file)),
        *("database_url", "smtp", "DNS"),
    ]


def test_a_mail_is_looked_at_where_one_is_given(settings_file: Path) -> None:
    settings_file.write_text(settings_file.read_text().replace("2525", str(free_port())))

    found = examine(
        config.load(settings_file), settings_file, lookup=silent, mail=b"From: <a@news.example.com>\r\n\r\n"
    )

    assert "it has no DKIM signature at all" in [one.what for one in found]
