"""The whole protocol over a whole cloud in memory."""

from __future__ import annotations

import time

import httpx
import pytest
from starlette.testclient import TestClient

from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer

OCTETS = {"Content-Type": "application/octet-stream"}
DISK = bytes(510) + b"\x55\xaa" + bytes(range(256)) * 4094
NETWORK = {"wire": "wire0", "guest_ip_start": "10.7.0.2", "guest_ip_end": "10.7.0.99", "guest_ip_mask": 24}


class Cloud:
    """A cloud, its door, and the duty of its tasks in the test's own thread."""

    def __init__(self) -> None:
        self.core, self.password = memory_cloud()
        self.app = build_app(self.core)
        self.client = TestClient(self.app)

    def login(
        self, name: str = "sysadmin", password: str | None = None, project: str | None = "system"
    ) -> httpx.Response:
        user = {"domain": {"name": "Default"}, "name": name, "password": password or self.password}
        auth = {"context": {"source": "cli"}, "identity": {"methods": ["password"], "password": {"user": user}}}
        if project is not None:
            auth["scope"] = {"project": {"domain": {"name": "Default"}, "name": project}}
        return self.client.post("/identity/v3/auth/tokens", json={"auth": auth})

    def settle(self) -> None:
        """Do what tasks wait for, until nothing is due."""
        defects: list[object] = []
        performer = ImagePerformer(self.core.platform.image_store)
        effects = RoutedEffects({"image": InlineEffects(performer=performer, on_defect=lambda *d: defects.append(d))})
        worker = self.core.worker(effects, "test", lambda *d: defects.append(d))
        for _ in range(50):
            for ident in worker.due():
                task = worker.run(ident)
                while task is not None:
                    task = worker.turn(task)
        self.core.number_history()
        assert defects == []


@pytest.fixture
def cloud():
    return Cloud()


@pytest.fixture
def admin(cloud) -> TestClient:
    cloud.client.headers["X-Auth-Token"] = cloud.login().headers["X-Subject-Token"]
    return cloud.client


def test_login_gives_what_clients_read(cloud):
    answer = cloud.login()
    body = answer.json()
    token = body["token"]
    assert answer.status_code == 200
    assert answer.headers["X-Subject-Token"] == body["id"]
    assert token["project"]["name"] == "system"
    assert token["user"]["domain"] == {"id": "default", "name": "Default"}
    assert token["expires_at"].endswith("Z")
    assert len(token["expires_at"]) == 27
    assert {"identity", "compute_v2", "image"} <= {service["type"] for service in token["catalog"]}


def test_unscoped_login_lists_projects_and_has_no_catalogue(cloud):
    token = cloud.login(project=None).json()["token"]
    assert [project["name"] for project in token["projects"]] == ["system"]
    assert "catalog" not in token


def test_wrong_password_and_unknown_user_are_answered_alike(cloud):
    wrong, unknown = cloud.login(password="Not-the-password-1"), cloud.login(name="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() | {"time": ""} == unknown.json() | {"time": ""}
    assert "X-Subject-Token" not in wrong.headers


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"auth": 1}', b'{"auth": {"identity": {"methods": []}}}', b"{"])
def test_senseless_login_is_a_clean_refusal(cloud, body):
    assert cloud.client.post("/v3/auth/tokens", content=body).status_code in (400, 401)


