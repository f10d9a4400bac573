from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from subscribers import mail_files
from subscribers.mail_files import MAIL_BYTES

FIRST, SECOND = b"Subject: one\n\nFirst.\n", b"Subject: two\n\nSecond.\n"


def contents(path: Path) -> list[bytes]:
    return [mail.content for mail in mail_files.mails(path)]


def test_a_single_mail_is_one(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(FIRST)

    assert [(mail.where, mail.content) for mail in mail_files.mails(path)] == [(str(path), FIRST)]


def test_an_mbox_is_cut_at_its_separators(tmp_path: Path) -> None:
    path = tmp_path / "leave.mbox"
    path.write_bytes(
        b"From ann@example.com Mon Nov 23 07:00:00 2026\n" + FIRST + b"From me to you.\n\n"
        b"From ben@example.com Mon Nov 23 08:00:00 2026\r\n" + SECOND
    )

    found = list(mail_files.mails(path))

    assert [mail.content for mail in found] == [FIRST + b"From me to you.\n\n", SECOND]
    assert found[1].where == f"{path}, mail 2"


def test_an_mbox_says_which_mails_come_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "leave.mbox"
    path.write_bytes(b"From MAILER-DAEMON Mon Nov 23 07:00:00 2026\n" + FIRST)

    assert contents(path) == [b"Return-Path: <>\n" + FIRST]


def test_a_maildir_is_read_in_the_order_in_which_its_mails_came(tmp_path: Path) -> None:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new" / "1763900001.a.host").write_bytes(SECOND)
    (tmp_path / "cur" / "1763900000.b.host:2,S").write_bytes(FIRST)
    (tmp_path / "cur" / ".hidden").write_bytes(b"x")
    (tmp_path / "tmp" / "1763900002.c.host").write_bytes(b"half a mai")

    assert contents(tmp_path) == [FIRST, SECOND]


def test_a_folder_of_single_mails_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.EML").write_bytes(SECOND)
    (tmp_path / "a.eml").write_bytes(FIRST)
    (tmp_path / "notes.txt").write_bytes(b"x")

    assert contents(tmp_path) == [FIRST, SECOND]


def test_a_folder_without_mails_says_what_would_be_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no Maildir.*no \.eml files"):
        contents(tmp_path)


def test_what_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.eml cannot be read: No such file"):
        contents(tmp_path / "none.eml")


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_mail_beyond_any_size_is_cut(tmp_path: Path, end: bytes) -> None:
    huge = b"x" * (3 * MAIL_BYTES) + end
    (tmp_path / "one.eml").write_bytes(huge)
    (tmp_path / "leave.mbox").write_bytes(b"From a\n" + huge + b"\n\nFrom b\n" + SECOND)

    assert len(contents(tmp_path / "one.eml")[0]) == MAIL_BYTES
    first, second = contents(tmp_path / "leave.mbox")
    assert len(first) < MAIL_BYTES + 100_000
    assert second == SECOND


def test_a_long_line_is_no_separator_wherever_reading_halts(tmp_path: Path) -> None:
    path = tmp_path / "leave.mbox"
    path.write_bytes(b"From a\n\n" + b"x" * 65_536 + b"From b\n")

    assert len(contents(path)) == 1


LINES = st.lists(st.sampled_from([b"From x\n", b"\n", b"a\n", b"\r\n", b">From\n"]), max_size=5)


@given(st.lists(LINES, min_size=1, max_size=5))
def test_nothing_of_an_mbox_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, mails: list[list[bytes]]
) -> None:
    path = tmp_path_factory.mktemp("mbox") / "leave.mbox"
    whole = b"".join(b"From x\n" + b"".join(lines) for lines in mails)
    path.write_bytes(whole)

    found = contents(path)

    assert b"".join(b"From x\n" + content for content in found) == whole
