"""What a fresh deployment starts with. Seeding again changes nothing that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import platform_caller
from cloudcore.auth.defaults import default_policies, default_roles
from cloudcore.model.entity import Entity, evolve
from cloudcore.model.query import PLATFORM, In, Query, both, eq
from cloudcore.model.resource import Resource
from cloudcore.operations.identity.tokens import url_here
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.recount import open_counters
from cloudcore.resources.compute.serversku import DEFAULTS as DEFAULT_SIZES
from cloudcore.resources.compute.serversku import GIB, SERVERSKUS, Serversku, name_of
from cloudcore.resources.identity.assignment import ASSIGNMENTS, SYSTEM, Assignment
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN, DOMAINS, Domain
from cloudcore.resources.identity.endpoint import ENDPOINTS, Endpoint
from cloudcore.resources.identity.password import PASSWORDS, Password
from cloudcore.resources.identity.policy import POLICIES, Policy
from cloudcore.resources.identity.project import PROJECTS, SYSTEM_PROJECT, Project
from cloudcore.resources.identity.region import REGIONS, Region
from cloudcore.resources.identity.role import ROLES, Role
from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES, RolePolicy
from cloudcore.resources.identity.service import SERVICES, Service
from cloudcore.resources.identity.user import USERS, User
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS, Cloudregion
from cloudcore.resources.infrastructure.zone import ZONES, Zone
from cloudcore.resources.network.rule import parse_rule
from cloudcore.resources.network.secgroup import DEFAULT_SECGROUP, SECGROUPS, Secgroup
from cloudcore.resources.network.secgrouprule import SECGROUPRULES, Secgrouprule
from cloudcore.resources.network.vpc import DEFAULT_VPC, VPCS, Vpc
from cloudcore.resources.network.wire import WIRES, Wire

DEFAULT_RULES = ("in:allow any", "out:allow any")
ADMIN = "sysadmin"
ZONE = "zone0"
WIRE = "wire0"

SERVICE_PATHS = (
    ("identity", "keystone", "/identity/v3"),
    ("compute_v2", "region2", "/compute"),
    ("image", "glance", "/image/v1"),
    ("log", "logger", "/log"),
    ("scheduler", "scheduler", "/scheduler"),
    ("yunionapi", "apigateway", ""),
)
"""Type, name and path of the services of a deployment on one address."""
COMMON = "common"
"""A service without an address: under its name clients keep what all services read."""


@attrs.frozen
class _Seeder:
    """Adds what is missing, finding it by what makes it unique."""

    tx: Transaction

    def ensure(self, resource: Resource[Any], row: Entity, *by: str) -> Any:
        """The row with the same values of the fields `by`, or this one, added."""
        repository = self.tx.of(resource, PLATFORM)
        where = both(*(eq(name, getattr(row, name)) for name in by))
        found = repository.totals(where, by=("id",))
        return repository.get(found[0]["id"]) if found else repository.add(row)

    def ensure_all(self, resource: Resource[Any], rows: Sequence[Entity], *by: str) -> list[str]:
        """The same for many rows, with one question for what is there; the ids, in order of the rows."""
        repository = self.tx.of(resource, PLATFORM)
        query = Query(where=In(by[0], tuple({getattr(row, by[0]): None for row in rows})))
        there = {tuple(values): ident for ident, *values in repository.columns(("id", *by), query)}
        idents: list[str] = []
        for row in rows:
            ident = there.get(tuple(getattr(row, name) for name in by))
            idents.append(repository.add(row).id if ident is None else ident)
        return idents


def seed(platform: Platform, password: str) -> None:
    """Identity, catalogue and infrastructure of a fresh deployment, in one commit.

    password: of the first administrator; an administrator that is there keeps his.
    """
    with platform.uow.read() as tx:
        fresh = tx.of(USERS, PLATFORM).count() == 0
    hashed = platform.hasher.hash(password) if fresh else ""
    writing(platform, platform_caller("seed"), lambda tx: _seed(platform, tx, hashed))


def _seed(platform: Platform, tx: Transaction, hashed: str) -> None:
    seeder = _Seeder(tx)
    seeder.ensure(DOMAINS, Domain(id=DEFAULT_DOMAIN, name="Default", description="The default domain"), "id")
    project = seeder.ensure(
        PROJECTS, Project(id=tx.new_id(), name=SYSTEM_PROJECT, domain_id=DEFAULT_DOMAIN), "name", "domain_id"
    )
    roles = _roles(tx, seeder, project.id)
    if hashed:
        _administrator(tx, seeder, project.id, roles["admin"], hashed)
    _catalogue(platform, tx, seeder)
    _infrastructure(tx, seeder)
    _secgroup(tx, seeder, project.id)
    _sizes(tx)
    open_counters(tx)


def _roles(tx: Transaction, seeder: _Seeder, system_project: str) -> dict[str, str]:
    policies = _policies(tx, seeder)
    defaults = default_roles()
    rows = [
        Role(
            id=tx.new_id(),
            name=role.name,
            description=role.description,
            domain_id=DEFAULT_DOMAIN,
            is_public=True,
            public_scope="system",
        )
        for role in defaults
    ]
    idents = seeder.ensure_all(ROLES, rows, "name", "domain_id")
    roles = {role.name: ident for role, ident in zip(defaults, idents, strict=True)}
    tied = [
        RolePolicy(
            id=tx.new_id(),
            role_id=roles[role.name],
            project_id=system_project if role.project == SYSTEM_PROJECT else "",
            policy_id=policies[name],
        )
        for role in defaults
        for name in role.policies
    ]
    seeder.ensure_all(ROLEPOLICIES, tied, "role_id", "project_id", "policy_id")
    return roles


def _policies(tx: Transaction, seeder: _Seeder) -> dict[str, str]:
    defaults = default_policies()
    rows = [
        Policy(
            id=tx.new_id(),
            name=policy.name,
            description=policy.description,
            domain_id=DEFAULT_DOMAIN,
            scope=policy.scope.value,
            blob=policy.document,
            is_system=True,
            is_public=True,
            public_scope="system",
        )
        for policy in defaults
    ]
    idents = seeder.ensure_all(POLICIES, rows, "name", "domain_id")
    return {policy.name: ident for policy, ident in zip(defaults, idents, strict=True)}


def _administrator(tx: Transaction, seeder: _Seeder, project_id: str, role_id: str, hashed: str) -> None:
    user = User(
        id=tx.new_id(),
        name=ADMIN,
        displayname="Administrator",
        domain_id=DEFAULT_DOMAIN,
        is_system_account=True,
    )
    stored = seeder.ensure(USERS, user, "name", "domain_id")
    seeder.ensure(PASSWORDS, Password(id=tx.new_id(), user_id=stored.id, hash=hashed), "user_id")
    for kind, place in (("UserProject", project_id), ("UserSystem", SYSTEM)):
        given = Assignment(id=tx.new_id(), type=kind, actor_id=stored.id, target_id=place, role_id=role_id)
        seeder.ensure(ASSIGNMENTS, given, "type", "actor_id", "target_id", "role_id")


_INTERFACES = {"identity": ("public", "internal", "admin")}
"""Clients ask for the administrators' address of identity, though it is no other."""


