"""How servers are laid upon hosts: spread, or packed so that whole hosts stay empty."""

from __future__ import annotations

from enum import StrEnum


class Placement(StrEnum):
    """A way to lay servers upon hosts; empty: as the next larger thing says (a tag of hosts, their zone, the deployment)."""

    UNSET = ""
    SPREAD = "spread"
    PACK = "pack"
