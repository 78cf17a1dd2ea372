"""The world of the authorization matrix: two domains, three projects, each with a row of every type, and everybody's callers.

Nothing that a request changes stays: the storage takes back each commit when it is told to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.defaults import default_roles
from cloudcore.cloud import TYPES, Cloud, CoreSession
from cloudcore.model.entity import DomainOwned, Entity, ProjectOwned, Sharable, UserOwned
from cloudcore.model.query import PLATFORM, eq
from cloudcore.model.query import Query as Rows
from cloudcore.model.resource import Field, Resource, fields_of
from cloudcore.operations.seed import seed
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.recount import open_counters
from cloudcore.resources.identity.assignment import ASSIGNMENTS, SYSTEM, Assignment
from cloudcore.resources.identity.domain import DOMAINS, Domain
from cloudcore.resources.identity.password import PASSWORDS, Password
from cloudcore.resources.identity.project import PROJECTS, Project
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.user import USERS, User
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.store import MemoryStore, MemoryTransaction
from cloudcore_adapters.memory.world import ManualClock, SeededIds
from cloudcore_adapters.rest.app import build_app
from cloudcore_apps.served import ServedCloud
from cloudcore_apps.signing import UrlSigner

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SECRET = "Correct-horse-battery-1"
BY_PLURAL: dict[str, Resource[Any]] = {resource.plural: resource for resource in TYPES}
SERVED = tuple(resource for resource in TYPES if resource.service != "internal")

TARGETS = ("own", "peer", "foreign", "shared", "missing")
"""Whose a thing is, seen from project red of domain alpha: of red, of blue in alpha, of green in beta, of green and shown
to everybody, nobody's. What belongs to a domain has no peer; what belongs to the platform is only `own`."""

EVERYTHING = "all"
"""What OpenStack's system scope is for: no project, no domain, and whatever the policies of the system reach."""
PLACES = {"own": ("alpha", "red"), "peer": ("alpha", "blue"), "foreign": ("beta", "green"), "shared": ("beta", "green")}


class RewindingStore(MemoryStore):
    """Storage in dictionaries that can go back to how it was when `rewind` was called last."""

    def __init__(self, clock: ManualClock, ids: SeededIds) -> None:
        super().__init__(TYPES, clock, ids)
        self.before: list[tuple[str, dict[str, Any]]] = []

    def write(self, author: Author) -> Any:
        return _Writing(self, author)

    def rewind(self) -> None:
        with self.guard:
            tx = MemoryTransaction(self, Author(), writable=True)
            for plural, rows in reversed(self.before):
                tx._publish(plural, rows)
            self.before = []
            tx.close()


class _Remembering(MemoryTransaction):
    def _publish(self, plural: str, rows: dict[str, Any]) -> None:
        store = self.store
        assert isinstance(store, RewindingStore)
        store.before.append((plural, {ident: store.rows[plural].get(ident) for ident in rows}))
        super()._publish(plural, rows)


class _Writing:
    """One unit, as a context."""

    def __init__(self, store: RewindingStore, author: Author) -> None:
        self._tx = _Remembering(store, author, writable=True)

    def __enter__(self) -> MemoryTransaction:
        return self._tx

    def __exit__(self, *_: object) -> None:
        self._tx.close()


class OpenedCloud(ServedCloud):
    """A cloud whose callers have been authenticated before: a token is the name of one of them."""

    callers: Mapping[str, Caller] = {}

    def session_for(self, token: str | None, *, peer: str, request_id: str) -> CoreSession:
        known = self.callers.get(token or "")
        return (
            self.session(known) if known is not None else super().session_for(token, peer=peer, request_id=request_id)
        )


def _columns() -> Iterator[tuple[str, str, str, str]]:
    """Group, caller, role, and what the token is for: a project, the domain alpha, the whole system, or nothing."""
    roles = [role.name for role in default_roles()]
    system = [role for role in roles if role in ("admin", "fa") or role.startswith("sys_")]
    domain = [role for role in roles if role.startswith("domain")]
    for role in system:
        yield "system", f"{role}", role, "system" if role == "admin" else "red"
    for where, place in (("domain", "red"), ("domain-token", "alpha")):
        for role in domain:
            yield where, f"{role}@{place}", role, place
    for role in ("admin", "sys_adtadmin", "project_owner"):
        yield "system-token", f"{role}@all", role, EVERYTHING
    for role in roles:
        if role not in system and role not in domain:
            yield "project", role, role, "red"
    for role, place in (("admin", "red"), ("admin", "alpha"), ("project_owner", "alpha")):
        yield "odd", f"{role}@{place}", role, place
    yield "odd", "unscoped", "", ""
    yield "odd", "anonymous", "", ""


