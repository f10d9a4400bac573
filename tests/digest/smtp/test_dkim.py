from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.smtp import dkim
from tests.articles import NOW
from tests.dkim import published, verified

HEADER = (
    b'To: "Ada" <ada@example.org>\r\n'
    b"Message-ID: <weekly-12.1.abc@news.example.com>\r\n"
    b"Subject: =?utf-8?q?One?=\r\n =?utf-8?q?Two?=\r\n"
    b"List-Unsubscribe: <https://news.example.com/u/t>, <mailto:weekly@news.example.com?subject=t>\r\n"
    b"From: The Weekly <weekly@news.example.com>\r\n"
    b"Date: Mon, 23 Nov 2026 07:00:00 +0000\r\n"
    b"List-Id: The Weekly <weekly.news.example.com>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"Feedback-ID: weekly-12:weekly:digest:newsexamplecom\r\n"
    b"Precedence: bulk\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="x"\r\n'
)
BODY = b"one\r\n\r\ntwo \r\n"
KINDS = pytest.mark.parametrize("kind", ["rsa", "ed25519"])


def signed(kind: str, header: bytes = HEADER, body: bytes = BODY) -> bytes:
    return published(kind).signer.sign(header, body, at=NOW) + header + b"\r\n" + body


@KINDS
@pytest.mark.parametrize("body", [BODY, b"", b"\r\n", b"\r\n\r\n", b"no line's end", b"one\r\n\r\n\r\n", b".\r\n \r\n"])
def test_a_signature_verifies(kind: str, body: bytes) -> None:
    assert verified(signed(kind, body=body))


@KINDS
@pytest.mark.parametrize("name", [name for name in dkim.SIGNED if name != b"reply-to"])
def test_a_change_of_a_signed_field_is_noticed(kind: str, name: bytes) -> None:
    message = signed(kind)
    start = message.lower().index(b"\r\n%b: " % name) + len(name) + 4

    assert not verified(message[:start] + b"x" + message[start:])


@KINDS
def test_a_change_of_the_body_is_noticed(kind: str) -> None:
    assert not verified(signed(kind).replace(b"two", b"too"))


@pytest.mark.parametrize("name", dkim.OVERSIGNED)
@pytest.mark.parametrize("place", ["above", "below"])
def test_nobody_can_add_another(name: bytes, place: str) -> None:
    header = HEADER if place == "above" else signed("rsa").partition(b"\r\n\r\n")[0] + b"\r\n"
    another = b"%b: another\r\n" % name
    field = published("rsa").signer.sign(HEADER, BODY, at=NOW)

    assert verified(field + HEADER + b"\r\n" + BODY)
    assert not verified((another + field + header if place == "above" else header + another) + b"\r\n" + BODY)


def test_what_relays_do_to_white_space_and_to_other_fields_does_no_harm() -> None:
    message = signed("rsa").replace(b"Subject: ", b"SUBJECT:\t ").replace(b"Precedence: bulk", b"Precedence: list")

    assert verified(b"Received: from a by b\r\n" + message + b"\r\n\r\n")


def test_without_the_fields_for_unsubscribing_none_can_be_added() -> None:
    header = b"From: a@news.example.com\r\nTo: b@example.org\r\n"
    message = signed("rsa", header)

    assert verified(message)
    assert not verified(b"List-Unsubscribe: <https://evil.example/>\r\n" + message)


def test_several_fields_of_one_name_verify() -> None:
    assert verified(
        signed("ed25519", b"List-Id: first\r\n" + HEADER + b"List-Id: last\r\nFrom: b@news.example.com\r\n")
    )


def test_two_keys_sign_the_same() -> None:
    signers = [published(kind).signer for kind in ("rsa", "ed25519")]

    fields = dkim.sign(signers, HEADER, BODY, at=NOW)

    message = fields + HEADER + b"\r\n" + BODY
    assert verified(message, index=0)
    assert verified(message, index=1)
    assert fields == b"".join(signer.sign(HEADER, BODY, at=NOW) for signer in signers)


def test_nobody_signs_nothing() -> None:
    assert dkim.sign([], HEADER, BODY, at=NOW) == b""


@KINDS
def test_the_same_message_and_instant_give_the_same_bytes(kind: str) -> None:
    assert signed(kind) == signed(kind)
    later = published(kind).signer.sign(HEADER, BODY, at=NOW + timedelta(seconds=1))
    assert b"t=%d;" % (NOW.timestamp() + 1) in later


@KINDS
def test_the_field_has_short_lines(kind: str) -> None:
    field = published(kind).signer.sign(HEADER, BODY, at=NOW)

    assert field.startswith(b"DKIM-Signature: v=1; ")
    assert field.endswith(b"\r\n")
    assert all(len(line) <= 78 for line in field.split(b"\r\n"))
    assert all(line.startswith(b" ") for line in field.split(b"\r\n")[1:-1])


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12)
spaces = st.sampled_from([" ", "  ", "\t", " \t ", "\r\n ", "\r\n\t", " \r\n   "])
values = st.lists(st.tuples(words, spaces), max_size=5).map(lambda pairs: "".join(map("".join, pairs)))
names = st.sampled_from(["From", "SUBJECT", "To", "List-Unsubscribe", "Feedback-ID", "X-Other", "list-id"])
headers = st.lists(st.tuples(names, st.sampled_from(["", " ", "\t"]), values), max_size=8)
bodies = st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\r\n\r\n", b".", b"=20", b"\xff"]), max_size=12).map(
    b"".join
)


@given(headers, bodies)
def test_any_header_and_body_verify(fields: list[tuple[str, str, str]], body: bytes) -> None:
    header = "".join(f"{name}:{space}{value}end\r\n" for name, space, value in fields).encode()

    assert verified(signed("rsa", header + b"From: a@news.example.com\r\n", body))
