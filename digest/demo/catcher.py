"""A mail catcher on loopback: takes every message over SMTP and keeps it in a mailbox. Nothing leaves this machine."""

import errno
import socket
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.demo.mailbox import Mailbox
from digest.errors import DigestError

HOST = "127.0.0.1"
ATTEMPTS = 5


class _Keeper:
    """What aiosmtpd calls for each message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message; the sender tries again later where that fails."""
        content = envelope.original_content or b""
        try:
            number = self._mailbox.add(content)
        except OSError as error:
            return f"452 4.3.1 the mailbox cannot be written: {error.strerror or type(error).__name__}"
        return f"250 2.0.0 caught as {number}"


class Catcher:
    """The server, from `with Catcher(mailbox) as catcher:` until the end of the context, in a thread of its own."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._keeper = _Keeper(mailbox)
        self._controller: Controller | None = None
        self.port = 0  #: where it listens

    def __enter__(self) -> "Catcher":
        """Listen on a free port. Raises DigestError when there is none."""
        for _ in range(ATTEMPTS):  # aiosmtpd wants to be told a port, and another program can be quicker
            self.port = _free_port()
            controller = Controller(self._keeper, HOST, self.port, server_hostname="catcher.example", ident="Digest")
            try:
                controller.start()
            except OSError as error:
                controller.loop.close()
                if error.errno == errno.EADDRINUSE:
                    continue
                raise DigestError(f"the mail catcher cannot listen on {HOST}: {error.strerror or error}") from error
            self._controller = controller
            return self
        raise DigestError(f"the mail catcher finds no free port on {HOST}: stop some servers, and try again")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._controller is not None:
            self._controller.stop()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])
