"""What can be done to the devices and the size of a server, and to all its disks at once."""

from __future__ import annotations

from datetime import datetime

from cloudcore.model.param import ANY, param, required
from cloudcore.model.resource import Action
from cloudcore.model.units import Unit
from cloudcore.resources.actions import IMAGE_PARAMS, POLICY_ACTIONS

_CARD = (
    param("ip_addr", "Address of the card", width=64),
    param("mac", "Its hardware address", width=17),
    param("index", "Its position, from 0", int, maximum=9999),
)
_DISK = param("disk_id", "Disk", refers="disks", alias=("disk",), required=True)
_NAME = param("name", "Name of the new server; of several a pattern", width=128, required=True, example="web-2")
_START = param("auto_start", "Start it afterwards", bool)
_RESTART = param("restart", "The same as auto_start; one that runs goes on meanwhile", bool)
_DISKS = param("disks", "Disks, as when a server is created", ANY, alias=("disk",), example=["10g"])
_DRIVE = param("cdrom_ordinal", "Which drive; there is 0", int, minimum=0, maximum=255)
_DEVICES = param("device", "Devices", list, of=str, refers="isolated_devices", alias=("devices",))
_BOUNDS = "a number for all disks, or an object by disk, or texts DISK=NUMBER; 0: no bound"
_SNAPSHOT = "Instance snapshot"
_STORAGE = param(
    "target_storage_id", "Storage of its host", refers="storages", alias=("target_storage",), required=True
)

DEVICE_ACTIONS = (
    Action(
        name="attachdisk",
        doc="Attach a disk.",
        transition="attachdisk",
        params=(
            _DISK,
            param("driver", "Bus: virtio, scsi, sata, ide", width=16),
            param("cache", "Cache: none, writeback, writethrough", width=16),
            param("boot_index", "Boot position, from 0; -1: by index", int, minimum=-1, maximum=9999),
        ),
    ),
    Action(
        name="detachdisk",
        doc="Detach a disk; one that goes with its server goes, unless it is kept.",
        transition="detachdisk",
        params=(_DISK, param("keep_disk", "Keep a disk that goes with its server", bool)),
    ),
    Action(
        name="createdisk",
        doc="Make disks and attach them.",
        transition="createdisk",
        params=(required(_DISKS),),
    ),
    Action(
        name="resize-disk",
        doc="Make a disk of the server larger.",
        transition="resize-disk",
        params=(_DISK, param("size", "New size", width=64, unit=Unit.MIB, required=True, example="20g")),
    ),
    Action(
        name="change-disk-storage",
        doc="Move a disk of it, which has no snapshots, to another storage of its host; it may run.",
        transition="change-disk-storage",
        params=(_DISK, _STORAGE),
    ),
    Action(
        name="change-storage",
        doc="Move all its disks, which have no snapshots, to another storage of its host; it may run.",
        transition="change-disk-storage",
        params=(_STORAGE,),
    ),
    Action(
        name="attachnetwork",
        doc="Plug network cards in.",
        transition="attachnetwork",
        params=(
            param(
                "nets",
                "Networks, as when a server is created",
                ANY,
                alias=("net_desc", "net"),
                required=True,
                example=[{"network": "default"}],
            ),
        ),
    ),
    Action(
        name="detachnetwork",
        doc="Take a network card out and give its address back.",
        transition="detachnetwork",
        params=(
            *_CARD,
            param("net_id", "Its network", refers="networks"),
            param("reserve", "Keep the address from being given out", bool),
        ),
    ),
    Action(
        name="change-ipaddr",
        doc="Give a network card another address.",
        transition="change-ipaddr",
        params=(
            *_CARD,
            param(
                "net_desc",
                "Network and address, as when a server is created",
                ANY,
                alias=("nets",),
                example={"network": "default"},
            ),
            param("reserve", "Keep the old address from being given out", bool),
        ),
    ),
    Action(
        name="change-bandwidth",
        doc="Bound the bandwidth of a network card, in Mbps; at once, unless the server is suspended or in trouble.",
        params=(
            *_CARD,
            param("bandwidth", "Both ways; 0: no bound", unit=Unit.MBPS, alias=("bw_limit",)),
            param("rx_bw_limit", "Inwards; 0: no bound", unit=Unit.MBPS),
            param("tx_bw_limit", "Outwards; 0: no bound", unit=Unit.MBPS),
        ),
    ),
    Action(
        name="set-network-num-queues",
        doc="Give a virtio network card so many queues; a server that runs takes them up at its next start.",
        transition="set-network-num-queues",
        params=(
            param("mac_addr", "Hardware address of the card; one that has but one card needs none", width=17),
            param("num_queues", "Queues", int, minimum=1, maximum=256, required=True),
        ),
    ),
    Action(
        name="insertiso",
        doc="Put an ISO image into its CD drive, instead of what may be in it; it may run.",
        transition="insertiso",
        params=(
            param("image_id", "ISO image", refers="images", alias=("image",), required=True),
            _DRIVE,
            param("boot_index", "Boot position, from 0; -1: by boot_order", int, minimum=-1, maximum=127),
        ),
    ),
    Action(name="ejectiso", doc="Empty its CD drive; it may run.", transition="ejectiso", params=(_DRIVE,)),
    Action(
        name="attach-isolated-device",
        doc="Give it devices of its host; while it runs those that can be plugged.",
        transition="set-isolated-device",
        params=(required(_DEVICES),),
    ),
    Action(
        name="detach-isolated-device",
        doc="Take devices from it.",
        transition="set-isolated-device",
        params=(_DEVICES, param("detach_all", "All that it has", bool)),
    ),
    Action(
        name="set-isolated-device",
        doc="Give it devices of its host, and take others from it.",
        transition="set-isolated-device",
        params=(
            param("add_devices", "Devices to give it", list, of=str, refers="isolated_devices"),
            param("del_devices", "Devices to take from it", list, of=str, refers="isolated_devices"),
        ),
    ),
    Action(
        name="io-throttle",
        doc="Bound what its disks may carry, at once if it runs.",
        transition="io-throttle",
        params=(
            param("bps", f"Bytes per second: {_BOUNDS}", ANY, example=104_857_600),
            param("iops", f"Operations per second: {_BOUNDS}", ANY, example={"0": 1000}),
        ),
    ),
)

