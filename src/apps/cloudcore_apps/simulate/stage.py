"""Actors of which exactly one runs: greenlets that hand a baton to each other, in an order that a seed decides.

An actor keeps the baton until it calls `pause` or `sleep`. Nothing else switches, so that a run is a function of its seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import greenlet

from cloudcore_adapters.memory.world import ManualClock
from cloudcore_apps.simulate.crash import Crash

FINENESS = (0.01, 0.05, 0.3, 1.0)
"""How often the baton changes hands: some faults need fine steps, others that one actor goes far while others stand."""


class Process:
    """What dies together. life: counts its starts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.life = 0


class Actor:
    """One line of work. process: the one it runs in, if any; it dies with it."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.name = name
        self.work = work
        self.wake_at = 0.0
        self.doomed = False
        self.process: Process | None = None
        self.life = 0
        self.greenlet: greenlet.greenlet

    def enter(self, process: Process | None) -> None:
        """From now on it runs in that process."""
        self.process = process
        self.life = process.life if process is not None else 0

    @property
    def dead(self) -> bool:
        """Whether its process has died since it entered it."""
        return self.doomed or (self.process is not None and self.process.life != self.life)


class Stage:
    """Runs actors by a seed and a clock.

    fault: asked at every pause of an actor, before others may go; it may raise what befalls the actor there, or let it sleep.
    """

    def __init__(self, clock: ManualClock, seed: int, fault: Callable[[Actor, str], None] | None = None) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.switching = self.random.choice(FINENESS)
        self.log: list[str] = []
        self.elapsed = 0.0
        self.pauses = 0
        self._fault = fault
        self._clock = clock
        self._actors: list[Actor] = []
        self._current: Actor | None = None
        self._broken: BaseException | None = None
        self._hub = greenlet.getcurrent()

    @property
    def current(self) -> Actor | None:
        """Whoever has the baton; None outside of actors."""
        return self._current

    def add(self, name: str, work: Callable[[], None]) -> Actor:
        """Let another actor take part; it may be called by a running one."""
        actor = Actor(name, work)
        actor.wake_at = self.elapsed
        actor.greenlet = greenlet.greenlet(lambda: self._act(actor), parent=self._hub)
        self._actors.append(actor)
        return actor

    def note(self, text: str) -> None:
        """Write a line into the log; what is paused at stands there after two blanks."""
        self.log.append(f"{self.elapsed:.3f} {text}")

    def pause(self, where: str, *, give: bool = True) -> None:
        """Let others go first, if the baton may be given away; outside of actors nothing happens. May be the end of the actor."""
        actor = self._current
        if actor is None:
            return
        if actor.dead:
            raise Crash
        self.pauses += 1
        self.log.append(f"{self.elapsed:.3f}  {actor.name} {where}")
        if self._fault is not None:
            self._fault(actor, where)
        if give and self.random.random() < self.switching:
            self._give(actor)

    def sleep(self, seconds: float) -> None:
        """Do nothing until the clock has moved so far; outside of actors nothing happens."""
        actor = self._current
        if actor is None:
            return
        if actor.dead:
            raise Crash
        actor.wake_at = self.elapsed + seconds
        self._give(actor)

    def rouse(self, actor: Actor) -> None:
        """Let a sleeper go on at once."""
        actor.wake_at = min(actor.wake_at, self.elapsed)

    def run(self, *, limit_s: float = 50_000) -> None:
        """Until every actor has ended.

        Raises:
            AssertionError: they have not after so many seconds of the clock.
        """
        self._hub = greenlet.getcurrent()
        for actor in self._actors:
            actor.greenlet.parent = self._hub
        try:
            while self._actors and self._broken is None:
                actor = self._choose()
                if self.elapsed > limit_s:
                    raise AssertionError(f"still running: {[one.name for one in self._actors]}")
                self._current = actor
                actor.greenlet.switch()
        finally:
            self._bury()
        if self._broken is not None:
            raise self._broken

    def _act(self, actor: Actor) -> None:
        try:
            actor.work()
        except Crash:
            self.note(f"{actor.name} died")
        except BaseException as broken:  # noqa: BLE001 - it is raised where the run was begun
            self._broken = self._broken or broken
        finally:
            self._actors.remove(actor)
            self._current = None

    def _give(self, actor: Actor) -> None:
        self._current = None
        self._hub.switch()
        if actor.dead:
            raise Crash

    def _choose(self) -> Actor:
        """The next actor, after moving the clock to when there is one."""
        ready = [actor for actor in self._actors if actor.wake_at <= self.elapsed]
        if not ready:
            first = min(actor.wake_at for actor in self._actors)
            self._clock.advance((timedelta(seconds=first) - timedelta(seconds=self.elapsed)).total_seconds())
            self.elapsed = first
            ready = [actor for actor in self._actors if actor.wake_at <= first]
        return ready[self.random.randrange(len(ready))] if len(ready) > 1 else ready[0]

    def _bury(self) -> None:
        for actor in list(self._actors):
            actor.doomed = True
            self._current = actor
            while actor.greenlet:  # one that has never run has nothing to end
                # One that catches its end and goes on meets it again at its next pause.
                actor.greenlet.throw(Crash())
            if actor in self._actors:
                self._actors.remove(actor)
        self._current = None
