"""`image-upload` and `image-download`."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.progress import Line, wait
from cloudcore_apps.climc.runtime import runtime

BLOCK = 1024 * 1024
PROPERTIES = {
    "os_type": "--os-type",
    "os_distribution": "--os-dist",
    "os_version": "--os-version",
    "os_codename": "--os-codename",
    "os_language": "--os-lang",
    "hypervisor": "--hypervisor",
    "disk_driver": "--disk-driver",
    "net_driver": "--net-driver",
    "vdi_protocol": "--vdi-protocol",
}


DESCRIBING: tuple[Any, ...] = (
    click.option("--format", "disk_format", help="raw, qcow2, iso, vmdk, vhd …; the cloud looks for itself as well."),
    click.option("--protected/--unprotected", default=None, help="Refuse deletion."),
    click.option("--standard/--nonstandard", "is_standard", default=None, help="An official image."),
    click.option("--public", "is_public", is_flag=True, default=None, help="Share it with everyone."),
    click.option("--min-disk", type=click.IntRange(0), help="Smallest disk, in MiB."),
    click.option("--min-ram", type=click.IntRange(0), help="Least memory, in MiB."),
    click.option("--os-arch", help="Architecture."),
    click.option("--os-type"),
    click.option("--os-dist", "os_distribution"),
    click.option("--os-version"),
    click.option("--os-codename"),
    click.option("--os-lang", "os_language"),
    click.option("--hypervisor"),
    click.option("--disk-driver"),
    click.option("--net-driver"),
    click.option("--vdi-protocol"),
    click.option("--property", "property_", multiple=True, metavar="KEY=VALUE", help="Further property."),
    click.option("--notes", "description", help="Free text."),
)


def _described(command: Any) -> Any:
    """The options that say what an image is, in the order of the help."""
    for option in reversed(DESCRIBING):
        command = option(command)
    return command


def _chunks(file: BinaryIO, size: int, line: Line, what: str) -> Iterator[bytes]:
    done = 0
    while done < size:
        chunk = file.read(min(BLOCK, size - done))
        if not chunk:
            raise click.ClickException(f"{what} became shorter while it was read")
        done += len(chunk)
        line.bar(what, done, size)
        yield chunk


def _attributes(values: dict[str, Any]) -> dict[str, Any]:
    found = {k: v for k, v in values.items() if v is not None and k not in PROPERTIES and v != ()}
    properties = {k: values[k] for k in PROPERTIES if values.get(k)}
    properties |= options.pairs(found.pop("property_", ()), "--property")
    return {**found, "properties": properties} if properties else found


@click.command("image-upload", help="Upload an image from FILE and call it NAME.")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_described
@click.option("--wait", "wait_", is_flag=True, help="Wait until it can be used.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 86_400), default=600.0, show_default=True)
def upload(file: Path, wait_: bool, timeout_s: float, **values: Any) -> None:
    """Upload an image."""
    run = runtime()
    with file.open("rb") as source, Line() as line:
        size = os.fstat(source.fileno()).st_size
        if size == 0:
            raise click.BadParameter(f"{file} is empty", param_hint="FILE")
        told = {**_attributes(values), "size": size}
        made = run.session.upload(None, told, _chunks(source, size, line, str(values["name"])))
    if wait_:
        made = wait(run, "images", made, timeout_s) or made
    run.show_one(made)


@click.command("image-import", help="Have the cloud fetch an image from URL and call it NAME.")
@click.argument("name")
@click.argument("url")
@_described
@click.option("--checksum", help="MD5 or SHA-256, in hex, that the bytes must have.")
@click.option("--wait", "wait_", is_flag=True, help="Wait until it can be used.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 86_400), default=3600.0, show_default=True)
def import_(url: str, wait_: bool, timeout_s: float, **values: Any) -> None:
    """Fetch an image."""
    run = runtime()
    made = run.session.create("images", {**_attributes(values), "copy_from": url})
    if wait_:
        made = wait(run, "images", made, timeout_s) or made
    run.show_one(made)


@click.command("image-download", help="Write the bytes of an image into a file.")
@click.argument("image", shell_complete=options.names_of("image"))
@click.option("--format", "format_", help="A stored conversion, such as qcow2.")
@click.option("--output-file", "--output", "target", help="File to make; - is standard output.  [default: NAME.FORMAT]")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def download(image: str, format_: str | None, target: str | None, force: bool) -> None:
    """Download an image."""
    run = runtime()
    params = {"format": format_} if format_ else {}
    about = run.session.get("images", image, params)
    data = run.session.download(image, params)
    if target == "-":
        for chunk in _ranges(data, Line()):
            sys.stdout.buffer.write(chunk)
        return
    path = Path(target) if target else Path(_file_name(data.name or image, str(about.get("disk_format") or "img")))
    if path.exists() and not force:
        raise click.ClickException(f"{path} is there already; --force replaces it")
    _save(path, data)
    run.show_one({"image": about.get("id") or image, "file": str(path), "size": data.size, "checksum": data.checksum})


def _save(path: Path, data: Any) -> None:
    part = path.with_name(f"{path.name}.part")
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with part.open("wb") as file, Line() as line:
            for chunk in _ranges(data, line):
                digest.update(chunk)
                file.write(chunk)
        if data.checksum and digest.hexdigest() != data.checksum:
            raise click.ClickException(f"the bytes do not have the image's checksum {data.checksum}")
        part.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _ranges(data: Any, line: Line) -> Iterator[bytes]:
    done = 0
    while done < data.size:
        chunk = data.read(done, 8 * BLOCK)
        if not chunk:
            raise click.ClickException(f"the image ends after {done} of {data.size} bytes")
        done += len(chunk)
        line.bar(data.name, done, data.size)
        yield chunk


def _file_name(name: str, kind: str) -> str:
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".") or "image"
    return f"{safe[:120]}.{kind}" if not safe.endswith(f".{kind}") else safe[:120]


def _show(idents: tuple[str, ...], **values: Any) -> None:
    from cloudcore_apps.climc.batch import over
    from cloudcore_apps.climc.runtime import columns_of

    session = runtime().session
    params = {k: v for k, v in values.items() if v}
    over(runtime(), idents, lambda ident: session.get("images", ident, params), columns_of("images"), whole=True)


show = click.Command(
    "image-show",
    callback=_show,
    params=[
        options.idents("image"),
        click.Option(["--format"], help="With status, size and checksums of this form: qcow2, raw, vmdk, vhd, vhdx."),
        click.Option(["--torrent"], is_flag=True, help="Of its torrent, which this cloud does not offer."),
    ],
    help="Show images with all of their fields.",
)
