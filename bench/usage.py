"""What a program took: run in a process of its own, watched until its end, ended with us."""

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

WATCH_SECONDS = 0.01
LIMIT_SECONDS = 1800  # for one program


@dataclass(frozen=True, slots=True)
class Usage:
    """Wall seconds from start to end, processor seconds of user and system, and the most resident memory in KiB."""

    seconds: float
    cpu_seconds: float
    peak_kib: int


def peak_kib(process: str = "self") -> int:
    """Return the most resident memory that a process has had; 0 when it is gone.

    `ru_maxrss` would not do: it also counts what the parent had before the program was loaded.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = status.partition("VmHWM:")[2].split()
    return int(found[0]) if found else 0


def run(command: Sequence[str], cores: Iterable[int] = ()) -> Usage:
    """Run a program to its end, on these processor cores, or on all where none is named.

    Raises RuntimeError with its last words when it fails or takes LIMIT_SECONDS.
    """
    with TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        os.sched_setaffinity(process.pid, cores or os.sched_getaffinity(0))
        peak, pid, status = 0, 0, 0
        try:
            while not pid:
                if time.perf_counter() - start > LIMIT_SECONDS:
                    raise RuntimeError(f"{' '.join(command)} has not ended after {LIMIT_SECONDS} seconds")
                time.sleep(WATCH_SECONDS)
                peak = max(peak, peak_kib(str(process.pid)))
                pid, status, resources = os.wait4(process.pid, os.WNOHANG)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        if process.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-1000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {words}")
        return Usage(seconds, resources.ru_utime + resources.ru_stime, peak)
