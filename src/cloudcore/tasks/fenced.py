"""What is known of an effect whose host does not answer: nothing, until it is certain that the host runs no more."""

from __future__ import annotations

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Unknown
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.tasks.task import Task, TaskState

_FAMILY = "host:"
_POWER_STATES = {"guest-stop": "off", "guest-start": "on"}
"""Taking back by these has nothing to do any more: no guest runs there. What removes something waits for the host."""


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
