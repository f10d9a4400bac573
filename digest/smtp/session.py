"""One logged-in connection: MAIL, RCPT, DATA and the message, each with its own culprit, in one flight a message."""

import asyncio
from collections.abc import Awaitable, Callable

import aiosmtplib

from digest.model import Culprit, DeliveryStatus
from digest.smtp.conversation import Conversation, LineLostError, Reply
from digest.smtp.envelope import Mail, path
from digest.smtp.route import Route
from digest.smtp.verdict import Stage, Verdict, clean, judge, not_handed_over, refused_here, refused_sender

Intend = Callable[[], Awaitable[bool]]
Following = Callable[[], Mail | None]
Commands = tuple[bytes, ...]  #: MAIL, RCPT, DATA; empty when they were announced
_ENVELOPE = (Stage.MAIL, Stage.RCPT, Stage.DATA)
_START_INPUT = 354
_LEAVING = (421, 503)  # the server closes, or we are out of step: no use in going on here
_LONE_DOT = b".\r\n"


def nothing_follows() -> None:
    """Name no message to announce."""


def drop(smtp: aiosmtplib.SMTP) -> None:
    """Drop a client's connection and whatever is still in its buffers; closing alone would flush them, or wait."""
    if isinstance(transport := smtp.transport, asyncio.WriteTransport):
        transport.abort()
    smtp.close()


def size_limit(smtp: aiosmtplib.SMTP) -> int:
    """Return how many bytes a message may have for the server of a connected client; 0 when it names no limit."""
    announced = smtp.esmtp_extensions.get("size", "").strip()
    return int(announced) if announced.isascii() and announced.isdigit() else 0


