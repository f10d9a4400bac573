"""A mailbox that a worker looks into again and again: each mail is taken once."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from digest.errors import SettingsError
from subscribers import unsubscribe_mailbox
from subscribers.mail_departures import Outcome, Summary
from subscribers.mail_files import Mail

ENVELOPE = b"From ann@example.com Mon Nov 23 07:00:00 2026\n"


class Taker:
    """Takes mails, and notes what they are; those that say “unmatched” are."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def __call__(self, mails: Iterable[Mail]) -> Summary:
        """Take them."""
        summary = Summary()
        for mail in mails:
            self.taken.append(mail.content.strip())
            is_unmatched = b"unmatched" in mail.content
            summary.counts[Outcome.UNMATCHED if is_unmatched else Outcome.UNSUBSCRIBED] += 1
            summary.unmatched.extend([mail.where] if is_unmatched else [])
        return summary


def look(mailbox: Path) -> list[bytes]:
    taker = Taker()
    summary = unsubscribe_mailbox.read(mailbox, taker)
    assert sum(summary.counts.values()) == len(taker.taken)
    return taker.taken


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    return tmp_path


def test_new_mails_of_a_maildir_are_taken_once_and_then_seen(maildir: Path) -> None:
    (maildir / "new" / "1.a").write_bytes(b"one")
    (maildir / "cur" / "2.b:2,R").write_bytes(b"two")  # moved by a mail program, not read yet
    (maildir / "cur" / "3.c:2,S").write_bytes(b"seen by a person")

    assert look(maildir) == [b"one", b"two"]
    assert look(maildir) == []
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == ["1.a:2,S", "2.b:2,RS", "3.c:2,S"]
    assert list((maildir / "new").iterdir()) == []


def test_what_nobody_understood_gets_a_star(maildir: Path) -> None:
    (maildir / "new" / "1.a").write_bytes(b"unmatched")

    look(maildir)

    assert [path.name for path in (maildir / "cur").iterdir()] == ["1.a:2,FS"]


def test_a_mail_that_could_not_be_taken_stays_new(maildir: Path) -> None:
    for name in ("1.a", "2.b"):
        (maildir / "new" / name).write_bytes(name.encode())

    def fail_at_the_second(mails: Iterable[Mail]) -> Summary:
        [mail] = mails
        if mail.content == b"2.b":
            raise SettingsError("the database is away")
        return Summary()

    with pytest.raises(SettingsError, match="away"):
        unsubscribe_mailbox.read(maildir, fail_at_the_second)

    assert [path.name for path in (maildir / "new").iterdir()] == ["2.b"]
    assert look(maildir) == [b"2.b"]


def test_a_mail_that_another_worker_took_meanwhile_is_left(maildir: Path) -> None:
    (maildir / "new" / "1.a").write_bytes(b"one")

    def take_while_another_does(mails: Iterable[Mail]) -> Summary:
        (maildir / "new" / "1.a").rename(maildir / "cur" / "1.a:2,S")
        return Summary()

    unsubscribe_mailbox.read(maildir, take_while_another_does)

    assert look(maildir) == []


def test_an_mbox_is_read_on_from_where_it_was_read_to(tmp_path: Path) -> None:
    path = tmp_path / "leave"
    path.write_bytes(ENVELOPE + b"one\n\n")
    assert look(path) == [b"one"]
    assert look(path) == []

    with path.open("ab") as mbox:
        mbox.write(ENVELOPE + b"two\n\n" + ENVELOPE + b"three\n\n")

    assert look(path) == [b"two", b"three"]
    assert look(path) == []


@pytest.mark.parametrize("other", [b"other\n\n", b"another that is longer than the one before\n\n"])
def test_another_mbox_in_its_place_is_read_from_its_beginning(tmp_path: Path, other: bytes) -> None:
    path = tmp_path / "leave"
    path.write_bytes(ENVELOPE + b"the first of them\n\n")
    look(path)

    path.write_bytes(ENVELOPE + other)

    assert look(path) == [other.strip()]


def test_an_mbox_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert look(tmp_path / "leave") == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unsubscribe_mailbox: .*none/leave: No such file"):
        look(tmp_path / "none" / "leave")


def test_a_folder_that_is_no_maildir_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unsubscribe_mailbox: .*it must be a Maildir or an mbox"):
        look(tmp_path)


def test_a_mailbox_that_somebody_delivers_into_is_left_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "leave"
    path.write_bytes(ENVELOPE + b"half of a ma")
    lock = tmp_path / "leave.lock"
    lock.touch()
    assert look(path) == []

    lock.unlink()

    assert look(path) == [b"half of a ma"]


@pytest.mark.parametrize("mark", ["", "x", "99999999 abc", "-1 abc", "٣ abc"])
def test_a_mark_that_was_not_made_here_counts_for_nothing(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "leave"
    path.write_bytes(ENVELOPE + b"one\n\n")
    (tmp_path / f"leave{unsubscribe_mailbox.MARK_SUFFIX}").write_text(mark)

    assert look(path) == [b"one"]
