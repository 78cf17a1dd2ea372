"""Recorded exchanges: what clients ask, what they read in the answer, and a cloud in which all of it makes sense.

Each file of the folder `exchanges` is a list of these:

    name    what happens, unique in the file
    as      who asks: admin, bob (he may only look), unscoped, or none
    given   what has been made before, each as `<singular> <JSON>`
    ask     method and path; words in braces are ids of this cloud, or its secrets
    body    JSON that is sent; `content` is sent as it stands instead
    answer  what the recorded service answered: status, class of the error, keys of the envelope, what clients read in
            it (paths of keys; of a list its first item counts), headers that are there, content where it is whole
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import httpx
from starlette.testclient import TestClient

from cloudcore.operations.platform import Settings
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.rest.app import build_app
from cloudcore_apps.inprocess import InProcess, simulated_cloud

FOLDER = Path(__file__).resolve().parent / "exchanges"
SECRET = "Correct-horse-1"
PASSWORD = "memory-cloud-password-1"
DISK = bytes(510) + b"\x55\xaa" + bytes(range(256)) * 2046
PLACES = {
    **{name: f"/v3/{name}s" for name in ("user", "project", "group", "domain")},
    **{name: f"/compute/{name}s" for name in ("network", "server", "host", "storage", "secgroup", "keypair")},
}
_WORD = re.compile(r"\{([a-z_0-9]+)\}")


@attrs.frozen
class Exchange:
    """One recorded exchange, under the name of its file and its own."""

    file: str
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.file}: {self.facts['name']}"


def recorded() -> list[Exchange]:
    """All of them, file by file."""
    return [
        Exchange(file.stem, facts)
        for file in sorted(FOLDER.glob("*.json"))
        if file.stem != "differences"
        for facts in json.loads(file.read_text(encoding="utf-8"))
    ]


class World:
    """A cloud with one simulated host, two networks, a few servers and people, and its door."""

    def __init__(self, settings: Settings | None = None) -> None:
        # As the recorded services were set up: what is deleted lies in a recycle bin first.
        settings = settings or Settings(deployment="memory", recycle_s=86_400)
        self.place: InProcess = simulated_cloud(platform=memory_platform(settings=settings))
        self.client = TestClient(build_app(self.place.cloud), raise_server_exceptions=False)
        self.words: dict[str, str] = {"password": PASSWORD, "disk": DISK.decode("latin-1")}
        self.tokens = {"admin": self.login("sysadmin", PASSWORD, "system")}
        self.tokens["unscoped"] = self.login("sysadmin", PASSWORD, "")
        self._people()
        self._things()
        self.words["token"] = self.login("sysadmin", PASSWORD, "system")

    def login(self, name: str, password: str, project: str) -> str:
        user = {"domain": {"name": "Default"}, "name": name, "password": password}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
        if project:
            auth["scope"] = {"project": {"domain": {"name": "Default"}, "name": project}}
        return self.client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]

    def make(self, singular: str, body: Any) -> str:
        """Make one as the administrator and wait until it is there; its id."""
        made = self.ask("admin", "POST", PLACES[singular], json={singular: body})
        assert made.status_code == 200, (singular, body, made.text)
        self.place.settle()
        return str(made.json()[singular]["id"])

    def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        if who in self.tokens:
            headers.setdefault("X-Auth-Token", self.tokens[who])
        return self.client.request(method, path, headers=headers, **more)

    def answer(self, exchange: Exchange) -> httpx.Response:
        """Do what the exchange does."""
        facts = exchange.facts
        for thing in facts.get("given", ()):
            singular, _, body = thing.partition(" ")
            self.make(singular, json.loads(self._filled(body)))
        method, _, path = self._filled(facts["ask"]).partition(" ")
        headers = {name: self._filled(value) for name, value in facts.get("headers", {}).items()}
        more: dict[str, Any] = {}
        if "content" in facts:
            more["content"] = self._filled(facts["content"]).encode("latin-1")
        elif "body" in facts:
            more["json"] = json.loads(self._filled(json.dumps(facts["body"])))
        answer = self.ask(facts["as"], method, path, headers=headers, **more)
        self.place.settle()
        return answer

    def _filled(self, text: str) -> str:
        return _WORD.sub(lambda word: self.words.get(word[1], word[0]), text)

    def _people(self) -> None:
        project = self.words["proj1"] = self.make("project", {"name": "proj1", "description": "a project"})
        self.words["bob"] = self.make("user", {"name": "bob", "password": SECRET})
        self.make("user", {"name": "disabled", "password": SECRET, "enabled": False})
        grant = f"/v3/projects/{project}/users/bob/roles/project_viewer"
        assert self.ask("admin", "PUT", grant, json={}).status_code == 200
        self.ask("admin", "POST", f"/v3/projects/{project}/set-admin", json={"user_id": self.words["bob"]})
        self.tokens["bob"] = self.login("bob", SECRET, "proj1")
        role = self.ask("admin", "GET", "/v3/roles/project_viewer").json()["role"]
        self.words["project_viewer"] = role["id"]
        regions = self.ask("admin", "GET", "/v3/regions").json()["regions"]
        self.words["region"] = regions[0]["id"]

    def _things(self) -> None:
        for name, third in (("net0", 10), ("hostnet", 128)):
            body = {"name": name, "wire": "wire0", "guest_ip_start": f"10.127.{third}.10", "guest_ip_mask": 24}
            gateway = {"guest_gateway": f"10.127.{third}.1", "guest_dns": "127.0.0.1"}
            tags = {"__meta__": {"user:site": "lab"}}
            self.words[name] = self.make("network", {**body, **gateway, **tags, "guest_ip_end": f"10.127.{third}.250"})
        headers = {"Content-Type": "application/octet-stream", "X-Image-Meta-Name": "tiny"}
        described = {"X-Image-Meta-Property-Os_type": "Linux", "X-Image-Meta-Is_public": "true"}
        sent = self.ask("admin", "POST", "/image/v1/images", content=DISK, headers={**headers, **described})
        assert sent.status_code == 200, sent.text
        self.words["tiny"] = sent.json()["image"]["id"]
        self.place.settle()
        for name in ("vm2", "vm3"):
            self.words[name] = self.make("server", self._server(name))
        recycled = self.make("server", {**self._server("recycled"), "disable_delete": False})
        assert self.ask("admin", "DELETE", f"/compute/servers/{recycled}").status_code == 200
        self.place.settle()
        for path, body in (
            ("set-user-metadata", {"env": "prod"}),
            ("set-secgroup", {"secgroup_ids": ["default"]}),
            ("start", {}),
        ):
            done = self.ask("admin", "POST", f"/compute/servers/vm3/{path}", json={"server": body})
            assert done.status_code == 200, done.text
        self.place.settle()
        self.words["zone0"] = self.ask("admin", "GET", "/compute/zones/zone0").json()["zone"]["id"]
        caches = self.ask("admin", "GET", "/compute/storagecaches").json()["storagecaches"]
        self.words["storagecache"] = caches[0]["id"]
        self.words["task"] = self.ask("admin", "GET", "/compute/tasks?limit=1").json()["tasks"][0]["id"]

    def _server(self, name: str) -> dict[str, Any]:
        disks = [{"image_id": "tiny", "size": 10240}, {"size": 1024}]
        return {
            "name": name,
            "vcpu_count": 1,
            "vmem_size": 1024,
            "disks": disks,
            "nets": [{"network": "net0"}],
        }


def observed(
    answer: httpx.Response, expected: Mapping[str, Any], *, reads: Sequence[str], headers: Sequence[str]
) -> dict[str, Any]:
    """Of an answer, what `expected` speaks of, in the same form. reads, headers: which of them to look for."""
    body: Any = None
    if answer.headers.get("Content-Type", "").startswith("application/json") and answer.content:
        body = answer.json()
    found: dict[str, Any] = {"status": answer.status_code}
    if "class" in expected or answer.status_code >= 400:
        found["class"] = body.get("class", "") if isinstance(body, dict) else ""
    if "envelope" in expected:
        found["envelope"] = sorted(body) if isinstance(body, dict) else None
    if "reads" in expected:
        there = set(read_paths(body))
        found["reads"] = [path for path in reads if path in there or _somehow(path, there)]
    if "headers" in expected:
        names = {name.decode("latin-1") for name, _ in answer.headers.raw}
        found["headers"] = [name for name in headers if name in names or name.lower() in names]
    if "content" in expected:
        found["content"] = answer.text
    return found


def _somehow(path: str, there: set[str]) -> bool:
    """Whether a path that ends in a star has anything behind it."""
    return path.endswith(".*") and any(one.startswith(path[:-1]) for one in there)


def read_paths(value: Any, prefix: str = "") -> Iterator[str]:
    """The paths of all keys; of a list those of all its items."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            path = f"{prefix}.{key}" if prefix else str(key)
            yield path
            yield from read_paths(inner, path)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from read_paths(item, prefix)
