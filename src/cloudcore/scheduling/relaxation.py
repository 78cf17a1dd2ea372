"""The smallest changes of a refused request that would make it fit, each proven by running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pipeline import schedule
from cloudcore.scheduling.request import Request

MAX_RELAXATIONS = 5
_SERVERS = "servers"
_MOST_SEARCHED = 200

Scale = Callable[[Request, int], Request]


@attrs.frozen(kw_only=True)
class Relaxation:
    """A change in words (`memory 1024 MiB instead of 4096 MiB`), and the request after it, which fits."""

    text: str
    request: Request


@attrs.frozen
class _Amount:
    """An amount that can be lowered: where it stands, how to set it, and what to call it."""

    name: str
    unit: str
    value: int
    put: Scale

    def lowered(self, request: Request, value: int) -> Request:
        return self.put(request, value)

    def text(self, value: int) -> str:
        return f"{self.name} {value}{self.unit} instead of {self.value}{self.unit}"


def relaxations(inventory: Inventory, request: Request) -> tuple[Relaxation, ...]:
    """Find up to five changes, each alone enough; for use after a refusal only.

    Where no single change helps, the answer is one combination of several, none of which could be left out.
    Amounts (servers, memory, CPUs, the largest disk) are lowered to the largest value that fits. The relaxed requests
    ask for all servers or none, also where the original was best effort. Some eighty decisions are made; so batches of
    more than 200 servers are offered fewer servers, but no search for what would do for all of them.
    """
    strict = attrs.evolve(request, best_effort=False)
    if _fits(inventory, strict):
        return ()
    found = [Relaxation(text=text, request=relaxed) for text, relaxed in _dropped(strict) if _fits(inventory, relaxed)]
    for amount in _amounts(strict):
        value = _largest(inventory, strict, amount)
        if value:
            found.append(Relaxation(text=amount.text(value), request=amount.put(strict, value)))
    return tuple(found[:MAX_RELAXATIONS]) or _combined(inventory, strict)


def _fits(inventory: Inventory, request: Request) -> bool:
    return schedule(inventory, request).refusal is None


def _largest(inventory: Inventory, request: Request, amount: _Amount) -> int:
    """Search the largest lower value that fits by halving; 0 when even 1 does not."""
    if amount.name == _SERVERS:
        return schedule(inventory, request).fitting
    if not _fits(inventory, amount.put(request, 1)):
        return 0
    low, high = 1, amount.value
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(inventory, amount.put(request, middle)):
            low = middle
        else:
            high = middle
    return low


def _combined(inventory: Inventory, request: Request) -> tuple[Relaxation, ...]:
    """Relax everything, then take each change back, or as far back as it goes, while the request still fits."""
    amounts = _amounts(request)
    drops = [(text, tuple(changes)) for text, changes in _drops(request)]
    lowered: dict[str, int] = {amount.name: 1 for amount in amounts}

    def build(kept: list[tuple[str, tuple[str, ...]]]) -> Request:
        relaxed = _without(request, [name for _, names in kept for name in names])
        for amount in amounts:
            relaxed = amount.put(relaxed, lowered[amount.name])
        return relaxed

    if not _fits(inventory, build(drops)):
        return ()
    for drop in list(drops):
        fewer = [one for one in drops if one != drop]
        if _fits(inventory, build(fewer)):
            drops = fewer
    for amount in amounts:
        lowered[amount.name] = amount.value
        relaxed = build(drops)
        if not _fits(inventory, relaxed):
            lowered[amount.name] = _largest(inventory, relaxed, amount)
    texts = [text for text, _ in drops]
    texts += [amount.text(lowered[amount.name]) for amount in amounts if lowered[amount.name] < amount.value]
    return (Relaxation(text=", ".join(texts), request=build(drops)),)


def _drops(request: Request) -> Iterator[tuple[str, list[str]]]:
    preferences = {
        "prefer_host": "any host",
        "prefer_wire": "any wire",
        "prefer_zone": "any zone",
        "prefer_zones": "any zone",
        "prefer_manager": "any manager",
        "prefer_region": "any region",
    }
    for name, words in preferences.items():
        value = getattr(request, name)
        if value:
            wanted = value if isinstance(value, str) else ", ".join(value)
            yield f"{words} instead of {wanted}", [name]
    if any(disk.backend or disk.medium or disk.storage_id for disk in request.disks):
        yield "any kind of storage", ["disks"]
    if any(nic.network_id or nic.wire_id for nic in request.nets):
        yield "any network", ["nets"]


def _dropped(request: Request) -> Iterator[tuple[str, Request]]:
    for text, names in _drops(request):
        yield text, _without(request, names)


def _without(request: Request, names: list[str]) -> Request:
    changes: dict[str, Any] = {}
    for name in names:
        if name == "disks":
            changes[name] = tuple(attrs.evolve(disk, backend="", medium="", storage_id="") for disk in request.disks)
        elif name == "nets":
            changes[name] = tuple(attrs.evolve(nic, network_id="", wire_id="", address="") for nic in request.nets)
        else:
            changes[name] = () if name == "prefer_zones" else ""
    return attrs.evolve(request, **changes)


def _amounts(request: Request) -> list[_Amount]:
    amounts = [
        _Amount(_SERVERS, "", request.count, lambda r, value: attrs.evolve(r, count=value)),
        _Amount("memory", " MiB", request.memory_mib, lambda r, value: attrs.evolve(r, memory_mib=value)),
        _Amount("CPUs", "", request.vcpus, lambda r, value: attrs.evolve(r, vcpus=value)),
    ]
    if request.disks:
        at, size = max(enumerate(disk.size_mib for disk in request.disks), key=lambda pair: pair[1])
        name = f"size of disk {request.disks[at].index}"
        amounts.append(_Amount(name, " MiB", size, lambda r, value: _with_disk(r, at, value)))
    if request.count > _MOST_SEARCHED:
        amounts = amounts[:1]
    return [amount for amount in amounts if amount.value > 1]


def _with_disk(request: Request, at: int, size_mib: int) -> Request:
    disks = list(request.disks)
    disks[at] = attrs.evolve(disks[at], size_mib=size_mib)
    return attrs.evolve(request, disks=tuple(disks))
