"""What one operation of the document is made of: parameters, bodies, answers, errors, links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.errors import RequestTimeoutError, UnsupportedMediaTypeError, status_of
from cloudcore_adapters.rest.request import MAX_IDEMPOTENCY_KEY
from cloudcore_adapters.rest.responses import JSON_TYPE
from cloudcore_adapters.rest.schemas import PLAIN_TEXT, reference
from cloudcore_adapters.rest.serving import GATEWAY_VERSIONS

JSON = JSON_TYPE.partition(";")[0]
WHEN = "2026-01-02T03:04:05.678901Z"

FAILURES: Mapping[str, tuple[str, str]] = {
    "400": ("BadRequest", "A value is wrong; `data.field` names it"),
    "401": ("Unauthorized", "There is no token, or it is not valid"),
    "403": ("Forbidden", "You may see it, but not do this"),
    "404": ("NotFound", "It is not there, or not for you to see"),
    "406": ("NotSupported", "This is not offered here, or something is still in use"),
    "408": ("Timeout", "The body did not arrive in time"),
    "409": ("Conflict", "The world has moved: a taken name, a stale version, something under way"),
    "413": ("TooLarge", "The request is larger than allowed"),
    "415": ("NotJson", "The body is said to be of a type that is not read: send `application/json`"),
    "429": ("TooMany", "Slow down; `Retry-After` says for how many seconds"),
    "5XX": ("Failed", "The platform or something behind it failed"),
}
"""Status → name of the response, and when it comes."""

_HEADERS: Mapping[str, JsonObject] = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
    "429": {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}, "required": True}},
}

_NUMBER: JsonObject = {
    "anyOf": [{"type": "integer", "minimum": -(2**31), "maximum": 2**31}, {"type": "string", "maxLength": 0}]
}
LIST_PARAMETERS: tuple[tuple[str, JsonObject, str], ...] = (
    ("limit", _NUMBER, "Size of a page; 0 means 2048"),
    ("offset", _NUMBER, "Rows to skip"),
    ("order_by", {"type": "string"}, "Column to order by; repeatable"),
    ("order", {"type": "string"}, "asc or desc"),
    ("details", reference("Flag"), "Whether to add resolved names and computed values"),
    ("search", {"type": "string"}, "Text that one of the searchable columns contains"),
    ("filter", {"type": "string"}, "field.operator(values); repeatable"),
    ("filter_any", reference("Flag"), "Join the filters by or instead of and"),
    ("joint_filter", {"type": "string"}, "relation.key(column).field.operator(values); repeatable"),
    ("field", {"type": "string"}, "Give only these keys; repeatable"),
    ("scope", {"type": "string"}, "project, domain or system"),
    ("pending_delete", {"type": "string"}, "true: the recycle bin; all: everything"),
    (
        "paging_marker",
        {"type": "string"},
        "Where the next page begins; empty for the first: such pages are not counted",
    ),
    ("order_by_tag", {"type": "string"}, "Tag to order by"),
    ("tags", {"type": "string"}, "tags.0.key and tags.0.value: rows that have these tags; also no_tags, obj_tags …"),
    ("export_keys", {"type": "string"}, "Comma list: give only these, every value as a text"),
    ("summary_stats", reference("Flag"), "Add the sums of the numbers of the whole list"),
    ("show_fail_reason", reference("Flag"), "Say what may not be done, and why, without details too"),
)
SELECTING = frozenset({"search", "filter", "filter_any", "joint_filter", "scope", "pending_delete", "tags"})
"""Those that choose rows; the rest shapes the page."""


def operation(
    name: str,
    summary: str,
    answer: JsonObject,
    *,
    body: JsonObject | None = None,
    parameters: Sequence[JsonObject] = (),
    links: Mapping[str, JsonObject] | None = None,
    body_required: bool = False,
) -> JsonObject:
    """An operation that answers 200 with JSON.

    body: the schema of the request's body; None where none is read.
    """
    made = answered({"200": {"description": "Done", **content(answer)}})
    found: JsonObject = {"operationId": name.replace("-", "_"), "summary": summary, "responses": made}
    if links:
        found["responses"]["200"]["links"] = dict(links)
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": body_required, **content(body)}
    return found


def answered(good: Mapping[str, JsonObject]) -> JsonObject:
    """All responses of an operation: the good ones, and every failure."""
    failures = {s: {"$ref": f"#/components/responses/{name}"} for s, (name, _) in FAILURES.items()}
    return {**good, **failures}


def list_parameters(names: Iterable[str]) -> list[JsonObject]:
    """References to parameters that lists share."""
    wanted = set(names)
    return [{"$ref": f"#/components/parameters/{name}"} for name, _, _ in LIST_PARAMETERS if name in wanted]


def once() -> JsonObject:
    """The parameter that makes a POST happen once however often it is sent."""
    return {"$ref": "#/components/parameters/Idempotency-Key"}


def plannable(one: JsonObject) -> JsonObject:
    """The same operation, which may be asked what it would do instead of doing it."""
    good = one["responses"]["200"]
    schema = good["content"][JSON]["schema"]
    planned = {**good, **content({"anyOf": [schema, reference("Planned")]})}
    parameters = [*one.get("parameters", ()), {"$ref": "#/components/parameters/plan"}]
    return {**one, "parameters": parameters, "responses": {**one["responses"], "200": planned}}


def query(name: str, schema: JsonObject, doc: str) -> JsonObject:
    """A parameter of the query string."""
    return {"name": name, "in": "query", "required": False, "description": doc, "schema": schema}


def header(name: str, schema: JsonObject, doc: str, *, required: bool = False) -> JsonObject:
    """A parameter that is a header."""
    return {"name": name, "in": "header", "required": required, "description": doc, "schema": schema}


def content(schema: JsonObject, kind: str = JSON) -> JsonObject:
    """A body of one media type."""
    return {"content": {kind: {"schema": schema}}}


def enveloped(keyword: str, schema: JsonObject, *, required: bool = False) -> JsonObject:
    """An object with something under a keyword."""
    envelope: JsonObject = {"type": "object", "properties": {keyword: schema}}
    return {**envelope, "required": [keyword]} if required else envelope


def taken_whole(keyword: str, schema: JsonObject) -> JsonObject:
    """A body whose envelope may be left out, and which may itself be left out or null."""
    inner = {"anyOf": [schema, {"type": "null"}]}
    return {"type": ["object", "null"], "properties": {keyword: inner}, "additionalProperties": True}


def link(target: str, expression: str) -> JsonObject:
    """To the operation that takes what stands there in the answer as its `id`."""
    return {"operationId": target.replace("-", "_"), "parameters": {"id": f"$response.body#/{expression}"}}


def shared_parameters() -> JsonObject:
    """What operations refer to as their parameters."""
    key = {"type": "string", "minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY, "pattern": "^[ -~]*[!-~][ -~]*$"}
    doc = "The same key with the same body is done once, and answered alike for a day; with another body it is refused"
    return {
        **{name: query(name, schema, doc) for name, schema, doc in LIST_PARAMETERS},
        "plan": query("plan", reference("Flag"), "Do nothing, and answer with the plan of it; see the type plans"),
        "Idempotency-Key": header("Idempotency-Key", key, doc),
        "id": {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "Id or name",
            "schema": segment(),
        },
    }


def segment() -> JsonObject:
    """The schema of a segment of a path."""
    return {"type": "string", "minLength": 1, "maxLength": 256, "pattern": PLAIN_TEXT}


def shared_responses() -> JsonObject:
    """Every failure by name, with the classes of error that it stands for and an example."""
    found: JsonObject = {}
    classes: list[type[CloudcoreError]] = [*_kinds(CloudcoreError), RequestTimeoutError, UnsupportedMediaTypeError]
    kinds = sorted({(str(status_of(kind)), kind.code) for kind in classes})
    for status, (name, doc) in FAILURES.items():
        codes = [code for number, code in kinds if number == status or (status == "5XX" and number[0] == "5")]
        number = 500 if status == "5XX" else int(status)
        example = {"code": number, "class": codes[0] if codes else "", "details": doc, "time": WHEN}
        shown = {"schema": reference("Error"), "examples": {name: {"value": example}}}
        found[name] = {"description": f"{doc}: {', '.join(codes)}", "content": {JSON: shown}}
        if status in _HEADERS:
            found[name]["headers"] = _HEADERS[status]
    return found


def _kinds(kind: type[CloudcoreError]) -> Iterator[type[CloudcoreError]]:
    """The core's error classes; those of other modules would depend on what happens to be imported."""
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == CloudcoreError.__module__:
            yield from _kinds(child)


