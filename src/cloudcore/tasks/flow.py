"""What a long operation is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from cloudcore.model.effects import Effect, Mark
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.tasks.task import Task


@attrs.frozen
class Later:
    """Not yet: the step is begun again after this many seconds. What its `do` changed meanwhile is kept."""

    seconds: float = 1.0


@attrs.frozen
class Turn:
    """Hold this (`<singular>/<id>`) from now on, instead of what the task held; until it is free the step is begun again."""

    held: str
    seconds: float = 1.0


Effects: TypeAlias = Effect | Sequence[Effect] | Later | Turn | None
"""What a step asks of the world: nothing (its work is done in the commit), one effect, several side by side, time, or to be
alone with something."""


@attrs.frozen(kw_only=True)
class Context:
    """What a step's functions get. They change the domain through `tx` only, and are run again after a crash."""

    tx: Transaction
    task: Task
    deployment: str
    fence: int

    @property
    def now(self) -> datetime:
        """The storage's clock."""
        return self.tx.now

    @property
    def params(self) -> JsonMapping:
        """The flow's input."""
        return self.task.params

    def result(self, step: str) -> Any:
        """What an earlier step gave, or None."""
        return self.task.results.get(step)

    def mark(self, resource: str) -> Mark:
        """The mark of something that this step makes outside."""
        return Mark(deployment=self.deployment, resource=resource, fence=self.fence)


def _nothing(_ctx: Context) -> None:
    return None


def _no_result(_ctx: Context, _results: Sequence[JsonObject]) -> None:
    return None


def _nothing_seen(_ctx: Context, _results: Sequence[JsonObject]) -> None:
    return None


def _always(_ctx: Context) -> bool:
    return True


def _never(_ctx: Context) -> bool:
    return False


@attrs.frozen(kw_only=True)
class Step:
    """One step of a flow. Its name is stable: journals refer to it.

    do: changes the domain for the beginning of the step and says which effects are wanted; both are committed together.
    done: gets the effects' results, in order, and changes the domain; its return value is kept as the step's result.
    undo, undone: the same for taking the step back. They run for the step that failed and for those before it, and must
        cope with a step that did only part of its work.
    seen: gets the results of what undo asked for, before undone.
    deadline_s: how long the effects of one attempt may take.
    attempts: how often the step is tried when its effects fail transiently.
    again: whether it is begun once more all the same when they have failed for good, or too often; asked each time.
    when: whether the step applies; asked once, when its turn comes.
    """

    name: str
    do: Callable[[Context], Effects]
    done: Callable[[Context, Sequence[JsonObject]], Any] = _no_result
    undo: Callable[[Context], Effects] = _nothing
    seen: Callable[[Context, Sequence[JsonObject]], None] = _nothing_seen
    undone: Callable[[Context], None] = _nothing
    deadline_s: int = 60
    attempts: int = 3
    again: Callable[[Context], bool] = _never
    when: Callable[[Context], bool] = _always

    @property
    def can_undo(self) -> bool:
        """Whether taking it back does anything."""
        return self.undo is not _nothing or self.undone is not _nothing

    @property
    def is_conditional(self) -> bool:
        """Whether it may turn out not to apply."""
        return self.when is not _always


@attrs.frozen(kw_only=True)
class Flow:
    """One long operation.

    succeed: last domain changes, in the commit that ends the task.
    fail: domain changes after everything was taken back; gets the reason.
    objects: the type of what it works on, where many tasks that are advanced together read theirs at once.
    no_return: the step whose beginning is the last moment before which the operation can be called back: what it does is
        not taken back by its undo. Empty where all is.
    version: raised when steps are added, renamed, removed or change places: the journals of open tasks count steps.
    former: the names of the steps of earlier versions, in order, so that their journals go on in this one.
    renamed: what a step of an earlier version is called now; for one that is gone, the step at which its journals go on.
    aliases: earlier names of the flow.
    """

    name: str
    obj_type: str
    steps: tuple[Step, ...]
    succeed: Callable[[Context], None] = _nothing
    then: Callable[[Context], Task | None] = _nothing
    fail: Callable[[Context, str], None]
    version: int = 1
    objects: Resource[Any] | None = None
    no_return: str = ""
    former: Mapping[int, tuple[str, ...]] = attrs.field(factory=dict[int, tuple[str, ...]])
    renamed: Mapping[str, str] = attrs.field(factory=dict[str, str])
    aliases: tuple[str, ...] = ()

    def no_return_at(self, task: Task) -> str | None:
        """The step that makes it impossible to call the task back, if it has begun."""
        begun = any(line["step"] == self.no_return for line in task.log)
        return self.no_return if self.no_return and begun else None

    @property
    def deadline_s(self) -> int:
        """The longest that the flow can take forwards, in seconds."""
        return sum(step.deadline_s * step.attempts for step in self.steps)
