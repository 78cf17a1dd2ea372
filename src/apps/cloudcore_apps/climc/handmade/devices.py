"""What is done to the disks, cards and size of servers, with arguments by position: `server-attach-disk` and its like."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cloudcore_apps.climc.acting import acting, named


def _text(name: str, doc: str, choices: Sequence[str] = ()) -> click.Option:
    return click.Option([name], help=doc, type=click.Choice(list(choices)) if choices else None)


attach_disk = acting(
    "server-attach-disk",
    "servers",
    "attachdisk",
    [
        named("server"),
        named("disk", "disk"),
        _text("--driver", "Bus.", ("virtio", "scsi", "sata", "ide")),
        _text("--cache", "Cache.", ("none", "writeback", "writethrough")),
        click.Option(["--boot-index"], type=click.IntRange(-1, 127), help="Boot position; -1: by its place."),
    ],
    "Attach a disk that no server uses.\n\n  climc server-attach-disk web data --wait",
    lambda told: {
        "disk_id": told["disk"],
        "driver": told["driver"],
        "cache": told["cache"],
        "boot_index": told["boot_index"],
    },
)

detach_disk = acting(
    "server-detach-disk",
    "servers",
    "detachdisk",
    [
        named("server"),
        named("disk", "disk"),
        click.Option(["--delete-disk"], is_flag=True, help="Delete it afterwards, if it goes with its server."),
    ],
    "Detach a disk from a server.\n\n  climc server-detach-disk web data --wait",
    lambda told: {"disk_id": told["disk"], "keep_disk": not told["delete_disk"]},
)

create_disk = acting(
    "server-create-disk",
    "servers",
    "createdisk",
    [named("server"), click.Argument(["disks"], nargs=-1, required=True, metavar="DISK...")],
    "Make disks and attach them, each described as for server-create.\n\n  climc server-create-disk web 10g 20g:scsi --wait",
    lambda told: {"disks": list(told["disks"])},
)

insert_iso = acting(
    "server-insert-iso",
    "servers",
    "insertiso",
    [
        named("server"),
        named("image", "image"),
        click.Option(["--boot-index"], type=click.IntRange(-1, 127), help="Boot position; -1: by the order of boot."),
    ],
    "Put an ISO image into the CD drive of a server, which may run. `server-ejectiso` takes it out.\n\n"
    "  climc server-insert-iso web rescue --wait",
    lambda told: {"image_id": told["image"], "boot_index": told["boot_index"]},
)

attach_device = acting(
    "server-attach-isolated-device",
    "servers",
    "attach-isolated-device",
    [named("server"), click.Argument(["devices"], nargs=-1, required=True, metavar="DEVICE...")],
    "Give a server devices of its host; while it runs those that can be plugged.\n\n"
    "  climc server-attach-isolated-device web gpu-0 --wait",
    lambda told: {"device": list(told["devices"])},
)

detach_device = acting(
    "server-detach-isolated-device",
    "servers",
    "detach-isolated-device",
    [
        named("server"),
        click.Argument(["devices"], nargs=-1, metavar="[DEVICE]..."),
        click.Option(["--all", "detach_all"], is_flag=True, help="All that it has."),
    ],
    "Take devices from a server.\n\n  climc server-detach-isolated-device web --all --wait",
    lambda told: {"device": list(told["devices"]) or None, "detach_all": told["detach_all"] or None},
)

_SIZE = click.Argument(["size"], metavar="SIZE")

resize_disk = acting(
    "server-resize-disk",
    "servers",
    "resize-disk",
    [named("server"), named("disk", "disk"), _SIZE],
    "Make a disk of a server larger; the server may run.\n\n  climc server-resize-disk web data 20g --wait",
    lambda told: {"disk_id": told["disk"], "size": told["size"]},
)

_STORAGE = click.Argument(["storage"], metavar="STORAGE")

change_disk_storage = acting(
    "server-change-disk-storage",
    "servers",
    "change-disk-storage",
    [named("server"), named("disk", "disk"), _STORAGE],
    "Move a disk of a server to another storage of its host; the server may run.\n\n"
    "  climc server-change-disk-storage web data shared --wait",
    lambda told: {"disk_id": told["disk"], "target_storage_id": told["storage"]},
)

change_storage = acting(
    "server-change-storage",
    "servers",
    "change-storage",
    [named("server"), _STORAGE],
    "Move all disks of a server to another storage of its host; the server may run.\n\n"
    "  climc server-change-storage web shared --wait",
    lambda told: {"target_storage_id": told["storage"]},
)

resize_own_disk = acting(
    "disk-resize",
    "disks",
    "resize",
    [named("disk"), _SIZE],
    "Make a disk larger; its server may run.\n\n  climc disk-resize data 20g --wait",
    lambda told: {"size": told["size"]},
)

_CARD = click.Argument(["card"], metavar="MACORIP")
_RESERVE = click.Option(["--reserve"], is_flag=True, help="Keep its address from being given out.")


def card_of(text: str) -> dict[str, str]:
    """A card by its hardware address, which has colons, or by its address."""
    return {"mac": text} if ":" in text else {"ip_addr": text}


attach_network = acting(
    "server-attach-network",
    "servers",
    "attachnetwork",
    [named("server"), click.Argument(["nets"], nargs=-1, required=True, metavar="NETDESC...")],
    "Plug network cards in, each described as for server-create.\n\n  climc server-attach-network web default --wait",
    lambda told: {"nets": list(told["nets"])},
)

detach_network = acting(
    "server-detach-network",
    "servers",
    "detachnetwork",
    [named("server"), _CARD, _RESERVE],
    "Take a network card out.\n\n  climc server-detach-network web 10.0.0.7 --wait",
    lambda told: {**card_of(told["card"]), "reserve": told["reserve"] or None},
)

change_address = acting(
    "server-change-ipaddr",
    "servers",
    "change-ipaddr",
    [named("server"), _CARD, click.Argument(["net_desc"], metavar="NETDESC"), _RESERVE],
    "Give a network card another address; the guest asks for it when its lease ends, within two minutes.\n\n"
    "  climc server-change-ipaddr web 10.0.0.7 default:10.0.0.8 --wait",
    lambda told: {**card_of(told["card"]), "net_desc": told["net_desc"], "reserve": told["reserve"] or None},
)

change_bandwidth = acting(
    "server-change-bandwidth",
    "servers",
    "change-bandwidth",
    [
        named("server"),
        _CARD,
        click.Argument(["bandwidth"], metavar="BW"),
        click.Option(["--rx"], help="Inwards, instead."),
        click.Option(["--tx"], help="Outwards, instead."),
    ],
    "Bound the bandwidth of a network card, in Mbps; a server that runs takes it up at once.",
    lambda told: {
        **card_of(told["card"]),
        "bandwidth": told["bandwidth"],
        "rx_bw_limit": told["rx"],
        "tx_bw_limit": told["tx"],
    },
)

change_config = acting(
    "server-change-config",
    "servers",
    "change-config",
    [
        named("server"),
        click.Option(["--ncpu", "vcpu_count"], type=click.IntRange(1), help="Virtual CPUs."),
        click.Option(["--vmem", "--mem-spec", "vmem_size"], help="Memory: 512M, 2G; a bare number is MiB."),
        click.Option(["--instance-type"], help="Size by name."),
        click.Option(["--disk", "disks"], multiple=True, help="SIZE of each disk by position; further ones are made."),
        click.Option(["--force-stop"], is_flag=True, help="Stop it meanwhile if it runs."),
        click.Option(["--auto-start"], is_flag=True, help="Start it afterwards."),
    ],
    "Change processors, memory and disks. A server that runs can only grow, unless it may be stopped.\n\n"
    "  climc server-change-config --ncpu 2 --vmem 1g --force-stop --auto-start web --wait",
    lambda told: {**told, "force_stop": told["force_stop"] or None, "auto_start": told["auto_start"] or None},
)
