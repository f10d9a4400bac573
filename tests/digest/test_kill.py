"""A short form of `bench/kill.py`: nobody is mailed twice or lost, however often `digest send` is killed."""

import pytest

from bench import kill

CONNECTIONS = 5


@pytest.mark.slow
@pytest.mark.parametrize(("database", "kills"), [("sqlite", 15), ("postgresql", 8)])
def test_senders_killed_at_random_mail_nobody_twice_and_lose_nobody(database: str, kills: int) -> None:
    with kill.readership(database, readers=300, connections=CONNECTIONS, seed=1) as here:
        tally, standing = kill.kill(here, kills, seed=1)
        assert kill.faults(here, tally, standing) == []
    assert tally.kills >= kills
    assert tally.worst <= CONNECTIONS * 2  # two senders at once
