"""What a simulated host holds, and how each effect changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cloudcore.model.effects import Effect, Mark
from cloudcore.model.errors import (
    BackendError,
    ConflictError,
    DeadlineError,
    InvalidInputError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.guest import GuestDescription, from_json, to_json
from cloudcore.model.host import Facts, Found, FoundKind
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.simulated import arguments, devices
from cloudcore_adapters.simulated.migration import Neighbours, migrate
from cloudcore_adapters.simulated.power import Power
from cloudcore_adapters.simulated.shared import SharedStorage, Things
from cloudcore_adapters.simulated.snapshots import Snapshots

_FORMATS = ("qcow2", "raw")
_MAX_IMAGE_BYTES = 1 << 46
_MAX_VOLUME_MIB = 1 << 26
_MAX_STOP_S = 3600


@attrs.frozen(kw_only=True)
class Capacity:
    """What the host can really carry, whatever it says of itself; None is without limit.

    guests: defined ones; memory_mib: of guests that are on; storage_mib: sizes of all volumes.
    """

    guests: int | None = None
    memory_mib: int | None = None
    storage_mib: int | None = None


@attrs.frozen(kw_only=True)
class CachedImage:
    """An image in a storage's cache; size in bytes."""

    image_id: str
    storage_path: str
    format: str
    size: int
    checksum: str
    mark: Mark


