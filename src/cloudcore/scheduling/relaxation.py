"""The smallest changes of a refused request that would make it fit, each proven by running it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from cloudcore.scheduling.columns import frozen
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pipeline import filter_hosts, fitting
from cloudcore.scheduling.request import KEEPS_NODES, TAKES_RUNNING, Request

MAX_RELAXATIONS = 5
_SERVERS = "servers"
_MOST_SEARCHED = 200

_MOST_TRIED = 8
_PLACES = {
    "prefer_host": "any host",
    "prefer_wire": "any wire",
    "prefer_zone": "any zone",
    "prefer_zones": "any zone",
    "prefer_manager": "any manager",
    "prefer_region": "any region",
}

Change = Callable[[Request], Request]
Scale = Callable[[Request, int], Request]


@attrs.frozen(kw_only=True)
class Relaxation:
    """A change in words (`memory 1024 MiB instead of 4096 MiB`), and the request after it, which fits.

    gone: the id of a server whose end is the change.
    """

    text: str
    request: Request
    gone: str = ""


@attrs.frozen(kw_only=True)
class Occupant:
    """A server that runs on a host of the inventory, and what it holds there."""

    id: str
    name: str = ""
    host_id: str
    vcpus: int
    memory_mib: int


@attrs.frozen
class _Drop:
    """A wish that can be given up, in words, and how."""

    text: str
    put: Change


@attrs.frozen
class _Amount:
    """An amount that can be lowered: where it stands, how to set it, what to call it, and how far down it goes."""

    name: str
    unit: str
    value: int
    put: Scale
    least: int = 1

    def lowered(self, request: Request, value: int) -> Request:
        return self.put(request, value)

    def text(self, value: int) -> str:
        return f"{self.name} {value}{self.unit} instead of {self.value}{self.unit}"


def relaxations(inventory: Inventory, request: Request, occupants: Iterable[Occupant] = ()) -> tuple[Relaxation, ...]:
    """Find up to five changes, each alone enough and tried out; for use after a refusal only.

    Where no single change helps, the answer is one combination of several, none of which could be left out.
    Amounts (servers, memory, CPUs, the largest disk) are lowered to the largest value that fits. The relaxed requests
    ask for all servers or none, also where the original was best effort. Some eighty decisions are made; so batches of
    more than 200 servers are offered fewer servers, but no search for what would do for all of them.

    occupants: servers whose end the caller may bring about; the smallest one that would make room is named.
    """
    strict = attrs.evolve(request, best_effort=False)
    if _fits(inventory, strict):
        return ()
    dropped = [(drop.text, drop.put(strict)) for drop in _drops(strict)]
    found = [Relaxation(text=text, request=relaxed) for text, relaxed in dropped if _fits(inventory, relaxed)]
    for amount in _amounts(strict):
        value = _largest(inventory, strict, amount)
        if value:
            found.append(Relaxation(text=amount.text(value), request=amount.put(strict, value)))
    gone = departure(inventory, strict, occupants)
    if gone is not None:
        text = f"server {gone.name or gone.id} gone"
        found.insert(MAX_RELAXATIONS - 1, Relaxation(text=text, request=strict, gone=gone.id))
    return tuple(found[:MAX_RELAXATIONS]) or _combined(inventory, strict)


def departure(inventory: Inventory, request: Request, occupants: Iterable[Occupant]) -> Occupant | None:
    """The smallest server whose end makes room for all of a request; of those with most chances eight are tried."""
    counted = {"host_memory", "host_cpu", "resource_type", "host_group"}
    others = tuple(one for one in FILTERS if one.name not in {*counted, *request.ignore_filters})
    kept = filter_hosts(inventory, request, others).kept
    hosts, tried = inventory.hosts, 0
    for one in sorted(occupants, key=lambda each: (each.memory_mib, each.vcpus, each.id)):
        row = hosts.index.get(one.host_id)
        if row is None or not kept[row]:
            continue
        short = request.vcpus > hosts.cpu_free[row] + one.vcpus or request.memory_mib > (
            hosts.mem_free_mib[row] + one.memory_mib
        )
        if short:
            continue
        if _fits(without(inventory, one), request):
            return one
        tried += 1
        if tried == _MOST_TRIED:
            return None
    return None


def without(inventory: Inventory, occupant: Occupant) -> Inventory:
    """The inventory once a server of it is gone."""
    hosts = inventory.hosts
    row = hosts.index[occupant.host_id]
    cpu, memory, guests = hosts.cpu_free.copy(), hosts.mem_free_mib.copy(), hosts.guests.copy()
    cpu[row] += occupant.vcpus
    memory[row] += occupant.memory_mib
    guests[row] = max(int(guests[row]) - 1, 0)
    for column in (cpu, memory, guests):
        frozen(column)
    return attrs.evolve(inventory, hosts=attrs.evolve(hosts, cpu_free=cpu, mem_free_mib=memory, guests=guests))


def _fits(inventory: Inventory, request: Request) -> bool:
    return fitting(inventory, request) == request.count


def _largest(inventory: Inventory, request: Request, amount: _Amount) -> int:
    """Search the largest lower value that fits by halving; 0 when not even the least does."""
    if amount.name == _SERVERS:
        return fitting(inventory, request)
    if not _fits(inventory, amount.put(request, amount.least)):
        return 0
    low, high = amount.least, amount.value
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(inventory, amount.put(request, middle)):
            low = middle
        else:
            high = middle
    return low


def _combined(inventory: Inventory, request: Request) -> tuple[Relaxation, ...]:
    """Relax everything, then take each change back, or as far back as it goes, while the request still fits."""
    amounts, drops = _amounts(request), _drops(request)
    lowered: dict[str, int] = {amount.name: amount.least for amount in amounts}

    def build(kept: list[_Drop]) -> Request:
        relaxed = request
        # Places in the request move when something is dropped, so the last go first.
        for drop in reversed(kept):
            relaxed = drop.put(relaxed)
        for amount in amounts:
            relaxed = amount.put(relaxed, lowered[amount.name])
        return relaxed

    if not _fits(inventory, build(drops)):
        return ()
    for drop in list(drops):
        fewer = [one for one in drops if one is not drop]
        if _fits(inventory, build(fewer)):
            drops = fewer
    for amount in amounts:
        lowered[amount.name] = amount.value
        relaxed = build(drops)
        if not _fits(inventory, relaxed):
            lowered[amount.name] = _largest(inventory, relaxed, amount)
    texts = [drop.text for drop in drops]
    texts += [amount.text(lowered[amount.name]) for amount in amounts if lowered[amount.name] < amount.value]
    return (Relaxation(text=", ".join(texts), request=build(drops)),)


def _drops(request: Request) -> list[_Drop]:
    """Every wish that could be given up."""
    found = _place_drops(request)
    if request.live is not None:
        found.append(_Drop("while it is off", _off))
    if request.arch and "arch" not in request.given:
        found.append(_Drop(f"any architecture instead of {request.arch}", _setting("arch", "")))
    found += _tag_drops(request)
    for place, room in enumerate(request.rooms):
        found.append(_Drop(f"outside of group {room.name}", _leaving("rooms", place)))
    for place, one in enumerate(request.allowances):
        found.append(_Drop(f"with a higher limit of {one.name}", _leaving("allowances", place)))
    if request.numa_nodes and "numa_nodes" not in request.given:
        text = f"any number of NUMA nodes instead of {request.numa_nodes}"
        found.append(_Drop(text, _setting("numa_nodes", 0)))
    for place, device in enumerate(request.devices):
        found.append(_Drop(f"without device {device.index}", _leaving("devices", place)))
    for place, nic in enumerate(request.nets):
        if nic.device is not None:
            plain = (*request.nets[:place], attrs.evolve(nic, device=None), *request.nets[place + 1 :])
            found.append(_Drop(f"card {nic.index} as an ordinary one", _setting("nets", plain)))
    is_wished = "storages" not in request.given
    if is_wished and any(disk.backend or disk.medium or disk.storage_id for disk in request.disks):
        anywhere = tuple(attrs.evolve(disk, backend="", medium="", storage_id="") for disk in request.disks)
        found.append(_Drop("any kind of storage", _setting("disks", anywhere)))
    if any(nic.network_id or nic.wire_id for nic in request.nets):
        reachable = tuple(attrs.evolve(nic, network_id="", wire_id="", address="") for nic in request.nets)
        found.append(_Drop("any network", _setting("nets", reachable)))
    return found


def _place_drops(request: Request) -> list[_Drop]:
    found: list[_Drop] = []
    for name, words in _PLACES.items():
        value = getattr(request, name)
        if value:
            wanted = value if isinstance(value, str) else ", ".join(value)
            nothing = "" if isinstance(value, str) else ()
            found.append(_Drop(f"{words} instead of {wanted}", _setting(name, nothing)))
    return found


def _tag_drops(request: Request) -> list[_Drop]:
    """Every tag that could be given up; those of disks, and of cards, all together."""
    found: list[_Drop] = []
    for place, mark in enumerate(request.marks):
        if mark.is_hard and mark.name not in request.given:
            word = "without" if mark.strategy == "require" else "also with"
            found.append(_Drop(f"{word} tag {mark.name}", _leaving("marks", place)))
    for name, words in (("disks", "storages"), ("nets", "networks")):
        parts = getattr(request, name)
        if any(mark.is_hard for part in parts for mark in part.marks):
            bare = tuple(attrs.evolve(part, marks=()) for part in parts)
            found.append(_Drop(f"without tags of {words}", _setting(name, bare)))
    return found


def _off(request: Request) -> Request:
    """The same for a server that is switched off to move."""
    marks = tuple(mark for mark in request.marks if mark.name not in (TAKES_RUNNING, KEEPS_NODES))
    return attrs.evolve(request, live=None, marks=marks, numa_nodes=0)


def _setting(name: str, value: object) -> Change:
    changes: dict[str, Any] = {name: value}
    return lambda request: attrs.evolve(request, **changes)


def _leaving(name: str, place: int) -> Change:
    def change(request: Request) -> Request:
        parts = getattr(request, name)
        changes: dict[str, Any] = {name: (*parts[:place], *parts[place + 1 :])}
        return attrs.evolve(request, **changes)

    return change


def _amounts(request: Request) -> list[_Amount]:
    amounts = [_Amount(_SERVERS, "", request.count, lambda r, value: attrs.evolve(r, count=value))]
    if "size" not in request.given:
        amounts += [
            _Amount(
                name="memory",
                unit=" MiB",
                value=request.memory_mib,
                put=lambda r, value: attrs.evolve(r, memory_mib=value),
                least=max(request.least_memory_mib, 1),
            ),
            _Amount(
                name="CPUs",
                unit="",
                value=request.vcpus,
                put=lambda r, value: attrs.evolve(r, vcpus=value),
                least=max(request.least_vcpus, 1),
            ),
        ]
    if request.disks:
        at, disk = max(enumerate(request.disks), key=lambda pair: pair[1].size_mib)
        name = f"size of disk {disk.index}"
        amounts.append(
            _Amount(name, " MiB", disk.size_mib, lambda r, value: _with_disk(r, at, value), least=disk.least_mib)
        )
    if request.count > _MOST_SEARCHED:
        amounts = amounts[:1]
    return [amount for amount in amounts if amount.value > amount.least]


def _with_disk(request: Request, at: int, size_mib: int) -> Request:
    disks = list(request.disks)
    disks[at] = attrs.evolve(disks[at], size_mib=size_mib)
    return attrs.evolve(request, disks=tuple(disks))
