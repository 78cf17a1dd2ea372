"""The language in which resource types are declared.

A resource type is an attrs class whose fields are `Annotated[T, Spec(...)]`, perhaps with a `Ref(...)`, plus one
`Resource` value. Tables, routes, commands, schemas, pages and test strategies are functions of that value.

Types that a field may have: str, int, float, bool, datetime, a StrEnum, `JsonObject` (dict), `list[...]` (stored as one
JSON value), and any of these with `| None`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import attrs

from cloudcore.model.entity import Entity
from cloudcore.model.errors import NotSupportedError
from cloudcore.model.filter import ListFilter
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.query import EVERYTHING, Expr, Order, Sum
from cloudcore.model.spec import Level, OnDelete, Ref, Show, Spec

E = TypeVar("E", bound=Entity)

__all__ = ["Action", "Field", "Joint", "Level", "OnDelete", "Ref", "Resource", "Show", "Spec", "Verb", "fields_of"]


class Verb(StrEnum):
    """What can be asked of a resource type besides its actions."""

    LIST = "list"
    GET = "get"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


ALL_VERBS = frozenset(Verb)
READ_ONLY = frozenset({Verb.LIST, Verb.GET})


class ActionKind(StrEnum):
    """Where an action hangs in the URL space."""

    PERFORM = "perform"  # POST /P/{id}/{name}
    CLASS = "class"  # POST /P/{name}
    SPEC = "spec"  # GET /P/{id}/{name}
    PROPERTY = "property"  # GET /P/{name}


@attrs.frozen(kw_only=True)
class Field:
    """One field of a resource type, with its type taken apart.

    kind: the plain Python type: str, int, float, bool, datetime, dict or list; `enum` is set for StrEnum fields. Of what
        is sent beside the fields also object: several forms.
    """

    name: str
    kind: type
    enum: type[Enum] | None
    nullable: bool
    has_default: bool
    default: Any
    spec: Spec
    ref: Ref | None


@attrs.frozen(kw_only=True)
class Action:
    """Something that can be asked of one resource (or of the whole type).

    run: `(tx, caller, entity, params) -> JsonObject | None`; for CLASS and PROPERTY `entity` is None. None as a result
        answers with the resource's current details. It runs inside the unit of work and must touch nothing else.
    transition: name of the lifecycle transition that the action starts; its flow becomes a task.
        An action has either `run` or `transition`, or an operation of its own in `cloudcore.operations.table`, which
        begins the transition itself where the action names one.
    params: what may be sent, see `cloudcore.model.param`; empty for an action that takes nothing. Whatever is sent is
        checked against it first; the CLI, OpenAPI and the pages are made of it.
    tags: instead, every key that is sent is a tag.
    read: `(entity, body) -> JsonObject`: the flow's input, checked; without it, what the body has of `params`.
    """

    name: str
    doc: str
    params: tuple[Field, ...]
    kind: ActionKind = ActionKind.PERFORM
    run: Callable[..., Any] | None = None
    transition: str | None = None
    tags: bool = False
    read: Callable[[Any, JsonMapping], JsonObject] | None = None


@attrs.frozen(kw_only=True)
class Joint:
    """A resource kind that connects two others; owned by what its left side is owned by.

    left, right: names of the fields that refer to the two sides.
    left_path, right_path: URL words for nested routes (`/servers/{id}/disks`).
    """

    left: str
    right: str
    left_path: str
    right_path: str


def _no_parts(_tx: Any, _entity: Any) -> tuple[()]:
    return ()


def _no_hook(*_: Any) -> None:
    return None


def _as_wide(_params: JsonMapping) -> Expr:
    return EVERYTHING


@attrs.frozen(kw_only=True, eq=False)
class Resource(Generic[E]):
    """One resource type.

    service: who serves it: identity, compute, image, log, or internal (no route).
    area: prefix of the table name.
    level: the natural scope: who owns one (system, domain, project, user).
    columns: what the CLI shows by default.
    unique: sets of fields whose values together occur once; `name` first in a set makes the error DuplicateNameError.
    recorded: whether changes are written to the history.
    refuses: what the wire knows of the type and nobody is offered, each with why: `create`, or the name of an action. It is
        refused as not supported to whoever may ask for it, and advertised nowhere: not in OpenAPI, links, `Allow` or help.
    prepare: `(tx, caller, draft: dict) -> dict` before an insert: defaults and checks that need other rows.
    check_update: `(tx, caller, entity, changes: dict) -> dict`.
    check_delete: `(tx, caller, entity) -> None`, raises when the entity must stay.
    parts: `(tx, entity) -> [(type, row)]`: what has no life of its own, and goes with the entity; asked for before it goes.
    narrow: `(params) -> Expr`: the rows that list parameters of the type's own ask for.
    details: `(tx, page: Parts) -> Sequence[dict]`: extra keys for a page, in the page's order, a fixed number of queries;
        or the same as `Columns`, for pages that are long.
    opens: sealed fields that `details` reads; the others are absent from the entities of a list.
    extra_params: what may be sent with a create beside the fields, see `cloudcore.model.param`.
    documented: columns that the wire names and that are not stored: filters know them and find them absent.
    filters: list parameters besides the columns and references.
    orders: sort keys besides the columns, each with what it sorts by.
    worked_out: sort keys of what no row holds as it is sorted, each with the key of details; addresses sort as numbers.
    sums: what `statistics` adds up besides counting.
    example: a body of a create, for people and for trying it out; without one it is made from what is required.
    counts_as: the field of the quota ledger that each one is charged to, for its owner; empty for none.
    holds: `(entity) -> {field of the quota ledger: number}`: instead, what each one is charged for.
    is_domain: a row is itself what domains own things as: who may read at domain scope sees his own.
    in_project: `(project_id) -> Expr`: what is listed at the scope of a project, of a type that projects do not own.
    parent: the field that refers to what it belongs to, where it has no owner of its own (rules of a security group):
        whoever reaches that reaches this. Of a joint it is the left side.
    """

    entity: type[E]
    service: str
    area: str
    singular: str
    plural: str
    doc: str
    level: Level
    columns: tuple[str, ...] = ("id", "name")
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    lifecycle: Lifecycle | None = None
    actions: tuple[Action, ...] = ()
    joint: Joint | None = None
    is_domain: bool = False
    parent: str = ""
    verbs: frozenset[Verb] = ALL_VERBS
    refuses: Mapping[str, str] = MappingProxyType({})
    recorded: bool = True
    prepare: Callable[..., Any] = _no_hook
    check_update: Callable[..., Any] = _no_hook
    check_delete: Callable[..., Any] = _no_hook
    parts: Callable[..., Any] = _no_parts
    narrow: Callable[[JsonMapping], Expr] = _as_wide
    details: Callable[..., Any] | None = None
    in_project: Callable[[str], Expr] | None = None
    opens: tuple[str, ...] = ()
    extra_params: tuple[Field, ...] = ()
    documented: tuple[str, ...] = ()
    filters: tuple[ListFilter, ...] = ()
    orders: tuple[tuple[str, Order], ...] = ()
    worked_out: Mapping[str, str] = MappingProxyType({})
    sums: tuple[Sum, ...] = ()
    counts_as: str = ""
    holds: Callable[[Any], Mapping[str, int]] | None = None
    example: JsonMapping = MappingProxyType({})

    @property
    def table(self) -> str:
        """Name of the table: area and plural."""
        return f"{self.area}_{self.plural}"

    def offers(self, verb: Verb) -> bool:
        """Whether this can be asked of the type and is not always refused."""
        return verb in self.verbs and verb not in self.refuses

    def check_offered(self, name: str) -> None:
        """Refuse what `refuses` names.

        Raises:
            NotSupportedError: says why.
        """
        if name in self.refuses:
            raise NotSupportedError(self.refuses[name], data={"plural": self.plural, "name": name})

    @property
    def belongs_to(self) -> str:
        """The field that refers to what it is owned with; empty where it has an owner of its own."""
        return self.joint.left if self.joint is not None else self.parent

    def charged(self, row: Any) -> Mapping[str, int]:
        """What a row is charged for by being there: field of the quota ledger → number."""
        if self.holds is not None:
            return self.holds(row)
        return {self.counts_as: 1} if self.counts_as else {}

    def action(self, name: str, kind: ActionKind) -> Action | None:
        """The action of that name and kind."""
        return next((a for a in self.actions if a.name == name and a.kind == kind), None)


def fields_of(entity: type[Any]) -> tuple[Field, ...]:
    """The fields of an entity class, in declaration order along the ladder.

    Raises:
        TypeError: a field has no Spec, or a type that is not in this module's docstring.
    """
    key: Any = entity
    return _fields(key)


@cache
def _fields(entity: Any) -> tuple[Field, ...]:
    hints = typing.get_type_hints(entity, include_extras=True)
    return tuple(_field(entity, a, hints[a.name]) for a in attrs.fields(entity))


def field_map(entity: type[Any]) -> Mapping[str, Field]:
    """The fields by name."""
    key: Any = entity
    return _field_map(key)


@cache
def _field_map(entity: Any) -> Mapping[str, Field]:
    return types.MappingProxyType({f.name: f for f in fields_of(entity)})


def refs_of(entity: type[Any]) -> tuple[Field, ...]:
    """The fields that refer to another resource."""
    return tuple(f for f in fields_of(entity) if f.ref is not None)


_KINDS: tuple[type, ...] = (bool, int, float, str, datetime, dict, list)


def _field(entity: type[Entity], attribute: Any, hint: Any) -> Field:
    where = f"{entity.__name__}.{attribute.name}"
    if typing.get_origin(hint) is not typing.Annotated:
        raise TypeError(f"{where} has no Spec")
    base, *notes = typing.get_args(hint)
    spec = next((n for n in notes if isinstance(n, Spec)), None)
    if spec is None:
        raise TypeError(f"{where} has no Spec")
    base, nullable = _unwrap(base)
    origin = typing.get_origin(base) or base
    enum = base if isinstance(base, type) and issubclass(base, StrEnum) else None
    kind = str if enum else origin
    if kind not in _KINDS:
        raise TypeError(f"{where} has type {base!r}, which no storage knows")
    default = attribute.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    return Field(
        name=attribute.name,
        kind=kind,
        enum=enum,
        nullable=nullable,
        has_default=default is not attrs.NOTHING,
        default=None if default is attrs.NOTHING else default,
        spec=spec,
        ref=next((n for n in notes if isinstance(n, Ref)), None),
    )


def _unwrap(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        parts = [p for p in typing.get_args(hint) if p is not type(None)]
        if len(parts) != 1:
            raise TypeError(f"{hint!r}: only one type and None may be joined")
        return parts[0], True
    return hint, False


def same_owner_key(resource: Resource[Any]) -> Sequence[str]:
    """The fields that hold the owner, outermost first; the prefix of every list index."""
    names = field_map(resource.entity)
    return tuple(n for n in ("domain_id", "tenant_id", "owner_id") if n in names)
