"""A little domain with real effects, to try the task engine on: boxes with volumes and a guest, on shelves with limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.effects import Effect, Failed
from cloudcore.model.entity import ProjectOwned, Statused, entity, evolve
from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.guest import GuestDescription, GuestDisk, to_json
from cloudcore.model.history import HISTORY
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, In
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.tasks.engine import Engine
from cloudcore.tasks.flow import Context, Flow, Step
from cloudcore.tasks.task import OPEN, TASKS, Task, new_task
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import ManualClock, SeededIds
from cloudcore_adapters.simulated import SimulatedHost, SimulatedHosts

DEPLOYMENT = "toys"
STORAGE = "/sim/storage"


@entity
class Shelf(ProjectOwned):
    """Takes boxes up to its size."""

    size: Annotated[int, Spec("How many boxes fit")] = 1
    used: Annotated[int, Spec("How many are on it")] = 0


class BoxStatus(StrEnum):
    """Statuses of a box that have an operation of their own."""

    START_MAKE = "start_make"
    MAKING = "making"
    READY = "ready"
    MAKE_FAILED = "make_failed"


@entity
class Box(Statused, ProjectOwned):
    """A thing with two volumes and a guest on the host."""

    shelf_id: Annotated[str, Spec("Where it stands", width=64)] = ""


def _resource(kind: type[Any], singular: str, plural: str) -> Resource[Any]:
    return Resource(
        entity=kind,
        service="toys",
        area="toys",
        singular=singular,
        plural=plural,
        doc="A toy.",
        level=Level.PROJECT,
        columns=("id", "name"),
    )


SHELVES = _resource(Shelf, "shelf", "shelves")
BOXES = _resource(Box, "box", "boxes")
TYPES = (SHELVES, BOXES, HOSTLEASES, TASKS, HISTORY)


def _box(ctx: Context) -> Box:
    box = ctx.tx.of(BOXES, PLATFORM).get(ctx.task.obj_id)
    assert box is not None
    return box


def _status(ctx: Context, status: str, reason: str = "") -> None:
    ctx.tx.of(BOXES, PLATFORM).save(evolve(_box(ctx), status=status, status_reason=reason))


def _effect(ctx: Context, kind: str, resource: str, **args: Any) -> Effect:
    return Effect(kind=kind, target="host:h1", resource=resource, args=args)


def _volume_ids(ctx: Context) -> list[str]:
    return [f"{ctx.task.obj_id}-a", f"{ctx.task.obj_id}-b"]


def _desc(ctx: Context) -> JsonObject:
    ident = ctx.task.obj_id
    disks = tuple(
        GuestDisk(volume_id=volume, storage_path=STORAGE, index=index, size_mib=10)
        for index, volume in enumerate(_volume_ids(ctx))
    )
    mark = ctx.mark(ident)
    return to_json(
        GuestDescription(
            guest_id=ident, name=ident, hostname="toy", vcpus=1, memory_mib=64, disks=disks, nics=(), mark=mark
        )
    )


def _place(ctx: Context) -> None:
    if not ctx.tx.of(SHELVES, PLATFORM).adjust(_box(ctx).shelf_id, {"used": 1}, limits={"used": _size(ctx)}):
        raise InsufficientResourceError("the shelf is full")
    _status(ctx, "making")


def _size(ctx: Context) -> int:
    shelf = ctx.tx.of(SHELVES, PLATFORM).get(_box(ctx).shelf_id)
    return shelf.size if shelf is not None else 0


def _unplace(ctx: Context) -> None:
    if ctx.result("place"):
        ctx.tx.of(SHELVES, PLATFORM).adjust(_box(ctx).shelf_id, {"used": -1})


def _volumes(ctx: Context) -> list[Effect]:
    rest = {"storage_path": STORAGE, "format": "qcow2", "size_mib": 10, "backing_image_id": None}
    return [
        _effect(ctx, "volume-create", ident, volume_id=ident, mark=attrs.asdict(ctx.mark(ident)), **rest)
        for ident in _volume_ids(ctx)
    ]


def _no_volumes(ctx: Context) -> list[Effect]:
    return [_effect(ctx, "volume-delete", ident, volume_id=ident, storage_path=STORAGE) for ident in _volume_ids(ctx)]


def _guest(ctx: Context) -> Effect:
    return _effect(ctx, "guest-create", ctx.task.obj_id, desc=_desc(ctx))


def _no_guest(ctx: Context) -> Effect:
    return _effect(ctx, "guest-delete", ctx.task.obj_id, guest_id=ctx.task.obj_id)


def _gone(ctx: Context) -> None:
    ctx.tx.of(SHELVES, PLATFORM).adjust(_box(ctx).shelf_id, {"used": -1})
    ctx.tx.of(BOXES, PLATFORM).remove(_box(ctx))


def _paths(_ctx: Context, results: Sequence[JsonObject]) -> list[str]:
    return [result["path"] for result in results]


MAKE = Flow(
    name="box-make",
    obj_type="box",
    steps=(
        Step(name="place", do=_place, done=lambda _ctx, _results: True, undo=_unplace),
        Step(name="volumes", do=_volumes, done=_paths, undo=_no_volumes),
        Step(name="guest", do=_guest, undo=_no_guest),
        Step(
            name="start",
            do=lambda ctx: _effect(ctx, "guest-start", ctx.task.obj_id, guest_id=ctx.task.obj_id, desc=_desc(ctx)),
            undo=lambda ctx: _effect(
                ctx, "guest-stop", ctx.task.obj_id, guest_id=ctx.task.obj_id, force=True, timeout_s=0
            ),
            when=lambda ctx: bool(ctx.params.get("start")),
        ),
        Step(name="label", do=lambda ctx: _status(ctx, "labelled")),
    ),
    succeed=lambda ctx: _status(ctx, "ready"),
    fail=lambda ctx, reason: _status(ctx, "make_failed", reason),
)
DROP = Flow(
    name="box-drop",
    obj_type="box",
    steps=(
        Step(name="guest", do=_no_guest),
        Step(name="volumes", do=_no_volumes),
        Step(name="rows", do=_gone),
    ),
    fail=lambda ctx, reason: _status(ctx, "drop_failed", reason),
)
FLOWS: Mapping[str, Flow] = {flow.name: flow for flow in (MAKE, DROP)}


class Bench:
    """Storage, one host behind a router, a clock, and any number of workers."""

    def __init__(
        self,
        *,
        flows: Mapping[str, Flow] = FLOWS,
        failures: Callable[[Effect, int], Failed | None] | None = None,
        late_failures: float = 0.0,
        delays: Mapping[str, float] | None = None,
        pause: Callable[[str], None] | None = None,
        interleave: bool = False,
        shelf: int = 3,
    ) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(TYPES, self.clock, SeededIds(1), interleave=interleave, pause=pause)
        self.host = SimulatedHost(
            self.clock, deployment=DEPLOYMENT, failures=failures, late_failures=late_failures, delays=delays
        )
        self.hosts = SimulatedHosts({"h1": self.host})
        self.flows = flows
        self.defects: list[Exception] = []
        self.held: dict[str, Task] = {}
        with self.store.write(Author()) as tx:
            place = {"id": "s1", "name": "shelf", "domain_id": "d", "tenant_id": "p"}
            tx.of(SHELVES, PLATFORM).add(Shelf(**place, size=shelf))
            tx.commit()

    def worker(self, name: str = "w1") -> Worker:
        return Worker(
            uow=self.store,
            effects=self.hosts,
            engine=Engine(flows=self.flows, deployment=DEPLOYMENT, owner=name),
            on_defect=lambda _task, error: self.defects.append(error),
        )

    def make(self, ident: str = "b1", **params: Any) -> str:
        """Insert a box and its task in one unit, as an operation would; answers the task's id."""
        with self.store.write(Author(actor={"user_id": "u"}, request_id="r1")) as tx:
            task = make_box(tx, ident, **params)
            tx.commit()
        return task.id

    def drop(self, ident: str = "b1") -> str:
        with self.store.write(Author()) as tx:
            task = drop_box(tx, ident)
            tx.commit()
        return task.id

    def task(self, ident: str) -> Task:
        with self.store.read() as tx:
            task = tx.of(TASKS, PLATFORM).get(ident)
            assert task is not None
            return task

    def box(self, ident: str = "b1") -> Box | None:
        with self.store.read() as tx:
            return tx.of(BOXES, PLATFORM).get(ident)

    def used(self) -> int:
        return int(self.store.rows["shelves"]["s1"].used)

    def kinds(self) -> list[str]:
        return [found.kind.value for found in self.host.machine.inventory()]

    def turn(self, worker: Worker) -> None:
        """One round of a worker's duty."""
        for ident, task in list(self.held.items()):
            self._hold(ident, worker.turn(task))
        for ident in worker.due():
            self._hold(ident, worker.run(ident))

    def settle(self, worker: Worker | None = None, *, seconds: int = 2000) -> None:
        """Rounds, a second apart, until every task has ended."""
        worker = worker or self.worker()
        for _ in range(seconds):
            self.turn(worker)
            with self.store.read() as tx:
                if not tx.of(TASKS, PLATFORM).count(In("state", OPEN)):
                    return
            self.clock.advance(1)
        raise AssertionError(f"tasks did not end: {[task.log for task in self.store.rows['tasks'].values()]}")

    def _hold(self, ident: str, task: Task | None) -> None:
        if task is None:
            self.held.pop(ident, None)
        else:
            self.held[ident] = task


