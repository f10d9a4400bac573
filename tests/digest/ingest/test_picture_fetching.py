"""Pictures from a real server on loopback that answers as it should not."""

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from digest.config import Fetching
from digest.ingest import connections
from digest.ingest.connections import Network
from digest.ingest.picture_fetching import fetch_all
from digest.ingest.picture_files import Cropped, Unusable
from tests import web_server
from tests.pictures import encoded, landscape
from tests.web_server import Server, answer, redirect, trickle

OPEN = Fetching(allow_private_addresses=True)
GOOD = encoded(landscape())


@pytest.fixture(scope="module")
def network() -> Network:
    return connections.network()


@pytest.fixture
def server() -> Iterator[Server]:
    with web_server.running() as server:
        yield server


def test_each_picture_is_told_with_what_became_of_it(server: Server, network: Network) -> None:
    server.pages |= {
        "/good.jpg": answer(GOOD),
        "/moved.jpg": redirect("/good.jpg"),
        "/wrong-name.txt": answer(encoded(landscape(), "WEBP"), Content_Type="text/plain"),
        "/page.jpg": answer(b"<!doctype html><p>Gone", Content_Type="image/jpeg"),
        "/cut.jpg": answer(GOOD[:900]),
        "/huge.jpg": answer(b"\xff\xd8" + bytes(11_000_000)),
        "/icon.gif": answer(encoded(landscape(16, 16), "GIF")),
        "/stopped.jpg": answer(GOOD[:900], Content_Length=str(len(GOOD))),
    }
    urls = [server.url(path) for path in [*server.pages, "/none.jpg"]]

    found = dict(fetch_all(urls, OPEN, network, seconds=30))

    assert found.keys() == set(urls)
    said = {url.rpartition("/")[2]: one.reason for url, one in found.items() if isinstance(one, Unusable)}
    assert said.pop("cut.jpg").startswith("a damaged picture")
    assert said.pop("stopped.jpg").startswith("the server cannot be read from: ")
    assert said.pop("icon.gif").startswith("16 × 16 pixels: ")
    assert said == {
        "page.jpg": "no JPEG, PNG, WebP, GIF or AVIF picture",
        "huge.jpg": "longer than 10,000,000 bytes",
        "none.jpg": "the server answers 404 Not Found",
    }


def test_inner_addresses_are_not_asked(server: Server, network: Network) -> None:
    outside = ipaddress.ip_address("127.0.0.1")
    one_host = replace(network, is_public=lambda address: address == outside)
    inside = server.url("/inside.jpg", "127.0.0.2")
    server.pages |= {"/away.jpg": redirect(inside), "/inside.jpg": answer(GOOD)}

    found = dict(fetch_all([server.url("/away.jpg"), inside], Fetching(), one_host, seconds=20))

    assert all(isinstance(one, Unusable) and "not on the public Internet" in one.reason for one in found.values())
    assert [path for path, _ in server.asked] == ["/away.jpg"]


@pytest.mark.slow
def test_what_is_late_is_left_out_and_the_others_are_there(server: Server, network: Network) -> None:
    server.pages |= {"/slow.jpg": trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "/good.jpg": answer(GOOD)}
    start = time.monotonic()

    found = dict(fetch_all([server.url("/slow.jpg"), server.url("/good.jpg")], OPEN, network, seconds=3))

    assert time.monotonic() - start < 5
    assert [(url, type(one)) for url, one in found.items()] == [(server.url("/good.jpg"), Cropped)]


def test_many_slow_ones_end_together(server: Server, network: Network) -> None:
    server.pages["/slow.jpg"] = trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x")
    urls = [server.url("/slow.jpg") + f"?{number}" for number in range(40)]
    server.pages |= {f"/slow.jpg?{number}": server.pages["/slow.jpg"] for number in range(40)}
    start = time.monotonic()

    assert list(fetch_all(urls, OPEN, network, seconds=0.3)) == []
    assert time.monotonic() - start < 5


def test_an_address_that_is_none_is_a_reason(network: Network) -> None:
    found = dict(fetch_all(["http://[", "https://"], OPEN, network, seconds=20))

    assert all(isinstance(one, Unusable) for one in found.values())
    assert len(found) == 2
