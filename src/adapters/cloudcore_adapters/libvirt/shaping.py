"""Whether this host's kernel can bound network cards: asked in a network namespace of its own, which nothing else sees."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from cloudcore.model.errors import BackendError, NotSupportedError
from cloudcore_adapters.libvirt.processes import run

WORDS = (
    "qdisc add dev lo root handle 1: htb default 1",
    "class add dev lo parent 1: classid 1:1 htb rate 1000kbps",
    "qdisc add dev lo parent 1:1 handle 2: sfq perturb 10",
    "qdisc add dev lo ingress",
    "filter add dev lo parent ffff: protocol all u32 match u32 0 0 police rate 1000kbps burst 1000kb drop flowid :1",
)
"""What libvirt does to bound a card, in the words of `tc`."""
_LIMIT_S = 10


@functools.cache
def can_bound_cards() -> bool:
    """Whether all of `WORDS` work here; where they do not, a guest with bounds would not start."""
    with tempfile.NamedTemporaryFile("w", suffix=".tc") as batch:
        batch.write("\n".join(WORDS) + "\n")
        batch.flush()
        try:
            run(["unshare", "--net", "tc", "-batch", str(Path(batch.name))], timeout_s=_LIMIT_S)
        except (BackendError, NotSupportedError):
            return False
    return True
