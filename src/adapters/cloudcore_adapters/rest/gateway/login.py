"""Logging in at the gateway, changing the project, logging out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    UnauthorizedError,
)
from cloudcore.model.ids import id_or_name
from cloudcore.model.json import Json, JsonObject
from cloudcore.model.reading import read_str, said
from cloudcore.operations.identity.profile import widest_scope
from cloudcore_adapters.rest.gateway.passes import (
    Pass,
    check_same_site,
    cookies_of,
    enter,
    no_cookies,
    pass_of,
    session_cookies,
)
from cloudcore_adapters.rest.openstack import base_url
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site

LONGEST = 4096
_ELSEWHERE = {"idp_driver": "single sign-on", "verify_code": "login by a code that is sent", "captcha": "captcha"}


class NoProjectError(ForbiddenError):
    """Somebody who logs in has a role nowhere."""

    code = "NoProjectError"


def regions(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/regions`: what a login form needs."""
    return json_reply(
        {
            **site.cloud.login_choices(),
            "idps": [],
            "return_full_domains": False,
            "encrypt_passwd": False,
            "api_server": base_url(site, call),
        }
    )


def login(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /auth/login`: a user with his password, or, with a session, another project. The answer is in its cookies."""
    check_same_site(site, call)
    body = call.body
    if missing := next((what for name, what in _ELSEWHERE.items() if body.get(name)), ""):
        raise NotSupportedError(f"{missing} is not offered here: log in by name and password")
    region = _region(site, body)
    wanted = read_str(said(body, "tenantId"), "tenantId", 64)
    if body.get("username") or not wanted:
        return _enter(site, call, _by_password(site, call), wanted, region)
    held = pass_of(site, call)
    if held is None:
        raise UnauthorizedError("there is no session: log in with username and password")
    return _enter(site, call, Pass(current=held.root or held.current), wanted, region)


def assume(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /auth/assume?user_id=&project_id=`: from here on the session is that of another user in one project.

    Both are ids or names. The way back is a login: the session leads to no other project.
    """
    held = enter(site, call)
    wanted = {name: read_str(call.query.get(name) or "", name, 128) for name in ("user_id", "project_id")}
    if missing := next((name for name, value in wanted.items() if not value), ""):
        raise MissingParameterError(f"{missing} is missing", field=missing)
    user, project = ({id_or_name(value): value} for value in wanted.values())
    identity: JsonObject = {"methods": ["assume"], "assume": {"user": user}, "token": {"id": held.current}}
    text, token = authenticate(site, call, identity, {"project": project})
    return hand_over(site, call, Pass(current=text), token, _region(site, {}))


def logout(site: Site, call: Call, _args: Args) -> Reply:
    """`GET` or `POST /auth/logout`: the session and all that came of it ends."""
    headers = no_cookies(site, call)
    held = pass_of(site, call)
    if held is not None:
        for token in (held.current, held.root):
            _end(site, call, token)
    return Reply(headers=headers, content_type="text/plain; charset=utf-8")


def _end(site: Site, call: Call, token: str) -> None:
    if token:
        try:
            session = site.cloud.session_for(token, peer=call.peer, request_id=call.request_id)
            site.cloud.revoke(session, token)
        except UnauthorizedError:
            return  # it has ended already


def _region(site: Site, body: Mapping[str, Any]) -> str:
    known: list[str] = site.cloud.login_choices()["regions"]
    wanted = read_str(said(body, "region"), "region", 128)
    if wanted and wanted not in known:
        raise InvalidInputError("there is no such region", field="region")
    return wanted or next(iter(known), "")


def _by_password(site: Site, call: Call) -> Pass:
    """Proof of the password, as at identity: the same answers, in the same time, with the same count of failures."""
    name = read_str(said(call.body, "username"), "username", 256)
    if not name or not call.body.get("password"):
        raise MissingParameterError("username and password are needed", field="username")
    user: JsonObject = {"name": name.rpartition("/")[2], "password": password_of(call.body["password"])}
    if domain := read_str(said(call.body, "domain"), "domain", 128):
        user["domain"] = {"name": domain}
    return Pass(current=authenticate(site, call, {"methods": ["password"], "password": {"user": user}}, {})[0])


def password_of(value: Any) -> str:
    """A password as it was typed: what is base64 of a printable text stands for that text.

    Raises:
        InvalidFormatError: it is no text.
    """
    if not isinstance(value, str) or len(value) > LONGEST:
        raise InvalidInputError("password must be a text", field="password")
    try:
        decoded = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return value
    return decoded if decoded and decoded.isprintable() else value


def authenticate(site: Site, call: Call, identity: JsonObject, scope: JsonObject) -> tuple[str, JsonObject]:
    """A token of identity, and what it says. Errors as of a login there."""
    auth: JsonObject = {"context": {"source": "web"}, "identity": identity, **({"scope": scope} if scope else {})}
    text, document = site.cloud.authenticate_v3({"auth": auth}, call.peer, call.request_id)
    token: JsonObject = document["token"]
    return text, token


def _enter(site: Site, call: Call, root: Pass, wanted: str, region: str) -> Reply:
    """Take the wanted project, or the one of last time, or the best; hand the session over.

    Raises:
        NoProjectError: there is none.
        UnauthorizedError: the user has no role in the wanted one.
    """
    session = site.cloud.session_for(root.current, peer=call.peer, request_id=call.request_id)
    call.user_id = getattr(getattr(session, "caller", None), "user_id", "")
    name = read_str(said(call.body, "username"), "username", 256)
    scope: JsonObject = {"id": wanted}
    if "/" in name and not wanted:
        scope = {"name": name.rpartition("/")[0]}
    elif not wanted:
        scope = {"id": site.cloud.home_of(session, cookies_of(call).get("tenant", ""))}
    if not any(scope.values()):
        raise NoProjectError("the user has a role in no project")
    identity: JsonObject = {"methods": ["token"], "token": {"id": root.current}}
    text, token = authenticate(site, call, identity, {"project": scope})
    return hand_over(site, call, Pass(current=text, root=root.current), token, region)


def hand_over(site: Site, call: Call, held: Pass, token: JsonObject, region: str, body: Json = None) -> Reply:
    """The answer that hands a session over; with a body where one is told. token: what its current token says."""
    session = site.cloud.session_for(held.current, peer=call.peer, request_id=call.request_id)
    reach = widest_scope(token.get("policies") or {})
    chosen: JsonObject = {
        "scope": reach.value,
        "domain": token["project"]["domain"]["id"],
        "tenant": token["project"]["id"],
        "isadmin": "true" if reach is Scope.SYSTEM else "false",
        "region": region,
    }
    factor = site.cloud.second_factor.state(session)
    headers = session_cookies(site, call, held, token, chosen, factor, now=datetime.now(UTC))
    if body is not None:
        return json_reply(body, headers=headers)
    return Reply(headers=headers, content_type="text/plain; charset=utf-8")
