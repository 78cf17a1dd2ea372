"""Reports of ports and devices: each day says what a recount said at its end, whatever came, went or changed hands since."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.effort import some
from tests.unit.servers.test_isolated_devices import device
from tests.unit.servers.test_reports import ago, shift
from tests.unit.servers.world import World

from cloudcore.model.errors import CloudcoreError, ForbiddenError, InvalidInputError
from cloudcore.model.query import EVERYTHING
from cloudcore.operations.run import reading
from cloudcore.quotas.counting import counted_by_owner
from cloudcore.quotas.family import COUNTED
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.network.network import NETWORKS

DAYS = 4
Told = dict[tuple[str, str], Counter[str]]


def _recount(world: World) -> Told:
    """What the rows say, by domain and project; those of nobody are the whole cloud."""
    found: Told = {("", ""): Counter()}
    for projects in (False, True):
        of = reading(
            world.cloud.platform, lambda tx, p=projects: counted_by_owner(tx, EVERYTHING, COUNTED, {}, projects=p)
        )
        for owner, amounts in of.items():
            found[owner] = Counter(amounts)
            if not projects:
                found["", ""].update(amounts)
    return {owner: +amounts for owner, amounts in found.items() if +amounts}


def _reported(world: World, rows: Any, column: str) -> list[Told]:
    """The same of a report, day by day; a day on which nothing was held is left out of it."""
    days: list[Told] = []
    for past in reversed(range(DAYS)):
        told: Told = {}
        for row in rows:
            if row["day"] == ago(world, past)[:10] and row["name"] in COUNTED and row[column]:
                owner = row.get("domain_id", ""), row.get("tenant_id", "")
                told.setdefault(owner, Counter())[row["name"]] = row[column]
        days.append(told)
    return days


def _steps(world: World) -> list[Callable[[random.Random], object]]:
    """What may happen; what is refused at the time changes nothing."""
    counter = iter(range(1000))

    def somebody(dice: random.Random) -> str:
        found = [row for row in world.rows(SERVERS) if not row.pending_deleted]
        return str(dice.choice(sorted(found, key=lambda one: one.name)).id)

    def made(dice: random.Random) -> object:
        nets = dice.choice((["default"], ["outside"], ["default", "outside"]))
        more = dice.choice(({}, {"isolated_devices": ["GPU-HPC"]}))
        return world.server(dice.choice((world.alice, world.bob)), f"s{next(counter)}", on=False, nets=nets, **more)

    def acted(action: str, dice: random.Random, **body: Any) -> object:
        return world.act(world.admin, somebody(dice), action, **body)

    def deleted(dice: random.Random) -> object:
        return world.admin.delete("servers", somebody(dice))

    def recycled(dice: random.Random) -> object:
        row = dice.choice(sorted(world.rows(SERVERS), key=lambda one: one.name))
        return world.change(SERVERS, row.id, pending_deleted=not row.pending_deleted)

    def renumbered(dice: random.Random) -> object:
        net = next(row for row in world.rows(NETWORKS) if row.name == "outside")
        return world.change(NETWORKS, net.id, guest_ip_start=dice.choice(("203.0.113.2", "10.99.0.2")))

    return [
        made,
        made,
        made,
        partial(acted, "attachnetwork", nets=["outside"]),
        partial(acted, "detachnetwork", index=0),
        partial(acted, "change-ipaddr", index=0, net_desc="outside"),
        partial(acted, "attach-isolated-device", device="d0"),
        partial(acted, "detach-isolated-device", detach_all=True),
        partial(acted, "change-owner", project="bobs"),
        deleted,
        recycled,
        renumbered,
    ]


@pytest.mark.parametrize("turn", some(range(12), 0, 2))
def test_each_day_ends_with_what_a_recount_said(world: World, turn: int) -> None:
    wire = world.admin.list("wires").items[0]["id"]
    world.admin.create("networks", {"name": "outside", "wire_id": wire, "guest_ip_prefix": "203.0.113.0/26"})
    world.admin.perform("networks", "outside", "public", {"scope": "system"})
    for name in ("0", "1"):
        device(world, name)
    dice = random.Random(turn)
    steps = _steps(world)
    last: list[Told] = []
    least: list[Told] = []
    for day in range(DAYS):
        if day:
            shift(world, 1)
        seen: Told = _recount(world)
        for _ in range(4):
            try:
                dice.choice(steps)(dice)
            except (CloudcoreError, IndexError):
                continue  # nobody to do it to, or not as things are
            world.settle()
            for owner, amounts in _recount(world).items():
                seen[owner] = seen.get(owner, Counter()) | amounts
        last.append(_recount(world))
        least.append(seen)
    assert any(last)
    rows = world.admin.list("quota_reports", {"scope": "system", "since": ago(world, DAYS - 1)}).items
    assert _reported(world, rows, "last") == last
    for peaks, seen in zip(_reported(world, rows, "peak"), least, strict=True):
        for owner, amounts in seen.items():
            assert peaks[owner] | amounts == peaks[owner], owner
    # A domain's and a project's own reports say the same of themselves.
    home = world.admin.list("domains").items[0]["id"]
    mine = world.admin.list("quota_reports", {"domain": home, "since": ago(world, DAYS - 1)}).items
    assert mine == [row for row in rows if row.get("domain_id") == home]
    own = world.alice.list("quota_reports", {"since": ago(world, DAYS - 1)}).items
    assert own == [row for row in mine if row.get("project") == "alices"]


def test_cards_and_devices_by_day(world: World) -> None:
    device(world, "0")
    world.server(world.alice, "a", isolated_devices=["GPU-HPC"], on=False)
    shift(world, 1)
    world.act(world.alice, "a", "attachnetwork", nets=["default"])
    world.act(world.alice, "a", "detachnetwork", index=1)
    world.act(world.admin, "a", "detach-isolated-device", detach_all=True)
    found = {
        name: [(row["family"], row["peak"], row["last"]) for row in _own(world, name)]
        for name in ("port", "isolated_device", "eport")
    }
    assert found == {
        "port": [("region_quotas", 1, 1), ("region_quotas", 2, 1)],
        "isolated_device": [("quotas", 1, 1), ("quotas", 1, 0)],
        "eport": [],
    }


def test_only_administrators_of_the_system_see_the_whole(world: World) -> None:
    with pytest.raises(ForbiddenError):
        world.alice.list("quota_reports", {"scope": "system"})
    world.server(world.alice, "a", on=False)
    rows = world.admin.list("quota_reports", {"scope": "system", "name": "port"}).items
    assert [(row.get("domain"), row.get("project"), row["peak"]) for row in rows] == [
        (None, None, 1),
        ("Default", None, 1),
        ("Default", "alices", 1),
    ]
    for wrong, field in (({"name": "bucket"}, "name"), ({"scope": "galaxy"}, "scope")):
        with pytest.raises(InvalidInputError) as refused:
            world.admin.list("quota_reports", {"scope": "system", **wrong})
        assert refused.value.field == field


def _own(world: World, name: str) -> Any:
    return world.alice.list("quota_reports", {"name": name, "since": ago(world, 1)}).items


def test_a_server_that_went_to_another_domain_and_was_deleted_there(world: World) -> None:
    world.admin.create("domains", {"name": "elsewhere"})
    world.admin.create("projects", {"name": "theirs", "domain": "elsewhere"})
    server = world.server(world.alice, "a", on=False, nets=["default"])
    shift(world, 1)
    world.admin.perform("servers", server["id"], "change-owner", {"project": "theirs", "project_domain": "elsewhere"})
    world.admin.delete("servers", server["id"])
    world.settle()
    for name, number in (("port", 1), ("cpu", 1), ("memory", 256), ("count", 1)):
        assert [(row["peak"], row["last"]) for row in _own(world, name)] == [(number, number), (number, 0)], name
