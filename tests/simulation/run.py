"""One simulated life of a cloud: clients, workers, hosts, and what befalls them, all by one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import attrs

from cloudcore.model.effects import KINDS, Effect, Failed
from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.run import writing
from cloudcore.operations.servers.create import create_servers
from cloudcore.operations.servers.delete import delete_server
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.task import Task

from .baton import Crash, Stage
from .cloud import CALLER, Cloud, server_body
from .invariants import check, snapshot

CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("createdisk", {"disks": [{"size": 64}, {"image_id": "i1", "size": 32}]}),
    ("resize-disk", {"size": 3000}),
    ("attachnetwork", {"nets": ["n1"]}),
    ("detachnetwork", {"index": 1}),
    ("change-ipaddr", {"index": 0, "net_desc": {"network": "n1"}}),
    ("change-config", {"vcpu_count": 2, "vmem_size": 768}),
    ("change-config", {"vcpu_count": 1, "vmem_size": 256, "disks": ["4000"], "force_stop": True, "auto_start": True}),
)
"""What is done to the devices and the size of servers."""
CHANGED = {"InvalidInputError", "MissingParameterError", "OutOfRangeError"}
"""What a client may be told then: the card is not there any more, the disk has grown already."""
REFUSALS = {"InsufficientResourceError", "InvalidStatusError", "ResourceBusyError", "ResourceNotFoundError"}
"""What a client may be told when others are faster; anything else is a fault of the platform."""


@attrs.frozen(kw_only=True)
class Faults:
    """How bad it gets. Probabilities are for each occasion; counts are for the whole life.

    worker_crash: at each pause of a worker, up to `crashes` times. commit_crash: a worker dies at
        the n-th commit that any makes. after_commit: not before it but right after.
    effect_failure: of effects; half of them transient, a third only after the work was done.
    stall: probability at each pause of a client or worker that it stands still for up to 20 s, longer than a lease.
    weather: how many times a host's agent dies, a host loses power, or the line to it is cut.
    """

    worker_crash: float = 0.0
    client_crash: float = 0.0
    crashes: int = 5
    commit_crash: int | None = None
    after_commit: bool = False
    effect_failure: float = 0.0
    stall: float = 0.0
    weather: int = 0


class Life:
    """Builds a cloud, lives it, and checks it."""

    def __init__(
        self,
        seed: int,
        *,
        faults: Faults | None = None,
        clients: int = 2,
        rounds: int = 2,
        workers: int = 2,
        changes: int = 0,
    ) -> None:
        """changes: how often a client changes the devices or the size of a server of its own in each round."""
        self.faults = faults or Faults()
        self.seed = seed
        self.crashes = 0
        self.commits = 0
        self.stricken = ""
        self.clients = clients
        self.rounds = rounds
        self.changes = changes
        self.generation = workers
        self.busy_clients = clients
        self.calm = False
        self.refusals: set[str] = set()
        self.cloud = Cloud(
            seed=seed,
            interleave=True,
            pause=self._pause,
            backoff=lambda attempt: self.stage.sleep(0.01 * attempt),
            delays={
                "image-cache": 4.0,
                "volume-create": 2.0,
                "guest-create": 1.0,
                "guest-start": 3.0,
                "guest-stop": 1.0,
            },
            jitter=0.5,
            failures=self._failure,
            late_failures=0.33,
        )
        self.stage = Stage(self.cloud.clock, seed, crash=self._crashes, stall=self._stalls)
        for number in range(clients):
            self.stage.add(f"client{number}", self._client(f"client{number}"), mortal=True)
        for number in range(workers):
            self._hire(f"worker{number}")
        if self.faults.weather:
            self.stage.add("weather", self._weather)

    def live(self) -> str:
        """Run to the end, check all invariants, delete everything and check again; answers a digest of all that happened."""
        self.stage.run()
        assert self.refusals <= (REFUSALS | CHANGED if self.changes else REFUSALS)
        assert [t.error for t in self.cloud.rows("tasks") if t.error and t.error not in self._reasons()] == []
        check(self.cloud)
        self._delete_all()
        check(self.cloud)
        assert self.cloud.rows("servers") == []
        assert self.cloud.rows("guestnetworks") == []
        text = "\n".join([*self.stage.log, snapshot(self.cloud, but=()), str(self.cloud.clock.now())])
        return hashlib.sha256(text.encode()).hexdigest()

    def _reasons(self) -> set[str]:
        """Why a task may fail here: because the world failed it, and never by what other tasks do."""
        return {*(f"{kind} failed" for kind in KINDS), "cancelled", "it did not answer within its deadline"}

    def _pause(self, where: str) -> None:
        stage = getattr(self, "stage", None)
        if stage is not None:
            stage.pause(where)

    def _crashes(self, actor: str, where: str) -> bool:
        if self.calm or self.crashes >= self.faults.crashes:
            return False
        if actor.startswith("worker") and where == "commit":
            self.commits += 1
            if self.commits == self.faults.commit_crash:
                self.stricken = actor
                if not self.faults.after_commit:
                    return self._dies()
        elif actor == self.stricken:
            return self._dies()
        chance = self.faults.client_crash if actor.startswith("client") else self.faults.worker_crash
        dies = bool(chance) and self.stage.random.random() < chance
        self.crashes += dies
        return dies

    def _dies(self) -> bool:
        self.stricken = ""
        self.crashes += 1
        return True

    def _stalls(self, _actor: str, _where: str) -> float:
        if self.calm or not self.faults.stall or self.stage.random.random() >= self.faults.stall:
            return 0.0
        return self.stage.random.random() * 20

    def _failure(self, effect: Effect, attempt: int) -> Failed | None:
        if self.calm or attempt > 3 or self.stage.random.random() >= self.faults.effect_failure:
            return None
        return Failed(f"{effect.kind} failed", transient=self.stage.random.random() < 0.5)

    # Actors.

    def _client(self, name: str) -> Callable[[], None]:
        def work() -> None:
            try:
                for turn in range(self.rounds):
                    self._create(name, turn)
                    self.stage.sleep(self.stage.random.random() * 20)
                    for _ in range(self.changes):
                        self._change_one(name)
                        self.stage.sleep(self.stage.random.random() * 20)
                    self._delete_one(name)
            finally:
                self.busy_clients -= 1

        return work

    def _create(self, name: str, turn: int) -> None:
        count = self.stage.random.randint(1, 2)
        start = self.stage.random.random() < 0.5
        body = server_body(f"{name}-{turn}", auto_start=start, generate_name=f"{name}-{turn}-#")
        try:
            made = create_servers(self.cloud.platform, CALLER, body, count)
            self.stage.note(f"{name} created {[server['id'] for server in made]}")
        except CloudcoreError as error:
            self._refused(name, error)

    def _refused(self, name: str, error: CloudcoreError) -> None:
        self.stage.note(f"{name} was refused: {error.code} {error}")
        self.refusals.add(type(error).__name__)

    def _delete_one(self, name: str) -> None:
        servers = [server for server in self.cloud.rows("servers") if server.name.startswith(name)]
        if servers:
            self._delete(name, servers[self.stage.random.randrange(len(servers))].id)

    def _change_one(self, name: str) -> None:
        servers = [server for server in self.cloud.rows("servers") if server.name.startswith(name)]
        if not servers:
            return
        server = servers[self.stage.random.randrange(len(servers))]
        action, body = self.stage.random.choice(CHANGES)
        if action == "resize-disk":
            links = [link for link in self.cloud.rows("guestdisks") if link.guest_id == server.id]
            body = {**body, "disk_id": links[0].disk_id} if links else body
        try:
            CoreSession(self.cloud.platform, CALLER).perform("servers", server.id, action, body)
            self.stage.note(f"{name} does {action} to {server.id}")
        except CloudcoreError as error:
            self._refused(name, error)

    def _delete(self, name: str, ident: str) -> None:
        platform = self.cloud.platform
        try:
            writing(platform, CALLER, lambda tx: delete_server(platform, tx, CALLER, ident, {}))
            self.stage.note(f"{name} deletes {ident}")
        except CloudcoreError as error:
            self._refused(name, error)

    def _hire(self, name: str) -> None:
        def work() -> None:
            try:
                self._serve(name)
            except Crash:
                self.generation += 1
                self._hire(f"worker{self.generation}")
                raise

        self.stage.add(name, work, mortal=True)

    def _serve(self, name: str) -> None:
        worker, held = self.cloud.worker(name), dict[str, Task]()
        while self.busy_clients or self.cloud.open_tasks():
            self.cloud.turn(worker, held)
            self.stage.sleep(1)

    def _weather(self) -> None:
        for _ in range(self.faults.weather):
            self.stage.sleep(self.stage.random.random() * 15)
            ident = sorted(self.cloud.machines)[self.stage.random.randrange(len(self.cloud.machines))]
            kind = self.stage.random.choice(["agent", "journal", "line"])
            self.stage.note(f"weather: {kind} of {ident}")
            self._strike(ident, kind)
        self.calm = True

    def _strike(self, ident: str, kind: str) -> None:
        machine = self.cloud.machines[ident]
        seconds = self.stage.random.random() * 40
        if kind == "line":
            self.cloud.hosts.partition(ident)
            self.stage.sleep(seconds)
            self.cloud.hosts.heal(ident)
            return
        machine.crash()
        self.stage.sleep(seconds)
        machine.restart(lose_journal=kind == "journal")

    def _delete_all(self) -> None:
        """What an operator does in the end, in quiet weather: delete until nothing is left."""
        self.calm = True
        for turn in range(5):
            for server in self.cloud.rows("servers"):
                self._delete(f"operator{turn}", server.id)
            self.cloud.settle(self.cloud.worker("last"))


def live(seed: int, **options: Any) -> str:
    """One life; its digest."""
    return Life(seed, **options).live()
