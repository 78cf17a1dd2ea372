"""Ids and names → rows, filters along references, and details that come from referred rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar

from cloudcore.model.columns import Columns, Parts
from cloudcore.model.entity import Entity, ProjectOwned
from cloudcore.model.errors import DuplicateResourceError, ResourceNotFoundError
from cloudcore.model.filter import over
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, NOTHING, PLATFORM, Exists, Expr, Query, Via, both, either, eq, one_of
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Field, Ref, Resource, field_map, fields_of, refs_of
from cloudcore.model.wire import page_to_wire, written_fields
from cloudcore.operations.parameter import texts
from cloudcore.ports.unit_of_work import Transaction

E = TypeVar("E", bound=Entity)
Types = Mapping[str, Resource[Any]]

IDENTITY = frozenset({"domains", "projects", "users"})
MAX_DEPTH = 3
WIDEST = 256
"""Characters of an id or name that refers to something."""


def find_one(tx: Transaction, resource: Resource[E], ident: str, scope: Expr) -> E:
    """The row of that id, or else of that name, within a scope. Names of recycled rows are not found.

    Raises:
        ResourceNotFoundError: there is none.
        DuplicateResourceError: the name fits several.
    """
    repository = tx.of(resource, scope)
    found = repository.get(ident) if len(ident) <= 128 else None
    if found is not None:
        return found
    if "name" in field_map(resource.entity):
        where = eq("name", ident)
        if issubclass(resource.entity, ProjectOwned):
            where = both(where, eq("pending_deleted", False))
        named = repository.find(Query(where=where, limit=2))
        if len(named) > 1:
            raise DuplicateResourceError(
                f"several {resource.plural} are called {ident}; use an id", field=resource.singular
            )
        if named:
            return named[0]
    raise ResourceNotFoundError(f"{resource.singular} {ident[:128]} not found", field=resource.singular)


def reference_keys(field: Field) -> tuple[str, ...]:
    """The names under which a caller may send a reference: the field, the same without `_id`, and its aliases."""
    bare = field.name.removesuffix("_id")
    aliases = field.ref.alias if field.ref is not None else ()
    return tuple(dict.fromkeys((field.name, bare, *field.spec.alias, *aliases)))


def sent_reference(field: Field, body: JsonMapping) -> tuple[str, str] | None:
    """Under which key the caller sent the reference, and the id or name there; None if he sent none.

    Raises:
        InvalidInputError: what was sent can be neither.
    """
    for key in reference_keys(field):
        value = body.get(key)
        if value not in (None, ""):
            return key, read_str(value, key, WIDEST)
    return None


def hierarchy(types: Types, resource: Resource[Any], params: JsonMapping, resolve: Any) -> Expr:
    """Filters such as `zone=` or `wire_id=`, along references up to three steps away.

    resolve: `(target resource, id or name) -> id or None`; what is not found matches nothing.
    """
    if _hierarchy_keys(tuple(types.values()), resource).isdisjoint(params):
        return EVERYTHING
    parts: list[Expr] = []
    consumed: set[str] = set()
    for path in paths(types, resource):
        field = path[-1]
        for key in _filter_keys(field):
            if key in params and key not in consumed and params[key] not in (None, ""):
                consumed.update(reference_keys(field))
                target = types[field.ref.target] if field.ref is not None else None
                idents = [resolve(target, text) for text in texts(params[key])]
                parts.append(_nest(path, one_of(field.name, [i for i in idents if i is not None])))
                break
        for plural, name in _told_below(types, field):
            if name not in consumed and (values := [text for text in texts(params.get(name)) if text]):
                consumed.add(name)
                parts.append(_nest(path, Exists(plural, "id", field.name, one_of(name, values))))
    return both(*parts) if parts else EVERYTHING


@cache
def _hierarchy_keys(resources: tuple[Resource[Any], ...], resource: Resource[Any]) -> frozenset[str]:
    """The parameters that `hierarchy` knows for a type."""
    reached = paths({r.plural: r for r in resources}, resource)
    keys = {key for path in reached for key in _filter_keys(path[-1])}
    types = {r.plural: r for r in resources}
    return frozenset(keys.union(name for path in reached for _, name in _told_below(types, path[-1])))


def _told_below(types: Types, field: Field) -> list[tuple[str, str]]:
    """Plural and names of the fields of what a reference is to, by which lists of what lies in it are narrowed."""
    target = types[field.ref.target] if field.ref is not None else None
    return [(target.plural, f.name) for f in fields_of(target.entity) if f.spec.below] if target is not None else []


def _filter_keys(field: Field) -> tuple[str, ...]:
    owners = ("user_id", "user", "user_ids") if field.name == "owner_id" else ()
    return (*reference_keys(field), f"{field.name.removesuffix('_id')}_ids", *owners)


Way: TypeAlias = tuple[tuple[Via, ...], str]
"""Steps from a row, and the field of the last one that holds the other's id."""

