"""What scheduling tags mark: one joint type for each kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from cloudcore.model.entity import Entity, entity
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.model.resource import Joint, Level, OnDelete, Ref, Resource, Spec, Verb
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import schedtag

_TAG = Ref("schedtags", on_delete=OnDelete.CASCADE)
_VERBS = frozenset({Verb.LIST, Verb.GET, Verb.CREATE, Verb.DELETE})


@entity
class _Marked(Entity):
    """One mark."""

    schedtag_id: Annotated[str, Spec("Tag", create=True, width=128, index=True), _TAG]


@entity
class Schedtaghost(_Marked):
    """A marked host."""

    host_id: Annotated[str, Spec("Host", create=True, width=128, index=True), Ref("hosts", on_delete=OnDelete.CASCADE)]


@entity
class Schedtagstorage(_Marked):
    """A marked storage."""

    storage_id: Annotated[
        str, Spec("Storage", create=True, width=128, index=True), Ref("storages", on_delete=OnDelete.CASCADE)
    ]


@entity
class Schedtagnetwork(_Marked):
    """A marked network."""

    network_id: Annotated[
        str, Spec("Network", create=True, width=128, index=True), Ref("networks", on_delete=OnDelete.CASCADE)
    ]


@entity
class Schedtagzone(_Marked):
    """A marked zone."""

    zone_id: Annotated[str, Spec("Zone", create=True, width=128, index=True), Ref("zones", on_delete=OnDelete.CASCADE)]


@entity
class Schedtagcloudregion(_Marked):
    """A marked region."""

    cloudregion_id: Annotated[
        str, Spec("Region", create=True, width=128, index=True), Ref("cloudregions", on_delete=OnDelete.CASCADE)
    ]


def _prepare(plural: str) -> Callable[..., JsonObject]:
    def prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
        tag = tx.of(schedtag.SCHEDTAGS, PLATFORM).get(draft["schedtag_id"])
        if tag is None or tag.resource_type != plural:
            raise InvalidInputError(f"the tag does not mark {plural}", field="schedtag_id")
        return draft

    return prepare


def _joint(kind: type[Any], plural: str) -> Resource[Any]:
    singular = kind.__name__.lower()
    side = side_of(plural)
    return Resource(
        entity=kind,
        service="compute",
        area="compute",
        singular=singular,
        plural=f"{singular}s",
        doc=f"Scheduling tags of {plural}.",
        level=Level.SYSTEM,
        columns=("schedtag_id", "schedtag", side, side.removesuffix("_id")),
        unique=(("schedtag_id", side),),
        joint=Joint(left="schedtag_id", right=side, left_path="schedtags", right_path=plural),
        verbs=_VERBS,
        prepare=_prepare(plural),
    )


def side_of(plural: str) -> str:
    """The field of a joint that refers to what is marked."""
    return f"{plural[:-1]}_id"


def numbers(tx: Transaction, plural: str, idents: Sequence[str]) -> Mapping[str, int]:
    """Tag → how many things of a type it marks."""
    rows = tx.of(JOINTS[plural], PLATFORM).totals(one_of("schedtag_id", idents), by=("schedtag_id",))
    return {row["schedtag_id"]: int(row["count"]) for row in rows}


SCHEDTAGHOSTS = _joint(Schedtaghost, "hosts")
SCHEDTAGSTORAGES = _joint(Schedtagstorage, "storages")
SCHEDTAGNETWORKS = _joint(Schedtagnetwork, "networks")
SCHEDTAGZONES = _joint(Schedtagzone, "zones")
SCHEDTAGCLOUDREGIONS = _joint(Schedtagcloudregion, "cloudregions")

JOINTS: Mapping[str, Resource[Any]] = MappingProxyType(
    {
        "hosts": SCHEDTAGHOSTS,
        "storages": SCHEDTAGSTORAGES,
        "networks": SCHEDTAGNETWORKS,
        "zones": SCHEDTAGZONES,
        "cloudregions": SCHEDTAGCLOUDREGIONS,
    }
)
"""The joint type by the plural of what is marked."""
