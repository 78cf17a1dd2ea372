"""The command index, from the declared resource types. Runs when the index is made and in tests, never in climc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Action, ActionKind, Field, Joint, Resource, Show, Verb, field_map, fields_of
from cloudcore.operations.ladder import actions_of
from cloudcore_apps.climc.naming import ARGUMENTS, DELETING, noun_of
from cloudcore_apps.climc.table import HANDMADE

FORMAT = 1

PAIRS, TREE = "tag-value-pairs", "tag-value-tree"
RENAMED = {
    "status": "update-status",
    "login-info": "logininfo",
    "disk-reset": "reset",
    "attachdisk": "attach-disk",
    "detachdisk": "detach-disk",
    "createdisk": "create-disk",
    "attachnetwork": "attach-network",
    "detachnetwork": "detach-network",
    "host-maintenance": "maintenance",
    "host-exit-maintenance": "exit-maintenance",
}
SERVERS_ALONE = ("attachnetwork", "detachnetwork")
"""Renamed for servers only: groups have the same under the wire's words."""
JOINT_WORDS = {"attach": "add", "detach": "remove"}
"""What people type for the marks of scheduling tags."""


def declared() -> tuple[Resource[Any], ...]:
    """Every type with commands, in the order of their declaration."""
    from cloudcore.operations.types import TYPES

    return tuple(r for r in TYPES if r.service != "internal")


def build_index(resources: Iterable[Resource[Any]]) -> JsonObject:
    """The whole index: types by plural, and commands by name, sorted; apart from these the commands for what is refused.

    Scripts that call one of the latter are told why.
    """
    types = tuple(resources)
    nouns = {r.plural: noun_of(r.plural, r.singular) for r in types}
    commands: dict[str, list[str]] = {}
    refused: set[str] = set()
    for resource in types:
        for name, entry, asked in _commands(resource, nouns[resource.plural]):
            if commands.setdefault(name, entry) is entry and asked in resource.refuses:
                refused.add(name)
    for name in HANDMADE:
        commands.pop(name, None)
    known = sorted(commands.items())
    return {
        "format": FORMAT,
        "commands": {name: entry for name, entry in known if name not in refused},
        "refused": {name: entry for name, entry in known if name in refused},
        "types": {r.plural: _type(r, nouns) for r in types},
    }


def _commands(resource: Resource[Any], noun: str) -> Iterable[tuple[str, list[str], str]]:
    plural = resource.plural
    words = {Verb.LIST: "list", Verb.GET: "show", Verb.CREATE: "create", Verb.UPDATE: "update", Verb.DELETE: "delete"}
    if resource.joint is not None:
        words |= {Verb.CREATE: "attach", Verb.DELETE: "detach"}
    said = JOINT_WORDS if plural.startswith("schedtag") else {}
    for verb, word in words.items():
        if verb in resource.verbs:
            yield f"{noun}-{said.get(word, word)}", ["joint-" + word if resource.joint else word, plural], verb
    for action in _actions(resource, {}):
        name = action["name"]
        shown = name if name in SERVERS_ALONE and plural != "servers" else RENAMED.get(name, name)
        yield f"{noun}-{shown}", [action["kind"], plural, name], name
    if resource.joint is None:
        if resource.recorded:
            yield f"{noun}-event", ["event", plural], ""
        if "metadata" in field_map(resource.entity) and Verb.LIST in resource.verbs:
            yield from ((f"{noun}-{word}", ["tags", plural, word], "") for word in (PAIRS, TREE))
        if resource.lifecycle is not None:
            yield f"{noun}-statistics", [ActionKind.PROPERTY.value, plural, "statistics"], "statistics"


def _type(resource: Resource[Any], nouns: Mapping[str, str]) -> JsonObject:
    moves = {t.name for t in resource.lifecycle.transitions} if resource.lifecycle else set()
    return _compact(
        {
            "singular": resource.singular,
            "service": resource.service,
            "noun": nouns[resource.plural],
            "doc": resource.doc,
            "columns": list(resource.columns),
            "joint": _joint(resource, resource.joint, nouns) if resource.joint else None,
            "fields": _fields(resource, nouns),
            "filters": [[one.name, one.doc, one.truth] for one in resource.filters if one.offered],
            "inputs": [_param(one, nouns) for one in resource.extra_params],
            "actions": _actions(resource, nouns),
            "waits": sorted(moves & {"create", "delete"}),
            "busy": sorted(resource.lifecycle.transitional()) if resource.lifecycle else [],
            "recycled": "pending_deleted" in field_map(resource.entity),
            "deleting": [list(pair) for pair in DELETING.get(resource.plural, ())],
            "kinds": _kinds(resource),
            "arguments": [list(pair) for pair in _arguments(resource)],
        }
    )


