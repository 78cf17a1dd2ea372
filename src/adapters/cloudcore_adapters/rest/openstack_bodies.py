"""Bodies and filters of OpenStack's clients where the wire has another word for the same, and a clear no to the rest.

A tag of a project is a tag of its owner without a value, and a property one with a value: `user:gold` and `user:cost=12`.
Clients of the wire send none of what is translated here, and pass over the keys that are added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import attrs

from cloudcore.model.errors import (
    DuplicateResourceError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.reading import read_list_of_str, read_object_text, read_str
from cloudcore.model.resource import Resource, field_map
from cloudcore.ports.session import Session
from cloudcore_adapters.rest.openstack import SERVICE, asks, login_url, speaks
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site

PROJECTS, PROJECT = "projects", "project"
META = "__meta__"
OWN = "user:"
GONE = "none"
"""The value that removes a tag."""
MOST_TAGS = 80
_IN_A_DOMAIN = frozenset({"users", "groups", "roles", PROJECTS})
_WITH_PROPERTIES = frozenset({"users", "groups", PROJECTS})
"""Types that keep what OpenStack's clients send of their own."""
_OF_ALL_DOMAINS = frozenset({"users", "groups", "credentials", PROJECTS})
_FILTERS = {"tags": "tags", "tags-any": "obj_tags", "not-tags": "no_tags", "not-tags-any": "no_obj_tags"}
"""OpenStack's filters by tags, and the wire's."""
_EXPECTED = frozenset(
    {
        *("id", "parent_id", "domain", "domain_id", "project_domain", "project_domain_id", "is_domain", "options"),
        *("tags", "links", "extra", "location", META, "generate_name", "is_enabled"),
    }
)
"""Keys of a project's body that are no properties, beside its fields."""


def received(
    call: Call, resource: Resource[Any], body: JsonObject, changing: tuple[Session, str] | None = None
) -> JsonObject:
    """The body of a create or update as the wire has it. changing: for an update, the caller's session and what is changed.

    Raises:
        NotSupportedError: it asks for what is not there.
        InvalidInputError: it is malformed; names the field.
    """
    if resource.service != SERVICE:
        return body
    _check_options(body)
    if changing is not None and speaks(call):
        _check_domain(resource, body, *changing)
    if resource.plural == "policies" and isinstance(body.get("blob"), str):
        return {**body, "blob": read_object_text(body["blob"], "blob", "an object, or its text as JSON")}
    return _with_properties(call, resource, body, changing) if resource.plural in _WITH_PROPERTIES else body


def make_region(call: Call, resource: Resource[Any], body: JsonObject, session: Session, *, new: bool) -> JsonObject:
    """An endpoint's body as the wire has it: `region` is a region that is made where it is not there.

    OpenStack's clients count on that; `region_id` names one that is there, for them too. new: where they name none, it is
    in the deployment's first one.
    """
    region = body.get("region")
    if resource.plural != "endpoints" or not speaks(call):
        return body
    if not region and not body.get("region_id"):
        first = session.list("regions", {"order_by": "created_at", "order": "asc", "limit": 1}).items if new else []
        return {**body, "region_id": first[0]["id"]} if first else body
    if not isinstance(region, str) or not region:
        return body
    try:
        session.get("regions", region)
    except ResourceNotFoundError:
        # One that is made in the same moment is as good.
        with suppress(DuplicateResourceError):
            try:
                session.create("regions", {"id": region})
            except InvalidInputError as error:
                error.field = "region" if error.field == "id" else error.field
                raise
    return body


def shown(site: Site, call: Call, resource: Resource[Any], body: JsonObject) -> JsonObject:
    """A thing of identity with what OpenStack's clients look for: a project's tags and properties, `links`, a description."""
    if resource.plural in _WITH_PROPERTIES and isinstance(body.get("metadata"), dict):
        own = _own(cast("JsonObject", body["metadata"]))
        properties = {key: value for key, value in own.items() if value and key not in body} if speaks(call) else {}
        tags = {"tags": _bare(own)} if resource.plural == PROJECTS else {}
        body = {**body, **tags, **properties}
    if resource.service != SERVICE or not speaks(call):
        return body
    place = f"{login_url(site, call)}/{resource.plural}/{body.get('id')}"
    described = {"description": ""} if "description" in field_map(resource.entity) else {}
    return {**described, **body, "links": {"self": place}}


def shown_page(site: Site, call: Call, resource: Resource[Any], page: Listing) -> Listing:
    """The same of a list; OpenStack's clients take a thing that they look for by name from there."""
    if resource.service != SERVICE or not speaks(call):
        return page
    return attrs.evolve(page, items=[shown(site, call, resource, dict(row)) for row in page.items])


def filters(call: Call, resource: Resource[Any], params: JsonObject) -> JsonObject:
    """The parameters of a list as the wire has them.

    To OpenStack's clients a list is of all domains that the caller may see; the wire's is of the caller's own.
    """
    if resource.plural in _OF_ALL_DOMAINS and asks(call):
        params = {"scope": "max", **params}
    if resource.plural != PROJECTS or not any(isinstance(params.get(name), str) for name in (*_FILTERS, "parent_id")):
        return params
    found = {name: value for name, value in params.items() if name not in _FILTERS or not isinstance(value, str)}
    for name, ours in _FILTERS.items():
        sent = params.get(name)
        if isinstance(sent, str) and sent:
            wanted = [{"key": f"{OWN}{read_str(tag, name, 64)}"} for tag in sent.split(",") if tag]
            found[ours] = wanted if ours in ("tags", "no_tags") else [[tag] for tag in wanted]
    if isinstance(found.get("parent_id"), str):
        # A project lies below its domain and nothing else.
        parent = read_str(found.pop("parent_id"), "parent_id", 64)
        if not parent.replace("-", "").isalnum():
            raise InvalidInputError("parent_id must be the id of a domain", field="parent_id")
        sent = found.get("filter") or []
        more: list[Any] = cast("list[Any]", sent) if isinstance(sent, list) else [sent]
        found = {"scope": "max", **found, "filter": [*more, f"domain_id.equals({parent})"]}
    return found


