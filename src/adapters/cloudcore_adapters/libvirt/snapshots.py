"""Snapshots inside qcow2 volumes: by qemu-img while nobody uses the volume, by QEMU's monitor while a guest does.

Nothing moves in the volume's chain of files, and one snapshot's end does not touch another. Of a running guest all volumes
are taken in one transaction of QEMU: each is held still from its own moment until the last is taken, so that no write is in
one of them whose cause is missing in another. Where the guest's agent answers, its file systems are frozen meanwhile.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.errors import (
    BackendError,
    ConflictError,
    InvalidInputError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments
from cloudcore_adapters.libvirt.connection import Domain, translated
from cloudcore_adapters.libvirt.power import OFF, power_state
from cloudcore_adapters.libvirt.processes import run
from cloudcore_adapters.libvirt.qcow2 import image_of, snapshot_name
from cloudcore_adapters.libvirt.volumes import MAX_SIZE_MIB, Volumes

MAX_VOLUMES = 64
_TIMEOUT_S = 240
_PING_S, _FREEZE_S = 2, 10
_MIB = 1 << 20
_log = logging.getLogger(__name__)


@attrs.frozen
class Item:
    """One snapshot of one volume."""

    name: str
    volume_id: str
    path: Path

    @property
    def image(self) -> str:
        """The volume as QEMU's tools take it: with its format, so that none is guessed."""
        return image_of(self.path)


class Snapshots:
    """The snapshots of one host's volumes."""

    def __init__(self, volumes: Volumes, find: Callable[[str], Domain | None], domain_type: Callable[[], str]) -> None:
        """find: the domain of a guest. domain_type: libvirt's; `test` has no QEMU behind it."""
        self._volumes = volumes
        self._find = find
        self._domain_type = domain_type

    def create(self, args: JsonMapping) -> JsonObject:
        """Perform `snapshot-create`; what is there already is left as it is."""
        items = self._items(args)
        for item in items:
            if not item.path.exists():
                raise ResourceNotFoundError(f"volume {item.volume_id} is not on this storage", field="volumes")
        domain = self._live(args)
        held = _held(domain, items)
        if all(item.name in held[item.path] for item in items):
            return {}
        # A part of them is of an earlier moment.
        self._remove(domain, items, held)
        if domain is None:
            for item in items:
                run(["qemu-img", "snapshot", "-q", "-c", item.name, item.image], timeout_s=_TIMEOUT_S)
            return {}
        nodes = _nodes(domain)
        actions = [
            {"type": "blockdev-snapshot-internal-sync", "data": {"device": _node(nodes, item), "name": item.name}}
            for item in items
        ]
        with _frozen(domain):
            _monitor(domain, "transaction", {"actions": actions})
        return {}

    def delete(self, args: JsonMapping) -> JsonObject:
        """Perform `snapshot-delete`; what is not there is fine."""
        items = [item for item in self._items(args) if item.path.exists()]
        domain = self._live(args)
        self._remove(domain, items, _held(domain, items))
        return {}

    def revert(self, args: JsonMapping) -> JsonObject:
        """Perform `volume-revert`; the volume keeps at least its size of today."""
        (item,) = self._items({"volumes": [args]})
        size_mib = arguments.number(args, "size_mib", 1, MAX_SIZE_MIB)
        if not item.path.exists():
            raise ResourceNotFoundError(f"volume {item.volume_id} is not on this storage", field="volume_id")
        if self._live(args) is not None:
            raise ConflictError("a guest uses the volume: stop it first", field="guest_id")
        if item.name not in _held(None, [item])[item.path]:
            raise ResourceNotFoundError("the volume has no such snapshot", field="snapshot_id")
        run(["qemu-img", "snapshot", "-q", "-a", item.name, item.image], timeout_s=_TIMEOUT_S)
        if int(_info(item.image)["virtual-size"]) < size_mib * _MIB:
            run(["qemu-img", "resize", "-q", item.image, f"{size_mib}M"], timeout_s=_TIMEOUT_S)
        return {}

    def _items(self, args: JsonMapping) -> list[Item]:
        sent = args.get("volumes")
        if not isinstance(sent, list | tuple) or not 0 < len(sent) <= MAX_VOLUMES:
            raise InvalidInputError(f"volumes must be a list of 1 to {MAX_VOLUMES}", field="volumes")
        return [self._item(entry) for entry in sent]

    def _item(self, sent: Any) -> Item:
        if not isinstance(sent, Mapping):
            raise InvalidInputError("volumes must be a list of objects", field="volumes")
        if arguments.one_of(sent, "format", ("qcow2", "raw")) != "qcow2":
            raise NotSupportedError("only qcow2 volumes hold snapshots", field="format")
        name = snapshot_name(arguments.ident(sent, "snapshot_id"))
        return Item(name, arguments.ident(sent, "volume_id"), self._volumes.file_of(sent))

    def _live(self, args: JsonMapping) -> Domain | None:
        """The guest's domain, if QEMU has its volumes open."""
        if args.get("guest_id") is None:
            return None
        domain = self._find(arguments.ident(args, "guest_id"))
        if domain is None or self._domain_type() == "test":
            return None
        return domain if power_state(domain) != OFF else None

    @staticmethod
    def _remove(domain: Domain | None, items: Sequence[Item], held: Mapping[Path, set[str]]) -> None:
        nodes = _nodes(domain) if domain is not None else {}
        for item in items:
            if item.name not in held[item.path]:
                continue
            if domain is None:
                run(["qemu-img", "snapshot", "-q", "-d", item.name, item.image], timeout_s=_TIMEOUT_S)
            else:
                args = {"device": _node(nodes, item), "name": item.name}
                _monitor(domain, "blockdev-snapshot-delete-internal-sync", args)


