"""Verify tokens, say what they stand for, revoke them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cloudcore.auth.bindings import active, policy_names
from cloudcore.auth.caller import Caller
from cloudcore.auth.catalog import Endpoint, Identified, Service, TokenFacts, TokenUser, build_catalog
from cloudcore.auth.request import TOTP
from cloudcore.auth.revocation import Watermarks, revoked
from cloudcore.auth.tokens import TokenPayload, TokenReader, TokenScope
from cloudcore.model.errors import InvalidCredentialError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.identity.assignments import assignments_of
from cloudcore.operations.identity.grants import targets_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import bound
from cloudcore.operations.run import reading
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import IN_DOMAIN, IN_PROJECT
from cloudcore.resources.identity.credential import CREDENTIALS
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.endpoint import ENDPOINTS
from cloudcore.resources.identity.password import PASSWORDS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.region import REGIONS
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.service import SERVICES
from cloudcore.resources.identity.user import USERS


def payload_of(platform: Platform, text: str, watermarks: Watermarks, reader: TokenReader) -> TokenPayload:
    """What a token says, if it is genuine, in force and not revoked, whether it was seen before or not.

    Raises:
        InvalidCredentialError: it is not.
    """
    payload = reader.read(text, platform.clock.now())
    if revoked(payload, watermarks):
        raise InvalidCredentialError("the token is not valid", internal="revoked")
    return payload


def caller_of(tx: Transaction, payload: TokenPayload, *, peer: str, request_id: str) -> Caller:
    """The caller that a token stands for, with the names of today.

    Raises:
        InvalidCredentialError: its user, project or one of its domains is gone or disabled.
    """
    facts = _Names(tx, payload)
    project = payload.scope is TokenScope.PROJECT
    domain = payload.scope is TokenScope.DOMAIN
    return Caller(
        user_id=payload.user_id,
        user_name=facts.user.name,
        user_domain_id=payload.user_domain_id,
        user_domain_name=facts.domain_name(payload.user_domain_id),
        project_id=payload.scope_id if project else "",
        project_name=facts.scope_name if project else "",
        project_domain_id=payload.scope_domain_id if project else "",
        project_domain_name=facts.domain_name(payload.scope_domain_id) if project else "",
        domain_id=payload.scope_id if domain else "",
        domain_name=facts.scope_name if domain else "",
        system_id=payload.scope_id if payload.scope is TokenScope.SYSTEM else "",
        roles=tuple(role.name for role in facts.roles),
        role_ids=tuple(role.id for role in facts.roles),
        token_id=payload.audit_id,
        access_key=payload.access_key,
        application_credential=payload.application_credential,
        assumed_by=payload.assumed_by,
        request_id=request_id,
        client_ip=peer,
        issued_at=payload.issued_at,
        lacks_second_factor=facts.user.enable_mfa and TOTP not in payload.methods and not payload.assumed_by,
    )


def facts_of(platform: Platform, tx: Transaction, payload: TokenPayload) -> TokenFacts:
    """Everything that a token reply shows."""
    names = _Names(tx, payload)
    user = names.user
    who = Identified(
        id=user.id, name=user.name, domain_id=user.domain_id, domain_name=names.domain_name(user.domain_id)
    )
    described = TokenUser(
        who=who,
        displayname=user.displayname,
        email=user.email,
        mobile=user.mobile,
        is_system_account=user.is_system_account,
        password_expires_at=_password_end(tx, user.id),
    )
    if payload.scope is TokenScope.UNSCOPED:
        return TokenFacts(
            user=described, projects=projects_of(tx, user.id), role_assignments=assignments_of(platform, tx, user.id)
        )
    key = tx.of(CREDENTIALS, PLATFORM).get(payload.access_key) if payload.access_key else None
    bindings = [bound(b) for b in platform.directory.bindings(payload.role_ids)]
    held = active(
        bindings,
        role_ids=payload.role_ids,
        project_id=payload.scope_id,
        ip=payload.ip,
        now=platform.clock.now(),
    )
    in_project = payload.scope is TokenScope.PROJECT
    return TokenFacts(
        user=described,
        scope=Identified(
            id=payload.scope_id,
            name=names.scope_name,
            domain_id=payload.scope_domain_id if in_project else "",
            domain_name=names.domain_name(payload.scope_domain_id) if in_project else "",
        ),
        roles=[Identified(id=role.id, name=role.name) for role in names.roles],
        policies=policy_names(held),
        catalog=catalog_of(tx, platform),
        access_key=None if key is None else _access_key(key),
    )


def region_ids(tx: Transaction) -> list[str]:
    """The regions of the catalogue, which are no secret: a login form offers them."""
    return sorted(row[0] for row in tx.of(REGIONS, PLATFORM).columns(("id",)))


def user_and_domain(tx: Transaction, user_id: str, domain_id: str) -> tuple[Any, Any]:
    """The rows of somebody who has proved who he is, and of a domain; None for what is not there."""
    return tx.of(USERS, PLATFORM).get(user_id), tx.of(DOMAINS, PLATFORM).get(domain_id)


def _access_key(key: Any) -> Mapping[str, str | int]:
    """What a login by access key tells of it. Its secret stays here: whoever verifies a signature asks identity."""
    return {"access_key": key.id, "expire": 0 if key.expired_at is None else int(key.expired_at.timestamp())}


def catalog_of(tx: Transaction, platform: Platform) -> list[JsonObject]:
    """The service catalogue: enabled services with their enabled endpoints."""
    services = tx.of(SERVICES, PLATFORM).find(Query(where=eq("enabled", True)))
    endpoints = tx.of(ENDPOINTS, PLATFORM).find(Query(where=eq("enabled", True)))
    return build_catalog(
        [Service(id=s.id, name=s.name, type=s.type) for s in services],
        [
            Endpoint(
                id=e.id,
                service_id=e.service_id,
                region_id=e.region_id,
                interface=e.interface,
                url=url_here(platform, e.url),
                name=e.name,
            )
            for e in endpoints
        ],
    )


def url_here(platform: Platform, url: str) -> str:
    """An address of the catalogue, where another process serves the same as seen from this one."""
    base = next((peer for peer in platform.peers() if url == peer or url.startswith(f"{peer}/")), None)
    return url if base is None else platform.settings.base_url + url.removeprefix(base)


def projects_of(tx: Transaction, user_id: str) -> list[Identified]:
    """The enabled projects in which a user has a role, by name."""
    idents = targets_of(tx, user_id, IN_PROJECT)
    where = both(one_of("id", idents), eq("enabled", True))
    rows = tx.of(PROJECTS, PLATFORM).find(Query(where=where)) if idents else ()
    domains = _domain_names(tx, [row.domain_id for row in rows])
    found = [
        Identified(id=row.id, name=row.name, domain_id=row.domain_id, domain_name=domains.get(row.domain_id, ""))
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.name, each.id))


def domains_of(platform: Platform, user_id: str) -> Sequence[Any]:
    """The domains in which a user has a role, by name."""
    idents = reading(platform, lambda tx: targets_of(tx, user_id, IN_DOMAIN))
    return sorted(platform.directory.domains(idents).values(), key=lambda d: (d.name, d.id))


class _Names:
    """The rows that a token refers to."""

    def __init__(self, tx: Transaction, payload: TokenPayload) -> None:
        user = tx.of(USERS, PLATFORM).get(payload.user_id)
        if user is None or not user.enabled:
            raise InvalidCredentialError("the token is not valid", internal="user is gone or disabled")
        self.user: Any = user
        self.roles: Sequence[Any] = ()
        if payload.role_ids:
            by_id = {r.id: r for r in tx.of(ROLES, PLATFORM).find(Query(where=one_of("id", payload.role_ids)))}
            self.roles = [by_id[i] for i in payload.role_ids if i in by_id]
        self.scope_name = _scope_name(tx, payload)
        self._domains = _domains_in_force(tx, {i for i in (payload.user_domain_id, payload.scope_domain_id) if i})

    def domain_name(self, ident: str) -> str:
        """The name of one of the token's domains."""
        return self._domains.get(ident, "")


