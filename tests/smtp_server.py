"""An SMTP server that stores what it accepts, and misbehaves on request: in this loop, or in another process.

What it does wrong for everyone stands in its `Conduct`; what it does wrong for one recipient, in the local part:
`rcpt-550.ada@example.org` is refused with 550 at RCPT. After the stage (`rcpt`, `data` or `message`, which is the reply
to the final dot) stands a code, or one of these words:

drop    the connection is lost there (at `message`: before the message was stored)
silent  no answer ever comes
lost    only for `message`: it is stored, and the connection is lost before the reply

An exact reply, whatever the address looks like, stands in `Conduct.replies`.
"""

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

FOREVER = 3600


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """How a server behaves to everyone. A reply in place of an empty string replaces the normal one."""

    greeting: str = ""
    mail: str = ""  #: a reply, or `drop` or `silent`
    mail_times: int = 1_000_000  #: how often `mail` applies; then it behaves
    accepted: str = "250 2.0.0 Ok: queued"
    delay: float = 0  #: seconds before a message is accepted
    size: int = 10_000_000
    smtputf8: bool = False
    pipelining: bool = True
    username: str = ""  #: with a password: log-in is needed
    password: str = ""
    log_in_only_after_tls: bool = False
    certificate: str = ""  #: a PEM file with key and chain: STARTTLS is offered
    implicit_tls: bool = False
    most_messages: int = 1_000_000  #: over one connection; the next is refused with 421
    greetings_refused_after: int = 1_000_000  #: connections that are greeted; later ones get 421
    silent_quits: int = 0  #: how many QUITs get no answer, the first ones
    replies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Recipient (at MAIL: sender) -> the stage, `MAIL`, `RCPT`, `DATA` or `message`, and its whole reply there."""


class Accepted(NamedTuple):
    """A message that the server took responsibility for."""

    sender: str
    recipient: str
    message: bytes


@dataclass
class Inbox:
    """What a server accepted and was asked, in memory and, with a folder, in files."""

    folder: Path | None = None
    accepted: list[Accepted] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    log_ins: int = 0
    mails: int = 0

    def store(self, sender: str, recipient: str, message: bytes) -> None:
        """Keep a message; a file is complete when it has its name."""
        self.accepted.append(Accepted(sender, recipient, message))
        if self.folder is None:
            return
        name = f"{self.connections:05}-{len(self.accepted):06}"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {recipient}\r\n"
        path = self.folder / f"{name}.part"
        path.write_bytes(envelope.encode() + message)
        path.rename(self.folder / f"{name}.eml")


def _wish(address: str, stage: str) -> str:
    """Return what the recipient asks for at that stage, as a code or a word."""
    wish, _, _ = address.partition(".")
    name, _, what = wish.partition("-")
    return what if name == stage else ""


class MisbehavingServer(SMTP):
    """One connection's conversation."""

    def __init__(self, conduct: Conduct, inbox: Inbox) -> None:
        self.conduct, self.inbox = conduct, inbox
        self.messages = 0
        super().__init__(
            self,
            hostname="sink.example",
            data_size_limit=conduct.size,
            enable_SMTPUTF8=conduct.smtputf8,
            tls_context=_tls(conduct) if conduct.certificate and not conduct.implicit_tls else None,
            auth_require_tls=conduct.log_in_only_after_tls,
            authenticator=self.authenticate,
            loop=asyncio.get_running_loop(),
        )
        if not conduct.username:
            self._auth_methods.clear()

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        """Check a log-in."""
        self.inbox.log_ins += 1
        known = LoginPassword(self.conduct.username.encode(), self.conduct.password.encode())
        return AuthResult(success=data == known, handled=False)

    async def push(self, status: Any) -> None:
        """Replace the greeting where that is asked for."""
        if str(status).startswith("220 sink.example"):
            self.inbox.connections += 1
            refusal = "421 4.7.0 Too many connections" if self._is_refused() else self.conduct.greeting
            if refusal:
                await super().push(refusal)
                self.transport.close()
                return
        await super().push(status)

    def _is_refused(self) -> bool:
        return self.inbox.connections > self.conduct.greetings_refused_after

    def exact_reply(self, address: str, stage: str) -> str:
        """Return the whole reply that was asked for at that stage, or an empty string."""
        at, reply = self.conduct.replies.get(address, ("", ""))
        return reply if at == stage else ""

    async def obey(self, what: str, *, text: str) -> str:
        """Do what was asked for, and return the reply where there is one."""
        if what == "drop":
            self.transport.abort()
            return "250 nobody hears this"
        if what == "silent":
            await asyncio.sleep(FOREVER)
        return f"{what} {text}"

    async def handle_EHLO(
        self, _: SMTP, session: Session, __: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say what is offered."""
        session.host_name = hostname
        return [responses[0], *(["250-PIPELINING"] if self.conduct.pipelining else []), *responses[1:]]

    async def handle_MAIL(self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Accept a sender, unless told otherwise."""
        self.inbox.commands.append(f"MAIL {address} {' '.join(options)}".strip())
        self.inbox.mails += 1
        if self.conduct.username and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.conduct.mail and self.inbox.mails <= self.conduct.mail_times:
            what, _, text = self.conduct.mail.partition(" ")
            return await self.obey(what, text=text)
        if exact := self.exact_reply(address, "MAIL"):
            return exact
        self.messages += 1
        if self.messages > self.conduct.most_messages:
            await self.push("421 too many messages in this connection")
            self.transport.close()
            return "421 too many messages in this connection"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Accept a recipient, unless its name says otherwise."""
        self.inbox.commands.append(f"RCPT {address}")
        if exact := self.exact_reply(address, "RCPT"):
            return exact
        if what := _wish(address, "rcpt"):
            return await self.obey(what, text=f"5.1.1 <{address}>: \x1b[31mno\x07 such user")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_RSET(self, *_: object) -> str:
        """Note that an envelope was cleared."""
        self.inbox.commands.append("RSET")
        return "250 2.0.0 Ok"

    async def handle_QUIT(self, *_: object) -> str:
        """Note that the client took leave."""
        self.inbox.commands.append("QUIT")
        if self.inbox.commands.count("QUIT") <= self.conduct.silent_quits:
            await asyncio.sleep(FOREVER)
        return "221 2.0.0 Bye"

    async def smtp_DATA(self, arg: str) -> None:
        """Refuse DATA where the recipient's name says so."""
        recipient = (self.envelope.rcpt_tos or [""])[0]
        if exact := self.exact_reply(recipient, "DATA"):
            await self.push(exact)
            return
        if what := _wish(recipient, "data"):
            await self.push(await self.obey(what, text="4.3.0 not now"))
            return
        await super().smtp_DATA(arg)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        """Store the message and say so, unless the recipient's name says otherwise."""
        [recipient] = envelope.rcpt_tos
        if self.conduct.delay:
            await asyncio.sleep(self.conduct.delay)
        if exact := self.exact_reply(recipient, "message"):
            return exact
        what = _wish(recipient, "message")
        if what not in ("", "lost", "251"):
            return await self.obey(what, text="5.6.0 content")
        self.inbox.store(envelope.mail_from or "", recipient, envelope.original_content or b"")
        if what == "lost":
            return await self.obey("drop", text="")
        if what == "251":
            return "251-2.1.5 User not local\r\n251 2.1.5 will forward"
        return self.conduct.accepted


def _tls(conduct: Conduct) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(conduct.certificate)
    return context


@dataclass(frozen=True)
class Running:
    """A server in this loop."""

    port: int
    inbox: Inbox
    connections: set[MisbehavingServer]

    def hang_up(self) -> None:
        """Drop every connection."""
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.abort()


@asynccontextmanager
async def serving(conduct: Conduct, *, folder: Path | None = None, port: int = 0) -> AsyncIterator[Running]:
    """Serve in this loop."""
    inbox = Inbox(folder)
    tls = _tls(conduct) if conduct.implicit_tls else None
    connections: set[MisbehavingServer] = set()

    def protocol() -> MisbehavingServer:
        connection = MisbehavingServer(conduct, inbox)
        connections.add(connection)
        return connection

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port, ssl=tls)
    here = Running(server.sockets[0].getsockname()[1], inbox, connections)
    try:
        yield here
    finally:
        server.close()
        here.hang_up()
        await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Process:
    """A server in another process."""

    port: int
    folder: Path

    def accepted(self) -> list[Accepted]:
        """Return everything that was stored so far, in the order of acceptance."""
        found = []
        for path in sorted(self.folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
            sender, recipient, message = path.read_bytes().split(b"\r\n", 2)
            found.append(Accepted(sender.split(b": ")[1].decode(), recipient.split(b": ")[1].decode(), message))
        return found

    def accepted_soon(self, count: int) -> list[Accepted]:
        """Return everything that was stored, once it is as many; a relay takes its time. Raises TimeoutError."""
        until = time.monotonic() + 60
        while len(found := self.accepted()) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(found)} of {count} messages arrived")
            time.sleep(0.1)
        return found


@contextmanager
def running(folder: Path, conduct: Conduct | None = None) -> Iterator[Process]:
    """Start a server in another process; stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.smtp_server", str(folder), json.dumps(asdict(conduct or Conduct()))]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout
        try:
            yield Process(int(process.stdout.readline()), folder)
        finally:
            process.kill()


async def _main(folder: str, conduct: str) -> None:
    async with serving(Conduct(**json.loads(conduct)), folder=Path(folder)) as server:
        print(server.port, flush=True)  # noqa: T201 - this is how the parent learns it
        await asyncio.sleep(FOREVER)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