def _arguments(resource: Resource[Any]) -> tuple[tuple[str, bool], ...]:
    fields = field_map(resource.entity)
    extra = {one.name for one in resource.extra_params}
    wanted = ARGUMENTS.get(resource.plural, (("name", True),))
    return tuple((n, must) for n, must in wanted if n in extra or (n in fields and fields[n].spec.create))


def _joint(resource: Resource[Any], joint: Joint, nouns: Mapping[str, str]) -> JsonObject:
    left, right = field_map(resource.entity)[joint.left].ref, field_map(resource.entity)[joint.right].ref
    if left is None or right is None:
        raise TypeError(f"{resource.plural}: a side of the joint is no reference")
    return {
        "left": left.target,
        "right": right.target,
        "left_path": joint.left_path,
        "right_path": joint.right_path,
        "left_noun": nouns.get(left.target, joint.left.removesuffix("_id")),
        "right_noun": nouns.get(right.target, joint.right.removesuffix("_id")),
    }


def _fields(resource: Resource[Any], nouns: Mapping[str, str]) -> list[JsonObject]:
    return [_field(f, nouns) for f in fields_of(resource.entity) if f.spec.create or f.spec.update or _filtered(f)]


def _filtered(field: Field) -> bool:
    if field.spec.show is Show.NEVER or field.spec.secret or field.spec.sealed or field.name in _COMMON_FILTERS:
        return False
    return field.ref is not None or field.spec.index or field.kind is bool or bool(field.spec.choices or field.enum)


_COMMON_FILTERS = frozenset({"id", "name", "status", "domain_id", "tenant_id", "pending_deleted", "is_system"})


def _field(field: Field, nouns: Mapping[str, str]) -> JsonObject:
    spec = field.spec
    choices = spec.choices or tuple(str(m.value) for m in field.enum or ())
    return _compact(
        {
            "name": field.name,
            "kind": field.kind.__name__,
            "doc": spec.doc + (f" ({spec.unit.value})" if spec.unit else ""),
            "create": spec.create,
            "update": spec.update,
            "required": spec.create and spec.required,
            "filter": _filtered(field),
            "choices": list(choices),
            "noun": nouns.get(field.ref.target, "") if field.ref else "",
            "secret": spec.secret or spec.sealed,
        }
    )


def _actions(resource: Resource[Any], nouns: Mapping[str, str]) -> list[JsonObject]:
    found: dict[str, JsonObject] = {}
    changeable = Verb.UPDATE in resource.verbs and resource.joint is None
    own = len(resource.actions)
    for place, action in enumerate(actions_of(resource)):
        # What comes with the ladder has a command where the type has one for changes; for several at once none is needed.
        if place < own or (changeable and action.kind is ActionKind.PERFORM):
            found.setdefault(action.name, _action(action, nouns))
    return list(found.values())


def _action(action: Action, nouns: Mapping[str, str]) -> JsonObject:
    return _compact(
        {
            "name": action.name,
            "kind": "action" if action.kind is ActionKind.PERFORM else action.kind.value,
            "doc": action.doc,
            "inputs": [_param(one, nouns) for one in action.params],
            "tags": action.tags,
            "waits": bool(action.transition),
        }
    )


def _param(one: Field, nouns: Mapping[str, str]) -> JsonObject:
    spec = one.spec
    return _compact(
        {
            "name": one.name,
            "kind": one.kind.__name__,
            "doc": spec.doc + (f" ({spec.unit.value})" if spec.unit else ""),
            "required": spec.required,
            "choices": list(spec.choices or ()),
            "noun": nouns.get(one.ref.target, "") if one.ref else "",
            "of": spec.of.__name__ if spec.of else "",
            "secret": spec.secret,
        }
    )


def _kinds(resource: Resource[Any]) -> JsonObject:
    from cloudcore_adapters.client.routes import route_of

    return dict(route_of(resource).kinds)


def _compact(whole: JsonObject) -> JsonObject:
    return {k: v for k, v in whole.items() if v not in (None, "", [], {}, False)}
