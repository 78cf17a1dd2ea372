"""Hosts as their agents report them: registration, power states of guests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Network
from typing import Any

from cloudcore.auth.caller import platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.host import BridgeFacts, Facts, StorageFacts
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.begin import held_of
from cloudcore.operations.host_leases import lease_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import writing
from cloudcore.operations.seed import WIRE, ZONE
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counted import count_in
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS, Hostclaim
from cloudcore.resources.compute.server import SERVERS, PowerState, ServerStatus
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN
from cloudcore.resources.identity.project import PROJECTS, SYSTEM_PROJECT
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus, Host, HostStatus
from cloudcore.resources.infrastructure.host.nodes import topology_of
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.network import NETWORKS, Network
from cloudcore.resources.network.wire import WIRES, Wire
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES, Hoststorage
from cloudcore.resources.storage.hostwire import HOSTWIRES, Hostwire
from cloudcore.resources.storage.storage import LOCAL, STORAGES, Storage, StorageStatus
from cloudcore.resources.storage.storagecache import STORAGECACHES, Storagecache
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS, Storageclaim

DEFAULT_NETWORK = "default"
KEPT_AT_START = 10
"""Addresses at the beginning of a subnet that networks made by registration leave alone: gateway, DHCP, people."""


def register_host(platform: Platform, facts: Facts, *, manager_uri: str = "", host_type: str = "hypervisor") -> str:
    """Make or bring up to date a host with its storages and bridges, and set it online; gives its id.

    A host is known by its UUID. What an administrator has set (bounds, reservations, enabled) stays.
    """
    caller = platform_caller("host registration")
    return writing(platform, caller, lambda tx: _register(tx, facts, manager_uri, host_type))


def hosts_of(tx: Transaction, storage_id: str) -> list[Any]:
    """The hosts that are enabled and online and reach the storage, by when they were attached.

    One that was attached without a folder does not reach it: it could neither make nor remove a volume there.
    """
    links = tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("storage_id", storage_id)))
    ids = [link.host_id for link in links if link.mount_point]
    where = both(one_of("id", ids), eq("enabled", True), eq("host_status", AgentStatus.ONLINE))
    hosts = {host.id: host for host in tx.of(HOSTS, PLATFORM).find(Query(where=where))}
    return [hosts[ident] for ident in ids if ident in hosts]


def host_offline(platform: Platform, host_id: str) -> None:
    """Note that a host's agent is gone; nothing is placed there until it is back."""

    def work(tx: Transaction) -> None:
        host = tx.of(HOSTS, PLATFORM).get(host_id)
        if host is not None and host.host_status != AgentStatus.OFFLINE:
            tx.of(HOSTS, PLATFORM).save(evolve(host, host_status=AgentStatus.OFFLINE), action="offline")

    writing(platform, platform_caller("heartbeat"), work)


def sync_power(
    platform: Platform, host_id: str, states: Mapping[str, str], *, seen_at: datetime | None = None
) -> list[str]:
    """Bring servers' power states up to date with what their host says; ids of those that had changed.

    states: guest id → on, off, saved, paused, crashed or missing. A server that an open task holds is left
    to that task, and must be told of again later. seen_at: by the storage's clock, when the host was looked at, where that
    was some time ago: servers that have changed since are left as they are.
    """

    def work(tx: Transaction) -> list[str]:
        found = tx.of(SERVERS, PLATFORM).find(Query(where=eq("host_id", host_id)))
        fresh = [s for s in found if s.id in states and (seen_at is None or (s.updated_at or seen_at) <= seen_at)]
        # The tasks are asked about few servers or none: thousands may be open, and each host tells of its guests.
        changed = {s.id: now for s in fresh if (now := _followed(s, states[s.id])) is not None}
        told = changed.keys() - held_of(tx, SERVERS, changed)
        for ident in sorted(told):
            tx.of(SERVERS, PLATFORM).save(changed[ident], action="sync_power")
        return [s.id for s in fresh if s.id in told]

    return writing(platform, platform_caller("power sync"), work)


