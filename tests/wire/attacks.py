"""A cloud to attack: a domain of two tenants, its administrator, and the system's; over REST, in memory or on a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import httpx
from starlette.testclient import TestClient

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Resource
from cloudcore_adapters.crypto.sealing import AesGcmSealer, load_or_create_master_key, new_data_key
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine

SECRET = "Correct-horse-1"
PREFIX = {"compute": "/compute", "identity": "/v3", "image": "/image/v1"}
BY_PLURAL: dict[str, Resource[Any]] = {resource.plural: resource for resource in TYPES}


@attrs.define
class Target:
    """What is attacked."""

    core: Cloud
    client: TestClient
    tokens: dict[str, str] = attrs.field(factory=dict)
    ids: dict[str, str] = attrs.field(factory=dict)

    def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.client.request(method, path, json=body, headers={"X-Auth-Token": self.tokens[who]})

    def url(self, plural: str, ident: str = "") -> str:
        return f"{PREFIX[BY_PLURAL[plural].service]}/{plural}" + (f"/{ident}" if ident else "")

    def create(self, who: str, plural: str, body: Any) -> httpx.Response:
        return self.ask(who, "POST", self.url(plural), {BY_PLURAL[plural].singular: body})

    def rows(self, plural: str) -> dict[str, Any]:
        with self.core.platform.uow.read() as tx:
            return {row.id: row for row in tx.of(BY_PLURAL[plural], PLATFORM).find()}

    def login(self, name: str, password: str, project: str, domain: str) -> str:
        user = {"domain": {"name": domain}, "name": name, "password": password}
        scope = {"project": {"domain": {"name": domain}, "name": project}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        return self.client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]


def target(path: Path | None = None) -> Target:
    """Build one; on a SQLite file if a folder is given."""
    platform = memory_platform()
    if path is not None:
        master = load_or_create_master_key(path / "master-key")
        sealer = AesGcmSealer(master, [new_data_key(master)])
        engine = open_engine(f"sqlite:///{path / 'cloud.sqlite'}")
        uow = SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=sealer)
        uow.metadata.create_all(engine)
        platform = memory_platform(uow=uow)
    core, password = memory_cloud(platform)
    found = Target(core, TestClient(build_app(core), raise_server_exceptions=False))
    found.tokens["admin"] = found.login("sysadmin", password, "system", "Default")
    domain = found.ask("admin", "POST", "/v3/domains", {"domain": {"name": "dom"}}).json()["domain"]["id"]
    found.ids["domain"] = domain
    for name, role in (("bob", "project_owner"), ("eve", "project_owner"), ("dora", "domainadmin")):
        for kind in ("user", "project"):
            body = {"name": name, "domain_id": domain, **({"password": SECRET} if kind == "user" else {})}
            made = found.ask("admin", "POST", f"/v3/{kind}s", {kind: body}).json()[kind]
            found.ids[f"{kind} {name}"] = made["id"]
        grant = f"/v3/projects/{found.ids[f'project {name}']}/users/{found.ids[f'user {name}']}/roles/{role}"
        found.ask("admin", "PUT", grant, {})
        found.tokens[name] = found.login(name, SECRET, name, "dom")
    return found
