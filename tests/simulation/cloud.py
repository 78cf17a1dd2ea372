"""The simulated cloud, for tests that need a whole one."""

from __future__ import annotations

from cloudcore.tasks.worker import Worker
from cloudcore_apps.simulate.cloud import (
    CALLER,
    DEPLOYMENT,
    IMAGE_BYTES,
    IMAGE_URL,
    PROJECT,
    RESOURCES,
    Cloud,
    server_body,
)

__all__ = ["CALLER", "DEPLOYMENT", "IMAGE_BYTES", "IMAGE_URL", "PROJECT", "RESOURCES", "Cloud", "server_body", "settle"]


def settle(cloud: Cloud, worker: Worker, seconds: int = 60) -> None:
    """Let a cloud whose hosts hold leases live until no task is open, with one worker; fails when one still is at the end."""
    for _ in range(seconds):
        cloud.clock.advance(1)
        for machine in cloud.machines.values():
            machine.tick()
        for ident in cloud.machines:
            cloud.keep_lease(ident)
        cloud.turn(worker)
        if not cloud.open_tasks():
            return
    raise AssertionError(cloud.open_tasks())
