"""The port of effects: submitted at once, asked for later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cloudcore.model.effects import Effect, Outcome
from cloudcore.model.json import JsonObject


class EffectPort(Protocol):
    """Takes effects and answers what became of them. Calls return within seconds."""

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """Journal and begin the effect. A key that is already journalled is left as it is.

        A fence lower than the highest seen for `effect.resource` is refused: the outcome is Failed.

        Raises:
            UnreachableError: nobody took it; it may be submitted again.
        """
        ...

    def outcome(self, key: str) -> Outcome:
        """What became of the effect; `Unknown` for a key that was never journalled.

        Raises:
            UnreachableError: nobody answers; nothing is known.
        """
        ...

    def cancel(self, key: str) -> None:
        """Ask that the effect end early; its outcome is then Failed, or Done if it was too late."""
        ...


class Performer(Protocol):
    """Performs one effect and blocks until it is done; an adapter of a technology.

    Performing is idempotent: it ensures a state, and a second performance of the same effect gives the same result.
    An agent (`cloudcore_adapters.agent`) turns a performer into an `EffectPort`: journal, bounded pool, fences.
    """

    def perform(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        """Bring about the effect and return its result.

        Raises:
            InvalidInputError: the effect can never succeed as asked.
            BackendError: it failed; it may succeed if tried again.
        """
        ...
