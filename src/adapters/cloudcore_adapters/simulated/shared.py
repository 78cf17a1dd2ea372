"""Storages that several simulated hosts reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

import attrs

T = TypeVar("T")
Key = tuple[str, str]


@attrs.frozen
class SharedStorage:
    """What lies on one such storage, by (path, id): each host that is given it sees the same."""

    volumes: dict[Key, Any] = attrs.field(factory=dict[Key, Any])
    images: dict[Key, Any] = attrs.field(factory=dict[Key, Any])


class Things(MutableMapping[Key, T]):
    """What a host holds by (path, id): its own, and what lies under the paths of shared storages."""

    def __init__(self, shared: Mapping[str, dict[Key, T]]) -> None:
        self._own: dict[Key, T] = {}
        self._shared = dict(shared)

    def __getitem__(self, key: Key) -> T:
        return self._place(key)[key]

    def __setitem__(self, key: Key, thing: T) -> None:
        self._place(key)[key] = thing

    def __delitem__(self, key: Key) -> None:
        del self._place(key)[key]

    def __iter__(self) -> Iterator[Key]:
        yield from self._own
        for place in self._shared.values():
            yield from place

    def __len__(self) -> int:
        return len(self._own) + sum(len(place) for place in self._shared.values())

    def replace(self, things: Mapping[Key, T]) -> None:
        """Hold these and nothing else of the host's own; what is shared is only added to."""
        self._own = {}
        self.update(things)

    def _place(self, key: Key) -> dict[Key, T]:
        return self._shared.get(key[0], self._own)