def _catalogue(platform: Platform, tx: Transaction, seeder: _Seeder) -> None:
    settings = platform.settings
    seeder.ensure(REGIONS, Region(id=settings.region, name=settings.region), "id")
    seeder.ensure(SERVICES, Service(id=tx.new_id(), name=COMMON, type=COMMON), "name")
    for kind, name, path in SERVICE_PATHS:
        service = seeder.ensure(SERVICES, Service(id=tx.new_id(), name=name, type=kind), "name")
        for interface in _INTERFACES.get(kind, ("public", "internal")):
            endpoint = Endpoint(
                id=tx.new_id(),
                name=f"{kind}-{interface}",
                service_id=service.id,
                region_id=settings.region,
                interface=interface,
                url=settings.base_url + path,
            )
            stored = seeder.ensure(ENDPOINTS, endpoint, "service_id", "region_id", "interface")
            if url_here(platform, stored.url) != endpoint.url:
                # The deployment listens elsewhere now.
                tx.of(ENDPOINTS, PLATFORM).save(evolve(stored, url=endpoint.url))


def _infrastructure(tx: Transaction, seeder: _Seeder) -> None:
    seeder.ensure(CLOUDREGIONS, Cloudregion(id="default", name="Default"), "id")
    zone = seeder.ensure(ZONES, Zone(id=tx.new_id(), name=ZONE, cloudregion_id="default"), "name")
    vpc = Vpc(
        id=DEFAULT_VPC,
        name="Default",
        domain_id=DEFAULT_DOMAIN,
        is_default=True,
        is_public=True,
        public_scope="system",
    )
    seeder.ensure(VPCS, vpc, "id")
    wire = Wire(
        id=tx.new_id(),
        name=WIRE,
        domain_id=DEFAULT_DOMAIN,
        vpc_id=DEFAULT_VPC,
        zone_id=zone.id,
        bandwidth=1000,
        is_public=True,
        public_scope="system",
    )
    seeder.ensure(WIRES, wire, "name", "domain_id")


def _secgroup(tx: Transaction, seeder: _Seeder, project_id: str) -> None:
    if tx.of(SECGROUPS, PLATFORM).get(DEFAULT_SECGROUP) is not None:
        return
    group = Secgroup(
        id=DEFAULT_SECGROUP,
        name="Default",
        domain_id=DEFAULT_DOMAIN,
        tenant_id=project_id,
        is_public=True,
        public_scope="system",
    )
    seeder.ensure(SECGROUPS, group, "id")
    for place, rule in enumerate(DEFAULT_RULES):
        values = parse_rule(rule).fields()
        tx.of(SECGROUPRULES, PLATFORM).add(
            Secgrouprule(id=f"{DEFAULT_SECGROUP}-{place}", secgroup_id=DEFAULT_SECGROUP, **values)
        )


def _sizes(tx: Transaction) -> None:
    """The sizes of servers, unless there are any."""
    repository = tx.of(SERVERSKUS, PLATFORM)
    if repository.count():
        return
    for cpus, memories in DEFAULT_SIZES:
        for gib in memories:
            name = name_of(cpus, gib * GIB)
            size = Serversku(
                id=tx.new_id(),
                name=name,
                cpu_core_count=cpus,
                memory_size_mb=gib * GIB,
                instance_type_family="g1",
                local_category="general_purpose",
                source="local",
            )
            repository.add(size)