_HELD = Via("assignments", "id", "actor_id")
_HELD_BY_GROUP = (Via("memberships", "id", "user_id"), Via("assignments", "group_id", "actor_id"))
_GIVEN = Via("assignments", "id", "target_id")
_GIVEN_TO_GROUP = (_GIVEN, Via("memberships", "actor_id", "group_id"))
_BORNE = Via("assignments", "id", "role_id")
TIES: Mapping[tuple[str, str], tuple[Way, ...]] = {
    ("users", "groups"): (((Via("memberships", "id", "user_id"),), "group_id"),),
    ("groups", "users"): (((Via("memberships", "id", "group_id"),), "user_id"),),
    ("users", "projects"): (((_HELD,), "target_id"), (_HELD_BY_GROUP, "target_id")),
    ("groups", "projects"): (((_HELD,), "target_id"),),
    ("projects", "users"): (((_GIVEN,), "actor_id"), (_GIVEN_TO_GROUP, "user_id")),
    ("projects", "groups"): (((_GIVEN,), "actor_id"),),
    ("roles", "users"): (((_BORNE,), "actor_id"), ((_BORNE, Via("memberships", "actor_id", "group_id")), "user_id")),
    ("roles", "groups"): (((_BORNE,), "actor_id"),),
    ("roles", "projects"): (((_BORNE,), "target_id"),),
    ("users", "roles"): (((_HELD,), "role_id"), (_HELD_BY_GROUP, "role_id")),
    ("groups", "roles"): (((_HELD,), "role_id"),),
}
"""What is tied to what by rows without a route, (type, other type); users also by the groups that they are in."""


def tied(types: Types, resource: Resource[Any], other: str, idents: Sequence[str]) -> Expr | None:
    """Rows of the type that are connected with these of another one, by a relation; None where none connects them."""
    ways = TIES.get((resource.plural, other))
    if ways is not None:
        return either(*(over(steps, one_of(theirs, idents)) for steps, theirs in ways))
    for joint in types.values():
        if joint.joint is None:
            continue
        sides = {ref.target: n for n in (joint.joint.left, joint.joint.right) if (ref := _ref(joint, n)) is not None}
        if resource.plural in sides and other in sides and other != resource.plural:
            return Exists(joint.plural, sides[resource.plural], "id", one_of(sides[other], idents))
    return None


def _ref(resource: Resource[Any], name: str) -> Ref | None:
    return field_map(resource.entity)[name].ref


def relations(types: Types, resource: Resource[Any], params: JsonMapping, resolve: Any) -> Expr:
    """Filters such as `server=` of security groups or `group_id=` of users: through relations, by id or name."""
    if _RELATED.isdisjoint(params):
        return EVERYTHING
    parts: list[Expr] = []
    own = {key for field in refs_of(resource.entity) for key in reference_keys(field)}
    for word, plural in _WORDS.items():
        keys = [key for key in (f"{word}_id", word) if params.get(key) and key not in own]
        if not keys or plural not in types or plural == resource.plural:
            continue
        idents = [resolve(types[plural], text) for text in texts(params[keys[0]])]
        where = tied(types, resource, plural, [i for i in idents if i is not None])
        if where is not None:
            parts.append(where)
    return both(*parts) if parts else EVERYTHING


