"""What the document says of the hand-written routes: what they read and answer with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import attrs

from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest import discovery, identity, images, openstack_bodies, quotas, services
from cloudcore_adapters.rest.operation import (
    ANY,
    OBJECT,
    answered,
    content,
    enveloped,
    header,
    list_parameters,
    query,
    taken_whole,
)
from cloudcore_adapters.rest.routes import ANY as EVERYWHERE
from cloudcore_adapters.rest.routes import ROUTES, Route
from cloudcore_adapters.rest.schemas import reference

TEXT = "text/plain"
MAYBE: JsonObject = {"type": ["object", "null"], "additionalProperties": True}
OCTETS = "application/octet-stream"

_ID_OR_NAME: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
}
_IN_DOMAIN: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "domain": reference("IdOrName")},
}
PASSWORD: JsonObject = {"type": "string", "maxLength": 1024, "writeOnly": True}
_LOGIN: JsonObject = {
    "type": "object",
    "required": ["auth"],
    "properties": {
        "auth": {
            "type": "object",
            "required": ["identity"],
            "properties": {
                "identity": {
                    "type": "object",
                    "required": ["methods"],
                    "properties": {
                        "methods": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1},
                        "password": enveloped(
                            "user",
                            {
                                "type": "object",
                                "properties": {**_IN_DOMAIN["properties"], "password": PASSWORD},
                            },
                        ),
                        "token": {"type": "object", "properties": {"id": {"type": "string"}}},
                    },
                },
                "scope": {
                    "anyOf": [
                        {"const": "unscoped"},
                        {"type": "object", "properties": {"project": _IN_DOMAIN, "domain": reference("IdOrName")}},
                    ]
                },
            },
        }
    },
    "examples": [
        {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": "alice", "password": "secret", "domain": {"name": "Default"}}},
                },
                "scope": {"project": {"name": "web", "domain": {"name": "Default"}}},
            }
        }
    ],
}
_LOGIN_V2: JsonObject = {
    "type": "object",
    "required": ["auth"],
    "properties": {
        "auth": {
            "type": "object",
            "properties": {
                "tenantName": {"type": "string"},
                "tenantId": {"type": "string"},
                "passwordCredentials": {
                    "type": "object",
                    "required": ["username"],
                    "properties": {"username": {"type": "string"}, "password": PASSWORD},
                },
                "token": {"type": "object", "properties": {"id": {"type": "string"}}},
            },
        }
    },
    "examples": [{"auth": {"tenantName": "web", "passwordCredentials": {"username": "alice", "password": "secret"}}}],
}
_TOKEN: JsonObject = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {
            "type": "object",
            "required": ["expires_at", "issued_at", "methods", "user"],
            "properties": {
                "expires_at": {"type": "string", "format": "date-time"},
                "issued_at": {"type": "string", "format": "date-time"},
                "methods": {"type": "array", "items": {"type": "string"}},
                "user": {"type": "object", "required": ["id", "name"]},
                "project": {"type": "object"},
                "roles": {"type": "array", "items": {"type": "object"}},
                "catalog": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}
_VERSION: JsonObject = {
    "type": "object",
    "required": ["id", "status", "links"],
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string"},
        "links": {"type": "array", "items": {"type": "object", "required": ["rel", "href"]}},
    },
}
SCHEMAS: Mapping[str, JsonObject] = {
    "IdOrName": _ID_OR_NAME,
    "Login": _LOGIN,
    "LoginV2": _LOGIN_V2,
    "Token": _TOKEN,
    "Version": _VERSION,
}
"""Schemas of what is no resource type."""


@attrs.frozen(kw_only=True)
class About:
    """What one handler reads and answers with.

    answer: schema of the JSON; None: no body. status: of success. body: schema of the JSON that is read; None: none is.
    headers: of the answer. kind: media type of the answer. sends: media type of a body that is no JSON.
    more: further good answers, by status.
    """

    answer: JsonObject | None = attrs.field(factory=lambda: dict(OBJECT))
    status: str = "200"
    body: JsonObject | None = None
    body_required: bool = True
    parameters: tuple[JsonObject, ...] = ()
    headers: Mapping[str, JsonObject] = attrs.field(factory=dict[str, JsonObject])
    kind: str = "application/json"
    sends: str = ""
    more: Mapping[str, JsonObject] = attrs.field(factory=dict[str, JsonObject])


def listed(plural: str, **more: JsonObject) -> JsonObject:
    """An object with rows under a word, and more beside them."""
    items: JsonObject = {"type": "array", "items": OBJECT}
    return {"type": "object", "required": [plural], "properties": {plural: items, **more}}


_TEXT_HEADER: JsonObject = {"schema": {"type": "string"}, "required": True}
_SUBJECT = header(identity.SUBJECT, {"type": "string", "minLength": 1}, "The token that is asked about", required=True)
_MARKED = {"next_marker": {"type": "string"}, "marker_field": {"type": "string"}, "marker_order": {"type": "string"}}
_LOG = (
    query("limit", {"type": "integer", "minimum": 0, "maximum": 2**31}, "Size of a page"),
    query("paging_marker", {"type": "string"}, "Where the next page begins"),
    query("paging_order", {"type": "string"}, "ASC or DESC"),
)
_FEED = (
    query("limit", {"type": "integer", "minimum": 0, "maximum": 2**31}, "Size of a page; 0 is as if it was not sent"),
    query("after", {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, "The position to go on from"),
    query("wait", {"type": "number", "minimum": 0, "maximum": 30}, "Seconds to wait for a record"),
)
_BYTES: JsonObject = {"schema": {"type": "string", "contentMediaType": OCTETS}}
_IMAGE = enveloped("image", reference("Image"))
RANGE = header("Range", {"type": "string"}, "bytes=FROM-TO: a part")
_TAGS = tuple(list_parameters({"limit", "offset", "order_by", "order"}))
_KEYS: JsonObject = {"type": "object", "additionalProperties": True, "description": "Quota key → number"}


ABOUT: Mapping[Callable[..., Any], About] = {
    discovery.release: About(answer={"type": "string"}, kind=TEXT),
    discovery.ping: About(answer={"type": "string"}, kind=TEXT),
    discovery.healthy: About(answer=enveloped("status", {"const": "ok"}, required=True)),
    discovery.ready: About(
        answer=enveloped("status", {"type": "string"}, required=True),
        more={"503": {"description": "Not ready", **content(enveloped("status", {"type": "string"}))}},
    ),
    discovery.openapi: About(answer=enveloped("openapi", {"type": "string"}, required=True)),
    discovery.page: About(answer={"type": "string"}, kind="text/*"),
    discovery.versions: About(
        answer=enveloped("versions", enveloped("values", {"type": "array", "items": reference("Version")})),
        status="300",
    ),
    discovery.version_v3: About(answer=enveloped("version", reference("Version"), required=True)),
    identity.login: About(answer=reference("Token"), body=reference("Login"), headers={identity.SUBJECT: _TEXT_HEADER}),
    identity.login_v2: About(answer=enveloped("access", OBJECT, required=True), body=reference("LoginV2")),
    identity.verify_v2: About(answer=enveloped("access", OBJECT, required=True)),
    identity.verify: About(answer=reference("Token"), parameters=(_SUBJECT,), headers={identity.SUBJECT: _TEXT_HEADER}),
    identity.revoke: About(answer=None, status="204", parameters=(_SUBJECT,)),
    identity.revoked: About(answer=enveloped("tokens", {"type": "array", "items": {"type": "string"}}, required=True)),
    identity.policies: About(
        answer={
            "type": "object",
            "required": ["names", "policies"],
            "properties": {"names": OBJECT, "policies": OBJECT},
        }
    ),
    identity.policies_of_others: About(body=MAYBE, body_required=False),
    identity.projects: About(answer=listed("projects", links=dict(OBJECT))),
    identity.domains: About(answer=listed("domains", links=dict(OBJECT))),
    identity.catalog: About(answer=listed("catalog", links=dict(OBJECT))),
    identity.assignments: About(
        answer=listed("role_assignments", total={"type": "integer"}, limit={"type": "integer"}),
        parameters=tuple(list_parameters({"limit", "offset"})),
    ),
    identity.granted: About(answer=listed("roles")),
    identity.systems: About(answer=listed("system", links=OBJECT)),
    identity.projects_of: About(answer=listed("projects", links=OBJECT)),
    identity.groups_of: About(answer=listed("groups", links=OBJECT)),
    identity.members_of: About(answer=listed("users", links=OBJECT)),
    openstack_bodies.tags_of: About(
        answer=enveloped("tags", {"type": "array", "items": {"type": "string"}}, required=True)
    ),
    openstack_bodies.set_tags: About(
        answer=enveloped("tags", {"type": "array", "items": {"type": "string"}}, required=True), body=OBJECT
    ),
    openstack_bodies.clear_tags: About(answer=None, status="204"),
    openstack_bodies.check_tag: About(answer=None, status="204"),
    openstack_bodies.add_tag: About(answer=None, status="201"),
    openstack_bodies.remove_tag: About(answer=None, status="204"),
    identity.show_grant: About(answer=enveloped("role", OBJECT)),
    identity.check_grant: About(answer=None, status="204"),
    identity.show_member: About(answer=enveloped("user", reference("User"), required=True)),
    identity.check_member: About(answer=None, status="204"),
    identity.grant: About(answer=None),
    identity.withdraw: About(answer=None),
    identity.inherited: About(answer=listed("roles")),
    identity.check_inherited: About(answer=None, status="204"),
    identity.inherit: About(answer=None),
    identity.disinherit: About(answer=None),
    identity.join_group: About(answer=None),
    identity.leave_group: About(answer=None),
    identity.change_password: About(
        answer=enveloped("user", OBJECT, required=True),
        body=enveloped(
            "user",
            {
                "type": "object",
                "required": ["original_password", "password"],
                "properties": {"original_password": PASSWORD, "password": PASSWORD},
                "examples": [{"original_password": "the-old-one-1", "password": "the-new-one-2"}],
            },
        ),
    ),
    images.detailed: About(answer=listed("images"), parameters=tuple(list_parameters({"limit", "offset", "field"}))),
    images.create: About(answer=_IMAGE, sends=OCTETS, body=enveloped("image", reference("ImageCreate"))),
    images.update: About(answer=_IMAGE, sends=OCTETS, body=taken_whole("image", reference("ImageUpdate"))),
    images.show: About(answer=None, headers={"X-Image-Meta-Id": _TEXT_HEADER}),
    images.download: About(answer={"type": "string"}, kind=OCTETS, parameters=(RANGE,)),
    images.members: About(answer=listed("members")),
    images.add_member: About(answer=None, status="204"),
    images.remove_member: About(answer=None, status="204"),
    images.shared_images: About(answer=listed("shared_images")),
    images.download_signed: About(answer={"type": "string"}, kind=OCTETS, parameters=(RANGE,)),
    images.store_signed: About(sends=OCTETS),
    services.bring_action: About(answer=enveloped("action", OBJECT), body=enveloped("action", OBJECT, required=True)),
    services.action_property: About(answer=enveloped("action", ANY, required=True)),
    services.action_action: About(body=MAYBE, body_required=False),
    services.actions: About(answer=listed("actions", **_MARKED), parameters=_LOG),
    services.events: About(answer=listed("events", **_MARKED), parameters=_LOG),
    services.history: About(answer=listed("history", **_MARKED), parameters=_FEED),
    services.metadatas: About(answer=listed("metadatas"), parameters=_TAGS),
    services.usages: About(answer=enveloped("usage", OBJECT, required=True)),
    services.capabilities: About(),
    services.specs: About(answer=enveloped("spec", ANY, required=True)),
    services.tag_property: About(answer=enveloped("metadata", ANY, required=True), parameters=_TAGS),
    services.task_called_back: About(body=MAYBE, body_required=False),
    services.scheduler: About(body={**MAYBE, "examples": [{"limit": 20}, {"vmem_size": "1g"}]}, body_required=False),
}
"""By handler. What is not named here answers with some object."""

QUOTAS: Mapping[Callable[..., Any], Callable[[str], About]] = {
    quotas.show: lambda plural: About(answer=listed(plural)),
    quotas.many: lambda plural: About(answer=listed(plural)),
    quotas.change: lambda plural: About(answer=listed(plural), body=taken_whole(plural, _KEYS), body_required=False),
    quotas.pending: lambda _plural: About(),
}


def written(prefixes: Mapping[str, str]) -> Iterator[tuple[str, str, JsonObject]]:
    """Paths, methods in lower case and operations of the hand-written routes."""
    for route in ROUTES:
        if route.service in ("", EVERYWHERE) or route.service in prefixes:
            prefix = prefixes.get(route.service, "") if route.service not in ("", EVERYWHERE) else ""
            path = (prefix + route.path).rstrip("/") or "/"
            for method in route.methods.lower().split():
                yield path, method, written_operation(route, method, path)


def about(route: Route) -> About | None:
    """What is said of a route's handler; None where nothing is."""
    handler = route.handler
    if isinstance(handler, partial):
        made = QUOTAS.get(handler.func)
        return made(str(handler.args[0])) if made is not None else None
    return ABOUT.get(handler)


