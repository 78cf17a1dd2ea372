"""A call that changes something, as a value: what a plan is made of, and what is done when it is applied."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import attrs

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_flag
from cloudcore.ports.session import NO_PARAMS, Context, Session

PARAMETER = "plan"
"""The parameter of every changing call that asks for a plan of it."""

LONGEST = 262_144
"""Characters of a call that can be planned."""


class Kind(StrEnum):
    """The calls of a session that change something."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    PERFORM = "perform"
    PERFORM_CLASS = "perform_class"


@attrs.frozen(kw_only=True)
class Call:
    """One call of a session that changes something."""

    verb: Kind
    plural: str
    ident: str = ""
    action: str = ""
    count: int = 1
    body: JsonMapping = NO_PARAMS
    params: JsonMapping = NO_PARAMS
    context: Context = ()

    @property
    def title(self) -> str:
        """What people call it, such as `servers web1 stop`."""
        name = self.body.get("name") or self.body.get("generate_name")
        named = self.ident or (name if isinstance(name, str) else "")
        words = (self.plural, named[:64], self.action[:32] or self.verb)
        return " ".join(word for word in words if word)[:128]

    def run(self, session: Session) -> Any:
        """Do it; what the session answers."""
        if self.verb is Kind.CREATE:
            made = session.create_many(self.plural, self.body, self.count, self.params, self.context)
            return made[0] if self.count == 1 else list(made)
        if self.verb is Kind.UPDATE:
            return session.update(self.plural, self.ident, self.body, self.params, self.context)
        if self.verb is Kind.DELETE:
            return session.delete(self.plural, self.ident, self.params, self.body, self.context)
        if self.verb is Kind.PERFORM:
            return session.perform(self.plural, self.ident, self.action, self.body, self.params)
        return session.perform_class(self.plural, self.action, self.body, self.params)

    def text(self) -> str:
        """The call as JSON.

        Raises:
            InvalidInputError: it is too long to be kept.
        """
        text = json.dumps(attrs.asdict(self), default=dict)
        if len(text) > LONGEST:
            raise InvalidInputError("this call is too long for a plan", field=PARAMETER)
        return text


def read_call(text: str) -> Call:
    """The call that `Call.text` wrote."""
    values: JsonObject = json.loads(text)
    values["verb"] = Kind(values["verb"])
    values["context"] = tuple((plural, ident) for plural, ident in values["context"])
    return Call(**values)


def wants_plan(params: JsonMapping) -> bool:
    """Whether the parameters of a call ask for a plan of it.

    Raises:
        InvalidInputError: `plan` is no truth value.
    """
    return PARAMETER in params and read_flag(params, PARAMETER)


def without(params: JsonMapping, *names: str) -> JsonMapping:
    """Parameters less some."""
    return {name: value for name, value in params.items() if name not in names}
