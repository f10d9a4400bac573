import smtplib
import socket
from pathlib import Path

import pytest

from digest.demo.catcher import HOST, Catcher
from digest.demo.mailbox import Mailbox

MESSAGE = b"To: ada@example.org\r\nSubject: One\r\n\r\n.dots\r\n..and more\r\nZo\xc3\xab\r\n"


def test_message_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    with Catcher(Mailbox(tmp_path)) as catcher, smtplib.SMTP(HOST, catcher.port) as client:
        client.sendmail("weekly@example.com", ["ada@example.org"], MESSAGE)
    assert (tmp_path / "0001.eml").read_bytes() == MESSAGE


def test_it_listens_on_loopback_only_until_the_end(tmp_path: Path) -> None:
    with Catcher(Mailbox(tmp_path)) as catcher:
        assert catcher.port > 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, catcher.port))


def test_mailbox_that_cannot_be_written_defers_the_message(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file where the folder should be")
    with Catcher(Mailbox(tmp_path / "mailbox")) as catcher, smtplib.SMTP(HOST, catcher.port) as client:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("weekly@example.com", ["ada@example.org"], MESSAGE)
        assert refused.value.smtp_code == 452


def test_two_catchers_have_ports_of_their_own(tmp_path: Path) -> None:
    with Catcher(Mailbox(tmp_path / "a")) as one, Catcher(Mailbox(tmp_path / "b")) as two:
        assert one.port != two.port
