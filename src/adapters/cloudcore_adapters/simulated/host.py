"""One simulated host with its agent."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Running, Unknown, outdated
from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    Contention,
    InvalidInputError,
    ResourceNotFoundError,
    UnreachableError,
)
from cloudcore.model.host import BridgeFacts, Facts, Found, StorageFacts
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.lease import Tenure
from cloudcore.ports.clock import Clock
from cloudcore_adapters.simulated.agent import told
from cloudcore_adapters.simulated.console import SimulatedConsole
from cloudcore_adapters.simulated.job import Job, kept, read
from cloudcore_adapters.simulated.machine import Capacity, SimulatedMachine
from cloudcore_adapters.simulated.migration import Neighbours
from cloudcore_adapters.simulated.screen import picture
from cloudcore_adapters.simulated.shared import SharedStorage

FORMAT = 1
KEPT = 10_000
"""How many ended effects the journal remembers at the least; older ones are asked for by nobody."""


def default_facts(hostname: str = "sim-1", uuid: str = "51000000-0000-4000-8000-000000000001") -> Facts:
    """A big host: 64 CPUs, 256 GiB of memory, one storage of 4 TiB at `/sim/storage`, one network `simbr0`."""
    storage = StorageFacts(name="sim", path="/sim/storage", capacity_mib=4 * 1024 * 1024, used_mib=0)
    bridge = BridgeFacts(name="simbr0", mac="52:54:00:51:00:01", cidr="10.99.0.0/16", gateway="10.99.0.1")
    return Facts(
        hostname=hostname,
        uuid=uuid,
        arch="x86_64",
        cpu_count=64,
        cpu_desc="simulated",
        cpu_mhz=2000,
        memory_mib=256 * 1024,
        virt_type="simulated",
        version="1",
        storages=(storage,),
        bridges=(bridge,),
    )


class SimulatedHost:
    """An effect port, a hypervisor and consoles in one; safe for several threads.

    Effects take the time that `delays` says by the clock that was given: an effect is performed at the first call after
    its time has come. Those of one resource follow each other, those of different ones run side by side.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        deployment: str,
        facts: Facts | None = None,
        delays: Mapping[str, float] | None = None,
        jitter: float = 0.0,
        failures: Callable[[Effect, int], Failed | None] | None = None,
        late_failures: float = 0.0,
        capacity: Capacity | None = None,
        downloads: Mapping[str, str] | None = None,
        power_button: bool = True,
        uploads: Callable[[str, Iterable[bytes]], JsonObject] | None = None,
        seed: int = 0,
        journal: dict[str, JsonObject] | None = None,
        on_outcome: Callable[[str], None] | None = None,
        shared: Mapping[str, SharedStorage] | None = None,
        elapsed: Callable[[], float] | None = None,
        neighbours: Neighbours | None = None,
    ) -> None:
        """Begin with an empty machine.

        delays: seconds by kind of effect; 0 for those that are not named.
        jitter: share by which a delay may be longer, chosen by the seed.
        failures: asked with the effect and how often this kind was tried for this resource, from 1; gives the outcome.
        late_failures: probability, 0 to 1, that such a failure strikes only after the work was done.
        downloads: address → SHA-256 of the bytes that are there; elsewhere the bytes are what the effect expects.
        power_button: whether guests stop when they are asked to.
        uploads: the image store: takes an image's id and bytes, gives size, checksum and sha256; without it none is saved.
        journal: key → entry; passing the one of a dead agent goes on with its open effects.
        on_outcome: called with the key after an effect has ended; a hint, not a guarantee.
        shared: storages that other hosts reach too, by their path on this one.
        neighbours: the hosts to which guests can go while they run.
        elapsed: seconds of a clock that nobody sets; with it the host needs a lease, and its watchdog fences it without one.
        """
        self.machine = SimulatedMachine(
            facts or default_facts(),
            deployment,
            capacity,
            downloads=downloads,
            power_button=power_button,
            uploads=uploads,
            shared=shared,
            neighbours=neighbours,
        )
        self._elapsed, self.tenure, self.pressed = elapsed, Tenure(), list[tuple[str, tuple[int, ...], int]]()
        self.machine.arrived = self._take_in
        self.journal = journal if journal is not None else {}
        self._clock = clock
        self._delays, self._jitter = dict(delays or {}), jitter
        self._failures, self._late_failures = failures, late_failures
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._on_outcome = on_outcome
        self._lock = neighbours.lock if neighbours is not None else threading.RLock()
        self._up = True
        self._jobs: dict[str, Job] = {}
        self._fences, self._tries = dict[str, int](), dict[tuple[str, str], int]()
        self._consoles: dict[str, SimulatedConsole] = {}
        self._begin_open()

    # The effect port.

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`; additionally raises InvalidInputError for an empty or overlong key."""
        if not 0 < len(key) <= 512:
            raise InvalidInputError("an effect's key has 1 to 512 characters", field="key")
        refused: list[str] = []
        with self._lock:
            self._serve()
            if key not in self.journal:
                highest = self._fences.get(effect.resource, fence)
                self._fences[effect.resource] = max(fence, highest)
                self._forget_old()
                self.journal[key] = {"effect": attrs.asdict(effect, recurse=False), "fence": fence, "outcome": None}
                self._schedule(key)
                if fence < highest:
                    self._end(key, outdated(fence, highest))
                    refused = [key]
                elif fence < self.tenure.floor:
                    self._end(key, Failed("the host was fenced since this was asked for", transient=True))
                    refused = [key]
        self._tell(refused)
        self.tick()

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        with self._lock:
            self._serve()
        self.tick()
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                return Running(job.percent(self._clock.now()))
            entry = self.journal.get(key)
            return Unknown() if entry is None else read(entry["outcome"])

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`; what is under way fails at once without having done anything."""
        self.tick()
        with self._lock:
            self._serve()
            ended = key in self._jobs
            if ended:
                self._end(key, Failed("cancelled"))
        if ended:
            self._tell([key])

    def tick(self) -> Sequence[str]:
        """Perform what is due by the clock and push it; the keys of what has ended, in order."""
        with self._lock:
            now, ended = self._clock.now(), []
            self._keep_watch()
            while self._up and (key := self._due(now)) is not None:
                self._end(key, self._perform(key))
                ended.append(key)
        self._tell(ended)
        return ended

    def next_due(self) -> datetime | None:
        """When the next open effect will be done; None when none is open."""
        with self._lock:
            return min((job.ends for job in self._jobs.values()), default=None)

    # Questions.

    def facts(self) -> Facts:
        """See `Hypervisor.facts`."""
        with self._lock:
            self._answer()
            return self.machine.facts

    def power_state(self, guest_id: str) -> str:
        """See `Hypervisor.power_state`."""
        self.tick()
        with self._lock:
            self._answer()
            return self.machine.power_state(guest_id)

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`."""
        self.tick()
        with self._lock:
            self._answer()
            return self.machine.inventory()

    def open_serial(self, guest_id: str) -> SimulatedConsole:
        """See `Consoles.open_serial`."""
        self._running(guest_id)
        with self._lock:
            if (before := self._consoles.pop(guest_id, None)) is not None:
                before.close()
            hostname = self.machine.domains[guest_id].desc.hostname
            console = SimulatedConsole(hostname, lambda: self.machine.power_state(guest_id) == "on")
            self._consoles[guest_id] = console
            return console

    def screenshot(self, guest_id: str) -> bytes:
        """See `Guests.screenshot`."""
        self._running(guest_id)
        return picture()

    def press_keys(self, guest_id: str, keys: Sequence[int], hold_ms: int) -> None:
        """See `Guests.press_keys`; `pressed` says what was, and the guest takes no notice."""
        self._running(guest_id)
        with self._lock:
            self.pressed = [*self.pressed[-KEPT:], (guest_id, tuple(keys), hold_ms)]

    def ask_agent(self, guest_id: str, question: str) -> Any:
        """See `Guests.ask_agent`; every simulated guest has an agent that answers."""
        self._running(guest_id)
        return told(self.machine.domains[guest_id].desc, question)

    def _running(self, guest_id: str) -> None:
        if self.power_state(guest_id) != "on":
            raise ResourceNotFoundError(f"guest {guest_id[:64]} is not running here")

    # Its lease.

    @property
    def fences(self) -> bool:
        """See `Fencing.fences`."""
        return self._elapsed is not None

    def renewed(self, asked_at: float, floor: int = 0) -> None:
        """See `Fencing.renewed`."""
        with self._lock:
            self._keep_watch()
            if self.tenure.renewed(asked_at, floor):
                self._begin_open()
        self.tick()

    def fence(self) -> None:
        """See `Fencing.fence`."""
        with self._lock:
            if not self.tenure.barred:
                self.tenure.barred = True
                self._jobs = {}
                self.machine.fence()

    def drop(self, guests: Collection[str]) -> None:
        """See `Fencing.drop`."""
        with self._lock:
            self._answer()
            lost = [key for key, entry in self.journal.items() if entry["outcome"] is None]
            for key in lost:
                self._end(key, Failed("the host was fenced meanwhile", transient=True))
            for guest_id in guests:
                self.machine.drop(guest_id)
        self._tell(lost)

    def _keep_watch(self) -> None:
        if self._elapsed is not None and self.tenure.over(self._elapsed()):
            self.fence()

    def _take_in(self) -> None:
        # A watchdog goes on while there is no lease, so that what comes late is stopped, too.
        self._keep_watch()
        if self._elapsed is not None and self.tenure.barred:
            self.machine.fence()

    # What befalls the host.

    def crash(self, *, power: bool = False) -> None:
        """The agent dies: it answers nobody, and what it was doing is not done. power: the machine dies with its guests."""
        with self._lock:
            self._up = False
            self._jobs = {}
            if power:
                self.machine.reachable(answers=False)
                self.tenure = Tenure(floor=self.tenure.floor)
            for guest_id, domain in list(self.machine.domains.items()) if power else ():
                if domain.power_state != "saved":
                    self.machine.set_power_state(guest_id, "off")

    def restart(self, *, lose_journal: bool = False) -> None:
        """The agent comes back and begins its open effects again; without its journal it knows of none."""
        with self._lock:
            if lose_journal:
                self.journal.clear()
                self._fences.clear()
            self._up = True
            self.machine.reachable(answers=True)
            self._jobs = {}
            self._begin_open()
        self.tick()

    def dump(self) -> JsonObject:
        """The whole state as JSON: machine and journal; `load` reads it back."""
        with self._lock:
            return {"format": FORMAT, "machine": self.machine.dump(), "journal": dict(self.journal)}

    def load(self, data: JsonMapping) -> None:
        """Take over what `dump` gave, and go on with its open effects.

        Raises:
            BackendError: a later release wrote it.
        """
        if data["format"] > FORMAT:
            raise BackendError(f"the simulated host's state has format {data['format']}; this release reads {FORMAT}")
        with self._lock:
            self.machine.load(data["machine"])
            self.journal.clear()
            self.journal.update(data["journal"])
            self._jobs = {}
            self._begin_open()

    def _serve(self) -> None:
        self._answer()
        self._keep_watch()
        if self._elapsed is not None and self.tenure.barred:
            raise UnreachableError("the host has no lease")

    def _answer(self) -> None:
        if not self._up:
            raise UnreachableError("the host does not answer")

    def _forget_old(self) -> None:
        if len(self.journal) >= 2 * KEPT:
            ended = [key for key, entry in self.journal.items() if entry["outcome"] is not None]
            for key in ended[:-KEPT]:
                del self.journal[key]

    def _begin_open(self) -> None:
        if self._elapsed is not None and self.tenure.barred:
            return
        for key, entry in self.journal.items():
            resource = entry["effect"]["resource"]
            self._fences[resource] = max(entry["fence"], self._fences.get(resource, 0))
            if entry["outcome"] is None:
                self._schedule(key)

    def _schedule(self, key: str) -> None:
        effect = self._effect(key)
        before = [job.ends for job in self._jobs.values() if job.resource == effect.resource]
        delay = self._delays.get(effect.kind, 0.0)
        if delay and self._jitter:
            delay *= 1 + self._jitter * self._random.random()
        begins = max([self._clock.now(), *before])
        self._jobs[key] = Job(effect.resource, begins, begins + timedelta(seconds=delay))

    def _due(self, now: datetime) -> str | None:
        due = [(job.ends, place, key) for place, (key, job) in enumerate(self._jobs.items()) if job.ends <= now]
        return min(due)[2] if due else None

    def _effect(self, key: str) -> Effect:
        return Effect(**self.journal[key]["effect"])

    def _perform(self, key: str) -> Done | Failed:
        effect = self._effect(key)
        tried = self._tries[effect.kind, effect.resource] = self._tries.get((effect.kind, effect.resource), 0) + 1
        failure = self._failures(effect, tried) if self._failures is not None else None
        if failure is not None and self._random.random() >= self._late_failures:
            return failure
        try:
            result = self.machine.perform(effect, self.journal[key]["fence"], lambda _percent: None, lambda: False)
        except (BackendError, Contention) as error:
            return Failed(str(error), transient=True)
        except CloudcoreError as error:
            return Failed(str(error))
        return failure or Done(result)

    def _end(self, key: str, outcome: Done | Failed) -> None:
        self._jobs.pop(key, None)
        self.journal[key] = {**self.journal[key], "outcome": kept(outcome)}

    def _tell(self, keys: Sequence[str]) -> None:
        if self._on_outcome is not None:
            for key in keys:
                self._on_outcome(key)
