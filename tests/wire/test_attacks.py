"""Attacks that must fail, on every type that they apply to. `test_weakened.py` sees each succeed on a weakened copy."""

from __future__ import annotations

import csv
import io
import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.wire.attacks import BY_PLURAL, SECRET, Target, target

from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Field, Verb, fields_of
from cloudcore.operations.types import TYPES
from cloudcore.quotas.recount import counted
from cloudcore.resources.quota.quotausage import QUOTAUSAGES

POLICY = {"policy": {"compute": {"secgroups": {"list": "allow"}}}}
RULE = {"direction": "in", "action": "allow", "protocol": "tcp", "ports": "22"}
NETWORK = {"wire": "wire0", "guest_ip_start": "10.7.0.2", "guest_ip_end": "10.7.0.99", "guest_ip_mask": 24}
STORAGE = {"zone": "zone0", "storage_type": "local", "medium_type": "ssd", "capacity": 1000}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "keypairs": ("bob", {}),
    "secgroups": ("bob", {}),
    "instancegroups": ("bob", {}),
    "images": ("bob", {}),
    "snapshotpolicies": ("bob", {"retention_days": 1, "repeat_weekdays": [1], "time_points": [1]}),
    "users": ("dora", {}),
    "groups": ("dora", {}),
    "projects": ("dora", {}),
    "roles": ("dora", {}),
    "policies": ("dora", {"blob": POLICY, "scope": "project"}),
    "domains": ("admin", {}),
    "wires": ("admin", {"zone": "zone0", "vpc": "default", "bandwidth": 1000}),
    "networks": ("admin", NETWORK),
    "storages": ("admin", STORAGE),
    "hosts": ("admin", {"zone": "zone0"}),
    "schedtags": ("admin", {"resource_type": "hosts"}),
}
"""Who may make one, and what it takes besides a name."""

READ_OTHERWISE = frozenset({"copy_from", "is_standard", "checksum", "is_public", "public_scope"})
"""No declared fields of callers, but operations read them and refuse what is wrong."""
REFUSED_BY_NAME = {("policies", "is_system"), ("images", "encrypt_key_id"), ("keypairs", "private_key")}
"""The same of single types; `tests/wire/test_said_when_made.py` and `test_image_changes.py` have who may send what."""

PROTECTED = frozenset(
    [
        "id",
        "domain_id",
        "tenant_id",
        "owner_id",
        "created_at",
        "updated_at",
        "update_version",
        "deleted",
        "deleted_at",
        "is_system",
        "is_public",
        "public_src",
        "domain_src",
        "project_src",
        "pending_deleted",
        "pending_deleted_at",
        "freezed",
        "status_reason",
        "progress",
        "external_id",
        "manager_id",
        "source",
        "host_id",
        "hash",
        "earlier",
        "failed_count",
        "is_sys",
        "quota_held",
        "staged_key",
        "store_key",
        "used",
    ]
)
SENT = {("hoststorages", "host_id"), ("isolated_devices", "host_id"), ("schedtaghosts", "host_id")}
"""What administrators tie to a host."""


def test_no_declaration_lets_callers_send_what_is_ours() -> None:
    sent = {
        (resource.plural, field.name)
        for resource in TYPES
        if resource.service != "internal"
        for field in fields_of(resource.entity)
        if field.name in PROTECTED and (field.spec.create or field.spec.update)
    }
    assert sent - SENT == set()


def hostile(field: Field) -> Any:
    return {
        str: "h0stile",
        int: 424_242,
        float: 42.5,
        bool: not field.default if isinstance(field.default, bool) else True,
        datetime: "2001-01-01T00:00:00.000000Z",
        dict: {"h0stile": "1"},
        list: ["h0stile"],
    }[field.kind]


def extras(plural: str, *, update: bool = False) -> dict[str, Any]:
    """Every field of a type that callers may not send, with a value that would be seen."""
    found: dict[str, Any] = {"is_admin": True, "admin": True, "roles": ["admin"]}
    told = {one.name for one in BY_PLURAL[plural].extra_params}
    for field in fields_of(BY_PLURAL[plural].entity):
        allowed = field.spec.update if update else field.spec.create
        known = {"domain_id", "tenant_id", "name", *told, *READ_OTHERWISE}
        if not allowed and field.name not in known and (plural, field.name) not in REFUSED_BY_NAME:
            found[field.name] = hostile(field)
    return found


def ours(plural: str, row: Any, *, update: bool = False) -> dict[str, Any]:
    skipped = {"id", "name", "created_at", "updated_at", "update_version", "last_ping_at", "access_mac", "uuid"}
    fields = fields_of(BY_PLURAL[plural].entity)
    return {
        f.name: getattr(row, f.name)
        for f in fields
        if not (f.spec.update if update else f.spec.create) and f.name not in skipped
    }