def make_box(tx: Transaction, ident: str, **params: Any) -> Task:
    box = Box(id=ident, name=ident, domain_id="d", tenant_id="p", shelf_id="s1", status="start_make")
    return _begin(tx, "box-make", tx.of(BOXES, PLATFORM).add(box), params)


def drop_box(tx: Transaction, ident: str) -> Task:
    box = tx.of(BOXES, PLATFORM).get(ident)
    assert box is not None
    return _begin(tx, "box-drop", tx.of(BOXES, PLATFORM).save(evolve(box, status="start_drop")), {})


def _begin(tx: Transaction, flow: str, box: Box, params: Mapping[str, Any]) -> Task:
    task = new_task(
        ident=tx.new_id(),
        flow=flow,
        flow_version=1,
        subject=box,
        obj_type="box",
        params=params,
        actor={"user_id": "u"},
        request_id="r1",
        now=tx.now,
    )
    return tx.of(TASKS, PLATFORM).add(task)


def replaced(flow: Flow, step: str, **functions: Any) -> Mapping[str, Flow]:
    """The flows, with other functions in one step."""
    steps = tuple(attrs.evolve(s, **functions) if s.name == step else s for s in flow.steps)
    return {**FLOWS, flow.name: attrs.evolve(flow, steps=steps)}


__all__ = ["BOXES", "DEPLOYMENT", "DROP", "FLOWS", "MAKE", "SHELVES", "TYPES", "Bench", "Box", "BoxStatus", "Shelf"]
