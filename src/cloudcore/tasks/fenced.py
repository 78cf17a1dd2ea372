"""What is known of an effect whose host does not answer: nothing, until it is certain that the host runs no more."""

from __future__ import annotations

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Unknown
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Transaction, UnitOfWork
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.tasks.task import Task, TaskState

_FAMILY = "host:"
_POWER_STATES = {"guest-stop": "off", "guest-start": "on", "guest-migrate": "missing"}
"""Taking back by these has nothing to do any more: no guest runs there. What removes something waits for the host."""


def while_fenced(tx: Transaction, host_id: str) -> bool:
    """Whether it is certain that the host runs nothing that others may start; it stays so until this unit ends.

    What the record says by then to be elsewhere the host removes before it gets its lease back.
    """
    leases = tx.of(HOSTLEASES, PLATFORM)
    if leases.get(host_id) is None or not leases.adjust(host_id, {"fenced": -1}):
        return False
    # A host that was just looking at what it must remove looks again.
    return leases.adjust(host_id, {"fenced": 1, "turn": 1})


def unanswered(uow: UnitOfWork, task: Task, effect: Effect) -> Outcome:
    """The outcome of an effect that nobody can be asked about.

    On a host that is fenced it has failed at once, instead of at its deadline, as the host refuses what it was asked for
    before; what only switches a guest there is done.
    """
    if not effect.target.startswith(_FAMILY):
        return Unknown()
    with uow.read() as tx:
        lease = tx.of(HOSTLEASES, PLATFORM).get(effect.target.removeprefix(_FAMILY))
    if lease is None or lease.held or not lease.fenced:
        return Unknown()
    if task.state is TaskState.UNWINDING and effect.kind in _POWER_STATES:
        return Done({"power_state": _POWER_STATES[effect.kind]})
    return Failed("its host is down and fenced")
