"""The service catalogue and the bodies of token replies, from values that were looked up before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import attrs

from cloudcore.auth.tokens import TokenPayload, TokenScope
from cloudcore.model.json import JsonObject

ADMIN_PROJECT = ("system", "default")
"""Name and domain of the project in which the role `admin` is over all."""
API_INTERFACES = ("public", "internal", "admin", "slave", "apigateway")


@attrs.frozen(kw_only=True)
class Service:
    """A registered service; `type` is what clients look it up by, such as `compute_v2`."""

    id: str
    name: str
    type: str
    enabled: bool = True


@attrs.frozen(kw_only=True)
class Endpoint:
    """Where a service answers. An empty name becomes `<type>-<interface>`."""

    id: str
    service_id: str
    region_id: str
    interface: str
    url: str
    name: str = ""
    enabled: bool = True


@attrs.frozen(kw_only=True)
class Identified:
    """A thing with an id, a name and perhaps the domain it belongs to."""

    id: str
    name: str
    domain_id: str = ""
    domain_name: str = ""

    def body(self) -> JsonObject:
        """`{id, name, domain{id, name}}`; without a domain if there is none."""
        body: JsonObject = {"id": self.id, "name": self.name}
        if self.domain_id:
            body["domain"] = {"id": self.domain_id, "name": self.domain_name}
        return body


@attrs.frozen(kw_only=True)
class TokenUser:
    """The subject of a token as replies show it."""

    who: Identified
    displayname: str = ""
    email: str = ""
    mobile: str = ""
    is_system_account: bool = False
    password_expires_at: datetime | None = None


@attrs.frozen(kw_only=True)
class TokenFacts:
    """What a token reply tells beside the token's own payload.

    scope: the project or domain, or for the system its project; None when unscoped.
    roles: of the scope, in the order of the payload's role ids.
    policies: scope → names of the policies that hold (`cloudcore.auth.bindings.policy_names`).
    catalog: as `build_catalog` made it; shown for scoped tokens only.
    projects: the projects that the subject has a role in; shown for unscoped tokens only.
    role_assignments: bodies of the subject's assignments; shown for unscoped tokens only.
    access_key: `{access_key, expire}` for logins by access key.
    """

    user: TokenUser
    scope: Identified | None = None
    roles: Sequence[Identified] = ()
    policies: Mapping[str, Sequence[str]] = attrs.field(factory=dict[str, Sequence[str]])
    catalog: Sequence[JsonObject] = ()
    projects: Sequence[Identified] = ()
    role_assignments: Sequence[JsonObject] = ()
    access_key: Mapping[str, str | int] | None = attrs.field(default=None, repr=False)


def wire_time(moment: datetime) -> str:
    """The time in UTC as `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def build_catalog(services: Sequence[Service], endpoints: Sequence[Endpoint]) -> list[JsonObject]:
    """Enabled services with their enabled API endpoints, ordered by type, name and id; services without any are left out.

    Endpoints that only advertise a console are no API endpoints.
    """
    by_service: dict[str, list[Endpoint]] = {}
    for endpoint in sorted(endpoints, key=lambda each: (each.region_id, each.interface, each.id)):
        if endpoint.enabled and endpoint.interface in API_INTERFACES:
            by_service.setdefault(endpoint.service_id, []).append(endpoint)
    return [
        {
            "id": service.id,
            "name": service.name,
            "type": service.type,
            "endpoints": [_endpoint(endpoint, service) for endpoint in by_service[service.id]],
        }
        for service in sorted(services, key=lambda each: (each.type, each.name, each.id))
        if service.enabled and service.id in by_service
    ]


def token_v3(payload: TokenPayload, facts: TokenFacts, *, token_id: str = "") -> JsonObject:
    """The reply to `POST` (with `token_id`) and `GET` (without) of `/v3/auth/tokens`."""
    token: JsonObject = {
        "audit_ids": [payload.assumed_by] if payload.assumed_by else [payload.audit_id, *payload.ancestors[-1:]],
        "methods": list(payload.methods),
        "issued_at": wire_time(payload.issued_at),
        "expires_at": wire_time(payload.expires_at),
        "is_domain": payload.scope is TokenScope.DOMAIN,
        "user": _user(facts.user),
        "context": _context(payload),
    }
    if payload.scope is TokenScope.UNSCOPED or facts.scope is None:
        token["projects"] = [project.body() for project in facts.projects]
        token["role_assignments"] = list(facts.role_assignments)
    else:
        if payload.scope is TokenScope.SYSTEM:
            token["system"] = {"all": True}
        else:
            token["project"] = facts.scope.body()
        if payload.scope is TokenScope.PROJECT:
            # Services of OpenStack take a project for that of administrators where nothing is said.
            token["is_admin_project"] = (facts.scope.name, facts.scope.domain_id) == ADMIN_PROJECT
        if payload.scope is TokenScope.DOMAIN:
            token["domain"] = {"id": facts.scope.id, "name": facts.scope.name}
        token["roles"] = [{"id": role.id, "name": role.name} for role in facts.roles]
        token["policies"] = {scope: list(names) for scope, names in facts.policies.items()}
        token["catalog"] = list(facts.catalog)
    if facts.access_key is not None:
        token["access_key"] = dict(facts.access_key)
    return {"token": token, "id": token_id} if token_id else {"token": token}


def token_v2(payload: TokenPayload, facts: TokenFacts, *, token_id: str) -> JsonObject:
    """The reply to `POST /v2.0/tokens` and `GET /v2.0/tokens/{token}`: snake_case, one entry per region."""
    token: JsonObject = {"id": token_id, "expires": wire_time(payload.expires_at)}
    names = [role.name for role in facts.roles]
    access: JsonObject = {
        "token": token,
        "user": {
            "id": facts.user.who.id,
            "name": facts.user.who.name,
            "username": facts.user.who.name,
            "is_system_account": facts.user.is_system_account,
            "roles": [{"id": role.id, "name": role.name} for role in facts.roles],
        },
        "tenants": [_tenant(project) for project in facts.projects],
        "metadata": {"is_admin": 0, "roles": names},
        "context": _context(payload),
        # As OpenStack called it: older clients look for it in every answer.
        "serviceCatalog": [],
    }
    if payload.scope is not TokenScope.UNSCOPED and facts.scope is not None:
        if payload.scope is not TokenScope.SYSTEM:
            token["tenant"] = _tenant(facts.scope)
        access["service_catalog"] = [_service_v2(service) for service in facts.catalog]
        access["serviceCatalog"] = [_service_v2(service, "{}URL") for service in facts.catalog]
    return {"access": access}


def _endpoint(endpoint: Endpoint, service: Service) -> JsonObject:
    return {
        "id": endpoint.id,
        "name": endpoint.name or f"{service.type}-{endpoint.interface}",
        "interface": endpoint.interface,
        "region": endpoint.region_id,
        "region_id": endpoint.region_id,
        "url": endpoint.url,
    }


def _user(user: TokenUser) -> JsonObject:
    body = user.who.body()
    for name, value in (("displayname", user.displayname), ("email", user.email), ("mobile", user.mobile)):
        if value:
            body[name] = value
    if user.password_expires_at is not None:
        body["password_expires_at"] = wire_time(user.password_expires_at)
    body["is_system_account"] = user.is_system_account
    return body


def _context(payload: TokenPayload) -> JsonObject:
    return {name: value for name, value in (("source", payload.source), ("ip", payload.ip)) if value}


def _tenant(project: Identified) -> JsonObject:
    return {**project.body(), "enabled": True, "description": ""}


def _service_v2(service: JsonObject, key: str = "{}_url") -> JsonObject:
    regions: dict[str, JsonObject] = {}
    for endpoint in service["endpoints"]:
        region: str = endpoint["region_id"]
        entry = regions.setdefault(region, {"id": endpoint["id"], "region": region})
        entry[key.format(endpoint["interface"])] = endpoint["url"]
    return {"name": service["name"], "type": service["type"], "endpoints": list(regions.values())}
