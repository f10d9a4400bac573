"""A web server on loopback that answers as a test tells it to, byte by byte if need be."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext


@dataclass
class Server:
    """Where it listens, what it answers, and what it was asked."""

    port: int = 0
    scheme: str = "http"
    pages: dict[str, Callable[["Handler"], None]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)  #: path and headers of each request
    bodies: list[bytes] = field(default_factory=list)  #: of what was posted, in order
    over: threading.Event = field(default_factory=threading.Event)  #: set when the test is done

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the address of a page."""
        return f"{self.scheme}://{host}:{self.port}{path}"


class Handler(BaseHTTPRequestHandler):
    """Calls what the test gave for the path."""

    server_of_test: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.server_of_test.asked.append((self.path, dict(self.headers.items())))
        self.close_connection = True
        page = self.server_of_test.pages.get(self.path)
        if page is None:
            answer(b"", status=404)(self)
        else:
            page(self)

    def do_POST(self) -> None:
        """Take what is posted, and answer."""
        self.server_of_test.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def answer(body: bytes, *, status: int = 200, **headers: str) -> Callable[[Handler], None]:
    """Return a page with a body; headers are spelled with underscores."""

    def page(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


def redirect(location: str, *, status: int = 301) -> Callable[[Handler], None]:
    """Return a page that is elsewhere."""
    return answer(b"", status=status, Location=location)


def trickle(head: bytes, drop: bytes) -> Callable[[Handler], None]:
    """Return an answer that never ends: a drop again and again until the other side hangs up or the test is done."""

    def page(handler: Handler) -> None:
        try:
            handler.wfile.write(head)
            while not handler.server_of_test.over.wait(0.02 if len(drop) < 10 else 0):
                handler.wfile.write(drop)
        except OSError:
            pass

    return page


class _Listener(ThreadingHTTPServer):
    """Takes many connections at once, and broken ones in silence: they are what tests want."""

    daemon_threads = True
    request_queue_size = 50

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def running(tls: SSLContext | None = None) -> Iterator[Server]:
    """Run a server in a thread for as long as the context lasts."""
    state = Server(scheme="https" if tls else "http")
    handler = type("TestHandler", (Handler,), {"server_of_test": state})
    with _Listener(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            state.over.set()
            server.shutdown()
            thread.join()
