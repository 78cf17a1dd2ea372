"""The operations that every resource type has, from its declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Action, ActionKind, Resource, Verb, field_map
from cloudcore.operations.answers import answer_of, property_answer
from cloudcore.operations.giving import CANDIDATES
from cloudcore.operations.ladder import ladder_actions, offered_of
from cloudcore.operations.session import CHECK
from cloudcore.operations.table import DELETE, DELETE_OPTIONS
from cloudcore.resources.actions import BATCH
from cloudcore_adapters.rest.answers import answer_schema
from cloudcore_adapters.rest.operation import (
    LIST_PARAMETERS,
    OBJECT,
    SELECTING,
    enveloped,
    link,
    list_parameters,
    once,
    operation,
    plannable,
    query,
    taken_whole,
)
from cloudcore_adapters.rest.paths import VERSIONS
from cloudcore_adapters.rest.patterns import MAX_COUNT
from cloudcore_adapters.rest.schemas import create_schema, example_name, name_of, param_schema, params_schema, reference
from cloudcore_adapters.rest.site import SHARED

Found = Iterator[tuple[str, str, JsonObject]]
"""Paths, methods in lower case, operations."""

TAGS = "Tags: key to text; the texts none and null remove one"
PROPERTIES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "statistics": ("status", "Numbers by status, and sums", ()),
    "distinct-field": ("id", "The values that columns have", ("field", "extra_field")),
    "distinct-fields": ("id", "The combinations of values", ("field", "extra_field", "extra_resource")),
    "project-statistics": ("tenant_id", "Numbers by project", ()),
    "domain-statistics": ("domain_id", "Numbers by domain", ()),
    "tag-value-pairs": ("metadata", "Tags with the number of rows that have them", ("key_only",)),
    "tag-value-tree": ("metadata", "Numbers by the values of tags, one below the other", ("key", "show_map")),
    "project-tag-value-pairs": ("tenant_id", "The same for the tags of projects", ("key_only",)),
    "project-tag-value-tree": ("tenant_id", "The same for the tags of projects", ("key", "show_map")),
    "domain-tag-value-pairs": ("domain_id", "The same for the tags of domains", ("key_only",)),
    "domain-tag-value-tree": ("domain_id", "The same for the tags of domains", ("key", "show_map")),
}
"""What a collection can be asked: the column that it needs, what it says, and its own parameters."""

TREE = "tag-value-tree"
FLAGS = frozenset({"key_only", "show_map"})


def derived(resources: Sequence[Resource[Any]], prefixes: Mapping[str, str]) -> Found:
    """Everything that is served by the shape of the path."""
    for resource in resources:
        for service in dict.fromkeys((resource.service, *(_sharing(prefixes) if resource.plural in SHARED else ()))):
            mark = "" if service == resource.service else f"_at_{service}"
            for path, method, one in _of(resource, _root(prefixes, service), resources):
                made = plannable(one) if method != "get" else one
                yield path, method, {**made, "operationId": one["operationId"] + mark, "tags": [service]}


def _sharing(prefixes: Mapping[str, str]) -> list[str]:
    """The services that answer for shared types too."""
    return [service for service, (_, required) in VERSIONS.items() if required and service in prefixes]


def _root(prefixes: Mapping[str, str], service: str) -> str:
    version, required = VERSIONS.get(service, ("", False))
    return prefixes[service] + (f"/{version}" if required else "")


def _of(resource: Resource[Any], root: str, resources: Sequence[Resource[Any]]) -> Found:
    collection = f"{root}/{resource.plural}"
    yield from _plain(resource, collection)
    yield from _properties(resource, collection)
    yield from _actions(resource, collection)
    yield from _details(resource, collection)
    yield from _nested(resource, root, resources)


def _plain(resource: Resource[Any], path: str) -> Found:
    gone = enveloped(resource.singular, reference(name_of(resource)), required=True)
    member = path + "/{id}"
    title = resource.singular.replace("_", " ")
    if resource.offers(Verb.LIST):
        yield path, "get", _list(resource, f"list_{resource.plural}")
    if resource.offers(Verb.CREATE) and resource.joint is None:
        yield path, "post", _create(resource)
        yield f"{path}/{CHECK}", "post", _check(resource)
    if resource.offers(Verb.GET):
        shown = _shown(resource)
        yield member, "get", operation(f"get_{resource.plural}", f"One {title}, by id or name", shown)
    if resource.offers(Verb.UPDATE):
        body = taken_whole(resource.singular, reference(name_of(resource, "Update")))
        for method, word in (("put", "update"), ("patch", "patch")):
            yield (
                member,
                method,
                operation(f"{word}_{resource.plural}", f"Change a {title}", _shown(resource), body=body),
            )
    if resource.offers(Verb.DELETE):
        known = DELETE_OPTIONS if resource.plural in DELETE else {}
        options = [query(name, reference("Option"), doc) for name, doc in known.items()]
        name = f"delete_{resource.plural}"
        yield member, "delete", operation(name, f"Delete a {title}, or begin to", gone, parameters=options)


def _shown(resource: Resource[Any]) -> JsonObject:
    """The answer that holds one of the type, and nothing else."""
    return enveloped(resource.singular, {**reference(name_of(resource)), "required": ["id"]}, required=True)


def _create(resource: Resource[Any]) -> JsonObject:
    body = enveloped(resource.singular, reference(name_of(resource, "Create")), required=True)
    count = {
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_COUNT}, reference("WholeNumber"), {"type": "null"}]
    }
    body["properties"]["count"] = {**count, "description": "Make so many, all or none"}
    row = {
        "type": "object",
        "properties": {"status": {"type": "integer"}, "id": {"type": "string"}, "body": reference(name_of(resource))},
    }
    answer: JsonObject = enveloped(resource.singular, reference(name_of(resource)))
    answer["properties"][resource.plural] = {"type": "array", "items": row, "description": "Of several"}
    return operation(
        f"create_{resource.plural}",
        f"Create a {resource.singular.replace('_', ' ')}, or several",
        answer,
        body=body,
        body_required=True,
        parameters=[once()],
        links=_links(resource, f"{resource.singular}/id"),
    )


def _check(resource: Resource[Any]) -> JsonObject:
    body = enveloped(resource.plural, reference(name_of(resource, "Create")), required=True)
    answer = enveloped(resource.singular, reference(name_of(resource)), required=True)
    return operation(
        f"check_{resource.plural}", "See what a create would make, without making it", answer, body=body,
        body_required=True,
    )  # fmt: skip


def _links(resource: Resource[Any], expression: str) -> Mapping[str, JsonObject]:
    """From an answer that shows one: everything that can be done with it."""
    verbs = (
        ("get", Verb.GET, "get"), ("update", Verb.UPDATE, "update"), ("patch", Verb.UPDATE, "patch"),
        ("delete", Verb.DELETE, "delete"),
    )  # fmt: skip
    found = {word: link(f"{name}_{resource.plural}", expression) for word, verb, name in verbs if resource.offers(verb)}
    for action in resource.actions:
        if action.name not in resource.refuses and action.kind in (ActionKind.PERFORM, ActionKind.SPEC):
            found[action.name] = link(_name(resource, action), expression)
    return found


def _list(resource: Resource[Any], name: str) -> JsonObject:
    page = {
        "type": "object",
        "required": [resource.plural],
        "properties": {
            resource.plural: {
                "type": "array",
                "items": {"anyOf": [reference(name_of(resource)), reference("Exported")]},
            },
            "total": {"type": "integer"},
            "limit": {"type": "integer"},
            "offset": {"type": "integer"},
            "totals": {"type": "object", "additionalProperties": {"type": "integer"}},
            "next_marker": {"type": "string"},
            "marker_field": {"type": "string"},
            "marker_order": {"enum": ["ASC", "DESC"]},
        },
    }
    parameters = [*list_parameters(name for name, _, _ in LIST_PARAMETERS), *_filters(resource)]
    links = _links(resource, f"{resource.plural}/0/id")
    few = {word: links[word] for word in ("get", "delete") if word in links}
    return operation(name, resource.doc, page, parameters=parameters, links=few)


def _filters(resource: Resource[Any]) -> list[JsonObject]:
    return [
        query(one.name, reference("Flag") if one.truth else {"type": "string"}, one.doc)
        for one in resource.filters
        if one.offered
    ]


def _properties(resource: Resource[Any], collection: str) -> Found:
    if not resource.offers(Verb.LIST):
        return
    names = field_map(resource.entity)
    for word, (needed, doc, own) in PROPERTIES.items():
        if needed not in names or (needed == "domain_id" and "domain" not in word):
            continue
        parameters = [
            *list_parameters(SELECTING - {"filter_any"}),
            *(query(name, reference("Flag") if name in FLAGS else {"type": "string"}, "") for name in own),
        ]
        name = f"{word.replace('-', '_')}_of_{resource.plural}"
        shown = reference("TagTree") if word.endswith(TREE) else answer_schema(resource, property_answer(word))
        answer = enveloped(resource.singular, shown, required=True)
        yield f"{collection}/{word}", "get", operation(name, doc, answer, parameters=parameters)


def _actions(resource: Resource[Any], collection: str) -> Found:
    for action in offered_of(resource):
        on_one = action.kind in (ActionKind.PERFORM, ActionKind.SPEC)
        path = f"{collection}/{{id}}/{action.name}" if on_one else f"{collection}/{action.name}"
        word = resource.plural if action.kind is ActionKind.CLASS else resource.singular
        answer = enveloped(word, answer_schema(resource, answer_of(resource, action)), required=True)
        doc = _action_doc(resource, action)
        if action.kind in (ActionKind.SPEC, ActionKind.PROPERTY):
            parameters = [query(one.name, param_schema(one), one.spec.doc) for one in action.params]
            yield path, "get", operation(_name(resource, action), doc, answer, parameters=parameters)
        else:
            sent = _of_several(resource, action, params_schema(action.params))
            needed = any(one.spec.required for one in action.params)
            body = enveloped(word, sent, required=True) if needed else taken_whole(word, _taken(action, sent))
            made = operation(
                _name(resource, action), doc, answer, body=body, parameters=[once()], body_required=needed
            )  # fmt: skip
            yield path, "post", made


def _of_several(resource: Resource[Any], action: Action, sent: JsonObject) -> JsonObject:
    """What is sent with something that is done to several of a type: the example names one of these."""
    if action.name not in BATCH:
        return sent
    (shown,) = sent["examples"]
    return {**sent, "examples": [{**shown, "resources": [{"id": example_name(resource)}]}]}


def _taken(action: Action, sent: JsonObject) -> JsonObject:
    return {**OBJECT, "description": TAGS} if action.tags else sent


def _details(resource: Resource[Any], collection: str) -> Found:
    """The named details that come with the ladder."""
    known = field_map(resource.entity)
    for name, doc in (("metadata", "Its tags"), ("status", "Its status alone")):
        if name in known and resource.action(name, ActionKind.SPEC) is None:
            own = [query("prefix", {"type": "string"}, "Only keys that begin so")] if name == "metadata" else []
            answer = enveloped(resource.singular, answer_schema(resource, property_answer(name)), required=True)
            one = operation(f"spec_{resource.plural}_{name}", doc, answer, parameters=own)
            yield f"{collection}/{{id}}/{name}", "get", one
    if "change-owner" in ladder_actions(resource.entity):
        answer = enveloped(resource.singular, _CANDIDATES, required=True)
        doc = "The domains into which the caller may give it"
        one = operation(f"spec_{resource.plural}_{CANDIDATES.replace('-', '_')}", doc, answer)
        yield f"{collection}/{{id}}/{CANDIDATES}", "get", one


_NAMED: JsonObject = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
_CANDIDATES: JsonObject = {"type": "object", "properties": {"candidates": {"type": "array", "items": _NAMED}}}


def _name(resource: Resource[Any], action: Action) -> str:
    return f"{action.kind.value}_{resource.plural}_{action.name.replace('-', '_')}"


def _action_doc(resource: Resource[Any], action: Action) -> str:
    if action.transition is None or resource.lifecycle is None:
        return action.doc
    transition = next((t for t in resource.lifecycle.transitions if t.name == action.transition), None)
    if transition is None or not transition.sources:
        return action.doc
    return f"{action.doc}. Allowed in status {', '.join(transition.sources)}"


def _nested(resource: Resource[Any], root: str, resources: Sequence[Resource[Any]]) -> Found:
    """Relations under their left side; the other way round works too and is not listed twice."""
    joint = resource.joint
    if joint is None:
        return
    ref = field_map(resource.entity)[joint.left].ref
    owner = next((r for r in resources if ref is not None and r.plural == ref.target), None)
    if owner is None or owner.service != resource.service:
        return
    word = next((w for w in (joint.right_path, joint.left_path) if w != owner.plural), joint.right_path)
    path = f"{root}/{owner.plural}/{{id}}/{word}"
    one = enveloped(resource.singular, reference(name_of(resource)), required=True)
    if resource.offers(Verb.LIST):
        yield path, "get", _list(resource, f"list_{resource.plural}_of_{owner.singular}")
    for verb, method, name in (
        (Verb.GET, "get", "get"),
        (Verb.CREATE, "post", "attach"),
        (Verb.UPDATE, "put", "change"),
        (Verb.UPDATE, "patch", "patch"),
        (Verb.DELETE, "delete", "detach"),
    ):
        if resource.offers(verb):
            body = taken_whole(resource.singular, _sent(resource, verb)) if verb in (Verb.CREATE, Verb.UPDATE) else None
            row = operation(f"{name}_{resource.plural}_row", resource.doc, one, body=body)
            yield path + "/{other_id}", method, row


def _sent(resource: Resource[Any], verb: Verb) -> JsonObject:
    """What may be sent of a relation: of a new one all but its sides, which the path names."""
    if verb is Verb.UPDATE:
        return reference(name_of(resource, "Update"))
    whole, joint = create_schema(resource), resource.joint
    sides = (joint.left, joint.right) if joint is not None else ()
    properties = {name: schema for name, schema in whole["properties"].items() if name not in sides}
    return {"type": "object", "properties": properties, "additionalProperties": True}
