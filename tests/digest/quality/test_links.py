"""Addresses: what fails, what is only counted, and what is let through."""

import pytest

from digest.quality import links
from digest.quality.finding import Finding
from digest.quality.mail import Mail
from tests.digest.quality.drafts import CLEAN, both, header, html, text


def _addresses(inner: str) -> Finding:
    mail = html(r"</h1>", f"</h1>{inner}")(CLEAN).mail()
    return next(one for one in links.check(mail) if one.name == "links: addresses")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "#",
            "javascript:alert(1)",
            "JAVASCRIPT:x",
            "data:text/html,x",
            "ftp://a.example/",
            "//a.example/",
            "/view",
        ),
        *(
            "https://",
            "https://user@a.example/",
            "https://u:p@a.example/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
        ),
        *("https://bit.ly/x", "https://www.t.co/x", "https://a.example:port/", "https://[::1", "https://a.example/a b"),
        *("http://news.example.com/view/1", "https://3232235777/", " https://a.example/"),
    ],
)
def test_addresses_that_fail(address: str) -> None:
    found = _addresses(f'<a href="{address}">x</a>')

    assert not found.passed
    assert "links" not in found.detail


@pytest.mark.parametrize(
    "address",
    ["https://a.example/", "http://other.example/", "mailto:a@b.example", "http://127.0.0.1:8000/v", "http://[::1]/v"],
)
def test_addresses_that_pass(address: str) -> None:
    assert _addresses(f'<a href="{address}">x</a>').passed


def test_a_publishers_page_by_http_is_counted() -> None:
    assert _addresses('<a href="http://other.example/">x</a>').value.endswith("1 of other sites by http")


def test_a_picture_without_an_address_fails() -> None:
    assert not _addresses('<img alt="x">').passed
    assert not _addresses('<img alt="x" src="mailto:a@b.example">').passed


@pytest.mark.parametrize(
    ("label", "passes"),
    [
        *(("bank.example", False), ("https://bank.example/login", False), ("valley1.example", True)),
        *(("www.valley1.example", True), ("news.valley1.example", True), ("Version 2.0", True), ("St. Ives", True)),
    ],
)
def test_a_text_that_is_an_address_leads_there(label: str, passes: bool) -> None:
    mail = html(r">Read at valley1.example<", f">{label}<")(CLEAN).mail()

    assert links.check(mail)[1].passed is passes


def test_a_domain_beyond_ascii_is_that_of_its_link() -> None:
    spoil = html(
        r'<a href="https://valley1.example/a">.*?</a>', '<a href="https://xn--bcher-kva.example/">bücher.example</a>'
    )

    assert links.check(spoil(CLEAN).mail())[1].passed


def test_on_this_machine_http_is_enough() -> None:
    here = both(
        html(r"https://news.example.com/", "http://127.0.0.1:8000/", 9),
        text(r"https://news.example.com/", "http://127.0.0.1:8000/", 9),
        header(r"https://news.example.com/", "http://127.0.0.1:8000/"),
    )
    mail: Mail = here(CLEAN).mail()

    assert all(one.passed for one in links.check(mail))
