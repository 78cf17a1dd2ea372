"""`wait`: until a resource is as it should be."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore_apps.climc import options
from cloudcore_apps.climc.output import cell, dig
from cloudcore_apps.climc.runtime import Runtime, runtime

GONE = "deleted"
LOOK_AGAIN_S = 2.0
"""Some fields, such as progress, change without leaving a trace in the history."""


def _nouns(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from cloudcore_apps.climc.index import load_index

    return sorted({t["noun"] for t in load_index()["types"].values() if t["noun"].startswith(incomplete)})


def _idents(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    return options.names_of(str(ctx.params.get("noun") or ""))(ctx, param, incomplete)


def _run(noun: str, ident: str, conditions: tuple[str, ...], timeout_s: float) -> None:
    from cloudcore_apps.climc.completion import plural_of
    from cloudcore_apps.climc.index import load_index

    run = runtime()
    plural = noun if noun in load_index()["types"] else plural_of(noun)
    if not plural:
        raise click.BadParameter(f"there is no {noun!r}", param_hint="NOUN")
    wanted = parsed(conditions)
    result = until(run, plural, ident, wanted, timeout_s)
    if result is not None:
        run.show_one(result)


def parsed(conditions: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Field → values of which one is enough; `deleted` alone is a field without values.

    Raises:
        click.BadParameter: one is neither.
    """
    if GONE in conditions:
        if len(conditions) > 1:
            raise click.BadParameter("deleted stands alone", param_hint="--for")
        return {GONE: ()}
    found: dict[str, list[str]] = {}
    for text in conditions:
        field, sign, value = text.partition("=")
        if not sign or not field:
            raise click.BadParameter(f"{text!r} is neither FIELD=VALUE nor deleted", param_hint="--for")
        found.setdefault(field, []).append(value)
    return found


def until(
    run: Runtime, plural: str, ident: str, wanted: Mapping[str, Sequence[str]], timeout_s: float
) -> dict[str, Any] | None:
    """The resource once it is as wanted; None once it is gone, where that was wanted.

    Raises:
        ResourceNotFoundError: there is none, or it went meanwhile.
        WaitTimeoutError: it is something else after the time.
    """
    from cloudcore_adapters.client.failures import WaitTimeoutError
    from cloudcore_adapters.client.feed import follow, position
    from cloudcore_apps.climc.progress import Line

    session = run.session
    after, ends = position(session), time.monotonic() + timeout_s
    resource = _look(run, plural, ident, wanted)
    with Line() as line:
        while not _holds(resource, wanted):
            told = ", ".join(f"{field} {cell(dig(resource or {}, field))}" for field in wanted)
            left = ends - time.monotonic()
            if left <= 0:
                raise WaitTimeoutError(f"{ident} is still there" if GONE in wanted else f"{ident} still has {told}")
            line.say(f"{ident}: {told} {timeout_s - left:.0f} s")
            known = str((resource or {}).get("id") or ident)
            for page in follow(session, after, {"obj_id": [known]}, timeout_s=min(left, LOOK_AGAIN_S)):
                after = page.next_marker
                if page.items:
                    break
            # By its id: its name may meanwhile be another's.
            resource = _look(run, plural, known, wanted)
    return resource


def _look(run: Runtime, plural: str, ident: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    try:
        return run.session.get(plural, ident)
    except ResourceNotFoundError:
        if GONE in wanted:
            return None
        raise


def _holds(resource: Mapping[str, Any] | None, wanted: Mapping[str, Sequence[str]]) -> bool:
    if resource is None or GONE in wanted:
        return resource is None
    return all(_text(dig(resource, field)) in values for field, values in wanted.items())


def _text(value: Any) -> str:
    return "" if value is None or value == "" else cell(value)


wait = click.Command(
    "wait",
    callback=_run,
    params=[
        click.Argument(["noun"], shell_complete=_nouns),
        click.Argument(["ident"], metavar="ID", shell_complete=_idents),
        click.Option(
            ["--for", "conditions"],
            multiple=True,
            required=True,
            metavar="FIELD=VALUE",
            help="What must hold; values of one field are alternatives, fields must all hold. Or: deleted.",
        ),
        click.Option(
            ["--timeout", "timeout_s"],
            type=click.FloatRange(0, 86_400),
            default=60.0,
            show_default=True,
            help="Seconds to wait; after that the exit code is 6.",
        ),
    ],
    help="Wait until a resource is as it should be, and show it.\n\n"
    "  climc wait server web --for status=running --timeout 60",
)
