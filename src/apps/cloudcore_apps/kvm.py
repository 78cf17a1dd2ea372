"""Real guests: this machine as a host, by libvirt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from ipaddress import IPv4Network
from pathlib import Path

from cloudcore.model.errors import BackendError, ConflictError
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost, StorageSetting, Verdict, probe_virt
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.guard import watchdog_folder
from cloudcore_apps.hosts import LocalHost
from cloudcore_apps.libvirt_host import LibvirtAgent
from cloudcore_apps.libvirtd import Libvirtd, reach
from cloudcore_apps.settings import Settings

NETWORK = "cloudcore"
SYSTEM_STORAGE = Path("/var/lib/libvirt")
HOST_NOTE = "host.json"
JOURNAL_S = 4.0
LONGEST_REASON = 80


def open_host(
    settings: Settings,
    folder: DataFolder,
    deployment: str,
    on_outcome: Callable[[str], None],
    stack: ExitStack,
) -> LocalHost:
    """Open this machine, with a network for guests, behind an agent in this process; `stack` closes both.

    Raises:
        BackendError: libvirt does not answer, or cannot do what is needed.
        ForbiddenError: it needs root.
    """
    verdict = _verdict(settings.virt)
    daemon = reach(settings.libvirt_uri, folder / "libvirt", hide_kvm=verdict.virt_type != "kvm")
    place = _place(daemon, folder, deployment)
    made = HostSettings(
        uri=daemon.uri,
        data=place,
        deployment=deployment,
        storages=(StorageSetting(name="local", path=place / "storage"), *_shared(settings)),
        virt_type=verdict.virt_type,
        migrate_uri=settings.migrate_uri,
        ca_file=Path(settings.certificate) if settings.certificate else None,
    )
    keep_note(folder.path, made)
    host = LibvirtHost(made)
    stack.callback(host.close)
    _ensure_network(host, folder / "network.json", deployment, nat=settings.nat)
    facts = host.facts()
    agent = EffectRunner(host, folder / "host" / "journal", on_outcome=on_outcome, barred=True)
    stack.callback(agent.close, JOURNAL_S)
    keeper = LibvirtAgent(host, agent, watched=watchdog_folder(folder.path), deployment=deployment)
    stack.callback(keeper.close)
    return LocalHost(
        facts=facts,
        effects=agent,
        agent=keeper,
        consoles=host,
        guests=host,
        found=host.inventory(),
        inventory=host.inventory,
        described=_described(verdict, daemon, facts.version),
        watch=host.watch,
        stand_down=keeper.stand_down if host.shared_folders() else None,
    )


def keep_note(folder: Path, made: HostSettings) -> None:
    """Write down how the host was set up, for whoever looks at it while nothing runs."""
    storages = [[one.name, str(one.path), one.storage_type] for one in made.storages]
    body = {"uri": made.uri, "data": str(made.data), "virt_type": made.virt_type, "storages": storages}
    new = folder / f".{HOST_NOTE}"
    new.write_text(json.dumps({**body, "deployment": made.deployment}), encoding="utf-8")
    new.replace(folder / HOST_NOTE)


def noted_host(folder: Path) -> HostSettings | None:
    """How the host of a data folder was set up; None where real guests never ran.

    Raises:
        BackendError: the note is damaged.
    """
    try:
        body = json.loads((folder / HOST_NOTE).read_text(encoding="utf-8"))
        return HostSettings(
            uri=body["uri"],
            data=Path(body["data"]),
            deployment=body["deployment"],
            storages=tuple(StorageSetting(name=n, path=Path(p), storage_type=t) for n, p, t in body["storages"]),
            virt_type=body["virt_type"],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendError(f"{HOST_NOTE} in the data folder is damaged", internal=str(error)) from error


def _shared(settings: Settings) -> list[StorageSetting]:
    """The storages that other hosts reach, too, from `NAME=PATH`."""
    pairs = (text.partition("=") for text in settings.shared_storages)
    return [StorageSetting(name=name, path=Path(path), storage_type="nfs") for name, _, path in pairs]


def _verdict(virt: str) -> Verdict:
    if virt == "auto":
        return probe_virt()
    return Verdict(virt, "" if virt == "kvm" else "asked for by --virt")


def _described(verdict: Verdict, daemon: Libvirtd, version: str) -> str:
    whose = "started by cloudcore" if daemon.own else daemon.uri
    if verdict.virt_type == "kvm":
        return f"KVM, {version} ({whose})"
    reason = verdict.reason if len(verdict.reason) <= LONGEST_REASON else f"{verdict.reason[:LONGEST_REASON]}…"
    return f"QEMU without KVM, slow: {reason or 'KVM boots no guest'}; {version} ({whose})"


def _place(daemon: Libvirtd, folder: DataFolder, deployment: str) -> Path:
    """Where the guests' files lie: in the data folder only for a libvirtd whose guests may look into it."""
    return folder / "host" if daemon.own else SYSTEM_STORAGE / f"cloudcore-{deployment[:8]}"


def _ensure_network(host: LibvirtHost, note: Path, deployment: str, *, nat: bool) -> None:
    """Have the guests' network as it was, or make one in a subnet that nobody here uses."""
    known = _read_note(note)
    if known is not None:
        name, cidr = known
        host.ensure_network(name, cidr, str(IPv4Network(cidr)[1]), nat=nat)
        return
    cidr = str(free_subnet(routed_subnets()))
    gateway = str(IPv4Network(cidr)[1])
    try:
        host.ensure_network(name := NETWORK, cidr, gateway, nat=nat)
    except ConflictError:
        # Another deployment of this machine has the name.
        host.ensure_network(name := f"{NETWORK}-{deployment[:8]}", cidr, gateway, nat=nat)
    note.write_text(json.dumps({"name": name, "cidr": cidr}), encoding="utf-8")


def _read_note(note: Path) -> tuple[str, str] | None:
    if not note.exists():
        return None
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        return str(found["name"]), str(IPv4Network(found["cidr"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackendError("network.json in the data folder is damaged", internal=str(error)) from error


def free_subnet(used: Iterable[IPv4Network]) -> IPv4Network:
    """The first /24 of 10.99.0.0/16 that overlaps none of these.

    Raises:
        ConflictError: all do.
    """
    taken: Sequence[IPv4Network] = list(used)
    for subnet in IPv4Network("10.99.0.0/16").subnets(new_prefix=24):
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise ConflictError("every subnet of 10.99.0.0/16 is in use on this machine")


def routed_subnets(table: Path = Path("/proc/net/route")) -> list[IPv4Network]:
    """The subnets that this machine has routes to; the default route is none."""
    found = []
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        destination, mask = _address(fields[1]), _address(fields[7])
        if mask:
            found.append(IPv4Network((destination & mask, mask.bit_count())))
    return found


def _address(text: str) -> int:
    """The kernel writes addresses in the byte order of the machine; little-endian everywhere that QEMU guests are run."""
    return int.from_bytes(bytes.fromhex(text)[::-1], "big")
