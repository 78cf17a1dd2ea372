"""What is made of a server or a disk: images, clones and snapshots of all disks, with names by position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from cloudcore_apps.climc.acting import acting, named

_NAME = click.Argument(["name"], metavar="NAME")
_IMAGES = ("images", "image_id")
_GUESTS = ("servers", "guests")
_START = click.Option(["--auto-start"], is_flag=True, help="Start it, too.")


def _image_options() -> list[click.Parameter]:
    return [
        _NAME,
        click.Option(["--format", "format_"], type=click.Choice(["qcow2"]), help="Format of the image."),
        click.Option(["--notes"], help="Free text."),
        click.Option(["--is-public"], is_flag=True, help="Share it with everybody."),
    ]


def _image_body(told: dict[str, Any]) -> dict[str, Any]:
    public = {"is_public": True} if told["is_public"] else {}
    return {"name": told["name"], "format": told["format_"], "notes": told["notes"], **public}


def _clone_options(more: Sequence[click.Parameter] = ()) -> list[click.Parameter]:
    return [_NAME, _START, click.Option(["--prefer-host", "prefer_host_id"], help="Host for it."), *more]


def _clone_body(told: dict[str, Any]) -> dict[str, Any]:
    count = {"count": told["count"]} if told.get("count") else {}
    return {
        "name": told["name"],
        "auto_start": told["auto_start"],
        "prefer_host_id": told["prefer_host_id"],
        "instance_snapshot_id": told.get("instance_snapshot"),
        **count,
    }


save_image = acting(
    "server-save-image",
    "servers",
    "save-image",
    [named("server"), *_image_options()],
    "Save the system disk of a server, which may run, as an image.\n\n  climc server-save-image web golden --wait",
    _image_body,
    begun=_IMAGES,
)

save_guest_image = acting(
    "server-save-guest-image",
    "servers",
    "save-guest-image",
    [named("server"), click.Argument(["name"]), click.Option(["--notes"], help="Free text.")],
    "Save all disks of a server, which may run, as a guest image.\n\n  climc server-save-guest-image web whole --wait",
    lambda told: {"name": told["name"], "notes": told["notes"]},
    begun=("guestimages", "guest_image_id"),
)

save_disk = acting(
    "disk-save",
    "disks",
    "save",
    [named("disk"), *_image_options()],
    "Save a disk as an image; its server may run.\n\n  climc disk-save data archive --wait",
    _image_body,
    begun=_IMAGES,
)

clone = acting(
    "server-clone",
    "servers",
    "clone",
    [named("server"), *_clone_options()],
    "Make a server like another, with new disks of the same images.\n\n  climc server-clone web web2 --auto-start --wait",
    _clone_body,
    begun=_GUESTS,
)

snapshot_and_clone = acting(
    "server-snapshot-and-clone",
    "servers",
    "snapshot-and-clone",
    [
        named("server"),
        *_clone_options(
            [
                click.Option(["--count"], type=click.IntRange(1), help="How many; their names are numbered."),
                click.Option(["--instance-snapshot"], help="As it was then; without one, as it is now."),
            ]
        ),
    ],
    "Make servers with the disks of another as they are.\n\n  climc server-snapshot-and-clone web web2 --auto-start --wait",
    _clone_body,
    begun=_GUESTS,
)

instance_snapshot = acting(
    "instance-snapshot-create",
    "servers",
    "instance-snapshot",
    [named("server"), _NAME, click.Option(["--expired-at"], help="When it is removed by itself.")],
    "Keep all disks of a server as they are at one moment.\n\n  climc instance-snapshot-create web before --wait",
    lambda told: {"name": told["name"], "expired_at": told["expired_at"]},
    begun=("instance_snapshots", "instance_snapshot_id"),
)

instance_snapshot_reset = acting(
    "instance-snapshot-reset",
    "servers",
    "instance-snapshot-reset",
    [named("server"), click.Option(["--instance-snapshot"], required=True, help="Which one."), _START],
    "Make the disks of a server, which is off, what they were.\n\n"
    "  climc instance-snapshot-reset web --instance-snapshot before --wait",
    lambda told: {"instance_snapshot": told["instance_snapshot"], "auto_start": told["auto_start"]},
)

disk_reset = acting(
    "disk-reset",
    "disks",
    "disk-reset",
    [named("disk"), named("snapshot", "snapshot_id"), _START],
    "Make a disk, whose server is off, what it was at a snapshot.\n\n  climc disk-reset data before --wait",
    lambda told: {"snapshot_id": told["snapshot_id"], "auto_start": told["auto_start"]},
)
