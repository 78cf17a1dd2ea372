"""The policies and roles that a new deployment starts with, as plain values.

A definition names an area; from it one policy is made for each level from its natural scope up to system and for each
kind: admin (everything), editor (everything but create, delete and what weighs as much), viewer (get and list). The
names, such as `domain-server-viewer`, are those that existing installations have.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.caller import Caller
from cloudcore.auth.catalog import ADMIN_PROJECT
from cloudcore.auth.documents import PolicyDocument, PolicyRule
from cloudcore.auth.natural import natural_scope
from cloudcore.auth.scopes import WIDEST_FIRST, Scope
from cloudcore.model.json import JsonObject

__all__ = [
    "DefaultPolicy",
    "DefaultRole",
    "bootstrap_bindings",
    "default_policies",
    "default_roles",
    "natural_scope",
]

_PREFIXES = {Scope.SYSTEM: "sys-", Scope.DOMAIN: "domain-", Scope.PROJECT: "project-"}
_KINDS = ("admin", "editor", "viewer")
_READ: JsonObject = {"get": "allow", "list": "allow"}


@attrs.frozen(kw_only=True)
class DefaultPolicy:
    """A policy to store: `document` is the JSON for its blob."""

    name: str
    scope: Scope
    description: str
    document: JsonObject


@attrs.frozen(kw_only=True)
class DefaultRole:
    """A role to store, shared with everyone, and the policies bound to it.

    project: the name of the project (of the default domain) in which alone the bindings hold; empty for any.
    """

    name: str
    description: str
    policies: tuple[str, ...]
    project: str = ""


@attrs.frozen
class _Area:
    """A definition: service → resources (blank-separated, `*` for all of the service)."""

    name: str
    title: str
    scope: Scope
    resources: dict[str, str]
    kinds: tuple[str, ...] = _KINDS


_EDITOR_DENIES: dict[tuple[str, str], str] = {
    ("compute", "servers"): (
        "snapshot-and-clone createdisk create-eip create-backup save-image delete-disk delete-eip delete-backup"
    ),
    ("compute", "buckets"): "upload delete",
    ("identity", "services"): "config",
    ("k8s", "kubeclusters"): "add-machines delete-machines",
}

_NETWORK = (
    "vpcs wires networks reservedips eips natgateways natsentries natdentries route_tables networkinterfaces "
    "vpc_peering_connections dns_zones dnsrecords ipv6_gateways"
)
_LOADBALANCER = (
    "loadbalancers loadbalancerlisteners loadbalancerlistenerrules loadbalancerbackendgroups loadbalancerbackends "
    "loadbalancercertificates loadbalanceracls"
)
_SERVER = (
    "servers servertemplates instancegroups scalinggroups scalingpolicies scalingactivities disks networks eips "
    "snapshotpolicies snapshots instance_snapshots instancebackups diskbackups guestdisks guestnetworks"
)

_AREAS = (
    _Area("", "any resources", Scope.PROJECT, {"*": "*"}),
    _Area("compute", "all of compute and images", Scope.PROJECT, {"compute": "*", "image": "*"}),
    _Area(
        "server",
        "servers and what is attached to them",
        Scope.PROJECT,
        {"compute": _SERVER, "image": "images guestimages"},
    ),
    _Area(
        "host", "hosts", Scope.DOMAIN, {"compute": "hosts isolated_devices hostwires hoststorages baremetalnetworks"}
    ),
    _Area("storage", "storages", Scope.DOMAIN, {"compute": "storages storagecaches backupstorages"}),
    _Area("loadbalancer", "load balancers", Scope.PROJECT, {"compute": _LOADBALANCER}),
    _Area("oss", "object storage", Scope.PROJECT, {"compute": "buckets"}),
    _Area(
        "dbinstance",
        "databases",
        Scope.PROJECT,
        {"compute": "dbinstances dbinstanceaccounts dbinstancebackups dbinstancedatabases dbinstanceparameters"},
    ),
    _Area(
        "elasticcache",
        "caches",
        Scope.PROJECT,
        {"compute": "elasticcaches elasticcacheaccounts elasticcacheacls elasticcachebackups elasticcacheparameters"},
    ),
    _Area("network", "networks", Scope.PROJECT, {"compute": _NETWORK}),
    _Area("snapshotpolicy", "snapshot policies", Scope.PROJECT, {"compute": "snapshotpolicies"}),
    _Area("secgroup", "security groups", Scope.PROJECT, {"compute": "secgroups secgrouprules"}),
    _Area("meter", "bills and prices", Scope.PROJECT, {"meter": "*", "suggestion": "*"}),
    _Area("identity", "users, groups, projects, roles and policies", Scope.PROJECT, {"identity": "*"}),
    _Area("image", "images", Scope.PROJECT, {"image": "*"}),
    _Area("monitor", "monitoring and alerts", Scope.PROJECT, {"monitor": "*"}),
    _Area("container", "container clusters", Scope.PROJECT, {"k8s": "*"}),
    _Area("cloudid", "users of cloud accounts", Scope.PROJECT, {"cloudid": "*"}),
    _Area(
        "cloudaccount",
        "cloud accounts",
        Scope.DOMAIN,
        {"compute": "cloudaccounts cloudproviders externalprojects project_mappings proxysettings"},
    ),
    _Area(
        "projectresource",
        "quotas of projects",
        Scope.DOMAIN,
        {"compute": "quotas project_quotas region_quotas zone_quotas", "image": "image_quotas"},
    ),
    _Area(
        "domainresource",
        "quotas of domains",
        Scope.SYSTEM,
        {"compute": "domain_quotas infras_quotas", "identity": "identity_quotas"},
    ),
    _Area("notify", "notifications", Scope.PROJECT, {"notify": "*"}),
    _Area("log", "operation logs", Scope.PROJECT, {"log": "*"}, kinds=("viewer",)),
)

_DASHBOARD: JsonObject = {
    "compute": {"dashboard": _READ, "capabilities": {"list": "allow"}, "usages": _READ},
    "image": {"usages": _READ},
    "identity": {"usages": _READ},
    "meter": {"*": _READ},
    "monitor": {"*": _READ},
    "notify": {"notifications": _READ},
    "log": {"actions": _READ},
}
_VIEW_ALL: JsonObject = {"*": {**_READ, "*": "deny"}}
_SEPARATED: tuple[tuple[str, str, JsonObject], ...] = (
    ("opsadmin", "operate everything but identity and logs", {"*": "allow", "identity": _VIEW_ALL, "log": "deny"}),
    ("secadmin", "manage users, roles and policies", {"identity": "allow", "notify": _VIEW_ALL}),
    ("adtadmin", "read operation logs", {"log": _VIEW_ALL, "identity": _VIEW_ALL}),
)


def default_policies() -> tuple[DefaultPolicy, ...]:
    """All generated policies, each name once, in the order of their areas."""
    return tuple(_generated())


def default_roles() -> tuple[DefaultRole, ...]:
    """All generated roles; every policy that they name is one of `default_policies`."""
    roles = [
        DefaultRole(
            name="admin", description="administrator of the system", policies=("sysadmin",), project=ADMIN_PROJECT[0]
        ),
        DefaultRole(name="domainadmin", description="administrator of a domain", policies=("domain-admin",)),
        DefaultRole(name="project_owner", description="administrator of a project", policies=("project-admin",)),
        DefaultRole(name="fa", description="finance of the system", policies=("sys-meter-admin", "sys-dashboard")),
        DefaultRole(
            name="domainfa", description="finance of a domain", policies=("domain-meter-admin", "domain-dashboard")
        ),
        DefaultRole(
            name="projectfa", description="finance of a project", policies=("project-meter-admin", "project-dashboard")
        ),
    ]
    roles.extend(
        DefaultRole(
            name=f"{level}_{kind}",
            description=f"{kind} of a {level}",
            policies=(f"{level}-{kind}", f"{level}-dashboard"),
        )
        for level in ("domain", "project")
        for kind in ("editor", "viewer")
    )
    roles.extend(
        DefaultRole(name=f"{prefix}_{name}", description=f"{title} of {level}", policies=(f"{prefix}-{name}",))
        for prefix, level in (("sys", "the system"), ("domain", "a domain"))
        for name, title, _ in _SEPARATED
    )
    roles.append(DefaultRole(name="normal_user", description="uses a project", policies=("normal-user",)))
    return tuple(roles)


def bootstrap_bindings(caller: Caller) -> tuple[BoundPolicy, ...]:
    """What the first administrator may do while no policy is stored: make policies and roles, never delete them.

    Holds for the user `sysadmin` with the role `admin` in the project `system`, all of the domain with id `default`.
    """
    is_first = (
        not caller.is_guest
        and caller.user_name == "sysadmin"
        and caller.user_domain_id == "default"
        and (caller.project_name, caller.project_domain_id) == ADMIN_PROJECT
        and "admin" in caller.roles
    )
    if not is_first:
        return ()
    rules = tuple(
        PolicyRule("identity", plural, action, (), allow=True)
        for plural in ("policies", "roles")
        for action in ("create", "update", "list", "get", "perform")
    )
    return (BoundPolicy(name="bootstrap", scope=Scope.SYSTEM, document=PolicyDocument(rules)),)


def _generated() -> Iterator[DefaultPolicy]:
    for area in _AREAS:
        for scope in WIDEST_FIRST:
            if scope is Scope.USER or not scope.covers(area.scope):
                continue
            for kind in area.kinds:
                title = f"{kind} of {area.title} at {scope.value} scope"
                yield DefaultPolicy(
                    name=_name(area, scope, kind), scope=scope, description=title, document=_document(area, kind)
                )
    for scope, prefix in _PREFIXES.items():
        yield _policy(f"{prefix}dashboard", scope, f"overview at {scope.value} scope", _DASHBOARD)
    for scope in (Scope.SYSTEM, Scope.DOMAIN):
        for name, title, body in _SEPARATED:
            yield _policy(f"{_PREFIXES[scope]}{name}", scope, f"{title} at {scope.value} scope", body)
    use: JsonObject = {**_READ, "perform": dict.fromkeys(("start", "stop", "restart", "sync"), "allow"), "*": "deny"}
    ordinary: JsonObject = {"*": _VIEW_ALL, "compute": {"servers": use, **_VIEW_ALL}}
    yield _policy("normal-user", Scope.PROJECT, "use what a project has", ordinary)


def _policy(name: str, scope: Scope, description: str, body: JsonObject) -> DefaultPolicy:
    return DefaultPolicy(name=name, scope=scope, description=description, document={"policy": body})


def _name(area: _Area, scope: Scope, kind: str) -> str:
    if not area.name and scope is Scope.SYSTEM and kind == "admin":
        return "sysadmin"
    if area.scope is Scope.SYSTEM:
        return f"{area.name}-{kind}"
    return "-".join(part for part in (f"{_PREFIXES[scope]}{area.name}".rstrip("-"), kind) if part)


def _document(area: _Area, kind: str) -> JsonObject:
    body: JsonObject = {}
    for service, resources in area.resources.items():
        level: JsonObject = {plural: _actions(service, plural, kind) for plural in resources.split()}
        body[service] = level
        if kind == "editor" and resources == "*":
            _add_denies(body, service)
    return {"policy": body}


def _add_denies(body: JsonObject, service: str) -> None:
    """Beside a service's `*`, the resources of it (of every service, if that is `*`) that editors are denied more of."""
    for denied_service, plural in _EDITOR_DENIES:
        if service in ("*", denied_service):
            level: JsonObject = body.setdefault(denied_service, {"*": _actions(denied_service, "*", "editor")})
            level[plural] = _actions(denied_service, plural, "editor")


def _actions(service: str, plural: str, kind: str) -> JsonObject:
    if kind == "admin":
        return {"*": "allow"}
    if kind == "viewer":
        return {**_READ, "*": "deny"}
    denied = ("purge", "clone", "disable", *_EDITOR_DENIES.get((service, plural), "").split())
    perform: JsonObject = {"*": "allow", **dict.fromkeys(denied, "deny")}
    return {"*": "allow", "create": "deny", "delete": "deny", "perform": perform}
