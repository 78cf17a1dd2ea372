"""One simulated life of a cloud: processes, hosts, clients, and what befalls them, all by one seed."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.effects import Effect, Failed
from cloudcore.model.errors import CloudcoreError, Contention, UnreachableError
from cloudcore.model.history import HISTORY
from cloudcore.model.host import Found
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.engine import LEASE_S
from cloudcore_apps.power import POWER_S, follow_power
from cloudcore_apps.simulate import tenancy
from cloudcore_apps.simulate.asking import Known, Menu
from cloudcore_apps.simulate.bearing import DELAYED_S, DELAYING, TRANSIENTLY
from cloudcore_apps.simulate.clients import Client
from cloudcore_apps.simulate.cloud import CALLER, Cloud
from cloudcore_apps.simulate.crash import Crash
from cloudcore_apps.simulate.database import SqlStore
from cloudcore_apps.simulate.duties import do_duties
from cloudcore_apps.simulate.emptying import delete_all
from cloudcore_apps.simulate.images import CHANGE
from cloudcore_apps.simulate.invariants import check, snapshot
from cloudcore_apps.simulate.leaving import leave
from cloudcore_apps.simulate.lines import LATEST_S
from cloudcore_apps.simulate.makers import ADDRESSES
from cloudcore_apps.simulate.menu import CALLS, CRASHES, Faults
from cloudcore_apps.simulate.moves import TAKES, Moves
from cloudcore_apps.simulate.process import NO_ANSWER, Server
from cloudcore_apps.simulate.stage import Actor, Process, Stage
from cloudcore_apps.simulate.telling import number_all, number_history
from cloudcore_apps.simulate.watch import Violation, Watch
from cloudcore_apps.simulate.weather import Weather

MEMORY, SQLITE = "memory", "sqlite"
STORES = (MEMORY, SQLITE)
LEAVING_EVERY = 3
"""In one life of so many the second tenant leaves while others go on; in the others it leaves in the end."""
CROWDED_SHARE = 0.25
"""In so many lives clients want servers, many at once."""
SETTLE_S = 200_000
"""So long after the last fault every task has ended, whatever befell it: the longest flow and its retries."""
RECYCLE_S = 40
"""So long things lie in the recycle bin in each second life; in the others they are deleted at once."""
DELAYS = {
    "image-cache": 4.0,
    "volume-create": 2.0,
    "guest-create": 1.0,
    "guest-start": 3.0,
    "guest-stop": 1.0,
    "volume-save": 5.0,
    "snapshot-create": 1.0,
}
DATABASE = frozenset(
    ("begin", "get", "find", "count", "totals", "add", "save", "remove", "touch", "adjust", "commit"),
)
"""First words of the pauses at which the database is asked."""


class Stopped(BaseException):
    """Something was found that must not be: everybody stops where he stands."""


@attrs.frozen(kw_only=True)
class Shape:
    """How big a life is: control-plane processes, hosts, clients, and how often each client asks for something."""

    processes: int = 2
    hosts: int = 3
    clients: int = 3
    rounds: int = 6


class Life:
    """Builds a cloud, lives it, and checks it."""

    def __init__(
        self,
        seed: int,
        faults: Faults | None = None,
        shape: Shape | None = None,
        known: Known | None = None,
        *,
        store: str = MEMORY,
        without: frozenset[str] = frozenset(),
        ordeal: str = "",
    ) -> None:
        """store: one of `STORES`. without: requests that nobody makes. known: all that clients may ask for, so that what is registered later changes nothing; None for everything. ordeal: one of `seeds.ORDEALS`, or none."""
        self.seed = seed
        self.ordeal = Moves(self) if ordeal else None
        self.faults = faults or Faults()
        self._chances = {kind: self.faults.chance(kind) for kind in CALLS}
        self.shape = shape or Shape()
        self.without = without
        self._units: SqlStore | None = None
        self.calm = False
        self._ended = False
        self.deaths = 0
        self.requests = 0
        self.on_duty = False
        self.delayed_until = 0.0
        self.busy = self.shape.clients
        self.is_leaving = False
        is_crowded = random.Random(f"crowd {seed}").random() < CROWDED_SHARE  # noqa: S311 - repeatable on purpose
        self.is_crowded = is_crowded and self.ordeal is None
        self.has_leases = self.faults.leases or self.ordeal is not None
        self.under_way = 0
        self.violations: list[Violation] = []
        self.asked: Counter[tuple[str, str]] = Counter()
        self.cloud = self._new_cloud(store)
        self.watch = Watch(self.cloud, self._found, lambda: self.stage.elapsed > self.delayed_until, self.faults)
        self.stage = Stage(self.cloud.clock, seed, self._befall)
        self.weather = Weather(self)
        self.cloud.store.on_commit = self.watch.committed
        for ident, agent in self.cloud.machines.items():
            agent.plant()
            agent.tears = lambda ident=ident: self._tears(ident)  # type: ignore[misc]
            agent.hangs = lambda: self.strikes("hang")
            agent.complain = lambda text, ident=ident: self.watch.complain("fence", f"{ident}: {text}")  # type: ignore[misc]
        self._cast(known)

    def _new_cloud(self, store: str) -> Cloud:
        cloud = Cloud(
            seed=self.seed,
            hosts=self.shape.hosts,
            addresses=ADDRESSES,
            cpus=2 if self.is_crowded else 3,
            memory_mib=1024 if self.is_crowded else 2048,
            recycle_s=RECYCLE_S if self.seed % 2 else 0,
            interleave=True,
            pause=self.pause,
            backoff=lambda attempt: self.stage.sleep(0.01 * attempt),
            delays=DELAYS if self.ordeal is None else {**DELAYS, **TAKES},
            jitter=0.5,
            failures=self._failure,
            late_failures=0.33,
            on_outcome=self._pushed,
            leases=self.has_leases,
            sql=store == SQLITE,
            tenants=2,
        )
        if isinstance(cloud.store, SqlStore):
            self._units = cloud.store
            cloud.store.within = self._within
        return cloud

    def _cast(self, known: Known | None) -> None:
        """Let all actors in."""
        self.servers = [Server(self, f"process{number}") for number in range(self.shape.processes)]
        menu = Menu(self.cloud.platform.resources, known) if self.ordeal is None else self.ordeal.cast()
        for number in range(self.shape.clients):
            client = Client(self, f"client{number}", menu)
            self.stage.add(client.name, client.work)
        self.stage.add("weather", self.weather.work)
        self.stage.add("power", self._look)
        self.stage.add("duties", lambda: do_duties(self))
        for number in range(2):
            self.stage.add(f"history{number}", lambda: number_history(self))
        if self.has_leases:
            tenancy.begin(self)
        if self.seed % LEAVING_EVERY == 0:
            self.busy += 1
            self.stage.add("operator", lambda: leave(self))

    def live(self) -> str:
        """Run to the end, check everything, delete everything and check again; answers a digest of all that happened.

        Raises:
            Violation: something was found that must not be.
        """
        try:
            return self._live()
        finally:
            if self._units is not None:
                self._units.close()

    def _live(self) -> str:
        if self.ordeal is not None:
            self.ordeal.furnish()
        try:
            self.stage.run(limit_s=SETTLE_S)
        except Stopped:
            raise self.violations[0] from None
        for ident, agent in self.cloud.machines.items():
            follow_power(self.cloud.platform, ident, agent.inventory)
        self._check("quiescence")
        delete_all(self)
        self._check("emptied")
        text = "\n".join([*self.stage.log, snapshot(self.cloud, but=()), str(self.cloud.clock.now())])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def over(self) -> bool:
        """Whether nothing more will be asked, nothing more goes wrong, and nothing is under way."""
        quiet = self.calm and not self.busy and not self.on_duty and not self.cloud.open_tasks()
        # Once it is over nobody renews leases any more.
        self._ended = quiet and (not self.has_leases or self._ended or tenancy.held(self))
        return self._ended

    # What decides over calls.

    def pause(self, where: str) -> None:
        """Let others go first."""
        if self.in_unit:
            self.watch.complain("unit", f"{where} within a unit of work")
        if hasattr(self, "stage"):
            self.stage.pause(where)

    @property
    def in_unit(self) -> bool:
        """Whether somebody has a unit open that nobody may get into."""
        return self._units is not None and self._units.is_busy

    def _within(self, where: str) -> None:
        self.stage.pause(where, give=False)

    def strikes(self, kind: str) -> bool:
        """Whether a fault strikes now; none does when the weather is calm."""
        # Asked at every call, mostly for nothing.
        chance = self._chances.get(kind, 0.0)
        if not chance or self.calm or self.stage.random.random() >= chance:
            return False
        self.stage.note(f"fault: {kind}")
        self.befell(kind)
        return True

    def befell(self, kind: str) -> None:
        """Remember that something went wrong."""
        if kind in DELAYING:
            self.delayed_until = self.stage.elapsed + DELAYED_S

    def later(self, name: str, target: str, work: Callable[[], None]) -> None:
        """Do something up to `LATEST_S` later, unless whoever is called has died by then."""
        ident = target.removeprefix("host:")
        agent = self.cloud.machines.get(ident)
        life = agent.life if agent is not None else 0

        def deliver() -> None:
            self.stage.sleep(self.stage.random.random() * LATEST_S)
            if (agent is not None and agent.life != life) or ident in self.cloud.hosts.partitioned:
                return
            self.stage.note(f"{name} arrives late")
            try:
                work()
            except CloudcoreError as error:
                self.stage.note(f"nobody hears that {error}")

        self.stage.add("network", deliver)

    def submitted(self, effect: Effect, key: str) -> None:
        """See that an effect may be submitted."""
        self.watch.submitted(effect, key)
        if self.ordeal is not None:
            self.ordeal.submitted(effect, key)

    def _befall(self, actor: Actor, where: str) -> None:
        if self.violations:
            raise Stopped
        process = actor.process
        if process is None:
            return
        if where.partition(" ")[0] in DATABASE:
            if self.weather.away:
                raise Contention("the database is away")
            if self.strikes("conflict"):
                raise Contention("another transaction got in the way")
        elif where == "kept" and self.strikes("doubt"):
            raise UnreachableError("the database went away; the outcome is unknown")
        if self.deaths < CRASHES and self.strikes("crash"):
            self.deaths += 1
            self._server(process).die()
            raise Crash
        if where.startswith(CHANGE) and self.strikes("asleep"):
            self.stage.sleep(LEASE_S + self.stage.random.random() * 30)
        if not self.in_unit and self.strikes("stall"):
            self.stage.sleep(self.stage.random.random() * 20)

    def _server(self, process: Process) -> Server:
        return next(server for server in self.servers if server.process is process)

    def _failure(self, effect: Effect, attempt: int) -> Failed | None:
        if attempt > 3 or not self.strikes("failure"):
            return None
        transient = self.stage.random.random() < 0.5
        return Failed(f"{effect.kind} failed {TRANSIENTLY if transient else 'for good'}", transient=transient)

    def _tears(self, ident: str) -> bool:
        if not self.strikes("torn"):
            return False
        self.stage.add(f"agent {ident}", lambda: self.weather.revive(ident))
        return True

    def _pushed(self, key: str) -> None:
        """An agent tells that an effect has ended; as likely as not that goes wrong."""
        if self.stage.current is None or self.calm:
            return
        ways = self.stage.random.choice(("at once", "lost", "twice", "late")) if self.strikes("callback") else "at once"
        for _ in range({"lost": 0, "twice": 2}.get(ways, 1)):
            self.stage.add("callback", self._callback(key, late=ways != "at once"))

    def _callback(self, key: str, *, late: bool) -> Callable[[], None]:
        def call() -> None:
            if late:
                self.stage.sleep(self.stage.random.random() * LATEST_S)
            task = key.partition("/")[0]
            body = {"__status__": "OK"}
            try:
                self.request("callback", lambda session: session.perform("tasks", task, "callback", body))
            except CloudcoreError as error:
                self.stage.note(f"nobody hears the callback: {error}")

        return call

    # What processes do for others.

    def request(self, name: str, ask: Callable[[CoreSession], Any], caller: Caller = CALLER) -> Any:
        """Ask one of the processes for something; `NO_ANSWER` when nobody answered.

        Raises:
            CloudcoreError: it was refused.
        """
        actor = self.stage.current
        assert actor is not None
        server = self.servers[self.stage.random.randrange(len(self.servers))]
        if not server.up:
            self.stage.note(f"{name} finds nobody at {server.process.name}")
            return NO_ANSWER
        self.requests += 1
        self.under_way += 1
        actor.enter(server.process)
        try:
            return ask(CoreSession(server.platform, attrs.evolve(caller, request_id=f"{name}/{self.requests}")))
        except Crash:
            if actor.doomed:
                raise
            self.stage.note(f"{name} gets no answer")
            return NO_ANSWER
        finally:
            self.under_way -= 1
            actor.enter(None)

    def report(self, ident: str) -> None:
        """Ask a host in which state its guests are."""
        agent = self.cloud.machines[ident]

        def inventory() -> Sequence[Found]:
            if ident in self.cloud.hosts.partitioned:
                raise UnreachableError("the host does not answer")
            return agent.inventory()

        try:
            self.request("power", lambda session: _followed(session, ident, inventory))
        except CloudcoreError as error:
            self.stage.note(f"{ident} is not heard: {error}")

    def _look(self) -> None:
        """Be an actor: ask each host for the states of its guests again and again."""
        while not self.over:
            self.stage.sleep(POWER_S)
            for ident in self.cloud.machines:
                self.report(ident)

    def _found(self, violation: Violation) -> None:
        self.violations.append(violation)

    def _check(self, when: str) -> None:
        number_all(self)
        if rest := self.watch.told.rest(self.cloud.rows(HISTORY.plural)):
            self.watch.complain("numbering", f"records have no position: {rest}")
        self.watch.whole()
        if not self.violations:
            try:
                check(self.cloud)
            except AssertionError as error:
                self.violations.append(Violation.of(when, error))
        if self.violations:
            raise self.violations[0]


def _followed(session: CoreSession, ident: str, inventory: Callable[[], Sequence[Found]]) -> None:
    follow_power(session._platform, ident, inventory)  # noqa: SLF001 - the process itself does so


def live(seed: int, faults: Faults | None = None, shape: Shape | None = None, *, store: str = MEMORY) -> str:
    """One life; its digest."""
    return Life(seed, faults, shape, store=store).live()