class Session:
    """A connection that may send, from log-in to QUIT.

    Where the server has PIPELINING (RFC 2920), the next message's MAIL, RCPT and DATA travel with this one's body: one
    round trip a message. Elsewhere each command waits for the reply to the one before.

    No call on it is ever cancelled and then followed by another: after a time-out or a lost reply, replies and commands
    would no longer match, and the next recipient would get this one's verdict. It is aborted instead.
    """

    def __init__(self, smtp: aiosmtplib.SMTP, route: Route) -> None:
        """Take over the connection of a client that is logged in. The client must not be used afterwards."""
        assert isinstance(smtp.transport, asyncio.Transport)  # noqa: S101 - what a connected client has
        self._conversation = Conversation(smtp.transport)
        self._limits = route.limits
        self._has_pipelining = smtp.supports_extension("pipelining")
        self._has_smtputf8 = smtp.supports_extension("smtputf8")
        self._has_size = "size" in smtp.esmtp_extensions
        self._size_limit = size_limit(smtp)
        self._stage = Stage.MAIL
        self._announced: Mail | None = None  # its MAIL, RCPT and DATA are on their way
        self._is_clearing = False  # the reply to RSET is still to be heard
        self._messages = 0
        self._opened = asyncio.get_running_loop().time()

    @property
    def is_usable(self) -> bool:
        """Tell whether another message may be sent here; False when lost, or when it has served enough."""
        return self._conversation.is_open and (self._announced is not None or self._may_serve())

    @property
    def messages(self) -> int:
        """How many messages were begun here."""
        return self._messages

    def _may_serve(self) -> bool:
        age = asyncio.get_running_loop().time() - self._opened
        return self._messages < self._limits.messages and age < self._limits.age

    async def deliver(self, mail: Mail, intend: Intend, following: Following = nothing_follows) -> Verdict:
        """Send one message and return what became of it.

        `intend` is awaited when only the body is left to write; when it returns False, nothing is handed over. Then
        `following` may be asked for the mail that is to be delivered next; this session must then get it next, or be
        aborted. What `intend` raises comes through.
        """
        is_announced, self._announced = self._announced is mail, None
        commands: Commands = ()
        try:
            if not is_announced:
                prepared = self._prepare(mail)
                if isinstance(prepared, Verdict):
                    return prepared
                commands = prepared
            self._messages += 1
            if refusal := await self._open_envelope(commands):
                return refusal
            if not await intend():
                self.abort()  # after 354 there is no other way back: a lone dot would deliver an empty message
                return not_handed_over(Stage.DATA, "the ledger gave no leave")
            return await self._hand_over(mail, following)
        except LineLostError as error:
            self.abort()
            if self._stage is Stage.MESSAGE:
                return Verdict(DeliveryStatus.UNKNOWN, 0, clean(str(error)), self._stage, Culprit.UNKNOWN)
            return not_handed_over(self._stage, str(error))
        except BaseException:
            self.abort()
            raise

    async def quit(self) -> None:
        """Take leave and close; an answer is welcome and not needed."""
        try:
            if self._announced is None and self._conversation.is_open:  # else the server waits for a message
                self._conversation.say(b"QUIT\r\n", replies=1)
                for _ in range(1 + self._is_clearing):
                    await self._conversation.hear(self._limits.quit)
        except LineLostError:
            pass  # whatever was to be said has been said
        finally:
            self.abort()
            await asyncio.sleep(0)  # lets the loop take the connection down

    def abort(self) -> None:
        """Drop the connection and whatever is still in its buffers."""
        self._conversation.abort()

    def _prepare(self, mail: Mail) -> Commands | Verdict:
        """Return MAIL, RCPT and DATA, or the verdict on what this server cannot take, before it is asked."""
        sender, recipient, size = path(mail.sender), path(mail.recipient), len(mail.message)
        if sender is None or (sender.needs_smtputf8 and not self._has_smtputf8):
            return refused_sender(
                "the newsletter's sender is not an address that this server can carry: change sender, then plan again"
            )
        if recipient is None:
            return refused_here("not an address that mail can be sent to")
        if recipient.needs_smtputf8 and not self._has_smtputf8:
            return refused_here(
                "needs SMTPUTF8: the part before the @ is not ASCII, and the server has no SMTPUTF8",
                status=DeliveryStatus.SKIPPED,
            )
        if self._size_limit and size > self._size_limit:
            return refused_here(
                f"too large: the message has {size} bytes, and the server takes {self._size_limit} at most",
                culprit=Culprit.OURS,
            )
        announced_size = b" SIZE=%d" % size if self._has_size else b""
        utf8 = b" SMTPUTF8" if sender.needs_smtputf8 or recipient.needs_smtputf8 else b""
        return (
            b"MAIL FROM:<%b>%b%b\r\n" % (sender.address, announced_size, utf8),
            b"RCPT TO:<%b>\r\n" % recipient.address,
            b"DATA\r\n",
        )

    async def _open_envelope(self, commands: Commands) -> Verdict | None:
        """Say what was not announced, and hear it answered; return None when the server now waits for the message.

        The first refusal decides: what follows it is a consequence.
        """
        if commands and self._has_pipelining:
            self._conversation.say(b"".join(commands), replies=len(commands))
        if self._is_clearing:
            await self._hear_cleared()
        refusal = await (self._hear_together() if self._has_pipelining else self._say_one_by_one(commands))
        if refusal:
            self._clear(refusal)
        return refusal

    async def _say_one_by_one(self, commands: Commands) -> Verdict | None:
        for stage, command in zip(_ENVELOPE, commands, strict=True):
            self._conversation.say(command, replies=1)
            if refusal := _refusal(stage, await self._hear(stage)):
                return refusal
        return None

    async def _hear_together(self) -> Verdict | None:
        first: Verdict | None = None
        try:
            for stage in _ENVELOPE:
                refusal = _refusal(stage, await self._hear(stage))
                first = first or refusal
            if first and not refusal:  # RFC 2920 §3.1: 354 may come although no recipient was taken
                self._conversation.say(_LONE_DOT, replies=1)
                await self._hear(Stage.DATA)
        except LineLostError:
            if first is None:
                raise
            self.abort()
        return first

    def _clear(self, refusal: Verdict) -> None:
        """Clear the failed envelope, else "503 nested MAIL" would hit the next recipient; its reply is heard later."""
        if refusal.code in _LEAVING or not self._conversation.is_open:
            self.abort()
            return
        self._conversation.say(b"RSET\r\n", replies=1)
        self._is_clearing = True

    async def _hear_cleared(self) -> None:
        self._is_clearing = False
        reply = await self._hear(Stage.MAIL)
        if reply.code >= 300:
            raise LineLostError(f"the envelope was not cleared: {reply.code} {reply.text}")

    async def _hear(self, stage: Stage) -> Reply:
        self._stage = stage
        return await self._conversation.hear(self._limits.data if stage is Stage.DATA else self._limits.envelope)

    async def _hand_over(self, mail: Mail, following: Following) -> Verdict:
        """Write the body and await the reply to its final dot; from the first byte on, silence means unknown.

        No line of it begins with a full stop, so that nothing needs to be doubled (RFC 5321 §4.5.2): `compose.splice`
        makes sure of that for each piece, where it costs nothing; a search through each message took a tenth of all.
        """
        await self._conversation.drain(self._limits.data)
        end = _LONE_DOT if mail.message.endswith(b"\r\n") else b"\r\n" + _LONE_DOT
        announced = following() if self._has_pipelining and self._may_serve() else None
        commands = self._prepare(announced) if announced is not None else ()
        if isinstance(commands, Verdict):
            announced, commands = None, ()  # it will be said when its turn comes
        self._conversation.say(b"".join((mail.message, end, *commands)), replies=1 + len(commands))
        self._announced = announced
        self._stage = Stage.MESSAGE
        reply = await self._conversation.hear(self._limits.message)
        verdict = judge(Stage.MESSAGE, reply.code, reply.text)
        if verdict.status is DeliveryStatus.UNKNOWN or reply.code in _LEAVING:
            self.abort()
        return verdict


def _refusal(stage: Stage, reply: Reply) -> Verdict | None:
    """Return the verdict of a reply that ends the envelope, or None; raises LineLostError for one that cannot be."""
    if reply.code // 100 in (4, 5):
        return judge(stage, reply.code, reply.text)
    if reply.code == _START_INPUT if stage is Stage.DATA else reply.code // 100 == 2:
        return None
    raise LineLostError(f"out of step: {reply.code} {reply.text}")
