"""From nothing to a session that may send: connection, TLS, EHLO, log-in. Failures here are ours or the server’s."""

import asyncio
import re
import ssl
from typing import NoReturn

import aiosmtplib

from digest.errors import ServerRefusedError, ServerUnavailableError
from digest.smtp.route import Route
from digest.smtp.session import Session, drop
from digest.smtp.verdict import clean

_BUSY = re.compile(r"\b(?:too many|try (?:it )?again|later|temporar\w+|busy|overload\w*)\b", re.IGNORECASE)
_UNKNOWN_METHOD = 504  # "unrecognised authentication type" (RFC 4954): not a refused log-in


async def open_session(route: Route) -> Session:
    """Return a session that may send. Raises as `log_in` does."""
    return Session(await log_in(route), route)


async def log_in(route: Route) -> aiosmtplib.SMTP:
    """Connect, encrypt, greet and log in, each once, and return the client, which knows what the server offers.

    Raises ServerUnavailableError when the server cannot be reached or is busy, and ServerRefusedError when it, or its
    certificate, will not do: trying again would not help, and a second wrong password can lock an account.
    """
    smtp = _client(route)
    try:
        await smtp.connect()
        await _greet(smtp)
        if route.server.username:
            await _authenticate(smtp, route)
    except (aiosmtplib.SMTPException, OSError) as error:
        drop(smtp)
        await asyncio.sleep(0)  # lets the loop take the connection down, even when it ends right after
        _complain(route, error)
    except BaseException:
        drop(smtp)
        raise
    return smtp


def _client(route: Route) -> aiosmtplib.SMTP:
    server = route.server
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls == "implicit",
        start_tls=server.tls == "starttls",  # never None, which falls back to clear text in silence
        tls_context=route.tls,
        local_hostname=route.local_hostname,
        timeout=route.limits.connect,
    )


async def _greet(smtp: aiosmtplib.SMTP) -> None:
    if not smtp.is_ehlo_or_helo_needed:
        return
    try:
        await smtp.ehlo()
    except aiosmtplib.SMTPHeloError:
        await smtp.helo()


async def _authenticate(smtp: aiosmtplib.SMTP, route: Route) -> None:
    """Log in by the first method that the server knows; one refusal is final."""
    name, password = route.server.username, route.server.password.get_secret_value()
    methods = {"plain": smtp.auth_plain, "login": smtp.auth_login, "cram-md5": smtp.auth_crammd5}
    offered = [method for word, method in methods.items() if word in smtp.server_auth_methods]
    if not offered:
        raise ServerRefusedError(
            f"{route.place} offers no log-in that this program knows (PLAIN, LOGIN, CRAM-MD5): "
            "is it the submission port, and does it want TLS? If it needs no log-in, set username = “”"
        )
    for method in offered:
        try:
            await method(name, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if error.code == _UNKNOWN_METHOD and method is not offered[-1]:
                continue
            raise
        return


def _complain(route: Route, error: aiosmtplib.SMTPException | OSError) -> NoReturn:
    """Raise the error of ours that says what to mend."""
    cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
    if isinstance(cause, ssl.SSLError):
        raise ServerRefusedError(_tls_problem(route, cause)) from error
    if isinstance(error, aiosmtplib.SMTPResponseException):
        raise _refusal(route, error) from error
    if type(error) is aiosmtplib.SMTPException and "STARTTLS" in error.message:
        raise ServerRefusedError(
            f"{route.place} offers no STARTTLS, so nothing was sent to it: try tls = “implicit” with port 465, "
            "or tls = “none” if it is this machine"
        ) from error
    raise ServerUnavailableError(
        f"{route.place} cannot be reached: {clean(str(error))}: is it running, and are smtp.host and smtp.port right?"
    ) from error


def _tls_problem(route: Route, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {route.place} cannot be trusted: {error.verify_message}: smtp.host must be a name on "
            "it, and its authority known to this machine (SSL_CERT_FILE names a file of others)"
        )
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return f"no encrypted connection to {route.place}: {reason}: check smtp.tls and smtp.port"


def _refusal(route: Route, error: aiosmtplib.SMTPResponseException) -> ServerRefusedError | ServerUnavailableError:
    words = f"{error.code} {clean(error.message)}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError) and error.code >= 500:
        return ServerRefusedError(
            f"{route.place} refuses the log-in of “{route.server.username}”: {words}: check smtp.username and "
            "smtp.password (DIGEST_SMTP__PASSWORD)"
        )
    is_greeting = isinstance(error, aiosmtplib.SMTPConnectResponseError)
    if 400 <= error.code < 500 or (is_greeting and _BUSY.search(words)):  # some say 554 when they have enough for now
        return ServerUnavailableError(f"{route.place} takes no mail now: {words}: try again later")
    return ServerRefusedError(f"{route.place} refuses the connection: {words}: ask who runs it")
