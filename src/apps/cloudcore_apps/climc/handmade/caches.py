"""`storage-cache-cache-image` and its kin: images that storages have before a server needs them."""

from __future__ import annotations

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.runtime import runtime


def _command(name: str, plural: str, noun: str, action: str, doc: str) -> click.Command:
    def run(ident: str, image: str | None, named: str | None, **values: object) -> None:
        wanted = image or named
        if not wanted:
            raise click.UsageError("name the image")
        body = {"image": wanted, **{k: v for k, v in options.given(values).items() if v is not False}}
        runtime().show_one(runtime().session.perform(plural, ident, action, body))

    params: list[click.Parameter] = [
        click.Argument(["ident"], metavar="ID", shell_complete=options.names_of(noun)),
        click.Argument(["image"], required=False, metavar="IMAGE", shell_complete=options.names_of("image")),
        click.Option(["--image", "named"], help="The image, instead of the argument."),
        click.Option(
            ["--force", "is_force"], is_flag=True, help="Accepted for other clients' sake; it changes nothing."
        ),
    ]
    if action == "cache-image":
        formats = ["iso", "vmdk", "qcow2", "vhd", "tgz"]
        params.append(click.Option(["--format"], type=click.Choice(formats), help="The storage takes what it can use."))
    return click.Command(name, callback=run, params=params, help=doc)


_FETCH, _DROP = "Fetch an image before a server needs it.", "Remove an image that no disk is made from."
cache = _command("storage-cache-cache-image", "storagecaches", "storage-cache", "cache-image", _FETCH)
uncache = _command("storage-cache-uncache-image", "storagecaches", "storage-cache", "uncache-image", _DROP)
storage_cache = _command("storage-cache-image", "storages", "storage", "cache-image", _FETCH)
storage_uncache = _command("storage-uncache-image", "storages", "storage", "uncache-image", _DROP)
