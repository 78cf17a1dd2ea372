"""The action log as services and people use it, over a whole cloud in memory."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.wire.test_cloud import Cloud

EVENT = {
    "obj_type": "vm",
    "obj_id": "vm-1",
    "obj_name": "web",
    "action": "migrate",
    "user_id": "u-77",
    "user": "somebody",
    "success": True,
    "notes": "moved to node-2",
    "service": "other",
}


class Log:
    """A cloud, and what its people ask of its log."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.tokens: dict[str, str] = {"admin": self.cloud.login().headers["X-Subject-Token"]}
        for name in ("ann", "bob"):
            self._make(name)

    def _make(self, name: str) -> None:
        core = self.cloud.core.platform_session("test")
        for kind in ("projects", "users"):
            body = {"name": name, "domain_id": "default"}
            core.create(kind, body | ({"password": "Secret-word-12345"} if kind == "users" else {}))
        core.perform("users", name, "join", {"projects": [name], "roles": ["project_owner"]})
        self.tokens[name] = self.cloud.login(name, "Secret-word-12345", name).headers["X-Subject-Token"]

    def ask(self, who: str, method: str, path: str, body=None):
        client: TestClient = self.cloud.client
        return client.request(method, f"/log{path}", json=body, headers={"X-Auth-Token": self.tokens[who]})

    def bring(self, who: str, **more):
        return self.ask(who, "POST", "/actions", {"action": {**EVENT, **more}})

    def rows(self, who: str, query: str) -> list[dict]:
        answer = self.ask(who, "GET", f"/actions?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["actions"]

    def me(self, who: str) -> dict:
        """What a person may say of himself."""
        headers = {"X-Auth-Token": self.tokens[who], "X-Subject-Token": self.tokens[who]}
        token = self.cloud.client.get("/v3/auth/tokens", headers=headers).json()["token"]
        return {"user_id": token["user"]["id"], "user": who}


@pytest.fixture(scope="module")
def log():
    """One for all: each test has names of its own."""
    return Log()


def test_record_that_a_service_brings_is_listed_as_it_was_sent(log):
    answer = log.bring("admin", obj_id="as-sent", severity="error", kind="abnormal", tenant_id="t1", tenant="team")
    assert answer.status_code == 200
    assert answer.json()["action"]["action"] == "migrate"
    (row,) = log.rows("admin", "obj_id=as-sent&scope=system")
    told = {"user": "somebody", "user_id": "u-77", "tenant": "team", "project_id": "t1", "notes": EVENT["notes"]}
    told |= {"severity": "ERROR", "kind": "ABNORMAL", "success": True, "service": "other", "obj_name": "web"}
    assert told.items() <= row.items()
    assert row["recorded_by"]
    assert isinstance(row["id"], int)


@pytest.mark.parametrize("missing", ["obj_type", "obj_id", "obj_name", "action", "user_id", "user", "success"])
def test_needed_parts_are_named_and_nothing_is_kept_without_them(log, missing):
    before = log.rows("admin", "limit=1&scope=system")[0]["id"]
    answer = log.ask("admin", "POST", "/actions", {"action": {k: v for k, v in EVENT.items() if k != missing}})
    assert (answer.status_code, answer.json()["class"]) == (400, "MissingParameterError")
    assert answer.json()["data"]["field"] == missing
    assert log.rows("admin", "limit=1&scope=system")[0]["id"] == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("success", "perhaps"),
        ("severity", "loud"),
        ("kind", "odd"),
        ("obj_type", "x" * 41),
        ("action", "a\x00b"),
        ("notes", "x" * 70_000),
        ("start_time", "yesterday"),
        ("obj_id", {"a": 1}),
    ],
)
def test_wrong_parts_are_named(log, field, value):
    answer = log.ask("admin", "POST", "/actions", {"action": EVENT | {field: value}})
    assert (answer.status_code, answer.json()["data"]["field"]) == (400, field)


def test_people_record_what_they_do_and_nothing_of_others(log):
    assert log.bring("ann", obj_id="own", **log.me("ann")).status_code == 200
    (row,) = log.rows("ann", "obj_id=own")
    assert (row["user"], row["tenant"]) == ("ann", "ann")
    for claim in ({}, log.me("bob"), log.me("ann") | {"tenant": "bob"}, log.me("ann") | {"owner_tenant_id": "x"}):
        answer = log.bring("ann", obj_id="forged", **claim)
        assert answer.status_code == 403
    assert log.rows("admin", "obj_id=forged&scope=system") == []


