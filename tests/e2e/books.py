"""Whether records, claims and hosts agree once nothing is under way; read from the files of a cloud that has ended."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.system.accounts import Accounts

from cloudcore_apps.simulation import SimulationFile, facts_of

SOMEBODY = "50000000-0000-4000-8000-000000000001"
"""The deployment of what is not ours."""


class Books:
    """Everything that a cloud with one simulated host has on disk."""

    def __init__(self, data: Path) -> None:
        self.accounts = Accounts(data)
        file = SimulationFile(data / "simulation.sqlite")
        self.things = file.read(facts_of(1).uuid)
        file.close()
        note = _note_of(data)
        self._foreign: list[list[Any]] = json.loads(note.read_text()) if note.exists() else []

    def check(self) -> None:
        """Raise AssertionError for the first disagreement."""
        self.accounts.check()
        self.check_foreign()
        self.check_host()

    def check_foreign(self) -> None:
        """What is not ours is as it was."""
        for part, key, thing in self._foreign:
            assert self.things[part].pop(key, None) == thing, (part, key)

    def check_host(self) -> None:
        """The host has the guests, volumes and addresses of the servers that are placed on it, and nothing else."""
        found = {("guest", ident) for ident in self.things["domains"]}
        found |= {("volume", volume["volume_id"]) for volume in self.things["volumes"].values()}
        found |= {("card", mac) for mac in self.things["leases"]}
        assert found == self.accounts.things()
        for ident, domain in self.things["domains"].items():
            server = self.accounts.row("servers", ident)
            assert domain["power_state"] == {"running": "on", "ready": "off"}[server.status], server


def add_foreign(data: Path) -> None:
    """Put a guest and a volume of somebody else beside ours, which must be one of each at the least; `Books` compares them."""
    added = []
    with closing(sqlite3.connect(data / "simulation.sqlite")) as db, db:
        for number, part in enumerate(("volumes", "domains")):
            host, key, text = db.execute("SELECT host, key, body FROM things WHERE part = ?", (part,)).fetchone()
            ours = json.loads(text).get("desc", json.loads(text))["mark"]
            theirs = f"50000000-0000-4000-8000-00000000001{number}"
            text = text.replace(ours["deployment"], SOMEBODY).replace(ours["resource"], theirs)
            key = key.replace(ours["resource"], theirs)
            db.execute("INSERT INTO things VALUES (?, ?, ?, ?, ?)", (host, part, key, 99_990 + number, text))
            added.append([part, key, json.loads(text)])
    _note_of(data).write_text(json.dumps(added))


def _note_of(data: Path) -> Path:
    return data.with_name(f"{data.name}.foreign.json")
