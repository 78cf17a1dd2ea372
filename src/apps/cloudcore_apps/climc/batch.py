"""The same done to several resources: each gets its result, and the first failure gives the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.climc.exits import exit_of, hint_of, message_of
from cloudcore_apps.climc.runtime import Runtime


def over(
    runtime: Runtime, idents: Sequence[str], do: Callable[[str], Any], columns: Sequence[str], *, whole: bool = False
) -> None:
    """Do it to each in turn and show what came of it.

    whole: a single result is shown with all of its fields, not as a row.
    """
    if len(idents) == 1:
        result = do(idents[0])
        if whole or not isinstance(result, dict) or "id" not in result:
            runtime.show_one(result)
        else:
            runtime.show_one(result) if runtime.is_raw else runtime.show_list([result], columns)
        return
    done: list[dict[str, Any]] = []
    hints: list[str] = []
    for ident in idents:
        try:
            result = do(ident)
        except CloudcoreError as error:
            runtime.failed = runtime.failed or int(exit_of(error))
            runtime.note(f"error: {ident}: {message_of(error)}")
            hints.append(hint_of(error))
        else:
            done.append(result if isinstance(result, dict) else {"id": ident, "result": result})
    runtime.show_list(done, columns)
    for hint in dict.fromkeys(h for h in hints if h):
        runtime.note(f"hint: {hint}")