def body_of(plural: str, number: int) -> dict[str, Any]:
    own = {"access_mac": f"52:54:00:00:00:0{number}"} if plural == "hosts" else {}
    if plural == "networks":
        own = {"guest_ip_start": f"10.{number}.0.2", "guest_ip_end": f"10.{number}.0.9"}
    return {**BODIES[plural][1], **own, "name": f"{plural}-{number}"}


@pytest.fixture
def cloud() -> Target:
    return target()


@pytest.mark.parametrize("plural", BODIES)
def test_what_is_not_asked_for_is_not_taken(cloud: Target, plural: str) -> None:
    who = BODIES[plural][0]
    generated = {"private_key", "public_key", "fingerprint"}
    clean = cloud.create(who, plural, body_of(plural, 1))
    assert clean.status_code == 200, clean.text
    foul = cloud.create(who, plural, {**extras(plural), **body_of(plural, 2)})
    ident = clean.json()[BY_PLURAL[plural].singular]["id"]
    rows = cloud.rows(plural)
    assert "h0stile" not in rows
    assert foul.status_code == 200, foul.text  # passed over, not even read
    other = rows[foul.json()[BY_PLURAL[plural].singular]["id"]]
    expected, found = ours(plural, rows[ident]), ours(plural, other)
    assert {name for name in expected if expected[name] != found[name]} - generated == set()
    if Verb.UPDATE in BY_PLURAL[plural].verbs:
        changed = cloud.ask(
            who, "PUT", cloud.url(plural, ident), {BY_PLURAL[plural].singular: extras(plural, update=True)}
        )
        assert changed.status_code < 500, changed.text
        now = cloud.rows(plural)[ident]
        assert ours(plural, now, update=True) == ours(plural, rows[ident], update=True)
        assert (now.id, now.created_at, now.name) == (rows[ident].id, rows[ident].created_at, rows[ident].name)


@pytest.mark.parametrize(
    "plural", [plural for plural, (who, _) in BODIES.items() if who == "bob" and plural != "keypairs"]
)
@pytest.mark.parametrize("key", ["tenant_id", "project_id", "project", "tenant"])
def test_nobody_makes_or_moves_things_into_another_project(cloud: Target, plural: str, key: str) -> None:
    eve = cloud.ids["project eve"]
    refused = cloud.create("bob", plural, {**body_of(plural, 1), key: eve})
    assert refused.status_code in (403, 404), refused.text
    made = cloud.create("bob", plural, body_of(plural, 2)).json()[BY_PLURAL[plural].singular]["id"]
    moved = cloud.ask("bob", "PUT", cloud.url(plural, made), {BY_PLURAL[plural].singular: {key: eve}})
    assert moved.status_code < 500
    assert all(row.tenant_id != eve for row in cloud.rows(plural).values())


# Row 22: rules that say less or more than they seem to

EVASIONS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"ports": "22", "protocol": "any"}, "ports"),
    ({"ports": "22", "protocol": "icmp"}, "ports"),
    ({"ports": "90-80"}, "ports"),
    ({"ports": "80-"}, "ports"),
    ({"ports": "-80"}, "ports"),
    ({"ports": ","}, "ports"),
    ({"ports": "22,,80"}, "ports"),
    ({"ports": "0"}, "ports"),
    ({"ports": "0-65535"}, "ports"),
    ({"ports": "65536"}, "ports"),
    ({"ports": "٢٢"}, "ports"),
    ({"ports": "2²"}, "ports"),
    ({"ports": "22.0"}, "ports"),
    ({"ports": "22\n80"}, "ports"),
    ({"protocol": "tcp; accept"}, "protocol"),
    ({"protocol": ""}, "protocol"),
    ({"protocol": "6"}, "protocol"),
    ({"direction": "inout"}, "direction"),
    ({"action": "allow deny"}, "action"),
    ({"priority": 0}, "priority"),
    ({"priority": 101}, "priority"),
    ({"priority": -1}, "priority"),
    ({"cidr": "10.0.0.0/33"}, "cidr"),
    ({"cidr": "10.0.0.0/-1"}, "cidr"),
    ({"cidr": "10.0.0.0/8,0.0.0.0/0"}, "cidr"),
    ({"cidr": "010.0.0.1"}, "cidr"),
    ({"cidr": "0x0a.0.0.1"}, "cidr"),
    ({"cidr": "10.1"}, "cidr"),
    ({"cidr": "::ffff:10.0.0.0/104"}, "cidr"),
    ({"cidr": "::ffff:10.0.0.1"}, "cidr"),
    ({"cidr": "fe80::1%eth0"}, "cidr"),
    ({"cidr": "::/129"}, "cidr"),
    ({"description": "x\r\n-A INPUT -j ACCEPT"}, "description"),
)


