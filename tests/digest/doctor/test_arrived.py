"""A mail that came back through the relay: what its signatures cover."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.doctor import arrived
from tests.dkim import published

SENDERS = ["news.example.com"]
HEADER = (
    b"From: The Weekly <weekly@news.example.com>\r\n"
    b"To: ada@reader.example\r\n"
    b"List-Unsubscribe: <https://news.example.com/u/secret-token>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)
COMPLETE = "from:to:subject:list-unsubscribe:List-Unsubscribe-Post"


def signature(domain: str = "news.example.com", names: str = COMPLETE) -> bytes:
    text = f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s=a;\r\n h={names};\r\n bh=x=; b=y=\r\n"
    return text.encode()


def mail(*signatures: bytes, header: bytes = HEADER) -> bytes:
    return b"Received: from relay.example\r\n" + b"".join(signatures) + header + b"\r\nbody\r\n"


def test_our_own_signature_covers_everything() -> None:
    signed = published("ed25519").signer.sign(HEADER, b"body\r\n", at=datetime(2026, 11, 23, tzinfo=UTC))

    assert arrived.check(mail(signed), SENDERS) == []


@pytest.mark.parametrize(
    "signatures",
    [
        [signature()],
        [signature("Example.COM")],
        [signature("mail.news.example.com")],
        [signature("relay.example", "from"), signature()],
        [signature(names="from"), signature()],
        [signature(names="From :\r\n\tTo : list-unsubscribe:\r\n list-unsubscribe-post")],
    ],
)
def test_one_signature_that_speaks_for_the_sender_is_enough(signatures: list[bytes]) -> None:
    assert arrived.check(mail(*signatures), SENDERS) == []


def test_no_signature_at_all() -> None:
    [one] = arrived.check(mail(), SENDERS)

    assert "no DKIM signature at all" in one.what
    assert not one.is_note


@pytest.mark.parametrize("domain", ["relay.example", "xnews.example.com", "com.example"])
def test_a_signature_in_another_name(domain: str) -> None:
    [one] = arrived.check(mail(signature(domain)), SENDERS)

    assert f"signed for {domain}, which says nothing about news.example.com" in one.what


@pytest.mark.parametrize(
    ("names", "gaps"),
    [
        ("from:to:list-unsubscribe", "List-Unsubscribe-Post"),
        ("from:list-unsubscribe-post", "List-Unsubscribe"),
        ("from:to:subject:list-id", "List-Unsubscribe and List-Unsubscribe-Post"),
        ("list-unsubscribe:list-unsubscribe-post", "From"),
    ],
)
def test_what_a_signature_leaves_out_is_named_with_the_relay_s_setting(names: str, gaps: str) -> None:
    [one] = arrived.check(mail(signature(names=names)), SENDERS)

    assert f"does not cover {gaps}, so" in one.what
    assert "SignHeaders *,+List-Unsubscribe-Post,+List-Unsubscribe,+Feedback-ID" in one.fix
    assert "list-unsubscribe:list-unsubscribe-post" in one.fix
    assert "_DKIM_SIGN_HEADERS:+List-Unsubscribe-Post" in one.fix
    assert not one.is_note


def test_fields_that_the_relay_took_out() -> None:
    [one] = arrived.check(mail(signature(), header=b"From: weekly@news.example.com\r\n"), SENDERS)

    assert "it has no List-Unsubscribe and no List-Unsubscribe-Post" in one.what


def test_a_mail_of_somebody_else_is_a_note() -> None:
    stranger = HEADER.replace(b"weekly@news", b"weekly@other")

    [one] = arrived.check(mail(signature("other.example.com"), header=stranger), SENDERS)

    assert one.is_note
    assert "its From is at other.example.com" in one.what


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"From: nobody\r\n\r\n", b"From: <a@\x1b[31m.example>\r\n\r\n"])
def test_what_is_no_mail_is_told(raw: bytes) -> None:
    [one] = arrived.check(raw, SENDERS)

    assert "no From with an address" in one.what


@given(st.binary(), st.binary())
def test_nothing_of_a_hostile_mail_is_shown(raw: bytes, domain: bytes) -> None:
    for data in (raw, HEADER + b"DKIM-Signature: d=" + domain + b"; h=from\r\n" + raw):
        for one in arrived.check(data, SENDERS):
            shown = f"{one.where}{one.what}{one.fix}"
            assert shown.isprintable()
            assert "secret-token" not in shown
            assert "ada@" not in shown