def _password_end(tx: Transaction, user_id: str) -> datetime | None:
    held = tx.of(PASSWORDS, PLATFORM).find(Query(where=eq("user_id", user_id), limit=1))
    return held[0].expires_at if held else None


def _scope_name(tx: Transaction, payload: TokenPayload) -> str:
    if payload.scope is TokenScope.UNSCOPED:
        return ""
    resource: Resource[Any] = DOMAINS if payload.scope is TokenScope.DOMAIN else PROJECTS
    row: Any = tx.of(resource, PLATFORM).get(payload.scope_id)
    if row is None or not row.enabled:
        raise InvalidCredentialError("the token is not valid", internal="its project or domain is gone or disabled")
    return str(row.name)


def _domains_in_force(tx: Transaction, idents: set[str]) -> dict[str, str]:
    rows = tx.of(DOMAINS, PLATFORM).find(Query(where=one_of("id", sorted(idents)))) if idents else ()
    if sum(row.enabled for row in rows) < len(idents):
        raise InvalidCredentialError("the token is not valid", internal="one of its domains is gone or disabled")
    return {row.id: row.name for row in rows}


def _domain_names(tx: Transaction, idents: Sequence[str]) -> dict[str, str]:
    if not idents:
        return {}
    return {d.id: d.name for d in tx.of(DOMAINS, PLATFORM).find(Query(where=one_of("id", idents)))}