def test_what_is_brought_cannot_look_like_a_change_of_a_resource(log):
    notes = {"before": {"status": "running"}, "after": {"status": "gone"}, "status": "gone", "id": 1}
    log.bring("admin", obj_id="posing", notes=notes)
    (row,) = log.rows("admin", "obj_id=posing&scope=system")
    assert row["notes"] == notes
    (record,) = log.ask("admin", "GET", "/history?after=0&limit=2048&obj_id=posing").json()["history"]
    assert record["after"]["notes"] == notes
    assert "status" not in record["after"]
    assert "before" not in record
    assert row["id"] != 1


def test_projects_see_their_own_and_administrators_everything(log):
    log.bring("ann", obj_id="seen", **log.me("ann"))
    assert len(log.rows("ann", "obj_id=seen")) == 1
    assert log.rows("bob", "obj_id=seen") == []
    assert len(log.rows("admin", "obj_id=seen&scope=system")) == 1
    assert log.ask("bob", "GET", "/actions?scope=system").status_code == 403
    assert log.ask("bob", "GET", "/actions/distinct-field?field=action&scope=system").status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_log_only_grows(log, method):
    log.bring("admin", obj_id=f"kept-{method}")
    (row,) = log.rows("admin", f"obj_id=kept-{method}&scope=system")
    assert log.ask("admin", method, f"/actions/{row['id']}", {"action": {"notes": "other"}}).status_code == 405
    assert log.ask("admin", method, "/actions", {}).status_code == 405
    refused = log.ask("admin", "POST", "/actions/purge-splitable", {"actions": {"tables": ["history"]}})
    assert (refused.status_code, refused.json()["class"]) == (406, "NotSupportedError")
    assert log.rows("admin", f"obj_id=kept-{method}&scope=system") == [row]


FILTERS = [
    ("user=somebody", {"user": "somebody"}),
    ("user_id=u-77", {"user_id": "u-77"}),
    ("severity=warn", {"severity": "WARN"}),
    ("severity=ERROR&severity=INFO", {"severity": "ERROR"}),
    ("kind=ILLEGAL", {"kind": "ILLEGAL"}),
    ("tenant=team-f", {"tenant": "team-f"}),
    ("project_id=pid-f", {"project_id": "pid-f"}),
    ("domain=dom-f", {"domain": "dom-f"}),
    ("ip=10.9.8.7", {"ip": "10.9.8.7"}),
    ("success=false", {"success": False}),
    ("obj_name=name-f", {"obj_name": "name-f"}),
    ("action=deploy-f", {"action": "deploy-f"}),
    ("service=svc-f", {"service": "svc-f"}),
    ("owner_project_ids=own-f", {"owner_tenant_id": "own-f"}),
    ("owner_domain_ids.0=owd-f", {"owner_domain_id": "owd-f"}),
    ("is_system_account=true", None),
]


@pytest.fixture(scope="module")
def filled(log):
    """Some records that differ, and one that is like none of them."""
    more = {"tenant": "team-f", "tenant_id": "pid-f", "domain": "dom-f", "ip": "10.9.8.7", "obj_name": "name-f"}
    more |= {"action": "deploy-f", "service": "svc-f", "owner_tenant_id": "own-f", "owner_domain_id": "owd-f"}
    log.bring("admin", obj_id="filter", success=False, severity="ERROR", kind="ILLEGAL", **more)
    log.bring("admin", obj_id="filter", severity="WARN", **more)
    log.bring("admin", obj_id="filter", user="another", user_id="u-78", severity="NOTICE", obj_name="plain")
    return log


@pytest.mark.parametrize(("query", "like"), FILTERS, ids=[query for query, _ in FILTERS])
def test_filters_narrow_the_log(filled, query, like):
    rows = filled.rows("admin", f"obj_id=filter&scope=system&{query}")
    if like is None:
        assert rows == []
        return
    assert 1 <= len(rows) < 3
    assert any(like.items() <= row.items() for row in rows)


def test_times_narrow_the_log(filled):
    assert filled.rows("admin", "obj_id=filter&scope=system&until=2001-01-01") == []
    assert len(filled.rows("admin", "obj_id=filter&scope=system&since=2001-01-01 10:00:00")) == 3
    assert filled.ask("admin", "GET", "/actions?since=never").json()["data"]["field"] == "since"


