"""Where mail goes out and how long to wait on the way."""

import socket
import ssl
from dataclasses import dataclass, field

from digest.config import Smtp, is_loopback


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to wait for a reply at each stage (RFC 5321 §4.5.3.2), and when a connection has served enough."""

    connect: float = 60
    envelope: float = 300
    data: float = 120
    message: float = 600  # shorter ones manufacture duplicates: the server may still be busy accepting
    quit: float = 5
    messages: int = 500  # on one connection: servers drop longer ones as they like
    age: float = 300  # seconds that a connection lives: Postfix's smtp_connection_reuse_time_limit


@dataclass(frozen=True, slots=True)
class Route:
    """The server of the settings, with everything that each connection to it shares."""

    server: Smtp
    local_hostname: str
    limits: Limits = field(default=Limits())
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    @property
    def place(self) -> str:
        """`mail.example.com:587`, for messages."""
        return f"{self.server.host}:{self.server.port}"


def route_to(server: Smtp) -> Route:
    """Return the route to a server. Asks the name service for this machine's name unless the server is this machine."""
    name = socket.gethostname() if is_loopback(server.host) else socket.getfqdn()
    return Route(server, name if name.isascii() and name else "localhost")
