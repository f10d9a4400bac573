"""What is read from the web, against a real server on loopback; only the lookup of names is the test's own."""

import gzip
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest
import trustme

from digest.config import Fetching
from digest.feeds import Validators
from digest.ingest import connections
from digest.ingest.connections import Network
from digest.ingest.fetching import Document, Failure, Unchanged, fetch, shown
from digest.ingest.network_addresses import Address
from tests import web_server
from tests.web_server import Server, answer, redirect, trickle

NEW = Validators()
OPEN = Fetching(timeout_seconds=5, max_bytes=1000, allow_private_addresses=True)
CLOSED = Fetching(timeout_seconds=5, max_bytes=1000)
QUICK = Fetching(timeout_seconds=0.3, max_bytes=1_000_000, allow_private_addresses=True)


@pytest.fixture(scope="module")
def network() -> Network:
    return connections.network()


@pytest.fixture
def server() -> Iterator[Server]:
    with web_server.running() as server:
        yield server


def names(**known: str) -> Network:
    """A network in which names mean what the test says."""
    addresses = {f"{name}.example": [ipaddress.ip_address(one)] for name, one in known.items()}
    return Network(lambda host, port: addresses.get(host, []), ssl.create_default_context())


def failure(url: str, network: Network, limits: Fetching = OPEN) -> str:
    found = fetch(url, NEW, limits, network)
    assert isinstance(found, Failure), found
    return found.reason


def test_document_comes_with_its_charset_and_validators(server: Server, network: Network) -> None:
    server.pages["/feed"] = answer(
        b"<rss/>", ETag='"a1"', Last_Modified="Mon, 23 Nov 2026 07:00:00 GMT", Content_Type="text/xml; charset=koi8-r"
    )

    found = fetch(server.url("/feed"), NEW, OPEN, network)

    assert found == Document(
        server.url("/feed"), b"<rss/>", "koi8-r", Validators('"a1"', "Mon, 23 Nov 2026 07:00:00 GMT")
    )
    (_, headers), *_ = server.asked
    assert headers["User-Agent"].startswith("Digest/")
    assert "If-None-Match" not in headers


def test_known_version_is_asked_for_and_not_sent_again(server: Server, network: Network) -> None:
    server.pages["/feed"] = answer(b"", status=304)

    found = fetch(server.url("/feed"), Validators('"a1"', "Mon, 23 Nov 2026 07:00:00 GMT"), OPEN, network)

    assert found == Unchanged()
    (_, headers), *_ = server.asked
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"a1"', "Mon, 23 Nov 2026 07:00:00 GMT")


def test_not_modified_without_a_question_is_a_failure(server: Server, network: Network) -> None:
    server.pages["/feed"] = answer(b"", status=304)

    assert failure(server.url("/feed"), network) == "the server answers 304 Not Modified"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "the server answers 404 Not Found"),
        (500, "the server answers 500 Internal Server Error"),
        (299, "the server answers 299"),
        (204, "the server answers 204 No Content"),
    ],
)
def test_other_status_is_a_failure(server: Server, network: Network, status: int, reason: str) -> None:
    server.pages["/feed"] = answer(b"", status=status)

    assert failure(server.url("/feed"), network) == reason


def test_redirects_are_followed_and_the_last_address_counts(server: Server, network: Network) -> None:
    server.pages |= {"/a": redirect("/b"), "/b": redirect(server.url("/c"), status=307), "/c": answer(b"here")}

    found = fetch(server.url("/a"), NEW, OPEN, network)

    assert isinstance(found, Document)
    assert (found.url, found.data) == (server.url("/c"), b"here")


def test_endless_redirects_end(server: Server, network: Network) -> None:
    server.pages["/a"] = redirect("/a")

    assert failure(server.url("/a"), network) == "the server sends us on more than 5 times"
    assert len(server.asked) == 6


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://127.0.0.1/", "javascript:x", "\x01"])
def test_redirect_to_something_else_is_refused(server: Server, network: Network, location: str) -> None:
    server.pages["/a"] = redirect(location)

    assert "web address" in failure(server.url("/a"), network) or "cannot be read" in failure(server.url("/a"), network)


def test_redirect_to_an_inner_address_is_refused(server: Server, network: Network) -> None:
    outside = ipaddress.ip_address("127.0.0.1")
    one_host = replace(network, is_public=lambda address: address == outside)
    inside = server.url("/b", "127.0.0.2")
    server.pages |= {"/a": redirect(inside), "/b": answer(b"secret")}

    assert "not on the public Internet" in failure(server.url("/a"), one_host, CLOSED)
    assert [path for path, _ in server.asked] == ["/a"]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0177.0.0.1",
    ],
)
def test_private_address_is_refused_in_every_notation(network: Network, host: str) -> None:
    reason = failure(f"http://{host}:9/", network, CLOSED)

    assert "allow_private_addresses = true" in reason or "not a complete web address" in reason


def test_name_of_this_machine_that_is_not_written_as_such_is_refused(server: Server) -> None:
    assert "not on the public Internet" in failure(server.url("/", "inside.example"), names(inside="127.0.0.1"), CLOSED)
    assert server.asked == []


def test_one_private_address_among_public_ones_is_refused(server: Server) -> None:
    addresses = [ipaddress.ip_address("93.184.215.14"), ipaddress.ip_address("127.0.0.1")]
    both = Network(lambda host, port: addresses, ssl.create_default_context())

    assert "not on the public Internet" in failure(server.url("/", "both.example"), both, CLOSED)


