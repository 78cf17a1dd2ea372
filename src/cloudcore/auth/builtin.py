"""Policies that everybody has, so that a newcomer with one role can use what is common to all.

They are tried after the caller's own policies at the same scope. Each line: scope, service, then resource → actions;
an action with a slash names one detail or operation of the resource.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.documents import PolicyDocument, PolicyRule
from cloudcore.auth.scopes import Scope

_READ = "get list"
_CRUD = "list get create update delete"

_TABLE: tuple[tuple[Scope, str, Mapping[str, str]], ...] = (
    (Scope.SYSTEM, "*", {"tasks": "perform", "metadatas": "list"}),
    (Scope.DOMAIN, "*", {"usages": "get"}),
    (Scope.PROJECT, "*", {"tasks": "perform", "usages": "get"}),
    (Scope.USER, "identity", {"credentials": f"{_CRUD} perform", "application_credentials": "list get create delete"}),
    (Scope.PROJECT, "identity", {"users": "list", "groups": "list"}),
    (Scope.DOMAIN, "identity", {"domains": "get", "policies": "perform/explain"}),
    (
        Scope.SYSTEM,
        "compute",
        {
            "zones": _READ,
            "cloudregions": _READ,
            "cachedimages": _READ,
            "serverskus": _READ,
            "dbinstance_skus": _READ,
            "elasticcacheskus": _READ,
            "waf_rules": _READ,
            "cloudaccounts": "get/saml",
            "loadbalancerclusters": "list",
            "schedtags": "list",
            "dns_recordsets": "list",
            "capabilities": "list",
        },
    ),
    (
        Scope.DOMAIN,
        "compute",
        {
            "cloudaccounts": _READ,
            "cloudproviders": _READ,
            "domain_quotas": _READ,
            "infras_quotas": _READ,
            "vpcs": _READ,
            "wires": _READ,
            "proxysettings": _READ,
            "nat_skus": _READ,
            "nas_skus": _READ,
            "modelarts_pool_skus": _READ,
        },
    ),
    (
        Scope.PROJECT,
        "compute",
        {
            "quotas": _READ,
            "region_quotas": _READ,
            "zone_quotas": _READ,
            "project_quotas": _READ,
            "networks": _READ,
            "secgrouprules": _READ,
        },
    ),
    (Scope.USER, "compute", {"keypairs": f"{_CRUD} perform", "plans": "list get delete perform"}),
    (Scope.PROJECT, "image", {"image_quotas": _READ}),
    (Scope.SYSTEM, "image", {"images": "perform/update-torrent-status"}),
    (Scope.USER, "log", {"actions": "list get create"}),
    (Scope.USER, "notify", {"receivers": f"{_CRUD} perform"}),
    (Scope.DOMAIN, "notify", {"subscribers": _READ}),
    (Scope.SYSTEM, "notify", {"topics": _READ}),
    (Scope.USER, "yunionconf", {"parameters": _CRUD}),
    (Scope.PROJECT, "yunionconf", {"parameters": _CRUD, "scopedpolicybindings": "list", "tags": "list"}),
    (Scope.USER, "cloudid", {"cloudpolicies": _READ, "cloudgroups": _READ, "cloudusers": _READ, "samlusers": _READ}),
    (Scope.PROJECT, "cloudid", {"cloudpolicies": _READ, "cloudgroups": _READ, "cloudusers": _READ, "samlusers": _READ}),
)


def builtin_policies() -> tuple[BoundPolicy, ...]:
    """One policy per scope that has any, widest first."""
    return tuple(
        BoundPolicy(name=f"builtin-{scope.value}", scope=scope, document=PolicyDocument(_rules(scope)))
        for scope in (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT, Scope.USER)
    )


def _rules(scope: Scope) -> tuple[PolicyRule, ...]:
    rules: list[PolicyRule] = []
    for level, service, resources in _TABLE:
        if level is not scope:
            continue
        for resource, actions in resources.items():
            for entry in actions.split():
                action, *extra = entry.split("/")
                rules.append(PolicyRule(service, resource, action, tuple(extra), allow=True))
    return tuple(sorted(rules, key=lambda rule: rule.rank))
