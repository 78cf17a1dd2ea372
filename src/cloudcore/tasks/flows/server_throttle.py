"""server-io-throttle and server-change-bandwidth: other bounds of disks and cards, at once for a guest that runs.

server-set-queues: more or fewer queues of a card, for a guest that runs at its next start.
"""

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
SERVER_SET_QUEUES = amending(
    "server-set-queues",
    action="set_num_queues",
    through=ServerStatus.SYNC_CONFIG,
    failed=ServerStatus.SYNC_FAIL,
)