@attrs.frozen(kw_only=True)
class Volume:
    """A volume. data: stands for its bytes; snapshots: what they were, by snapshot."""

    volume_id: str
    storage_path: str
    format: str
    size_mib: int
    backing_image_id: str | None
    mark: Mark
    data: str = ""
    snapshots: Mapping[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen(kw_only=True)
class Domain:
    """A defined guest."""

    desc: GuestDescription
    power_state: str = "off"


@attrs.frozen(kw_only=True)
class Lease:
    """An address that DHCP gives to a card."""

    mac: str
    ip: str
    bridge: str
    mark: Mark


class SimulatedMachine:
    """A `Performer` over dictionaries. It keeps no time and no journal; not safe for several threads by itself."""

    def __init__(
        self,
        facts: Facts,
        deployment: str,
        capacity: Capacity | None = None,
        *,
        downloads: Mapping[str, str] | None = None,
        power_button: bool = True,
        uploads: Callable[[str, Iterable[bytes]], JsonObject] | None = None,
        shared: Mapping[str, SharedStorage] | None = None,
        neighbours: Neighbours | None = None,
    ) -> None:
        """See `SimulatedHost` for downloads, power_button, uploads, shared and neighbours."""
        self.facts = facts
        self.neighbours = neighbours
        if neighbours is not None:
            neighbours.add(self)
        self.deployment = deployment
        self.capacity = capacity or Capacity()
        self._downloads = dict(downloads or {})
        self._power_button = power_button
        self.uploads = uploads
        places = dict(shared or {})
        self.images: Things[CachedImage] = Things({path: place.images for path, place in places.items()})
        self.volumes: Things[Volume] = Things({path: place.volumes for path, place in places.items()})
        self.trash: list[Volume] = []
        self.domains: dict[str, Domain] = {}
        self.arrived: Callable[[], None] = lambda: None  # called when a guest that runs has come from another host
        self.leases: dict[str, Lease] = {}
        self._kinds: dict[str, Callable[[Effect, int], JsonObject]] = {
            "image-cache": self._image_cache,
            "image-uncache": self._image_uncache,
            "volume-create": self._volume_create,
            "volume-resize": lambda effect, _fence: devices.resize(self, effect),
            "volume-delete": self._volume_delete,
            "guest-create": self._guest_create,
            "guest-start": self._guest_start,
            "guest-stop": self._guest_stop,
            "guest-probe": self._guest_probe,
            "guest-sync": lambda effect, _fence: devices.sync(self, effect),
            "guest-move-disk": lambda effect, _fence: devices.move_disk(self, effect),
            "guest-migrate": lambda effect, _fence: migrate(self, effect),
            "guest-delete": self._guest_delete,
            **Snapshots(self).kinds(),
            **Power(self).kinds(),
        }

    def perform(
        self,
        effect: Effect,
        fence: int,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> JsonObject:
        """See `Performer.perform`; takes no time."""
        if effect.kind not in self._kinds:
            raise NotSupportedError(f"this host does not perform {effect.kind[:40]!r}", field="kind")
        if effect.version != 1:
            raise NotSupportedError(f"effects of version {effect.version} are not supported", field="version")
        if cancelled():
            raise BackendError("cancelled")
        result = self._kinds[effect.kind](effect, fence)
        progress(100.0)
        return result

    def power_state(self, guest_id: str) -> str:
        """See `Hypervisor.power_state`; a guest without our mark is `missing`."""
        domain = self.domains.get(guest_id)
        ours = domain is not None and domain.desc.mark.deployment == self.deployment
        return domain.power_state if domain is not None and ours else "missing"

    def set_power_state(self, guest_id: str, state: str) -> None:
        """What the guest does of its own accord: `off` when it shuts itself down, `crashed` when it panics."""
        if guest_id in self.domains:
            self.domains[guest_id] = attrs.evolve(self.domains[guest_id], power_state=state)

    def reachable(self, *, answers: bool) -> None:
        """Whether other hosts reach it."""
        if self.neighbours is not None:
            self.neighbours.tell(self, answers=answers)

    def fence(self) -> None:
        """Stop the guests that use a storage which is not the host's own: others may start them from now on."""
        reached = {storage.path for storage in self.facts.storages if storage.storage_type != "local"}
        for ident, domain in list(self.domains.items()):
            if domain.power_state in ("on", "paused") and any(d.storage_path in reached for d in domain.desc.disks):
                self.set_power_state(ident, "off")

    def drop(self, guest_id: str) -> None:
        """Forget a guest of ours; its volumes stay."""
        domain = self.domains.get(guest_id)
        if domain is not None and domain.desc.mark.deployment == self.deployment:
            del self.domains[guest_id]
            self._drop_leases(guest_id)

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`; guests first, then volumes, images and address reservations, each sorted."""
        order = list(FoundKind)
        return sorted(self._found(), key=lambda found: (order.index(found.kind), found.ident))

    def dump(self) -> JsonObject:
        """Everything that is held, as JSON; `load` reads it back."""
        return {
            "images": [attrs.asdict(image) for image in self.images.values()],
            "volumes": [attrs.asdict(volume) for volume in self.volumes.values()],
            "trash": [attrs.asdict(volume) for volume in self.trash],
            "domains": [{"desc": to_json(d.desc), "power_state": d.power_state} for d in self.domains.values()],
            "leases": [attrs.asdict(lease) for lease in self.leases.values()],
        }

    def load(self, data: JsonMapping) -> None:
        """Hold what `dump` gave, and nothing else."""
        images = [CachedImage(**_marked(item)) for item in data["images"]]
        volumes = [Volume(**_marked(item)) for item in data["volumes"]]
        self.images.replace({(i.storage_path, i.image_id): i for i in images})
        self.volumes.replace({(v.storage_path, v.volume_id): v for v in volumes})
        self.trash = [Volume(**_marked(item)) for item in data["trash"]]
        domains = [Domain(desc=from_json(d["desc"]), power_state=d["power_state"]) for d in data["domains"]]
        self.domains = {d.desc.guest_id: d for d in domains}
        self.leases = {lease["mac"]: Lease(**_marked(lease)) for lease in data["leases"]}

    def _found(self) -> Iterator[Found]:
        for domain in self.domains.values():
            desc = domain.desc
            yield Found(kind=FoundKind.GUEST, ident=desc.guest_id, mark=desc.mark, power_state=domain.power_state)
        for volume in self.volumes.values():
            yield Found(kind=FoundKind.VOLUME, ident=volume.volume_id, mark=volume.mark)
        for image in self.images.values():
            yield Found(kind=FoundKind.IMAGE, ident=image.image_id, mark=image.mark)
        for lease in self.leases.values():
            yield Found(kind=FoundKind.LEASE, ident=lease.mac, mark=lease.mark)

    def _image_cache(self, effect: Effect, fence: int) -> JsonObject:
        args = effect.args
        image = CachedImage(
            image_id=arguments.ident(args, "image_id"),
            storage_path=self.storage(args),
            format=arguments.one_of(args, "format", (*_FORMATS, "vmdk", "vhd", "vhdx", "iso")),
            size=arguments.number(args, "size", 1, _MAX_IMAGE_BYTES),
            checksum=arguments.sha256(args, "checksum"),
            mark=Mark(deployment=self.deployment, resource=arguments.ident(args, "image_id"), fence=fence),
        )
        # An empty address stands for the deployment's own image store.
        url = arguments.line(args, "url") if args.get("url") else ""
        if self._downloads.get(url, image.checksum) != image.checksum:
            raise BackendError("the image's bytes are not those of its checksum")
        held = self.images.setdefault((image.storage_path, image.image_id), image)
        # In another format it has the same contents.
        if held.format == image.format and held.checksum != image.checksum:
            raise ConflictError("another image is cached under this id", field="checksum")
        return {"path": f"{held.storage_path}/images/{held.image_id}", "size": held.size}

    def _image_uncache(self, effect: Effect, _fence: int) -> JsonObject:
        key = (self.storage(effect.args), arguments.ident(effect.args, "image_id"))
        users = [
            v.volume_id for v in (*self.volumes.values(), *self.trash) if (v.storage_path, v.backing_image_id) == key
        ]
        if users:
            raise ConflictError(f"{len(users)} volumes are backed by the image", data={"volumes": users[:20]})
        self.images.pop(key, None)
        return {}

    def _volume_create(self, effect: Effect, _fence: int) -> JsonObject:
        args = effect.args
        ident = arguments.ident(args, "volume_id")
        backed = args.get("backing_image_id") is not None
        volume = Volume(
            volume_id=ident,
            storage_path=self.storage(args),
            format=arguments.one_of(args, "format", _FORMATS),
            size_mib=arguments.number(args, "size_mib", 1, _MAX_VOLUME_MIB),
            backing_image_id=arguments.ident(args, "backing_image_id") if backed else None,
            mark=arguments.mark(args, self.deployment, ident),
        )
        held = self._keep_volume(attrs.evolve(volume, data=Snapshots(self).copied(args)))
        return {"path": f"{held.storage_path}/volumes/{ident}/disk.{held.format}", "size_mib": held.size_mib}

    def _keep_volume(self, volume: Volume) -> Volume:
        if volume.backing_image_id and volume.format != "qcow2":
            raise InvalidInputError("only a qcow2 volume can be backed by an image", field="format")
        key = (volume.storage_path, volume.volume_id)
        if (held := self.volumes.get(key)) is not None:
            self.require_ours(held.mark, f"volume {volume.volume_id}")
            if held.format != volume.format:
                raise ConflictError("a volume of another format is in the volume's place", field="format")
            return held
        if volume.backing_image_id:
            image = self.images.get((volume.storage_path, volume.backing_image_id))
            if image is None:
                raise ResourceNotFoundError("the image is not cached on this storage", field="backing_image_id")
            if image.format == "raw" and image.size > volume.size_mib << 20:
                raise OutOfRangeError("the volume is smaller than its image", field="size_mib")
        used = sum(v.size_mib for v in self.volumes.values())
        _require_room(self.capacity.storage_mib, used + volume.size_mib, "the storage is full")
        self.volumes[key] = volume
        return volume

    def _volume_delete(self, effect: Effect, _fence: int) -> JsonObject:
        key = (self.storage(effect.args), arguments.ident(effect.args, "volume_id"))
        for domain in self.domains.values():
            if key in [(disk.storage_path, disk.volume_id) for disk in domain.desc.disks]:
                raise ConflictError(f"volume {key[1]} is used by guest {domain.desc.guest_id}")
        volume = self.volumes.get(key)
        if volume is not None:
            self.require_ours(volume.mark, f"volume {key[1]}")
            self.trash.append(self.volumes.pop(key))
        return {}

    def _guest_create(self, effect: Effect, _fence: int) -> JsonObject:
        desc = arguments.description(effect.args, self.deployment)
        self.define(desc)
        return {"power_state": self.domains[desc.guest_id].power_state}

    def define(self, desc: GuestDescription) -> None:
        """Hold the guest as described, with its addresses; of a guest that is on only the addresses change."""
        held = self.domains.get(desc.guest_id)
        if held is not None:
            self.require_ours(held.desc.mark, f"guest {desc.guest_id}")
        for disk in desc.disks:
            if (disk.storage_path, disk.volume_id) not in self.volumes:
                raise ResourceNotFoundError(f"volume {disk.volume_id} is not on this storage", field="desc.disks")
        if held is None:
            _require_room(self.capacity.guests, len(self.domains) + 1, "the host takes no more guests")
        devices.check_free(self, desc)
        if desc.medium is not None and (desc.medium.storage_path, desc.medium.image_id) not in self.images:
            raise ResourceNotFoundError("the image of the CD is not cached on this storage", field="desc.medium")
        leases = [self._lease(desc, nic.mac, nic.ip, nic.bridge) for nic in desc.nics]
        self._drop_leases(desc.guest_id)
        self.leases.update((lease.mac, lease) for lease in leases)
        if held is None or held.power_state not in ("on", "saved"):
            self.domains[desc.guest_id] = Domain(desc=desc, power_state=held.power_state if held else "off")

    def _lease(self, desc: GuestDescription, mac: str, ip: str, bridge: str) -> Lease:
        if bridge not in [known.name for known in self.facts.bridges]:
            raise InvalidInputError("bridge is not a network of this host", field="desc.nics.bridge")
        for other in self.leases.values():
            if other.mark.resource == desc.guest_id:
                continue
            if other.mac == mac or (other.bridge, other.ip) == (bridge, ip):
                raise ConflictError(f"address {ip} or card {mac} belongs to guest {other.mark.resource}")
        return Lease(mac=mac, ip=ip, bridge=bridge, mark=desc.mark)

    def _guest_start(self, effect: Effect, _fence: int) -> JsonObject:
        desc = arguments.description(effect.args, self.deployment)
        self.define(desc)
        domain = self.domains[desc.guest_id]
        if domain.power_state != "on":
            self.require_memory(desc)
            self.domains[desc.guest_id] = attrs.evolve(domain, power_state="on")
        return {"power_state": "on"}

    def _guest_stop(self, effect: Effect, _fence: int) -> JsonObject:
        ident = arguments.ident(effect.args, "guest_id")
        timeout_s = arguments.number(effect.args, "timeout_s", 0, _MAX_STOP_S)
        force = arguments.flag(effect.args, "force")
        domain = self.domains.get(ident)
        if domain is not None:
            self.require_ours(domain.desc.mark, f"guest {ident}")
            if domain.power_state == "saved" and not force:
                raise ConflictError("the guest is suspended; only by force is its memory given up")
            if domain.power_state != "off" and not force and not (timeout_s and self._power_button):
                raise DeadlineError(f"the guest did not stop within {timeout_s} s")
            self.domains[ident] = attrs.evolve(domain, power_state="off")
        return {"power_state": "off"}

    def require_memory(self, desc: GuestDescription) -> None:
        """Refuse to run a guest for which the host has no memory."""
        used = sum(d.desc.memory_mib for d in self.domains.values() if d.power_state in ("on", "paused"))
        _require_room(self.capacity.memory_mib, used + desc.memory_mib, "the host's memory is full")

    def _guest_probe(self, effect: Effect, _fence: int) -> JsonObject:
        return {"power_state": self.power_state(arguments.ident(effect.args, "guest_id"))}

    def _guest_delete(self, effect: Effect, _fence: int) -> JsonObject:
        ident = arguments.ident(effect.args, "guest_id")
        if effect.args.get("desc") is not None:
            arguments.description(effect.args, self.deployment)
        domain = self.domains.get(ident)
        if domain is not None:
            self.require_ours(domain.desc.mark, f"guest {ident}")
            del self.domains[ident]
        self._drop_leases(ident)
        return {}

    def _drop_leases(self, guest_id: str) -> None:
        self.leases = {mac: lease for mac, lease in self.leases.items() if lease.mark.resource != guest_id}

    def storage(self, args: JsonMapping) -> str:
        """The argument `storage_path`, which must be a storage of this host."""
        if (path := arguments.line(args, "storage_path")) not in [storage.path for storage in self.facts.storages]:
            raise InvalidInputError("storage_path is not a storage of this host", field="storage_path")
        return path

    def require_ours(self, mark: Mark, what: str) -> None:
        """Refuse what another deployment made."""
        if mark.deployment != self.deployment:
            raise ConflictError(f"what is in the place of {what} is not of this deployment")


def _require_room(limit: int | None, wanted: int, refusal: str) -> None:
    if limit is not None and wanted > limit:
        raise BackendError(refusal)


def _marked(item: JsonMapping) -> dict[str, Any]:
    return {**item, "mark": Mark(**item["mark"])}
