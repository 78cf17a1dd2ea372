"""What a command would do: its first change is planned instead, and the plan is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cloudcore.ports.session import NO_PARAMS, Context, Download
from cloudcore_apps.climc.output import printable

if TYPE_CHECKING:
    from cloudcore.model.json import JsonMapping, JsonObject
    from cloudcore.model.listing import Listing
    from cloudcore.ports.session import Session
    from cloudcore_apps.climc.runtime import Runtime

MOST_VALUES = 12
"""Fields of a row that a line tells."""


class Planning:
    """A session that asks for a plan of the first change, tells it, and ends the command."""

    def __init__(self, inner: Session, runtime: Runtime) -> None:
        self._inner = inner
        self._runtime = runtime

    def list(self, plural: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> Listing:
        """See `Session.list`."""
        return self._inner.list(plural, params, context)

    def get(self, plural: str, ident: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> JsonObject:
        """See `Session.get`."""
        return self._inner.get(plural, ident, params, context)

    def create(
        self, plural: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """See `Session.create`."""
        self._tell(self._inner.create(plural, body, _planned(params), context))

    def create_many(
        self, plural: str, body: JsonMapping, count: int, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> Sequence[JsonObject]:
        """See `Session.create_many`."""
        self._tell(self._inner.create_many(plural, body, count, _planned(params), context)[0])

    def update(
        self, plural: str, ident: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """See `Session.update`."""
        self._tell(self._inner.update(plural, ident, body, _planned(params), context))

    def delete(
        self,
        plural: str,
        ident: str,
        params: JsonMapping = NO_PARAMS,
        body: JsonMapping = NO_PARAMS,
        context: Context = (),
    ) -> JsonObject:
        """See `Session.delete`."""
        self._tell(self._inner.delete(plural, ident, _planned(params), body, context))

    def perform(
        self, plural: str, ident: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """See `Session.perform`."""
        self._tell(self._inner.perform(plural, ident, action, body, _planned(params)))

    def perform_class(
        self, plural: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """See `Session.perform_class`."""
        self._tell(self._inner.perform_class(plural, action, body, _planned(params)))

    def detail(self, plural: str, ident: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.detail`."""
        return self._inner.detail(plural, ident, name, params)

    def property(self, plural: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.property`."""
        return self._inner.property(plural, name, params)

    def upload(self, ident: str | None, attributes: JsonMapping, chunks: Iterable[bytes]) -> JsonObject:
        """Never."""
        del ident, attributes, chunks
        raise click.UsageError("there are no plans of this command")

    def download(self, ident: str, params: JsonMapping = NO_PARAMS) -> Download:
        """See `Session.download`."""
        return self._inner.download(ident, params)

    def notifying(self, url: str, task_id: str = "") -> Session:
        """See `Session.notifying`."""
        return Planning(self._inner.notifying(url, task_id), self._runtime)

    def reserving(self, reservation: str) -> Session:
        """See `Session.reserving`."""
        return Planning(self._inner.reserving(reservation), self._runtime)

    def _tell(self, plan: Any) -> NoReturn:
        tell(self._runtime, plan)
        raise click.exceptions.Exit(0)


def tell(runtime: Runtime, plan: Mapping[str, Any]) -> None:
    """Show a plan: as a story, or with its structure where that is asked for."""
    if runtime.is_raw:
        runtime.show_one(plan)
        return
    for line in story(plan):
        click.echo(printable(line))


def story(plan: Mapping[str, Any]) -> Iterator[str]:
    """What a plan would do, in lines."""
    told = plan["summary"]
    yield f"plan {plan['id']} of {plan['name']}: {plan['state']}, good until {plan['expires_at']}"
    permission = told["permission"]
    if "policy" in permission:
        yield f"  allowed at {permission['scope']} scope by policy {permission['policy']}: {permission['rule']}"
    for change in told["changes"]:
        yield from _change(change)
    if not told["changes"]:
        yield "  changes nothing that you see"
    for quota in told["quota"]:
        owner = f"project {quota['project_id']}" if "project_id" in quota else f"domain {quota['domain_id']}"
        changes = ", ".join(f"{key} {delta:+d}" for key, delta in quota["changes"].items())
        yield f"  quota of {owner}: {changes}"
    for place in told["places"]:
        where = next(key for key in ("host", "storage") if key in place)
        yield f"  {place['resource']} {place['name'] or place['id']} on {where} {place[where]}"
    for task in told["tasks"]:
        steps = " → ".join(step["name"] + ("?" if step.get("conditional") else "") for step in task["steps"])
        usual = f"usually {task['estimated_s']} s, " if "estimated_s" in task else ""
        yield f"  task {task['flow']} of {task['resource']} {task['name']}: {steps} ({usual}at most {task['deadline_s']} s)"
        fixed = [step["name"] for step in task["steps"] if not step["can_undo"]]
        if task.get("no_return"):
            yield f"    taken back if it fails before {task['no_return']}; not from there on"
        elif len(fixed) < len(task["steps"]):
            yield "    taken back if it fails"
    if plan["state"] == "open":
        yield f"do it with: climc plan-apply {plan['id']}"


def _change(change: Mapping[str, Any]) -> Iterator[str]:
    what = f"{change['resource']} {change.get('name') or change['id']}"
    if change["action"] == "create":
        values = [f"{key}={value}" for key, value in change["values"].items() if key not in ("id", "name")]
        more = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
        yield f"  + {what}: {', '.join(values[:MOST_VALUES])}{more}"
    elif change["action"] == "delete":
        yield f"  - {what}"
    else:
        before, after = change["before"], change["after"]
        fields = dict.fromkeys((*before, *after))
        told = ", ".join(f"{key}: {before.get(key, 'none')} → {after.get(key, 'none')}" for key in fields)
        yield f"  ~ {what}: {told}" if told else f"  ~ {what}"


def _planned(params: JsonMapping) -> JsonMapping:
    return {**params, "plan": True}