def _held(domain: Domain | None, items: Sequence[Item]) -> dict[Path, set[str]]:
    """The names of the snapshots in each volume."""
    if domain is None:
        return {item.path: {s["name"] for s in _info(item.image).get("snapshots", [])} for item in items}
    nodes = _nodes(domain)
    return {item.path: _entry(nodes, item)[1] for item in items}


def _info(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(["qemu-img", "info", "--output=json", image], timeout_s=_TIMEOUT_S))
    return found


def _nodes(domain: Domain) -> dict[str, tuple[str, set[str]]]:
    """By the path of each volume that the guest has: the name of QEMU's node, and the snapshots in it."""
    with translated("reading the guest"):
        tree = ET.fromstring(domain.XMLDesc())  # noqa: S314 - libvirt wrote it
    paths: dict[str, str] = {}
    for disk in tree.iterfind("devices/disk"):
        source, alias = disk.find("source"), disk.find("alias")
        if source is not None and alias is not None:
            paths[alias.get("name", "")] = source.get("file", "")
    found: dict[str, tuple[str, set[str]]] = {}
    for device in _monitor(domain, "query-block", {}):
        inserted = device.get("inserted") or {}
        for part in str(device.get("qdev", "")).split("/"):
            if part in paths and inserted:
                names = {s["name"] for s in inserted["image"].get("snapshots", [])}
                found[paths[part]] = (str(inserted["node-name"]), names)
    return found


def _entry(nodes: Mapping[str, tuple[str, set[str]]], item: Item) -> tuple[str, set[str]]:
    entry = nodes.get(str(item.path))
    if entry is None:
        raise ConflictError(f"the guest that should use volume {item.volume_id} does not", field="guest_id")
    return entry


def _node(nodes: Mapping[str, tuple[str, set[str]]], item: Item) -> str:
    return _entry(nodes, item)[0]


def _monitor(domain: Domain, command: str, args: JsonMapping) -> Any:
    import libvirt_qemu

    with translated("asking QEMU"):
        said = libvirt_qemu.qemuMonitorCommand(domain, json.dumps({"execute": command, "arguments": args}), 0)
    answer = json.loads(said)
    if "return" not in answer:
        raise BackendError("QEMU could not do it", internal=f"{command}: {said[:2000]}")
    return answer["return"]


@contextmanager
def _frozen(domain: Domain) -> Iterator[None]:
    """Hold the guest's file systems still, if its agent answers; without, the snapshot is as after a power cut."""
    answers = _agent(domain, "guest-ping", _PING_S)
    if answers and not _agent(domain, "guest-fsfreeze-freeze", _FREEZE_S):
        _log.info("the guest's agent answers, but its file systems are not frozen")
    try:
        yield
    finally:
        # Also after a freeze that was not answered in time: it may come yet.
        if answers and not _agent(domain, "guest-fsfreeze-thaw", _FREEZE_S):
            _log.warning("the guest's agent did not say that its file systems go on")


def _agent(domain: Domain, command: str, timeout_s: int) -> bool:
    import libvirt
    import libvirt_qemu

    try:
        libvirt_qemu.qemuAgentCommand(domain, json.dumps({"execute": command}), timeout_s, 0)
    except libvirt.libvirtError as e:
        _log.debug("the guest's agent and %s: %s", command, e)
        return False
    return True
