"""What tasks must bear: faults that the platform is there to hide, hypervisors that need a second try, and slow ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from cloudcore.tasks.task import Task, TaskState
from cloudcore_apps.simulate.cloud import Cloud
from cloudcore_apps.simulate.menu import Faults

TRANSIENTLY = "transiently"
"""How the words of a failure end that another try may get over."""
HIDDEN = (
    "the database",
    "another transaction",
    "somebody else is changing",
    "the object has changed",
    "no answer came",
    "nobody took the call",
    "the call was not answered",
    "the host does not answer",
    "internal error",
    "fence ",
)
"""How the words begin that nobody may hear as the reason for which an operation failed."""
LATE = "it did not answer within its deadline"
GRACE = timedelta(seconds=30)
"""So long what is under way has to stop after its deadline, before it is given up."""
OVERDUE = timedelta(minutes=15)
FEW = 3
"""So often a task may change hands while nothing keeps workers from their work."""
DELAYING = frozenset(("crash", "stall", "asleep", "conflict", "outage", "doubt", "clock"))
"""Faults for which a worker may come too late to renew a lease."""
SLOWING = frozenset(("agent", "journal", "power", "partition", "slow", "hang", "torn", "clock", "host-dies", "cut-off"))
"""Faults for which an effect may end after its deadline."""
MOVES = ("server-live-migrate", "server-move")
PLACES = {TaskState.COMPLETE: "target", TaskState.FAILED: "source", TaskState.CANCELLED: "source"}
"""On which host a server is after its move has ended so."""
ALL_THE_SAME = "moved, as its old host went down"
"""How the reason of a server begins that was on its way when its host died, and could not be brought back."""
DELAYED_S = 60.0
"""So long after such a fault workers are behind."""


class Bearing:
    """Sees each task as it is committed.

    complain: told which invariant was hurt, and how. prompt: whether nothing keeps workers from their work just now.
    """

    def __init__(
        self, cloud: Cloud, complain: Callable[[str, str], None], prompt: Callable[[], bool], faults: Faults
    ) -> None:
        self._cloud = cloud
        self._complain = complain
        self._prompt = prompt
        self._is_swift = SLOWING.isdisjoint(faults.kinds)
        self._before: dict[str, Task] = {}
        self._changes: Counter[str] = Counter()

    def committed(self, task: Task) -> None:
        """Compare a task with what it was before."""
        before = self._before.get(task.id)
        self._before[task.id] = task
        if before is None:
            return
        if before.is_open and not task.is_open:
            self._moved(task)
        if task.state is TaskState.UNWINDING and before.state is TaskState.RUNNING:
            self._turned(before, task)
        owners = (before.lease_owner, task.lease_owner)
        if self._prompt() and all(owners) and owners[0] != owners[1]:
            # Once in a while a worker may lose a task to another that is about to fail to take it.
            self._changes[task.id] += 1
            if self._changes[task.id] > FEW:
                self._complain(
                    "lease", f"{task.flow} {task.id} goes from hand to hand: again from {owners[0]} to {owners[1]}"
                )
        if task.intents and task.deadline_at is not None and self._cloud.clock.now() > task.deadline_at + OVERDUE:
            self._complain("deadline", f"{task.flow} {task.id} should have been given up at {task.deadline_at}")

    def _moved(self, task: Task) -> None:
        """A move that has ended says with its end where the server is."""
        server = self._cloud.row("servers", task.obj_id)
        place = PLACES.get(task.state)
        if task.flow not in MOVES or server is None or place is None:
            return
        has_left = any(entry["step"] == "leave" for entry in task.log)
        is_known = server.status_reason.startswith(ALL_THE_SAME) and not has_left
        if server.host_id != task.params[place] and not is_known:
            text = f"{task.flow} {task.id} is {task.state}, and the server is on {server.host_id}: {task.error}"
            self._complain("told", text)

    def _turned(self, before: Task, task: Task) -> None:
        what = f"{task.flow} {task.id}"
        if task.error.startswith(HIDDEN):
            self._complain("excuse", f"{what} fails for what it should have borne: {task.error}")
        steps = self._cloud.flows[task.flow].steps
        step = steps[min(before.cursor, len(steps) - 1)]
        if task.error.endswith(TRANSIENTLY) and before.attempt < step.attempts:
            self._complain("patience", f"{what} gives {step.name} up at try {before.attempt} of {step.attempts}")
        if task.error == LATE and before.deadline_at is not None:
            early = self._cloud.clock.now() < before.deadline_at + GRACE
            if self._is_swift:
                self._complain("excuse", f"{what} gives {step.name} up as late, and nothing here is slow or away")
            if early:
                self._complain("patience", f"{what} gives {step.name} up before it had the time to stop")
