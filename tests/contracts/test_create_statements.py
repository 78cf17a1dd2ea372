"""Making a server takes a bounded number of statements, whatever else there is."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
import sqlalchemy as sa
from tests.perf.standard_cloud import StandardCloud, standard_cloud, statements

from cloudcore_adapters.memory.world import ManualClock

TOGETHER = 16
ASKED = 40
"""Statements of one request, the beginnings of its transactions among them."""
LOOKED = 26
"""More of them after a while: the process looks through its columns of hosts, and reads policies and the class of a project, each in a unit of its own."""
ANEW = 15
"""More of them still where it finds that networks or storages have changed, and makes its columns anew."""
A_WHILE = 60
"""Seconds after which everything that a process keeps for a while is due."""
DRIVEN = 36
"""Statements of the whole task of each server on a host that lacks the image, when tasks are advanced together."""


@attrs.frozen
class Standing:
    """A cloud whose time stands until a test moves it, so that what is due now and then is due when the test says so."""

    cloud: StandardCloud
    clock: ManualClock

    def asked(self, name: str, *, later: float = 0) -> list[str]:
        """The statements of a request for a server, asked so many seconds later."""
        self.clock.advance(later)
        with statements(self.cloud.uow.engine) as seen:
            self.cloud.ask(name)
        return seen


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    clock = ManualClock()
    with standard_cloud(servers=8, clock=clock) as built:
        clock.advance(A_WHILE)
        built.ask("looks-through-what-was-built")
        yield Standing(built, clock)


@pytest.fixture
def cloud(standing: Standing) -> StandardCloud:
    return standing.cloud


def test_a_request_for_a_server_takes_few_statements(standing: Standing) -> None:
    for n in range(5):
        seen = standing.asked(f"few-{n}")
        assert len(seen) <= ASKED, seen
        assert any("INSERT INTO audit_history" in text for text in seen)
        assert sum("UPDATE quota_quotausages" in text for text in seen) == 2
    standing.cloud.drive()


def test_a_request_that_comes_after_a_while_looks_through_the_hosts_at_a_fixed_price(standing: Standing) -> None:
    for n in range(3):
        seen = standing.asked(f"later-{n}", later=A_WHILE)
        assert ASKED < len(seen) <= ASKED + LOOKED, seen
        assert len(standing.asked(f"then-{n}")) <= ASKED
    standing.cloud.drive()


def test_a_request_that_finds_networks_changed_reads_the_hosts_anew_at_a_fixed_price(standing: Standing) -> None:
    for n in range(2):
        with standing.cloud.uow.engine.begin() as another:
            another.execute(
                sa.text("UPDATE network_networks SET update_version = update_version + 1 WHERE id = 'network-0'")
            )
        seen = standing.asked(f"anew-{n}", later=A_WHILE)
        assert ASKED + LOOKED < len(seen) <= ASKED + LOOKED + ANEW, seen
        assert len(standing.asked(f"known-{n}")) <= ASKED
    standing.cloud.drive()


def test_tasks_that_are_advanced_together_share_statements(cloud: StandardCloud) -> None:
    cloud.drive()
    for n in range(TOGETHER):
        cloud.ask(f"many-{n}")
    with statements(cloud.uow.engine) as seen:
        cloud.drive()
    assert len(seen) <= DRIVEN * TOGETHER, len(seen) / TOGETHER
    made = cloud.admin.list("servers", {"scope": "system", "filter": "name.startswith('many-')", "details": "false"})
    assert [row["status"] for row in made.items] == ["running"] * TOGETHER
