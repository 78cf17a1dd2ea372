"""What every handler works with: the cloud, its types by name, limits, workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.model.resource import ActionKind, Resource, field_map
from cloudcore.ports.session import Session
from cloudcore_adapters.rest.paths import compile_prefixes
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, StreamReply
from cloudcore_adapters.rest.serving import Limits, OpenSigned, ServedCloud, StoreSigned
from cloudcore_adapters.rest.workers import BridgedWorkers, Slots, Tide, Workers

Args: TypeAlias = Mapping[str, str]
Work: TypeAlias = Callable[["Site", Call, Args], Reply]
"""A handler that touches the core; it runs in a worker."""
Stream: TypeAlias = Callable[["Site", Call, Args], Awaitable[Reply | StreamReply]]
"""A handler that runs in the event loop and sends what touches the core to the workers itself."""
Handler: TypeAlias = Work | Stream


@attrs.frozen
class Unoffered:
    """The mark of a handler that only says what is not there: it answers, and no `Allow` and no document names it."""

    work: Work

    def __call__(self, site: Site, call: Call, args: Args) -> Reply:
        """See `Work`."""
        return self.work(site, call, args)


INTERNAL = "internal"
SHARED = frozenset({"tasks", "metadatas"})
"""Types that each service answers for under its own prefix."""
PROPERTIES = frozenset(
    {
        "statistics",
        "distinct-field",
        "distinct-fields",
        "domain-statistics",
        "project-statistics",
        "splitable",
        "splitable-export",
        "tag-value-pairs",
        "tag-value-tree",
        "project-tag-value-pairs",
        "project-tag-value-tree",
        "domain-tag-value-pairs",
        "domain-tag-value-tree",
    }
)
"""Properties that every collection may have; they are looked for before ids."""


class Site:
    """One deployment as it is served. Built once; what changes is in slots, in `tide` and in `answered` alone.

    answered: requests by the first digit of their status; written in the event loop only.
    """

    def __init__(
        self,
        cloud: ServedCloud,
        *,
        prefixes: Mapping[str, str],
        limits: Limits,
        public_url: str,
        open_signed: OpenSigned | None,
        store_signed: StoreSigned | None = None,
    ) -> None:
        self.cloud = cloud
        self.open_signed = open_signed
        self.store_signed = store_signed
        self.limits = limits
        self.public_url = public_url.rstrip("/")
        self.prefix_of = dict(prefixes)
        self.prefixes = compile_prefixes(prefixes)
        self.workers = Workers(limits.workers, limits.waiting)
        self.transfers = BridgedWorkers(limits.uploads, limits.uploads)
        self.uploads = Slots(limits.uploads, limits.uploads_per_caller)
        self.downloads = Slots(limits.downloads, limits.downloads)
        self.watches = Slots(limits.watches, limits.watches_per_caller)
        self.tide = Tide(self.workers, cloud.history_position)
        self.types: dict[str, Resource[Any]] = {r.plural: r for r in cloud.resources if r.service != INTERNAL}
        self.joints = _joint_paths(self.types)
        self.answered: Counter[int] = Counter()
        self._openapi: bytes = b""

    def type_of(self, service: str, plural: str) -> Resource[Any] | None:
        """The type that a service serves under a plural."""
        resource = self.types.get(plural)
        return resource if resource is not None and (resource.service == service or plural in SHARED) else None

    def is_property(self, resource: Resource[Any], word: str) -> bool:
        """Whether a word in the place of an id names a property of the collection."""
        return word in PROPERTIES or resource.action(word, ActionKind.PROPERTY) is not None

    def session(self, call: Call) -> Session:
        """The caller's session. Touches the core: only in a worker."""
        return call.session(self.cloud)

    def openapi(self) -> bytes:
        """The schema document, made at the first request."""
        if not self._openapi:
            from cloudcore_adapters.rest.openapi import document
            from cloudcore_adapters.rest.responses import render

            schema: JsonObject = document(self.cloud.resources, self.prefix_of)
            self._openapi = render(schema)
        return self._openapi


def _joint_paths(types: Mapping[str, Resource[Any]]) -> Mapping[tuple[str, str], Resource[Any]]:
    """The nested routes of relations: (plural of one side, word of the other) → the relation's type."""
    found: dict[tuple[str, str], Resource[Any]] = {}
    for resource in types.values():
        joint = resource.joint
        if joint is None:
            continue
        for name in (joint.left, joint.right):
            ref = field_map(resource.entity)[name].ref
            assert ref is not None, f"{resource.plural}.{name} refers to nothing"
            for word in (joint.left_path, joint.right_path):
                if word != ref.target:
                    found.setdefault((ref.target, word), resource)
    return found
