"""What the document says of the gateway: its own routes one by one, and each form in which it passes requests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.model.resource import ActionKind, Resource, Verb, refs_of
from cloudcore.operations.ladder import offered_of
from cloudcore_adapters.rest import shape
from cloudcore_adapters.rest.gateway import account, download, login, second
from cloudcore_adapters.rest.gateway.resources import serve
from cloudcore_adapters.rest.gateway.table import ROUTES, SERVICE
from cloudcore_adapters.rest.operation import (
    LIST_PARAMETERS,
    answered,
    content,
    enveloped,
    list_parameters,
    once,
    query,
    segment,
)
from cloudcore_adapters.rest.paths import CATALOG_TYPES
from cloudcore_adapters.rest.routes import Route
from cloudcore_adapters.rest.schemas import reference
from cloudcore_adapters.rest.shape import listed
from cloudcore_adapters.rest.token_shape import PASSWORD
from cloudcore_adapters.rest.written import MAYBE, OCTETS, RANGE, TEXT, About, written_operation

Found = Iterator[tuple[str, str, JsonObject]]
SIGNED_IN: list[JsonObject] = [{"token": []}, {"session": []}]
EXAMPLE = "keypairs"
"""The type that stands for all in examples."""
_OPEN = (login.regions, login.login, login.logout)
_WHICH = {**query("id", segment(), "Which policy, where the path does not say it"), "example": "policy-1"}


def _segment(name: str, example: str) -> JsonObject:
    """A segment of the path with an example of its own."""
    return {"name": name, "in": "path", "required": True, "schema": segment(), "example": example}


_SHOWN: Mapping[tuple[str, str], JsonObject] = {
    ("/{version}/{plural}/{id}", "post"): _segment("id", "check-create-data"),
    ("/{version}/rpc/{plural}/{word}", "get"): _segment("word", "get-tag-value-pairs"),
    ("/{version}/rpc/{plural}/{word}", "post"): _segment("word", "check-create-data"),
}
"""Segments that are no id and no detail: what they say instead."""
_FACTOR: JsonObject = {
    "type": "object",
    "required": ["secret", "uri", "qrcode"],
    "properties": {
        "secret": {"type": "string", "description": "In base32, told once"},
        "uri": {"type": "string", "description": "The same for programs that make passcodes"},
        "qrcode": {"type": "string", "description": "A picture of that: PNG in base64"},
    },
}
_ANSWERS: JsonObject = {
    "type": "object",
    "required": ["questions"],
    "examples": [{"questions": [{"question": "first pet", "answer": "Rex"}]}],
    "properties": {
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["question", "answer"],
                "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
            },
        }
    },
}

_ABOUT: Mapping[Callable[..., Any], About] = {
    login.regions: About(answer=enveloped("regions", {"type": "array", "items": {"type": "string"}}, required=True)),
    login.login: About(
        answer={"type": "string"},
        kind=TEXT,
        body={
            "type": "object",
            "properties": {
                "username": {"type": "string"},
                "password": PASSWORD,
                "tenantId": {"type": "string", "description": "With a session: another project"},
            },
            "examples": [{"username": "alice", "password": "secret"}],
        },
        body_required=False,
    ),
    login.assume: About(
        answer={"type": "string"},
        kind=TEXT,
        parameters=(
            {**query("user_id", segment(), "As whom, by id or name"), "required": True, "example": "user-1"},
            {
                **query("project_id", segment(), "In which project, by id or name"),
                "required": True,
                "example": "project-1",
            },
        ),
    ),
    login.logout: About(answer={"type": "string"}, kind=TEXT),
    account.user: About(answer=enveloped("data", shape.PROFILE, required=True)),
    account.own_permissions: About(answer=shape.RULES),
    account.permissions: About(
        answer=shape.PERMISSIONS,
        body={**MAYBE, "examples": [{"may_list": ["project", "compute", "servers", "list"]}]},
        body_required=False,
        parameters=(query("policy", {"type": "string"}, "Of this policy alone"),),
    ),
    account.scoped_resources: About(answer=shape.BY_SCOPE),
    account.admin_resources: About(answer=shape.BY_SERVICE),
    account.bindings: About(answer=listed("data", shape.NOTHING)),
    account.password: About(
        answer=shape.USER,
        body={
            "type": "object",
            "required": ["password_old", "password_new", "password_confirm"],
            "properties": dict.fromkeys(("password_old", "password_new", "password_confirm"), PASSWORD),
            "examples": [
                {"password_old": "the-old-one-1", "password_new": "new-one-2", "password_confirm": "new-one-2"}
            ],
        },
    ),
    account.policies: About(body={**reference("PolicyCreate")}, parameters=(_WHICH,)),
    second.begin: About(answer=_FACTOR),
    second.reset: About(answer=_FACTOR, body=_ANSWERS),
    second.prove: About(
        answer=shape.NOTHING,
        body={"type": "object", "required": ["passcode"], "properties": {"passcode": {"type": "string"}}},
    ),
    second.questions: About(answer=enveloped("data", {"type": "array", "items": {"type": "string"}}, required=True)),
    second.set_questions: About(answer=shape.NOTHING, body=_ANSWERS),
    download.image: About(answer={"type": "string"}, kind=OCTETS, parameters=(RANGE, _segment("id", "image-1"))),
}
"""What the gateway does itself, by handler."""

GATEWAY_SCHEMAS: Mapping[str, JsonObject] = {
    "Outcomes": {
        "type": "object",
        "description": "An answer for each of several",
        "required": ["data"],
        "properties": {
            "data": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "status", "data"],
                    "properties": {
                        "id": {"type": "string"},
                        "status": {"type": "integer", "description": "What the answer for this one alone would be"},
                        "data": {"description": "What the service answers, or the error"},
                    },
                },
            }
        },
    }
}
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("/{version}/{plural}", "get", "A list of any type, or with batchGet the details of each that `id` names"),
    ("/{version}/{plural}", "post", "Make one of any type, or `__count__` of them"),
    ("/{version}/{plural}", "put", "Change each that `id` names"),
    ("/{version}/{plural}", "patch", "Change each that `id` names"),
    ("/{version}/{plural}", "delete", "Delete each that `id` names"),
    ("/{version}/{plural}/{id}", "get", "One, or a property of the whole list"),
    ("/{version}/{plural}/{id}", "post", "An action of the type; with `id` in the query the action of each"),
    ("/{version}/{plural}/{id}", "put", "Change one"),
    ("/{version}/{plural}/{id}", "patch", "Change one"),
    ("/{version}/{plural}/{id}", "delete", "Delete one"),
    ("/{version}/{plural}/{id}/{word}", "get", "A named detail, or a list of what is below it"),
    ("/{version}/{plural}/{id}/{word}", "post", "An action of one"),
    ("/{version}/{plural}/{id}/{word}", "put", "Change each relation that `id` names"),
    ("/{version}/{plural}/{id}/{word}", "patch", "Change each relation that `id` names"),
    ("/{version}/{plural}/{id}/{word}", "delete", "End each relation that `id` names"),
    ("/{version}/{plural}/{id}/{word}/{other_id}", "get", "A relation"),
    ("/{version}/{plural}/{id}/{word}/{other_id}", "post", "Make a relation"),
    ("/{version}/{plural}/{id}/{word}/{other_id}", "put", "Change a relation"),
    ("/{version}/{plural}/{id}/{word}/{other_id}", "patch", "Change a relation"),
    ("/{version}/{plural}/{id}/{word}/{other_id}", "delete", "End a relation"),
    ("/{version}/rpc/{plural}/{word}", "get", "A property by the name of its call, such as get-statistics"),
    ("/{version}/rpc/{plural}/{word}", "post", "An action of the type by the name of its call"),
    ("/{version}/rpc/{plural}/{id}/{word}", "get", "A named detail by the name of its call"),
    ("/{version}/rpc/{plural}/{id}/{word}", "post", "An action by the name of its call, such as do-enable"),
    ("/s/{service}/{plural}", "get", "Any path of a service, with its envelopes; here a list"),
    ("/s/{service}/{plural}", "post", "The same for making one"),
    ("/s/{service}/{plural}/{id}", "get", "The same for one"),
    ("/s/{service}/{plural}/{id}", "put", "The same for changing one"),
    ("/s/{service}/{plural}/{id}", "patch", "The same for changing one"),
    ("/s/{service}/{plural}/{id}", "delete", "The same for deleting one"),
)
"""Path, method, and what it does: every type has the same, and is answered as its service answers."""


def at_the_gateway(resources: Sequence[Resource[Any]], prefixes: Mapping[str, str]) -> Found:
    """Paths, methods in lower case and operations of the gateway."""
    if SERVICE not in prefixes:
        return
    for route in ROUTES:
        if route.handler is serve or not route.offered:
            continue  # told of below; or nothing of it is there
        path = prefixes[SERVICE] + route.path
        for method in route.methods.lower().split():
            yield path, method, _own(route, method, path)
    words = _words(resources)
    for path, method, doc in _FORMS:
        made = _passed_on(path, method, doc, _having(path, method, resources))
        if method == "post" and path.endswith("/{id}/{word}"):
            made["parameters"].append(_word(words, called="/rpc/" in path))
        yield prefixes[SERVICE] + path, method, made


def _words(resources: Sequence[Resource[Any]]) -> list[str]:
    """What can be done to one thing of some type by POST: its actions, and making what stands below it."""
    found = {action.name for one in resources for action in offered_of(one) if action.kind is ActionKind.PERFORM}
    made = [one for one in resources if one.offers(Verb.CREATE) and one.joint is None]
    return sorted(found | {one.plural for one in made if any(refs_of(one.entity))})


def _word(words: Sequence[str], *, called: bool) -> JsonObject:
    """The parameter for one of these words; of a call the name may begin with what says that it is one."""
    schema: JsonObject = {"type": "string", "enum": list(words)}
    if called:
        schema = {"type": "string", "pattern": f"^(do-|perform-)?({'|'.join(words)})$"}
    doc = "What to do, or what to make below it; which of these a type has its own operations say"
    one: JsonObject = {"name": "word", "in": "path", "required": True, "description": doc, "schema": schema}
    return {**one, "example": "do-public" if called else "public"}


def _having(path: str, method: str, resources: Sequence[Resource[Any]]) -> list[str]:
    """The types that have this form."""
    one = path.endswith("{plural}/{id}")
    whole = {"get": Verb.LIST, "post": Verb.CREATE, "put": Verb.UPDATE, "patch": Verb.UPDATE, "delete": Verb.DELETE}
    verb = whole[method] if one or path.endswith("{plural}") else Verb.GET
    here = [each for each in resources if "/s/" not in path or each.service == "compute"]
    acts = method == "post" and one
    lists = method == "get"
    return sorted(
        r.plural for r in here if acts or lists or (r.offers(verb) and (r.joint is None or verb is not Verb.CREATE))
    )


def _own(route: Route, method: str, path: str) -> JsonObject:
    said = _ABOUT.get(route.handler)
    if said is None:
        made = written_operation(route, method, path)
        return {**made, "responses": answered({}), "security": []}
    made = written_operation(route, method, path, said)
    if route.handler is account.policies:
        made["responses"] = answered({"200": _answer({**reference("Policy"), "required": ["id"]}), **_NOT_HERE})
        if route.path.endswith("{id}") or method == "post":
            del made["parameters"]
        else:
            made["parameters"] = [{**_WHICH, "required": True}]
        if method == "patch":
            made["requestBody"] = {"required": False, **content(reference("PolicyUpdate"))}
    return {**made, "security": [] if route.handler in _OPEN else SIGNED_IN}


def _passed_on(path: str, method: str, doc: str, plurals: Sequence[str]) -> JsonObject:
    words = [word.strip("{}") for word in path.split("/") if word not in ("", "{version}")]
    several = path in ("/{version}/{plural}", "/{version}/{plural}/{id}/{word}")
    kind = {"name": "plural", "in": "path", "required": True, "schema": {"type": "string", "enum": list(plurals)}}
    if EXAMPLE in plurals:
        kind["example"] = EXAMPLE
    parameters: list[JsonObject] = [kind]
    if "/s/" in path:
        known = sorted({*CATALOG_TYPES, *CATALOG_TYPES.values()} - {SERVICE})
        parameters.append(
            {**kind, "name": "service", "schema": {"type": "string", "enum": known}, "example": "compute"}
        )
    if (path, method) in _SHOWN:
        parameters.append(_SHOWN[path, method])
    good: JsonObject = {"200": _answer(shape.ENVELOPED if "/s/" in path else shape.PASSED)}
    if path == "/{version}/{plural}" and method == "get":
        good = {"200": _answer(shape.PAGE)}
        parameters += [*list_parameters(name for name, _, _ in LIST_PARAMETERS), {**_IDS, "schema": _TEXT}, _GET_EACH]
        good["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    if several and method not in ("get", "post"):
        parameters.append({**_IDS, "required": True})
        good = {}
    if several or (path == "/{version}/{plural}/{id}" and method == "post"):
        good["207"] = _answer(reference("Outcomes"))
    if method == "post":
        parameters.append(once())
    made: JsonObject = {
        "operationId": "_".join((method, "gateway", *words)),
        "summary": doc,
        "tags": [SERVICE],
        "parameters": parameters,
        "responses": answered({**good, **_NOT_HERE}),
        "security": [{"token": []}] if "/s/" in path else SIGNED_IN,
    }
    if method in ("post", "put", "patch"):
        shown = {"name": "made-here"} if method == "post" else {"description": "changed"}
        inner = {**MAYBE, "examples": [{EXAMPLE[:-1]: shown} if "/s/" in path else shown]}
        made["requestBody"] = {"required": False, **content(inner)}
    return made


def _answer(schema: JsonObject) -> JsonObject:
    return {"description": "Done", **content(schema)}


_IDS = query("id", {"type": "string", "minLength": 1}, "Ids or names, with commas")
_TEXT: JsonObject = {"type": "string"}
_GET_EACH = query("batchGet", reference("Option"), "Give the details of each that `id` names, and no list")
_NOT_HERE: JsonObject = {"405": {"description": "This has other methods, see `Allow`", **content(reference("Error"))}}
