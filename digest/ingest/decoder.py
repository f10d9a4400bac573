"""Picture files decoded in a process of its own: a file that crashes, stalls or fills a decoder takes nothing with it.

That process has none of our environment, where secrets may be, and so much memory and no more. Over its pipes go
lengths before contents: a file in; width, height and a JPEG out, or two zeros and why there is none.
"""

import struct
import subprocess
import sys
from contextlib import suppress
from threading import Timer
from typing import IO

from PIL import AvifImagePlugin

from digest.ingest.picture_files import MOST_BYTES, Cropped, Unusable, made

MOST_MEMORY = 1_000_000_000  # bytes of address space; of 40 million pixels, WebP and transparency take most: 0.7 GB
_LENGTH = struct.Struct(">I")
_ANSWER = struct.Struct(">IHH")  # length, width, height


def _read(stream: IO[bytes], length: int) -> bytes:
    """Read exactly so much; raises EOFError where the other side is gone."""
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


class Decoder:
    """A process that decodes one picture at a time; it starts with the first, and anew after one that it died of."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def make(self, data: bytes, *, seconds: float) -> Cropped | Unusable:
        """Return what `picture_files.made` makes of a file, or Unusable after so much time. Nothing raises."""
        try:
            process = self._running()
            timer = Timer(seconds, process.kill)
            timer.start()
            try:
                return _ask(process, data)
            finally:
                timer.cancel()
        except (OSError, EOFError, ValueError):  # it died, or cannot be started
            self.close()
            return Unusable(f"no decoder can read it within {seconds:.0f} seconds and the memory that it may have")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "digest.ingest.decoder"],
                env={"PYTHONPATH": ":".join(filter(None, sys.path))},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):  # what was not written any more
                stream and stream.close()
        self._process.wait()
        self._process = None


def _ask(process: subprocess.Popen[bytes], data: bytes) -> Cropped | Unusable:
    """Hand a file over and read the answer; raises EOFError, BrokenPipeError, or ValueError where it is none."""
    assert process.stdin and process.stdout  # noqa: S101 - both are pipes
    process.stdin.write(_LENGTH.pack(len(data)) + data)
    process.stdin.flush()
    length, width, height = _ANSWER.unpack(_read(process.stdout, _ANSWER.size))
    if length > MOST_BYTES:
        raise ValueError("the decoder answers with more than a picture")
    content = _read(process.stdout, length)
    return Cropped(content, width, height) if width else Unusable(content.decode())


def _limit_memory() -> None:
    """Let this process have no more than it needs for the largest picture that is read."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limits, macOS refuses this one
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> None:
    """Answer until nobody asks any more; what the decoders raise unforeseen ends the process, as a crash does."""
    _limit_memory()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # on large machines, its threads would take all of the address space
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        match made(_read(source, _LENGTH.unpack(head)[0])):
            case Cropped(jpeg, width, height):
                target.write(_ANSWER.pack(len(jpeg), width, height) + jpeg)
            case Unusable(reason):
                content = reason.encode()
                target.write(_ANSWER.pack(len(content), 0, 0) + content)
        target.flush()


if __name__ == "__main__":
    main()
