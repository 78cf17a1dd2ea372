"""One host with libvirt: performs effects, answers questions, opens consoles."""

from __future__ import annotations

import functools
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import InvalidInputError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.host import Facts, Found, FoundKind, StorageFacts
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.console import ConsoleStream
from cloudcore_adapters.libvirt import arguments, marks
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.connection import Connection, Domain, LibvirtConnection, translated
from cloudcore_adapters.libvirt.console import open_serial
from cloudcore_adapters.libvirt.exports import Exports
from cloudcore_adapters.libvirt.guests import Guests
from cloudcore_adapters.libvirt.images import ImageCache
from cloudcore_adapters.libvirt.login import set_password
from cloudcore_adapters.libvirt.migration import Migration, check_uri
from cloudcore_adapters.libvirt.mirror import Mirror
from cloudcore_adapters.libvirt.networks import Networks
from cloudcore_adapters.libvirt.nodes import node_facts
from cloudcore_adapters.libvirt.power import MISSING, power_state
from cloudcore_adapters.libvirt.probe import probe_virt
from cloudcore_adapters.libvirt.questions import ask_agent, press_keys, screenshot
from cloudcore_adapters.libvirt.resize import resize
from cloudcore_adapters.libvirt.snapshots import Snapshots
from cloudcore_adapters.libvirt.volumes import Volumes
from cloudcore_adapters.libvirt.watch import Watch

_MIB = 1 << 20
VIRT_TYPES = ("auto", "kvm", "qemu")
_SETTLE_S = {"kvm": 3.0, "qemu": 0.5}


@attrs.frozen(kw_only=True)
class StorageSetting:
    """One folder of the host in which volumes and cached images lie; an absolute path, made if it is not there.

    storage_type: `local`, or `nfs` for one that other hosts have at the same path; those know it by its name.
    """

    name: str
    path: Path
    medium_type: str = "ssd"
    storage_type: str = "local"


@attrs.frozen(kw_only=True)
class HostSettings:
    """How one host is set up.

    uri: libvirt's; `qemu:///system`, a socket elsewhere, or `test:///default`, libvirt's own simulation.
    data: a folder for the guests' seeds and console logs; an absolute path.
    deployment: what our marks say; things that carry another are left alone.
    virt_type: `auto` boots a probe to see whether KVM works.
    networks: names of libvirt networks that others made and guests may plug into, besides our own.
    migrate_uri: how the daemons of other hosts reach this one's, to give it guests that run; empty: it takes none.
    ca_file: checks the image store's TLS certificate; None for the system's authorities.
    """

    uri: str = "qemu:///system"
    data: Path
    deployment: str
    storages: tuple[StorageSetting, ...]
    virt_type: str = "auto"
    networks: tuple[str, ...] = ()
    migrate_uri: str = ""
    ca_file: Path | None = None


