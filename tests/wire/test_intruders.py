"""Attacks on what is somebody else's, through lists, nested ids and answers that tell too much, on every type.

`test_weakened.py` sees each succeed on a weakened copy.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import httpx
import pytest
from tests.wire.attacks import target
from tests.wire.every_type import SERVED, Place, ident, named, owned_by_projects, url
from tests.wire.exchange import SECRET

from cloudcore.cloud import TYPES
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import ActionKind, Resource, Verb, field_map, refs_of

TYPES_OF_OTHERS = tuple(
    r for r in SERVED if r.level.name in ("PROJECT", "USER") and r.plural not in ("cachedimages", "tasks")
)
"""Whose rows belong to one project or user. Cached images are the platform's copies, which everybody may use."""

INJECTIONS = (
    "' OR '1'='1",
    "x'; DROP TABLE compute_keypairs; --",
    "id) OR (1=1",
    "name\x00",
    "a.b.c",
    "(select 1)",
    "%27",
)


@pytest.fixture(scope="module")
def place() -> Place:
    place = Place()
    place.make("project", {"name": "evil"})
    place.make("user", {"name": "eve", "password": SECRET})
    for role in ("project_owner",):
        path = f"/v3/projects/evil/users/eve/roles/{role}"
        assert place.ask("admin", "PUT", path, json={}).status_code == 200
    place.tokens["eve"] = place.login("eve", SECRET, "evil")
    return place


def told(answer: httpx.Response, key: str) -> tuple[int, Any]:
    """What an answer tells, without the id that was asked for, the time and the request's number."""
    if not answer.content:
        return answer.status_code, None
    body = answer.json()
    shown = (
        {name: body.get(name) for name in ("class", "code", "details", "data")} if answer.status_code >= 400 else body
    )
    return answer.status_code, re.sub(r"[0-9a-f]{16}", "", json.dumps(shown, sort_keys=True)).replace(key, "ID")


def requests_on(resource: Resource[Any], key: str) -> list[tuple[str, str, Any]]:
    """Everything that can be asked of one resource."""
    one = url(resource, key)
    asked: list[tuple[str, str, Any]] = [("GET", one, None), ("HEAD", one, None)]
    asked += [("GET", f"{one}/{word}", None) for word in ("metadata", "status")]
    asked += [(method, one, {"name": "taken"}) for method in ("PUT", "PATCH") if Verb.UPDATE in resource.verbs]
    asked += [("DELETE", one, {})] if Verb.DELETE in resource.verbs else []
    for action in resource.actions:
        if action.kind is ActionKind.PERFORM:
            asked.append(("POST", f"{one}/{action.name}", {}))
        elif action.kind is ActionKind.SPEC:
            asked.append(("GET", f"{one}/{action.name}", None))
    ladder = ("user-metadata", "set-user-metadata", "public", "freeze", "change-owner", "cancel-delete", "purge")
    asked += [("POST", f"{one}/{word}", {"project": "evil"}) for word in ladder]
    for other in SERVED:
        if any(field.ref is not None and field.ref.target == resource.plural for field in refs_of(other.entity)):
            asked += [("GET", f"{one}/{other.plural}", None), ("GET", f"{one}/{other.plural}/x", None)]
    return asked


def everything(place: Place) -> dict[str, Any]:
    with place.place.cloud.platform.uow.read() as tx:
        return {r.plural: {row.id: row for row in tx.of(r, PLATFORM).find()} for r in TYPES if r.service != "internal"}


def test_what_is_anothers_is_answered_like_what_is_not_there(place: Place) -> None:
    before = everything(place)
    for resource in TYPES_OF_OTHERS:
        theirs, nothing = ident(resource, 1), ident(resource, 9)
        for (method, path, body), (_, missing, _) in zip(
            requests_on(resource, theirs), requests_on(resource, nothing), strict=True
        ):
            answer = place.ask("eve", method, path, json=body)
            assert answer.status_code in (403, 404, 405, 406), (method, path, answer.text)
            other = place.ask("eve", method, missing, json=body)
            assert told(answer, theirs) == told(other, nothing), (method, path, answer.text, other.text)
    assert {plural: list(rows) for plural, rows in everything(place).items()} == {p: list(r) for p, r in before.items()}


