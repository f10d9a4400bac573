"""Mails to the address for unsubscribing, as programs of all kinds write them, and as nobody should."""

import base64
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import mail_request
from subscribers.mail_request import MOST_PARTS, Unasked
from subscribers.tokens import Tokens, UnsubscribeLink
from tests.subscribers.people import SECRET

TOKENS = Tokens(SECRET)
ANN = UnsubscribeLink(17, "weekly")
TOKEN = TOKENS.unsubscribe(*ANN)
OTHERS = Tokens(b"another key of more than thirty-two characters")
FROM = "From: Ann <ann@example.com>\nTo: leave@news.example.com\n"


def read(text: str | bytes) -> UnsubscribeLink | Unasked:
    return mail_request.read(text.encode() if isinstance(text, str) else text, TOKENS)


def mail(subject: str = "", body: str = "", **headers: str) -> str:
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"{FROM}Subject: {subject}\n{more}\n{body}\n"


@pytest.mark.parametrize(
    "subject",
    [
        f"unsubscribe {TOKEN}",
        f"Re: unsubscribe {TOKEN}",
        f"AW: [extern] unsubscribe {TOKEN}, please",
        f"unsubscribe\n {TOKEN}",
        f"unsubscribe {TOKEN[:12]}\n\t{TOKEN[12:]}",
        f"unsubscribe%20{TOKEN}",
        f"=?utf-8?q?unsubscribe_{TOKEN.replace('_', '=5F')}?=",
        f"=?utf-8?b?{base64.b64encode(f'Fwd: unsubscribe {TOKEN}'.encode()).decode()}?=",
        f"=?utf-16?b?{base64.b64encode(f'unsubscribe {TOKEN}'.encode('utf-16')).decode()}?=",
        f"=?utf-8?q?unsubscribe_{TOKEN[:20].replace('_', '=5F')}?=\n =?utf-8?q?{TOKEN[20:].replace('_', '=5F')}?=",
        f"=?no-such-charset?q?unsubscribe_{TOKEN.replace('_', '=5F')}?=",
    ],
)
def test_the_token_is_found_in_any_subject(subject: str) -> None:
    assert read(mail(subject)) == ANN


def bodies() -> list[bytes]:
    found = []
    for charset in ("utf-8", "utf-16", "iso-8859-1"):
        for transfer in ("quoted-printable", "base64"):
            for subtype in ("plain", "html"):
                message = EmailMessage()
                message["From"], message["Subject"] = "ann@example.com", "Ça suffit"
                tag = f'<p>Désolé: <a href="https://x.example/unsubscribe/{TOKEN}">leave</a></p>'
                words = tag if subtype == "html" else f"{'x ' * 40}unsubscribe {TOKEN}\n"
                message.set_content(words, subtype=subtype, charset=charset, cte=transfer)
                found.append(message.as_bytes())
    return found


@pytest.mark.parametrize("content", bodies())
def test_the_token_is_found_in_a_body_of_any_encoding(content: bytes) -> None:
    assert read(content) == ANN


def test_a_token_that_html_breaks_with_a_tag_is_found() -> None:
    html = f"<p>unsubscribe {TOKEN[:9]}<wbr>{TOKEN[9:]}</p>"

    assert read(mail(body=html, Content_Type="text/html; charset=utf-8")) == ANN


def test_the_token_of_an_answer_with_the_mail_quoted_is_found() -> None:
    message = EmailMessage()
    message.set_content(f"Please stop.\n\n> https://news.example.com/unsubscribe/{TOKEN}\n")
    message.add_alternative("<p>Please stop.</p>", subtype="html")

    assert read(message.as_bytes()) == ANN


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_that_a_program_saved_in_its_own_encoding_is_read(encoding: str) -> None:
    assert read(mail(f"unsubscribe {TOKEN}").encode(encoding)) == ANN


def test_the_subject_goes_before_the_body() -> None:
    other = TOKENS.unsubscribe(18, "weekly")

    assert read(mail(f"unsubscribe {TOKEN}", f"unsubscribe {other}")) == ANN


@pytest.mark.parametrize(
    "text",
    [
        mail("unsubscribe"),
        mail("unsubscribe me", "please"),
        mail(f"unsubscribe {TOKEN[:-1]}"),
        mail(f"unsubscribe {TOKEN.replace('17', '18', 1)}"),
        mail(f"unsubscribe {TOKEN.swapcase()}"),
        mail(f"unsubscribe {OTHERS.unsubscribe(*ANN)}"),
        mail(f"unsubscribe {TOKENS.preferences(17, 1, 'weekly')}", f"{TOKENS.view(17, 17, 1)} {TOKENS.confirm(17)}"),
        mail(f"unsubscribe 1{TOKEN}"),
        "",
        "\n\n",
    ],
)
def test_without_a_token_of_ours_nobody_is_meant(text: str) -> None:
    assert read(text) is Unasked.UNMATCHED


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "Auto-Replied; owner-email=x@example.com"},
        {"Return_Path": "<>"},
        {"Precedence": "Auto_Reply"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<weekly.news.example.com>"},
        {"List_Unsubscribe": "<https://news.example.com/unsubscribe/x>"},
        {"Content_Type": "multipart/report; report-type=delivery-status; boundary=x"},
    ],
)
def test_what_no_person_wrote_is_ignored_whatever_it_quotes(headers: dict[str, str]) -> None:
    assert read(mail(f"Re: unsubscribe {TOKEN}", f"> {TOKEN}", **headers)) is Unasked.IGNORED


