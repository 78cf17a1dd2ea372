"""The scheduling tags that matter for a new server, its disks and its cards.

A tag is asked for by name, by a policy whose condition holds for the request, or holds by itself where it has a default
strategy and nobody mentions it. It marks what was tagged with it, and what a dynamic tag's condition holds for. What is
asked of hosts, zones and regions matters for the server, of storages for each disk, of networks for each card. Where the
request names its host or zone itself, only the tags of such matter that it asks for beside that.

Source: scheduling tags, sched policies and dynamic tags on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.condition import Condition, parse_condition
from cloudcore.model.errors import InvalidInputError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Compare, Op, Query, both, eq, one_of
from cloudcore.model.reading import said
from cloudcore.model.resource import field_map
from cloudcore.operations.access import reach
from cloudcore.operations.members import check_tag_scope
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import find_one
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.schedpolicy import DYNAMICSCHEDTAGS, SCHEDPOLICIES
from cloudcore.resources.compute.schedtag import SCHEDTAGS
from cloudcore.resources.compute.spec import DiskSpec, NicSpec, SchedtagSpec, collect, parse_schedtag
from cloudcore.resources.compute.tagging import JOINTS, side_of
from cloudcore.scheduling import Mark

ASKED, USUAL = 10, 1
"""Weights of tags that are asked for, and of those that hold for every request."""
OF_SERVER = ("hosts", "zones", "cloudregions")
"""Types whose tags matter for a server itself."""
_FIELD = {"hosts": "hosts", "zones": "zones", "cloudregions": "regions", "storages": "storages", "networks": "networks"}
"""What a mark calls the ids of things of a type."""

_NAMED = {"hosts": ("prefer_host", "prefer_host_id"), "zones": ("prefer_zone", "prefer_zone_id")}
"""Where a request names the one thing of a type of `OF_SERVER` itself."""

OF_ALL = frozenset(("keys", "contains", "len"))
"""What a condition may call on a thing as a whole."""

_Wish: TypeAlias = "tuple[Any, str, int]"
"""A tag, a strategy, and how much it counts."""


@attrs.frozen(kw_only=True)
class Marks:
    """For the server, and for each disk and card in their order."""

    server: tuple[Mark, ...] = ()
    disks: tuple[tuple[Mark, ...], ...] = ()
    nics: tuple[tuple[Mark, ...], ...] = ()


def read_marks(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    body: JsonMapping,
    belongs: JsonObject,
    disks: Sequence[DiskSpec],
    nics: Sequence[NicSpec],
) -> Marks:
    """The tags of a create body. belongs: the new server's domain and project.

    Raises:
        ResourceNotFoundError: a tag is not there, or not for the caller.
        ForbiddenError: a tag is kept for others.
        InvalidInputError: names the field.
    """
    asking = _Asking(platform, tx, caller, belongs)
    wishes = [
        asking.read(entry, f"schedtags.{n}")
        for n, entry in enumerate(collect(body, plural="schedtags", legacy="schedtag"))
    ]
    of_disks = [asking.all(disk.schedtags, f"disks.{disk.index}.schedtags", "storages") for disk in disks]
    of_nics = [asking.all(nic.schedtags, f"nets.{nic.index}.schedtags", "networks") for nic in nics]
    documents = _Documents.of(body, belongs, disks, nics)
    policies = asking.policies()
    mentioned = {tag.id for tag, _, _ in [*wishes, *[wish for each in (*of_disks, *of_nics) for wish in each]]}
    open_kinds = tuple(kind for kind in OF_SERVER if not said(body, *_NAMED.get(kind, ())))
    wishes += asking.met(policies, documents.server, open_kinds)
    usual = asking.usual(mentioned | {tag.id for tag, _, _ in wishes})

    def of_part(own: Sequence[_Wish], document: JsonMapping, kind: str) -> tuple[Mark, ...]:
        met = asking.met(policies, document, (kind,))
        mine = [*own, *met, *_of_kind(wishes, (kind,))]
        named = {tag.id for tag, _, _ in mine}
        return asking.marks([*mine, *[wish for wish in _of_kind(usual, (kind,)) if wish[0].id not in named]], document)

    return Marks(
        server=asking.marks([*_of_kind(wishes, OF_SERVER), *_of_kind(usual, open_kinds)], documents.server),
        disks=tuple(of_part(own, doc, "storages") for own, doc in zip(of_disks, documents.disks, strict=True)),
        nics=tuple(of_part(own, doc, "networks") for own, doc in zip(of_nics, documents.nics, strict=True)),
    )


def marks_now(tx: Transaction, marks: Sequence[Mark], kinds: Sequence[str]) -> tuple[Mark, ...]:
    """Marks of some time ago with what their tags, of these types, mark now; those whose tag is gone are left out."""
    return tuple(
        Mark(
            name=mark.name,
            strategy=mark.strategy,
            weight=mark.weight,
            **cast("Any", {_FIELD[tag.resource_type]: _held(tx, tag)}),
        )
        for mark in marks
        for tag in tx.of(SCHEDTAGS, PLATFORM).find(
            Query(where=both(eq("name", mark.name), one_of("resource_type", kinds)))
        )
    )


def _held(tx: Transaction, tag: Any) -> frozenset[str]:
    """The ids of what was tagged with a tag."""
    side, mine = side_of(tag.resource_type), Query(where=eq("schedtag_id", tag.id))
    return frozenset(row[0] for row in tx.of(JOINTS[tag.resource_type], PLATFORM).columns((side,), mine))


def _of_kind(wishes: Iterable[_Wish], kinds: Sequence[str]) -> list[_Wish]:
    return [wish for wish in wishes if wish[0].resource_type in kinds]


@attrs.frozen
class _Documents:
    """What conditions of policies and dynamic tags are asked of: the request, with a disk or card of it."""

    server: JsonMapping
    disks: Sequence[JsonMapping]
    nics: Sequence[JsonMapping]

    @classmethod
    def of(
        cls, body: JsonMapping, belongs: JsonObject, disks: Sequence[DiskSpec], nics: Sequence[NicSpec]
    ) -> _Documents:
        of_disks = [_shallow(disk) | {"backend": disk.backend or "local"} for disk in disks]
        of_nics = [_shallow(nic) for nic in nics]
        server: JsonObject = {
            **body,
            "project_id": belongs["tenant_id"],
            "tenant_id": belongs["tenant_id"],
            "domain_id": belongs["domain_id"],
            "disks": of_disks,
            "nets": of_nics,
        }
        whole: JsonObject = {"server": server | {"disk": of_disks, "net": of_nics}, "disk": of_disks, "net": of_nics}
        return cls(whole, [{**whole, "disk": one} for one in of_disks], [{**whole, "net": one} for one in of_nics])


def _shallow(spec: DiskSpec | NicSpec) -> JsonObject:
    return {each.name: getattr(spec, each.name) for each in attrs.fields(type(spec))}


@attrs.define
class _Asking:
    """Reads tags for one request; what a tag marks is read once."""

    platform: Platform
    tx: Transaction
    caller: Caller
    belongs: JsonObject
    _held: dict[str, frozenset[str]] = attrs.field(factory=dict[str, frozenset[str]], init=False)
    _conditions: dict[str, list[Condition]] | None = attrs.field(default=None, init=False)
    _rows: dict[tuple[str, tuple[str, ...]], Sequence[tuple[str, JsonObject]]] = attrs.field(
        factory=dict[Any, Any], init=False
    )

    def all(self, specs: Sequence[SchedtagSpec], field: str, kind: str) -> list[_Wish]:
        """The tags of things of a type that a disk or card asks for."""
        for place, spec in enumerate(specs):
            if spec.resource_type not in ("", kind):
                where = f"{field}.{place}.resource_type"
                raise InvalidInputError(f"{where}: a tag of {kind} is wanted there", field=where)
        return [self._wish(spec, f"{field}.{place}", kind) for place, spec in enumerate(specs)]

    def read(self, entry: Any, field: str) -> _Wish:
        """A tag that the request asks for."""
        return self._wish(parse_schedtag(entry, field), field, "hosts")

    def policies(self) -> list[tuple[Any, Any]]:
        """Policies in force, each with its tag."""
        rows = self.tx.of(SCHEDPOLICIES, PLATFORM).find(Query(where=eq("enabled", True)))
        idents = [row.schedtag_id for row in rows]
        tags = self.tx.of(SCHEDTAGS, PLATFORM).find(Query(where=one_of("id", idents))) if idents else ()
        known = {tag.id: tag for tag in tags if self._is_ours(tag)}
        return [(row, known[row.schedtag_id]) for row in rows if row.schedtag_id in known]

    @staticmethod
    def met(policies: Sequence[tuple[Any, Any]], document: JsonMapping, kinds: Sequence[str]) -> list[_Wish]:
        """The tags of these types that policies ask for, whose condition holds."""
        return [
            (tag, policy.strategy, ASKED)
            for policy, tag in policies
            if tag.resource_type in kinds and parse_condition(policy.condition).holds(document)
        ]

    def usual(self, mentioned: set[str]) -> list[_Wish]:
        """Tags that hold for every request that does not mention them."""
        rows = self.tx.of(SCHEDTAGS, PLATFORM).find(Query(where=Compare("default_strategy", Op.GT, "")))
        return [(tag, tag.default_strategy, USUAL) for tag in rows if tag.id not in mentioned and self._is_ours(tag)]

    def marks(self, wishes: Sequence[_Wish], document: JsonMapping) -> tuple[Mark, ...]:
        """The wishes with what has the tags now."""
        return tuple(
            Mark(
                name=tag.name,
                strategy=strategy,
                weight=weight,
                **cast("Any", {_FIELD[tag.resource_type]: self._marked(tag, document)}),
            )
            for tag, strategy, weight in wishes
        )

    def _is_ours(self, tag: Any) -> bool:
        ours = (None, "", self.belongs["domain_id"]), (None, "", self.belongs["tenant_id"])
        return tag.domain_id in ours[0] and tag.tenant_id in ours[1]

    def _wish(self, wish: SchedtagSpec, field: str, kind: str) -> _Wish:
        where = both(
            reach(self.platform, self.caller, SCHEDTAGS, "list").where, eq("resource_type", wish.resource_type or kind)
        )
        try:
            tag: Any = find_one(self.tx, SCHEDTAGS, wish.id, where)
        except ResourceNotFoundError as error:
            what = wish.resource_type or kind
            raise ResourceNotFoundError(f"scheduling tag {wish.id[:64]} of {what} not found", field=field) from error
        check_tag_scope(tag, project_id=self.belongs["tenant_id"], domain_id=self.belongs["domain_id"])
        strategy = wish.strategy or tag.default_strategy
        if not strategy:
            raise InvalidInputError(f"{field}: require, exclude, prefer or avoid?", field=field)
        return tag, strategy, wish.weight if wish.weight > 1 else ASKED

    def _marked(self, tag: Any, document: JsonMapping) -> frozenset[str]:
        """The ids of what a tag marks, and of what one of its conditions holds for."""
        held = self._held.get(tag.id)
        if held is None:
            held = self._held[tag.id] = _held(self.tx, tag)
        conditions = self._dynamic().get(tag.id, ())
        if not conditions:
            return held
        word = side_of(tag.resource_type).removesuffix("_id")
        names = frozenset[str]().union(*(condition.names for condition in conditions))
        met = [
            ident
            for ident, row in self._all_of(tag.resource_type, names)
            if any(condition.holds({**document, word: row}) for condition in conditions)
        ]
        return held | frozenset(met)

    def _dynamic(self) -> Mapping[str, list[Condition]]:
        """The conditions of dynamic tags in force, by tag."""
        if self._conditions is None:
            self._conditions = {}
            for row in self.tx.of(DYNAMICSCHEDTAGS, PLATFORM).find(Query(where=eq("enabled", True))):
                self._conditions.setdefault(row.schedtag_id, []).append(parse_condition(row.condition))
        return self._conditions

    def _all_of(self, plural: str, named: frozenset[str]) -> Sequence[tuple[str, JsonObject]]:
        """All things of a type as conditions that name these names see them: by the names of their fields."""
        resource = self.platform.types[plural]
        fields = [name for name, field in field_map(resource.entity).items() if not field.spec.secret]
        # There may be ten thousand: of each only what is asked for is read, but for who asks which fields there are.
        wanted = ("id", *(name for name in fields if name != "id" and (name in named or named & OF_ALL)))
        known = self._rows.get((plural, wanted))
        if known is None:
            rows = self.tx.of(resource, PLATFORM).columns(wanted)
            known = self._rows[plural, wanted] = [(row[0], dict(zip(wanted, row, strict=True))) for row in rows]
        return known
