"""What can be done to the devices and the size of a server, and to all its disks at once."""

from __future__ import annotations

from cloudcore.model.resource import Action

DEVICE_ACTIONS = (
    Action(
        name="attachdisk",
        doc="Attach a disk.",
        transition="attachdisk",
        params=(
            ("disk_id", "Disk that no server uses"),
            ("driver", "Bus: virtio, scsi, sata, ide"),
            ("cache", "Cache: none, writeback, writethrough"),
            ("boot_index", "Boot position, from 0; -1: by index"),
        ),
    ),
    Action(
        name="detachdisk",
        doc="Detach a disk; one that goes with its server goes, unless it is kept.",
        transition="detachdisk",
        params=(("disk_id", "Disk"), ("keep_disk", "Keep a disk that goes with its server")),
    ),
    Action(
        name="createdisk",
        doc="Make disks and attach them.",
        transition="createdisk",
        params=(("disks", "Disks, as when a server is created"),),
    ),
    Action(
        name="resize-disk",
        doc="Make a disk of the server larger.",
        transition="resize-disk",
        params=(("disk_id", "Disk"), ("size", "New size such as 20g; a bare number is in MiB")),
    ),
)

SNAPSHOT_ACTIONS = (
    Action(
        name="instance-snapshot",
        doc="Keep all its disks as they are at one moment.",
        params=(("name", "Name of the snapshot"), ("with_memory", "Keep the memory as well")),
    ),
    Action(
        name="instance-snapshot-reset",
        doc="Make its disks what they were at an instance snapshot; it must be off.",
        params=(
            ("instance_snapshot", "Instance snapshot"),
            ("auto_start", "Start it afterwards"),
            ("with_memory", "Go back to the memory as well"),
        ),
    ),
)
