"""One call over HTTP: to checked addresses only, without redirects, within ten seconds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore2
import httpx2

from digest import __version__
from digest.ingest.connections import Checked, Network, RefusedError, Transport
from digest.ingest.text import one_line
from digest.webhook_settings import Webhook

TIMEOUT_SECONDS = 10  # from the first packet to the answer's header; Standard Webhooks recommends 15 to 30 at most


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt."""

    code: int  #: the status; 0 where there is none
    reason: str = ""  #: why there is none, for people to read

    @property
    def is_heard(self) -> bool:
        """Tell whether the program took it."""
        return 200 <= self.code < 300

    @property
    def is_gone(self) -> bool:
        """Tell whether the program wants no more calls."""
        return self.code == 410

    def __str__(self) -> str:
        return self.reason or f"the program answers {self.code}"


def post(
    webhook: Webhook,
    body: bytes,
    headers: Mapping[str, str],
    network: Network,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """Tell a program something. Only the answer's status counts: its body is not read. Nothing raises."""
    deadline = time.monotonic() + timeout_seconds
    allow, place = webhook.allow_private_addresses, f"[[webhooks]] “{webhook.name}”"
    transport = Transport(Checked(network, deadline, allow_private=allow, settings=place), network.tls)
    sent = {**headers, "Content-Type": "application/json", "User-Agent": f"Digest/{__version__} (webhook)"}
    try:
        with (
            httpx2.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", webhook.url, content=body, headers=sent) as response,
        ):
            return Answer(response.status_code)
    except RefusedError as error:
        return Answer(0, str(error))
    except (httpx2.InvalidURL, UnicodeError):
        return Answer(0, "its url is not a complete web address")
    except (httpx2.TimeoutException, httpcore2.TimeoutException):
        return Answer(0, f"no answer within {timeout_seconds:g} seconds")
    except (httpx2.HTTPError, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol) as error:
        return Answer(0, f"it cannot be reached: {one_line(str(error)) or type(error).__name__}")
