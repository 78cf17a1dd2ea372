"""The same done to several resources: each gets its result, and the first failure gives the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import JsonObject
from cloudcore_apps.climc.exits import exit_of, hint_of, message_of
from cloudcore_apps.climc.runtime import Runtime

Work = Callable[[str], Any]


def over(
    runtime: Runtime,
    idents: Sequence[str],
    do: Work,
    columns: Sequence[str],
    *,
    whole: bool = False,
    then: Callable[[Any], Any] | None = None,
) -> None:
    """Do it to each in turn and show what came of it.

    A single one is shown as it is, and its failure is raised. Of several, tables have a row for each that was done, and
    failures are told on standard error; JSON and YAML have `{id, status, body | error}` for each, in the order asked for.

    whole: a single result is shown with all of its fields, not as a row.
    then: waits for what was begun, by the result; all are begun before the first is waited for.
    """
    if len(idents) == 1:
        result = do(idents[0])
        _show(runtime, then(result) if then else result, columns, whole=whole)
        return
    if runtime.only_plans:
        raise click.UsageError("a plan is of one change: name one")
    results: dict[str, Any] = {ident: _tried(do, ident) for ident in dict.fromkeys(idents)}
    if then is not None:
        results = {i: r if isinstance(r, CloudcoreError) else _tried(then, r) for i, r in results.items()}
    failures = {ident: result for ident, result in results.items() if isinstance(result, CloudcoreError)}
    for ident, error in failures.items():
        runtime.failed = runtime.failed or int(exit_of(error))
        runtime.note(f"error: {ident}: {message_of(error)}")
    if runtime.is_raw:
        runtime.show_list([_line(ident, result) for ident, result in results.items()], columns)
    else:
        done = {ident: result for ident, result in results.items() if ident not in failures}
        runtime.show_list(
            [r if isinstance(r, dict) else {"id": ident, "result": r} for ident, r in done.items()], columns
        )
    for hint in dict.fromkeys(hint_of(error) for error in failures.values()):
        if hint:
            runtime.note(f"hint: {hint}")


def _tried(work: Callable[[Any], Any], what: Any) -> Any:
    try:
        return work(what)
    except CloudcoreError as error:
        return error


def _show(runtime: Runtime, result: Any, columns: Sequence[str], *, whole: bool) -> None:
    if whole or runtime.is_raw or not isinstance(result, dict) or "id" not in result:
        runtime.show_one(result)
    else:
        runtime.show_list([result], columns)


def _line(ident: str, result: Any) -> JsonObject:
    if isinstance(result, CloudcoreError):
        told: JsonObject = {"class": result.code, "details": message_of(result)}
        if result.field:
            told["field"] = result.field
        return {"id": ident, "status": _status(result), "error": told}
    known = str(result["id"]) if isinstance(result, dict) and result.get("id") else ident
    return {"id": known, "status": 200, "body": result}


def _status(error: CloudcoreError) -> int:
    """The HTTP status that stands for an error."""
    from cloudcore_adapters.client.failures import BY_STATUS

    exact = [status for status, kind in BY_STATUS.items() if type(error) is kind]
    return next(iter(exact), next((s for s, kind in BY_STATUS.items() if isinstance(error, kind)), 500))