def test_pages_go_on_by_marker_in_both_directions(filled):
    for order in ("DESC", "ASC"):
        seen, marker = [], ""
        for _ in range(5):
            page = filled.ask(
                "admin",
                "GET",
                f"/actions?obj_id=filter&scope=system&limit=2&paging_order={order}&paging_marker={marker}",
            ).json()
            seen += [row["id"] for row in page["actions"]]
            assert (page["marker_field"], page["marker_order"]) == ("id", order)
            marker = page["next_marker"]
            if not marker:
                break
        assert len(seen) == 3
        assert seen == sorted(seen, reverse=order == "DESC")


def test_properties_of_the_whole_log(filled):
    told = filled.ask("admin", "GET", "/actions/distinct-field?field=action&scope=system").json()["action"]
    assert {"migrate", "deploy-f", "create"} <= set(told["action"])
    assert filled.ask("admin", "GET", "/actions/distinct-field?field=user_id").json()["data"]["field"] == "field"
    (table,) = filled.ask("admin", "GET", "/actions/splitable?scope=system").json()["action"]
    assert table["end"] - table["start"] + 1 >= table["rows"] > 3
    assert filled.ask("admin", "GET", "/actions/splitable-export").status_code == 406
    assert filled.ask("admin", "GET", "/actions/nothing").status_code == 404
    assert filled.ask("admin", "POST", "/actions/nothing").status_code == 404


def test_record_under_a_key_is_brought_once(log):
    headers = {"X-Auth-Token": log.tokens["admin"], "Idempotency-Key": "event-1"}
    for _ in range(2):
        answer = log.cloud.client.post("/log/actions", json={"action": EVENT | {"obj_id": "once"}}, headers=headers)
        assert answer.status_code == 200
    assert len(log.rows("admin", "obj_id=once&scope=system")) == 1


def test_library_brings_and_reads_records(log):
    session = log.cloud.core.login("sysadmin", log.cloud.password, project="system")
    session.create("actions", EVENT | {"obj_id": "library"})
    (row,) = session.list("actions", {"obj_id": "library"}).items
    assert row["user"] == "somebody"


def test_filters_and_searches_of_clients_narrow_the_log(log):
    log.bring("admin", obj_id="sought-1", obj_name="one", action="boot")
    log.bring("admin", obj_id="sought-2", obj_name="two", action="halt", owner_tenant_id="gone")
    ids = {row["obj_id"]: row["id"] for row in log.rows("admin", "search=sought-")}
    assert set(ids) == {"sought-1", "sought-2"}
    first = [{"sought-1"}, {"sought-2"}, set()]
    for query, found in (
        ("filter=action.equals(boot)", first[0]),
        ("filter=action.in(boot,halt)&filter=obj_name.contains(two)", first[1]),
        ("filter=action.equals(boot)&filter=obj_name.equals(two)&filter_any=true", first[0] | first[1]),
        (f"filter=id.equals({ids['sought-2']})", first[1]),
        ("filter=ops_time.lt(2001-01-01)", first[2]),
        ("obj=one", first[0]),
        ("obj=sought-2", first[1]),
    ):
        assert {row["obj_id"] for row in log.rows("admin", f"{query}&search=sought-")} == found, query
    for wrong in ("filter=before.equals(1)", "filter=action", "filter=nothing.equals(1)"):
        assert log.ask("admin", "GET", f"/actions?{wrong}").status_code == 400, wrong


def test_owners_are_named_by_id_or_name(log):
    by_name = log.rows("admin", "owner_domain_ids.0=Default&limit=2000")
    assert by_name == log.rows("admin", "owner_domain_ids.0=default&limit=2000") != []
    assert log.bring("ann", **log.me("ann"), obj_id="of-ann").status_code == 200
    project = log.rows("ann", "obj_id=of-ann")[0]["owner_tenant_id"]
    assert "of-ann" in {row["obj_id"] for row in log.rows("admin", "owner_project_ids.0=ann")}
    assert log.rows("admin", "owner_project_ids.0=ann") == log.rows("admin", f"owner_project_ids.0={project}")
    assert log.rows("admin", "owner_project_ids.0=nobody") == []


def test_who_has_just_done_something_finds_it_in_the_log(log):
    session = log.cloud.core.login("sysadmin", log.cloud.password, project="system")
    for number in range(3):
        made = session.create("keypairs", {"name": f"just-{number}"})
        assert [row["action"] for row in session.list("actions", {"obj_id": made["id"]}).items] == ["create"]
        session.update("keypairs", made["id"], {"description": "changed"})
        assert [row["action"] for row in log.rows("admin", f"obj_id={made['id']}")] == ["update", "create"]
