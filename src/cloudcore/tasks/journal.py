"""Journals of earlier releases: which flow they belong to now, and at which step they go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from cloudcore.model.entity import evolve
from cloudcore.model.errors import NotSupportedError
from cloudcore.model.query import Compare, Expr, Op, both, either, one_of
from cloudcore.tasks.flow import Flow
from cloudcore.tasks.task import JOURNAL_FORMAT, Task


def flow_of(flows: Mapping[str, Flow], name: str) -> Flow | None:
    """The flow that has, or had, this name."""
    return flows.get(name) or next((flow for flow in flows.values() if name in flow.aliases), None)


def resumed(flows: Mapping[str, Flow], task: Task) -> tuple[Flow, Task]:
    """A task's flow, and the task as that flow's present version counts its steps.

    Raises:
        NotSupportedError: this release knows no such flow, or not this version of it: a later one may.
    """
    flow = flow_of(flows, task.flow)
    if flow is None:
        raise NotSupportedError(f"this release knows no flow {task.flow}", field="flow")
    if task.format > JOURNAL_FORMAT:
        raise NotSupportedError(f"this release reads no journals of format {task.format}", field="format")
    if (flow.name, flow.version) == (task.flow, task.flow_version):
        if task.cursor > len(flow.steps):
            raise NotSupportedError(f"flow {task.flow} has no step {task.cursor}", field="cursor")
        return flow, task
    return flow, _translated(flow, task)


def is_known(flows: Mapping[str, Flow], task: Task) -> bool:
    """Whether this release can go on with a task."""
    try:
        resumed(flows, task)
    except NotSupportedError:
        return False
    return True


def known_journals(flows: Mapping[str, Flow]) -> Expr:
    """Which tasks are of flows that this release knows, and of no later version of them."""
    names = defaultdict[int, set[str]](set)
    for name, flow in flows.items():
        names[flow.version].update((name, *flow.aliases))
    versions = [
        both(one_of("flow", sorted(names[version])), Compare("flow_version", Op.LE, version))
        for version in sorted(names)
    ]
    return both(Compare("format", Op.LE, JOURNAL_FORMAT), either(*versions))


def steps_of(flow: Flow, version: int) -> tuple[str, ...] | None:
    """The names of the steps of a version, in order; None for a version that the flow does not know."""
    return tuple(step.name for step in flow.steps) if version == flow.version else flow.former.get(version)


def _translated(flow: Flow, task: Task) -> Task:
    names = steps_of(flow, task.flow_version)
    if names is None:
        raise NotSupportedError(f"this release knows no version {task.flow_version} of flow {flow.name}", field="flow")
    places = {step.name: place for place, step in enumerate(flow.steps)}
    cursor = task.cursor
    if cursor >= 0:
        today = [flow.renamed.get(name, name) for name in names]
        cursor = places[today[cursor]] if cursor < len(names) else len(flow.steps)
    results = {flow.renamed.get(name, name): value for name, value in task.results.items()}
    return evolve(task, flow=flow.name, flow_version=flow.version, cursor=cursor, results=results)
