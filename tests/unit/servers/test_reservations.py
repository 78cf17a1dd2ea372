"""Room that is kept under the limits: taken, drawn on, given back and ended, each part of it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import InvalidInputError, MissingParameterError, OutOfQuotaError, ResourceNotFoundError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.reservations import end_overdue
from cloudcore.operations.run import reading
from cloudcore.quotas.recount import counted
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES

BODY = {"vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}
KEPT = {"count": 2, "cpu": 2, "memory": 512, "storage": 2048}


def check_ledger(world: World) -> None:
    """The ledger says what the rows do, reservations among them."""

    def look(tx: Any) -> None:
        real = {f"{domain}/{project}": dict(+found) for (domain, project), found in counted(tx).items()}
        for row in tx.of(QUOTAUSAGES, PLATFORM).find():
            held = {key: value for key, value in vars(row).items() if key in real.get(row.id, {})}
            assert held == real.get(row.id, {}), row.id

    reading(world.cloud.platform, look)


def _usage(world: World) -> tuple[int, int, Any]:
    row = world.alice.list("quotas").items[0]
    return row["usage.count"], row["usage.cpu"], row.get("pending")


def test_what_is_kept_is_nobody_elses_and_is_drawn_on_once(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"count": 3, "cpu": 3})
    made = world.alice.create("quota_reservations", {"name": "tonight", **KEPT})
    assert made["amounts"] == KEPT
    used, cpus, pending = _usage(world)
    assert (used, cpus) == (0, 0)
    assert [(one["name"], one["count"], one["storage"]) for one in pending] == [("tonight", 2, 2048)]
    world.server(world.alice, "other", on=False)
    with pytest.raises(OutOfQuotaError):
        world.alice.create("servers", {"name": "third", **BODY})
    drawing = world.alice.reserving("tonight")
    for name in ("a", "b"):
        drawing.create("servers", {"name": name, **BODY})
        check_ledger(world)
    world.settle()
    assert "amounts" not in world.alice.get("quota_reservations", "tonight")
    with pytest.raises(OutOfQuotaError):
        drawing.create("servers", {"name": "third", **BODY})
    assert _usage(world)[:2] == (3, 3)
    world.alice.delete("quota_reservations", "tonight")
    assert _usage(world) == (3, 3, None)
    check_ledger(world)


def test_what_a_refused_request_drew_is_still_kept(world: World) -> None:
    world.alice.create("quota_reservations", {"name": "tonight", **KEPT})
    with pytest.raises(InvalidInputError):
        world.alice.reserving("tonight").create(
            "servers", {"name": "a", **BODY, "nets": [{"network": "default", "mac": "x"}]}
        )
    world.admin.perform("quotas", "projects", "alices", {"count": 2})
    with pytest.raises(OutOfQuotaError):
        world.alice.reserving("tonight").create_many("servers", {"name": "a", **BODY}, 3)
    assert world.alice.get("quota_reservations", "tonight")["amounts"] == KEPT
    check_ledger(world)


def test_what_nobody_uses_is_given_back_when_its_time_is_over(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"count": 2})
    made = world.alice.create("quota_reservations", {"name": "tonight", "duration_s": 60, "count": 2})
    world.alice.reserving("tonight").create("servers", {"name": "a", **BODY})
    assert _end(world) == 0
    _age(world, made["id"])
    with pytest.raises(ResourceNotFoundError):
        world.alice.reserving("tonight").create("servers", {"name": "b", **BODY})
    # Who needs the room does not wait for the chore.
    world.alice.create("servers", {"name": "b", **BODY})
    assert world.alice.list("quota_reservations").total == 0
    assert _usage(world)[0] == 2
    check_ledger(world)


def test_the_chore_ends_what_is_overdue_once(world: World) -> None:
    idents = [world.alice.create("quota_reservations", {"name": f"r{n}", "cpu": n})["id"] for n in (1, 2, 3)]
    for ident in idents[:2]:
        _age(world, ident)
    assert (_end(world), _end(world)) == (2, 0)
    assert [row["name"] for row in world.alice.list("quota_reservations").items] == ["r3"]
    check_ledger(world)


def test_only_the_project_draws_on_it_and_sees_it(world: World) -> None:
    made = world.alice.create("quota_reservations", {"name": "tonight", **KEPT})
    with pytest.raises(ResourceNotFoundError):
        world.bob.reserving(made["id"]).create("servers", {"name": "a", **BODY})
    with pytest.raises(ResourceNotFoundError):
        world.bob.get("quota_reservations", made["id"])
    assert world.bob.list("quota_reservations").total == 0


def test_no_more_is_kept_than_the_limits_have(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"cpu": 3})
    with pytest.raises(OutOfQuotaError):
        world.alice.create("quota_reservations", {"name": "big", "cpu": 4})
    with pytest.raises(MissingParameterError):
        world.alice.create("quota_reservations", {"name": "empty"})
    for wrong in ({"cpu": -1}, {"cpu": 1, "duration_s": 0}, {"cpu": 1, "duration_s": 100_000}):
        with pytest.raises(InvalidInputError):
            world.alice.create("quota_reservations", {"name": "odd", **wrong})
    assert world.alice.list("quota_reservations").total == 0
    check_ledger(world)


def test_pending_is_cleared(world: World) -> None:
    world.alice.create("quota_reservations", {"name": "tonight", **KEPT})
    world.admin.delete("quotas", "pending", {"project": "alices"})
    assert world.alice.list("quota_reservations").total == 0
    check_ledger(world)


def _end(world: World) -> int:
    refused: list[Any] = []
    ended = end_overdue(world.cloud.platform, lambda *one: refused.append(one))
    assert refused == []
    return ended


def _age(world: World, ident: str) -> None:
    row = next(one for one in world.rows(QUOTARESERVATIONS) if one.id == ident)
    world.change(QUOTARESERVATIONS, ident, expires_at=row.created_at - timedelta(seconds=1))
