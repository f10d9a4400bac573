"""The signature of a call, against what the standard's own example says."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from digest.webhook_settings import secret_bytes
from digest.webhooks import signature


def test_example_of_the_standard_libraries() -> None:
    key = secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # of their own tests

    said = signature.headers(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', now=datetime.fromtimestamp(1614265330, UTC)
    )

    assert said == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(key=st.binary(min_size=24, max_size=64), body=st.binary(), seconds=st.integers(0, 2**33))
def test_signature_covers_id_time_and_body(key: bytes, body: bytes, seconds: int) -> None:
    said = signature.headers(key, "evt_1", body, now=datetime.fromtimestamp(seconds, UTC))

    expected = hmac.new(key, b"evt_1." + str(seconds).encode() + b"." + body, hashlib.sha256).digest()
    assert said["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
