"""What holds whenever nothing is under way."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cloudcore.model.history import HISTORY
from cloudcore.model.host import FoundKind
from cloudcore.model.resource import fields_of
from cloudcore.quotas.alerts import expected, is_counted
from cloudcore.quotas.family import COUNTERS, LIMITED
from cloudcore.quotas.limits import OWNED, limits_among
from cloudcore_apps.simulate.cloud import DEPLOYMENT, SHARED, Cloud
from cloudcore_apps.simulate.database import SqlStore
from cloudcore_apps.simulate.leaving import check_gone
from cloudcore_apps.simulate.nodes import check_nodes, check_room

ELSEWHERE = frozenset(("domains", "projects", "users"))
"""Whose ids a directory of somebody else knows."""
HALF_GONE = ("delete_fail", "dealloc_failed", "rebuild_root_fail", "init", "migrate_failed")
"""What an operation that is not taken back got to before it failed is there, or is not; it is repeated by who asks again."""


HOLDERS = ("guestnetworks", "groupnetworks", "reservedips", "eips")
"""What has an address of a network."""
CLOCK_JUMPS = timedelta(hours=1)
"""More than the clock of the database goes back in one life."""


def check(cloud: Cloud) -> None:
    """Raise AssertionError for the first invariant that does not hold."""
    check_tasks(cloud)
    check_ledgers(cloud)
    check_addresses(cloud)
    check_orphans(cloud)
    check_hosts(cloud)
    check_history(cloud)
    check_snapshots(cloud)
    check_foreign(cloud)
    check_storage(cloud)
    check_images(cloud)
    check_gone(cloud)
    assert cloud.defects == []


def check_storage(cloud: Cloud) -> None:
    """The database has what its commits wrote, and nothing else."""
    if isinstance(cloud.store, SqlStore):
        stored, seen = _fields(cloud.store.stored()), _fields(cloud.store.rows)
        assert [plural for plural in stored if stored[plural] != seen[plural]] == []


def _fields(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {plural: {ident: vars(row) for ident, row in rows.items()} for plural, rows in tables.items()}


def check_tasks(cloud: Cloud) -> None:
    """Every task has ended and holds nothing; nobody is in the middle of something."""
    for task in cloud.rows("tasks"):
        assert not task.is_open, (task.flow, task.log[-5:])
        assert (task.intents, task.exclusive, task.lease_owner) == ([], None, "")
        assert task.ended_at is not None
        assert task.wake_at is not None, task.flow
    for plural, lifecycle in ((r.plural, r.lifecycle) for r in cloud.platform.resources):
        if lifecycle is not None:
            moving = [row for row in cloud.rows(plural) if row.status in lifecycle.transitional()]
            assert moving == [], (plural, [row.status for row in moving])


def check_ledgers(cloud: Cloud) -> None:
    """Claims and quotas are the sums of what is there, and no host carries more than it has."""
    owed = Owed(cloud)
    for claim in cloud.rows("hostclaims"):
        held = owed.hosts.pop(claim.id, Counter())
        wrong = {key: (getattr(claim, key), held[key]) for key in HOST_CLAIM if getattr(claim, key) != held[key]}
        assert wrong == {}, f"the claims at {claim.id} say {_told(wrong)}"
    for claim in cloud.rows("storageclaims"):
        held_mib = owed.storages.pop(claim.id, 0)
        assert claim.size_mib == held_mib, (
            f"the claims at {claim.id} say {claim.size_mib} MiB, and {held_mib} are there"
        )
    for row in cloud.rows("quotausages"):
        spent = owed.usage.pop(row.id, Counter())
        wrong = {key: (getattr(row, key), spent[key]) for key in COUNTERS if getattr(row, key) != spent[key]}
        assert wrong == {}, f"the quota of {row.id} says {_told(wrong)}"
    owed.check_all_told()
    check_nodes(cloud, quiet=True)
    check_capacity(cloud)
    check_alerts(cloud)


def check_alerts(cloud: Cloud) -> None:
    """Who has reached a threshold of a limit is told of, and nobody else."""
    there: dict[str, dict[str, int]] = {}
    for row in cloud.rows("quota_alerts"):
        if is_counted(row.field, row.keys):
            continue
        there.setdefault(f"{row.domain_id}/{row.tenant_id}", {})[row.field] = row.percent
    limited = [[getattr(row, name) for name in (*OWNED, *LIMITED)] for row in cloud.rows("quotalimits")]
    for usage in cloud.rows("quotausages"):
        domain, _, project = usage.id.partition("/")
        limits = limits_among(limited, domain, (project,), LIMITED)[project]
        wanted = expected(limits, {key: getattr(usage, key) for key in COUNTERS})
        assert there.pop(usage.id, {}) == wanted, f"alerts of {usage.id}"
    assert there == {}, "alerts of owners who hold nothing"


def _told(wrong: Mapping[str, tuple[int, int]]) -> str:
    """Of which counter which number is written, and which would be right."""
    return ", ".join(f"{key} {written} where {there} are there" for key, (written, there) in sorted(wrong.items()))


def check_cover(cloud: Cloud) -> None:
    """Whatever is under way: nothing that is there is held by nobody; what is being made may be held already."""
    owed = Owed(cloud)
    for claim in cloud.rows("hostclaims"):
        held = owed.hosts.pop(claim.id, Counter())
        assert all(getattr(claim, key) >= held[key] for key in HOST_CLAIM), (claim.id, _of_claim(claim), held)
    for claim in cloud.rows("storageclaims"):
        held_mib = owed.storages.pop(claim.id, 0)
        assert claim.size_mib >= held_mib, (claim.id, claim.size_mib, held_mib)
    for row in cloud.rows("quotausages"):
        spent = owed.usage.pop(row.id, Counter())
        short = {key: (getattr(row, key), spent[key]) for key in COUNTERS if getattr(row, key) < spent[key]}
        assert short == {}, (row.id, short)
    owed.check_all_told()
    check_nodes(cloud, quiet=False)
    check_capacity(cloud)


def check_capacity(cloud: Cloud) -> None:
    """No host carries more than it has, so many times as may be given out."""
    settings = cloud.platform.settings
    for host in cloud.rows("hosts"):
        claim = cloud.row("hostclaims", host.id)
        cpus = host.cpu_count * (settings.cpu_overcommit if host.cpu_cmtbound is None else host.cpu_cmtbound)
        memory = host.mem_size * (settings.memory_overcommit if host.mem_cmtbound is None else host.mem_cmtbound)
        if claim is not None:
            assert claim.vcpus <= cpus, f"host {host.id} has {cpus} CPUs, and {claim.vcpus} are given out"
            assert claim.memory_mib <= memory, f"host {host.id} has {memory} MiB, and {claim.memory_mib} are given out"
    check_room(cloud)


class Owed:
    """What the rows say that is held: of hosts and storages by id, of quotas by `<domain>/<project>`."""

    def __init__(self, cloud: Cloud) -> None:
        self.hosts: dict[str, Counter[str]] = defaultdict(Counter)
        self.storages: Counter[str] = Counter()
        self.usage: dict[str, Counter[str]] = defaultdict(Counter)
        for server in cloud.rows("servers"):
            if server.host_id is not None and not server.pending_deleted:
                self.hosts[server.host_id].update(vcpus=server.vcpu_count, memory_mib=server.vmem_size, guests=1)
                self._count(server, count=1, cpu=server.vcpu_count, memory=server.vmem_size)
        for disk in cloud.rows("disks"):
            if disk.status != "alloc_failed":
                self.storages[disk.storage_id] += disk.disk_size
                if not disk.pending_deleted:
                    self._count(disk, storage=disk.disk_size)
        for snapshot in cloud.rows("snapshots"):
            if snapshot.status != "create_failed":
                self._count(snapshot, snapshot=1)
        for kept in cloud.rows("instance_snapshots"):
            if kept.status != "instance_snapshot_create_failed":
                self._count(kept, instance_snapshot=1)
        self._count_plain(cloud)

    def check_all_told(self) -> None:
        """Nothing is held of what has no ledger."""
        left = (+Counter(self.hosts), +self.storages, {ident: +held for ident, held in self.usage.items() if +held})
        assert left == (Counter(), Counter(), {}), f"held, and in no ledger: {left}"

    def _count_plain(self, cloud: Cloud) -> None:
        for image in cloud.rows("images"):
            if image.quota_held:
                self._count(image, image=1)
        for resource in (r for r in cloud.platform.resources if r.counts_as or r.holds):
            for row in cloud.rows(resource.plural):
                self._count(row, **resource.charged(row))

    def _count(self, row: Any, **amounts: int) -> None:
        for owner in dict.fromkeys(("", getattr(row, "tenant_id", ""))):
            self.usage[f"{row.domain_id}/{owner}"].update(amounts)


HOST_CLAIM = ("vcpus", "memory_mib", "guests")


def _of_claim(claim: Any) -> dict[str, int]:
    return {key: getattr(claim, key) for key in HOST_CLAIM}


def check_addresses(cloud: Cloud) -> None:
    """No address has two holders, whatever holds it, and no two cards are one."""
    macs = Counter(nic.mac_addr for nic in cloud.rows("guestnetworks"))
    assert [mac for mac, count in macs.items() if count > 1] == []
    # What was over when somebody else took the address is not over any more where the clock has jumped back.
    still = cloud.clock.now() + CLOCK_JUMPS
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for plural in HOLDERS:
        for row in cloud.rows(plural):
            if row.ip_addr and (getattr(row, "expired_at", None) or still) >= still:
                holders[row.network_id, row.ip_addr].append(f"{plural} {row.id}")
    twice = {address: found for address, found in holders.items() if len(found) > 1}
    assert twice == {}, f"held twice: {twice}"
    groups = Counter(row.network_id for row in cloud.rows("groupnetworks"))
    counted = {network.id: network.group_count for network in cloud.rows("networks") if network.group_count}
    assert counted == dict(groups), f"addresses of groups: {counted} are counted where {dict(groups)} are there"


def check_orphans(cloud: Cloud) -> None:
    """What names another row names one that is there."""
    known = {resource.plural for resource in cloud.platform.resources}
    for resource in cloud.platform.resources:
        for field in fields_of(resource.entity):
            if field.ref is None or field.ref.target not in known or field.ref.target in ELSEWHERE:
                continue
            for row in cloud.rows(resource.plural):
                ident = getattr(row, field.name)
                there = not ident or cloud.row(field.ref.target, ident) is not None
                assert there, f"{resource.singular} {row.id}: there is no {field.name} {ident}"


def check_hosts(cloud: Cloud) -> None:
    """What is on the hosts is what the records say; of servers whose deletion failed, at most that."""
    wanted: set[tuple[str, str, str]] = set()
    optional: set[tuple[str, str, str]] = set()
    for server in cloud.rows("servers"):
        if server.host_id is not None:
            (optional if _is_partly(cloud, server) else wanted).update(_things(cloud, server))
    for disk in cloud.rows("disks"):
        if disk.status != "alloc_failed":
            place = (disk.storage_id.removeprefix("s-"), "volume", disk.id)
            (optional if _half_gone(cloud, disk) else wanted).add(place)
    found = {
        (ident, thing.kind.value, thing.ident)
        for ident, machine in cloud.machines.items()
        for thing in machine.machine.inventory()
        if thing.kind not in (FoundKind.IMAGE, FoundKind.VOLUME) and thing.mark.deployment == DEPLOYMENT
    }
    found |= {
        ("shared" if path == SHARED else ident, FoundKind.VOLUME.value, volume.volume_id)
        for ident, machine in cloud.machines.items()
        for (path, _), volume in machine.machine.volumes.items()
        if volume.mark.deployment == DEPLOYMENT
    }
    assert found - wanted - optional == set(), f"on hosts, and in no record: {sorted(found - wanted - optional)}"
    assert wanted - found == set(), f"in records, and on no host: {sorted(wanted - found)}"
    for server in cloud.rows("servers"):
        if server.status in ("running", "ready", "suspend"):
            assert server.host_id in cloud.machines, f"{server.name} is {server.status} and on no host"
            state = cloud.machines[server.host_id].machine.power_state(server.id)
            assert (server.status, state) in (("running", "on"), ("ready", "off"), ("suspend", "saved")), server.name


def check_foreign(cloud: Cloud) -> None:
    """Nothing that another deployment put on a host was touched."""
    assert {ident: changed for ident, agent in cloud.machines.items() if (changed := agent.foreign_changes())} == {}


def check_images(cloud: Cloud) -> None:
    """The image store has the bytes of the images and their forms, and no others."""
    rows = [*cloud.rows("images"), *cloud.rows("subimages")]
    named = {key for row in rows for key in (row.store_key, getattr(row, "staged_key", "")) if key}
    found = set(cloud.images.keys())
    assert found - named == set(), f"in the image store, and in no record: {sorted(found - named)}"
    wanted = {row.store_key for row in rows if row.status == "active"}
    assert wanted - found == set(), f"in records, and not in the image store: {sorted(wanted - found)}"


def _things(cloud: Cloud, server: Any) -> set[tuple[str, str, str]]:
    things = {(server.host_id, "guest", server.id)}
    return things | {(server.host_id, "lease", nic.mac_addr) for nic in _of(cloud, "guestnetworks", server)}


def _half_gone(cloud: Cloud, disk: Any) -> bool:
    links = (link for link in cloud.rows("guestdisks") if link.disk_id == disk.id)
    servers = (cloud.row("servers", link.guest_id) for link in links)
    return disk.status in HALF_GONE or any(server.status in HALF_GONE for server in servers)


def _is_partly(cloud: Cloud, server: Any) -> bool:
    """Whether an operation stopped half-way; also one that has been asked for its state since, but has a disk unmade."""
    disks = [cloud.row("disks", link.disk_id) for link in _of(cloud, "guestdisks", server)]
    return server.status in HALF_GONE or any(disk.status in HALF_GONE for disk in disks)


def check_snapshots(cloud: Cloud) -> None:
    """What volumes keep is what the records say."""
    rows = {(row.disk_id, row.id): row.status for row in cloud.rows("snapshots")}
    found = {
        (volume.volume_id, ident)
        for agent in cloud.machines.values()
        for volume in agent.machine.volumes.values()
        for ident in volume.snapshots
    }
    # With a volume go its snapshots; their rows go with the deletion, which may have stopped half-way.
    whole = {disk.id for disk in cloud.rows("disks") if not _half_gone(cloud, disk)}
    kept = {key for key, status in rows.items() if status == "ready" and key[0] in whole}
    assert found - rows.keys() == set(), f"volumes keep what is in no record: {sorted(found - rows.keys())}"
    assert kept - found == set(), f"records of what no volume keeps: {sorted(kept - found)}"


def _of(cloud: Cloud, plural: str, server: Any) -> list[Any]:
    return [row for row in cloud.rows(plural) if row.guest_id == server.id]


def check_history(cloud: Cloud) -> None:
    """Each entity's versions follow each other without a gap, and begin and end with its row."""
    versions: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for record in cloud.store.rows[HISTORY.plural].values():
        known = versions[record.obj_type, record.obj_id]
        # Facts of what is there, such as keys that were pressed, have no version: they change nothing.
        if record.version or not known:
            known.append((record.action, record.version))
    there = {(kind.singular, row.id) for kind in cloud.platform.resources for row in cloud.rows(kind.plural)}
    for key, records in versions.items():
        numbers = [version for _, version in records]
        # What removes a row, whatever it is called, tells the version that the row had.
        if key not in there and len(numbers) > 1 and numbers[-1] == numbers[-2]:
            numbers = numbers[:-1]
        assert numbers == list(range(len(numbers))), (key, records)
    for resource in cloud.platform.resources:
        if resource.recorded and resource.plural != HISTORY.plural:
            for row in cloud.rows(resource.plural):
                last = versions[resource.singular, row.id][-1]
                assert last[1] == row.update_version, (resource.plural, row.id)


def snapshot(cloud: Cloud, *, but: tuple[str, ...] = ("tasks", "history")) -> str:
    """All rows and the hosts' inventory, as text that can be compared; without times and versions."""
    skipped = ("created_at", "updated_at", "update_version")
    tables = {
        plural: {
            ident: {k: v for k, v in row.__dict__.items() if k not in skipped} for ident, row in sorted(rows.items())
        }
        for plural, rows in cloud.store.rows.items()
        if plural not in but
    }
    hosts = {
        ident: [[f.kind.value, f.ident, f.power_state] for f in machine.machine.inventory()]
        for ident, machine in cloud.machines.items()
    }
    return json.dumps({"tables": tables, "hosts": hosts}, default=str, sort_keys=True)