def test_rules_that_evade_are_refused_and_leave_no_rule(cloud: Target) -> None:
    group = cloud.create("bob", "secgroups", {"name": "g"}).json()["secgroup"]["id"]
    before = len(cloud.rows("secgrouprules"))
    for change, field in EVASIONS:
        refused = cloud.create("bob", "secgrouprules", {**RULE, "secgroup_id": group, **change})
        if change == {"priority": 0}:  # not sent, as far as clients in Go tell
            continue
        assert refused.status_code == 400, (change, refused.text)
        assert refused.json()["data"]["field"] == field, change
    made = len(cloud.rows("secgrouprules")) - before
    assert made <= 1
    for rule in cloud.rows("secgrouprules").values():
        assert 1 <= rule.priority <= 100


def test_rules_of_one_text_are_read_alike(cloud: Target) -> None:
    """A subnet is kept in one spelling: whoever compares texts later compares rules. That of one address stays one."""
    group = cloud.create("bob", "secgroups", {"name": "g"}).json()["secgroup"]["id"]
    told = (("10.1.2.3/8", "10.0.0.0/8"), ("10.0.0.1/32", "10.0.0.1/32"), ("2001:DB8:0::/32", "2001:db8::/32"))
    for sent, kept in told:
        made = cloud.create("bob", "secgrouprules", {**RULE, "secgroup_id": group, "cidr": sent})
        assert made.json()["secgrouprule"]["cidr"] == kept


def test_rules_of_others_groups_are_not_reached(cloud: Target) -> None:
    group = cloud.create("eve", "secgroups", {"name": "g"}).json()["secgroup"]["id"]
    before = cloud.rows("secgrouprules")
    assert cloud.create("bob", "secgrouprules", {**RULE, "secgroup_id": group}).status_code == 404
    body = {"secgroup": {"rule": "in:allow any"}}
    assert cloud.ask("bob", "POST", f"/compute/secgroups/{group}/add-rule", body).status_code == 404
    rule = cloud.create("eve", "secgrouprules", {**RULE, "secgroup_id": group}).json()["secgrouprule"]["id"]
    changed = cloud.ask("bob", "PUT", f"/compute/secgrouprules/{rule}", {"secgrouprule": {"action": "deny"}})
    assert changed.status_code == 404
    assert len(cloud.rows("secgrouprules")) == len(before) + 1


# Row 24: names that become something else

CONTROLS = (
    "a\r\nX-Admin: 1",
    "a\nb",
    "a\x00b",
    "a\x1b[2J",
    "a\x7f",
    "a\u2028b",
    "a\u202eb",
    "a\u200bb",
    "a\x85b",
)


@pytest.mark.parametrize("plural", BODIES)
def test_names_have_no_control_characters(cloud: Target, plural: str) -> None:
    who, _ = BODIES[plural]
    before = cloud.rows(plural)
    for name in CONTROLS:
        refused = cloud.create(who, plural, {**body_of(plural, 1), "name": name})
        assert refused.status_code == 400, (name, refused.text)
        assert refused.json()["data"]["field"] in ("name", "body"), name
    assert cloud.rows(plural).keys() == before.keys()


def test_headers_of_images_hold_one_line(cloud: Target) -> None:
    name = 'm\u00fc "x"; a=b, <s>'
    made = cloud.create("bob", "images", {"name": name}).json()["image"]["id"]
    shown = cloud.ask("bob", "HEAD", f"/image/v1/images/{made}")
    assert shown.headers["X-Image-Meta-Name"].isascii()
    for header, value in shown.headers.items():
        assert "\n" not in header + value
        assert "\r" not in header + value
    sent = {"X-Auth-Token": cloud.tokens["bob"], "X-Image-Meta-Name": "a%0D%0AX-Admin%3A%201"}
    assert cloud.client.post("/image/v1/images", headers=sent).status_code == 400


def test_spreadsheets_do_not_run_names() -> None:
    from cloudcore_apps.climc.formats import as_csv

    names = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", 'a"b,c']
    text = as_csv(["name", "n"], [{"name": name, "n": -5} for name in names])
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == len(names) + 1
    for row in rows[1:]:
        assert row[0][0] not in "=+-@\t\r", row
        assert row[1] == "-5"


# Row 21: amounts; more of it in test_quotas.py

ODD = (-1, 1.5, "1.5", "٣", "x", [], {}, True, 2**63, 10**30, "9" * 40, "1e3", "NaN", "inf", " ", "-0x1", None)


