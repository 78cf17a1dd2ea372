"""What the document says of the hand-written routes: what they read and answer with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import attrs

from cloudcore.model.answer import Key
from cloudcore.model.json import JsonObject
from cloudcore.operations.actions import DISTINCT, OFFERED
from cloudcore.operations.capability_answer import CAPABILITY
from cloudcore.operations.specs import PLURALS as SPECS
from cloudcore.operations.usages import RANGES
from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.rest import (
    asked,
    discovery,
    identity,
    images,
    openstack_bodies,
    openstack_credentials,
    operating,
    quotas,
    scheduler_shape,
    services,
    shape,
    token_shape,
)
from cloudcore_adapters.rest.answers import keys_schema
from cloudcore_adapters.rest.operation import (
    OBJECT,
    answered,
    content,
    enveloped,
    header,
    list_parameters,
    query,
    segment,
    taken_whole,
)
from cloudcore_adapters.rest.routes import ANY as EVERYWHERE
from cloudcore_adapters.rest.routes import ROUTES, Route
from cloudcore_adapters.rest.schemas import reference
from cloudcore_adapters.rest.shape import listed
from cloudcore_adapters.rest.token_shape import PASSWORD

TEXT = "text/plain"
MAYBE: JsonObject = {"type": ["object", "null"], "additionalProperties": True}
OCTETS = "application/octet-stream"

SCHEMAS: Mapping[str, JsonObject] = {
    "IdOrName": token_shape.ID_OR_NAME,
    "Login": token_shape.LOGIN,
    "LoginV2": token_shape.LOGIN_V2,
    "Token": token_shape.TOKEN,
    "Version": token_shape.VERSION,
    "TagNode": shape.TAG_NODE,
    "TagTree": shape.TAG_TREE,
    "Row": shape.ROW,
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


_TEXT_HEADER: JsonObject = {"schema": {"type": "string"}, "required": True}
_SUBJECT = header(identity.SUBJECT, {"type": "string", "minLength": 1}, "The token that is asked about", required=True)
_MARKED = {"next_marker": {"type": "string"}, "marker_field": {"type": "string"}, "marker_order": {"type": "string"}}
_BYTES: JsonObject = {"schema": {"type": "string", "contentMediaType": OCTETS}}
_IMAGE = enveloped("image", reference("Image"))
RANGE = header("Range", {"type": "string"}, "bytes=FROM-TO: a part")
_TAGS = tuple(list_parameters({"limit", "offset", "order_by", "order"}))
_KEYS: JsonObject = {"type": "object", "additionalProperties": True, "description": "Quota key → number"}
_NUMBERS: Mapping[str, JsonObject] = {key: {"type": "integer"} for key in ("total", "limit", "offset")}
_APP = enveloped("application_credential", reference("ApplicationCredential"), required=True)
_NEW_APP = enveloped("application_credential", reference("ApplicationCredentialCreate"), required=True)
_KEY = enveloped("credential", shape.EC2_KEY, required=True)
_CALLED = enveloped("tasks", keys_schema(Key("result", "ok")), required=True)
_SIZES: JsonObject = {
    **MAYBE,
    "examples": [{"vcpu_count": 1, "vmem_size": 64, "disks": [{"size": 64}]}, {"limit": 20}, {"vmem_size": "1g"}],
}
_FACT: JsonObject = {
    **OBJECT,
    "examples": [
        {
            "obj_type": "server",
            "obj_id": "1",
            "obj_name": "web",
            "action": "look",
            "success": True,
            "user_id": "1",
            "user": "alice",
        }
    ],
}


def _linked(plural: str, row: JsonObject, **more: JsonObject) -> JsonObject:
    """Rows of identity, with links."""
    return listed(plural, row, links=shape.LINKS, **more)


def _named(example: str) -> JsonObject:
    """The id in the path, where its example is not that of the type before it."""
    return {"name": "id", "in": "path", "required": True, "schema": segment(), "example": example}


def _one_of(name: str, words: Sequence[str], doc: str) -> JsonObject:
    """A segment of the path that is one of these words."""
    one: JsonObject = {"name": name, "in": "path", "required": True, "description": doc}
    return {**one, "schema": {"type": "string", "enum": list(words)}, "example": words[0]}


def _log_asked(keyword: str) -> About:
    asked_of = _one_of("word", OFFERED, "What is asked, or the number of a record")
    number = {"type": "string", "pattern": "^[0-9]{1,18}$"}
    some = {
        "type": "object",
        "description": "Of a record the fields that `field` names",
        "properties": {name: {"type": "string"} for name in DISTINCT},
        "additionalProperties": False,
    }
    return About(
        answer=enveloped(
            keyword, {"anyOf": [shape.DISTINCT, shape.COMBINED, shape.TABLES, shape.LOGGED, some]}, required=True
        ),
        parameters=(
            {**asked_of, "schema": {"anyOf": [asked_of["schema"], number]}},
            {
                **query("field", {"type": "string", "enum": list(DISTINCT)}, "Whose values, or what of a record"),
                "example": DISTINCT[0],
            },
        ),
    )


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
    identity.login_v2: About(answer=enveloped("access", shape.ACCESS, required=True), body=reference("LoginV2")),
    identity.verify_v2: About(answer=enveloped("access", shape.ACCESS, required=True)),
    identity.verify: About(answer=reference("Token"), parameters=(_SUBJECT,), headers={identity.SUBJECT: _TEXT_HEADER}),
    identity.revoke: About(answer=None, status="204", parameters=(_SUBJECT,)),
    identity.revoked: About(answer=enveloped("tokens", {"type": "array", "items": {"type": "string"}}, required=True)),
    identity.policies: About(answer=shape.RULES),
    identity.policies_of_others: About(answer=shape.RULES, body=MAYBE, body_required=False),
    identity.projects: About(answer=_linked("projects", shape.PROJECT)),
    identity.tenants: About(answer=listed("tenants", shape.PROJECT)),
    identity.domains: About(answer=_linked("domains", shape.DOMAIN)),
    identity.catalog: About(answer=_linked("catalog", shape.CATALOG)),
    identity.assignments: About(
        answer=_linked("role_assignments", shape.ASSIGNMENT, **_NUMBERS),
        parameters=tuple(list_parameters({"limit", "offset"})),
    ),
    identity.granted: About(answer=_linked("roles", shape.ROLE)),
    identity.systems: About(answer=_linked("system", shape.SYSTEM)),
    identity.projects_of: About(answer=_linked("projects", reference("Project"))),
    identity.groups_of: About(answer=_linked("groups", reference("Group"))),
    identity.members_of: About(answer=_linked("users", reference("User"))),
    openstack_credentials.create: About(answer=_APP, status="201", body=_NEW_APP),
    openstack_credentials.many: About(answer=_linked("application_credentials", reference("ApplicationCredential"))),
    openstack_credentials.show: About(answer=_APP),
    openstack_credentials.delete: About(answer=None, status="204"),
    openstack_credentials.create_ec2: About(answer=_KEY, status="201", body=MAYBE, body_required=False),
    openstack_credentials.many_ec2: About(answer=_linked("credentials", shape.EC2_KEY)),
    openstack_credentials.show_ec2: About(answer=_KEY),
    openstack_credentials.delete_ec2: About(answer=None, status="204"),
    openstack_bodies.tags_of: About(
        answer=enveloped("tags", {"type": "array", "items": {"type": "string"}}, required=True)
    ),
    openstack_bodies.set_tags: About(
        answer=enveloped("tags", {"type": "array", "items": {"type": "string"}}, required=True), body=asked.BARE_TAGS
    ),
    openstack_bodies.clear_tags: About(answer=None, status="204"),
    openstack_bodies.check_tag: About(answer=None, status="204"),
    openstack_bodies.add_tag: About(answer=None, status="201"),
    openstack_bodies.remove_tag: About(answer=None, status="204"),
    identity.show_grant: About(answer=enveloped("role", shape.ROLE, required=True)),
    identity.check_grant: About(answer=None, status="204"),
    identity.show_member: About(answer=enveloped("user", reference("User"), required=True)),
    identity.check_member: About(answer=None, status="204"),
    identity.grant: About(answer=None),
    identity.withdraw: About(answer=None),
    identity.inherited: About(answer=_linked("roles", shape.ROLE)),
    identity.check_inherited: About(answer=None, status="204"),
    identity.inherit: About(answer=None),
    identity.disinherit: About(answer=None),
    identity.join_group: About(answer=None),
    identity.leave_group: About(answer=None),
    identity.change_password: About(
        answer=enveloped("user", shape.USER, required=True),
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
    images.detailed: About(
        answer=listed("images", reference("Image")), parameters=tuple(list_parameters({"limit", "offset", "field"}))
    ),
    images.create: About(answer=_IMAGE, sends=OCTETS, body=enveloped("image", reference("ImageCreate"))),
    images.update: About(answer=_IMAGE, sends=OCTETS, body=taken_whole("image", reference("ImageUpdate"))),
    images.show: About(answer=None, headers={"X-Image-Meta-Id": _TEXT_HEADER}),
    images.download: About(answer={"type": "string"}, kind=OCTETS, parameters=(RANGE,)),
    images.members: About(answer=listed("members", shape.MEMBER)),
    images.add_member: About(answer=None, status="204"),
    images.remove_member: About(answer=None, status="204"),
    images.shared_images: About(answer=listed("shared_images", shape.SHARED_IMAGE)),
    images.download_signed: About(answer={"type": "string"}, kind=OCTETS, parameters=(RANGE,)),
    images.store_signed: About(answer=shape.STORED, sends=OCTETS),
    services.bring_action: About(
        answer=enveloped("action", shape.ACTION, required=True), body=enveloped("action", _FACT, required=True)
    ),
    services.action_property: _log_asked("action"),
    services.event_property: _log_asked("event"),
    services.actions: About(answer=listed("actions", shape.LOGGED, **_MARKED), parameters=asked.LOG),
    services.events: About(answer=listed("events", shape.LOGGED, **_MARKED), parameters=asked.LOG),
    services.history: About(answer=listed("history", shape.CHANGE, **_MARKED), parameters=asked.FEED),
    quotas.reports: About(
        answer=listed("quota_reports", {"anyOf": [shape.HELD_ON_A_DAY, shape.EXPORTED]}, **_NUMBERS),
        parameters=asked.REPORT,
    ),
    services.metadatas: About(answer=listed("metadatas", shape.TAG), parameters=_TAGS),
    services.usages: About(
        answer=enveloped("usage", shape.USAGE, required=True),
        parameters=(_one_of("range", tuple(RANGES), "Within what"), _named("zone-1")),
    ),
    services.capabilities: About(answer=keys_schema(*CAPABILITY.keys)),
    services.specs: About(
        answer=enveloped("spec", {"anyOf": [shape.KINDS, shape.OF_ALL_KINDS, shape.ROWS]}, required=True),
        parameters=(_one_of("type", SPECS, "Of what"),),
    ),
    services.archived_tasks: About(answer=listed("archivedtasks", reference("Task"), **_NUMBERS)),
    services.archived_task: About(answer=enveloped("archivedtask", reference("Task"), required=True)),
    operating.stats: About(answer=shape.STATS),
    operating.worker_stats: About(answer=shape.WORKERS),
    operating.process_stats: About(answer=shape.PROCESS),
    operating.app_options: About(answer=shape.OPTIONS),
    services.tag_property: About(
        answer=enveloped("metadata", {"anyOf": [shape.PAIRS, reference("TagTree")]}, required=True),
        parameters=(_one_of("word", ("tag-value-pairs", "tag-value-tree"), "In which form"),),
    ),
    services.task_called_back: About(answer=_CALLED, body=MAYBE, body_required=False),
}
"""By handler; each has the parameters of the path that its path has."""

SCHEDULER: Mapping[str, About] = {
    "/scheduler": About(answer=scheduler_shape.CHOSEN, body=_SIZES, body_required=False),
    "/scheduler/{word}": About(
        answer=scheduler_shape.ANSWERED,
        body=_SIZES,
        body_required=False,
        parameters=(_one_of("word", scheduler_shape.WORDS, "What is asked"),),
    ),
    "/scheduler/{word}/{id}": About(
        answer=scheduler_shape.ANSWERED_OF_ONE,
        body=_SIZES,
        body_required=False,
        parameters=(_one_of("word", scheduler_shape.WORDS_OF_ONE, "What is asked"), _named("host-1")),
    ),
}
"""By path."""


_DEFAULTS = _one_of("defaults", ("domains", "projects"), "Of all of them that have none of their own")


def _rows(plural: str) -> JsonObject:
    return listed(plural, shape.quota_row(FAMILIES[plural]))


QUOTAS: Mapping[Callable[..., Any], Callable[[str], About]] = {
    quotas.show: lambda plural: About(answer=_rows(plural), parameters=(_DEFAULTS,)),
    quotas.many: lambda plural: About(answer=_rows(plural)),
    quotas.change: lambda plural: About(
        answer=_rows(plural), body=taken_whole(plural, _KEYS), body_required=False, parameters=(_DEFAULTS,)
    ),
    quotas.pending: lambda _plural: About(answer=shape.NOTHING),
}


def written(prefixes: Mapping[str, str]) -> Iterator[tuple[str, str, JsonObject]]:
    """Paths, methods in lower case and operations of the hand-written routes."""
    for route in ROUTES:
        if not route.offered:
            continue
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
    return SCHEDULER[route.path] if handler is services.scheduler else ABOUT.get(handler)


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
    if parameters := [one for one in said.parameters if one.get("in") != "path" or f"{{{one['name']}}}" in path]:
        found["parameters"] = parameters
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
