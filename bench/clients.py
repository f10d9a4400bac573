"""Who sends: Digest, and its peers with the very bytes that it composed, each in a process of its own."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import sink
from bench.planned import CONNECTIONS, Planned

PEERS = Path(__file__).resolve().parent / "peers"
NODE_MAJOR = 20  # what the nodemailer of the lock asks for


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who sends an issue's messages: the command, given the server's port and an empty folder."""

    name: str
    command: Callable[[int, Path], Sequence[str]]


def digest(planned: Planned, name: str = "digest send") -> Client:
    """The whole `digest send`: its ledger in a SQLite file that is as planning left it."""

    def command(port: int, folder: Path) -> Sequence[str]:
        planned.copy(folder)
        planned.write_settings(folder, port=port)
        return planned.send(folder)

    return Client(name, command)


def smtp_source(planned: Planned) -> Client:
    """postfix's `smtp-source`, over sessions that last (-d); it knows one message, so that is sent again and again."""

    def command(port: int, folder: Path) -> Sequence[str]:
        message = folder / "message"
        message.write_bytes(planned.messages[0].read_bytes().replace(b"\r\n", b"\n"))  # it writes line ends itself
        options = ["-d", "-s", str(CONNECTIONS), "-m", str(planned.deliveries), "-F", str(message)]
        addresses = ["-f", "weekly@news.example.com", "-t", "reader@inbox.example", "-M", "localhost"]
        return [sink.program("smtp-source") or "smtp-source", *options, *addresses, f"127.0.0.1:{port}"]

    return Client("smtp-source", command)


def aiosmtplib(planned: Planned) -> Client:
    """aiosmtplib's `sendmail`: all connections in one process."""
    return _peer("aiosmtplib", [sys.executable, str(PEERS / "aiosmtplib_sendmail.py")], planned)


def smtplib(planned: Planned) -> Client:
    """The standard library's smtplib: a thread for each connection."""
    return _peer("smtplib", [sys.executable, str(PEERS / "smtplib_threads.py")], planned)


def nodemailer(planned: Planned) -> Client:
    """nodemailer's pool. Call it only where `why_no_nodemailer` has no reason."""
    return _peer("nodemailer", ["node", str(PEERS / "nodemailer_pool.mjs")], planned)


def why_no_nodemailer() -> str:
    """Return why nodemailer cannot run here; empty where it can."""
    if shutil.which("node") is None:
        return "no Node.js"
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", said)
    if version is None or int(version[1]) < NODE_MAJOR:
        return f"Node.js {said.strip().removeprefix('v')} is older than {NODE_MAJOR}"
    if not (PEERS / "node_modules" / "nodemailer").is_dir():
        return "nodemailer is not installed: cd bench/peers && npm ci --ignore-scripts"
    return ""


def _peer(name: str, program: Sequence[str], planned: Planned) -> Client:
    """Return a client that is told the port, how many connections and messages, and the files to send in turn."""

    def command(port: int, _: Path) -> Sequence[str]:
        return [*program, str(port), str(CONNECTIONS), str(planned.deliveries), *map(str, planned.messages)]

    return Client(name, command)
