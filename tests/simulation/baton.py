"""Actors of which exactly one runs: threads that hand a baton to each other, in an order that a seed decides.

An actor keeps the baton until it calls `pause` or `sleep`. Nothing else switches, so that a run is a function of its seed.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from cloudcore_adapters.memory.world import ManualClock


class Crash(BaseException):
    """The process of an actor is killed where it stands."""


class Actor:
    """One thread of a simulation."""

    def __init__(self, stage: Stage, name: str, work: Callable[[], None], mortal: bool) -> None:
        self.name = name
        self.mortal = mortal
        self.doomed = False
        self.ended = False
        self.wake_at: datetime | None = None
        self.baton = threading.Lock()
        self.baton.acquire()
        self._stage = stage
        self._work = work
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        self.baton.acquire()
        try:
            if not self.doomed:
                self._work()
        except Crash:
            self._stage.note(f"{self.name} died")
        except BaseException as fault:
            self._stage.faults.append(fault)
        finally:
            self.ended = True
            self._stage.hand_over()


class Stage:
    """Runs actors by a seed and a clock.

    How often the baton changes hands is drawn from the seed too: some faults need fine steps, others need one actor to go
    far while another stands still.

    crash: asked at every pause of a mortal actor whether it dies there.
    stall: asked likewise for how many seconds it stands still, holding what it holds.
    """

    def __init__(
        self,
        clock: ManualClock,
        seed: int,
        crash: Callable[[str, str], bool] | None = None,
        stall: Callable[[str, str], float] | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.switching = self.random.choice((0.01, 0.05, 0.3, 1.0))
        self.log: list[str] = []
        self.faults: list[BaseException] = []
        self.limit_s = 0.0
        self._home = threading.Lock()
        self._home.acquire()
        self._burying = False
        self.elapsed = 0.0
        self._clock = clock
        self._crash = crash or (lambda _actor, _where: False)
        self._stall = stall or (lambda _actor, _where: 0.0)
        self._actors: list[Actor] = []
        self._last: Actor | None = None
        self._current: Actor | None = None

    def add(self, name: str, work: Callable[[], None], *, mortal: bool = False) -> None:
        """Let another actor take part; it may be called by a running one."""
        actor = Actor(self, name, work, mortal)
        self._actors.append(actor)
        actor.thread.start()

    def note(self, text: str) -> None:
        """Write a line into the log."""
        self.log.append(f"{self.elapsed:.3f} {text}")

    def pause(self, where: str) -> None:
        """Let others go first; outside of actors nothing happens. May be the end of the actor."""
        actor = self._current
        if actor is None:
            return
        if actor.doomed:
            raise Crash
        self.note(f"{actor.name} {where}")
        if actor.mortal and self._crash(actor.name, where):
            raise Crash
        if actor.mortal and (seconds := self._stall(actor.name, where)):
            self.note(f"{actor.name} stalls")
            self.sleep(seconds)
        else:
            self._yield(actor)

    def sleep(self, seconds: float) -> None:
        """Do nothing until the clock has moved so far."""
        actor = self._current
        assert actor is not None
        actor.wake_at = self._clock.now() + timedelta(seconds=seconds)
        self._yield(actor)

    def run(self, *, limit_s: float = 50_000) -> None:
        """Until every actor has ended.

        Raises:
            AssertionError: they have not after so many seconds of the clock.
        """
        self.limit_s = limit_s
        try:
            self.hand_over()
            self._home.acquire()
        finally:
            self._bury()
        if self.faults:
            raise self.faults[0]

    def hand_over(self) -> None:
        """Give the baton to whoever the seed chooses; home, when all is over."""
        following = None if self._burying else self._choose()
        self._current = following
        (following.baton if following is not None else self._home).release()

    def _yield(self, actor: Actor) -> None:
        following = self._choose()
        if following is actor:
            return
        self._current = following
        (following.baton if following is not None else self._home).release()
        actor.baton.acquire()
        if actor.doomed:
            raise Crash

    def _choose(self) -> Actor | None:
        """The next actor, after moving the clock to when there is one; None when all have ended or something is wrong."""
        living = [actor for actor in self._actors if not actor.ended]
        if not living or self.faults:
            return None
        now = self._clock.now()
        ready = [actor for actor in living if actor.wake_at is None or actor.wake_at <= now]
        if not ready:
            first = min(actor.wake_at for actor in living if actor.wake_at is not None)
            self.elapsed += (first - now).total_seconds()
            self._clock.advance((first - now).total_seconds())
            if self.elapsed > self.limit_s:
                self.faults.append(AssertionError(f"still running: {[actor.name for actor in living]}"))
                return None
            ready = [actor for actor in living if actor.wake_at is None or actor.wake_at <= first]
        actor = self._last
        if actor not in ready or self.random.random() < self.switching:
            actor = ready[self.random.randrange(len(ready))]
        assert actor is not None
        self._last = actor
        actor.wake_at = None
        return actor

    def _bury(self) -> None:
        self._burying = True
        for actor in self._actors:
            if not actor.ended:
                actor.doomed = True
                self._current = actor
                actor.baton.release()
                self._home.acquire()
            actor.thread.join()
        self._current = None
