"""A cloud inside a program, ready to be used: its tasks are driven when the program says so.

    from cloudcore_apps.inprocess import simulated_cloud

    place = simulated_cloud()
    place.admin.create("servers", {...})
    place.settle()

Nothing here opens a socket or starts a thread. A program that wants threads gives `place.worker()` to
`cloudcore_apps.runner.Runner`.
"""

from __future__ import annotations

import time

from cloudcore.cloud import Cloud, CoreSession, Platform
from cloudcore.model.errors import BackendError, DeadlineError
from cloudcore.model.host import Facts
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.operations.hosts import register_host
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.notifier import Notifier
from cloudcore.tasks.flows.image_convert import WORKER
from cloudcore.tasks.flows.image_upload import STORE
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.notice import NOTIFIER, NoticePerformer
from cloudcore.tasks.task import OPEN, TASKS, Task
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost, default_facts
from cloudcore_apps.effects import EffectRouter

PAUSE_S = 0.01
SIMULATED_UUID = "51000000-0000-4000-8000-{:012x}"


class InProcess:
    """A cloud, its hosts, and whoever drives its tasks.

    cloud: for `cloud.session(caller)`, `cloud.login(…)`. admin: a session of the administrator.
    """

    def __init__(self, cloud: Cloud, admin: CoreSession, owner: str = "in-process") -> None:
        """owner: a name that no other process that drives the same cloud has."""
        self.cloud = cloud
        self.admin = admin
        self._owner = owner
        self._defects: list[tuple[Task, Exception]] = []
        self._held: dict[str, Task] = {}
        images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
        self._effects = EffectRouter(_no_url, cloud.user_data_of)
        for target in (STORE, WORKER):
            self._effects.add(target, images)

    def add_host(self, facts: Facts, effects: EffectPort) -> str:
        """Let a host take part; its id. effects: what performs its effects, such as an agent around your own performer."""
        host_id = register_host(self.cloud.platform, facts)
        self._effects.add(f"host:{host_id}", effects)
        return host_id

    def add_notifier(self, notifier: Notifier) -> None:
        """Tell callers of the ends of their tasks, where the platform's settings have `notify_networks`."""
        self._effects.add(NOTIFIER, InlineEffects(performer=NoticePerformer(notifier, self.cloud.notice_of)))

    def worker(self) -> Worker:
        """A driver of the cloud's tasks, for a loop or threads of the program's own."""
        return self.cloud.worker(self._effects, self._owner, lambda task, error: self._defects.append((task, error)))

    def settle(self, timeout_s: float = 60.0) -> None:
        """Drive every task to its end, and give the history its order.

        Raises:
            DeadlineError: some are still under way after the time; they go on with the next call.
            BackendError: a step of a flow is defective; the exception that it raised is the cause.
        """
        worker, deadline = self.worker(), time.monotonic() + timeout_s
        held = self._held  # kept for the next call: a task that nobody looks after waits for the end of its lease
        while held or self._open():
            for ident in worker.due():
                if (task := worker.run(ident)) is not None:
                    held[ident] = task
            for ident, task in list(held.items()):
                following = worker.turn(task)
                if following is None:
                    del held[ident]
                else:
                    held[ident] = following
            if time.monotonic() > deadline:
                raise DeadlineError(f"{self._open()} tasks are still under way after {timeout_s:g} s")
            if held or self._open():
                time.sleep(PAUSE_S)
        while self.cloud.number_history():
            continue
        if self._defects:
            task, error = self._defects.pop()
            raise BackendError(f"a defect in {task.flow}", internal=repr(error)) from error

    def _open(self) -> int:
        with self.cloud.platform.uow.read() as tx:
            return tx.of(TASKS, PLATFORM).count(one_of("state", OPEN))


def in_process(platform: Platform | None = None) -> InProcess:
    """A seeded cloud without hosts, in memory or on the ports that a platform holds (see `memory_platform`).

    Its administrator is logged in to the project `system`.
    """
    cloud, password = memory_cloud(platform)
    return InProcess(cloud, cloud.login("sysadmin", password, project="system"))


def simulated_cloud(
    hosts: int = 1, *, platform: Platform | None = None, delays: dict[str, float] | None = None
) -> InProcess:
    """The same with simulated hosts.

    delays: seconds that an effect takes, by its kind; 0 for those that are not named.
    """
    place = in_process(platform)
    deployment = place.cloud.platform.settings.deployment
    for number in range(1, hosts + 1):
        facts = default_facts(f"sim-{number}", SIMULATED_UUID.format(number))
        place.add_host(facts, SimulatedHost(SystemClock(), deployment=deployment, facts=facts, delays=delays))
    return place


def _no_url(image_id: str, image_format: str) -> str:
    """Hosts of this process fetch images from the cloud itself (`Cloud.open_image`)."""
    return f"cloud:{image_id}?format={image_format}"