class LibvirtHost:
    """`Performer`, `Hypervisor` and `Consoles` of one host. Blocking; safe for use by several threads."""

    def __init__(self, settings: HostSettings, *, now: Callable[[], float] = time.time) -> None:
        """Connects to nothing yet; makes the folders.

        Raises:
            InvalidInputError: settings that cannot work.
        """
        _check(settings)
        self._settings = settings
        for folder in (settings.data, *(storage.path for storage in settings.storages)):
            folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        storages = Storages(tuple(storage.path for storage in settings.storages))
        self._storages = storages
        self._folder = settings.data / "guests"
        self._probed: str | None = None
        self._probing = threading.Lock()
        self._connection = LibvirtConnection(settings.uri)
        self._networks = Networks(self._connection, settings.deployment)
        self._images = ImageCache(storages, settings.deployment, settings.ca_file)
        self._volumes = Volumes(storages, settings.deployment, self._images, now)
        self._guests = Guests(
            self._connection,
            self._networks,
            storages,
            self._folder,
            deployment=settings.deployment,
            virt_type=self._domain_type,
            settle_s=_SETTLE_S.get(settings.virt_type, 1.0),
        )
        self._snapshots = Snapshots(self._volumes, self._guests.find, self._domain_type)
        self._mirror = Mirror(self._connection, storages, self._volumes, self._guests.find)
        self._migration = Migration(settings.deployment, self._guests.find)
        self._exports = Exports(storages, self._volumes, settings.ca_file)
        self._watches: list[Watch] = []

    def perform(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        """See `Performer.perform`; raises NotSupportedError for a kind or version that this release does not perform."""
        if effect.version != 1:
            raise NotSupportedError(f"effects of version {effect.version} are not supported", field="version")
        args = effect.args
        performers: dict[str, Callable[[], JsonObject]] = {
            "image-cache": lambda: self._images.cache(args, fence, progress, cancelled),
            "image-uncache": lambda: self._images.uncache(args, cancelled),
            "volume-create": lambda: self._volumes.create(args, cancelled),
            "volume-resize": lambda: resize(self._storages, self._settings.deployment, self._guests.find, args),
            "volume-delete": lambda: self._volumes.delete(args),
            "snapshot-create": lambda: self._snapshots.create(args),
            "snapshot-delete": lambda: self._snapshots.delete(args),
            "volume-save": lambda: self._exports.save(args, progress, cancelled),
            "volume-revert": lambda: self._snapshots.revert(args),
            "guest-move-disk": lambda: self._mirror.move(args, progress, cancelled),
            "guest-create": lambda: self._guests.create(args),
            "guest-start": lambda: self._guests.start(args, cancelled),
            "guest-stop": lambda: self._guests.stop(args, cancelled),
            "guest-reset": lambda: self._guests.reset(args),
            "guest-suspend": lambda: self._guests.suspend(args),
            "guest-resume": lambda: self._guests.resume(args, cancelled),
            "guest-set-password": lambda: set_password(self._guests.find, args),
            "guest-probe": lambda: {"power_state": self.power_state(str(args.get("guest_id", "")))},
            "guest-sync": lambda: self._guests.sync(args, cancelled),
            "guest-migrate": lambda: self._migration.send(args, progress, cancelled),
            "guest-delete": lambda: self._guests.delete(args),
        }
        if (performer := performers.get(effect.kind)) is None:
            raise NotSupportedError(f"a libvirt host does not perform {effect.kind[:40]!r}", field="kind")
        return performer()

    def facts(self) -> Facts:
        """See `Hypervisor.facts`."""
        connection = self._connection.get()
        with translated("reading the host's facts"):
            _, _, cpus, mhz, *_ = connection.getInfo()
            memory_mib = _memory_mib(connection)
            hostname, driver = connection.getHostname(), connection.getType()
            versions = connection.getLibVersion(), connection.getVersion()
            capabilities = ET.fromstring(connection.getCapabilities())  # noqa: S314 - libvirt wrote it
        kind = self._domain_type()
        return Facts(
            hostname=hostname,
            uuid=capabilities.findtext("host/uuid", ""),
            arch=capabilities.findtext("host/cpu/arch", "x86_64"),
            cpu_count=cpus,
            cpu_desc=_cpu_desc(),
            cpu_mhz=mhz,
            memory_mib=memory_mib,
            virt_type="simulated" if kind == "test" else kind,
            version=f"libvirt {_version(versions[0])} {driver} {_version(versions[1])}",
            storages=tuple(_storage(storage) for storage in self._settings.storages),
            bridges=self._networks.facts(self._settings.networks),
            migrate_uri=self._settings.migrate_uri,
            nodes=node_facts(capabilities),
        )

    def power_state(self, guest_id: str) -> str:
        """See `Hypervisor.power_state`; a domain without our mark is `missing`."""
        domain = self._connection.domain(arguments.checked_id(guest_id, "guest_id"))
        if domain is None:
            return MISSING
        found = _found(domain)
        mark = found.mark if found else None
        ours = mark is not None and mark.deployment == self._settings.deployment and mark.resource == guest_id
        return (found.power_state if found and ours else None) or MISSING

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`; guests first, then volumes, images and address reservations, each sorted."""
        with translated("listing guests"):
            guests = [_found(domain) for domain in self._connection.get().listAllDomains()]
        found = sorted(filter(None, guests), key=lambda f: f.ident)
        for storage in self._storages.all():
            found += _in_folder(storage.volumes, FoundKind.VOLUME)
            found += _in_folder(storage.images, FoundKind.IMAGE)
        return [*found, *self._leases()]

    def open_serial(self, guest_id: str) -> ConsoleStream:
        """See `Consoles.open_serial`."""
        domain = self._guests.find(arguments.checked_id(guest_id, "guest_id"))
        if domain is None:
            raise ResourceNotFoundError("this host has no such guest")
        return open_serial(self._connection.get(), domain)

    def screenshot(self, guest_id: str) -> bytes:
        """See `Guests.screenshot`."""
        domain = self._guests.find(arguments.checked_id(guest_id, "guest_id"))
        return screenshot(self._connection.get(), domain)

    def press_keys(self, guest_id: str, keys: Sequence[int], hold_ms: int) -> None:
        """See `Guests.press_keys`."""
        press_keys(self._guests.find(arguments.checked_id(guest_id, "guest_id")), keys, hold_ms)

    def ask_agent(self, guest_id: str, question: str) -> Any:
        """See `Guests.ask_agent`."""
        return ask_agent(self._guests.find(arguments.checked_id(guest_id, "guest_id")), question)

    def ensure_network(self, name: str, cidr: str, gateway: str, *, nat: bool = False) -> None:
        """Have a network with our mark, up and started with the host.

        Guests on it reach each other and the host at the gateway's address; with `nat` also the world, through the host.
        Its DHCP server knows reserved addresses only.

        Raises:
            InvalidInputError: name, subnet or gateway are wrong.
            ConflictError: a network of this name is there that is not ours, or not like this.
        """
        self._networks.ensure(name, cidr, gateway, nat=nat)

    def remove_network(self, name: str) -> None:
        """Remove a network of ours; raises ConflictError for one that is not."""
        self._networks.remove(name)

    def purge_trash(self, keep_s: float) -> int:
        """Remove for good the volumes that have been in the trash for more than `keep_s` seconds; answers how many."""
        return self._volumes.purge_trash(keep_s)

    def watch(self, callback: Callable[[str, str], None], *, retry_s: float = 2.0) -> Watch:
        """Call back with (guest id, power state) of our guests: all at first and after each reconnection, then changes."""
        watch = Watch(self._settings.uri, self._settings.deployment, callback, retry_s=retry_s)
        self._watches.append(watch)
        return watch

    @property
    def guests_folder(self) -> Path:
        """Where the guests' own files lie, in a folder of its own with its mark for each."""
        return self._folder

    def shared_folders(self) -> Sequence[Path]:
        """The storages that other hosts reach, too."""
        return [storage.path for storage in self._settings.storages if storage.storage_type != "local"]

    def close(self) -> None:
        """End the watches and the connection; guests go on."""
        for watch in self._watches:
            watch.close()
        self._watches.clear()
        self._connection.close()

    def _domain_type(self) -> str:
        with translated("reading the host's facts"):
            if self._connection.get().getType().upper() == "TEST":
                return "test"
        if self._settings.virt_type != "auto":
            return self._settings.virt_type
        with self._probing:
            if self._probed is None:
                self._probed = probe_virt().virt_type
            return self._probed

    def _leases(self) -> list[Found]:
        present = self._networks.reservations()
        found = []
        for guest in sorted(self._folder.iterdir()) if self._folder.exists() else []:
            if (read := marks.read(guest)) is None:
                continue
            recorded: list[JsonMapping] = read[1].get("reservations", [])
            for reservation in present:
                if attrs.asdict(reservation) in recorded:
                    ident = f"{reservation.network}/{reservation.mac}/{reservation.ip}"
                    found.append(Found(kind=FoundKind.LEASE, ident=ident, mark=read[0]))
        return found


def _check(settings: HostSettings) -> None:
    arguments.checked_id(settings.deployment, "deployment")
    if settings.migrate_uri:
        check_uri(settings.migrate_uri)
    if settings.virt_type not in VIRT_TYPES:
        raise InvalidInputError(f"virt_type must be one of {', '.join(VIRT_TYPES)}", field="virt_type")
    for path in (settings.data, *(storage.path for storage in settings.storages)):
        if not path.is_absolute() or not str(path).isprintable() or ".." in path.parts:
            raise InvalidInputError(f"{path} must be an absolute path without ..", field="storages")


def _found(domain: Domain) -> Found | None:
    """The guest as it is now; None where it has no mark, or went away while it was asked."""
    try:
        with translated("reading the guest"):
            tree = ET.fromstring(domain.XMLDesc())  # noqa: S314 - libvirt wrote it
        if (mark := marks.in_xml(tree)) is None:
            return None
        state = power_state(domain)
    except ResourceNotFoundError:
        return None
    return Found(kind=FoundKind.GUEST, ident=tree.findtext("name", ""), mark=mark, power_state=state)


def _in_folder(folder: Path, kind: FoundKind) -> list[Found]:
    named = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")] if folder.exists() else []
    return [Found(kind=kind, ident=str(entry), mark=read[0]) for entry in named if (read := marks.read(entry))]


def _storage(setting: StorageSetting) -> StorageFacts:
    usage: Any = shutil.disk_usage(setting.path)
    return StorageFacts(
        name=setting.name,
        path=str(setting.path),
        capacity_mib=usage.total // _MIB,
        used_mib=usage.used // _MIB,
        medium_type=setting.medium_type,
        storage_type=setting.storage_type,
    )


def _memory_mib(connection: Connection) -> int:
    """The host's memory; the kernel's total where libvirt tells it, for its sum over NUMA cells can miss memory."""
    import libvirt

    try:
        return int(connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)["total"]) >> 10
    except libvirt.libvirtError as e:
        if e.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
        return int(connection.getInfo()[1])


def _version(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


@functools.cache
def _cpu_desc() -> str:
    """The processor's name as Linux tells it; the architecture where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else os.uname().machine
