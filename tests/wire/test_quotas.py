"""Quotas over REST: what clients see, who may set them, and that usage is what is there."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import httpx
import pytest
from starlette.testclient import TestClient

from cloudcore.cloud import Cloud
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.family import COUNTERS, FAMILIES
from cloudcore.quotas.ledger import usage_of
from cloudcore.quotas.recount import counted, open_counters
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.quota.quotausage import QUOTAUSAGES
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.rest.app import build_app

SECRET = "Correct-horse-1"
PREFIX = {"compute": "/compute", "identity": "/v3", "image": "/image/v1"}


@attrs.define
class Place:
    """A cloud with a domain of two projects, their owners, and its administrator."""

    core: Cloud
    client: TestClient
    tokens: dict[str, str] = attrs.field(factory=dict)

    def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"X-Auth-Token": self.tokens[who]}
        return self.client.request(method, path, json=body, headers=headers)

    def quota(self, who: str, plural: str = "quotas", path: str = "", query: str = "") -> list[dict[str, Any]]:
        answer = self.ask(who, "GET", f"{PREFIX[FAMILIES[plural].service]}/{plural}{path}{query}")
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()[plural]
        return rows

    def set(self, who: str, path: str, plural: str = "quotas", **body: Any) -> httpx.Response:
        return self.ask(who, "POST", f"{PREFIX[FAMILIES[plural].service]}/{plural}{path}", {plural: body})


def login(client: TestClient, name: str, password: str, project: str, domain: str) -> str:
    user = {"domain": {"name": domain}, "name": name, "password": password}
    scope = {"project": {"domain": {"name": domain}, "name": project}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    return client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]


@pytest.fixture
def place() -> Place:
    core, password = memory_cloud()
    place = Place(core, TestClient(build_app(core)))
    place.tokens["admin"] = login(place.client, "sysadmin", password, "system", "Default")
    domain = place.ask("admin", "POST", "/v3/domains", {"domain": {"name": "dom"}}).json()["domain"]["id"]
    for name, role in (("bob", "project_owner"), ("eve", "project_owner"), ("dora", "domainadmin")):
        made = {}
        for kind in ("user", "project"):
            body = {"name": name, "domain_id": domain, **({"password": SECRET} if kind == "user" else {})}
            made[kind] = place.ask("admin", "POST", f"/v3/{kind}s", {kind: body}).json()[kind]["id"]
        place.ask("admin", "PUT", f"/v3/projects/{made['project']}/users/{made['user']}/roles/{role}", {})
        place.tokens[name] = login(place.client, name, SECRET, name, "dom")
    return place


def usages(core: Cloud) -> dict[str, dict[str, int]]:
    with core.platform.uow.read() as tx:
        rows = tx.of(QUOTAUSAGES, PLATFORM).find()
    return {row.id: {key: getattr(row, key) for key in COUNTERS if getattr(row, key)} for row in rows}


def check_usage_is_what_is_there(core: Cloud) -> None:
    with core.platform.uow.read() as tx:
        real = {f"{domain}/{project}": dict(+found) for (domain, project), found in counted(tx).items()}
    assert {ident: used for ident, used in usages(core).items() if used} == {i: r for i, r in real.items() if r}


def test_rows_have_keys_names_limits_and_usage_with_dots(place: Place) -> None:
    (row,) = place.quota("bob")
    assert (row["project"], row["domain"], row["cpu"], row["usage.cpu"]) == ("bob", "dom", -1, 0)
    assert row["tenant_id"] == row["project_id"]
    (row,) = place.quota("dora", "identity_quotas")
    assert (row["user"], row["usage.user"], row["usage.project"]) == (-1, 3, 3)
    assert "tenant_id" not in row
    (row,) = place.quota("dora", query="?scope=domain")
    assert "tenant_id" not in row


MADE: dict[str, tuple[str, str, Any]] = {
    "region_quotas": ("eip", "", None),
    "project_quotas": ("secgroup", "/compute/secgroups", {"secgroup": {"name": "x"}}),
    "quotas": ("group", "/compute/instancegroups", {"instancegroup": {"name": "x"}}),
    "image_quotas": ("image", "/image/v1/images", {"image": {"name": "x"}}),
}


@pytest.mark.parametrize("plural", ["project_quotas", "quotas", "image_quotas"])
def test_what_is_made_is_charged_up_to_the_limit_and_refunded(place: Place, plural: str) -> None:
    name, path, body = MADE[plural]
    assert place.set("dora", "/projects/bob", plural, **{name: 1}).status_code == 200
    made = place.ask("bob", "POST", path, body)
    assert made.status_code == 200, made.text
    assert place.quota("bob", plural)[0][f"usage.{name}"] == 1
    assert place.quota("dora", plural, query="?scope=domain")[0][f"usage.{name}"] == 1
    keyword = next(iter(body))
    refused = place.ask("bob", "POST", path, {keyword: {"name": "y"}})
    assert (refused.status_code, refused.json()["class"]) == (400, "OutOfQuotaError")
    exceeded = refused.json()["data"]["exceeded"]
    assert exceeded == [{"scope": "project", "name": name, "limit": 1, "used": 1, "requested": 1}]
    assert f"project {name}: limit 1, used 1, requested 1" in refused.json()["details"]
    check_usage_is_what_is_there(place.core)
    if plural != "image_quotas":
        assert place.ask("bob", "DELETE", f"{path}/{made.json()[keyword]['id']}").status_code == 200
        assert place.quota("bob", plural)[0][f"usage.{name}"] == 0
        assert place.ask("bob", "POST", path, {keyword: {"name": "y"}}).status_code == 200
    check_usage_is_what_is_there(place.core)


@pytest.mark.parametrize("kind", ["user", "group", "project", "role", "policy"])
def test_identity_is_limited_by_domain(place: Place, kind: str) -> None:
    used = place.quota("dora", "identity_quotas")[0][f"usage.{kind}"]
    place.set("admin", "/domains/dom", "identity_quotas", **{kind: used + 1})
    more = {"policy": {"blob": {"policy": {"compute": {"servers": {"list": "allow"}}}}}}.get(kind, {})
    plural = {"policy": "policies"}.get(kind, f"{kind}s")
    answers = [
        place.ask("dora", "POST", f"/v3/{plural}", {kind: {"name": f"extra-{n}", **more}}).status_code for n in (1, 2)
    ]
    assert answers == [200, 400]
    check_usage_is_what_is_there(place.core)


def test_hosts_count_for_their_domain(place: Place) -> None:
    place.set("admin", "/domains/dom", "infras_quotas", host=0)
    body = {"host": {"name": "h", "access_mac": "52:54:00:00:00:01", "project_domain": "dom"}}
    refused = place.ask("admin", "POST", "/compute/zones/zone0/hosts", body)
    assert (refused.status_code, refused.json()["class"]) == (400, "OutOfQuotaError")
    assert place.set("admin", "/domains/dom", "infras_quotas", host=1).status_code == 200
    assert place.ask("admin", "POST", "/compute/zones/zone0/hosts", body).status_code == 200
    check_usage_is_what_is_there(place.core)


def test_project_and_domain_are_limited_together(place: Place) -> None:
    place.set("admin", "/domains/dom", "project_quotas", secgroup=1)
    place.set("dora", "/projects/eve", "project_quotas", secgroup=5)
    assert place.ask("bob", "POST", "/compute/secgroups", {"secgroup": {"name": "x"}}).status_code == 200
    refused = place.ask("eve", "POST", "/compute/secgroups", {"secgroup": {"name": "x"}})
    assert refused.json()["data"]["exceeded"][0]["scope"] == "domain"
    assert place.quota("eve", "project_quotas")[0]["usage.secgroup"] == 0


def test_what_changes_hands_counts_for_the_new_owner(place: Place) -> None:
    place.ask("bob", "POST", "/compute/secgroups", {"secgroup": {"name": "x"}})
    moved = place.ask("dora", "POST", "/compute/secgroups/x/change-owner", {"secgroup": {"project": "eve"}})
    assert moved.status_code == 200, moved.text
    assert [place.quota(who, "project_quotas")[0]["usage.secgroup"] for who in ("bob", "eve")] == [0, 1]
    check_usage_is_what_is_there(place.core)


MAY_SET = (
    ("bob", "", 403),
    ("bob", "/projects/bob", 403),
    ("bob", "/projects/eve", 404),
    ("bob", "/domains/dom", 403),
    ("bob", "/domains/Default", 404),
    ("dora", "/projects/bob", 200),
    ("dora", "/domains/dom", 403),
    ("dora", "/projects/system", 404),
    ("dora", "/domains/Default", 404),
    ("admin", "/domains/dom", 200),
    ("admin", "/projects/system", 200),
    ("admin", "/projects/nowhere", 404),
)


def test_who_may_set_whose(place: Place) -> None:
    for who, path, status in MAY_SET:
        assert place.set(who, path, cpu=5).status_code == status, (who, path)
        if status == 200:
            assert place.quota("admin", path=path)[0]["cpu"] == 5


def test_owners_are_listed(place: Place) -> None:
    rows = place.quota("dora", path="/projects")
    assert sorted(row["project"] for row in rows) == ["bob", "dora", "eve"]
    assert {row["domain"] for row in place.quota("admin", path="/domains")} == {"Default", "dom"}
    rows = place.quota("admin", path="/projects", query="?project_domain=dom")
    assert len(rows) == 3
    for who, path, status in (("bob", "projects", 403), ("bob", "domains", 403), ("dora", "domains", 403)):
        assert place.ask(who, "GET", f"/compute/quotas/{path}").status_code == status
    assert place.ask("admin", "GET", "/compute/infras_quotas/projects").status_code == 404


@pytest.mark.parametrize(
    ("action", "body", "cpu", "memory"),
    [
        ("update", {"cpu": 3}, 3, 100),
        ("add", {"cpu": 3}, 13, 100),
        ("sub", {"cpu": 3}, 7, 100),
        ("replace", {"cpu": 3}, 3, 0),
        ("reset", {}, -1, -1),
    ],
)
def test_actions_change_limits(place: Place, action: str, body: Any, cpu: int, memory: int) -> None:
    place.set("admin", "/projects/bob", cpu=10, memory=100)
    answer = place.set("admin", "/projects/bob", action=action, **body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["quotas"][0]["cpu"], answer.json()["quotas"][0]["memory"]) == (cpu, memory)


ODD = [
    -2,
    1.5,
    "1.5",
    "x",
    "٣",
    "1e3",
    True,
    [],
    {},
    2**53,
    10**30,
    "9" * 40,
    float("1e400") if False else "inf",
    "0x10",
]


@pytest.mark.parametrize("action", ["update", "add"])
def test_odd_numbers_are_refused_and_change_nothing(place: Place, action: str) -> None:
    place.set("admin", "/projects/bob", cpu=10)
    for value in ODD:
        refused = place.set("admin", "/projects/bob", cpu=value, action=action)
        assert (refused.status_code, refused.json()["data"]["field"]) == (400, "cpu"), refused.text
    assert place.quota("bob")[0]["cpu"] == 10


NO_LIMITS: list[dict[str, Any]] = [
    {"cpus": 5},
    {"secgroup": 5},
    {"cpu": 5, "action": "grow"},
    {"cpu": 11, "action": "sub"},
    {"cpu": -1, "action": "add"},
    {"memory": 1, "action": "add"},
    {"cpu": 5, "account_id": "x"},
    {"group": 5, "hypervisor": "kvm"},
    {"cpu": 5, "zone_id": "nowhere"},
    {"alert_at": "80,101"},
    {"alert_at": "80", "hypervisor": "kvm"},
]


def test_what_is_no_limit_names_the_field(place: Place) -> None:
    place.set("admin", "/projects/bob", cpu=10)
    before = place.quota("bob")
    for body in NO_LIMITS:
        refused = place.set("admin", "/projects/bob", **body)
        assert refused.status_code in (400, 404, 406), body
        assert refused.json()["data"]["field"] in {*body, "action", "cpu", "memory"}
    assert place.quota("bob") == before


def test_narrowed_rows_come_and_go(place: Place) -> None:
    place.set("dora", "/projects/bob", cpu=10)
    assert place.set("bob", "", cpu=5, hypervisor="kvm").status_code == 200
    assert place.set("bob", "/projects/bob", cpu=4, hypervisor="kvm").status_code == 200
    rows = place.quota("bob")
    assert [(row.get("hypervisor"), row["cpu"]) for row in rows] == [(None, 10), ("kvm", 4)]
    assert "group" not in rows[1]
    assert len(place.quota("bob", query="?primary=true")) == 1
    assert place.set("dora", "/projects/bob", action="delete").status_code == 403
    assert place.set("dora", "/projects/bob", action="delete", hypervisor="kvm").status_code == 200
    assert place.set("dora", "/projects/bob", action="delete", hypervisor="kvm").status_code == 404
    assert len(place.quota("bob")) == 1


def test_who_has_no_limits_gets_those_of_all(place: Place) -> None:
    for who in ("bob", "dora"):
        assert place.set(who, "/defaults/projects", cpu=3).status_code == 403
        assert place.ask(who, "GET", "/compute/quotas/defaults/projects").status_code == 403
    assert place.set("admin", "/defaults/projects", cpu=3, memory=100).status_code == 200
    assert place.set("admin", "/defaults/domains", cpu=30).status_code == 200
    (row,) = place.quota("admin", path="/defaults/projects")
    assert (row["defaults"], row["cpu"], row["count"]) == ("projects", 3, -1)
    assert [place.quota("bob")[0][name] for name in ("cpu", "memory", "count")] == [3, 100, -1]
    assert place.quota("dora", query="?scope=domain")[0]["cpu"] == 30
    # An own limit takes the place of one of them; resetting it gives that back.
    place.set("dora", "/projects/bob", memory=-1)
    assert [place.quota("bob")[0][name] for name in ("cpu", "memory")] == [3, -1]
    assert place.set("dora", "/projects/bob", cpu=2, action="add").json()["quotas"][0]["cpu"] == 5
    place.set("dora", "/projects/bob", action="reset")
    assert [place.quota("bob")[0][name] for name in ("cpu", "memory")] == [3, 100]
    assert place.ask("admin", "GET", "/compute/infras_quotas/defaults/projects").status_code == 404


def test_limits_of_all_hold(place: Place) -> None:
    place.set("admin", "/defaults/projects", "project_quotas", secgroup=1)
    made = [place.ask("bob", "POST", "/compute/secgroups", {"secgroup": {"name": f"g{n}"}}) for n in (1, 2)]
    assert [one.status_code for one in made] == [200, 400]
    assert made[1].json()["data"]["exceeded"][0]["limit"] == 1


def test_a_family_that_narrows_leaves_the_others_limits(place: Place) -> None:
    assert place.set("admin", "/projects/bob", cpu=4, region_id="default").status_code == 200
    assert place.set("admin", "/projects/bob", "region_quotas", eip=2, cloudregion_id="default").status_code == 200
    assert place.set("admin", "/projects/bob", action="delete", region_id="default").status_code == 200
    assert len(place.quota("bob")) == 1
    assert [row["eip"] for row in place.quota("bob", "region_quotas")] == [-1, 2]


def test_limits_are_narrowed_to_places_by_name_as_by_id(place: Place) -> None:
    zone = place.ask("admin", "GET", "/compute/zones").json()["zones"][0]
    for key, value, cpu in (("zone_id", zone["name"], 1), ("zone", zone["name"], 2), ("zone_id", zone["id"], 3)):
        assert place.set("admin", "/projects/bob", cpu=cpu, **{key: value}).status_code == 200
        narrowed = [row for row in place.quota("bob") if row.get("zone_id")]
        assert [(row["zone_id"], row["cpu"]) for row in narrowed] == [(zone["id"], cpu)]
    region = place.ask("admin", "GET", "/compute/cloudregions").json()["cloudregions"][0]
    for key in ("region", "cloudregion", "region_id", "cloudregion_id"):
        assert place.set("admin", "/projects/bob", "region_quotas", eip=2, **{key: region["name"]}).status_code == 200
    assert {row.get("region_id") for row in place.quota("bob", "region_quotas")} == {None, region["id"]}
    missing = place.set("admin", "/projects/bob", cpu=1, zone="nowhere")
    assert (missing.status_code, missing.json()["data"]["field"]) == (404, "zone_id")
    assert place.set("admin", "/projects/bob", action="delete", zone=zone["name"]).status_code == 200
    assert len(place.quota("bob")) == 1


def test_owners_nearest_to_a_limit_come_first(place: Place) -> None:
    place.set("admin", "/projects/eve", "project_quotas", secgroup=2)
    place.ask("eve", "POST", "/compute/secgroups", {"secgroup": {"name": "x"}})
    rows = place.quota("dora", "project_quotas", path="/projects")
    assert (rows[0]["project"], rows[0]["usage.secgroup"]) == ("eve", 1)


def test_images_are_limited_by_type(place: Place) -> None:
    place.set("dora", "/projects/bob", "image_quotas", image=1, type="iso")
    bodies = [{"name": "a", "disk_format": "iso"}, {"name": "b"}, {"name": "c", "disk_format": "iso"}]
    answers = [place.ask("bob", "POST", "/image/v1/images", {"image": body}) for body in bodies]
    assert [one.status_code for one in answers] == [200, 200, 400]
    over = answers[2].json()["data"]["exceeded"]
    assert over == [
        {"scope": "project", "name": "image", "limit": 1, "used": 1, "requested": 1, "keys": {"type": "iso"}}
    ]
    assert [row["usage.image"] for row in place.quota("bob", "image_quotas")] == [2, 1]


def test_a_recount_finds_what_is_there(place: Place) -> None:
    project = place.ask("admin", "GET", "/v3/projects/bob").json()["project"]
    with place.core.platform.uow.write(Author()) as tx:
        row = Server(
            id="s", name="s", vmem_size=512, host_id="h", domain_id=project["domain_id"], tenant_id=project["id"]
        )
        tx.of(SERVERS, PLATFORM).add(row)
        tx.commit()
    assert place.quota("bob")[0]["usage.count"] == 0
    row_now = place.quota("bob", query="?refresh=true")[0]
    assert (row_now["usage.count"], row_now["usage.memory"]) == (1, 512)
    place.quota("dora", query="?scope=domain&refresh=true")
    check_usage_is_what_is_there(place.core)


def test_pending_is_empty_and_may_be_cleared(place: Place) -> None:
    for path in ("/compute/quotas/pending", "/compute/quotas/projects/bob/pending", "/compute/quotas/bob/pending"):
        assert place.ask("admin", "DELETE", path).json() == {}
    assert place.ask("bob", "DELETE", "/compute/quotas/pending").status_code == 403


def test_many_at_once_get_no_more_than_the_limit(place: Place) -> None:
    place.set("dora", "/projects/bob", "project_quotas", secgroup=5)
    start = threading.Barrier(16)

    def make(number: int) -> int:
        start.wait()
        return place.ask("bob", "POST", "/compute/secgroups", {"secgroup": {"name": f"g{number}"}}).status_code

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(make, range(16)))
    assert sorted(answers) == [200] * 5 + [400] * 11
    check_usage_is_what_is_there(place.core)

    def unmake(_number: int) -> int:
        start.wait()
        return place.ask("bob", "DELETE", "/compute/secgroups/" + names[0]).status_code

    names = [
        row["id"] for row in place.ask("bob", "GET", "/compute/secgroups").json()["secgroups"] if row["name"][0] == "g"
    ]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(unmake, range(16)))
    assert sorted(answers) == [200] + [404] * 15
    assert place.quota("bob", "project_quotas")[0]["usage.secgroup"] == 4
    check_usage_is_what_is_there(place.core)


def test_what_an_older_release_did_not_count_is_counted_at_the_next_start(place: Place) -> None:
    place.ask("bob", "POST", "/compute/secgroups", {"secgroup": {"name": "x"}})
    with place.core.platform.uow.write(Author()) as tx:
        for row in tx.of(QUOTAUSAGES, PLATFORM).find(Query()):
            tx.of(QUOTAUSAGES, PLATFORM).remove(row)
        tx.commit()
    with place.core.platform.uow.write(Author()) as tx:
        open_counters(tx)
        tx.commit()
    check_usage_is_what_is_there(place.core)
    project = place.ask("admin", "GET", "/v3/projects/bob").json()["project"]
    with place.core.platform.uow.read() as tx:
        assert usage_of(tx, project["domain_id"], project["id"])["secgroup"] == 1
        assert tx.of(SERVERS, PLATFORM).count(eq("tenant_id", project["id"])) == 0


def test_the_library_reads_and_sets_quotas(place: Place) -> None:
    admin = place.core.login("sysadmin", "memory-cloud-password-1", project="system")
    admin.perform("quotas", "projects", "bob", {"cpu": 7})
    (row,) = admin.list("quotas", {"project": "bob"}).items
    assert row["cpu"] == 7
    assert admin.list("quotas", {"owners": "domains"}).total == 2


def test_a_reservation_is_drawn_on_by_its_header(place: Place) -> None:
    place.set("dora", "/projects/bob", "project_quotas", secgroup=2)
    sent = {"quota_reservation": {"name": "later", "secgroup": 2, "duration_s": 300}}
    made = place.ask("bob", "POST", "/compute/quota_reservations", sent)
    assert made.status_code == 200, made.text
    assert place.quota("bob", "project_quotas")[0]["pending"][0]["secgroup"] == 2
    body = {"secgroup": {"name": "x"}}
    assert place.ask("bob", "POST", "/compute/secgroups", body).status_code == 400
    headers = {"X-Auth-Token": place.tokens["bob"], "X-Quota-Reservation": "later"}
    drawn = place.client.post("/compute/secgroups", json=body, headers=headers)
    assert drawn.status_code == 200, drawn.text
    row = place.quota("bob", "project_quotas")[0]
    assert (row["usage.secgroup"], row["pending"][0]["secgroup"]) == (1, 1)
    check_usage_is_what_is_there(place.core)
    headers["X-Auth-Token"] = place.tokens["eve"]
    refused = place.client.post("/compute/secgroups", json=body, headers=headers)
    assert (refused.status_code, refused.json()["data"]["field"]) == (404, "X-Quota-Reservation")
    assert place.ask("bob", "DELETE", "/compute/quotas/pending").status_code == 403
    assert place.ask("dora", "DELETE", "/compute/quotas/projects/bob/pending").json() == {}
    assert "pending" not in place.quota("bob", "project_quotas")[0]
    check_usage_is_what_is_there(place.core)
