"""One logged-in connection: MAIL, RCPT and DATA apart, so that every failure has its culprit."""

import asyncio
from collections.abc import Awaitable, Callable

import aiosmtplib

from digest.errors import ServerRefusedError
from digest.model import DeliveryStatus
from digest.smtp.envelope import Envelope, Path, path
from digest.smtp.route import Route
from digest.smtp.verdict import CLOSING, Stage, Verdict, clean, judge, not_handed_over, refused_here

Intend = Callable[[], Awaitable[bool]]
_START_INPUT = 354
_OUT_OF_STEP = 503


def data_block(message: bytes) -> bytes:
    """Return the message as it goes on the wire after 354, the final dot included (RFC 5321 §4.5.2).

    Lines end in CRLF already: messages come from our own composer. One search finds whether any begins with a dot.
    """
    if message.startswith(b"."):
        message = b"." + message
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


def drop(smtp: aiosmtplib.SMTP) -> None:
    """Drop a client's connection and whatever is still in its buffers; closing alone would flush them, or wait."""
    if isinstance(transport := smtp.transport, asyncio.WriteTransport):
        transport.abort()
    smtp.close()


class Session:
    """A connection that may send, from log-in to QUIT.

    No call on it is ever cancelled and then followed by another: after a time-out or a lost reply, replies and commands
    would no longer match, and the next recipient would get this one's verdict. It is aborted instead.
    """

    def __init__(self, smtp: aiosmtplib.SMTP, route: Route) -> None:
        self._smtp, self._route = smtp, route
        self._stage = Stage.MAIL
        self._messages = 0
        self._opened = asyncio.get_running_loop().time()

    @property
    def is_usable(self) -> bool:
        """Tell whether another message may be sent here; False when lost, or when it has served enough."""
        limits, age = self._route.limits, asyncio.get_running_loop().time() - self._opened
        return self._smtp.is_connected and self._messages < limits.messages and age < limits.age

    async def deliver(self, envelope: Envelope, message: bytes, intend: Intend) -> Verdict:
        """Send one message and return what became of it.

        `intend` is awaited when only the body is left to write; when it returns False, nothing is handed over.
        Raises ServerRefusedError when the server refuses our sender. What `intend` raises comes through.
        """
        self._messages += 1
        sender, recipient = path(envelope.sender), path(envelope.recipient)
        if problem := self._problem(sender, recipient, len(message)):
            return problem
        assert sender and recipient  # noqa: S101 - else there was a problem
        try:
            return await self._transact(sender, recipient, message, intend)
        except (aiosmtplib.SMTPException, OSError) as error:
            self.abort()
            if self._stage is Stage.MESSAGE:
                return Verdict(DeliveryStatus.UNKNOWN, 0, clean(str(error)), self._stage)
            return not_handed_over(self._stage, str(error))
        except BaseException:
            self.abort()
            raise

    async def quit(self) -> None:
        """Take leave and close; an answer is welcome and not needed."""
        try:
            if self._smtp.protocol is not None and self._smtp.is_connected:
                await self._smtp.protocol.execute_command(b"QUIT", timeout=self._route.limits.quit)
        except (aiosmtplib.SMTPException, OSError):
            pass  # whatever was to be said has been said
        finally:
            self.abort()
            await asyncio.sleep(0)  # lets the loop take the connection down

    def abort(self) -> None:
        """Drop the connection and whatever is still in its buffers; closing would flush them."""
        drop(self._smtp)

    def _problem(self, sender: Path | None, recipient: Path | None, size: int) -> Verdict | None:
        """Return the verdict on what this server cannot take, before it is asked."""
        if sender is None or (sender.needs_smtputf8 and not self._smtp.supports_extension("smtputf8")):
            raise ServerRefusedError(
                "the newsletter's sender is not an address that this server can carry: change sender, then plan again"
            )
        if recipient is None:
            return refused_here("not an address that mail can be sent to")
        if recipient.needs_smtputf8 and not self._smtp.supports_extension("smtputf8"):
            return refused_here("needs SMTPUTF8: the part before the @ is not ASCII, and the server has no SMTPUTF8")
        limit = self._size_limit()
        if limit and size > limit:
            return refused_here(f"too large: the message has {size} bytes, and the server takes {limit} at most")
        return None

    def _size_limit(self) -> int:
        announced = self._smtp.esmtp_extensions.get("size", "").strip()
        return int(announced) if announced.isascii() and announced.isdigit() else 0

    async def _transact(self, sender: Path, recipient: Path, message: bytes, intend: Intend) -> Verdict:
        if verdict := await self._open_envelope(sender, recipient, len(message)):
            return verdict
        if not await intend():
            self.abort()  # after 354 there is no other way back: a lone dot would deliver an empty message
            return not_handed_over(Stage.DATA, "another worker has taken this delivery over")
        return await self._hand_over(message)

    async def _open_envelope(self, sender: Path, recipient: Path, size: int) -> Verdict | None:
        """Say MAIL, RCPT and DATA; return None when the server now waits for the message."""
        parameters = [b"SIZE=%d" % size] if "size" in self._smtp.esmtp_extensions else []
        if sender.needs_smtputf8 or recipient.needs_smtputf8:
            parameters.append(b"SMTPUTF8")
        reply = await self._command(Stage.MAIL, b"MAIL", b"FROM:<%b>" % sender.address, *parameters)
        if reply.code >= 400:
            return self._sender_refused(sender, reply)
        reply = await self._command(Stage.RCPT, b"RCPT", b"TO:<%b>" % recipient.address)
        if reply.code < 300:
            reply = await self._command(Stage.DATA, b"DATA")
            if reply.code == _START_INPUT:
                return None
        return await self._refused(reply)

    def _sender_refused(self, sender: Path, reply: aiosmtplib.SMTPResponse) -> Verdict:
        """Return a verdict that blames nobody for a 4xx to MAIL; raise for a 5xx, which will come again."""
        self.abort()
        if reply.code < 500:
            return not_handed_over(Stage.MAIL, reply.message, code=reply.code)
        raise ServerRefusedError(
            f"{self._route.place} refuses the sender {sender.address.decode()}: {reply.code} {clean(reply.message)}: "
            "may this log-in send from that address? No recipient was blamed"
        )

    async def _refused(self, reply: aiosmtplib.SMTPResponse) -> Verdict:
        """Judge a reply that ended the envelope, and make the connection ready for the next one."""
        if not 400 <= reply.code < 600:
            raise aiosmtplib.SMTPResponseException(reply.code, f"out of step: {reply.code} {reply.message}")
        verdict = judge(self._stage, reply.code, reply.message)
        if reply.code in (CLOSING, _OUT_OF_STEP):
            self.abort()
        else:
            await self._reset()
        return verdict

    async def _reset(self) -> None:
        """Clear the envelope, else "503 nested MAIL" would hit the next recipient."""
        try:
            reply = await self._command(self._stage, b"RSET")
        except (aiosmtplib.SMTPException, OSError):
            self.abort()
            return
        if reply.code >= 300:
            self.abort()

    async def _command(self, stage: Stage, *words: bytes) -> aiosmtplib.SMTPResponse:
        self._stage = stage
        if self._smtp.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
        limits = self._route.limits
        seconds = limits.data if stage is Stage.DATA else limits.envelope
        return await self._smtp.protocol.execute_command(*words, timeout=seconds)

    async def _hand_over(self, message: bytes) -> Verdict:
        """Write the body and await the reply to its final dot; from the first byte on, silence means unknown."""
        protocol = self._smtp.protocol
        if protocol is None or not protocol.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
        self._stage = Stage.MESSAGE
        protocol.write(data_block(message))  # no await until the reply: it must find its waiter
        reply = await protocol.read_response(self._route.limits.message)
        verdict = judge(Stage.MESSAGE, reply.code, reply.message)
        if verdict.status is DeliveryStatus.UNKNOWN or reply.code in (CLOSING, _OUT_OF_STEP):
            self.abort()
        return verdict