def with_path_parameters(path: str, item: JsonObject, examples: Mapping[str, str]) -> JsonObject:
    """A path's operations with the parameters that stand in the path.

    examples: a name of one of a type, by its plural.
    """
    parts = path.split("/")
    found = [
        _in_path(part[1:-1], examples.get(_PLURALS.get(part[1:-1], before), ""))
        for before, part in zip(["", *parts], parts, strict=False)
        if part.startswith("{")
    ]
    return {**item, "parameters": found} if found else item


def _in_path(name: str, example: str) -> JsonObject:
    if name == "id":
        one = {"name": name, "in": "path", "required": True, "description": "Id or name", "schema": segment()}
        return {**one, "example": example} if example else {"$ref": "#/components/parameters/id"}
    words = {"version": list(GATEWAY_VERSIONS), "kind": ["users", "groups"]}
    schema = {"type": "string", "enum": words[name]} if name in words else segment()
    one = {"name": name, "in": "path", "required": True, "schema": schema}
    if name in _EXAMPLES:
        return {**one, "example": _EXAMPLES[name]}
    return {**one, "example": example} if example and name in (*_PLURALS, "other_id") else one


_PLURALS = {name: f"{name}s" for name in ("user", "group", "role", "project", "domain")} | {"actor": "users"}
"""What stands where a path of identity has these words; an actor may be a group too."""
_EXAMPLES = {"tag": "team", "file": "api.css", "word": "metadata"}
"""What examples have in other places of a path."""


ANY: JsonObject = {}
"""The schema of anything."""
OBJECT: JsonObject = {"type": "object", "additionalProperties": True}
"""The schema of any object."""
