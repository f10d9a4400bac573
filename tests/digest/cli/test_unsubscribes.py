import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from digest import db
from subscribers.tokens import Tokens
from tests import audience
from tests.digest.cli.conftest import Digest


@pytest.fixture
def asking(engine: Engine) -> bytes:
    """A mail of a reader who wants to leave."""
    with db.transaction(engine) as connection:
        ada = audience.subscriber(connection, "ada@example.org")
    return f"From: x@y.example\nSubject: unsubscribe {Tokens(audience.SECRET).unsubscribe(ada, 'weekly')}\n\n".encode()


def test_mails_in_files_unsubscribe_and_are_counted(digest: Digest, asking: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(asking)
    box = tmp_path / "box"
    box.write_bytes(
        b"From a\n" + asking + b"\nFrom MAILER-DAEMON\nSubject: report\n\n\nFrom b\nFrom: ada@example.org\n\nhello\n"
    )

    ran = digest("unsubscribes", str(tmp_path / "a.eml"), str(box), "--json")

    assert (ran.code, ran.json) == (0, {"unsubscribed": 1, "already": 1, "ignored": 1, "unmatched": 1})
    assert f"no token in {box}, mail 3" in ran.err
    assert "ada@example.org" not in ran.out + ran.err
    assert json.loads(digest("subscribers", "show", "ada@example.org", "--json").out)["status"] == "unsubscribed"


def test_in_words_it_is_one_line(digest: Digest, asking: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(asking)

    ran = digest("unsubscribes", str(tmp_path))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "1 unsubscribed, 0 already, 0 ignored, 0 unmatched\n"


def test_what_is_not_there_is_wrong_usage(digest: Digest, tmp_path: Path) -> None:
    assert digest("unsubscribes", str(tmp_path / "none")).code == 2
    assert digest("unsubscribes").code == 2


def test_the_record_is_printed_line_by_line(digest: Digest, asking: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(asking)
    digest("unsubscribes", str(tmp_path / "a.eml"), "--now", "2026-11-23T07:00:00Z")

    ran = digest("subscribers", "record", "ada@example.org")

    assert ran.code == 0
    [event] = ran.rows
    assert event == {
        "kind": "unsubscribed",
        "newsletter": "weekly",
        "source": "mail",
        "detail": "confirmed",
        "at": "2026-11-23T07:00:00Z",
        "page": "",
        "network": "",
        "language": "",
        "wording": None,
        "words": None,
    }


def test_the_record_of_somebody_unknown_says_so(digest: Digest) -> None:
    ran = digest("subscribers", "record", "nobody@example.org")

    assert (ran.code, ran.out) == (1, "")
    assert "there is no subscriber" in ran.err
