"""What can be done to the devices and the size of a server."""

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
