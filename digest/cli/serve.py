"""`digest serve`, and what running a web server needs: a socket of its own, signals, a log."""

import errno
import gc
import logging
import signal
import socket
import sys
from types import FrameType
from urllib.parse import urlsplit

import click
import uvicorn
from fastapi import FastAPI

from digest import post_office, web
from digest.cli.installation import Installation, pass_installation, say
from digest.config import Settings, is_loopback
from digest.errors import DigestError
from digest.studio import session

GRACE_SECONDS = 5  # for requests that are being answered when the server is asked to stop
BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes any free one.

    Raises DigestError, which says what to do, when it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise DigestError(_why_not(error, host, port)) from error
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use: stop what uses it, or choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs rights that you do not have: choose one above 1023 with --port"
    return (
        f"cannot listen on {host}, port {port}: {error.strerror or error}: give an address of this machine with --host"
    )


def address(listener: socket.socket) -> str:
    """Return `http://127.0.0.1:8000`, where this machine reaches a listening socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - every address, this machine's included
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: FastAPI, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; requests in flight are finished first. Ends with SystemExit 130 or 143."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # whom we believe is a setting: trusted_proxies
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    before = {number: signal.signal(number, _leave) for number in (signal.SIGINT, signal.SIGTERM)}
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector need not look through it again with every few requests
    try:
        uvicorn.Server(config).run(sockets=[listener])  # raises the signal again once it has stopped
    finally:
        listener.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def log_to_stderr() -> None:
    """Write the log of requests and faults to stderr, a line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("digest")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def studio_addresses(settings: Settings, listener: socket.socket) -> list[str]:
    """Return where an editor opens the studio: plainly on their own machine, elsewhere through a sign-in link."""
    here = address(listener) + session.path(settings)
    if is_loopback(urlsplit(settings.base_url).hostname or ""):
        return [f"{here}/"]
    link = session.sign_in_link(settings)
    return [link, here + link.removeprefix(f"{settings.base_url}/studio")]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@pass_installation
def serve(installation: Installation, host: str, port: int) -> None:
    """Serve the studio and the public pages until Ctrl-C, and send the letters that sign-ups lead to."""
    app = web.app(installation.engine, installation.settings)
    listener = listen(host, port)
    studio, *elsewhere = studio_addresses(installation.settings, listener)
    say(f"Studio        {studio}")
    for link in elsewhere:
        say(f"on this host  {link}")
    say(f"Public pages  {installation.settings.base_url}  (base_url: links in mail start with it)")
    say("Ctrl-C stops the server.")
    log_to_stderr()
    try:
        with post_office.PostOffice(installation.engine, installation.settings):
            run(app, listener)
    finally:
        installation.engine.dispose()
