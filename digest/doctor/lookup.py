"""TXT records from the name service: asked at once, each for a few seconds at most."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.resolver

SECONDS = 5.0
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Silence:
    """The name service did not say whether there is a record."""

    why: str


Answer = tuple[str, ...] | Silence  #: each record’s strings joined, in order of text; empty when there is none
Lookup = Callable[[str], Answer]


def ask(name: str, *, seconds: float = SECONDS) -> Answer:
    """Ask this system's name servers for the TXT records of a name in ASCII. Never raises for what they say."""
    try:
        found = dns.resolver.resolve(dns.name.from_text(name), "TXT", lifetime=seconds, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except dns.resolver.NoNameservers:
        return Silence("the name servers answer with errors")
    except dns.exception.Timeout:
        return Silence(f"no answer within {seconds:g} seconds")
    except (dns.exception.DNSException, OSError) as error:
        return Silence(f"no name server can be asked ({type(error).__name__})")
    return tuple(sorted(b"".join(record.strings).decode("utf-8", "replace") for record in found))


def ask_all(names: Collection[str], lookup: Lookup) -> Mapping[str, Answer]:
    """Return the answer for each name, asked for by `lookup` in parallel."""
    distinct = tuple(dict.fromkeys(names))
    if not distinct:
        return {}
    with ThreadPoolExecutor(min(AT_ONCE, len(distinct))) as threads:
        return dict(zip(distinct, threads.map(lookup, distinct), strict=True))
