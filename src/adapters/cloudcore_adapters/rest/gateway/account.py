"""Who one is, what one may do, and one's password."""

from __future__ import annotations

from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import InvalidInputError, NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.reading import read_str
from cloudcore.operations.access import natural_scope
from cloudcore_adapters.rest.gateway.passes import UNKEPT, enter, no_cookies
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site, Unoffered

POLICIES = "policies"


def user(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/user`: the caller, his project, his policies, and what there is to work with."""
    enter(site, call)
    return json_reply({"data": site.cloud.profile_of(site.session(call))}, headers=(UNKEPT,))


def permissions(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/permissions[?policy=<name>]`: whether the caller may do each of these."""
    enter(site, call)
    policy = read_str(call.query.get("policy") or "", "policy", 128)
    return json_reply(site.cloud.permissions_of(site.session(call), call.body, policy))


def own_permissions(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/permissions`: names and documents of the caller's policies, by scope."""
    enter(site, call)
    return json_reply(site.cloud.policies_of(site.session(call)))


def scoped_resources(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/scoped_resources`: scope → service → the types whose resources belong there."""
    return json_reply(_by_scope(site, call))


def admin_resources(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/admin_resources`: service → the types that only the whole system has."""
    return json_reply(_by_scope(site, call).get(Scope.SYSTEM.value, {}))


def _by_scope(site: Site, call: Call) -> JsonObject:
    enter(site, call)
    site.session(call)
    found: JsonObject = {}
    for resource in site.types.values():
        scope = natural_scope(resource).value
        found.setdefault(scope, {}).setdefault(resource.service, []).append(resource.plural)
    return found


def password(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/password`: change one's own; every session of the user has ended then."""
    enter(site, call)
    body = call.body
    if body.get("password_new") != body.get("password_confirm"):
        raise InvalidInputError("password_confirm differs from password_new", field="password_confirm")
    caller = site.session(call)
    told = site.cloud.profile_of(caller)
    sent = {"original_password": body.get("password_old"), "password": body.get("password_new")}
    changed = site.cloud.change_password(told["id"], sent, peer=call.peer, request_id=call.request_id)
    return json_reply(changed, headers=no_cookies(site, call))


def policies(site: Site, call: Call, _args: Args) -> Reply:
    """`POST`, `PATCH` and `DELETE /auth/policies[/{id}]`: policies, as identity has them."""
    enter(site, call)
    ident = call.target.parts[3] if len(call.target.parts) > 3 else read_str(call.query.get("id") or "", "id", 128)
    session = site.session(call)
    params = {name: value for name, value in call.params().items() if name != "id"}
    if not ident and call.method != "POST":
        raise InvalidInputError("id: which policy?", field="id")
    if call.method == "POST":
        return json_reply(session.create(POLICIES, call.body, params))
    if call.method == "DELETE":
        return json_reply(session.delete(POLICIES, ident, params, call.body))
    return json_reply(session.update(POLICIES, ident, call.body, params))


def bindings(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/scopedpolicybindings`: settings of pages by scope; there are none."""
    enter(site, call)
    site.session(call)
    return json_reply({"data": []})


def absent(what: str) -> Unoffered:
    """A handler that says that something is not offered here."""

    def refuse(_site: Site, _call: Call, _args: Args) -> Reply:
        raise NotSupportedError(f"{what} is not offered here")

    return Unoffered(refuse)