def test_what_is_anothers_is_in_no_list(place: Place) -> None:
    for resource in TYPES_OF_OTHERS:
        narrowed = [f"id={ident(resource, 1)}", "search=row-", "filter=id.startswith(row-)", "pending_delete=all", ""]
        narrowed += [f"{field.name}={ident(t, 1)}" for field in refs_of(resource.entity) for t in _targets(field)]
        for query in narrowed:
            listed = place.ask("eve", "GET", f"{url(resource)}?details=false&force_no_paging=true&{query}")
            assert listed.status_code in (200, 403), (resource.plural, query, listed.text)
            assert '"row-' not in json.dumps(listed.json().get(resource.plural, [])), (resource.plural, query)
        counted = place.ask("eve", "GET", f"{url(resource, 'distinct-field')}?field=id")
        assert '"row-' not in counted.text, resource.plural


def _targets(field: Any) -> list[Resource[Any]]:
    return [resource for resource in SERVED if resource.plural == field.ref.target]


def test_others_rows_are_not_guessed_through_relations(place: Place) -> None:
    own = place.ask("eve", "POST", "/compute/keypairs", json={"keypair": {"name": "mine"}}).json()["keypair"]
    for resource in TYPES_OF_OTHERS:
        if resource.plural == "keypairs":
            continue
        for name in ("id", "name"):
            if name not in field_map(resource.entity):
                continue
            guess = f"joint_filter={resource.plural}.{name}(id).id.startswith(row-)"
            answer = place.ask("eve", "GET", f"/compute/keypairs?{guess}")
            assert answer.status_code in (403, 404) or answer.json() == {"keypairs": []}, (resource.plural, answer.text)
    place.ask("eve", "DELETE", f"/compute/keypairs/{own['id']}")


def test_nobody_builds_on_what_is_anothers(place: Place) -> None:
    for resource in SERVED:
        if Verb.CREATE not in resource.verbs or resource.plural in ("servers", "images"):
            continue
        for field in refs_of(resource.entity):
            ref = field.ref
            if ref is None or not field.spec.create or ref.target not in {r.plural for r in TYPES_OF_OTHERS}:
                continue
            for key in (f"row-{ref.target}-1", f"row-{ref.target}-9"):
                body = {resource.singular: {"name": "built", field.name: key}}
                answer = place.ask("eve", "POST", url(resource), json=body)
                if resource.joint is not None:
                    assert answer.status_code == 405, "relations are made between their sides alone"
                    continue
                assert answer.status_code in (400, 403, 404), (resource.plural, field.name, answer.text)
                assert answer.status_code != 200


def test_names_of_columns_and_values_are_no_language(tmp_path: Any) -> None:
    cloud = target(tmp_path)
    for name in ("one", "two_", "100%", "1000"):
        assert cloud.create("bob", "keypairs", {"name": name}).status_code == 200
    for text in INJECTIONS:
        for key in ("order_by", "filter", "joint_filter", "@", "field"):
            query = {f"@{text}": "1"} if key == "@" else {key: f"{text}.equals(1)" if key == "filter" else text}
            answer = cloud.client.get(
                cloud.url("keypairs"), params=query, headers={"X-Auth-Token": cloud.tokens["bob"]}
            )
            harmless = key == "field" and set(map(tuple, answer.json().get("keypairs", []))) <= {()}
            assert harmless or answer.status_code in (400, 404), (key, text, answer.text)
        for key in ("name", "search", "id"):
            answer = cloud.client.get(
                cloud.url("keypairs"), params={key: text}, headers={"X-Auth-Token": cloud.tokens["bob"]}
            )
            assert answer.status_code in (200, 400)
            assert answer.json().get("keypairs", []) == [], (key, text)
    for wanted, found in (
        ("contains(%25)", ["100%"]),
        ("contains(_)", ["two_"]),
        ("startswith(o_e)", []),
        ("like(100\\%25)", ["100%"]),
    ):
        answer = cloud.ask("bob", "GET", f"{cloud.url('keypairs')}?filter=name.{wanted}")
        assert [row["name"] for row in answer.json()["keypairs"]] == found, wanted
    assert len(cloud.rows("keypairs")) == 4


