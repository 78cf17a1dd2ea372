"""A seeded cloud in memory with one simulated host, an administrator and two tenants."""

from __future__ import annotations

from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.operations.hosts import register_host
from cloudcore.operations.run import reading, writing
from cloudcore.ports.session import Session
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost, SimulatedHosts

SECRET = "Correct-Horse-Battery-9"
MIB = 1 << 20


class World:
    """alice and bob each own a project; `host` is the simulated host."""

    def __init__(self) -> None:
        self.cloud, password = memory_cloud()
        platform = self.cloud.platform
        self.host = SimulatedHost(SystemClock(), deployment=platform.settings.deployment)
        self.host_id = register_host(platform, self.host.facts())
        images = InlineEffects(performer=ImagePerformer(platform.image_store))
        effects = RoutedEffects({"host": SimulatedHosts({self.host_id: self.host}), "image": images})
        self.defects: list[Exception] = []
        self.worker = self.cloud.worker(effects, "test", lambda _task, error: self.defects.append(error))
        self.admin: Session = self.cloud.login("sysadmin", password, project="system")
        self.admin.upload(None, {"name": "tiny", "disk_format": "raw", "protected": False}, [bytes(MIB)])
        self.settle()
        self.admin.perform("images", "tiny", "public", {"scope": "system"})
        self.alice, self.bob = self._tenant("alice"), self._tenant("bob")

    def settle(self) -> None:
        """Until nothing is under way."""
        for _ in range(500):
            due = self.worker.due()
            if not due:
                break
            for ident in due:
                task = self.worker.run(ident)
                while task is not None and task.is_open:
                    task = self.worker.turn(task)
        assert self.defects == []

    def server(self, session: Session, name: str = "web", *, on: bool = True, **more: Any) -> Any:
        """A server that was made."""
        body = {
            "name": name,
            "vcpu_count": 1,
            "vmem_size": 256,
            "disks": ["tiny:1g"],
            "nets": ["default"],
            "auto_start": on,
            "disable_delete": False,
            **more,
        }
        ident = session.create("servers", body)["id"]
        self.settle()
        made = session.get("servers", ident)
        assert made["status"] == ("running" if on else "ready"), made
        return made

    def disk(self, session: Session, name: str = "data", **more: Any) -> Any:
        """A disk that no server uses."""
        ident = session.create("disks", {"name": name, "size": 512, **more})["id"]
        self.settle()
        made = session.get("disks", ident)
        assert made["status"] == "ready", made
        return made

    def act(self, session: Session, server: str, action: str, **body: Any) -> Any:
        """Perform an action to its end; the server afterwards."""
        session.perform("servers", server, action, body)
        self.settle()
        return session.get("servers", server)

    def guest(self, ident: str) -> Any:
        """The guest's description on its host."""
        return self.host.machine.domains[ident].desc

    def rows(self, resource: Any) -> Any:
        """All rows of a type."""
        return reading(self.cloud.platform, lambda tx: tx.of(resource, PLATFORM).find())

    def change(self, resource: Any, ident: str, **values: Any) -> None:
        """Change a row behind everybody's back."""

        def work(tx: Any) -> None:
            repository = tx.of(resource, PLATFORM)
            repository.save(evolve(repository.get(ident), **values))

        writing(self.cloud.platform, self.cloud.platform_session("test").caller, work)

    def insert(self, resource: Any, row: Any) -> None:
        """Store a row behind everybody's back."""
        caller = self.cloud.platform_session("test").caller
        writing(self.cloud.platform, caller, lambda tx: tx.of(resource, PLATFORM).add(row))

    def _tenant(self, name: str) -> Session:
        self.admin.create("users", {"name": name, "password": SECRET})
        self.admin.create("projects", {"name": f"{name}s"})
        self.cloud.grant(self.admin, f"{name}s", "users", name, "project_owner", remove=False)
        return self.cloud.login(name, SECRET, project=f"{name}s")
