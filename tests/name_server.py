"""A name server on this machine that knows the TXT records it is given."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

SILENT = "silent"
REFUSED = "refused"
Zone = Mapping[str, Sequence[str] | str]
"""Name -> its records, each as zone files write it (`"v=spf1 " "-all"`), or SILENT or REFUSED."""


def _reply(zone: Zone, wire: bytes) -> bytes | None:
    query = dns.message.from_wire(wire)
    name = query.question[0].name
    known = zone.get(name.to_text(omit_final_dot=True))
    if known == SILENT:
        return None
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    if known is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif known == REFUSED:
        response.set_rcode(dns.rcode.REFUSED)
    elif known:
        response.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", known))
    return response.to_wire()


def _serve(server: socket.socket, zone: Zone) -> None:
    while True:
        wire, client = server.recvfrom(4096)
        if not wire:
            return
        if reply := _reply(zone, wire):
            server.sendto(reply, client)


@contextmanager
def answering(zone: Zone) -> Iterator[dns.resolver.Resolver]:
    """Serve a zone, and yield a resolver that asks nobody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(server, zone))
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        try:
            yield resolver
        finally:
            server.sendto(b"", server.getsockname())
            thread.join()