def test_a_hidden_value_orders_and_counts_nothing(place: Place) -> None:
    for resource in SERVED:
        for name, field in field_map(resource.entity).items():
            if not (field.spec.secret or field.spec.sealed):
                continue
            for query in (
                f"order_by={name}",
                f"filter={name}.startswith(a)",
                f"filter={name}.isnotempty()",
                f"@{name}__startswith=a",
                f"joint_filter={resource.plural}.id(id).{name}.startswith(a)",
            ):
                answer = place.ask("admin", "GET", f"{url(resource)}?{query}")
                assert answer.status_code == 400, (resource.plural, query, answer.text)


def test_strangers_grow_nothing_but_a_bounded_record(place: Place) -> None:
    def sizes() -> dict[str, int]:
        with place.place.cloud.platform.uow.read() as tx:
            return {r.plural: tx.of(r, PLATFORM).count() for r in TYPES}

    before, tries = sizes(), 8
    for number in range(tries):
        user = {"domain": {"name": "Default"}, "name": f"nobody-{number}" + "x" * 5000, "password": "y"}
        auth = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
        assert place.client.post("/v3/auth/tokens", json=auth).status_code in (400, 401)
        short = {"auth": {"identity": {"methods": ["password"], "password": {"user": {**user, "name": f"n{number}"}}}}}
        assert place.client.post("/v3/auth/tokens", json=short).status_code == 401
        assert place.client.get(f"/compute/unknown-{number}").status_code == 404
        assert place.ask("none", "GET", "/compute/servers", headers={"X-Auth-Token": f"t{number}"}).status_code == 401
    grown = {name: number - before[name] for name, number in sizes().items() if number != before[name]}
    assert set(grown) <= {"history"}
    assert grown.get("history", 0) <= tries


def test_depth_and_size_are_refused_before_they_are_understood(place: Place) -> None:
    deep = b'{"auth":' * 20_000 + b"1" + b"}" * 20_000
    wide = b'{"auth":[' + b"[]," * 300_000 + b"[]]}"
    for content in (deep, wide, b"[" * 100_000, b'{"a":' + b"9" * 100_000 + b"}"):
        answer = place.client.post("/v3/auth/tokens", content=content)
        assert answer.status_code in (400, 401, 413), answer.text[:200]
    long = "&".join(f"a.{number}=1" for number in range(5000))
    assert place.ask("admin", "GET", f"/compute/servers?{long}").status_code in (400, 413)
    assert place.ask("admin", "GET", "/compute/servers?" + "a.b.c.d.e.f.g.h=1").status_code == 400


def test_many_ranges_are_one_answer(place: Place) -> None:
    path = f"/image/v1/images/{place.words['tiny']}"
    whole = place.ask("admin", "GET", path)
    several = ("bytes=" + ",".join(f"{n}-" for n in range(500)), "bytes=0-,0-,0-", "bytes=-1,-2", "rows=1-2")
    for ranges, more in itertools.product(several, ({}, {"If-Range": "*", "If-None-Match": "x" * 4000})):
        answer = place.ask("admin", "GET", path, headers={"Range": ranges, **more})
        assert (answer.status_code, len(answer.content)) == (200, len(whole.content)), ranges


def test_unknown_routes_tell_nothing_of_known_ones(place: Place) -> None:
    for who in ("none", "bob"):
        for path in (
            "/compute/memberships",
            "/compute/hostclaims",
            "/v3/passwords/x",
            "/compute/nothing",
            "/v3/nothing",
        ):
            answer = place.ask(who, "GET", path)
            body = answer.json()
            assert (answer.status_code, body["class"]) in ((404, "NotFoundError"), (401, "UnauthorizedError")), path
            assert not {"plural", "fields"} & set(body.get("data", {}))


def test_every_owned_type_is_attacked() -> None:
    assert {resource.plural for resource in owned_by_projects()} - {r.plural for r in TYPES_OF_OTHERS} <= {
        "cachedimages",
        "tasks",
    }
    assert len(TYPES_OF_OTHERS) > 12
    assert len(tuple(named())) > 30
