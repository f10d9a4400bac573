from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.demo import mailbox
from digest.demo.mailbox import Mailbox


def mail(html: str = "<p>Hello</p>", *, to: str = "Zoë <zoe@example.org>", subject: str = "News") -> bytes:
    message = EmailMessage()
    message["From"] = "The Weekly <weekly@example.com>"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Hello in text")
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mailbox")


def test_mails_are_kept_byte_for_byte_in_order(box: Mailbox, tmp_path: Path) -> None:
    raw = mail().replace(b"\n", b"\r\n")
    assert [box.add(raw), box.add(mail(subject="Later"))] == ["0001", "0002"]
    assert (tmp_path / "mailbox" / "0001.eml").read_bytes() == raw
    assert [letter.subject for letter in box.letters()] == ["News", "Later"]


def test_mailbox_that_holds_mails_goes_on_counting(box: Mailbox, tmp_path: Path) -> None:
    box.add(mail())
    assert Mailbox(tmp_path / "mailbox").add(mail()) == "0002"


def test_letter_has_what_an_inbox_shows(box: Mailbox) -> None:
    html = '<div style="display: none;max-height:0">In short: <br>rain&nbsp;&#847;&zwnj; </div><p>Body</p>'
    letter = box.letter(box.add(mail(html)))
    assert letter
    assert (letter.name, letter.email, letter.initials) == ("Zoë", "zoe@example.org", "Z")
    assert (letter.sender, letter.subject, letter.preheader) == ("The Weekly", "News", "In short: rain")
    assert letter.size == len(mail(html))


def test_content_is_both_parts_and_the_source(box: Mailbox) -> None:
    content = box.content(box.add(mail()))
    assert content
    assert content.html == "<p>Hello</p>\n"
    assert content.text == "Hello in text\n"
    assert "Subject: News" in content.source


def test_addressee_without_a_name_is_shown_by_address(box: Mailbox) -> None:
    letter = box.letter(box.add(mail(to="desk.two@example.org")))
    assert letter
    assert (letter.label, letter.initials) == ("desk.two@example.org", "DT")


@pytest.mark.parametrize("id", ["0002", "..", "../0001", "0001.eml", "", "٠٠٠١", "1"])
def test_what_is_no_mail_of_ours_is_not_there(box: Mailbox, id: str) -> None:
    box.add(mail())
    assert box.letter(id) is None
    assert box.content(id) is None


def test_half_written_mail_is_not_shown(box: Mailbox, tmp_path: Path) -> None:
    box.add(mail())
    (tmp_path / "mailbox" / "0002.eml.new").write_bytes(b"Subject: ha")
    assert [letter.id for letter in box.letters()] == ["0001"]


def test_folder_that_is_not_there_is_an_empty_mailbox(box: Mailbox) -> None:
    assert box.letters() == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"To: \xff\xfe\r\nSubject: =?utf-8?q?=FF?=\r\n\r\n\xff",
        b"Content-Type: text/html; charset=no-such\r\n\r\n<p>x</p>",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary",
        b"To: @\r\nFrom: <<>>\r\nSubject: a\x00b\r\n\r\n",
    ],
)
def test_mail_of_unlikely_form_is_shown_as_far_as_it_goes(box: Mailbox, raw: bytes) -> None:
    id = box.add(raw)
    assert box.letter(id)
    assert box.content(id)


@given(st.binary(max_size=300), st.sampled_from([b"To: ", b"Subject: ", b"Content-Type: ", b"From: ", b""]))
def test_no_mail_breaks_the_inbox(noise: bytes, header: bytes) -> None:
    raw = header + noise + b"\r\n\r\n<p>" + noise
    message = mailbox._parsed(raw)
    found = [mailbox._content(raw).source, *(mailbox._header(message, name) for name in ("to", "from", "subject"))]
    assert all(isinstance(text, str) for text in found)


@given(st.text(alphabet="<>/divspa style=\"display:none'&;!-x"))
def test_no_html_breaks_the_preheader(html: str) -> None:
    assert isinstance(mailbox.preheader(html), str)


def test_only_the_first_hidden_element_is_the_preheader() -> None:
    html = '<p>Seen</p><div style="DISPLAY:NONE">One <b>two</b><img></div><div style="display:none">three</div>'
    assert mailbox.preheader(html) == "One two"


def test_deleted_mail_is_gone_from_the_list(box: Mailbox, tmp_path: Path) -> None:
    box.add(mail())
    (tmp_path / "mailbox" / "0001.eml").unlink()
    assert box.letter("0001") is None
