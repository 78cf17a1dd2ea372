"""OpenAPI 3.1 of everything that is served, derived from the resource types and the table of routes.

python -m cloudcore_adapters.rest.openapi > openapi.json
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from cloudcore.model import errors
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Action, ActionKind, Resource, Verb, field_map
from cloudcore_adapters.rest.errors import status_of
from cloudcore_adapters.rest.paths import VERSIONS
from cloudcore_adapters.rest.routes import ANY, ROUTES, Route
from cloudcore_adapters.rest.schemas import ERROR, create_schema, name_of, reference, shown_schema, update_schema
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES
from cloudcore_adapters.rest.site import INTERNAL

API_VERSION = "1.0"

LIST_PARAMETERS: tuple[tuple[str, str, str], ...] = (
    ("limit", "integer", "Size of a page; 0 means 2048"),
    ("offset", "integer", "Rows to skip"),
    ("order_by", "string", "Column to order by; repeatable"),
    ("order", "string", "asc or desc"),
    ("details", "boolean", "Whether to add resolved names and computed values"),
    ("search", "string", "Text that one of the searchable columns contains"),
    ("filter", "string", "field.operator(values); repeatable"),
    ("filter_any", "boolean", "Join the filters by or instead of and"),
    ("joint_filter", "string", "relation.key(column).field.operator(values); repeatable"),
    ("field", "string", "Give only these keys; repeatable"),
    ("scope", "string", "project, domain or system"),
    ("pending_delete", "string", "true: the recycle bin; all: everything"),
    ("paging_marker", "string", "Where the next page begins; empty for the first one: pages by marker are not counted"),
    ("order_by_tag", "string", "Tag to order by"),
    (
        "tags",
        "string",
        "tags.0.key and tags.0.value: rows that have these tags; also no_tags, obj_tags, project_tags …",
    ),
    ("export_keys", "string", "Comma list: give only these, every value as a text that no spreadsheet computes"),
    ("summary_stats", "boolean", "Add the sums of the numbers of the whole list"),
    ("show_fail_reason", "boolean", "Say what may not be done, and why, without details too"),
)


def document(resources: Sequence[Resource[Any]], prefixes: Mapping[str, str] = DEFAULT_PREFIXES) -> JsonObject:
    """The whole document; the same for the same types, whatever their order."""
    served = [r for r in resources if r.service != INTERNAL and r.service in prefixes]
    paths: dict[str, JsonObject] = {}
    for path, method, operation in (*_written(prefixes), *_derived(served, prefixes)):
        paths.setdefault(path, {}).setdefault(method, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "cloudcore", "version": API_VERSION, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {path: _with_path_parameters(path, item) for path, item in paths.items()},
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
            "parameters": {name: _query(name, kind, doc) for name, kind, doc in LIST_PARAMETERS},
            "responses": _error_responses(),
            "schemas": _schemas(served),
        },
    }


def _schemas(resources: Sequence[Resource[Any]]) -> JsonObject:
    found: JsonObject = {"Error": ERROR}
    for resource in resources:
        found[name_of(resource)] = shown_schema(resource)
        if Verb.CREATE in resource.verbs:
            found[name_of(resource, "Create")] = create_schema(resource)
        if Verb.UPDATE in resource.verbs:
            found[name_of(resource, "Update")] = update_schema(resource)
    return found


def _written(prefixes: Mapping[str, str]) -> Iterator[tuple[str, str, JsonObject]]:
    for route in ROUTES:
        if route.service in ("", ANY) or route.service in prefixes:
            prefix = prefixes.get(route.service, "") if route.service not in ("", ANY) else ""
            path = (prefix + route.path).rstrip("/") or "/"
            for method in route.methods.lower().split():
                yield path, method, _written_operation(route, method, path)


def _written_operation(route: Route, method: str, path: str) -> JsonObject:
    words = [word.strip("{}") for word in path.replace(".", "_").replace("-", "_").split("/") if word]
    operation: JsonObject = {
        "operationId": "_".join((method, *words)),
        "summary": _summary(route.handler),
        "tags": [route.service if route.service not in ("", ANY) else "platform"],
        "responses": {"200": {"description": "Done"}, "default": _error()},
    }
    return {**operation, "security": []} if route.open else operation


def _summary(handler: Callable[..., Any]) -> str:
    return " ".join((handler.__doc__ or "").split())


def _derived(resources: Sequence[Resource[Any]], prefixes: Mapping[str, str]) -> Iterator[tuple[str, str, JsonObject]]:
    for resource in resources:
        version, required = VERSIONS.get(resource.service, ("", False))
        root = prefixes[resource.service] + (f"/{version}" if required else "")
        collection = f"{root}/{resource.plural}"
        for path, method, operation in (
            *_plain(resource, collection),
            *_actions(resource, collection),
            *_nested(resource, root, resources),
        ):
            yield path, method, {**operation, "tags": [resource.service]}


def _plain(resource: Resource[Any], path: str) -> Iterator[tuple[str, str, JsonObject]]:
    one = _enveloped(resource.singular, reference(name_of(resource)))
    member = path + "/{id}"
    if Verb.LIST in resource.verbs:
        yield path, "get", _list_operation(resource, f"list_{resource.plural}")
    if Verb.CREATE in resource.verbs and resource.joint is None:
        body = _enveloped(resource.singular, reference(name_of(resource, "Create")), required=True)
        body["properties"]["count"] = {"type": "integer", "minimum": 0, "description": "Make so many, all or none"}
        yield path, "post", _operation(f"create_{resource.plural}", f"Create a {resource.singular}", one, body)
    if Verb.GET in resource.verbs:
        yield member, "get", _operation(f"get_{resource.plural}", f"One {resource.singular}, by id or name", one)
    if Verb.UPDATE in resource.verbs:
        body = _enveloped(resource.singular, reference(name_of(resource, "Update")))
        yield member, "put", _operation(f"update_{resource.plural}", f"Change a {resource.singular}", one, body)
    if Verb.DELETE in resource.verbs:
        yield member, "delete", _operation(f"delete_{resource.plural}", f"Delete a {resource.singular}", one)


def _list_operation(resource: Resource[Any], name: str) -> JsonObject:
    page = {
        "type": "object",
        "required": [resource.plural],
        "properties": {
            resource.plural: {"type": "array", "items": reference(name_of(resource))},
            "total": {"type": "integer"},
            "limit": {"type": "integer"},
            "offset": {"type": "integer"},
        },
    }
    parameters: list[JsonObject] = [{"$ref": f"#/components/parameters/{name}"} for name, _, _ in LIST_PARAMETERS]
    parameters += [_query(one.name, "boolean" if one.truth else "string", one.doc) for one in resource.filters]
    return {**_operation(name, resource.doc, page), "parameters": parameters}


def _actions(resource: Resource[Any], collection: str) -> Iterator[tuple[str, str, JsonObject]]:
    for action in resource.actions:
        on_one = action.kind in (ActionKind.PERFORM, ActionKind.SPEC)
        path = f"{collection}/{{id}}/{action.name}" if on_one else f"{collection}/{action.name}"
        word = "plural" if action.kind is ActionKind.CLASS else "singular"
        answer = _enveloped(getattr(resource, word), {})
        name = f"{action.kind.value}_{resource.plural}_{action.name.replace('-', '_')}"
        reads = action.kind in (ActionKind.SPEC, ActionKind.PROPERTY)
        body = None if reads else _enveloped(getattr(resource, word), _params(action))
        yield path, "get" if reads else "post", _operation(name, _action_doc(resource, action), answer, body)


def _params(action: Action) -> JsonObject:
    properties = {name: {"description": doc} for name, doc in action.params}
    return {"type": "object", "properties": properties, "additionalProperties": True}


def _action_doc(resource: Resource[Any], action: Action) -> str:
    if action.transition is None or resource.lifecycle is None:
        return action.doc
    transition = next((t for t in resource.lifecycle.transitions if t.name == action.transition), None)
    if transition is None or not transition.sources:
        return action.doc
    return f"{action.doc}. Allowed in status {', '.join(transition.sources)}"


def _nested(
    resource: Resource[Any], root: str, resources: Sequence[Resource[Any]]
) -> Iterator[tuple[str, str, JsonObject]]:
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
    one = _enveloped(resource.singular, reference(name_of(resource)))
    yield path, "get", _list_operation(resource, f"list_{resource.plural}_of_{owner.singular}")
    for verb, method, name in (
        (Verb.GET, "get", "get"),
        (Verb.CREATE, "post", "attach"),
        (Verb.UPDATE, "put", "change"),
        (Verb.DELETE, "delete", "detach"),
    ):
        if verb in resource.verbs:
            yield path + "/{other_id}", method, _operation(f"{name}_{resource.plural}_row", resource.doc, one)


def _operation(name: str, summary: str, answer: JsonObject, body: JsonObject | None = None) -> JsonObject:
    operation: JsonObject = {
        "operationId": name.replace("-", "_"),
        "summary": summary,
        "responses": {"200": {"description": "Done", **_content(answer)}, "default": _error()},
    }
    return operation if body is None else {**operation, "requestBody": _content(body)}


def _enveloped(keyword: str, schema: JsonObject, *, required: bool = False) -> JsonObject:
    envelope: JsonObject = {"type": "object", "properties": {keyword: schema}}
    return {**envelope, "required": [keyword]} if required else envelope


def _content(schema: JsonObject) -> JsonObject:
    return {"content": {"application/json": {"schema": schema}}}


def _query(name: str, kind: str, doc: str) -> JsonObject:
    return {"name": name, "in": "query", "required": False, "description": doc, "schema": {"type": kind}}


def _error() -> JsonObject:
    return {"$ref": "#/components/responses/Error"}


def _error_responses() -> JsonObject:
    """One response, whose description lists every class of error with its status."""
    lines = sorted({(status_of(kind), kind.code) for kind in _kinds(errors.CloudcoreError)})
    listed = "; ".join(f"{status} {code}" for status, code in lines)
    return {"Error": {"description": f"An error: {listed}", **_content(reference("Error"))}}


def _kinds(kind: type[errors.CloudcoreError]) -> Iterator[type[errors.CloudcoreError]]:
    """The core's error classes; those of other modules would depend on what happens to be imported."""
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _kinds(child)


def _with_path_parameters(path: str, item: JsonObject) -> JsonObject:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if not names:
        return item
    parameters = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    return {**item, "parameters": parameters}


def rendered(resources: Sequence[Resource[Any]]) -> bytes:
    """The document as it is committed: indented, keys sorted, a line break at the end."""
    return orjson.dumps(document(resources), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def main() -> None:
    """Write the document of all types to standard output."""
    from cloudcore.cloud import TYPES

    sys.stdout.buffer.write(rendered(TYPES))


if __name__ == "__main__":
    main()
