"""What this process keeps of the inventory between two decisions, one pool for each type of host."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cloudcore.operations.pools import KeptPool
    from cloudcore.scheduling import Lifetimes


class KeptColumns:
    """Pools by type of host. Who looks into one or changes it holds `lock`, and asks nobody meanwhile.

    lifetimes: what was learned of the lives of servers, and when. classes: project → when its class was looked up, what had been
        written of projects until then, and the labels.
    """

    def __init__(self, lock: AbstractContextManager[Any] | None = None) -> None:
        """lock: without one, for a process in which one thread makes servers."""
        self.lock: AbstractContextManager[Any] = lock or nullcontext()
        self._known: dict[str, KeptPool] = {}
        self.lifetimes: tuple[datetime, Lifetimes] | None = None
        self.classes: dict[str, tuple[datetime, int, Mapping[str, str]]] = {}

    def get(self, host_type: str) -> KeptPool | None:
        """The pool of a type, if there is one."""
        return self._known.get(host_type)

    def put(self, host_type: str, pool: KeptPool) -> None:
        """Keep this pool instead of the one that was there."""
        self._known[host_type] = pool

    def forget(self) -> None:
        """Keep nothing: the next decision reads it all anew."""
        self._known = {}
        self.lifetimes = None
        self.classes = {}
