"""The served document, and the server behind it, tried out by schemathesis: what it is run against, and what it found.

python -m tests.wire.schema_run 'GET /compute/servers' …    (texts that labels begin with; none: everything)
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from cloudcore.cloud import TYPES
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.resource import Resource, Verb, field_map
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.openapi import document
from cloudcore_adapters.rest.schemas import example_name, example_of
from cloudcore_apps.inprocess import InProcess, simulated_cloud

RULES = Path(__file__).with_name("schemathesis.toml")
TOKEN = "the-administrator"
"""What the run sends as its token; the server is given a real one in its place, which a revoked one is replaced by."""
PASSWORD = "memory-cloud-password-1"
GATEWAY = "/api/"
RIGHTS = ("/identity/", GATEWAY)
"""Paths of requests that can take away what the administrator may do."""

RULES_OF_STATE = {
    "InvalidStatusError", "OutOfQuotaError", "InsufficientResourceError", "WeakPasswordError",
}  # fmt: skip
"""What a well-formed request is refused with because of how things are."""


@schemathesis.check
def refusals_name_the_value(_ctx: Any, response: Any, case: Any) -> None:
    """A 400 to a request that fits the schema says which value breaks which rule."""
    mode = case.meta.generation.mode if case.meta is not None else None
    if response.status_code != 400 or mode is None or not mode.is_positive:
        return
    body = response.json()
    known = body["class"] in RULES_OF_STATE or "field" in body.get("data", {})
    assert known, f"refused without naming a value: {body['class']}: {body['details']}"


class Tried:
    """A whole simulated cloud as an ASGI application whose administrator never loses his rights.

    What is under way is driven to its end after each request that was not refused. What a request did to the
    administrator (void tokens, a lost role, another password), or to something that stood there from the beginning under its
    name, ends with a fresh cloud: whatever is tried next finds it again. Links name what they lead to by its id.
    """

    def __init__(self, spoil: Callable[[bytes], bytes] | None = None) -> None:
        """spoil: what becomes of the bodies of answers."""
        self._spoil = spoil
        self.renewed = 0
        self.defects: list[str] = []
        self.renew()

    def renew(self) -> None:
        """Begin again with a fresh cloud."""
        self.place = simulated_cloud(hosts=2)
        furnish(self.place)
        self._app = build_app(self.place.cloud)
        self._token = self._login()

    def _login(self) -> str:
        user = {"name": "sysadmin", "password": PASSWORD}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
        scope = {"project": {"name": "system", "domain": {"name": "Default"}}}
        return self.place.cloud.authenticate_v3({"auth": {**auth, "scope": scope}}, "", "")[0]

    def _known(self) -> bool:
        try:
            self.place.cloud.session_for(self._token, peer="", request_id="").get("users", "sysadmin")
        except Exception:
            return False
        return True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        real = {TOKEN.encode(): self._token.encode()}
        scope = {**scope, "headers": [(name, real.get(value, value)) for name, value in scope["headers"]]}
        status = 500

        async def pass_on(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif self._spoil is not None:
                message = {**message, "body": self._spoil(message["body"])}
            await send(message)

        await self._app(scope, receive, pass_on)
        # A refusal changes nothing, and leaves nothing to be done; at the gateway a session ends by GET too.
        reads = scope["method"] in ("GET", "HEAD", "OPTIONS") and not scope["path"].startswith(GATEWAY)
        if not reads and not 400 <= status < 500:
            self._after(scope["path"])
            if not FURNISHED.isdisjoint(scope["path"].split("/")):
                self.renew()

    def _after(self, path: str) -> None:
        try:
            self.place.settle(timeout_s=20)
        except Exception as error:
            self.defects.append(f"{error} ({getattr(error, 'internal', None)}) {error.__cause__!r}")
            self.renew()
            return
        if path.startswith(RIGHTS) and not self._known():
            self.renewed += 1
            self.renew()


MADE: dict[str, dict[str, Any]] = {
    "users": {"password": "Right-horse-42"}, "disks": {"size": 64, "disable_delete": False},
    "servers": {
        "vcpu_count": 1, "vmem_size": 64, "disks": [{"image_id": "image-1", "size": 64}], "nets": [{"network": "default"}],
        "disable_delete": False,
    },
    "networks": {
        "wire_id": "wire-1", "guest_gateway": "10.0.0.1", "guest_ip_start": "10.0.0.2", "guest_ip_end": "10.0.0.199", "guest_ip_mask": 24,
        "vlan_id": 77, "server_type": "eip",
    },
    "eips": {"network_id": "network-1"}, "policies": {"scope": "project", "blob": {"policy": {"compute": "deny"}}},
    "credentials": {"type": "aksk"}, "snapshots": {"disk_id": "disk-1"},
    "schedpolicies": {"schedtag_id": "schedtag-1", "condition": "server.vmem_size > 1", "strategy": "avoid"},
    "dynamicschedtags": {"schedtag_id": "schedtag-1", "condition": "host.sys_load > 1"},
    "snapshotpolicies": {"repeat_weekdays": [1], "time_points": [0], "retention_days": 7},
    "serverskus": {"cpu_core_count": 1, "memory_size_mb": 1024},
    "regions": {"id": "region-1"},
    "isolated_devices": {"host_id": "host-1", "dev_type": "GPU-HPC", "model": "a", "addr": "00:09.0"},
    "endpoints": {"service_id": "service-1", "region_id": "region-1", "interface": "public", "url": "http://127.0.0.1:1"},
    "network_ip_macs": {"network_id": "default", "ip_addr": "10.99.0.68", "mac_addr": "00:22:ab:cd:ef:03"},
    "secgrouprules": {"secgroup_id": "secgroup-1", "direction": "in", "action": "allow", "protocol": "any"},
}  # fmt: skip
"""What makes one of a type that needs more than a name, or other than its example has."""
TIED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("groups", "group-1", "add-users", {"user_ids": ["user-1"]}),
    *(
        ("users", "user-1", "grant", {"role": "role-1", **place})
        for place in (
            {"project": "project-1"}, {"domain": "domain-1"}, {"system": True}, {"domain": "domain-1", "inherited": True},
        )
    ),
    ("roles", "role-1", "add-policy", {"policy_id": "policy-1"}),
    ("images", "image-1", "add-member", {"project": "project-1"}),
    ("instancegroups", "instancegroup-1", "bind-guests", {"guests": ["server-1"]}),
    ("instancegroups", "instancegroup-1", "attachnetwork", {"network_id": "default"}),
    ("snapshotpolicies", "snapshotpolicy-1", "bind-disks", {"disks": ["disk-1"]}),
    ("servers", "server-1", "add-secgroup", {"secgroup_ids": ["secgroup-1"]}),
    ("servers", "server-1", "instance-snapshot", {"name": "instance-snapshot-1"}),
    ("networks", "network-1", "reserve-ip", {"ips": ["10.0.0.9"]}),
)  # fmt: skip
"""What connects these, and is made of them, in this order."""
FURNISHED = frozenset(example_name(resource) for resource in TYPES)
"""The names of what stands there from the beginning."""
UNMADE = {"hosts", "storages", "cachedimages", "storagecaches", "tasks", "images"}
"""What is there by itself (hosts, and what they bring), or is made otherwise."""


def furnish(place: InProcess) -> None:
    """One of each type, under the name that the examples of the document have."""
    for name in ("tiny", "image-1"):
        place.admin.upload(None, {"name": name, "disk_format": "raw", "protected": False}, [bytes(1 << 20)])
    place.settle()
    _called(place, "vpcs", "hosts", "storages", "storagecaches")
    left = [r for r in TYPES if r.service != "internal" and r.offers(Verb.CREATE) and r.joint is None]
    left = [resource for resource in left if resource.plural not in UNMADE]
    while left:  # each after what it refers to
        later = [resource for resource in left if not _made(place, resource)]
        if len(later) == len(left):
            raise AssertionError(f"none of these can be made: {[resource.plural for resource in later]}")
        left = later
    # Where the server went is chance; the first of the cached images is to be in the first of the caches.
    place.admin.perform("storagecaches", "storagecache-1", "cache-image", {"image_id": "image-1"})
    place.settle()
    _called(place, "cachedimages")
    for plural, ident, action, body in TIED:
        place.admin.perform(plural, ident, action, body)
        place.settle()


def _called(place: InProcess, *plurals: str) -> None:
    """Give the first of each type the name that examples have."""
    for resource in TYPES:
        if resource.plural in plurals:
            page = place.admin.list(resource.plural, {"order_by": "name", "order": "asc", "limit": 1})
            for row in page.items:
                place.admin.update(resource.plural, row["id"], {"name": example_name(resource)})


def _made(place: InProcess, resource: Resource[Any]) -> bool:
    named = {"name": example_name(resource)} if "name" in field_map(resource.entity) else {}
    try:
        place.admin.create(resource.plural, {**example_of(resource), **named, **MADE.get(resource.plural, {})})
        place.settle()
    except CloudcoreError:
        return False
    return True


OF_WHAT_WAS_DONE = {"use_after_free", "ensure_resource_availability"}
"""Checks that take a 200 to a creation or deletion for done; with `plan` in the query it says what would be done."""


def _is_planned(case: Any) -> bool:
    return case.method in ("POST", "DELETE") and "plan" in (case.query or {})


def _is_refused_by_name(check: Any, answer: Any) -> bool:
    """Whether a method that the document does not name was refused as what is not there is: known, and answered as such."""
    if check.name != "unsupported_method" or answer is None or answer.status_code != 406:
        return False
    return bool(answer.json().get("class") == "NotSupportedError")


@attrs.define
class Found:
    """What a run saw: an example of each kind of failure by label and check, how often, and how many answers of each status."""

    failures: dict[tuple[str, str], str] = attrs.field(factory=dict)
    times: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    answers: dict[str, Counter[int]] = attrs.field(factory=dict)
    errors: list[str] = attrs.field(factory=list)

    def take(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError):
            self.errors.append(f"{event.label}: {event.value!r}"[:2000])
        if isinstance(event, events.FatalError):
            self.errors.append(repr(event.exception))
        if isinstance(event, events.ScenarioFinished):
            self._scenario(event.recorder)

    def _scenario(self, recorder: Any) -> None:
        for ident, interaction in recorder.interactions.items():
            label = recorder.cases[ident].value.operation.label
            if interaction.response is not None:
                self.answers.setdefault(label, Counter())[interaction.response.status_code] += 1
        planned = any(_is_planned(node.value) for node in recorder.cases.values())
        for ident, checks in recorder.checks.items():
            for check in checks:
                held = planned and check.name in OF_WHAT_WAS_DONE
                if (
                    check.status == Status.FAILURE
                    and not held
                    and not _is_refused_by_name(check, recorder.interactions[ident].response)
                ):
                    self._failure(recorder, ident, check)

    def _failure(self, recorder: Any, ident: str, check: Any) -> None:
        failure = check.failure_info.failure
        key = (recorder.cases[ident].value.operation.label, f"{check.name}: {failure.title}")
        self.times[key] += 1
        if key not in self.failures:
            answer = recorder.interactions[ident].response
            shown = answer.content[:600] if answer is not None else b""
            sent = check.failure_info.code_sample
            self.failures[key] = (
                f"{failure.message[:1200]}\n{sent[:1500]}\n-> {getattr(answer, 'status_code', 0)} {shown!r}"
            )


def part_of(whole: Any, wanted: Callable[[str], bool]) -> Any:
    """The document with the paths of the wanted operations alone, and the links between these."""
    paths = {
        path: item for path, item in whole["paths"].items() if any(wanted(f"{m.upper()} {path}") for m in item)
    }  # fmt: skip
    operations = [one for item in paths.values() for method, one in item.items() if method != "parameters"]
    known = {one["operationId"] for one in operations}
    for one in operations:
        for answer in one["responses"].values():
            if "links" in answer:
                answer["links"] = {k: to for k, to in answer["links"].items() if to["operationId"] in known}
    return {**whole, "paths": paths}


def run(
    wanted: Callable[[str], bool],
    *,
    examples: int,
    seed: int = 1,
    phases: Sequence[str] = ("examples", "coverage", "fuzzing", "stateful"),
    observe: Callable[[Any], None] = lambda _event: None,
    spoil: Callable[[bytes], bytes] | None = None,
) -> tuple[Found, Tried]:
    """Try every operation that is wanted, by its label such as `GET /compute/servers`."""
    config = SchemathesisConfig.from_path(RULES)
    config._seed = seed
    tried = Tried(spoil)
    schema = schemathesis.openapi.from_dict(part_of(document(TYPES), wanted), config=config)
    schema.app = tried
    schema.config.headers = {"X-Auth-Token": TOKEN}
    schema.config.generation.update(max_examples=examples)
    for name in ("examples", "coverage", "fuzzing", "stateful"):
        schema.config.phases.get_by_name(name=name).enabled = name in phases
    found = Found()
    for event in from_schema(schema.include(lambda ctx: wanted(ctx.operation.label))).execute():
        found.take(event)
        observe(event)
    found.errors += tried.defects
    return found, tried


def main(*starts: str) -> None:
    """Print what is found as it is found. PHASES and EXAMPLES of the environment say how much is tried."""
    import os
    import time

    began = time.monotonic()
    shown: set[tuple[str, str]] = set()
    kept = Found()

    def show(event: Any) -> None:
        kept.take(event)
        for label, check in kept.failures.keys() - shown:
            print(f"=== {label} | {check}\n{kept.failures[label, check]}\n", flush=True)
        shown.update(kept.failures)
        if isinstance(event, events.PhaseFinished):
            print(f"[{time.monotonic() - began:6.1f}] {event.phase.name}", flush=True)

    found, tried = run(
        lambda label: not starts or any(start in label for start in starts),
        examples=int(os.environ.get("EXAMPLES", "50")),
        phases=os.environ.get("PHASES", "examples coverage fuzzing stateful").split(),
        observe=show,
    )
    for error in found.errors:
        print("ERROR", error)
    well = sum(any(200 <= status < 300 for status in answers) for answers in found.answers.values())
    print(f"{well} of {len(found.answers)} operations answered with 2xx")
    requests = sum(sum(answers.values()) for answers in found.answers.values())
    print(f"{requests} requests, {len(found.failures)} failures, renewed {tried.renewed}")


if __name__ == "__main__":
    main(*sys.argv[1:])
