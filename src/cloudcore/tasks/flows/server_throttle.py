"""server-io-throttle and server-change-bandwidth: other bounds of disks and cards, at once for a guest that runs."""

from __future__ import annotations

from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flows.amending import amending

SERVER_IO_THROTTLE = amending(
    "server-io-throttle",
    action="io_throttle",
    through=ServerStatus.IO_THROTTLE,
    failed=ServerStatus.IO_THROTTLE_FAIL,
)
SERVER_CHANGE_BANDWIDTH = amending(
    "server-change-bandwidth",
    action="change_bandwidth",
    through=ServerStatus.SYNC_CONFIG,
    failed=ServerStatus.SYNC_FAIL,
)