COLUMNS = tuple(_columns())
CALLERS = tuple(name for _, name, _, _ in COLUMNS)
ANONYMOUS = "anonymous"


@attrs.define
class World:
    """A cloud that is asked. texts: what the last answer said, for people who look for the reason of a cell."""

    cloud: OpenedCloud
    store: RewindingStore
    app: Any
    users: dict[str, str]
    tokens: dict[str, str]
    loop: asyncio.AbstractEventLoop
    body: bytes = b""

    def ask(self, who: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> int:
        """The status of the answer to one request, which leaves nothing behind."""
        try:
            return self.loop.run_until_complete(self._ask(who, method, path, body, headers or {}))
        finally:
            self.store.rewind()

    async def _ask(self, who: str, method: str, path: str, body: Any, headers: Mapping[str, str]) -> int:
        sent = [b"" if body is None else json.dumps(body).encode()]
        raw, _, query = path.partition("?")
        pairs = {"content-type": "application/json", "content-length": str(len(sent[0])), **headers}
        if who != ANONYMOUS:
            pairs = {"x-auth-token": who, **{name.lower(): value for name, value in pairs.items()}}
        scope = {
            "type": "http",
            "method": method,
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in pairs.items()],
            "client": ("192.0.2.1", 1),
            "server": ("test", 80),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        status, parts = 0, []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": sent.pop()} if sent else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, send)
        self.body = b"".join(parts)
        return status

    def row(self, plural: str, target: str, who: str = "", copy: str = "") -> str | None:
        """The id of the row of a type that stands in this relation to the caller; None where there can be none."""
        if target == "missing":
            return f"{plural}-missing"
        if plural == "users" and target == "own" and not copy:
            return self.users.get(who, "users-own")
        if issubclass(BY_PLURAL[plural].entity, UserOwned) and target == "own":
            return f"{plural}-{self.users.get(who, 'nobody')}{copy}"
        if plural == "projects":
            return {"own": "red", "peer": "blue", "foreign": "green"}.get(target)
        if plural == "domains":
            return {"own": "alpha", "foreign": "beta"}.get(target)
        return f"{plural}-{target}{copy}" if f"{plural}-{target}{copy}" in self.store.rows[plural] else None


def build() -> World:
    """Make the world; a second or so."""
    clock, ids = ManualClock(NOW), SeededIds(1)
    store = RewindingStore(clock, ids)
    platform = memory_platform(clock=clock, ids=ids, uow=store)
    cloud = OpenedCloud(platform, UrlSigner(b"k" * 32, clock, "http://localhost"))
    seed(platform, SECRET)
    users = _people(cloud)
    platform.image_store.write(KEPT, [b"x"])
    _things(store, users)
    tokens = {name: _login(cloud, name, role, place) for _, name, role, place in COLUMNS if name != ANONYMOUS}
    cloud.callers = {
        name: cloud.session_for(token, peer="192.0.2.1", request_id="r").caller for name, token in tokens.items()
    }
    cloud.number_history()
    store.before = []
    return World(
        cloud,
        store,
        build_app(cloud, open_signed=cloud.open_signed, store_signed=cloud.store_signed),
        users,
        tokens,
        asyncio.new_event_loop(),
    )


def _people(cloud: Cloud) -> dict[str, str]:
    """Domains, projects, and one user for each column; the ids of those by column."""
    hashed = cloud.platform.hasher.hash(SECRET)
    with cloud.platform.uow.write(Author()) as tx:
        for name in ("alpha", "beta"):
            tx.of(DOMAINS, PLATFORM).add(Domain(id=name, name=name))
        for name, domain in (("red", "alpha"), ("blue", "alpha"), ("green", "beta")):
            tx.of(PROJECTS, PLATFORM).add(Project(id=name, name=name, domain_id=domain))
        projects = {row.name: row.id for row in tx.of(PROJECTS, PLATFORM).find()}
        roles = {row.name: row.id for row in tx.of(ROLES, PLATFORM).find()}
        found: dict[str, str] = {}
        for _, name, role, place in COLUMNS:
            if name == ANONYMOUS:
                continue
            ident = f"u-{name}"
            found[name] = ident
            home = "default" if place in ("system", EVERYTHING) else "alpha"
            tx.of(USERS, PLATFORM).add(User(id=ident, name=ident, domain_id=home))
            tx.of(PASSWORDS, PLATFORM).add(Password(id=f"{ident}-p", user_id=ident, hash=hashed))
            if role:
                kind, target = {"alpha": ("UserDomain", "alpha"), EVERYTHING: ("UserSystem", SYSTEM)}.get(
                    place, ("UserProject", projects.get(place, ""))
                )
                given = Assignment(id=f"{ident}-a", type=kind, actor_id=ident, target_id=target, role_id=roles[role])
                tx.of(ASSIGNMENTS, PLATFORM).add(given)
        tx.commit()
    return found


def _login(cloud: Cloud, name: str, role: str, place: str) -> str:
    user = {"id": f"u-{name}", "password": SECRET}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if place == "alpha":
        auth["scope"] = {"domain": {"id": "alpha"}}
    elif place == EVERYTHING:
        auth["scope"] = {"system": {"all": True}}
    elif role:
        domain = "default" if place == "system" else "alpha"
        auth["scope"] = {"project": {"name": place, "domain": {"id": domain}}}
    return cloud.authenticate_v3({"auth": auth}, "192.0.2.1", "r")[0]


# A row of each type for each owner

KEPT = "images/kept.qcow2"
"""Where the bytes of every image lie."""
STATUSES = {"servers": "ready", "disks": "ready", "images": "active", "snapshots": "ready", "hosts": "running"}
VALUES: Mapping[str, Mapping[str, Any]] = {
    "networks": {"guest_ip_start": "10.9.0.2", "guest_ip_end": "10.9.0.250", "guest_ip_mask": 24, "vlan_id": 1},
    "images": {
        "quota_held": True,
        "disk_format": "qcow2",
        "min_disk": 1024,
        "size": 1,
        "virtual_size": 1 << 20,
        "protected": False,
        "store_key": KEPT,
    },
    "secgrouprules": {"direction": "in", "action": "allow", "protocol": "any"},
    "servers": {"vmem_size": 512, "disable_delete": False, "hypervisor": "kvm"},
    "disks": {"disk_size": 1024, "disk_type": "data", "disk_format": "qcow2"},
    "schedtags": {"resource_type": "hosts"},
    "policies": {"blob": {"policy": {"compute": {"secgroups": {"list": "allow"}}}}, "scope": "project"},
    "credentials": {"type": "aksk", "blob": '{"expire":0,"secret":"0123456789abcdef0123456789abcdef"}'},
    "application_credentials": {"project_id": PLACES["own"][1], "role_ids": ["none"], "secret": "none"},
    "tasks": {"wake_at": NOW, "state": "complete", "ended_at": NOW, "flow": "server-start", "obj_type": "server"},
    "hosts": {"cpu_count": 8, "mem_size": 16384, "host_status": "online", "status": "running"},
    "reservedips": {"ip_addr": "10.9.0.80", "expired_at": None},
    "guestnetworks": {"ip_addr": "10.9.0.90"},
    "endpoints": {"url": "http://127.0.0.1:1/"},
    "dynamicschedtags": {"condition": "true"},
    "schedpolicies": {"condition": "true"},
    "snapshotpolicies": {"retention_days": 1, "repeat_weekdays": [1], "time_points": [1]},
}
PLACED = frozenset({("servers", "host_id")})
"""References that the platform sets, and without which a row is not what callers meet."""
COPIES = ("", "-2")
SECOND: Mapping[str, Mapping[str, Any]] = {"networks": {"server_type": "eip"}}
"""What the second row of a type has otherwise."""


def _things(store: RewindingStore, users: Mapping[str, str]) -> None:
    with store.write(Author()) as tx:
        for resource in _ordered():
            for copy in COPIES if resource.joint is None else ("",):
                for target in _owners(resource):
                    add(tx, resource, f"{resource.plural}-{target}{copy}", target, copy)
                if issubclass(resource.entity, UserOwned):
                    for user in users.values():
                        add(tx, resource, f"{resource.plural}-{user}{copy}", "own", copy, owner_id=user)
        open_counters(tx)
        tx.commit()


def _owners(resource: Resource[Any]) -> tuple[str, ...]:
    """For whom there is a row of a type."""
    if resource.plural in ("domains", "projects"):
        return ()
    if resource.belongs_to:
        parent = next(f for f in fields_of(resource.entity) if f.name == resource.belongs_to).ref
        assert parent is not None
        return _owners(BY_PLURAL[parent.target])
    shared = ("shared",) if issubclass(resource.entity, Sharable) else ()
    if issubclass(resource.entity, ProjectOwned) or resource.plural == "tasks":
        return ("own", "peer", "foreign", *shared)
    if issubclass(resource.entity, DomainOwned):
        return ("own", "foreign", *shared)
    return ("peer", "foreign") if issubclass(resource.entity, UserOwned) else ("own",)


def _ordered() -> list[Resource[Any]]:
    """The served types, each after those that it refers to."""
    found: list[Resource[Any]] = []

    def visit(resource: Resource[Any], path: tuple[str, ...]) -> None:
        if resource in found or resource.plural in path:
            return
        for field in fields_of(resource.entity):
            if field.ref is not None and field.ref.target in BY_PLURAL:
                visit(BY_PLURAL[field.ref.target], (*path, resource.plural))
        found.append(resource)

    for resource in SERVED:
        visit(resource, ())
    return [resource for resource in found if resource.service != "internal"]


def add(tx: MemoryTransaction, resource: Resource[Any], ident: str, target: str, copy: str, **given: Any) -> None:
    """Add a complete row of a type that belongs to whom the target says."""
    domain, project = PLACES[target]
    values: dict[str, Any] = {"id": ident}
    for field in fields_of(resource.entity):
        if field.name == "id":
            continue
        if field.name in ("domain_id", "tenant_id"):
            values[field.name] = domain if field.name == "domain_id" else project
        elif field.ref is not None and (
            not field.has_default
            or field.spec.create
            or resource.joint is not None
            or resource.parent == field.name
            or (resource.plural, field.name) in PLACED
        ):
            values[field.name] = _reference(tx, field, target, copy)
        elif field.name == "name" or not field.has_default:
            values[field.name] = _value(field, ident)
    if target == "shared" and issubclass(resource.entity, Sharable):
        values |= {"is_public": True, "public_scope": "system"}
    if resource.plural in STATUSES:
        values["status"] = STATUSES[resource.plural]
    values |= {**VALUES.get(resource.plural, {}), **(SECOND.get(resource.plural, {}) if copy else {}), **given}
    row: Entity = resource.entity(**{k: v for k, v in values.items() if v is not None})
    tx.of(resource, PLATFORM).add(row)


def _reference(tx: MemoryTransaction, field: Field, target: str, copy: str) -> str | None:
    assert field.ref is not None
    plural = field.ref.target
    if plural == "users":
        return {"own": "users-own", "peer": "users-own"}.get(target, "users-foreign")
    for kind in (target, {"peer": "own", "shared": "foreign"}.get(target, "own"), "own"):
        for ident in (f"{plural}-{kind}{copy}", f"{plural}-{kind}"):
            if tx.of(BY_PLURAL[plural], PLATFORM).find(Rows(where=eq("id", ident))):
                return ident
    return None


def _value(field: Field, ident: str) -> Any:
    if field.enum is not None:
        return next(iter(field.enum))
    if field.kind is str:
        return field.spec.choices[0] if field.spec.choices else ident[: field.spec.width]
    if field.kind in (int, float):
        return field.spec.minimum or 1
    return {bool: False, datetime: NOW, dict: {}, list: []}[field.kind]


__all__ = ["ANONYMOUS", "BY_PLURAL", "CALLERS", "COLUMNS", "SERVED", "TARGETS", "World", "build"]