def written_operation(route: Route, method: str, path: str, known: About | None = None) -> JsonObject:
    """One hand-written route as the document has it. known: what is said of it, where `ABOUT` says nothing."""
    words = [word.strip("{}") for word in path.replace(".", "_").replace("-", "_").split("/") if word]
    handler = route.handler.func if isinstance(route.handler, partial) else route.handler
    said = (
        known or about(route) or About(body=None if method in ("get", "head", "delete") else MAYBE, body_required=False)
    )
    found: JsonObject = {
        "operationId": "_".join((method, *words)),
        "summary": " ".join((getattr(handler, "__doc__", "") or "").split()),
        "tags": [route.service if route.service not in ("", EVERYWHERE) else "platform"],
        "responses": answered(_good(said, method)),
    }
    if said.parameters:
        found["parameters"] = list(said.parameters)
    if method not in ("get", "head", "delete") and (said.body is not None or said.sends):
        found["requestBody"] = _body(said)
    return {**found, "security": []} if route.open else found


def _good(said: About, method: str) -> JsonObject:
    good: JsonObject = {"description": "Done"}
    if said.answer is not None and method != "head":
        good |= content(said.answer, said.kind)
    if said.headers:
        good["headers"] = dict(said.headers)
    found = {said.status: good, **said.more}
    if RANGE in said.parameters:
        found["206"] = {"description": "A part", **content({"type": "string"}, OCTETS)}
        found["416"] = {"description": "The part begins behind the end", **content(reference("Error"))}
    return found


def _body(said: About) -> JsonObject:
    kinds: JsonObject = {}
    if said.body is not None:
        kinds |= content(said.body)["content"]
    if said.sends:
        kinds[said.sends] = _BYTES
    return {"required": said.body_required and not said.sends, "content": kinds}