def relation_keys(types: Types, resource: Resource[Any]) -> frozenset[str]:
    """The parameters that `relations` knows for a type."""
    tied_to = [w for w, p in _WORDS.items() if p in types and tied(types, resource, p, ()) is not None]
    return frozenset(key for word in tied_to for key in (word, f"{word}_id"))


_WORDS: Mapping[str, str] = {
    "server": "servers",
    "guest": "servers",
    "disk": "disks",
    "host": "hosts",
    "storage": "storages",
    "wire": "wires",
    "network": "networks",
    "secgroup": "secgroups",
    "schedtag": "schedtags",
    "instancegroup": "instancegroups",
    "snapshotpolicy": "snapshotpolicies",
    "group": "groups",
    "user": "users",
    "project": "projects",
    "role": "roles",
}
"""The words by which lists name what their rows are connected with."""

_RELATED = frozenset(key for word in _WORDS for key in (word, f"{word}_id"))


def paths(types: Types, resource: Resource[Any]) -> list[tuple[Field, ...]]:
    """Chains of reference fields from the type outwards, nearest first; each target is reached once."""
    found: list[tuple[Field, ...]] = []
    seen: set[str] = set()
    layer: list[tuple[Resource[Any], tuple[Field, ...]]] = [(resource, ())]
    for _ in range(MAX_DEPTH):
        following: list[tuple[Resource[Any], tuple[Field, ...]]] = []
        for here, way in layer:
            for field in refs_of(here.entity):
                target = field.ref.target if field.ref is not None else ""
                if target not in types or (target in seen and way):
                    continue
                seen.add(target)
                found.append((*way, field))
                if target not in IDENTITY:
                    following.append((types[target], (*way, field)))
        layer = following
    return found


def below(types: Types, resource: Resource[Any], plural: str, ident: str) -> Expr | None:
    """Rows of the type that lie in one of another type, up to three references away; None where none leads there."""
    for path in paths(types, resource):
        refs = [field.ref for field in path if field.ref is not None and field.ref.context]
        if len(refs) == len(path) and refs[-1].target == plural:
            return _nest(path, eq(path[-1].name, ident))
    return None


def path_of(types: Types, resource: Resource[Any], word: str) -> tuple[Field, ...] | None:
    """The chain of references that a word such as `zone` means for a type, nearest first; None where there is none."""
    for path in paths(types, resource):
        ref = path[-1].ref
        if ref is not None and (word in reference_words(path[-1]) or word == types[ref.target].singular):
            return path
    return None


def reference_words(field: Field) -> tuple[str, ...]:
    """The words by which details show the name of what a field refers to."""
    aliases = field.ref.alias if field.ref is not None else ()
    own = {"tenant_id": ("tenant", "project"), "domain_id": ("domain", "project_domain")}.get(field.name, ())
    return (*own, field.name.removesuffix("_id"), *(a for a in aliases if not a.endswith("_id")))


def _nest(path: Sequence[Field], where: Expr) -> Expr:
    for field in reversed(path[:-1]):
        target = field.ref.target if field.ref is not None else ""
        where = Exists(target, "id", field.name, where)
    return where


