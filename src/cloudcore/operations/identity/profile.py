"""What somebody who logs in by a form needs to know: where he can go, who he is, what he may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.caller import Caller
from cloudcore.auth.documents import parse_document
from cloudcore.auth.policy import PolicySet
from cloudcore.auth.scopes import WIDEST_FIRST, Scope
from cloudcore.auth.shapes import as_list, as_text
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.access import fetch_for
from cloudcore.operations.identity.grants import roles_by_project
from cloudcore.operations.identity.tokens import catalog_of, projects_of, region_ids, user_and_domain
from cloudcore.operations.placement import host_types
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import bound
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.drivers import ALL
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN
from cloudcore.resources.identity.policy import POLICIES

MOST_QUESTIONS = 4096
_FORM = 4
"""Scope, service, resource and action come first in a question about a permission."""


def login_choices(tx: Transaction) -> JsonObject:
    """What a login form offers: regions, and of the domains the one that everybody knows; the others are nobody's business."""
    _, domain = user_and_domain(tx, "", DEFAULT_DOMAIN)
    return {"regions": region_ids(tx), "domains": [domain.name] if domain is not None else []}


def home_of(platform: Platform, tx: Transaction, user_id: str, wanted: str = "") -> str:
    """The project in which a user begins: the wanted one if he has a role there, else that of his widest policies; by name
    among equals. Empty where he has none.
    """
    idents = [project.id for project in projects_of(tx, user_id)]
    if wanted in idents or len(idents) < 2:
        return wanted if wanted in idents else "".join(idents)
    held = roles_by_project(tx, user_id)
    bindings = [bound(b) for b in platform.directory.bindings(sorted({role for _, role in held}))]
    ranks = dict.fromkeys(idents, -1)
    for project, role in held:
        own = [b.scope.rank for b in bindings if b.role_id == role and b.project_id in ("", project)]
        ranks[project] = max([ranks.get(project, -1), *own])
    return max(idents, key=lambda ident: (ranks[ident], -idents.index(ident)))


def profile_of(platform: Platform, tx: Transaction, caller: Caller, policies: JsonMapping) -> JsonObject:
    """The caller with his scope, projects, policies and what there is to work with.

    policies: names of policies that he holds, by scope.
    """
    user, _ = user_and_domain(tx, caller.user_id, "")
    told: JsonObject = {name: getattr(user, name) for name in _SHOWN} if user is not None else {}
    types = host_types(tx)
    return {
        **told,
        "id": caller.user_id,
        "name": caller.user_name,
        "domain": {"id": caller.user_domain_id, "name": caller.user_domain_name},
        "projectId": caller.project_id,
        "projectName": caller.project_name,
        "projectDomainId": caller.project_domain_id,
        "projectDomain": caller.project_domain_name,
        "roles": list(caller.roles),
        "projects": [
            {"id": p.id, "name": p.name, "domain": p.domain_name, "domain_id": p.domain_id}
            for p in projects_of(tx, caller.user_id)
        ],
        "system_policies": list(policies.get("system", ())),
        "domain_policies": list(policies.get("domain", ())),
        "project_policies": list(policies.get("project", ())),
        "admin_policies": list(policies.get("system", ())),
        "policies": list(policies.get("project", ())),
        "regions": login_choices(tx)["regions"],
        "services": [{"type": service["type"], "status": True} for service in catalog_of(tx, platform)],
        "hypervisors": [d.hypervisor for d in ALL if d.host_type in types],
        "idps": [],
        "is_local": True,
        "system_totp_on": True,
    }


def widest_scope(policies: JsonMapping) -> Scope:
    """The widest scope at which somebody holds a policy; his project without any."""
    return next((scope for scope in WIDEST_FIRST if policies.get(scope.value)), Scope.PROJECT)


def permissions_of(
    platform: Platform, tx: Transaction, caller: Caller, asked: Mapping[str, Any], policy: str = ""
) -> JsonObject:
    """Whether the caller may do each of these; with the name of a policy, what that one says of it first.

    asked: key → [scope, service, resource, action, extra …]. The answer has the same keys, without scopes and with
    `allow` or `deny` at the end.

    Raises:
        InvalidInputError: a question has another form; names its key.
        ResourceNotFoundError: the caller may not see such a policy.
    """
    if len(asked) > MOST_QUESTIONS:
        raise InvalidInputError(f"more than {MOST_QUESTIONS} permissions are asked for")
    sets = [platform.policies.policy_set(caller)]
    if policy:
        row = fetch_for(platform, tx, caller, POLICIES, policy, "get")
        one = BoundPolicy(name=row.name, scope=Scope(row.scope), document=parse_document(dict(row.blob)))
        sets.insert(0, PolicySet.compile([one], defaults=()))
    found: JsonObject = {}
    for key, value in asked.items():
        scope, permission = _question(key, value)
        verdicts = ["allow" if s.allowed(scope, *permission).allowed else "deny" for s in sets]
        found[key] = [*permission, *verdicts]
    return found


def _question(key: str, value: Any) -> tuple[Scope, tuple[str, str, str, str]]:
    words = [as_text(word, key, limit=128) for word in as_list(value, key)]
    if len(words) < _FORM or words[0] not in tuple(Scope):
        raise InvalidInputError(f"{key} must be [scope, service, resource, action, …]", field=key[:64])
    permission: Any = tuple(words[1:])
    return Scope(words[0]), permission


_SHOWN = ("displayname", "email", "mobile", "enable_mfa", "allow_web_console", "lang")
