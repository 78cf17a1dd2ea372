"""The gateway as a page and as a program use it, over a whole cloud in memory."""

from __future__ import annotations

import base64
import json

import pytest
from starlette.testclient import TestClient
from tests.wire.test_cloud import DISK, OCTETS, Cloud

from cloudcore_adapters.rest.app import build_app

PAGE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


class Gateway:
    """A cloud, and somebody at its gateway with a jar of cookies."""

    def __init__(self, cloud: Cloud, *, scheme: str = "http") -> None:
        self.cloud = cloud
        self.client = TestClient(self.cloud.app, base_url=f"{scheme}://testserver")

    def login(self, headers=None, **more):
        body = {"username": "sysadmin", "password": self.cloud.password, **more}
        return self.client.post("/api/v1/auth/login", json=body, headers=headers or {})

    def shown(self) -> dict:
        text = self.client.cookies["yunionauth"]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    def make_user(
        self, name: str, project: str, role: str = "project_owner", password: str = "Secret-word-12345"
    ) -> str:
        """A user with one role in a project of its own; his password."""
        admin = self.cloud.core.platform_session("test")
        user = admin.create("users", {"name": name, "password": password, "domain_id": "default"})
        found = admin.list("projects", {"name": project, "scope": "system"}).items
        target = found[0] if found else admin.create("projects", {"name": project, "domain_id": "default"})
        admin.perform("users", user["id"], "join", {"projects": [target["id"]], "roles": [role]})
        return password


@pytest.fixture(scope="module")
def cloud():
    """One for all: each test has names of its own."""
    return Cloud()


@pytest.fixture
def gateway(cloud):
    return Gateway(cloud)


@pytest.fixture
def two(inside):
    """Ids of two projects."""
    made = inside.post("/api/v2/projects", json={"name": "pair", "__count__": 2}).json()["data"]
    return [one["id"] for one in made]


@pytest.fixture
def inside(gateway):
    assert gateway.login().status_code == 200
    return gateway.client


def test_login_form_gets_what_it_needs_and_no_names_of_tenants(gateway):
    gateway.cloud.core.platform_session("test").create("domains", {"name": "secret-customer"})
    told = gateway.client.get("/api/v1/auth/regions").json()
    assert told["regions"] == ["region0"]
    assert told["domains"] == ["Default"]
    assert (told["idps"], told["encrypt_passwd"], told["return_full_domains"]) == ([], False, False)
    assert told["api_server"] == "http://testserver"


def test_login_is_empty_text_and_cookies_that_say_who_it_is(gateway):
    answer = gateway.login()
    assert (answer.status_code, answer.content) == (200, b"")
    told = gateway.shown()
    assert told["user"] == "sysadmin"
    assert told["exp"].endswith("Z")
    assert set(told) == {
        *("exp", "session", "totp_verified", "totp_init", "totp_on", "system_totp_on", "is_sso", "user_id", "user")
    }
    jar = gateway.client.cookies
    assert (jar["scope"], jar["isadmin"], jar["region"]) == ("system", "true", "region0")
    assert jar["domain"] == "default"
    assert gateway.client.get("/api/v1/auth/user").json()["data"]["projectId"] == jar["tenant"]


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_session_is_out_of_reach_of_scripts_and_of_other_sites(cloud, scheme, secure):
    gateway = Gateway(cloud, scheme=scheme)
    cookies = {line.partition("=")[0]: line for line in gateway.login(PAGE).headers.get_list("set-cookie")}
    assert "HttpOnly" in cookies["cloudcore_session"]
    assert "SameSite=Strict" in cookies["cloudcore_session"]
    assert "HttpOnly" not in cookies["yunionauth"]
    assert all(("; Secure" in line) == secure for line in cookies.values())
    assert all("SameSite=" in line and "Max-Age=" in line for line in cookies.values())
    secret = gateway.client.cookies["cloudcore_session"]
    assert all(token not in json.dumps(gateway.shown()) for token in secret.split("~"))


