"""Lifecycles: every status that a resource can have, and who may move it where."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from cloudcore.model.errors import InvalidStatusError


@attrs.frozen(kw_only=True)
class Transition:
    """One way from one status to another, by one long operation.

    name: the action that starts it, as it is called on the wire; `create` and `delete` for those.
    sources: statuses from which a caller may start it; empty for `create`.
    through: transitional statuses on the way, in order; the first is set in the commit that accepts the request.
    to: status on success (None: the row goes).
    failed: status on failure.
    flow: name of the long operation.
    deadline_s: whole seconds after which the operation is probed, retried or unwound; also the sum of its steps' bounds.
    force: further sources from which `is_force` may start it.
    also_to: other statuses on success, such as running for a create that starts the server.
    also_failed: failure statuses of single steps.
    """

    name: str
    sources: tuple[StrEnum, ...]
    through: tuple[StrEnum, ...]
    to: StrEnum | None
    failed: StrEnum
    flow: str
    deadline_s: int
    force: tuple[StrEnum, ...] = ()
    also_to: tuple[StrEnum, ...] = ()
    also_failed: tuple[StrEnum, ...] = ()

    @property
    def failures(self) -> tuple[StrEnum, ...]:
        """Every status in which its failure may leave a resource."""
        return (self.failed, *self.also_failed)


@attrs.frozen(kw_only=True)
class Lifecycle:
    """The table of one resource type.

    stable: statuses in which nothing is under way and that are not failures.
    """

    states: type[StrEnum]
    initial: StrEnum
    stable: tuple[StrEnum, ...]
    transitions: tuple[Transition, ...]

    def transition(self, name: str) -> Transition:
        """The transition of that name.

        Raises:
            KeyError: the table has none.
        """
        return _by_name(self)[name]

    def start(self, name: str, status: str, *, force: bool = False, what: str = "resource") -> Transition:
        """The transition, if a caller may start it in this status.

        Raises:
            InvalidStatusError: names the status and those from which it is allowed.
        """
        transition = self.transition(name)
        allowed = transition.sources + (transition.force if force else ())
        if status not in allowed:
            wanted = ", ".join(allowed)
            raise InvalidStatusError(f"cannot {name} {what} in status {status}; allowed: {wanted}", field="status")
        return transition

    def transitional(self) -> Mapping[str, Transition]:
        """Each status in which a long operation is under way, with that operation."""
        found: dict[str, Transition] = {}
        for transition in self.transitions:
            for status in transition.through:
                if status not in self.stable:
                    found.setdefault(str(status), transition)
        return found

    def failures(self) -> frozenset[str]:
        """The statuses in which a failed operation leaves a resource."""
        return frozenset(str(f) for t in self.transitions for f in t.failures if f not in self.stable)


def _by_name(lifecycle: Lifecycle) -> Mapping[str, Transition]:
    return {t.name: t for t in lifecycle.transitions}
