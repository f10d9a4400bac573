"""How a call shows where it comes from: Standard Webhooks 1.0.0, symmetric signatures (`v1`)."""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime


def headers(key: bytes, call_id: str, body: bytes, *, now: datetime) -> Mapping[str, str]:
    """Return the headers that identify, date and sign one attempt. `call_id` is the same at each attempt.

    Signed is `id.timestamp.body`; neither id nor timestamp holds a full stop, so that no two calls sign alike.
    """
    timestamp = str(int(now.timestamp()))
    mac = hmac.digest(key, f"{call_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": call_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