def test_name_that_changes_its_meaning_gains_nothing(server: Server) -> None:
    """The address that was checked is the one that is connected to: names are looked up once."""
    asked: list[str] = []

    def lookup(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ipaddress.ip_address("127.0.0.1")]

    server.pages["/"] = answer(b"x")

    found = fetch(server.url("/", "turncoat.example"), NEW, OPEN, Network(lookup, ssl.create_default_context()))

    assert isinstance(found, Document)
    assert asked == ["turncoat.example"]
    assert server.asked[0][1]["Host"] == f"turncoat.example:{server.port}"


def test_second_address_is_tried_when_the_first_does_not_answer(server: Server) -> None:
    server.pages["/"] = answer(b"x")
    addresses = [ipaddress.ip_address("::1"), ipaddress.ip_address("127.0.0.1")]

    found = fetch(
        server.url("/", "two.example"), NEW, OPEN, Network(lambda *_: addresses, ssl.create_default_context())
    )

    assert isinstance(found, Document)


def test_unknown_name_is_a_failure() -> None:
    def lookup(host: str, port: int) -> list[Address]:
        raise OSError("Name or service not known")

    reason = failure("https://nowhere.example/", Network(lookup, ssl.create_default_context()))

    assert reason == "there is no server called nowhere.example"


def test_closed_port_is_a_failure(network: Network) -> None:
    with web_server.running() as server:
        url = server.url()

    assert failure(url, network).startswith("the server cannot be read from: ")


def test_slow_answer_ends_at_the_time_limit(server: Server, network: Network) -> None:
    server.pages |= {
        "/head": trickle(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        "/body": trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    }

    for path in server.pages:
        assert failure(server.url(path), network, QUICK) == (
            "no complete answer within 0.3 seconds (timeout_seconds in [fetching])"
        )


def test_endless_body_ends_at_the_size_limit(server: Server, network: Network) -> None:
    server.pages["/"] = trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)

    assert failure(server.url(), network) == "longer than 1,000 bytes (max_bytes in [fetching])"


def test_packed_body_is_unpacked_as_far_as_the_limit_goes(server: Server, network: Network) -> None:
    server.pages |= {
        "/small": answer(gzip.compress(b"y" * 1000), Content_Encoding="gzip"),
        "/bomb": answer(gzip.compress(b"y" * 50_000_000), Content_Encoding="gzip"),
        "/cut": answer(gzip.compress(b"y" * 900)[:-9], Content_Encoding="gzip"),
        "/wrong": answer(b"no gzip", Content_Encoding="gzip"),
        "/other": answer(b"?", Content_Encoding="br"),
    }

    found = fetch(server.url("/small"), NEW, OPEN, network)
    assert isinstance(found, Document)
    assert found.data == b"y" * 1000
    assert failure(server.url("/bomb"), network).startswith("longer than 1,000 bytes")
    assert "packed its answer wrongly" in failure(server.url("/cut"), network)
    assert "packed its answer wrongly" in failure(server.url("/wrong"), network)
    assert "did not ask for" in failure(server.url("/other"), network)


def test_body_shorter_than_promised_is_a_failure(server: Server, network: Network) -> None:
    server.pages["/"] = answer(b"<rss>", Content_Length="50")

    assert failure(server.url(), network).startswith("the server cannot be read from: ")


def test_name_and_password_are_used_and_never_shown(server: Server, network: Network) -> None:
    url = server.url().replace("http://", "http://ada:s3cret@")
    server.pages["/"] = answer(b"x")

    found = fetch(url, NEW, OPEN, network)

    assert isinstance(found, Document)
    assert "s3cret" not in found.url
    assert server.asked[0][1]["Authorization"].startswith("Basic ")
    assert shown(url) == server.url()


def test_password_is_not_carried_on_by_a_redirect(server: Server, network: Network) -> None:
    server.pages |= {"/": redirect("/b"), "/b": answer(b"x")}

    fetch(server.url().replace("http://", "http://ada:s3cret@"), NEW, OPEN, network)

    assert ["Authorization" in headers for _, headers in server.asked] == [True, False]


def test_proxy_of_the_environment_is_not_asked(
    server: Server, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.pages["/"] = answer(b"x")

    assert isinstance(fetch(server.url(), NEW, OPEN, network), Document)


@pytest.mark.slow
def test_certificate_has_to_be_of_the_name() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("feeds.example").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    here = Network(lambda host, port: [ipaddress.ip_address("127.0.0.1")], trusting)
    with web_server.running(tls) as server:
        server.pages["/"] = answer(b"safe")
        found = fetch(server.url("/", "feeds.example"), NEW, OPEN, here)
        wrong = failure(server.url("/", "other.example"), here)
        unknown = failure(server.url("/", "feeds.example"), names(feeds="127.0.0.1"))

    assert isinstance(found, Document)
    assert found.data == b"safe"
    assert "certificate verify failed" in wrong
    assert "certificate verify failed" in unknown


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "http://a b/", "http://\x00/", "http://a:99999999/", "https://.../"]
)
def test_address_that_is_none_is_a_failure(network: Network, url: str) -> None:
    assert failure(url, network, CLOSED)
