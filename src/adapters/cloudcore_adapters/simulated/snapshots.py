"""How a simulated host keeps volumes as they were: `data` stands for a volume's bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import ConflictError, InvalidInputError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.simulated import arguments

if TYPE_CHECKING:
    from cloudcore_adapters.simulated.machine import SimulatedMachine, Volume

MAX_VOLUMES = 64


@attrs.frozen
class Snapshots:
    """The effects about snapshots, on one machine."""

    machine: SimulatedMachine

    def kinds(self) -> Mapping[str, Callable[[Effect, int], JsonObject]]:
        """The performers by kind of effect."""
        return {
            "snapshot-create": self._create,
            "snapshot-delete": self._delete,
            "volume-revert": self._revert,
            "volume-save": self._save,
        }

    def copied(self, args: JsonMapping) -> str:
        """The bytes of a new volume: those of its source, if it has one.

        Raises:
            ResourceNotFoundError: there is no such snapshot, or no such volume.
            ConflictError: a guest that is on uses the volume that is to be copied as it is.
        """
        sent = args.get("source")
        if sent is None:
            return ""
        if isinstance(sent, Mapping) and sent.get("snapshot_id") is None:
            return self._as_it_is(cast("JsonMapping", sent))
        item = _item(sent)
        volume = self._volume(item)
        if volume is None or item["snapshot_id"] not in volume.snapshots:
            raise ResourceNotFoundError("the volume has no such snapshot", field="source")
        return volume.snapshots[item["snapshot_id"]]

    def _as_it_is(self, source: JsonMapping) -> str:
        key = (self.machine.storage(source), arguments.ident(source, "volume_id"))
        volume = self.machine.volumes.get(key)
        if volume is None or volume.format != arguments.one_of(source, "format", ("qcow2", "raw")):
            raise ResourceNotFoundError("the volume is not on this storage", field="source")
        self.machine.require_ours(volume.mark, f"volume {volume.volume_id}")
        for domain in self.machine.domains.values():
            used = [(disk.storage_path, disk.volume_id) for disk in domain.desc.disks]
            if domain.power_state != "off" and key in used:
                raise ConflictError(f"volume {volume.volume_id} is used by guest {domain.desc.guest_id}")
        return volume.data

    def _create(self, effect: Effect, _fence: int) -> JsonObject:
        found = [(item, self._volume(item)) for item in _volumes(effect.args)]
        for item, volume in found:
            if volume is None:
                raise ResourceNotFoundError(f"volume {item['volume_id']} is not on this storage", field="volumes")
        for item, volume in found:
            if volume is not None and item["snapshot_id"] not in volume.snapshots:
                self._keep(attrs.evolve(volume, snapshots={**volume.snapshots, item["snapshot_id"]: volume.data}))
        return {}

    def _delete(self, effect: Effect, _fence: int) -> JsonObject:
        for item in _volumes(effect.args):
            volume = self._volume(item)
            if volume is not None:
                kept = {k: v for k, v in volume.snapshots.items() if k != item["snapshot_id"]}
                self._keep(attrs.evolve(volume, snapshots=kept))
        return {}

    def _revert(self, effect: Effect, _fence: int) -> JsonObject:
        item = _item(effect.args)
        volume = self._volume(item)
        size_mib = arguments.number(effect.args, "size_mib", 1, 1 << 26)
        if volume is None or item["snapshot_id"] not in volume.snapshots:
            raise ResourceNotFoundError("the volume has no such snapshot", field="snapshot_id")
        for domain in self.machine.domains.values():
            if domain.power_state != "off" and volume.volume_id in [disk.volume_id for disk in domain.desc.disks]:
                raise ConflictError(f"volume {volume.volume_id} is used by guest {domain.desc.guest_id}")
        size = max(size_mib, volume.size_mib)
        self._keep(attrs.evolve(volume, data=volume.snapshots[item["snapshot_id"]], size_mib=size))
        return {}

    def _save(self, effect: Effect, _fence: int) -> JsonObject:
        """Send a snapshot to the image store, as a raw image that begins with its data."""
        image_id = arguments.ident(effect.args, "image_id")
        item = _item(effect.args)
        volume = self._volume(item)
        if volume is None or item["snapshot_id"] not in volume.snapshots:
            raise ResourceNotFoundError("the volume has no such snapshot", field="snapshot_id")
        if self.machine.uploads is None:
            raise NotSupportedError("this host reaches no image store")
        start = volume.snapshots[item["snapshot_id"]].encode()[:510].ljust(510, b"\0")
        return {"format": "raw", **self.machine.uploads(image_id, [start + b"\x55\xaa", bytes(512)])}

    def _volume(self, item: JsonMapping) -> Volume | None:
        volume = self.machine.volumes.get((self.machine.storage(item), item["volume_id"]))
        if volume is not None:
            self.machine.require_ours(volume.mark, f"volume {volume.volume_id}")
        return volume

    def _keep(self, volume: Volume) -> None:
        self.machine.volumes[volume.storage_path, volume.volume_id] = volume


def _volumes(args: JsonMapping) -> list[JsonObject]:
    sent: Any = args.get("volumes")
    if not isinstance(sent, list | tuple) or not 0 < len(sent) <= MAX_VOLUMES:
        raise InvalidInputError(f"volumes must be a list of 1 to {MAX_VOLUMES}", field="volumes")
    if args.get("guest_id") is not None:
        arguments.ident(args, "guest_id")
    return [_item(item) for item in sent]


def _item(sent: Any) -> JsonObject:
    if not isinstance(sent, Mapping):
        raise InvalidInputError("volumes must be a list of objects", field="volumes")
    item = {name: arguments.ident(sent, name) for name in ("snapshot_id", "volume_id")}
    if arguments.one_of(sent, "format", ("qcow2", "raw")) != "qcow2":
        raise NotSupportedError("only qcow2 volumes hold snapshots", field="format")
    return {**item, "storage_path": arguments.line(sent, "storage_path")}