def test_odd_sizes_charge_nothing(cloud: Target) -> None:
    bodies = [
        {"name": f"o{n}", "disks": [{"size": 1024, "backend": "local"}], "vmem_size": 512, "vcpu_count": 1, **change}
        for n, odd in enumerate(ODD)
        for change in ({"vcpu_count": odd}, {"vmem_size": odd}, {"disks": [{"size": odd, "backend": "local"}]})
    ]
    for body in bodies:
        refused = cloud.create("bob", "servers", body)
        assert 400 <= refused.status_code < 500, (body, refused.text)
    for odd in ODD:
        refused = cloud.create("bob", "disks", {"name": "d", "size": odd, "backend": "local"})
        assert 400 <= refused.status_code < 500, (odd, refused.text)
    for count in (-1, 1.5, "٣", 10**30):
        body = {"count": count, "secgroup": {"name": "g"}}
        assert cloud.ask("bob", "POST", "/compute/secgroups", body).status_code == 400
    with cloud.core.platform.uow.read() as tx:
        real = counted(tx)
        stored = {row.id: row for row in tx.of(QUOTAUSAGES, PLATFORM).find()}
    project = f"{cloud.ids['domain']}/{cloud.ids['project bob']}"
    assert project not in stored or stored[project].cpu == stored[project].storage == stored[project].secgroup == 0
    assert (cloud.ids["domain"], cloud.ids["project bob"]) not in real


# Row 28: secrets


def test_no_secret_leaves_its_place(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A whole run with marked secrets: they are in no log, error, list, task, history or file."""
    caplog.set_level(logging.DEBUG)
    cloud = target(tmp_path)
    said: list[str] = []

    def ask(who: str, method: str, path: str, body: Any = None) -> Any:
        answer = cloud.ask(who, method, path, body)
        said.append(f"{path} {answer.text}")
        return answer

    marked = {name: f"Marked-{name}-0123456789-secret" for name in ("password", "second", "blob", "userdata", "guest")}
    user = {"name": "zoe", "password": marked["password"]}
    ident = ask("dora", "POST", "/v3/users", {"user": user}).json()["user"]["id"]
    wrong = {"original_password": marked["second"], "password": marked["password"]}
    ask("dora", "POST", f"/v3/users/{ident}/password", {"user": wrong})
    ask("dora", "PUT", f"/v3/users/{ident}", {"user": {"password": marked["second"]}})
    ask("dora", "POST", "/v3/users", {"user": {"name": marked["password"], "password": marked["password"]}})
    ask("dora", "PUT", f"/v3/users/{ident}", {"user": {"password": [marked["password"]]}})
    blob = json.dumps({"secret": marked["blob"]})
    made = cloud.ask("bob", "POST", "/v3/credentials", {"credential": {"type": "aksk", "blob": blob}})
    assert marked["blob"] in made.text
    ask("bob", "POST", "/v3/credentials", {"credential": {"type": "aksk", "blob": blob[:-1]}})
    key = cloud.ask("bob", "POST", "/compute/keypairs", {"keypair": {"name": "k"}}).json()["keypair"]["id"]
    private = cloud.ask("bob", "GET", f"/compute/keypairs/{key}/privatekey").json()["keypair"]["private_key"]
    cloud.ask("bob", "POST", "/compute/keypairs", {"keypair": {"name": "k2"}})
    server = {"name": "s", "vcpu_count": 1, "vmem_size": 512, "password": marked["guest"]}
    server |= {"user_data": "#cloud-config\n# " + marked["userdata"], "disks": [{"size": 1024}]}
    ask("bob", "POST", "/compute/servers", {"server": server})
    login = {
        "identity": {"methods": ["password"], "password": {"user": {"name": "zoe", "password": marked["password"]}}}
    }
    said.append(cloud.client.post("/v3/auth/tokens", json={"auth": login}).text)
    said.append(cloud.client.post("/v3/auth/tokens?password=" + marked["password"], content="{").text)
    cloud.core.number_history()
    for path in ("/v3/users", "/v3/credentials", "/compute/keypairs", "/compute/servers", "/compute/tasks"):
        ask("admin", "GET", f"{path}?scope=system&details=true")
    for path in (
        "/log/actions?limit=500",
        "/log/history?after=0&limit=500",
        f"/v3/credentials/{made.json()['credential']['id']}",
    ):
        ask("bob" if "credentials" in path else "admin", "GET", path)
    secrets = [*marked.values(), private.strip(), cloud.tokens["bob"], SECRET]
    for secret in secrets:
        assert all(secret not in text for text in said), secret
        for record in caplog.records:
            if record.name.startswith("cloudcore"):
                assert secret not in f"{record.getMessage()} {record.__dict__}", record.name
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert all(secret.encode() not in content for secret in secrets), file.name
