"""`cloudcore keys`: list, rotate and prune the keys of a data folder, whether or not a cloud runs on it.

signing   tokens; a running cloud follows within a second
data      sealed values; the next start seals with the new one, older ones open what they sealed
master    wraps the data keys; changing it re-wraps them and touches no value
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import click

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.crypto.keyfiles import read_key_file, replace_key_file
from cloudcore_adapters.crypto.sealing import (
    KEY_BYTES,
    MasterKey,
    data_key_id_of,
    held,
    load_or_create_master_key,
    new_data_key,
    rewrapped,
)
from cloudcore_adapters.crypto.tokens import KeyRing, change_ring, read_ring, rotate_ring
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.options import data_option, folder_of

SIGNING, DATA, MASTER = "signing-keys", "data-key", "master-key"


@click.group()
def keys() -> None:
    """List, rotate and prune the keys of a data folder."""


@keys.command("list")
@data_option
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text", show_default=True)
def list_keys(data: Path | None, output: str) -> None:
    """Say which keys there are, and what each still does."""
    folder = _existing(data)
    rows = [*_signing_rows(folder), *_sealing_rows(folder)]
    if output == "json":
        click.echo(json.dumps(rows))
        return
    click.echo(f"{'KIND':<8} {'ID':<16} {'CREATED':<20} STATE")
    for row in rows:
        click.echo(f"{row['kind']:<8} {row['id']:<16} {row.get('created_at', ''):<20} {row['state']}")


@keys.command()
@data_option
@click.argument("kind", type=click.Choice(("signing", "data", "master")), default="signing")
def rotate(data: Path | None, kind: str) -> None:
    """Use a new key from now on. What older ones signed, sealed or wrapped stays good."""
    folder = _existing(data)
    with _alone(folder):
        click.echo(_ROTATE[kind](folder))


@keys.command()
@data_option
@click.option("--withdraw", metavar="ID", help="Also take away this signing key: every token that it signed is void.")
def prune(data: Path | None, withdraw: str | None) -> None:
    """Remove signing keys whose tokens have all expired."""
    folder = _existing(data)

    def change(ring: KeyRing) -> KeyRing:
        return (ring if withdraw is None else ring.without(withdraw)).pruned(datetime.now(UTC))

    with _alone(folder):
        before = read_ring(folder / SIGNING)
        after = change_ring(folder / SIGNING, change)
    kept = {key.key_id for key in after.keys}
    gone = [key.key_id for key in before.keys if key.key_id not in kept]
    click.echo(f"removed {len(gone)}: {', '.join(gone)}" if gone else "there is nothing to remove")


def _rotate_signing(folder: DataFolder) -> str:
    ring = rotate_ring(folder / SIGNING, datetime.now(UTC))
    replaced = ring.keys[1]
    return f"{ring.keys[0].key_id} signs; {replaced.key_id} verifies until {_shown(replaced.retires_at)}"


def _rotate_data(folder: DataFolder) -> str:
    master = load_or_create_master_key(folder / MASTER)
    wrapped = [new_data_key(master), *held(master, _wrapped(folder))]
    _write_wrapped(folder, wrapped)
    return f"{data_key_id_of(wrapped[0])} seals from the next start; {len(wrapped) - 1} older open what they sealed"


def _rotate_master(folder: DataFolder) -> str:
    """Both wrappings lie there while the master key is changed: ended anywhere, a start finds what opens."""
    old = load_or_create_master_key(folder / MASTER)
    before = held(old, _wrapped(folder))
    new = MasterKey(os.urandom(KEY_BYTES))
    after = rewrapped(old, new, before)
    _write_wrapped(folder, [*after, *before])
    replace_key_file(folder / MASTER, base64.b64encode(new.key) + b"\n")
    _write_wrapped(folder, after)
    return f"{new.key_id} wraps {len(after)} data keys; keep a copy of {folder / MASTER} apart from the database's"


_ROTATE: Mapping[str, Callable[[DataFolder], str]] = MappingProxyType(
    {"signing": _rotate_signing, "data": _rotate_data, "master": _rotate_master}
)


def _existing(data: Path | None) -> DataFolder:
    folder = folder_of(data)
    if not (folder / SIGNING).exists() or not (folder / DATA).exists():
        raise ResourceNotFoundError(f"there are no keys in {folder.path} yet; `cloudcore up` makes them")
    return folder


@contextmanager
def _alone(folder: DataFolder) -> Iterator[None]:
    """One process at a time changes keys; the lock of a running cloud is another one."""
    with os.fdopen(os.open(folder / "keys.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wrapped(folder: DataFolder) -> list[str]:
    return read_key_file(folder / DATA).decode("ascii", "replace").split()


def _write_wrapped(folder: DataFolder, wrapped: list[str]) -> None:
    replace_key_file(folder / DATA, "".join(f"{line}\n" for line in wrapped).encode("ascii"))


def _signing_rows(folder: DataFolder) -> list[JsonObject]:
    now, ring = datetime.now(UTC), read_ring(folder / SIGNING)
    rows: list[JsonObject] = []
    for key in ring.keys:
        ended = key.retires_at is not None and key.retires_at <= now
        later = f"{'ended' if ended else 'verifies until'} {_shown(key.retires_at)}"
        state = "signs" if key is ring.keys[0] else later
        rows.append({"kind": "signing", "id": key.key_id, "created_at": _shown(key.created_at), "state": state})
    return rows


def _sealing_rows(folder: DataFolder) -> list[JsonObject]:
    master = load_or_create_master_key(folder / MASTER)
    rows: list[JsonObject] = [{"kind": "master", "id": master.key_id, "state": "wraps"}]
    for place, wrapped in enumerate(held(master, _wrapped(folder))):
        rows.append({"kind": "data", "id": data_key_id_of(wrapped), "state": "opens" if place else "seals"})
    return rows


def _shown(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
