"""An ordeal of moves: servers on a storage that all hosts reach go from host to host, while they run and while they are off.

Such a life begins with servers that run. Clients have them moved, live and cold, call moves back, drain hosts, and switch
servers on and off meanwhile; and besides what befalls every life, hosts and processes are struck just when a step of a move is
under way at them. Its seeds are its own: what other lives draw is not touched.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.operations.draining import drain
from cloudcore.operations.session import CoreSession
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore_apps.simulate import tenancy
from cloudcore_apps.simulate.asking import Menu, Operation, Request
from cloudcore_apps.simulate.makers import Draw
from cloudcore_apps.simulate.menu import LEASED, MENU, Faults
from cloudcore_apps.simulate.people import CALLER

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

NAME = "moves"
LIVE, COLD, RESCUE = "server-live-migrate", "server-move", "server-migrate"
FLOWS = (LIVE, COLD, RESCUE)
TAKES = MappingProxyType({"guest-migrate": 8.0, "guest-delete": 6.0})
"""So many seconds the effects take that other lives know nothing of."""
SERVERS = 3
SHUT_SHARE = 0.15
"""So many hosts neither give nor take servers that run."""
DRAIN_S = 10.0
SHARED = "s-shared"

STRUCK = ("agent", "journal", "power", "partition", "host-dies", "cut-off")
"""What befalls a host just when it has something of a move to do."""
AMBUSH, MOST_AMBUSHES = 0.4, 5
"""So often something befalls a step of a move, and at most so often in one life."""
THERE_SHARE = 0.7
"""So often it befalls the host that has it to do; else one of the two."""
LEASED_SHARE = 0.5
"""In so many lives that are not quiet hosts die and are cut off for long."""
LONG_SHARE, LONG_S, PATIENCE_S = 0.4, 3600.0, 1800.0
"""So many dead hosts are away for so long; half of that later nothing waits for one any more."""

CHOICES: Sequence[tuple[float, str, str]] = (
    (8, "servers", "live-migrate"),
    (3, "servers", "migrate"),
    (2, "servers", "stop"),
    (3, "servers", "start"),
    (1, "servers", "restart"),
    (1, "servers", "syncstatus"),
    (1, "servers", "cancel-live-migrate"),
    (1.5, "tasks", "cancel"),
    (3, "hosts", "drain"),
    (1, "hosts", "unmaintenance"),
    (1, "hosts", "evacuate"),
    (0.5, "servers", "change-config"),
    (0.5, "servers", "delete"),
    (1, "servers", "create"),
)
"""What is asked for, and how often of all."""


class MoveMenu(Menu):
    """Draws requests about moves, and what gets in their way."""

    def __init__(self, life: Life) -> None:
        super().__init__(life.cloud.platform.resources)
        self._resources = {resource.plural: resource for resource in life.cloud.platform.resources}

    def draw(self, draw: Draw, *, crowded: bool = False) -> Request:  # noqa: ARG002 - of the base
        """Something to ask for."""
        source = draw.random
        (choice,) = source.choices(CHOICES, weights=[weight for weight, _, _ in CHOICES])
        _, plural, action = choice
        if not draw.cloud.rows("servers"):
            plural, action = "servers", "create"
        ident = "" if action == "create" else draw.one(plural)
        verb = action if action in ("create", "delete") else "perform"
        operation = Operation(resource=self._resources[plural], verb=verb, action=action if verb == "perform" else "")
        return Request(operation=operation, ident=ident, body=_body(draw, plural, action))


def _body(draw: Draw, plural: str, action: str) -> JsonObject:
    prefer: JsonObject = {"prefer_host_id": draw.one("hosts")} if draw.random.random() < 0.5 else {}
    bodies: Mapping[tuple[str, str], JsonObject] = {
        ("servers", "live-migrate"): prefer,
        ("servers", "migrate"): {**prefer, "auto_start": draw.of(True, False), "rescue_mode": draw.of(True, False)},
        ("servers", "stop"): {"is_force": draw.of(True, False), "timeout_secs": draw.of(1, 30)},
        ("hosts", "drain"): {"force": draw.of(True, False)},
        ("servers", "change-config"): {"vmem_size": draw.of(256, 512)},
        ("servers", "delete"): {"override_pending_delete": draw.of(True, False)},
        ("servers", "create"): _server(draw.name, draw.of(1, 2)),
    }
    return bodies.get((plural, action), {})


def _server(name: str, vcpus: int) -> JsonObject:
    return {
        "name": name,
        "vmem_size": 256,
        "vcpu_count": vcpus,
        "disks": [{"image_id": "i1", "size": 1024, "storage_id": SHARED}],
        "nets": [{"network": "n1"}],
        "auto_start": True,
        "disable_delete": False,
    }


class Moves:
    """The ordeal in one life."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._struck = 0

    def cast(self) -> MoveMenu:
        """Let its actors in; answers what clients ask for."""
        self._life.stage.add("drains", self._drain)
        return MoveMenu(self._life)

    def furnish(self) -> None:
        """Have servers that run, before anything goes wrong."""
        life, session = self._life, CoreSession(self._life.cloud.platform, CALLER)
        life.calm = True
        for number in range(SERVERS):
            session.create("servers", _server(f"server{number}", 1))
        self._shut_ways()
        life.cloud.settle(life.cloud.worker("first"), each=lambda: tenancy.keep_all(life))
        life.calm = False
        # The clocks of hosts and of the stage are one.
        life.stage.elapsed = life.cloud.clock.elapsed_s

    def _shut_ways(self) -> None:
        """Let some hosts neither give nor take servers that run, so that these are switched off to move."""
        source = random.Random(f"{NAME} ways {self._life.seed}")  # noqa: S311 - repeatable on purpose
        with self._life.cloud.store.write(Author()) as tx:
            hosts = tx.of(HOSTS, PLATFORM)
            for ident in sorted(self._life.cloud.machines):
                host = hosts.get(ident)
                if host is not None and source.random() < SHUT_SHARE:
                    hosts.save(evolve(host, migrate_uri=""), action="update")
            tx.commit()

    def submitted(self, effect: Effect, key: str) -> None:
        """Let something befall a step of a move that is about to be done, as likely as not."""
        life, stage = self._life, self._life.stage
        task = life.cloud.row("tasks", key.partition("/")[0])
        if task is None or task.flow not in FLOWS or life.calm or self._struck >= MOST_AMBUSHES:
            return
        if stage.random.random() >= AMBUSH:
            return
        self._struck += 1
        places = sorted({str(task.params.get(name)) for name in ("source", "target")} & life.cloud.machines.keys())
        kinds = [kind for kind in STRUCK if kind in life.faults.kinds]
        what = stage.random.choice(["cancel", *(["crash"] if "crash" in life.faults.kinds else []), *kinds, *kinds])
        place = stage.random.choice(places or sorted(life.cloud.machines))
        if stage.random.random() < THERE_SHARE:
            place = effect.target.removeprefix("host:")
        after_s = stage.random.random() * 1.5 * TAKES.get(effect.kind, 2.0)
        life.busy += 1
        stage.add("ambush", lambda: self._strike(task.id, key.split("/")[1], what, place, after_s))

    def _strike(self, task: str, step: str, what: str, place: str, after_s: float) -> None:
        life, stage = self._life, self._life.stage
        try:
            stage.sleep(after_s)
            stage.note(f"ambush: {what} at {place}, in step {step} of task {task[:8]}")
            life.befell(what)
            if what == "cancel":
                self._cancel(task)
            elif what == "crash":
                life.servers[stage.random.randrange(len(life.servers))].die()
            elif what == "host-dies" and stage.random.random() < LONG_SHARE:
                self._stay_away(place)
            else:
                life.weather.bring(what, place)
        finally:
            life.busy -= 1

    def _cancel(self, task: str) -> None:
        try:
            self._life.request("operator", lambda session: session.perform("tasks", task, "cancel", {}))
        except CloudcoreError as error:
            self._life.stage.note(f"operator is refused: {error}")

    def _stay_away(self, place: str) -> None:
        """Let a host be dead for so long that nothing may wait for it any more."""
        life, stage = self._life, self._life.stage
        agent = life.cloud.machines[place]
        agent.crash(power=True)
        died = agent.life
        stage.sleep(LONG_S)
        if agent.life == died and not agent.up:
            self._check_waiting(place)
        agent.restart()
        life.report(place)

    def _check_waiting(self, place: str) -> None:
        life = self._life
        if "hang" in life.faults.kinds:
            return
        now = life.cloud.clock.now()
        for task in life.cloud.open_tasks():
            is_old = (now - task.created_at).total_seconds() > PATIENCE_S
            if is_old and task.flow in FLOWS and place in (task.params.get("source"), task.params.get("target")):
                text = f"{task.flow} {task.id} waits for {place}, which is dead: {task.log[-1]}"
                life.watch.complain("waits", text)

    def _drain(self) -> None:
        """Be an actor: have processes begin the moves off hosts that are to be emptied, while anything goes on."""
        life = self._life
        while not life.over:
            life.stage.sleep(DRAIN_S)
            life.on_duty = not life.calm
            if not life.on_duty:
                continue
            try:
                life.request("drains", lambda session: _drained(life, session))
            except CloudcoreError as error:
                life.stage.note(f"drains are put off: {error}")
            finally:
                life.on_duty = False


def _drained(life: Life, session: CoreSession) -> None:
    for ident in drain(session._platform):  # noqa: SLF001 - the process itself does so
        life.stage.note(f"server {ident[:8]} moves off its host")
        life.asked["drain", ""] += 1


def draw_faults(seed: int) -> Faults:
    """What may befall the life of a seed: one in eight is quiet, the others have some faults or all.

    Each kind is drawn by itself, so that a later one changes nothing of the others.
    """
    source = random.Random(f"{NAME} {seed}")  # noqa: S311 - repeatable on purpose
    share = source.choice((0.0, 0.1, 0.2, 0.2, 0.35, 0.5, 0.75, 1.0))
    weather = source.randint(1, 4)
    kinds = {kind for kind in MENU if random.Random(f"{NAME} {kind} {seed}").random() < share}  # noqa: S311 - as above
    if share and source.random() < LEASED_SHARE:
        kinds |= set(LEASED)
    return Faults(kinds=frozenset(kinds), weather=weather)
