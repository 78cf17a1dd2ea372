"""Following a long operation of a resource to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TypeAlias

import attrs

from cloudcore.model.errors import (
    BackendError,
    DeadlineError,
    ResourceNotFoundError,
    TooManyRequestsError,
    UnreachableError,
)
from cloudcore.model.json import JsonObject
from cloudcore.ports.session import Session
from cloudcore_adapters.client.failures import UntrustedCloudError, WaitTimeoutError

UNDONE = ("failed", "cancelled", "set_aside")
"""States of tasks that did not do what they were to do."""

ENDED = frozenset({"complete", *UNDONE})
AWAY = (UnreachableError, DeadlineError, TooManyRequestsError)
"""What a look fails with while the cloud is restarted or busy."""
FAILED = ("fail", "failed")
"""What every status ends in that a failure leaves."""


@attrs.frozen(kw_only=True)
class Progress:
    """What is seen at one look.

    resource: its details; None when it is gone.
    task: the newest task of it; None when it has none, or it may not be seen.
    elapsed_s: since waiting began.
    """

    resource: JsonObject | None
    task: JsonObject | None
    elapsed_s: float

    @property
    def status(self) -> str:
        """The resource's status; `deleted` when it is gone."""
        return "deleted" if self.resource is None else str(self.resource.get("status") or "")

    @property
    def task_id(self) -> str:
        """The task's id; empty without one."""
        return str((self.task or {}).get("id") or "")

    @property
    def percent(self) -> float:
        """How far the task is, 0 to 100."""
        return float((self.task or {}).get("progress") or 0)

    @property
    def step(self) -> str:
        """The step that the task is at, while it is under way; empty otherwise."""
        return "" if self.state in ENDED else str((self.task or {}).get("step") or "")

    @property
    def state(self) -> str:
        """The task's state: `running`, `unwinding`, `complete`, `failed`, `cancelled`, `set_aside`; empty without a task."""
        told = self.task or {}
        return str(told.get("state") or told.get("stage") or "")

    @property
    def reason(self) -> str:
        """Why the task failed."""
        told = (self.task or {}) if self.state in UNDONE else {}
        return str(told.get("error") or (self.resource or {}).get("status_reason") or "")


Until: TypeAlias = Callable[[JsonObject | None], bool]


def wait_for(
    session: Session,
    plural: str,
    ident: str,
    *,
    singular: str = "",
    until: Until | None = None,
    busy: Collection[str] = (),
    timeout_s: float = 600.0,
    interval_s: float = 0.5,
    progress: Callable[[Progress], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> JsonObject | None:
    """The resource once its newest task is over (or `until` says so); None when it is gone.

    ident: the id; names are not followed, as a deleted resource's name may be another's.
    until: decides by the resource alone; a failed task still ends the waiting.
    busy: statuses in which something is under way, whoever's task it is: a server's task moves its disks and snapshots.
    interval_s: the longest pause between two looks; the first ones are shorter.

    Raises:
        BackendError: the operation failed; the message is the task's reason, `data` has task_id and status.
        WaitTimeoutError: still under way after `timeout_s`; it goes on.
        UnreachableError: the cloud did not answer when the time was over; before that it is asked again.
    """
    began = clock()
    pause = min(0.05, interval_s)
    earlier: Progress | None = None  # as it was when another's task was seen to move the resource
    while True:
        try:
            seen = _look(session, plural, ident, singular, clock() - began)
        except AWAY as error:
            # The operation goes on without us: a cloud that is started again is asked again, until the time is over.
            left = timeout_s - (clock() - began)
            if left <= 0 or isinstance(error, UntrustedCloudError):
                raise
            sleep(min(max(pause, interval_s), left))
            continue
        if progress is not None:
            progress(seen)
        moved = seen.status in busy and seen.state in ("", *ENDED)
        earlier = earlier or (seen if moved else None)
        if _failed(seen, earlier):
            raise _failure(plural, ident, seen)
        if not moved and _over(seen, until):
            return seen.resource
        left = timeout_s - (clock() - began)
        if left <= 0:
            raise WaitTimeoutError(
                f"{ident} is still {seen.status or seen.state or 'busy'} after {timeout_s:.0f} s; the operation goes on",
                data={"status": seen.status, "task_id": seen.task_id},
            )
        sleep(min(pause, left))
        pause = min(pause * 1.6, interval_s)


def gone(resource: JsonObject | None) -> bool:
    """For `until`: it is deleted, or in the recycle bin."""
    return resource is None or bool(resource.get("pending_deleted"))


def _failed(seen: Progress, earlier: Progress | None) -> bool:
    if seen.state in UNDONE and (earlier is None or seen.task_id != earlier.task_id):
        return True
    return earlier is not None and seen.state in ("", *ENDED) and seen.status.endswith(FAILED)


def _over(seen: Progress, until: Until | None) -> bool:
    if until is not None:
        return until(seen.resource)
    return seen.resource is None or seen.task is None or seen.state in ENDED


def _look(session: Session, plural: str, ident: str, singular: str, elapsed_s: float) -> Progress:
    filters = {"obj_id": ident, "limit": 1, "order_by": "created_at", "order": "desc"}
    if singular:
        filters["obj_type"] = singular
    tasks = session.list("tasks", filters).items
    try:
        resource: JsonObject | None = session.get(plural, ident)
    except ResourceNotFoundError:
        resource = None
    return Progress(resource=resource, task=tasks[0] if tasks else None, elapsed_s=elapsed_s)


def _failure(plural: str, ident: str, seen: Progress) -> BackendError:
    task = seen.task or {}
    own = task.get("state") in UNDONE or task.get("stage") in UNDONE
    what = str(task.get("flow") or task.get("task_name") or "operation") if own else "operation"
    name = str(task.get("obj_name") or ident)
    return BackendError(
        f"{what} of {name} failed: {seen.reason or 'no reason was recorded'}",
        data={"task_id": task.get("id", ""), "status": seen.status, "plural": plural},
    )