def test_what_scripts_of_a_page_can_read_is_worth_nothing_elsewhere(gateway):
    gateway.login(PAGE)
    bearer = {"Authorization": f"Bearer {gateway.shown()['session']}"}
    assert gateway.client.get("/api/v2/zones", headers=bearer | PAGE).status_code == 200
    thief = TestClient(gateway.cloud.app)
    assert thief.get("/api/v2/zones", headers=bearer).status_code == 401
    thief.cookies.set("yunionauth", gateway.client.cookies["yunionauth"])
    assert thief.get("/api/v2/zones").status_code == 401


def test_program_uses_its_session_as_a_bearer(gateway):
    gateway.login()
    bearer = {"Authorization": f"Bearer {gateway.shown()['session']}"}
    elsewhere = TestClient(gateway.cloud.app)
    assert elsewhere.get("/api/v2/zones", headers=bearer).json()["data"][0]["name"] == "zone0"
    elsewhere.cookies.set("yunionauth", gateway.client.cookies["yunionauth"])
    assert elsewhere.get("/api/v2/zones").status_code == 200


OTHERS = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Referer": "http://evil.example/page"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.testserver"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://[evil"},
]


@pytest.mark.parametrize("headers", OTHERS, ids=str)
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v2/projects"), ("GET", "/api/v1/auth/logout")])
def test_page_of_another_site_can_do_nothing_with_the_cookies(gateway, headers, method, path):
    gateway.login(PAGE)
    answer = gateway.client.request(method, path, json={"name": "forged"}, headers=headers)
    assert answer.status_code == 403
    assert (
        gateway.cloud.core.platform_session("test").list("projects", {"name": "forged", "scope": "system"}).items == []
    )
    assert gateway.client.get("/api/v1/auth/user", headers=PAGE).status_code == 200


@pytest.mark.parametrize("headers", OTHERS, ids=str)
def test_page_of_another_site_can_log_nobody_in(gateway, headers):
    assert gateway.login(headers).status_code == 403


def test_cookies_count_at_the_gateway_alone(inside):
    inside.cookies.set("cloudcore_session", inside.cookies["cloudcore_session"], path="/")
    for path in ("/compute/zones", "/api/s/compute_v2/zones", "/identity/v3/users"):
        assert inside.get(path).status_code == 401