def _followed(server: Any, power: str) -> Any:
    """The server as it is when its host says this of it; None where that is known."""
    if power == "on" and server.status != ServerStatus.RUNNING:
        status, state, reason = ServerStatus.RUNNING, PowerState.ON, "it was found running"
    elif power == "saved" and server.status in (ServerStatus.RUNNING, ServerStatus.READY, ServerStatus.UNKNOWN):
        status, state, reason = ServerStatus.SUSPEND, PowerState.OFF, "it was found suspended"
    elif power in ("off", "crashed") and server.status in _NOT_OFF:
        status, state, reason = ServerStatus.READY, PowerState.OFF, f"it was found {power}"
    elif power == "missing" and server.status in _STABLE:
        status, state, reason = ServerStatus.UNKNOWN, PowerState.UNKNOWN, "its host does not have it"
    else:
        return None
    return evolve(server, status=status.value, power_states=state, status_reason=reason)


_STABLE = (ServerStatus.RUNNING, ServerStatus.READY, ServerStatus.SUSPEND)
_NOT_OFF = (ServerStatus.RUNNING, ServerStatus.SUSPEND, ServerStatus.UNKNOWN)


def _register(tx: Transaction, facts: Facts, manager_uri: str, host_type: str) -> str:
    zone = _one(tx, ZONES, name=ZONE)
    known = _one_or_none(tx, HOSTS, uuid=facts.uuid)
    values: JsonObject = {
        "hostname": facts.hostname[:60],
        "cpu_count": facts.cpu_count,
        "cpu_desc": facts.cpu_desc[:128],
        "cpu_mhz": facts.cpu_mhz,
        "cpu_architecture": facts.arch,
        "mem_size": facts.memory_mib,
        "storage_size": sum(s.capacity_mib for s in facts.storages),
        "version": facts.version[:64],
        "host_type": host_type,
        "manager_uri": manager_uri,
        "sys_info": {"virt_type": facts.virt_type},
        "migrate_uri": facts.migrate_uri[:256],
        "status": HostStatus.RUNNING.value,
        "host_status": AgentStatus.ONLINE,
    }
    if facts.nodes:
        values["topology"] = topology_of(facts.nodes)
    if known is not None and known.is_maintenance:
        values["status"] = HostStatus.MAINTAINING.value
    if known is not None and not lease_of(tx, known.id).held:
        values["host_status"] = known.host_status  # it has to put itself in order first
    if known is None:
        name = _free_name(tx, facts.hostname)
        fresh = Host(id=tx.new_id(), name=name, uuid=facts.uuid, domain_id=DEFAULT_DOMAIN, zone_id=zone.id, **values)
        host: Any = tx.of(HOSTS, PLATFORM).add(evolve(fresh, is_public=True, public_scope="system"))
        tx.of(HOSTCLAIMS, PLATFORM).add(Hostclaim(id=host.id))
        count_in(tx, HOSTS, host)
    else:
        host = tx.of(HOSTS, PLATFORM).save(evolve(known, **values), action="register")
    tx.of(HOSTS, PLATFORM).touch([(host.id, {"last_ping_at": tx.now})])
    for place, storage in enumerate(facts.storages):
        _storage(tx, host, storage, place)
    for place, bridge in enumerate(facts.bridges):
        _bridge(tx, host, bridge, place)
    return str(host.id)


