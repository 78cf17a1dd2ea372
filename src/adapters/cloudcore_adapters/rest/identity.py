"""Logging in, tokens, what a caller may choose, and who has which role."""

from __future__ import annotations

from typing import Any, Literal

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.operations.identity.assignments import INHERITED_TO
from cloudcore.ports.session import Session
from cloudcore_adapters.rest.openstack import asks, linked, list_reply, of_subject, speaks
from cloudcore_adapters.rest.openstack_bodies import shown_page
from cloudcore_adapters.rest.request import Call, optional_envelope, required_header
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site

SUBJECT = "X-Subject-Token"
SYSTEM = "system"


def login(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /v3/auth/tokens`: the token stands in the header; clients that look into the body find it there too."""
    token, document = site.cloud.authenticate_v3(call.body, call.peer, call.request_id, to_default=asks(call))
    _without_catalog(call, document)
    return json_reply(document, headers=((SUBJECT, token), ("Vary", "X-Auth-Token")))


def login_v2(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /v2.0/tokens`."""
    return json_reply(site.cloud.authenticate_v2(call.body, call.peer, call.request_id))


def verify(site: Site, call: Call, _args: Args) -> Reply:
    """`GET` or `HEAD /v3/auth/tokens`: what another token stands for."""
    session = site.session(call)
    subject = required_header(call, SUBJECT)
    with of_subject(call):
        document = site.cloud.verify_v3(session, subject)
    _without_catalog(call, document)
    return json_reply(document, headers=((SUBJECT, subject),))


def verify_v2(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v2.0/tokens/{token}`."""
    return json_reply(site.cloud.verify_v2(site.session(call), args["token"]))


def revoke(site: Site, call: Call, _args: Args) -> Reply:
    """`DELETE /v3/auth/tokens`."""
    session = site.session(call)
    site.cloud.revoke(session, required_header(call, SUBJECT))
    return Reply(status=204)


def change_password(site: Site, call: Call, args: Args) -> Reply:
    """`POST /v3/users/{user}/password`: proved by the present password, so that it needs no token."""
    body = optional_envelope(call.body, "user")
    user = site.cloud.change_password(args["user"], body, peer=call.peer, request_id=call.request_id)
    return json_reply({"user": user})


def revoked(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/tokens/invalid`."""
    return json_reply({"tokens": site.cloud.revoked_tokens(site.session(call))})


def policies(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/policies`: what the caller may do."""
    return json_reply(site.cloud.policies_of(site.session(call)))


def policies_of_others(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /v3/auth/policies`: what another may do, as other services ask."""
    return json_reply(site.cloud.policies_for(site.session(call), call.body))


def projects(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/projects`."""
    return linked(site, call, "projects", list(site.cloud.auth_projects(site.session(call))))


def tenants(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v2.0/tenants`: the same as older clients ask for it, some of them under `/v3`."""
    return json_reply({"tenants": list(site.cloud.auth_projects(site.session(call)))})


def domains(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/domains`."""
    return linked(site, call, "domains", list(site.cloud.auth_domains(site.session(call))))


def catalog(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/catalog`."""
    return linked(site, call, "catalog", list(site.cloud.catalog(site.session(call))))


def systems(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/system`: the whole system, if the caller has a role in it."""
    session = site.session(call)
    held = site.cloud.assignments(
        session, {"users": [call.user_id], "scope": {SYSTEM: "all"}, "effective": True, "limit": 1}
    )
    return linked(site, call, SYSTEM, [{"all": True}] if held.items else [])


def projects_of(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/users/{user}/projects`: one's own may be seen by everybody."""
    session = site.session(call)
    if args["user"] == call.user_id:
        return linked(site, call, "projects", list(site.cloud.auth_projects(session)))
    return _under(session, site, call, "projects", ("users", args["user"]))


def groups_of(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/users/{user}/groups`."""
    return _under(site.session(call), site, call, "groups", ("users", args["user"]))


def members_of(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/groups/{group}/users`."""
    return _under(site.session(call), site, call, "users", ("groups", args["group"]))


def _under(session: Session, site: Site, call: Call, plural: str, parent: tuple[str, str]) -> Reply:
    """What is connected with one thing, of all domains that the caller may see unless he asks for another scope."""
    page = session.list(plural, {"scope": "max", **call.params()}, (parent,))
    return list_reply(site, call, plural, shown_page(site, call, site.types[plural], page))


def assignments(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/role_assignments`: the numbers are always there."""
    page = site.cloud.assignments(site.session(call), call.params())
    numbers: JsonObject = {"total": page.total, "limit": page.limit, "offset": page.offset}
    return linked(site, call, "role_assignments", page.items, **numbers)


def grant(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /v3/projects/{project}/users/{actor}/roles/{role}`, or of a domain or the system, or for a group: empty."""
    return _grant(site, call, args, remove=False)


def withdraw(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same. OpenStack's clients are told where there was nothing to take."""
    if speaks(call):
        show_grant(site, call, args)
    return _grant(site, call, args, remove=True)


def granted(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/projects/{project}/users/{actor}/roles`: the roles that somebody has there."""
    return linked(site, call, "roles", _roles(site, call, args))


def show_grant(site: Site, call: Call, args: Args) -> Reply:
    """`GET` of one grant: its role."""
    for role in _roles(site, call, args):
        if args["role"] in (role.get("id"), role.get("name")):
            return json_reply({"role": role})
    raise ResourceNotFoundError(f"role {args['role']} is not granted to {args['actor']} in {_place(args)[1]}")


def check_grant(site: Site, call: Call, args: Args) -> Reply:
    """`HEAD` of one grant: 204 where it is there."""
    show_grant(site, call, args)
    return Reply(status=204)


def show_member(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/groups/{group}/users/{user}`: a user who is in the group."""
    return json_reply({"user": site.session(call).get("users", args["user"], {}, (("groups", args["group"]),))})


def check_member(site: Site, call: Call, args: Args) -> Reply:
    """`HEAD /v3/groups/{group}/users/{user}`: 204 where the user is in the group."""
    site.session(call).get("users", args["user"], {}, (("groups", args["group"]),))
    return Reply(status=204)


def join_group(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /v3/groups/{group}/users/{user}`: an empty answer."""
    site.session(call).perform("groups", args["group"], "add-users", {"user_ids": [args["user"]]})
    return Reply()


def leave_group(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same."""
    session = site.session(call)
    if speaks(call):
        session.get("users", args["user"], {}, (("groups", args["group"]),))
    session.perform("groups", args["group"], "remove-users", {"user_ids": [args["user"]]})
    return Reply()


def inherit(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /v3/OS-INHERIT/domains/{domain}/users/{actor}/roles/{role}/inherited_to_projects`, or of a project, or for a
    group.
    """
    return _grant(site, call, args, remove=False, inherited=True)


def disinherit(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same. OpenStack's clients are told where there was nothing to take."""
    if speaks(call):
        check_inherited(site, call, args)
    return _grant(site, call, args, remove=True, inherited=True)


def inherited(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/OS-INHERIT/domains/{domain}/users/{actor}/roles/inherited_to_projects`."""
    return linked(site, call, "roles", _roles(site, call, args, inherited=True))


def check_inherited(site: Site, call: Call, args: Args) -> Reply:
    """`HEAD` or `GET` of one: 204 where it is there."""
    known = _roles(site, call, args, inherited=True)
    if not any(args["role"] in (role.get("id"), role.get("name")) for role in known):
        raise ResourceNotFoundError(f"role {args['role']} is not inherited by {args['actor']}")
    return Reply(status=204)


def _grant(site: Site, call: Call, args: Args, *, remove: bool, inherited: bool = False) -> Reply:
    session = site.session(call)
    within, place = _place(args)
    more: dict[str, Any] = {"remove": remove, "within": within, "inherited": inherited}
    site.cloud.grant(session, place, _kind(args), args["actor"], args["role"], **more)
    return Reply()


def _roles(site: Site, call: Call, args: Args, *, inherited: bool = False) -> list[JsonObject]:
    """Roles by id, each once, of the assignments of one actor in one project or domain."""
    session = site.session(call)
    plural, place = _place(args)
    params: JsonObject = {"include_names": "true"}
    if plural == SYSTEM:
        params["scope"] = {SYSTEM: place}
    else:
        params[plural] = [session.get(plural, place)["id"]]
    params[_kind(args)] = [session.get(_kind(args), args["actor"])["id"]]
    found: dict[str, Any] = {}
    for item in site.cloud.assignments(session, params).items:
        if (INHERITED_TO in item.get("scope", {})) is not inherited:
            continue
        role = item.get("role") or {}
        found.setdefault(str(role.get("id", "")), role)
    return list(found.values())


def _place(args: Args) -> tuple[Literal["projects", "domains", "system"], str]:
    """Where roles are given: the plural of the type, and an id or name."""
    if "project" in args:
        return "projects", args["project"]
    return ("domains", args["domain"]) if "domain" in args else ("system", "all")


def _without_catalog(call: Call, document: JsonObject) -> None:
    """Leave the catalogue out where OpenStack's clients say `?nocatalog`."""
    if "nocatalog" in call.query:
        document["token"].pop("catalog", None)


def _kind(args: Args) -> Literal["users", "groups"]:
    return "groups" if args["kind"] == "groups" else "users"
