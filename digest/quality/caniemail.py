"""What caniemail.com says of mail clients: who supports a feature, and what the notes of partial support are."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

State = Literal["y", "a", "n", "u"]  # supported, partly, not, not known


@dataclass(frozen=True, slots=True)
class Support:
    """What one client does with one feature, in the version that was tested last."""

    state: State
    notes: tuple[str, ...]  #: numbers of the feature's notes that apply


@dataclass(frozen=True, slots=True)
class Feature:
    """One page of caniemail.com."""

    clients: Mapping[str, Support]  #: by client; without those that were never tested
    notes: Mapping[str, str]  #: texts by number


@dataclass(frozen=True, slots=True)
class Data:
    """The vendored data."""

    date: str  #: of the data, as 2026-05-13
    clients: tuple[str, ...]
    features: Mapping[str, Feature]  #: by slug


@cache
def load() -> Data:
    """Return the data of data/caniemail.json; `docs/caniemail.py` made it."""
    text = (resources.files("digest.quality") / "data" / "caniemail.json").read_text("utf-8")
    stored = json.loads(text)
    clients = tuple(stored["clients"])
    features = {
        slug: Feature(
            {client: _support(one) for client, one in zip(clients, feature["stats"], strict=True) if one},
            feature["notes"],
        )
        for slug, feature in stored["features"].items()
    }
    return Data(stored["date"], clients, features)


def _support(text: str) -> Support:
    """Read “y”, or “a #1 #2”."""
    state = text[0]
    assert state in ("y", "a", "n", "u")  # noqa: S101 - our own file
    return Support(state, tuple(re.findall(r"#(\d+)", text)))  # type: ignore[arg-type]
