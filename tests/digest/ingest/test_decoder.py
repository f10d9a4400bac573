import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest.ingest.decoder import Decoder
from digest.ingest.picture_files import Unusable, made
from tests.pictures import encoded, landscape


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with closing(Decoder()) as decoder:
        yield decoder


def test_another_process_makes_the_same_picture(decoder: Decoder) -> None:
    for data in (encoded(landscape()), b"no picture", encoded(landscape(320, 180), "PNG")):
        assert decoder.make(data, seconds=20) == made(data)


def test_what_takes_too_long_is_given_up_and_the_next_is_decoded(decoder: Decoder) -> None:
    late = decoder.make(encoded(landscape(6000, 4000), "PNG"), seconds=0)

    assert isinstance(late, Unusable)
    assert "no decoder can read it" in late.reason
    assert decoder.make(encoded(landscape()), seconds=20) == made(encoded(landscape()))


def test_closing_twice_and_using_again_is_possible() -> None:
    with closing(Decoder()) as decoder:
        decoder.close()
        assert decoder.make(b"x", seconds=20) == made(b"x")
        decoder.close()


def _environments_of_decoders() -> list[bytes]:
    """The environment of each decoder that this process has started."""
    running = (
        path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if b"digest.ingest.decoder" in path.read_bytes()
    )
    ours = (path for path in running if f"\nPPid:\t{os.getpid()}\n" in (path / "status").read_text())
    return [(path / "environ").read_bytes() for path in ours]


def test_no_secret_of_ours_is_where_hostile_files_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "s3cret")

    with closing(Decoder()) as decoder:
        decoder.make(b"x", seconds=20)
        found = _environments_of_decoders()

    assert found
    assert not any(b"s3cret" in environment for environment in found)