def tags_of(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/projects/{project}/tags`."""
    return json_reply({"tags": _bare(_own(_tags(site, call, args)))})


def set_tags(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /v3/projects/{project}/tags`: these and no others; properties stay."""
    if call.body.get("tags") is None:
        raise MissingParameterError("tags is missing: an empty list removes them", field="tags")
    wanted = _read(call.body["tags"])
    _change(site, call, args, _replacing(_tags(site, call, args), wanted))
    return json_reply({"tags": sorted(wanted)})


def clear_tags(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE /v3/projects/{project}/tags`: none."""
    _change(site, call, args, _replacing(_tags(site, call, args), ()))
    return Reply(status=204)


def check_tag(site: Site, call: Call, args: Args) -> Reply:
    """`GET` or `HEAD /v3/projects/{project}/tags/{tag}`: 204 where it is there."""
    _find(site, call, args)
    return Reply(status=204)


def add_tag(site: Site, call: Call, args: Args) -> Reply:
    """`PUT` of the same."""
    (tag,) = _read([args["tag"]])
    _change(site, call, args, {f"{OWN}{tag}": ""})
    return Reply(status=201)


def remove_tag(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same."""
    _change(site, call, args, {f"{OWN}{_find(site, call, args)}": GONE})
    return Reply(status=204)


def _find(site: Site, call: Call, args: Args) -> str:
    if args["tag"] not in _bare(_own(_tags(site, call, args))):
        raise ResourceNotFoundError(f"the project has no tag {args['tag'][:64]}")
    return args["tag"]


def _tags(site: Site, call: Call, args: Args) -> JsonObject:
    return _held(site.session(call), args[PROJECT])


def _held(session: Session, project: str) -> JsonObject:
    return dict(session.get(PROJECTS, project).get("metadata") or {})


def _change(site: Site, call: Call, args: Args, tags: JsonMapping) -> None:
    # Also where nothing changes: who may not is told so.
    site.session(call).update(PROJECTS, args[PROJECT], {META: dict(tags)})


def _replacing(held: JsonMapping, wanted: Sequence[str]) -> JsonObject:
    gone = {f"{OWN}{tag}": GONE for tag in _bare(_own(held)) if tag not in wanted}
    return {**gone, **{f"{OWN}{tag}": "" for tag in wanted}}


def _own(tags: JsonMapping) -> dict[str, str]:
    return {key.removeprefix(OWN): str(value) for key, value in tags.items() if key.startswith(OWN)}


def _bare(own: Mapping[str, str]) -> list[str]:
    return sorted(key for key, value in own.items() if not value)


def _read(sent: Any) -> list[str]:
    tags = read_list_of_str([] if sent == "" else sent, "tags", max_items=MOST_TAGS)
    if any(not tag or "," in tag or "/" in tag for tag in tags):
        raise InvalidInputError("a tag has no comma and no slash, and is not empty", field="tags")
    return list(dict.fromkeys(tags))


def _with_properties(
    call: Call, resource: Resource[Any], body: JsonObject, changing: tuple[Session, str] | None
) -> JsonObject:
    found, meta = body, dict(cast("JsonObject", body[META])) if isinstance(body.get(META), dict) else {}
    if resource.plural == PROJECTS:
        _check_flat(body)
        found = {name: value for name, value in body.items() if name not in ("parent_id", "is_domain", "tags")}
        if isinstance(body.get("tags"), list) or (speaks(call) and body.get("tags") is not None):
            meta |= _replacing(_held(*changing) if changing is not None else {}, _read(body["tags"]))
    if speaks(call):
        known = _EXPECTED | field_map(resource.entity).keys() | _words(resource)
        own = {name: value for name, value in found.items() if name not in known}
        sent = {name: read_str(value, name, 1024) for name, value in own.items() if value is not None}
        meta |= {f"{OWN}{name}": value for name, value in sent.items()}
        found = {name: value for name, value in found.items() if name not in sent}
    return {**found, META: meta} if meta else found


def _words(resource: Resource[Any]) -> set[str]:
    """What a create or update takes beside fields."""
    return {word for one in resource.extra_params for word in (one.name, *one.spec.alias)}


def _check_flat(body: JsonMapping) -> None:
    parent = body.get("parent_id")
    domains = [body.get(name) for name in ("domain_id", "project_domain_id", "project_domain", "domain")]
    if parent not in (None, "", *domains):
        raise NotSupportedError("no project lies below another one: its parent is its domain", field="parent_id")
    if body.get("is_domain") is True:
        raise NotSupportedError("a project is no domain: make one at /v3/domains", field="is_domain")


def _check_domain(resource: Resource[Any], body: JsonMapping, session: Session, ident: str) -> None:
    wanted = body.get("domain_id")
    if wanted and resource.plural in _IN_A_DOMAIN and session.get(resource.plural, ident).get("domain_id") != wanted:
        raise InvalidInputError(f"a {resource.singular} stays in its domain", field="domain_id")


def _check_options(body: JsonMapping) -> None:
    options = body.get("options")
    if not isinstance(options, dict):
        return
    wanted = sorted(name for name, value in cast("JsonObject", options).items() if value not in (None, False, []))
    if wanted:
        raise NotSupportedError(f"option {wanted[0][:64]} is not offered", field=f"options.{wanted[0][:64]}")
