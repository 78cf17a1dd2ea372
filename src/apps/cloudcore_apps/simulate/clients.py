"""What clients ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.simulate.cloud import server_body

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("createdisk", {"disks": [{"size": 64}, {"image_id": "i1", "size": 32}]}),
    ("resize-disk", {"size": 3000}),
    ("attachnetwork", {"nets": ["n1"]}),
    ("detachnetwork", {"index": 1}),
    ("change-ipaddr", {"index": 0, "net_desc": {"network": "n1"}}),
    ("change-config", {"vcpu_count": 2, "vmem_size": 768}),
    ("change-config", {"vcpu_count": 1, "vmem_size": 256, "disks": ["4000"], "force_stop": True, "auto_start": True}),
    ("start", {}),
    ("stop", {"is_force": True}),
    ("restart", {}),
    ("suspend", {}),
    ("resume", {}),
    ("syncstatus", {}),
)


class Client:
    """One user or operator."""

    def __init__(self, life: Life, name: str) -> None:
        self._life = life
        self.name = name

    def work(self) -> None:
        """Be an actor."""
        stage = self._life.stage
        try:
            for turn in range(self._life.shape.rounds):
                try:
                    self._ask(turn)
                except CloudcoreError as error:
                    stage.note(f"{self.name} was refused: {error.code} {error}")
                stage.sleep(stage.random.random() * 30)
        finally:
            self._life.busy -= 1

    def _ask(self, turn: int) -> None:
        life, random = self._life, self._life.stage.random
        servers = life.cloud.rows("servers")
        if not servers or random.random() < 0.3:
            body = server_body(f"{self.name}-{turn}", auto_start=random.random() < 0.5)
            made = life.request(self.name, lambda session: session.create("servers", body))
            if made is not None:
                life.stage.note(f"{self.name} created {made['id']}")
                life.watch.acknowledged("servers", made["id"])
            return
        server = servers[random.randrange(len(servers))]
        if random.random() < 0.2:
            life.request(self.name, lambda session: session.delete("servers", server.id))
            life.stage.note(f"{self.name} deletes {server.id}")
            return
        action, body = random.choice(CHANGES)
        if action == "resize-disk":
            links = [link for link in life.cloud.rows("guestdisks") if link.guest_id == server.id]
            body = {**body, "disk_id": links[0].disk_id} if links else body
        life.request(self.name, lambda session: session.perform("servers", server.id, action, body))
        life.stage.note(f"{self.name} does {action} to {server.id}")
