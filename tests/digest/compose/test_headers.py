import email
import email.policy
from dataclasses import replace
from email.header import decode_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose import headers
from digest.model import Issue
from digest.smtp import envelope
from tests.articles import NOW, newsletter

SECRET = b"a secret of more than thirty-two bytes"
ISSUE = Issue(
    id=3,
    newsletter=newsletter(name="Die Wöchentliche", sender="Die Wöchentliche <news@bücher.example>"),
    number=12,
    base_url="https://news.example.com",
    nonce="abc",
    since=NOW,
    until=NOW,
)


def parsed(fields: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(fields + b"\r\n", policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def test_the_common_fields_are_those_of_a_bulk_mail() -> None:
    message = parsed(headers.common_fields(ISSUE))

    assert message["From"].addresses[0].addr_spec == "news@xn--bcher-kva.example"
    assert message["From"].addresses[0].display_name == "Die Wöchentliche"
    assert message["Date"].datetime == NOW
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<weekly.xn--bcher-kva.example>" in message["List-Id"]
    assert message["Feedback-ID"].split(":")[0] == "weekly-12"
    assert 5 <= len(message["Feedback-ID"].rpartition(":")[2]) <= 15
    assert message["MIME-Version"] == "1.0"


def test_list_unsubscribe_stands_on_one_line_whatever_its_length() -> None:
    url = "https://news.example.com/unsubscribe/" + "x" * 200

    field = headers.unsubscribe_field(ISSUE, url, "token").decode()

    assert field == (f"List-Unsubscribe: <{url}>, <mailto:news@xn--bcher-kva.example?subject=unsubscribe%20token>\r\n")


def test_the_message_id_is_the_same_at_every_attempt_and_unique() -> None:
    ids = {headers.message_id(ISSUE, n, SECRET) for n in range(100)}

    assert len(ids) == 100
    assert headers.message_id(ISSUE, 1, SECRET) == headers.message_id(ISSUE, 1, SECRET)
    assert headers.message_id(ISSUE, 1, SECRET) != headers.message_id(replace(ISSUE, id=4), 1, SECRET)
    assert headers.message_id(ISSUE, 1, SECRET) != headers.message_id(ISSUE, 1, b"another secret")


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=200)


@given(names)
def test_any_name_reads_back_and_injects_nothing(name: str) -> None:
    name = " ".join(name.split())

    fields = headers.recipient_fields(name, "reader@example.org", "<id@example.org>")

    message = parsed(fields)
    assert message.keys() == ["To", "Message-ID"]
    assert message["To"].addresses[0].addr_spec == "reader@example.org"
    shown = message["To"].addresses[0].display_name
    assert "".join(shown.split()) == "".join(name.split())  # the parser puts a space between encoded words
    assert all(len(line) <= 998 for line in fields.split(b"\r\n"))


@given(names.filter(str.strip))
def test_any_subject_reads_back(subject: str) -> None:
    subject = " ".join(subject.split())

    message = parsed(headers.subject_field(subject))

    assert message.keys() == ["Subject"]
    assert " ".join(message["Subject"].split()) == subject


def test_line_breaks_in_a_name_become_spaces() -> None:
    fields = headers.recipient_fields("Eve\r\nBcc: all@example.org", "eve@example.org", "<id@example.org>")

    assert parsed(fields).keys() == ["To", "Message-ID"]


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200),
    st.sampled_from(["Subject", "To"]),
)
def test_encoded_text_is_read_as_it_was_and_fits_its_lines(text: str, field: str) -> None:
    written = headers.encoded_text(text, field)

    assert written.isascii()
    if written != text:
        decoded = decode_header(written.replace("\r\n", ""))
        assert "".join(part.decode(charset) for part, charset in decoded) == text
        lines = f"{field}: {written}".split("\r\n")
        assert all(len(line) <= 76 and line[:1] != "." for line in lines)
        assert all(len(word) <= 75 for line in lines for word in line.removeprefix(f"{field}: ").split())


@pytest.mark.parametrize(("text", "kind"), [("Café · World", "=?utf-8?q?Caf"), ("ニュースの要約", "=?utf-8?b?")])
def test_latin_text_stays_readable_and_other_scripts_short(text: str, kind: str) -> None:
    assert headers.encoded_text(text, "Subject").startswith(kind)


def test_a_field_with_a_line_that_begins_with_a_full_stop_is_refused() -> None:
    with pytest.raises(ValueError, match="full stop"):
        headers.recipient_fields("", "ann@example.org\r\n.", "<id@example.org>")


def test_an_address_for_unsubscribing_takes_the_senders_place_in_list_unsubscribe_alone() -> None:
    newsletter = ISSUE.newsletter.model_copy(update={"unsubscribe_address": "leave@news.example.com"})
    issue = replace(ISSUE, newsletter=newsletter)

    field = headers.unsubscribe_field(issue, "https://news.example.com/u", "17.weekly.abc").decode()

    assert field == (
        "List-Unsubscribe: <https://news.example.com/u>, "
        "<mailto:leave@news.example.com?subject=unsubscribe%2017.weekly.abc>\r\n"
    )
    assert headers.common_fields(issue) == headers.common_fields(ISSUE)


@pytest.mark.parametrize("domain", ["bücher.example", "faß.de", "اختبار١.com", "例え.test", "ａ.example"])
def test_a_domain_of_other_letters_is_written_in_ascii_as_in_the_envelope(domain: str) -> None:
    wire = envelope.path(f"ada@{domain}")
    assert wire

    fields = headers.recipient_fields("", f"ada@{domain}", "<id@example.org>")

    assert fields == b"To: " + wire.address + b"\r\nMessage-ID: <id@example.org>\r\n"


@pytest.mark.parametrize("address", ["ada@-ü-.example", "ada@☃.example", "ada@xn--ü.example", "ada@" + "ü" * 80, "ü"])
def test_an_address_that_the_envelope_refuses_stops_no_composing(address: str) -> None:
    assert envelope.path(address) is None
    assert headers.recipient_fields("", address, "<id@example.org>").startswith(b"To: ")