def test_token_of_a_gateway_login_works_at_the_gateway(cloud):
    user = {"domain": {"name": "Default"}, "name": "sysadmin", "password": cloud.password}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {"name": "system"}}}
    token = cloud.client.post("/api/s/identity/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]
    answer = cloud.client.get("/api/s/compute_v2/r/region0/zones", headers={"X-Auth-Token": token})
    assert [zone["name"] for zone in answer.json()["zones"]] == ["zone0"]


def test_version_two_login_works(cloud):
    credentials = {"username": "sysadmin", "password": cloud.password}
    answer = cloud.client.post(
        "/v2.0/tokens", json={"auth": {"passwordCredentials": credentials, "tenantName": "system"}}
    )
    token = answer.json()["access"]["token"]["id"]
    assert cloud.client.get("/compute/zones", headers={"X-Auth-Token": token}).status_code == 200


def test_revoked_token_is_401(cloud, admin):
    token = cloud.login().headers["X-Subject-Token"]
    subject = {"X-Subject-Token": token}
    assert admin.get("/v3/auth/tokens", headers=subject).json()["token"]["user"]["name"] == "sysadmin"
    assert admin.head("/v3/auth/tokens", headers=subject).status_code == 200
    assert admin.delete("/v3/auth/tokens", headers=subject).status_code == 204
    assert admin.get("/v3/auth/tokens", headers=subject).status_code == 401
    assert admin.get("/compute/zones", headers={"X-Auth-Token": token}).json()["class"] == "InvalidCredentialError"
    assert len(admin.get("/v3/auth/tokens/invalid").json()["tokens"]) == 1


@pytest.mark.parametrize("name", ["projects", "domains", "catalog"])
def test_what_a_caller_may_choose_is_listed(admin, name):
    assert isinstance(admin.get(f"/v3/auth/{name}").json()[name], list)


def test_grants_take_names_and_are_listed(cloud, admin):
    admin.post("/v3/users", json={"user": {"name": "alice", "password": "Correct-horse-1"}})
    admin.post("/v3/projects", json={"project": {"name": "proj1"}})
    role = "/v3/projects/proj1/users/alice/roles/project_viewer"
    assert admin.head(role).status_code == 404
    assert admin.put(role, json={}).content == b""
    assert admin.head(role).status_code == 204
    assert [r["name"] for r in admin.get("/v3/projects/proj1/users/alice/roles").json()["roles"]] == ["project_viewer"]
    assert admin.get("/v3/role_assignments?include_names").json()["total"] == 1
    assert admin.get("/v3/role_assignments?include_names&include_system").json()["total"] == 3
    token = cloud.login("alice", "Correct-horse-1", "proj1").headers["X-Subject-Token"]
    refused = admin.post("/v3/users", json={"user": {"name": "x", "password": "p"}}, headers={"X-Auth-Token": token})
    assert refused.status_code == 403
    assert admin.delete(role).status_code == 200
    assert admin.get("/v3/projects/proj1/users/alice/roles").json()["roles"] == []


def test_a_member_of_a_group_logs_in_by_its_role(cloud, admin):
    admin.post("/v3/users", json={"user": {"name": "gina", "password": "Correct-horse-1"}})
    admin.post("/v3/projects", json={"project": {"name": "proj2"}})
    group = admin.post("/v3/groups", json={"group": {"name": "crew"}}).json()["group"]["id"]
    assert cloud.login("gina", "Correct-horse-1", "proj2").status_code == 401
    assert admin.put("/v3/projects/proj2/groups/crew/roles/project_viewer", json={}).content == b""
    assert admin.put(f"/v3/groups/{group}/users/gina", json={}).status_code == 200
    assert [u["name"] for u in admin.get(f"/v3/groups/{group}/users").json()["users"]] == ["gina"]
    assert cloud.login("gina", "Correct-horse-1", "proj2").status_code == 200
    token = cloud.login("gina", "Correct-horse-1", "proj2").headers["X-Subject-Token"]
    assert admin.delete(f"/v3/groups/{group}/users/gina").status_code == 200
    assert cloud.login("gina", "Correct-horse-1", "proj2").status_code == 401
    taken = asked = time.monotonic()
    while cloud.client.get("/compute/servers", headers={"X-Auth-Token": token}).status_code != 401:
        assert asked - taken <= 1, "the token outlived the membership by a second"
        time.sleep(0.05)
        asked = time.monotonic()
    missing = admin.put("/v3/projects/system/groups/nobody/roles/admin", json={})
    assert (missing.status_code, missing.json()["class"]) == (404, "ResourceNotFoundError")


def test_no_token_and_a_bad_token_are_401(cloud):
    assert cloud.client.get("/compute/zones").json()["class"] == "UnauthorizedError"
    bad = cloud.client.get("/compute/zones", headers={"X-Auth-Token": "0" * 64})
    assert (bad.status_code, bad.json()["class"]) == (401, "InvalidCredentialError")


def test_life_of_a_resource(admin):
    made = admin.post("/compute/keypairs", json={"keypair": {"name": "k"}}).json()["keypair"]
    assert admin.get("/compute/keypairs/k").json()["keypair"]["id"] == made["id"]
    assert admin.head(f"/compute/keypairs/{made['id']}").status_code == 200
    changed = admin.put("/compute/keypairs/k", json={"keypair": {"description": "mine"}}).json()["keypair"]
    assert changed["description"] == "mine"
    assert admin.patch("/compute/keypairs/k", json={"description": "ours"}).json()["keypair"]["description"] == "ours"
    again = admin.post("/compute/keypairs", json={"keypair": {"name": "k"}})
    assert (again.status_code, again.json()["class"]) == (409, "DuplicateNameError")
    assert admin.delete("/compute/keypairs/k").json()["keypair"]["id"] == made["id"]
    gone = admin.get("/compute/keypairs/k")
    assert (gone.status_code, gone.json()["class"]) == (404, "ResourceNotFoundError")


def test_lists_are_paged_and_filtered(admin):
    assert admin.get("/compute/keypairs").json() == {"keypairs": []}
    for number in range(5):
        admin.post("/compute/keypairs", json={"keypair": {"name": f"k{number}"}})
    query = "details=false&limit=2&offset=1&order_by=name&order=asc&field.0=name&field.1=scheme"
    page = admin.get(f"/compute/keypairs?{query}").json()
    assert [sorted(row) for row in page["keypairs"]] == [["name", "scheme"]] * 2
    assert [row["name"] for row in page["keypairs"]] == ["k1", "k2"]
    assert (page["total"], page["limit"], page["offset"]) == (5, 2, 1)
    assert admin.get("/compute/keypairs").json()["limit"] == 2048
    found = admin.get("/compute/keypairs?filter.0=name.in(k1,k3)&filter=").json()
    assert found["code"] == 400
    found = admin.get("/compute/keypairs?filter=name.in(k1,k3)&order_by=name&order=asc").json()
    assert [row["name"] for row in found["keypairs"]] == ["k1", "k3"]
    assert admin.get("/compute/keypairs?limit=abc").json()["data"] == {"field": "limit"}


def test_batch_makes_all_or_none(admin):
    made = admin.post("/compute/keypairs", json={"count": 3, "keypair": {"name": "b"}}).json()["keypairs"]
    assert [item["status"] for item in made] == [200] * 3
    assert made[0]["body"]["name"] == "b"
    assert len({item["body"]["name"] for item in made}) == len({item["body"]["id"] for item in made}) == 3
    refused = admin.post("/compute/keypairs", json={"count": 3, "keypair": {"name": "c", "scheme": "none"}})
    assert refused.status_code == 400
    assert admin.get("/compute/keypairs").json()["total"] == 3


def test_child_is_created_under_its_parent(admin):
    made = admin.post("/compute/wires/wire0/networks", json={"network": {"name": "n", **NETWORK}})
    assert made.status_code == 200
    assert [n["name"] for n in admin.get("/compute/wires/wire0/networks").json()["networks"]] == ["n"]
    assert admin.get("/compute/zones/zone0/hosts").json() == {"hosts": []}
    assert admin.get("/compute/wires/nowhere/networks").status_code == 404


def test_relation_is_attached_shown_from_both_sides_and_detached(admin):
    host = {"name": "h1", "access_ip": "10.0.0.5", "access_mac": "52:54:00:00:00:01", "host_type": "hypervisor"}
    storage = {"name": "s1", "zone": "zone0", "storage_type": "local", "medium_type": "ssd", "capacity": 100_000}
    assert admin.post("/compute/zones/zone0/hosts", json={"host": host}).status_code == 200
    assert admin.post("/compute/storages", json={"storage": storage}).status_code == 200
    made = admin.post("/compute/hosts/h1/storages/s1", json={"hoststorage": {"mount_point": "/x"}}).json()[
        "hoststorage"
    ]
    assert (made["host"], made["storage"]) == ("h1", "s1")
    for path in ("/compute/hosts/h1/storages", "/compute/storages/s1/hosts"):
        assert [row["id"] for row in admin.get(path).json()["hoststorages"]] == [made["id"]]
    for path in ("/compute/hosts/h1/storages/s1", "/compute/storages/s1/hosts/h1"):
        assert admin.get(path).json()["hoststorage"]["id"] == made["id"]
    assert admin.delete("/compute/hosts/h1/storages/s1").json()["hoststorage"]["id"] == made["id"]
    assert admin.get("/compute/hosts/h1/storages").json() == {"hoststorages": []}
    assert admin.get("/compute/hosts/h1/storages/s1").status_code == 404


def test_unknown_actions_and_details_have_their_classes(admin):
    assert admin.post("/compute/zones/zone0/fly", json={}).json()["class"] == "ActionNotFoundError"
    assert admin.get("/compute/zones/zone0/altitude").json()["class"] == "SpecNotFoundError"
    assert admin.get("/compute/zones/distinct-field?field=name").json() == {"zone": {"name": ["zone0"]}}


def test_dotted_keys_reach_the_server_request(admin):
    admin.post("/compute/networks", json={"network": {"name": "net0", **NETWORK}})
    server = {"name": "a", "vcpu_count": "1", "vmem_size": "1g", "disk.0": "none-such:10g", "net.0": "net0"}
    answer = admin.post("/compute/servers", json={"server": server}).json()
    assert answer["class"] in ("ResourceNotFoundError", "ImageNotFoundError")
    assert "none-such" in answer["details"]


def test_image_goes_up_and_comes_down(cloud, admin):
    attributes = {
        "X-Image-Meta-Name": "m%C3%BC",
        "X-Image-Meta-Disk_format": "raw",
        "X-Image-Meta-Property-os_type": "Linux",
    }
    made = admin.post("/image/v1/images", content=DISK, headers={**OCTETS, **attributes}).json()["image"]
    assert made["size"] == len(DISK)
    early = admin.get(f"/image/v1/images/{made['id']}")
    assert (early.status_code, early.json()["class"]) == (400, "InvalidStatusError")
    cloud.settle()
    head = admin.head("/image/v1/images/mü").headers
    assert head["X-Image-Meta-Status"] == "active"
    assert head["X-Image-Meta-Name"] == "m%C3%BC"
    assert head["X-Image-Meta-Property-Os_type"] == "Linux"
    whole = admin.get("/image/v1/images/mü")
    assert (whole.status_code, whole.content) == (200, DISK)
    part = admin.get("/image/v1/images/mü", headers={"Range": "bytes=500-1499"})
    assert (part.status_code, part.content) == (206, DISK[500:1500])
    assert admin.get("/image/v1/images/mü", headers={"Range": "bytes=99999999-"}).status_code == 416


def test_deferred_upload_in_chunks(cloud, admin):
    made = admin.post("/image/v1/images", headers={"X-Image-Meta-Name": "later", "X-Image-Meta-Disk_format": "raw"})
    image = made.json()["image"]
    assert image["status"] == "queued"
    sent = admin.put(f"/image/v1/images/{image['id']}", content=iter([DISK[:700], DISK[700:]]), headers=OCTETS)
    assert sent.json()["image"]["size"] == len(DISK)
    again = admin.put(f"/image/v1/images/{image['id']}", content=DISK, headers=OCTETS)
    assert (again.status_code, again.json()["class"]) == (400, "InvalidStatusError")
    cloud.settle()
    assert admin.get("/image/v1/images/later").content == DISK


def test_image_attributes_change_by_headers_and_by_json(admin):
    admin.post("/image/v1/images", json={"image": {"name": "i"}})
    assert (
        admin.put("/image/v1/images/i", headers={"X-Image-Meta-Min_disk": "2048"}).json()["image"]["min_disk"] == 2048
    )
    changed = admin.put("/image/v1/images/i", json={"image": {"description": "d"}}).json()["image"]
    assert (changed["description"], changed["min_disk"]) == ("d", 2048)
    assert admin.get("/image/v1/images/detail").json()["images"][0]["name"] == "i"
    assert admin.head("/image/v1/images/none").status_code == 404


def test_action_log_is_paged_by_marker(cloud, admin):
    for number in range(3):
        admin.post("/compute/keypairs", json={"keypair": {"name": f"k{number}"}})
    cloud.settle()
    first = admin.get("/log/actions?limit=2").json()
    assert (len(first["actions"]), first["marker_field"], first["marker_order"]) == (2, "id", "DESC")
    assert "total" not in first
    second = admin.get(f"/log/actions?limit=2&paging_marker={first['next_marker']}").json()
    assert {row["id"] for row in first["actions"]}.isdisjoint({row["id"] for row in second["actions"]})
    assert "events" in admin.get("/compute/events?limit=1").json()


def test_probes_tell_that_the_cloud_is_ready(cloud):
    assert cloud.client.get("/readyz").json() == {"status": "ready"}


def test_every_served_type_lists_and_knows_what_it_lacks(cloud, admin):
    prefixes = {"identity": "/v3", "compute": "/compute", "image": "/image/v1", "log": "/log"}
    served = [r for r in cloud.core.resources if r.service in prefixes]
    assert len(served) > 15
    for resource in served:
        path = f"{prefixes[resource.service]}/{resource.plural}"
        for details in ("true", "false"):
            listed = admin.get(f"{path}?details={details}&limit=2")
            assert listed.status_code == 200, (path, listed.text)
            assert isinstance(listed.json()[resource.plural], list)
        missing = admin.head(f"{path}/no-such-thing")
        assert missing.status_code == 404, path
        wrong = admin.request("DELETE", path)
        assert (wrong.status_code, "GET" in wrong.headers["Allow"]) == (405, True)


def test_served_document_describes_this_cloud(cloud):
    paths = cloud.client.get("/openapi.json").json()["paths"]
    assert {"/compute/servers", "/compute/servers/{id}/disks", "/identity/v3/auth/tokens", "/image/v1/images"} <= set(
        paths
    )
    assert paths["/compute/servers"]["get"]["tags"] == ["compute"]


def test_whole_exchange_over_a_socket(cloud):
    token = cloud.login().headers["X-Subject-Token"]
    with (
        BackgroundServer(cloud.app) as server,
        httpx.Client(base_url=server.url, headers={"X-Auth-Token": token}) as client,
    ):
        sent = client.post("/image/v1/images", content=DISK, headers={**OCTETS, "X-Image-Meta-Name": "s"})
        assert sent.json()["image"]["size"] == len(DISK)
        head = client.head("/image/v1/images/s")
        raw = {name for name, _ in head.headers.raw}
        assert b"X-Image-Meta-Disk_format" in raw
        cloud.settle()
        assert client.get("/image/v1/images/s").content == DISK
