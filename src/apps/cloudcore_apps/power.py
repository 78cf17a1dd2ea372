"""Following what guests do behind our back, on hosts that tell."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import attrs

from cloudcore.operations.hosts import sync_power
from cloudcore.operations.platform import Platform
from cloudcore_apps.hosts import LocalHost


def watch_power(platform: Platform, hosts: Mapping[str, LocalHost], stack: ExitStack) -> None:
    """Keep power states up to date until the stack is closed. hosts: by id."""
    for host_id, host in hosts.items():
        if host.watch is not None:
            stack.callback(host.watch(_PowerSync(platform, host_id)).close)


@attrs.frozen
class _PowerSync:
    """Takes what a host tells of its guests."""

    platform: Platform
    host_id: str

    def __call__(self, guest_id: str, state: str) -> None:
        sync_power(self.platform, self.host_id, {guest_id: state})