def test_wrong_password_and_unknown_user_are_answered_alike_and_set_no_cookie(gateway):
    wrong = gateway.login(password="Not-the-password-1")
    unknown = gateway.login(username="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() | {"time": ""} == unknown.json() | {"time": ""}
    assert "set-cookie" not in wrong.headers
    assert "set-cookie" not in unknown.headers


def test_guessing_at_the_gateway_locks_the_account_as_at_identity(gateway):
    password = gateway.make_user("eve", "p1")
    for _ in range(gateway.cloud.core.platform.settings.lock_rules.failures):
        assert gateway.login(username="eve", password="Wrong-guess-1234").status_code == 401
    assert gateway.login(username="eve", password=password).status_code == 401
    assert gateway.cloud.login("eve", password, "p1").status_code == 401


def test_logins_leave_nothing_in_the_gateway_that_could_grow(gateway):
    before = vars(gateway.cloud.app.router.default._site).keys()
    sizes = {
        name: len(value)
        for name, value in vars(gateway.cloud.app.router.default._site).items()
        if hasattr(value, "__len__")
    }
    for _ in range(3):
        gateway.login()
    site = gateway.cloud.app.router.default._site
    assert vars(site).keys() == before
    assert sizes == {name: len(value) for name, value in vars(site).items() if hasattr(value, "__len__")}


@pytest.mark.parametrize(("name", "typed"), [("alice", "Plain-word-12345"), ("anna", "Zürich-geheim-123")])
def test_password_may_come_in_base64(gateway, name, typed):
    password = gateway.make_user(name, "p1", password=typed)
    encoded = base64.b64encode(password.encode()).decode()
    assert gateway.login(username=name, password=encoded).status_code == 200
    assert gateway.login(username=f"p1/{name}", password=password).status_code == 200


def test_user_begins_in_the_project_where_he_can_do_most_or_where_he_was_last(gateway):
    core = gateway.cloud.core.platform_session("test")
    password = gateway.make_user("bob", "aaa")
    user = core.get("users", "bob")
    last = core.create("projects", {"name": "bbb", "domain_id": "default"})
    core.perform("users", user["id"], "join", {"projects": [last["id"]], "roles": ["domainadmin"]})
    assert gateway.login(username="bob", password=password).status_code == 200
    assert gateway.client.get("/api/v1/auth/user").json()["data"]["projectName"] == "bbb"
    assert (gateway.client.cookies["scope"], gateway.client.cookies["isadmin"]) == ("domain", "false")
    wanted = core.get("projects", "aaa")["id"]
    assert gateway.client.post("/api/v1/auth/login", json={"tenantId": wanted}).status_code == 200
    assert gateway.client.get("/api/v1/auth/user").json()["data"]["projectName"] == "aaa"
    assert gateway.client.cookies["scope"] == "project"
    assert gateway.login(username="bob", password=password).status_code == 200
    assert gateway.client.cookies["tenant"] == wanted


def test_foreign_project_cannot_be_chosen(gateway):
    password = gateway.make_user("carol", "p1")
    gateway.make_user("dave", "p2")
    foreign = gateway.cloud.core.platform_session("test").get("projects", "p2")["id"]
    gateway.login(username="carol", password=password)
    for wanted in (foreign, "no-such-project"):
        answer = gateway.client.post("/api/v1/auth/login", json={"tenantId": wanted})
        assert answer.status_code == 401
        assert "no role in this project" in answer.json()["details"]


def test_user_without_any_project_is_told_so(gateway):
    gateway.cloud.core.platform_session("test").create(
        "users", {"name": "new", "password": "Secret-word-12345", "domain_id": "default"}
    )
    answer = gateway.login(username="new", password="Secret-word-12345")
    assert (answer.status_code, answer.json()["class"]) == (403, "NoProjectError")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_logout_ends_the_session_for_whoever_has_a_copy(gateway, method):
    gateway.login()
    session = gateway.shown()["session"]
    project = gateway.client.cookies["tenant"]
    gateway.client.post("/api/v1/auth/login", json={"tenantId": project})
    later = gateway.shown()["session"]
    answer = gateway.client.request(method, "/api/v1/auth/logout")
    assert answer.status_code == 200
    assert all("Max-Age=0" in line for line in answer.headers.get_list("set-cookie"))
    assert not gateway.client.cookies
    for copy in (session, later, *session.split("~"), *later.split("~")):
        headers = {"Authorization": f"Bearer {copy}"}
        assert gateway.client.get("/api/v2/zones", headers=headers).status_code == 401
    assert gateway.client.request(method, "/api/v1/auth/logout").status_code == 200


@pytest.mark.parametrize("path", ["auth/user", "servers", "auth/permissions", "imageutils/download/x", "actions"])
def test_nothing_is_told_without_a_session(gateway, path):
    assert gateway.client.get(f"/api/v1/{path}").status_code == 401


def test_permissions_are_answered_one_by_one(gateway):
    password = gateway.make_user("mem", "p1")
    gateway.login(username="mem", password=password)
    asked = {"a": ["project", "compute", "servers", "list"], "b": ["system", "compute", "hosts", "delete"]}
    assert gateway.client.post("/api/v1/auth/permissions", json=asked).json() == {
        "a": ["compute", "servers", "list", "allow"],
        "b": ["compute", "hosts", "delete", "deny"],
    }
    wrong = gateway.client.post("/api/v1/auth/permissions", json={"c": ["everywhere", "compute", "servers", "list"]})
    assert (wrong.status_code, wrong.json()["data"]["field"]) == (400, "c")
    gateway.login()
    both = gateway.client.post("/api/v1/auth/permissions?policy=sysadmin", json={"k": asked["b"]}).json()
    assert both == {"k": ["compute", "hosts", "delete", "allow", "allow"]}


def test_own_password_is_changed_and_sessions_end(gateway):
    password = gateway.make_user("ann", "p1")
    gateway.login(username="ann", password=password)
    body = {"password_old": password, "password_new": "Another-word-678", "password_confirm": "Another-word-67"}
    assert gateway.client.post("/api/v1/auth/password", json=body).status_code == 400
    body["password_confirm"] = body["password_new"]
    assert (
        gateway.client.post("/api/v1/auth/password", json=body | {"password_old": "No-such-word-1"}).status_code == 401
    )
    old = gateway.shown()["session"]
    assert gateway.client.post("/api/v1/auth/password", json=body).status_code == 200
    assert gateway.client.get("/api/v2/zones", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert gateway.login(username="ann", password="Another-word-678").status_code == 200


def test_administrator_goes_on_as_somebody_else_in_one_project(gateway, cloud):
    gateway.make_user("played", "stage")
    assert gateway.login().status_code == 200
    admin = cloud.core.platform_session("test")
    ids = {"user_id": admin.get("users", "played")["id"], "project_id": admin.get("projects", "stage")["id"]}
    for missing in ids:
        told = gateway.client.get("/api/v1/auth/assume", params={**ids, missing: ""})
        assert (told.status_code, told.json()["class"]) == (400, "MissingParameterError")
    foreign = {"Origin": "http://evil", "Sec-Fetch-Site": "cross-site"}
    assert gateway.client.get("/api/v1/auth/assume", params=ids, headers=foreign).status_code == 403
    assert gateway.client.get("/api/v1/auth/assume", params=ids, headers=PAGE).status_code == 200
    user = gateway.client.get("/api/v1/auth/user").json()["data"]
    assert (user["name"], user["projectName"]) == ("played", "stage")
    assert gateway.client.cookies["tenant"] == ids["project_id"]
    assert gateway.client.get("/api/v1/auth/assume", params=ids).status_code == 401  # as a third
    back = gateway.client.post("/api/v1/auth/login", json={"tenantId": admin.get("projects", "system")["id"]})
    assert back.status_code == 401
    gateway.client.get("/api/v1/auth/logout")
    assert gateway.client.get("/api/v1/auth/assume", params=ids).status_code == 401
    gateway.login()
    named = {"user_id": "played", "project_id": "stage"}
    assert gateway.client.get("/api/v1/auth/assume", params=named).status_code == 200


def test_what_has_no_part_here_says_so_and_leads_nowhere(gateway):
    for path in (
        "sso/redirect/x?idp_nonsso=http://evil.example",
        "idp/x/info",
        "oidc/auth?redirect_uri=//evil",
        "captcha",
    ):
        answer = gateway.client.get(f"/api/v1/auth/{path}", follow_redirects=False)
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError")
        assert "location" not in answer.headers
    assert gateway.client.get("/api/v1/auth/captcha").status_code == 406
    for more in ({"idp_driver": "saml"}, {"verify_code": "1", "uid": "x"}):
        assert gateway.login(**more).status_code == 406


def test_lists_and_details_come_without_envelopes(inside):
    page = inside.get("/api/v2/zones?limit=1").json()
    assert [zone["name"] for zone in page["data"]] == ["zone0"]
    assert (page["total"], page["limit"]) == (1, 1)
    assert inside.get("/api/v1/zones?name=none").json() == {"data": []}
    assert inside.get(f"/api/v1/zones/{page['data'][0]['id']}").json()["name"] == "zone0"
    assert inside.get("/api/v2/zones/distinct-field?field=name").json() == {"name": ["zone0"]}
    assert inside.get("/api/v2/rpc/zones/statistics").json() == inside.get("/api/v2/zones/statistics").json()
    assert inside.get("/api/v2/quotas").json()["data"]
    assert "marker_field" in inside.get("/api/v2/actions").json()


def test_life_of_a_resource_without_envelopes(inside):
    made = inside.post("/api/v2/projects", json={"name": "p9", "description": "old"}).json()
    assert made["name"] == "p9"
    path = f"/api/v2/projects/{made['id']}"
    assert inside.put(path, json={"description": "new"}).json()["description"] == "new"
    assert inside.post(f"{path}/user-metadata", json={"env": "prod"}).status_code == 200
    assert inside.get(f"{path}/metadata").json() == {"user:env": "prod"}
    assert inside.get(f"/api/v2/rpc/projects/{made['id']}/metadata").json() == {"user:env": "prod"}
    assert inside.delete(path).json()["id"] == made["id"]
    assert inside.get(path).status_code == 404


def test_several_are_made_at_once(inside):
    answer = inside.post("/api/v2/projects", json={"name": "many", "__count__": 3})
    assert answer.status_code == 207
    assert [one["data"]["name"] for one in answer.json()["data"]] == ["many", "many-2", "many-3"]
    assert all(one["status"] == 200 and one["id"] == one["data"]["id"] for one in answer.json()["data"])
    single = inside.post("/api/v2/projects", json={"name": "one", "__count__": 1})
    assert (single.status_code, single.json()["name"]) == (200, "one")


@pytest.mark.parametrize("how", ["?id={0}&id={1}&id=none", "?id.0={0}&id.1={1}&id.2=none", "?ids={0},{1},none", ""])
def test_many_ids_get_an_answer_each(inside, two, how):
    a, b = two
    body = {"description": "both", **({} if how else {"ids": [a, b, "none"]})}
    answer = inside.put(f"/api/v2/projects{how.format(a, b)}", json=body)
    assert answer.status_code == 207
    assert [(one["id"], one["status"]) for one in answer.json()["data"]] == [(a, 200), (b, 200), ("none", 404)]
    assert answer.json()["data"][0]["data"]["description"] == "both"
    assert answer.json()["data"][2]["data"]["class"] == "ResourceNotFoundError"
    gone = inside.delete(f"/api/v2/projects?id={a}&id={b}&id={a}")
    assert [one["status"] for one in gone.json()["data"]] == [200, 200]


def test_actions_and_details_of_many(inside, two):
    a, b = two
    body = {"env": "prod", "batch_params": {b: {"env": "test"}}}
    answer = inside.post(f"/api/v2/projects/user-metadata?id={a}&id={b}", json=body)
    assert [one["status"] for one in answer.json()["data"]] == [200, 200]
    assert inside.get(f"/api/v2/projects/{a}/metadata").json() == {"user:env": "prod"}
    assert inside.get(f"/api/v2/projects/{b}/metadata").json() == {"user:env": "test"}
    details = inside.get(f"/api/v2/projects?id={a}&id={b}&batchGet=true").json()
    assert [one["id"] for one in details["data"]] == two
    assert inside.post(f"/api/v2/projects?id={a}&id={b}", json={}).status_code == 400


def test_batch_under_a_key_happens_once(inside):
    headers = {"Idempotency-Key": "k1"}
    first = inside.post("/api/v2/projects", json={"name": "idem"}, headers=headers).json()
    assert inside.post("/api/v2/projects", json={"name": "idem"}, headers=headers).json()["id"] == first["id"]
    other = inside.post("/api/v2/projects", json={"name": "idem2"}).json()["id"]
    path = f"/api/v2/projects/user-metadata?id={first['id']}&id={other}"
    for _ in range(2):
        answer = inside.post(path, json={"env": "x"}, headers={"Idempotency-Key": "k2"})
        assert [one["status"] for one in answer.json()["data"]] == [200, 200]


def test_relations_and_children_are_reached_as_below_their_services(inside):
    tag = inside.post("/api/v2/schedtags", json={"name": "fast", "resource_type": "zones"}).json()["id"]
    other = inside.post("/api/v2/schedtags", json={"name": "slow", "resource_type": "zones"}).json()["id"]
    joined = inside.post(f"/api/v2/zones/zone0/schedtags/{tag}", json={})
    assert joined.status_code == 200
    assert joined.json()["schedtag_id"] == tag
    assert [row["schedtag_id"] for row in inside.get("/api/v2/zones/zone0/schedtags").json()["data"]] == [tag]
    many = inside.post(f"/api/v2/zones/zone0/schedtags?id={other}&id=none", json={})
    assert [one["status"] for one in many.json()["data"]] == [200, 404]
    gone = inside.delete(f"/api/v2/zones/zone0/schedtags?id={tag}&id={other}")
    assert [one["status"] for one in gone.json()["data"]] == [200, 200]
    wire = inside.post("/api/v2/zones/zone0/wires", json={"name": "w9", "vpc": "default"})
    assert (wire.status_code, wire.json()["name"]) == (200, "w9")
    networks = inside.get("/api/v2/wires/w9/networks").json()
    assert networks == {"data": []}


def test_numbers_of_pages_come_without_envelopes(inside):
    for path in ("usages", "rpc/usages/general-usage", "usages/zones/zone0"):
        told = inside.get(f"/api/v2/{path}").json()
        assert told, path
        assert all(isinstance(number, int) for number in told.values()), path
    (told,) = inside.get("/api/v2/capabilities?scope=system").json()["data"]
    assert told["hypervisors"] == []
    assert told["storage_types"] == inside.get("/api/v2/rpc/zones/zone0/get-capability").json()["storage_types"]
    assert "hosts" in inside.get("/api/v2/specs").json()
    assert inside.get("/api/v2/archivedtasks").json()["data"] == []


def test_answers_with_secrets_are_kept_by_no_cache(gateway):
    assert gateway.login().headers["cache-control"] == "no-store"
    assert gateway.client.get("/api/v1/auth/user").headers["cache-control"] == "no-store"
    assert gateway.client.get("/api/v1/auth/logout").headers["cache-control"] == "no-store"


def test_too_many_ids_are_refused(inside):
    answer = inside.put("/api/v2/projects", json={"ids": [str(number) for number in range(501)]})
    assert (answer.status_code, answer.json()["data"]["field"]) == (400, "id")


def test_lists_are_saved_as_files_that_no_spreadsheet_computes(inside):
    inside.post("/api/v2/projects", json={"name": "p", "description": "=1+1"})
    answer = inside.get("/api/v2/projects?name=p&export_keys=name,description&export_texts=Name,About")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.splitlines() == ["Name,About", "p,'=1+1"]


@pytest.mark.parametrize("path", ["nothing", "servers/a/b/c/d/e/f/g", "secrets", "history", "rpc/servers", "rpc"])
def test_unknown_paths_are_unknown(inside, path):
    assert inside.get(f"/api/v2/{path}").status_code == 404


def test_unknown_versions_and_methods_are_refused(inside):
    assert inside.get("/api/v3/zones").status_code == 404
    answer = inside.get("/api/v1/auth/login")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert inside.delete("/api/v2/zones").status_code == 405


def test_image_is_downloaded_by_the_session_and_not_by_a_token_in_the_url(inside, gateway):
    token = gateway.client.cookies["cloudcore_session"].split("~")[1]
    headers = OCTETS | {"X-Image-Meta-Name": "i", "X-Image-Meta-Disk_format": "raw", "X-Auth-Token": token}
    image = inside.post("/api/s/image/v1/images", content=DISK, headers=headers).json()["image"]
    gateway.cloud.settle()
    answer = inside.get(f"/api/v1/imageutils/download/{image['id']}", headers={"Range": "bytes=510-511"})
    assert (answer.status_code, answer.content) == (206, b"\x55\xaa")
    shown = inside.get(f"/api/v2/images/{image['id']}").json()
    assert shown["name"] == "i"
    stranger = TestClient(gateway.cloud.app)
    assert stranger.get(f"/api/v1/imageutils/download/{image['id']}?token={token}").status_code == 401


def test_headers_that_claim_to_be_somebody_change_nothing(gateway):
    password = gateway.make_user("low", "p1")
    gateway.login(username="low", password=password)
    claims = dict.fromkeys(("X-User-Id", "X-Roles", "X-Project-Id", "X-Is-Admin", "X-Domain-Id"), "sysadmin")
    claims |= {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Prefix": "/compute", "X-Original-URL": "/compute/hosts"}
    told = gateway.client.get("/api/v1/auth/user", headers=claims).json()["data"]
    assert told["name"] == "low"
    assert gateway.client.get("/api/v2/hosts?scope=system", headers=claims).status_code == 403


@pytest.mark.parametrize(
    "service", ["http:%2F%2F127.0.0.1:1", "127.0.0.1:1", "internal", "gateway", "..", "file:", "@evil"]
)
def test_proxied_service_is_one_of_ours_and_never_an_address(inside, service, gateway):
    token = gateway.client.cookies["cloudcore_session"].split("~")[1]
    answer = inside.get(f"/api/s/{service}/zones", headers={"X-Auth-Token": token})
    assert answer.status_code == 404


def test_place_without_a_gateway_has_none(cloud):
    client = TestClient(build_app(cloud.core, prefixes={"identity": "/identity", "compute": "/compute"}))
    assert client.get("/api/v1/auth/regions").status_code == 404


def test_gateway_is_in_the_catalogue(gateway):
    catalog = gateway.cloud.login().json()["token"]["catalog"]
    (found,) = [service for service in catalog if service["type"] == "yunionapi"]
    assert found["name"] == "apigateway"
    assert {one["interface"] for one in found["endpoints"]} == {"public", "internal"}
