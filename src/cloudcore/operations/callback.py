"""A part of a task that is done elsewhere says that it is over."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_str
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.tasks.task import Task

_WORDS = ("ok", "success", "error")


def call_back(platform: Platform, _tx: Transaction, _caller: Caller, task: Task, body: JsonMapping) -> JsonObject:
    """Let the task look at once at what it waits for.

    What the message claims decides nothing: the outcome is asked of whoever performs the part, so that a message that is
    forged, late or told twice does no harm. body: `__status__` (OK, success or error) and `__reason__`.

    Raises:
        InvalidInputError: the status is none of these.
    """
    status = read_str(body.get("__status__") or "OK", "__status__", 32)
    if status.lower() not in _WORDS:
        raise InvalidInputError(f"__status__ must be one of {', '.join(_WORDS)}", field="__status__")
    read_str(body.get("__reason__") or "", "__reason__", 65_536, allow_newlines=True)
    if task.is_open:
        platform.wake(task.id)
    return {"result": "ok"}
