"""What `cloudcore up` does again and again, beside driving tasks."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping

from cloudcore.cloud import Cloud
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.lease import RENEW_S
from cloudcore.operations.decisions import prune
from cloudcore.operations.draining import drain
from cloudcore.operations.evacuation import evacuate
from cloudcore.operations.host_leases import HostWatch
from cloudcore.operations.quota_watch import watch_limits
from cloudcore.operations.reservations import end_overdue
from cloudcore.operations.terms import follow_terms
from cloudcore.ports.effects import EffectPort
from cloudcore.tasks.task import Task
from cloudcore_apps.hosts import LocalHost
from cloudcore_apps.leases import host_clock, keep_lease
from cloudcore_apps.measuring import Measures
from cloudcore_apps.power import POWER_S, follow_power
from cloudcore_apps.runner import HISTORY, NUMBER_EVERY_S, Chore, Runner

POLICIES_S = 60.0
TERMS_S = 60.0
RESERVATIONS_S = 15.0
ALERTS_S = 60.0
EMPTY_BIN_S = 600.0
DECISIONS_S = 120.0
SIMULATION_S = 0.02

_log = logging.getLogger("cloudcore")


def open_runner(
    cloud: Cloud,
    effects: EffectPort,
    owner: str,
    hosts: Mapping[str, LocalHost],
    measures: Measures,
    *,
    everywhere: Collection[str],
) -> Runner:
    """The runner of a process that is the agent of these hosts, by id; it is not started yet.

    everywhere: the targets of effects that every process of the deployment reaches.
    """
    near = {f"host:{host_id}" for host_id in hosts}
    worker = cloud.worker(effects, owner, _defect_of_task, measures.task, near=near, everywhere=everywhere)

    watch = HostWatch(cloud.platform)

    def beat() -> None:
        for host_id, host in hosts.items():
            keep_lease(cloud.platform, host_id, host.agent, host_clock)
        for host_id in watch.look(time.monotonic()):
            _log.warning("host %s is down: it has not renewed its lease", host_id)
        evacuate(cloud.platform)
        drain(cloud.platform)

    def look() -> None:
        for host_id, host in hosts.items():
            follow_power(cloud.platform, host_id, host.inventory)

    chores = [Chore(HISTORY, cloud.number_history, NUMBER_EVERY_S), Chore("host leases", beat, RENEW_S)]
    chores.append(Chore("power states", look, POWER_S))
    chores.append(Chore("snapshot policies", lambda: cloud.follow_snapshot_policies(_not_followed), POLICIES_S))
    chores.append(Chore("terms", lambda: follow_terms(cloud.platform, _not_followed_term), TERMS_S))
    chores.append(Chore("old decisions", lambda: prune(cloud.platform), DECISIONS_S))
    chores.append(Chore("quota reservations", lambda: end_overdue(cloud.platform, _not_ended), RESERVATIONS_S))
    chores.append(Chore("quota alerts", lambda: watch_limits(cloud.platform, _not_watched), ALERTS_S))
    if cloud.platform.settings.recycle_s:
        every_s = min(EMPTY_BIN_S, cloud.platform.settings.recycle_s)
        chores.append(Chore("recycle bin", lambda: cloud.empty_bin(_not_emptied), every_s))
    ticks = [host.tick for host in hosts.values() if host.tick is not None]
    if ticks:
        chores.append(Chore("simulation", lambda: [tick() for tick in ticks], SIMULATION_S))
    return Runner(worker, chores)


def _not_followed(ident: str, error: CloudcoreError) -> None:
    _log.warning("the snapshot policy of %s waits: %s", ident, error)


def _not_followed_term(ident: str, error: CloudcoreError) -> None:
    _log.warning("the term of server %s waits: %s", ident, error)


def _not_ended(ident: str, error: CloudcoreError) -> None:
    _log.warning("the quota reservation %s stays: %s", ident, error)


def _not_watched(ident: str, error: CloudcoreError) -> None:
    _log.warning("the quota alerts of %s are looked at later: %s", ident, error)


def _not_emptied(ident: str, error: CloudcoreError) -> None:
    _log.warning("%s stays in the recycle bin: %s", ident, error)


def _defect_of_task(task: Task, error: Exception) -> None:
    _log.error("a defect in %s (task %s)", task.flow, task.id, exc_info=error)
