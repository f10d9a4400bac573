"""What the name service says, asked for real from one on this machine."""

import threading

import dns.resolver
import pytest

from digest.doctor.lookup import Silence, ask, ask_all
from tests.name_server import REFUSED, SILENT, answering


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("two.example", ("another", "v=spf1 -all")),
        ("split.example", ("v=DKIM1; p=abcd",)),
        ("bytes.example", ("caf\ufffd",)),
        ("no-txt.example", ()),
        ("missing.example", ()),
        ("refused.example", Silence("the name servers answer with errors")),
        ("silent.example", Silence("no answer within 0.2 seconds")),
        (f"{'a' * 64}.example", Silence("no name server can be asked (LabelTooLong)")),
    ],
)
def test_each_answer_is_a_value(name: str, answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = {
        "two.example": ['"v=spf1 -all"', "another"],
        "split.example": ['"v=DKIM1; p=ab" "cd"'],
        "bytes.example": [r'"caf\233"'],
        "no-txt.example": [],
        "refused.example": REFUSED,
        "silent.example": SILENT,
    }
    with answering(zone) as resolver:
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        found = ask(name, seconds=0.2)

    assert found == answer


def test_a_system_without_name_servers_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns.resolver, "default_resolver", dns.resolver.Resolver(configure=False))

    assert isinstance(ask("news.example.com"), Silence)


def test_all_names_are_asked_at_once_and_each_only_once() -> None:
    together = threading.Barrier(3, timeout=5)

    def lookup(name: str) -> tuple[str, ...]:
        together.wait()
        return (name,)

    assert ask_all(["a", "b", "a", "c"], lookup) == {"a": ("a",), "b": ("b",), "c": ("c",)}
    assert ask_all([], lookup) == {}
