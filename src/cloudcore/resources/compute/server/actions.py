"""What can be done to the devices and the size of a server, and to all its disks at once."""

from __future__ import annotations

from cloudcore.model.resource import Action
from cloudcore.resources.actions import POLICY_ACTIONS

_CARD = (("ip_addr", "Address of the card"), ("mac", "Its hardware address"), ("index", "Its position, from 0"))

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
    Action(
        name="attachnetwork",
        doc="Plug network cards in.",
        transition="attachnetwork",
        params=(("nets", "Networks, as when a server is created"),),
    ),
    Action(
        name="detachnetwork",
        doc="Take a network card out and give its address back.",
        transition="detachnetwork",
        params=(*_CARD, ("net_id", "Its network"), ("reserve", "Keep the address from being given out")),
    ),
    Action(
        name="change-ipaddr",
        doc="Give a network card another address.",
        transition="change-ipaddr",
        params=(
            *_CARD,
            ("net_desc", "Network and address, as when a server is created"),
            ("reserve", "Keep the old address from being given out"),
        ),
    ),
    Action(
        name="change-bandwidth",
        doc="Record how much bandwidth a network card may have, in Mbps; hosts do not limit it yet.",
        params=(
            *_CARD,
            ("bandwidth", "Both ways; 0: no bound"),
            ("rx_bw_limit", "Inwards; 0: no bound"),
            ("tx_bw_limit", "Outwards; 0: no bound"),
        ),
    ),
)

SNAPSHOT_ACTIONS = (
    *POLICY_ACTIONS,
    Action(
        name="clone",
        doc="Make a server like it, with new disks of the same images.",
        params=(("name", "Name of the new server"), ("auto_start", "Start it")),
    ),
    Action(
        name="snapshot-and-clone",
        doc="Make servers with its disks as they are now, or as they were at an instance snapshot.",
        params=(
            ("name", "Name of the new server; of several a pattern"),
            ("count", "How many"),
            ("instance_snapshot_id", "Instance snapshot; without one, a new one is made"),
            ("auto_start", "Start them"),
            ("prefer_host_id", "Host for them"),
        ),
    ),
    Action(
        name="save-image",
        doc="Save its system disk as an image; it may run.",
        params=(
            ("name", "Name of the image"),
            ("generate_name", "Name that is numbered if it is taken"),
            ("notes", "Free text"),
            ("format", "Format of the image: qcow2"),
            ("is_public", "Share it with everybody"),
        ),
    ),
    Action(
        name="instance-snapshot",
        doc="Keep all its disks as they are at one moment.",
        params=(("name", "Name of the snapshot"), ("with_memory", "Keep the memory as well")),
    ),
    Action(
        name="instance-snapshot-reset",
        doc="Make its disks what they were at an instance snapshot; it must be off.",
        transition="instance-snapshot-reset",
        params=(
            ("instance_snapshot", "Instance snapshot"),
            ("auto_start", "Start it afterwards"),
            ("with_memory", "Go back to the memory as well"),
        ),
    ),
    Action(
        name="change-config",
        doc="Change processors, memory and disks; a server that runs can only grow, unless it may be stopped.",
        transition="change-config",
        params=(
            ("instance_type", "Size by name, from the catalogue"),
            ("vcpu_count", "Virtual CPUs"),
            ("vmem_size", "Memory such as 2g; a bare number is in MiB"),
            ("disks", "Disks by position: larger ones grow, further ones are made"),
            ("force_stop", "Stop it meanwhile if it runs"),
            ("auto_start", "Start it afterwards"),
        ),
    ),
)
