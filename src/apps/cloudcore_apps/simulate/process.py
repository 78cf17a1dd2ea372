"""The control-plane processes of a simulated cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.platform import Platform
from cloudcore.tasks.task import Task
from cloudcore.tasks.worker import Worker
from cloudcore_apps.simulate.lines import Lines
from cloudcore_apps.simulate.stage import Process

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

TURN_S = 1.0
IDLE_S = 5.0
"""So long at most an idle process waits before it looks for work that nobody has told it of."""
NO_ANSWER = object()
"""What a request gives when the process that it was sent to is not there, or dies over it."""


class Server:
    """One control-plane process: a worker, and a platform that answers requests."""

    def __init__(self, life: Life, name: str) -> None:
        self.process = Process(name)
        self._life = life
        self.up = False
        self._held: dict[str, Task] = {}
        self._start(0.0)

    def die(self) -> None:
        """Be killed, and be started again within half a minute."""
        self.up = False
        self.process.life += 1
        self._start(self._life.stage.random.random() * 30)

    def _start(self, after_s: float) -> None:
        stage, cloud = self._life.stage, self._life.cloud
        name = f"{self.process.name}.{self.process.life}"

        def work() -> None:
            stage.sleep(after_s)
            actor = stage.current
            assert actor is not None
            actor.enter(self.process)
            self.platform: Platform = cloud.new_platform(lambda _task: stage.rouse(actor))
            worker = attrs.evolve(
                cloud.worker(name), effects=Lines(cloud.bare_effects(), self._life), on_change=self._changed
            )
            self._held, self.up = {}, True
            self._serve(worker)

        stage.add(name, work)

    def _serve(self, worker: Worker) -> None:
        stage = self._life.stage
        while not self._life.over:
            for ident, task in list(self._held.items()):
                self._hold(ident, lambda task=task: worker.turn(task))  # type: ignore[misc]
            try:
                due = worker.due()
            except CloudcoreError:
                due = ()
            if len(due) > 1 and stage.random.random() < 0.5:
                self._together(worker, due)
            else:
                for ident in due:
                    self._hold(ident, lambda ident=ident: worker.run(ident))  # type: ignore[misc]
            stage.sleep(TURN_S if self._held or due else TURN_S + (IDLE_S - TURN_S) * stage.random.random())

    def _hold(self, ident: str, step: Callable[[], Task | None]) -> None:
        try:
            task = step()
        except CloudcoreError as error:
            self._life.stage.note(f"task {ident[:8]} is put off: {error}")
            task = None
        if task is None:
            self._held.pop(ident, None)
        else:
            self._held[ident] = task

    def _together(self, worker: Worker, due: Any) -> None:
        try:
            waiting = worker.run_all(due)
        except CloudcoreError as error:
            self._life.stage.note(f"tasks are put off: {error}")
            waiting = ()
        self._held.update((task.id, task) for task in waiting)

    def _changed(self, task: Task) -> None:
        last = task.log[-1] if task.log else {}
        text = " ".join(str(last.get(key, "")) for key in ("event", "step", "text")).strip()
        self._life.stage.note(f"task {task.flow} of {task.obj_name or task.obj_id[:8]}: {text}")