def _storage(tx: Transaction, host: Any, facts: StorageFacts, place: int) -> None:
    # A storage that is not the host's own is known by the name that all its hosts give it.
    own = facts.storage_type in LOCAL
    name = f"host_{host.name}_{facts.storage_type}_storage_{place}" if own else facts.name
    known = _one_or_none(tx, STORAGES, name=name)
    if known is None:
        cache = tx.of(STORAGECACHES, PLATFORM).add(
            Storagecache(id=tx.new_id(), name=f"{name}_cache", path=f"{facts.path}/images")
        )
        storage: Any = tx.of(STORAGES, PLATFORM).add(
            Storage(
                id=tx.new_id(),
                name=name,
                domain_id=host.domain_id,
                zone_id=host.zone_id,
                capacity=facts.capacity_mib,
                storage_type=facts.storage_type,
                medium_type=facts.medium_type,
                storagecache_id=cache.id,
                is_public=True,
                public_scope="system",
            )
        )
        tx.of(STORAGECLAIMS, PLATFORM).add(Storageclaim(id=storage.id))
    else:
        changed = evolve(known, capacity=facts.capacity_mib, status=StorageStatus.ONLINE.value)
        storage = tx.of(STORAGES, PLATFORM).save(changed, action="register")
    link = _one_or_none(tx, HOSTSTORAGES, host_id=host.id, storage_id=storage.id)
    if link is None:
        fresh = Hoststorage(id=tx.new_id(), host_id=host.id, storage_id=storage.id, mount_point=facts.path)
        tx.of(HOSTSTORAGES, PLATFORM).add(fresh)
    else:
        tx.of(HOSTSTORAGES, PLATFORM).save(evolve(link, mount_point=facts.path), action="register")


def _bridge(tx: Transaction, host: Any, facts: BridgeFacts, place: int) -> None:
    link = _one_or_none(tx, HOSTWIRES, host_id=host.id, bridge=facts.name)
    wire = tx.of(WIRES, PLATFORM).get(link.wire_id) if link is not None else _wire(tx, host, place)
    if link is None and wire is not None:
        fresh = Hostwire(id=tx.new_id(), host_id=host.id, wire_id=wire.id, bridge=facts.name, mac_addr=facts.mac)
        tx.of(HOSTWIRES, PLATFORM).add(fresh)
    if facts.cidr is not None and wire is not None:
        _network(tx, wire, facts)


def _wire(tx: Transaction, host: Any, place: int) -> Any:
    """The deployment's first wire for a host's first bridge; wires of their own for its others."""
    if place == 0:
        return _one(tx, WIRES, name=WIRE)
    wire = Wire(
        id=tx.new_id(),
        name=f"{host.name}-wire{place}",
        domain_id=host.domain_id,
        vpc_id="default",
        zone_id=host.zone_id,
        bandwidth=1000,
        is_public=True,
        public_scope="system",
    )
    return tx.of(WIRES, PLATFORM).add(wire)


def _network(tx: Transaction, wire: Any, facts: BridgeFacts) -> None:
    if tx.of(NETWORKS, PLATFORM).count(eq("wire_id", wire.id)):
        return
    subnet = IPv4Network(str(facts.cidr))
    project = _one(tx, PROJECTS, name=SYSTEM_PROJECT, domain_id=DEFAULT_DOMAIN)
    first, last = subnet.network_address + KEPT_AT_START, subnet.broadcast_address - 1
    name = DEFAULT_NETWORK if _one_or_none(tx, NETWORKS, name=DEFAULT_NETWORK) is None else f"default-{wire.name}"
    network = Network(
        id=tx.new_id(),
        name=name,
        domain_id=project.domain_id,
        tenant_id=project.id,
        wire_id=wire.id,
        guest_ip_start=str(first),
        guest_ip_end=str(last),
        guest_ip_mask=subnet.prefixlen,
        guest_gateway=facts.gateway or "",
        is_public=True,
        public_scope="system",
    )
    tx.of(NETWORKS, PLATFORM).add(network)


def _free_name(tx: Transaction, wanted: str) -> str:
    name, number = wanted[:100] or "host", 1
    while _one_or_none(tx, HOSTS, name=name) is not None:
        number += 1
        name = f"{wanted[:100]}-{number}"
    return name


def _one_or_none(tx: Transaction, resource: Resource[Any], **values: Any) -> Any:
    where = both(*(eq(name, value) for name, value in values.items()))
    rows: Sequence[Any] = tx.of(resource, PLATFORM).find(Query(where=where, limit=1))
    return rows[0] if rows else None


def _one(tx: Transaction, resource: Resource[Any], **values: Any) -> Any:
    found = _one_or_none(tx, resource, **values)
    if found is None:
        raise ResourceNotFoundError(f"{resource.singular} {' '.join(map(str, values.values()))} not found: seed first")
    return found
