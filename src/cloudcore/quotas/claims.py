"""What the servers of a host hold of it, and the disks of a storage: admitted by conditional updates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from cloudcore.model.entity import Entity
from cloudcore.model.errors import BackendError, Contention, DuplicateResourceError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Adjustment, Repository, Transaction
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS, Hostclaim
from cloudcore.resources.compute.nodeclaim import NODECLAIMS, Nodeclaim, nodeclaim_id
from cloudcore.resources.compute.server.pins import amounts_of
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS, Storageclaim

E = TypeVar("E", bound=Entity)


def claim_host(
    tx: Transaction, host_id: str, *, vcpus: int, memory_mib: int, cpu_limit: int, memory_limit: int
) -> bool:
    """Take CPUs and memory (MiB) of a host for one more server; False, with nothing written, when they do not fit.

    One conditional update, which raises the claim's generation: of many at once on one host, each gets in that fits.
    """
    repository = tx.of(HOSTCLAIMS, PLATFORM)
    wanted = {"vcpus": vcpus, "memory_mib": memory_mib, "guests": 1, "update_version": 1}
    limits = {"vcpus": cpu_limit, "memory_mib": memory_limit}
    if repository.adjust(host_id, wanted, limits=limits):
        return True
    if repository.get(host_id) is not None:
        return False
    _opened(repository, Hostclaim(id=host_id))
    return repository.adjust(host_id, wanted, limits=limits)


def host_claim(
    host_id: str, *, vcpus: int, memory_mib: int, cpu_limit: int, memory_limit: int, version: int
) -> Adjustment:
    """What `claim_host` does of a host whose row has this version."""
    return Adjustment(
        resource=HOSTCLAIMS,
        ident=host_id,
        deltas={"vcpus": vcpus, "memory_mib": memory_mib, "guests": 1, "update_version": 1},
        limits={"vcpus": cpu_limit, "memory_mib": memory_limit},
        given=[(HOSTS, host_id, version)],
    )


def storage_claim(storage_id: str, *, size_mib: int, limit_mib: int, version: int) -> Adjustment:
    """What `claim_storage` does of a storage whose row has this version."""
    return Adjustment(
        resource=STORAGECLAIMS,
        ident=storage_id,
        deltas={"size_mib": size_mib},
        limits={"size_mib": limit_mib},
        given=[(STORAGES, storage_id, version)],
    )


def claim_together(tx: Transaction, wanted: Sequence[Adjustment]) -> bool:
    """Claim all of these, the host first; False, with nothing written, when one does not fit or is another than it was."""
    done = tx.adjust(wanted)
    if all(done):
        return True
    for one, is_done in zip(wanted, done, strict=True):
        back = {name: -delta for name, delta in one.deltas.items() if name != "update_version"}
        if is_done and not tx.of(one.resource, PLATFORM).adjust(one.ident, back):
            raise BackendError("a ledger is wrong: it would become negative", internal=one.ident)
    return False


def hold_hosts(tx: Transaction, host_ids: Collection[str]) -> None:
    """Keep others from claiming of these hosts until the unit ends, before several are claimed of in any order.

    Units that take the same hosts wait for each other here, instead of each having what the other wants.
    """
    for host_id in sorted(host_ids):
        tx.of(HOSTCLAIMS, PLATFORM).adjust(host_id, {"guests": 0})


def release_host(
    tx: Transaction, host_id: str, *, vcpus: int, memory_mib: int, pins: Sequence[Any] | None = None
) -> None:
    """Give back what one server held. pins: what of it was of NUMA nodes, as rows have it.

    Raises:
        BackendError: the ledger holds less than that: it is wrong.
    """
    given = {"vcpus": -vcpus, "memory_mib": -memory_mib, "guests": -1, "update_version": 1}
    if not tx.of(HOSTCLAIMS, PLATFORM).adjust(host_id, given):
        raise BackendError("the host's ledger is wrong: it would become negative", internal=host_id)
    release_nodes(tx, host_id, amounts_of(pins or ()))


def resize_host(
    tx: Transaction, host_id: str, *, vcpus: int, memory_mib: int, cpu_limit: int = 0, memory_limit: int = 0
) -> bool:
    """Take more CPUs and memory (MiB) of a host for a server that is there, or give back where they are negative.

    False, with nothing written, when what is taken does not fit the limits.
    """
    change = {"vcpus": vcpus, "memory_mib": memory_mib}
    limits = {"vcpus": cpu_limit, "memory_mib": memory_limit}
    bounded = {key: limits[key] for key, amount in change.items() if amount > 0}
    return tx.of(HOSTCLAIMS, PLATFORM).adjust(host_id, {**change, "update_version": 1}, limits=bounded)


def claim_nodes(
    tx: Transaction, host_id: str, wanted: Mapping[int, tuple[int, int]], limits: Mapping[int, tuple[int, int]]
) -> bool:
    """Take CPUs and memory (MiB) of NUMA nodes of a host; False, with nothing held, when they do not fit.

    Whoever calls has claimed of the host in this unit, so that nobody else takes of its nodes meanwhile.
    """
    repository = tx.of(NODECLAIMS, PLATFORM)
    taken: dict[int, tuple[int, int]] = {}
    for node, (vcpus, memory) in sorted(wanted.items()):
        if not vcpus and not memory:
            continue
        ident = nodeclaim_id(host_id, node)
        if repository.get(ident) is None:
            _opened(repository, Nodeclaim(id=ident, host_id=host_id, node=node))
        cpu_limit, memory_limit = limits.get(node, (0, 0))
        most = {"vcpus": cpu_limit, "memory_mib": memory_limit}
        if not repository.adjust(ident, {"vcpus": vcpus, "memory_mib": memory}, limits=most):
            release_nodes(tx, host_id, taken)
            return False
        taken[node] = (vcpus, memory)
    return True


def release_nodes(tx: Transaction, host_id: str, amounts: Mapping[int, tuple[int, int]]) -> None:
    """Give CPUs and memory (MiB) of NUMA nodes of a host back, whose own claim has changed in this unit.

    Raises:
        BackendError: the ledger holds less than that: it is wrong.
    """
    for node, (vcpus, memory) in sorted(amounts.items()):
        if not vcpus and not memory:
            continue
        ident = nodeclaim_id(host_id, node)
        if not tx.of(NODECLAIMS, PLATFORM).adjust(ident, {"vcpus": -vcpus, "memory_mib": -memory}):
            raise BackendError("the node's ledger is wrong: it would become negative", internal=ident)


def claim_storage(tx: Transaction, storage_id: str, *, size_mib: int, limit_mib: int) -> bool:
    """Take space of a storage; False, with nothing written, when it does not fit."""
    repository = tx.of(STORAGECLAIMS, PLATFORM)
    wanted, limits = {"size_mib": size_mib}, {"size_mib": limit_mib}
    if repository.adjust(storage_id, wanted, limits=limits):
        return True
    if repository.get(storage_id) is not None:
        return False
    _opened(repository, Storageclaim(id=storage_id))
    return repository.adjust(storage_id, wanted, limits=limits)


def release_storage(tx: Transaction, storage_id: str, *, size_mib: int) -> None:
    """Give space back.

    Raises:
        BackendError: the ledger holds less than that: it is wrong.
    """
    if not tx.of(STORAGECLAIMS, PLATFORM).adjust(storage_id, {"size_mib": -size_mib}):
        raise BackendError("the storage's ledger is wrong: it would become negative", internal=storage_id)


def _opened(repository: Repository[E], ledger: E) -> E:
    try:
        return repository.add(ledger)
    except DuplicateResourceError as error:
        # Somebody else has just made it; this unit may not see it yet.
        raise Contention("the ledger was just opened", internal=ledger.id) from error
