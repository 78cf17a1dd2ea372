"""Logging in, tokens, what a caller may choose, and who has which role."""

from __future__ import annotations

from typing import Any, Literal

from cloudcore.model.errors import NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.request import Call, optional_envelope, required_header
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site

SUBJECT = "X-Subject-Token"


def login(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /v3/auth/tokens`: the token stands in the header; clients that look into the body find it there too."""
    token, document = site.cloud.authenticate_v3(call.body, call.peer, call.request_id)
    return json_reply(document, headers=((SUBJECT, token), ("Vary", "X-Auth-Token")))


def login_v2(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /v2.0/tokens`."""
    return json_reply(site.cloud.authenticate_v2(call.body, call.peer, call.request_id))


def verify(site: Site, call: Call, _args: Args) -> Reply:
    """`GET` or `HEAD /v3/auth/tokens`: what another token stands for."""
    session = site.session(call)
    subject = required_header(call, SUBJECT)
    document = site.cloud.verify_v3(session, subject)
    return json_reply(document, headers=((SUBJECT, subject),))


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
    """`POST /v3/auth/policies`: another's policies; every service here resolves them itself."""
    site.session(call)
    raise NotSupportedError("policies of another user are not answered here")


def projects(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/projects`."""
    return json_reply(_linked("projects", list(site.cloud.auth_projects(site.session(call)))))


def domains(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/domains`."""
    return json_reply(_linked("domains", list(site.cloud.auth_domains(site.session(call)))))


def catalog(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/auth/catalog`."""
    return json_reply(_linked("catalog", list(site.cloud.catalog(site.session(call)))))


def assignments(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3/role_assignments`: the numbers are always there."""
    page = site.cloud.assignments(site.session(call), call.params())
    return json_reply(
        {"role_assignments": list(page.items), "total": page.total, "limit": page.limit, "offset": page.offset}
    )


def grant(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /v3/projects/{project}/users/{actor}/roles/{role}`: an empty answer."""
    return _grant(site, call, args, remove=False)


def withdraw(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same."""
    return _grant(site, call, args, remove=True)


def granted(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/projects/{project}/users/{actor}/roles`: the roles that somebody has there."""
    return json_reply({"roles": _roles(site, call, args)})


def check_grant(site: Site, call: Call, args: Args) -> Reply:
    """`GET` or `HEAD` of one grant."""
    for role in _roles(site, call, args):
        if args["role"] in (role.get("id"), role.get("name")):
            return json_reply({"role": role})
    raise ResourceNotFoundError(f"role {args['role']} is not granted to {args['actor']} in {args['project']}")


def join_group(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /v3/groups/{group}/users/{user}`: an empty answer."""
    site.session(call).perform("groups", args["group"], "add-users", {"user_ids": [args["user"]]})
    return Reply()


def leave_group(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same."""
    site.session(call).perform("groups", args["group"], "remove-users", {"user_ids": [args["user"]]})
    return Reply()


def _grant(site: Site, call: Call, args: Args, *, remove: bool) -> Reply:
    session = site.session(call)
    site.cloud.grant(session, args["project"], _kind(args), args["actor"], args["role"], remove=remove)
    return Reply()


def _roles(site: Site, call: Call, args: Args) -> list[JsonObject]:
    """Roles by id, each once, of the assignments of one actor in one project."""
    session = site.session(call)
    project, actor = (session.get(*one)["id"] for one in (("projects", args["project"]), (_kind(args), args["actor"])))
    params: JsonObject = {"projects": [project], _kind(args): [actor], "include_names": "true"}
    found: dict[str, Any] = {}
    for item in site.cloud.assignments(session, params).items:
        role = item.get("role") or {}
        found.setdefault(str(role.get("id", "")), role)
    return list(found.values())


def _kind(args: Args) -> Literal["users", "groups"]:
    return "groups" if args["kind"] == "groups" else "users"


def _linked(name: str, items: list[JsonObject]) -> JsonObject:
    return {name: items, "links": {"self": None, "next": None, "previous": None}}
