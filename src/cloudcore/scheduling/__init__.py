"""The scheduler: a pure function of an inventory and a request.

    HostRow StorageRow NetworkRow            Request (count, vcpus, memory, disks, nets, preferences)
             │                                   │
             ▼ Inventory.build                   │
         Inventory (columns) ────────┬───────────┘
                                     ▼
       filters/   keep the hosts that can take one; bound how many each can take     one function a file
                                     ▼
       weighers/  0..1 times weight, summed; ties by a hash of the request's seed        one function a file
                                     ▼
       assign     round and round, best host first, one server a host; claims of disks and ports as it goes
                                     ▼
         Decision   placements · alternatives · refusal (why not, per filter) · explain()
                                     ▼
       forecast     the shapes of the wire's scheduler API
       relaxation   the smallest changes of a refused request that would make it fit

`columns` holds the array types and `tables` the columns themselves, which `filling` makes of rows; `disks` packs disks onto
storages, `nics` matches cards to networks, `devices` finds what a server has for itself, `allowance` says what limits leave, `nodes` parts it among NUMA nodes, `raid` lays out drives,
`verdict` says what a filter is.

`plan_batch` (`batch`, with `desk` and `trials`) places requests of different shapes together, so that few empty hosts are opened.

`Lifetimes` learns of lives that are known how long servers stay, so that those that pack are laid beside others that leave when they do.

A `Pool` gives the same answers for a stream of requests: it keeps its columns (`standing`) up to date in place, knows what
has happened to them (`changes`), and judges again only what has changed since the last request of the same shape. Nothing here reads a clock, a database or a random number; numpy is imported in this package only.
"""

from __future__ import annotations

from cloudcore.scheduling.batch import Batch, plan_batch, stranded
from cloudcore.scheduling.decision import Decision, Placement, Refusal
from cloudcore.scheduling.horizon import HORIZON
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.lifetimes import Life, Lifetimes
from cloudcore.scheduling.nodes import NodeChoice
from cloudcore.scheduling.pipeline import schedule
from cloudcore.scheduling.pool import Answer, Pool
from cloudcore.scheduling.raid import Drive, RaidConfig
from cloudcore.scheduling.relaxation import Occupant, Relaxation, relaxations
from cloudcore.scheduling.request import (
    Allowance,
    DeviceRequest,
    DiskRequest,
    Live,
    Mark,
    NicRequest,
    Request,
    Room,
)
from cloudcore.scheduling.rows import DeviceRow, HostRow, Kept, NetworkRow, NodeRow, StorageRow

__all__ = [
    "HORIZON",
    "Allowance",
    "Answer",
    "Batch",
    "Decision",
    "DeviceRequest",
    "DeviceRow",
    "DiskRequest",
    "Drive",
    "HostRow",
    "Inventory",
    "Kept",
    "Life",
    "Lifetimes",
    "Live",
    "Mark",
    "NetworkRow",
    "NicRequest",
    "NodeChoice",
    "NodeRow",
    "Occupant",
    "Placement",
    "Pool",
    "RaidConfig",
    "Refusal",
    "Relaxation",
    "Request",
    "Room",
    "StorageRow",
    "plan_batch",
    "relaxations",
    "schedule",
    "stranded",
]
