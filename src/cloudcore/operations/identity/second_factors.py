"""Second factors as the facade offers them: of whoever a session is of."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.operations.identity.second_factor import (
    FactorState,
    begin_factor,
    questions_of,
    reset_factor,
    set_questions,
    state_of,
)
from cloudcore.operations.platform import Platform


@attrs.frozen
class SecondFactors:
    """The second factor of the caller of each session. Errors as of the functions of the same names."""

    _platform: Platform

    def state(self, session: Any) -> FactorState:
        """How the caller stands to his second factor."""
        return state_of(self._platform, session.caller)

    def begin(self, session: Any) -> JsonObject:
        """Make one: `secret` and `uri`, told once; see `begin_factor`."""
        return begin_factor(self._platform, session.caller)

    def reset(self, session: Any, answers: Any) -> JsonObject:
        """Make another one for whoever answers his questions; see `reset_factor`."""
        return reset_factor(self._platform, session.caller, answers)

    def questions(self, session: Any) -> list[str]:
        """The caller's questions; see `questions_of`."""
        return questions_of(self._platform, session.caller)

    def set_questions(self, session: Any, questions: Any) -> None:
        """Keep questions and answers; see `set_questions`."""
        set_questions(self._platform, session.caller, questions)