class Rows:
    """Rows that others refer to, read once per type and as far as they are shown, however many rows refer to them."""

    def __init__(self, tx: Transaction, types: Types) -> None:
        self._tx = tx
        self._types = types
        self._known: dict[str, dict[str, JsonObject]] = {}

    def add_to(self, shown: Columns, resource: Resource[Any], page: Parts[Any]) -> None:
        """Set the keys that the references of a page's rows show."""
        self._add(shown, resource, page, _needs(tuple(self._types.values()), resource), None, 0)

    def _add(
        self,
        shown: Columns,
        resource: Resource[Any],
        page: Parts[Any],
        needs: Needs,
        keys: frozenset[str] | None,
        depth: int,
    ) -> None:
        if depth > MAX_DEPTH or not page:
            return
        for field, ref in _shown_refs(self._types, resource, keys):
            idents = page.columns[field.name]
            different = dict.fromkeys(ident for ident in idents if ident)
            rows = self._shown(ref.target, different, needs, depth)
            extras = {ident: _extra(field, ref, ident, rows[ident]) for ident in different if ident in rows}
            shown.put_found(idents, extras)

    def _shown(self, plural: str, idents: Iterable[str], needs: Needs, depth: int) -> Mapping[str, JsonObject]:
        """What is needed of the wire form of each of these rows, and of what their own references show."""
        known = self._known.setdefault(plural, {})
        missing = [i for i in idents if i not in known]
        if missing:
            resource, keys = self._types[plural], needs[plural]
            along = [field.name for field, _ in _shown_refs(self._types, resource, keys)]
            own = [name for name in written_fields(resource.entity, detail=False) if name in keys]
            names = tuple(dict.fromkeys(("id", *own, *along)))
            page = self._tx.of(resource, PLATFORM).parts(names, Query(where=one_of("id", missing)))
            shown = page_to_wire(resource, page, detail=False, only=keys)
            self._add(shown, resource, page, needs, keys, depth + 1)
            known.update(zip(page.columns["id"], shown.rows(), strict=True))
        return known


Needs = Mapping[str, frozenset[str]]
"""By plural, the keys that are shown of rows of that type."""


@cache
def _needs(resources: tuple[Resource[Any], ...], resource: Resource[Any]) -> Needs:
    types = {r.plural: r for r in resources}
    found: dict[str, frozenset[str]] = {}
    layer: list[tuple[Resource[Any], frozenset[str] | None]] = [(resource, None)]
    for _ in range(MAX_DEPTH + 1):
        following: list[tuple[Resource[Any], frozenset[str] | None]] = []
        for here, keys in layer:
            for _field, ref in _shown_refs(types, here, keys):
                wanted = frozenset(("name", *(key for key in ref.show if keys is None or key in keys)))
                found[ref.target] = found.get(ref.target, frozenset()) | wanted
                following.append((types[ref.target], wanted))
        layer = following
    return found


def _shown_refs(types: Types, resource: Resource[Any], keys: frozenset[str] | None) -> Iterator[tuple[Field, Ref]]:
    """The references that show something, of these keys or at all."""
    for field in refs_of(resource.entity):
        ref = field.ref
        if ref is None or ref.target in IDENTITY or ref.target not in types:
            continue
        if keys is None or not keys.isdisjoint((field.name.removesuffix("_id"), *ref.alias, *ref.show)):
            yield field, ref


def _extra(field: Field, ref: Ref, ident: str, other: JsonMapping) -> JsonObject:
    """What a reference to this row shows."""
    bare = field.name.removesuffix("_id")
    name = other.get("name", ident)
    aliases = {alias: ident if alias.endswith("_id") else name for alias in ref.alias}
    return {bare: name, **aliases, **{key: other[key] for key in ref.show if key in other}}


def shared_with(resource: Resource[Any], project_id: str, domain_id: str, *, beside: Expr = NOTHING) -> Expr:
    """Rows of a type that are shown to everybody, to this domain, or to this project.

    beside: what is seen anyway, and need not be asked for again.
    """
    parts = [eq("public_scope", "system")]
    if domain_id:
        # What a user owns belongs to no domain: others of a domain see it only where the domain is named.
        own = eq("domain_id", domain_id) if "domain_id" in field_map(resource.entity) else NOTHING
        own = NOTHING if own == beside else own
        parts.append(both(eq("public_scope", "domain"), either(own, _named_target(resource, "domain", domain_id))))
    if project_id:
        parts.append(both(eq("public_scope", "project"), _named_target(resource, "project", project_id)))
    return both(eq("is_public", True), either(*parts))


def _named_target(resource: Resource[Any], kind: str, ident: str) -> Expr:
    what = both(eq("resource_type", resource.plural), eq("target_type", kind), eq("target_id", ident))
    return Exists("sharedresources", "resource_id", "id", what)
