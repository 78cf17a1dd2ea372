"""Following what guests do behind our back, on hosts that tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import attrs

from cloudcore.model.host import Found
from cloudcore.operations.hosts import sync_power
from cloudcore.operations.platform import Platform
from cloudcore_apps.adoption import guest_states
from cloudcore_apps.hosts import LocalHost

POWER_S = 60.0
"""So often hosts are asked in which state their guests are, besides what they tell by themselves."""


def watch_power(platform: Platform, hosts: Mapping[str, LocalHost], stack: ExitStack) -> None:
    """Keep power states up to date until the stack is closed. hosts: by id."""
    for host_id, host in hosts.items():
        if host.watch is not None:
            stack.callback(host.watch(_PowerSync(platform, host_id)).close)


def follow_power(platform: Platform, host_id: str, inventory: Callable[[], Sequence[Found]]) -> None:
    """Ask a host what it has and bring its servers' power states up to date.

    What is pushed when it happens may be lost, or come while a task holds the server: so it is also asked for.
    """
    with platform.uow.read() as tx:
        seen_at = tx.now
    found = inventory()
    sync_power(platform, host_id, guest_states(platform.uow, host_id, found), seen_at=seen_at)


@attrs.frozen
class _PowerSync:
    """Takes what a host tells of its guests."""

    platform: Platform
    host_id: str

    def __call__(self, guest_id: str, state: str) -> None:
        sync_power(self.platform, self.host_id, {guest_id: state})
