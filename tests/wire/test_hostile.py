"""Whatever a stranger sends, the answer is a clean refusal: never a 5xx, never a hang, never an echo of a secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.effort import examples

from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.rest.app import build_app

WORDS = st.sampled_from(
    [
        *("compute", "identity", "image", "log", "scheduler", "v1", "v2", "v3", "v2.0", "api", "s", "r", "z", "auth"),
        *(
            "tokens",
            "servers",
            "disks",
            "networks",
            "zones",
            "hosts",
            "images",
            "users",
            "projects",
            "roles",
            "keypairs",
        ),
        *(
            "detail",
            "statistics",
            "distinct-field",
            "status",
            "metadata",
            "zone0",
            "sysadmin",
            "system",
            "..",
            ".",
            "%2e",
        ),
        *(
            "start",
            "public",
            "enable",
            "purge",
            "check-create-data",
            "images%2F..%2F",
            "a'--",
            "%00",
            "%ff",
            "😀",
            "{id}",
        ),
    ]
)
PATHS = st.lists(WORDS, max_size=8).map(lambda words: "/" + "/".join(words))
QUERIES = st.sampled_from(
    [
        *(
            "",
            "limit=-1",
            "limit=1e9",
            "offset=99999999999999999999",
            "order_by=password",
            "filter=((",
            "filter=id.in()",
        ),
        *("field=%00", "a.0=1&a.1=2", "a.5=1", "search=%25_%5C", "scope=galaxy", "scope=system", "paging_marker=%ff"),
        *(
            "joint_filter=x",
            "tags.0.key=user:a",
            "name=a&name=b",
            "project_id[]=x",
            "details",
            "since=yesterday",
            "&&=&",
        ),
        *(
            "order=sideways",
            "pending_delete=maybe",
            "show_emulated=2",
            "zone=none",
            "summary_stats=true",
            "id=" + "x" * 300,
        ),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
BODIES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "server",
                    "servers",
                    "user",
                    "keypair",
                    "image",
                    "network",
                    "auth",
                    "name",
                    "count",
                    "id",
                    "disks",
                    "nets",
                    "disk.0",
                    "net.0",
                    "metadata",
                    "__meta__",
                    "domain_id",
                    "identity",
                    "methods",
                    "password",
                    "scope",
                    "project",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def client():
    cloud, password = memory_cloud()
    client = TestClient(build_app(cloud))
    user = {"domain": {"name": "Default"}, "name": "sysadmin", "password": password}
    scope = {"project": {"name": "system", "domain": {"name": "Default"}}}
    auth = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    client.headers["X-Auth-Token"] = client.post("/v3/auth/tokens", json=auth).headers["X-Subject-Token"]
    return client


def check(answer) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.content:
        body = answer.json()
        assert body["code"] == answer.status_code
        assert {"class", "details", "time"} <= set(body)


@settings(max_examples=examples(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), PATHS, QUERIES, BODIES)
def test_no_request_breaks_the_door(client, method, path, query, body):
    content = None if body is None else json.dumps(body)
    check(client.request(method, f"{path}?{query}", content=content, headers={"Content-Type": "application/json"}))


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(["keypair", "network", "server", "image", "zone", "user", "project"]), BODIES, QUERIES)
def test_no_create_breaks_the_core(client, singular, inner, query):
    prefix = {"image": "/image/v1", "user": "/v3", "project": "/v3"}.get(singular, "/compute")
    content = json.dumps({singular: inner if isinstance(inner, dict) else {"name": inner}})
    headers = {"Content-Type": "application/json"}
    check(client.post(f"{prefix}/{singular}s?{query}", content=content, headers=headers))


@settings(max_examples=examples(50), deadline=None)
@given(st.sampled_from(["/v3/auth/tokens", "/v2.0/tokens"]), BODIES)
def test_no_login_breaks_the_door(client, path, body):
    check(client.post(path, content=json.dumps({"auth": body})))


@settings(max_examples=examples(30), deadline=None)
@given(
    st.sampled_from(
        [
            "X-Auth-Token",
            "X-Subject-Token",
            "X-Request-Id",
            "Idempotency-Key",
            "Range",
            "Content-Encoding",
            "Host",
            "X-Image-Meta-Name",
            "X-Image-Meta-Size",
            "X-Image-Meta-Property-A",
            "X-Image-Meta-Metadata",
            "Content-Type",
        ]
    ),
    st.binary(max_size=40).filter(lambda value: not set(value) & {0, 10, 13}),
)
def test_no_header_breaks_the_door(client, name, value):
    check(client.post("/image/v1/images", headers={name: value}))
    check(client.get("/v3/auth/tokens", headers={name: value}))
    check(client.get("/image/v1/images/none", headers={name: value}))


@pytest.mark.parametrize("path", ["/compute/servers/" + "x" * 256, "/compute/" + "a/" * 40, "/" + "%41" * 2000])
def test_monstrous_paths_are_refused(client, path):
    check(client.get(path))
