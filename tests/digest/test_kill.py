"""A short form of `bench/kill.py` and `disasters.py`: whatever befalls a sender, nobody is mailed twice or lost."""

from collections.abc import Iterator

import pytest

from bench import disasters, kill, senders
from bench.disasters import OUT_OF_ROOM, Disaster, Nurseries, between_transactions, in_a_folder, stopped, without
from tests import postgres

CONNECTIONS = 5


@pytest.mark.slow
@pytest.mark.parametrize(("database", "kills"), [("sqlite", 15), ("postgresql", 8)])
def test_senders_killed_at_random_mail_nobody_twice_and_lose_nobody(database: str, kills: int) -> None:
    with (
        kill.empty_database(database) as url,
        kill.installed(url, readers=300, connections=CONNECTIONS, seed=1) as here,
    ):
        tally, standing = kill.kill(here, kills, seed=1)
        assert kill.faults(here, tally, standing) == []
    assert tally.kills >= kills
    assert tally.worst <= CONNECTIONS * 2  # two senders at once


STRIKING = (
    Disaster("stopped past its lease", in_a_folder, stopped(between_transactions)),
    Disaster("no room for the database", in_a_folder, disasters.limited_file, OUT_OF_ROOM),
    Disaster("database locked", in_a_folder, without(disasters.locked, 2)),
    Disaster("mail server restarted", in_a_folder, without(disasters.server_down, 1)),
    Disaster("stopped past its lease, PostgreSQL", postgres.private_server, stopped(between_transactions)),
    Disaster("database restarted", postgres.private_server, without(disasters.database_down, 2)),
    Disaster("database frozen", postgres.private_server, without(disasters.database_frozen, 2)),
)


@pytest.fixture(scope="module")
def nurseries() -> Iterator[Nurseries]:
    """Two nurseries for all disasters: opening them takes longer than most of these."""
    with senders.nursery() as one, senders.nursery() as two:
        yield one, two


@pytest.mark.slow
@pytest.mark.parametrize("disaster", [pytest.param(disaster, id=disaster.name) for disaster in STRIKING])
def test_a_sender_struck_by_a_disaster_mails_nobody_twice_and_loses_nobody(
    disaster: Disaster, nurseries: Nurseries
) -> None:
    assert disasters.play(disaster, nurseries, readers=150, connections=CONNECTIONS, seed=1).faults == []