SNAPSHOT_ACTIONS = (
    *POLICY_ACTIONS,
    Action(
        name="clone",
        doc="Make a server like it, with new disks of the same images.",
        params=(_NAME, _START),
    ),
    Action(
        name="snapshot-and-clone",
        doc="Make servers with its disks as they are now, or as they were at an instance snapshot.",
        params=(
            _NAME,
            param("count", "How many", int, minimum=0, maximum=50),
            param(
                "instance_snapshot_id",
                f"{_SNAPSHOT}; without one, a new one is made",
                refers="instance_snapshots",
                alias=("instance_snapshot",),
            ),
            _START,
            param("prefer_host_id", "Host for them", refers="hosts", alias=("prefer_host",)),
        ),
    ),
    Action(
        name="save-image",
        doc="Save its system disk as an image; it may run.",
        params=(*IMAGE_PARAMS, _START, _RESTART),
    ),
    Action(
        name="save-guest-image",
        doc="Save all its disks, as they are at one moment, as a guest image; it may run.",
        params=(
            param("name", "Name of the guest image", width=128),
            param("generate_name", "Pattern of its name", width=128),
            param("notes", "Free text", width=1024, alias=("description",)),
            _START,
            _RESTART,
        ),
    ),
    Action(
        name="instance-snapshot",
        doc="Keep all its disks as they are at one moment.",
        params=(
            param("name", "Name of the snapshot", width=128),
            param("generate_name", "Name that is numbered if it is taken", width=128),
            param("with_memory", "Keep the memory as well", bool),
            param("expired_at", "When it is removed by itself", datetime),
        ),
    ),
    Action(
        name="instance-snapshot-reset",
        doc="Make its disks what they were at an instance snapshot; it must be off.",
        transition="instance-snapshot-reset",
        params=(
            param(
                "instance_snapshot",
                _SNAPSHOT,
                refers="instance_snapshots",
                alias=("instance_snapshot_id",),
                required=True,
            ),
            _START,
            param("with_memory", "Go back to the memory as well", bool),
        ),
    ),
    Action(
        name="change-config",
        doc="Change processors, memory and disks; a server that runs can only grow, unless it may be stopped.",
        transition="change-config",
        params=(
            param("instance_type", "Size by name, from the catalogue", width=64, alias=("sku", "flavor")),
            param("vcpu_count", "Virtual CPUs; 0: as before", int, minimum=0, maximum=4096, alias=("ncpu_count",)),
            param("vmem_size", "Memory", width=64, unit=Unit.MIB, example="2g"),
            param("disks", "Disks by position: larger ones grow, further ones are made", ANY, alias=("disk",)),
            param("force_stop", "Stop it meanwhile if it runs", bool),
            _START,
        ),
    ),
)
