"""Keep hosts whose processors run the requested architecture."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "architecture does not match"
_FAMILIES = {
    "x86": ("x86", "x86_64", "x86_32", "amd64", "i386", "i686"),
    "arm": ("arm", "arm64", "aarch64", "aarch32"),
    "riscv": ("riscv", "riscv64"),
}
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names}


def architecture(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the same family, under whichever of its names; an unnamed host architecture matches no request."""
    if not request.arch:
        return Verdict(alive)
    wanted = _family(request.arch)
    hosts = inventory.hosts
    return Verdict(
        alive
        & hosts.memo.recall(("family", wanted), lambda: hosts.architecture.where(lambda name: _family(name) == wanted))
    )


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the wanted architecture and that of the first of the hosts."""
    return f"request: {request.arch}, host: {inventory.hosts.architecture[int(rows[0])] or 'unknown'}"


def _family(name: str) -> str:
    return _FAMILY.get(name.lower(), name.lower())


ARCHITECTURE = Filter(name="host_arch", reason=REASON, apply=architecture, explain=explain, reads=Reads.FIXED)
