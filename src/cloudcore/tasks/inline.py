"""Effects performed where they are submitted."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Running, Unknown, outdated
from cloudcore.model.errors import BackendError, CloudcoreError, Contention, InvalidInputError, OutdatedError
from cloudcore.ports.effects import Performer

KEPT = 10_000
LONGEST_KEY = 512


def _ignore(_effect: Effect, _error: Exception) -> None:
    return None


@attrs.define(kw_only=True, eq=False)
class InlineEffects:
    """An effect port around a performer that is quick: `submit` performs in the calling thread.

    The journal is in memory. After a restart every key is `Unknown` and is submitted again, which is the same as once,
    because performers are idempotent. The last 10 000 outcomes are remembered at the least.

    on_defect: told of exceptions that are no CloudcoreError, for the log.
    """

    performer: Performer
    on_defect: Callable[[Effect, Exception], None] = _ignore
    _outcomes: dict[str, Outcome] = attrs.field(init=False, factory=dict[str, Outcome])
    _fences: dict[str, int] = attrs.field(init=False, factory=dict[str, int])

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`; additionally raises InvalidInputError for an empty or overlong key."""
        if not 0 < len(key) <= LONGEST_KEY:
            raise InvalidInputError(f"an effect's key has 1 to {LONGEST_KEY} characters", field="key")
        mine = Running()
        if self._outcomes.setdefault(key, mine) is not mine:
            return
        highest = self._fences.get(effect.resource, fence)
        self._remember_fence(effect.resource, max(fence, highest))
        if fence < highest:
            self._outcomes[key] = outdated(fence, highest)
            return
        try:
            self._outcomes[key] = self._perform(effect, fence)
        except BaseException:
            self._outcomes.pop(key, None)
            raise
        self._forget_old()

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        return self._outcomes.get(key, Unknown())

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`; always too late."""

    def _perform(self, effect: Effect, fence: int) -> Done | Failed:
        try:
            return Done(self.performer.perform(effect, fence, _no_progress, _never))
        except OutdatedError as error:
            return outdated(error.fence, error.newest)
        except (BackendError, Contention) as error:
            return Failed(str(error), transient=True)
        except CloudcoreError as error:
            return Failed(str(error))
        except Exception as error:  # noqa: BLE001 - a defect of the performer must not end the worker
            self.on_defect(effect, error)
            return Failed("internal error of the platform", transient=True)

    def _remember_fence(self, resource: str, fence: int) -> None:
        self._fences.pop(resource, None)
        self._fences[resource] = fence
        if len(self._fences) > 2 * KEPT:
            for old in list(self._fences)[:KEPT]:
                self._fences.pop(old, None)

    def _forget_old(self) -> None:
        if len(self._outcomes) > 2 * KEPT:
            for key in list(self._outcomes)[:KEPT]:
                if not isinstance(self._outcomes.get(key), Running):
                    self._outcomes.pop(key, None)


def _no_progress(_percent: float) -> None:
    return None


def _never() -> bool:
    return False
