"""A cloud inside a product that has its own users: a shop whose customers get servers.

The shop's tables say who there is and what each may do; the cloud asks them through the `Directory` port and keeps no
users of its own. The cloud's own records lie in a SQLite file beside the shop's.

Run it: python examples/embed_in_your_product.py
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.cloud import TYPES
from cloudcore.model.errors import ForbiddenError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.operations.policies import PolicyCache
from cloudcore.ports.directory import Binding, Named
from cloudcore_adapters.crypto.sealing import AesGcmSealer, load_or_create_master_key, new_data_key
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine
from cloudcore_adapters.sql.migrations import migrate
from cloudcore_apps.inprocess import simulated_cloud

SHOP = "default"
"""The cloud's domain for everything of the shop."""

PLANS: Mapping[str, JsonMapping] = {
    "owner": {"policy": {"compute": "allow", "image": "allow"}},
    "accountant": {"policy": {"compute": {"servers": {"list": "allow", "get": "allow"}}}},
}
"""What a plan of the shop lets a customer do in the cloud; nothing else is allowed."""


class ShopDirectory:
    """The shop's customers and their companies, as the cloud asks for them."""

    def __init__(self, shop: sqlite3.Connection) -> None:
        self._shop = shop

    def projects(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Companies by id."""
        return self._named("companies", ids)

    def users(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Customers by id."""
        return self._named("customers", ids)

    def domains(self, ids: Collection[str]) -> Mapping[str, Named]:
        """There is one: the shop."""
        return {SHOP: Named(id=SHOP, name="Shop", domain_id=SHOP, domain_name="Shop")} if SHOP in ids else {}

    def find_project(self, ident: str, domain: str | None) -> Named | None:
        """A company by id or name."""
        del domain
        row = self._shop.execute("SELECT id FROM companies WHERE id = ? OR name = ?", (ident, ident)).fetchone()
        return self.projects([row[0]])[row[0]] if row else None

    def find_domain(self, ident: str) -> Named | None:
        """The shop."""
        return self.domains([ident]).get(ident)

    def tagged(self, plural: str, sets: Sequence[Mapping[str, tuple[str, ...]]]) -> Sequence[str]:
        """The shop has no tags."""
        del plural, sets
        return ()

    def tags_of(self, plural: str, ids: Collection[str]) -> Mapping[str, JsonMapping]:
        """The shop has no tags."""
        del plural, ids
        return {}

    def bindings(self, role_ids: Collection[str]) -> Sequence[Binding]:
        """What the plans allow: in this cloud a role is a plan."""
        return [
            Binding(role_id=plan, project_id="", policy_name=plan, scope="project", document=PLANS[plan])
            for plan in sorted(set(role_ids) & set(PLANS))
        ]

    def sign_in(self, name: str) -> Caller:
        """Who has signed in to the shop, as the cloud knows him; the shop has looked at his password."""
        ident, company, plan = self._shop.execute(
            "SELECT id, company, plan FROM customers WHERE name = ?", (name,)
        ).fetchone()
        firm = self.projects([company])[company]
        return Caller(
            user_id=ident,
            user_name=name,
            user_domain_id=SHOP,
            project_id=firm.id,
            project_name=firm.name,
            project_domain_id=SHOP,
            roles=(plan,),
            role_ids=(plan,),
        )

    def _named(self, table: str, ids: Collection[str]) -> Mapping[str, Named]:
        marks = ",".join("?" * len(ids))
        rows = self._shop.execute(f"SELECT id, name FROM {table} WHERE id IN ({marks})", tuple(ids))
        return {i: Named(id=i, name=name, domain_id=SHOP, domain_name="Shop") for i, name in rows}


def main() -> None:
    with tempfile.TemporaryDirectory() as name, closing(sqlite3.connect(":memory:")) as shop:
        shop.executescript(
            "CREATE TABLE companies (id TEXT, name TEXT);"
            "CREATE TABLE customers (id TEXT, name TEXT, company TEXT, plan TEXT);"
            "INSERT INTO companies VALUES ('c1', 'Bakery'), ('c2', 'Garage');"
            "INSERT INTO customers VALUES ('u1', 'ada', 'c1', 'owner'), ('u2', 'bea', 'c1', 'accountant'),"
            " ('u3', 'cid', 'c2', 'owner');"
        )
        sell_servers(shop, Path(name) / "cloud.sqlite")


def sell_servers(shop: sqlite3.Connection, file: Path) -> None:
    """Ada's server is seen by her company alone, and her accountant cannot delete it."""
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    clock, ids = SystemClock(), SystemIds()
    master = load_or_create_master_key(file.with_name("master-key"))
    sealer = AesGcmSealer(master, [new_data_key(master)])
    directory = ShopDirectory(shop)
    platform = memory_platform(uow=SqlUnitOfWork(engine, TYPES, ids, clock=clock, sealer=sealer))
    place = simulated_cloud(
        platform=attrs.evolve(platform, directory=directory, policies=PolicyCache(directory, clock))
    )

    ada, bea, cid = (place.cloud.session(directory.sign_in(name)) for name in ("ada", "bea", "cid"))
    ada.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    place.settle()
    ada.create(
        "servers", {"name": "oven", "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}
    )
    place.settle()
    print("ada sees:", [(s["name"], s["status"], s["project"]) for s in ada.list("servers").items])
    print("bea sees:", [s["name"] for s in bea.list("servers").items])
    print("cid sees:", [s["name"] for s in cid.list("servers").items])
    for who, session in (("bea", bea), ("cid", cid)):
        try:
            session.delete("servers", "oven")
        except (ForbiddenError, ResourceNotFoundError) as error:
            print(f"{who} may not delete it: {error}")
        else:
            raise AssertionError(f"{who} could delete it")
    entry = ada.list("actions", {"obj_type": "server", "action": "create"}).items[0]
    print("the history says:", entry["user"], "of", entry["project"], entry["action"], entry["obj_name"])
    assert [s["project"] for s in ada.list("servers").items] == ["Bakery"]
    assert cid.list("servers").total == 0
    engine.dispose()


if __name__ == "__main__":
    main()