@pytest.mark.parametrize("generated", [{"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"}])
def test_what_a_provider_generates_for_a_person_counts_by_its_subject_only(generated: dict[str, str]) -> None:
    assert read(mail(f"unsubscribe {TOKEN}", **generated)) == ANN
    assert read(mail("Out of office", f"> {TOKEN}", **generated)) is Unasked.IGNORED


def test_auto_submitted_no_is_a_person() -> None:
    assert read(mail(f"unsubscribe {TOKEN}", Auto_Submitted="no")) == ANN


def nested(depth: int, body: str) -> bytes:
    opening = "".join(f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n' for level in range(depth))
    return f"{FROM}{opening}Content-Type: text/plain\n\n{body}\n".encode()


def test_parts_within_parts_are_read_to_a_bound_and_then_the_subject_alone() -> None:
    assert read(nested(10, TOKEN)) == ANN
    assert read(nested(20_000, TOKEN)) is Unasked.UNMATCHED
    assert read(mail(f"unsubscribe {TOKEN}").encode() + nested(20_000, "")) == ANN


def test_more_parts_than_anybody_writes_are_not_taken_apart() -> None:
    many = MIMEMultipart()
    for _ in range(MOST_PARTS + 1):
        part = EmailMessage()
        part.set_content(f"unsubscribe {TOKEN}")
        many.attach(part)

    assert read(many.as_bytes()) is Unasked.UNMATCHED


@pytest.mark.parametrize(
    "hostile",
    [
        b"<" * 900_000,
        b"1" * 900_000,
        b"1." * 450_000,
        b"=?utf-8?q?" * 90_000,
        b"&" * 900_000,
        (b"a" * 70 + b"\n") * 12_000,
        b'Content-Type: text/plain; charset="' + b"x" * 900_000,
        b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" + b"z9" * 450_000,
    ],
)
@pytest.mark.parametrize("head", [b"", b"Subject: ", b"Content-Type: text/html\n\n"])
def test_a_hostile_mail_takes_no_time(hostile: bytes, head: bytes) -> None:
    assert read(head + hostile) is Unasked.UNMATCHED


@pytest.mark.parametrize("charset", ["zip", "hex", "idna", "punycode", "undefined", "unicode_escape", "utf-7", "\x00"])
def test_an_encoding_that_is_none_of_texts_is_no_fault(charset: str) -> None:
    assert read(mail(body=f"unsubscribe {TOKEN}", Content_Type=f"text/plain; charset={charset}")) == ANN
    assert read(mail(f"=?{charset}?q?unsubscribe?=")) is Unasked.UNMATCHED


FIELDS = st.sampled_from(
    [
        *("Subject", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted", "Return-Path", "Precedence"),
        *("MIME-Version", "From", "", "List-Id"),
    ]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "multipart/mixed; boundary=x",
            "multipart/mixed; boundary*0*=utf-8''%ff; boundary*1=",
            "text/html; charset*=bogus'en'%",
            "message/rfc822",
            "base64",
            "quoted-printable",
            "x-uuencode",
            "=?utf-8?b?====?=",
            "=?utf-16?q?=00?=",
            "--x",
            TOKEN,
        ]
    ),
)
LINES = st.lists(st.tuples(FIELDS, VALUES).map(lambda pair: f"{pair[0]}: {pair[1]}"), max_size=6)


@given(st.lists(LINES, max_size=5), st.binary(max_size=60))
def test_no_mail_is_a_fault(blocks: list[list[str]], end: bytes) -> None:
    content = "\n\n--x\n".join("\n".join(lines) for lines in blocks).encode("utf-8", "replace") + end

    assert read(content) in (ANN, Unasked.IGNORED, Unasked.UNMATCHED)


@given(st.binary(max_size=300))
def test_no_bytes_are_a_fault(content: bytes) -> None:
    assert read(content) in (Unasked.IGNORED, Unasked.UNMATCHED)


@given(st.integers(1, 10**17), st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True), st.text(max_size=30))
def test_every_token_is_found_beside_any_words(subscriber_id: int, slug: str, words: str) -> None:
    message = EmailMessage()
    message["Subject"] = f"Re: unsubscribe {TOKENS.unsubscribe(subscriber_id, slug)}"
    message.set_content(words.replace("\r", " "))

    assert read(message.as_bytes()) == UnsubscribeLink(subscriber_id, slug)
