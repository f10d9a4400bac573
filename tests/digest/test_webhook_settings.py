"""`[[webhooks]]` and `[api]` in digest.toml, and what is said of wrong ones."""

from pathlib import Path

import pytest

from digest import config
from digest.errors import SettingsError
from digest.webhook_settings import WebhookEvent

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def load(settings_file: Path, text: str) -> config.Settings:
    settings_file.write_text(settings_file.read_text() + text)
    return config.load(settings_file)


def table(**values: str) -> str:
    known = {"name": "crm", "url": "https://crm.example.com/digest", "secret": SECRET, **values}
    return "[[webhooks]]\n" + "".join(f'{name} = "{value}"\n' for name, value in known.items())


def test_webhook_hears_of_everything_unless_it_says_otherwise(settings_file: Path) -> None:
    every, few = load(settings_file, table() + table(name="b") + 'events = ["bounced"]\n').webhooks

    assert every.events == tuple(WebhookEvent)
    assert few.events == (WebhookEvent.BOUNCED,)
    assert len(every.key) == 24


def test_secret_is_shown_nowhere(settings_file: Path) -> None:
    settings = load(settings_file, table())

    assert SECRET not in repr(settings)


def test_inside_ones_own_network_http_is_allowed(settings_file: Path) -> None:
    (inner,) = load(settings_file, table(url="http://crm.internal/") + "allow_private_addresses = true\n").webhooks

    assert inner.url == "http://crm.internal/"


def test_limits_come_from_the_environment_as_well(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_API__REQUESTS_PER_MINUTE", "7")

    assert load(settings_file, "").api == config.Api(requests_per_minute=7, failures_per_minute=30)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table(secret="short"), "webhooks[0].secret: must be whsec_ and the base64 of 24 to 64 random bytes"),
        (table(secret="whsec_" + "A" * 28), "`digest webhooks secret` makes one"),
        (table(secret="whsec_%%%%"), "webhooks[0].secret"),
        (table(url="http://crm.example.com/"), "webhooks[0]: url must begin with https://"),
        (table(url="https://ada:secret@crm.example.com/"), "without name and password"),
        (table(url="crm"), "webhooks[0].url: must be a web address"),
        (table(name="My CRM"), "webhooks[0].name"),
        (table() + 'events = ["left"]\n', "webhooks[0].events[0]"),
        (table() + "events = []\n", "webhooks[0].events"),
        (table(ulr="x"), "unknown setting webhooks[0].ulr (did you mean “url”?)"),
        (table() + table(), "“crm” stands there twice"),
        ("[api]\nrequests = 7\n", "unknown setting api.requests"),
    ],
)
def test_wrong_setting_is_named_and_no_secret_is_said(settings_file: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(settings_file, text)

    assert message in str(raised.value)
    assert "ada:secret" not in str(raised.value)
    assert SECRET not in str(raised.value)
