"""Rules that hold for every type that is served, each looked at on all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from tests.effort import some
from tests.wire.every_type import ROWS, SERVED, Place, ident, named, owned_by_projects, url

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.resource import Resource, Verb, field_map, refs_of
from cloudcore.operations.filters import OPERATORS, OWNERS, filterable, is_column
from cloudcore.operations.ladder import ladder_actions
from cloudcore.operations.listing import DEFAULT_LIMIT
from cloudcore.resources.compute.keypair import KEYPAIRS

HIDDEN = re.compile(r"password|secret|^hash|private_key|blob", re.ASCII)
MINE = "name__startswith=row-"


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


def failed(answer: Any, status: int, kind: str) -> bool:
    """Whether an answer is this error, bare and whole."""
    body = answer.json()
    return (answer.status_code, body["code"], body["class"]) == (
        status,
        status,
        kind,
    ) and "Location" not in answer.headers


def items(answer: Any, resource: Resource[Any]) -> list[Mapping[str, Any]]:
    assert answer.status_code == 200, (resource.plural, answer.text)
    return answer.json()[resource.plural]


def rows_of(resource: Resource[Any]) -> str:
    """Query that keeps the three rows of every type."""
    return "&".join(f"id={ident(resource, number)}" for number in range(1, ROWS + 1))


def test_one_is_found_by_id_and_by_name_and_alone_in_its_envelope(place: Place) -> None:
    for resource in SERVED:
        keys = [ident(resource, 1)] + (["row-1"] if "name" in field_map(resource.entity) else [])
        for key in keys:
            head = place.ask("admin", "HEAD", url(resource, key))
            assert (head.status_code, head.content) == (200, b""), (resource.plural, key)
            if resource.plural == "images":
                continue
            answer = place.get(url(resource, key))
            assert set(answer.json()) == {resource.singular}, (resource.plural, answer.text)
            found = answer.json()[resource.singular]
            assert (found["id"], found["deleted"]) == (ident(resource, 1), False)
            assert not [name for name, value in found.items() if value in (None, "", [], {}) and _empty(resource, name)]


def _empty(resource: Resource[Any], name: str) -> bool:
    """Whether a field of the type itself is shown although it is empty, and not because clients wait for a null there."""
    field = field_map(resource.entity).get(name)
    return field is not None and not field.spec.null


def test_what_there_is_not_is_404_with_its_class(place: Place) -> None:
    for resource in SERVED:
        if resource.plural != "images":
            assert failed(place.get(url(resource, "nowhere")), 404, "ResourceNotFoundError"), resource.plural
        assert failed(place.ask("admin", "POST", url(resource, ident(resource, 1), "fly")), 404, "ActionNotFoundError")
        assert failed(place.ask("admin", "POST", url(resource, "fly")), 404, "ActionNotFoundError") or (
            resource.plural == "tasks"
        ), resource.plural
        assert failed(place.get(url(resource, ident(resource, 1), "wings")), 404, "SpecNotFoundError"), resource.plural
        assert place.get(url(resource) + "?name=nowhere&id=nowhere").json()[resource.plural] == []


def test_verbs_that_a_type_has_not_are_405_and_patch_is_put(place: Place) -> None:
    for resource in SERVED:
        one, many = url(resource, ident(resource, 1)), url(resource)
        for verb, method, path in (
            (Verb.CREATE, "POST", many),
            (Verb.UPDATE, "PUT", one),
            (Verb.UPDATE, "PATCH", one),
            (Verb.DELETE, "DELETE", one),
        ):
            if verb not in resource.verbs:
                answer = place.ask("admin", method, path, json={})
                assert failed(answer, 405, "MethodNotAllowedError"), (resource.plural, method, answer.text)
                assert method not in answer.headers["Allow"].split(", ")
                assert "GET" in answer.headers["Allow"]
        for method in ("PUT", "PATCH", "DELETE"):
            assert "GET" in place.ask("admin", method, many, json={}).headers["Allow"]


CHECKED = ("policies", "isolated_devices", "network_ip_macs")
"""Types whose rows are looked at as a whole when they are changed: those of this test make no sense."""


def test_put_and_patch_take_an_envelope_or_none_and_pass_over_what_they_do_not_know(place: Place) -> None:
    for turn, resource in enumerate(SERVED):
        if Verb.UPDATE not in resource.verbs or resource.plural == "images":
            continue
        path = url(resource, ident(resource, 2)) + "?no_such_option=1&flag"
        for method in ("PUT", "PATCH"):
            for body in some(({"no_such_key": 1}, {resource.singular: {"no_such_key": 1}}, {}), turn):
                answer = place.ask("admin", method, path, json=body)
                refused = answer.status_code in (400, 403) and resource.plural in CHECKED
                assert refused or set(answer.json()) == {resource.singular}, (resource.plural, answer.text)
        if "description" in field_map(resource.entity) and field_map(resource.entity)["description"].spec.update:
            changed = place.ask("admin", "PUT", path, json={resource.singular: {"description": "said"}})
            assert changed.status_code != 200 or changed.json()[resource.singular]["description"] == "said"


def test_a_create_needs_its_envelope(place: Place) -> None:
    for resource in SERVED:
        offered = Verb.CREATE in resource.verbs and "create" not in resource.refuses
        if resource.joint is None and offered and resource.plural != "images":
            for body in ({}, {"no_such_key": {}}, {resource.singular: []}, {resource.plural: {}}):
                answer = place.ask("admin", "POST", url(resource), json=body)
                assert failed(answer, 400, "InputParameterError"), (resource.plural, answer.text)
            tried = place.ask("admin", "POST", url(resource, "check-create-data"), json={resource.singular: {"x": 1}})
            assert tried.status_code in (200, 400, 404), (resource.plural, tried.text)
            if tried.status_code == 200:
                assert set(tried.json()) == {resource.singular, resource.plural}


def test_pages_say_total_limit_and_offset_where_they_are_not_0(place: Place) -> None:
    odds = ("limit=0", "limit=-1", "limit=", f"limit={DEFAULT_LIMIT + 1}", "offset=0", "offset=-3")
    for turn, resource in enumerate(SERVED):
        mine, links = f"{url(resource)}?scope=max&{rows_of(resource)}", {"links"}
        whole = place.get(mine).json()
        assert {key: whole[key] for key in set(whole) - links - {resource.plural}} == {
            "total": 3,
            "limit": DEFAULT_LIMIT,
        }
        for odd in some(odds, turn):
            assert place.get(f"{mine}&{odd}").json()["limit"] == DEFAULT_LIMIT, (resource.plural, odd)
        part = place.get(f"{mine}&limit=2&offset=1").json()
        assert (len(part[resource.plural]), part["total"], part["limit"], part["offset"]) == (2, 3, 2, 1)
        unpaged = place.get(f"{mine}&force_no_paging=true").json()
        assert set(unpaged) - links == {resource.plural, "total"}
        assert set(place.get(f"{url(resource)}?id=nobody").json()) - links == {resource.plural}
        assert failed(place.get(f"{mine}&limit=abc"), 400, "InvalidFormatError")


def test_marker_pages_go_through_all_rows_once(place: Place) -> None:
    for resource in SERVED:
        seen: list[str] = []
        marker = ""
        for _ in range(ROWS + 1):
            page = place.get(f"{url(resource)}?scope=max&{rows_of(resource)}&limit=1&paging_marker={marker}").json()
            seen += [row["id"] for row in page[resource.plural]]
            marker = page["next_marker"]
            if not marker:
                break
        assert sorted(seen) == [ident(resource, number) for number in range(1, ROWS + 1)], resource.plural


def test_lists_of_values_may_be_repeated_or_dotted(place: Place) -> None:
    for turn, resource in enumerate(SERVED):
        wanted = {ident(resource, 1), ident(resource, 3)}
        one, other = sorted(wanted)
        spellings = (
            f"id={one}&id={other}",
            f"id.0={one}&id.1={other}",
            f"filter=id.in({one},{other})",
            f"filter.0=id.in({one}%2C%20{other})",
            f"filter.0=id.contains(row-)&filter.1=id.notequals({ident(resource, 2)})",
            f"filter_any=true&filter=id.equals({one})&filter=id.equals({other})",
            f"@id={one}&@id={other}",
            f"@id__in={one}&@id__in={other}",
        )
        for query in some(spellings, turn, 2):
            found = items(place.get(f"{url(resource)}?scope=max&details=false&{query}"), resource)
            assert {row["id"] for row in found} & {ident(resource, n) for n in (1, 2, 3)} == wanted, (
                resource.plural,
                query,
            )


def test_named_fields_are_all_that_is_given(place: Place) -> None:
    for resource in SERVED:
        for query in ("field=id&field=deleted", "field.0=id&field.1=deleted"):
            for details in ("true", "false"):
                path = f"{url(resource)}?scope=max&{query}&details={details}&{rows_of(resource)}"
                assert all(set(row) == {"id", "deleted"} for row in items(place.get(path), resource)), resource.plural


def test_unknown_parameters_are_passed_over_and_unknown_columns_are_not(place: Place) -> None:
    unknown = ("filter=no_such.equals(1)", "filter=id", "@no_such=1", "order_by=no_such", "filter=id.is(1)")
    for turn, resource in enumerate(SERVED):
        mine = f"{url(resource)}?scope=max&{rows_of(resource)}"
        assert place.get(f"{mine}&no_such=1&flag&deep.0.key=x").json()["total"] == 3
        for query in some(unknown, turn):
            assert failed(place.get(f"{mine}&{query}"), 400, "InputParameterError"), (resource.plural, query)
        wrong = place.get(f"{mine}&joint_filter=no_such.id(id).id.equals(1)")
        assert failed(wrong, 404, "ResourceNotFoundError")


def test_every_operator_reads_on_every_type(place: Place) -> None:
    arguments = {"between": "a,z", "isnull": "", "isnotnull": "", "isempty": "", "isnotempty": "", "isnullorempty": ""}
    for resource in SERVED:
        asked = "&".join(f"filter=id.{name}({arguments.get(name, 'a')})" for name in OPERATORS)
        assert place.get(f"{url(resource)}?limit=1&filter_any=true&{asked}").status_code == 200, resource.plural


def test_every_column_orders_both_ways(place: Place) -> None:
    for resource in SERVED:
        for field in filterable(resource):
            assert not HIDDEN.search(field.name) or field.kind is bool or field.name.endswith("_at"), field.name
        for direction in ("asc", "desc"):
            found = items(
                place.get(f"{url(resource)}?scope=max&{rows_of(resource)}&order_by=id&order={direction}"), resource
            )
            assert [row["id"][-1] for row in found] == (["1", "2", "3"] if direction == "asc" else ["3", "2", "1"])


def test_whose_rows_are_orders_them_or_nothing(place: Place) -> None:
    """What rows of a type do not have is no reason to refuse a list of every type sorted by its owner."""
    for resource in SERVED:
        for word in sorted(OWNERS):
            answer = place.get(f"{url(resource)}?scope=max&limit=1&order_by={word}")
            assert answer.status_code == 200, (resource.plural, word, answer.text)
            refused = place.get(f"{url(resource)}?scope=max&limit=1&filter={word}.equals(1)")
            assert refused.status_code == (200 if is_column(resource, word) else 400), (resource.plural, word)
    mine = {
        word: items(place.get(f"/compute/keypairs?order_by={word}&order=asc"), KEYPAIRS)
        for word in ("user", "owner_id")
    }
    assert mine["user"] == mine["owner_id"] != []


def test_what_may_not_be_seen_may_not_be_asked_for(place: Place) -> None:
    for resource in SERVED:
        hidden = set(field_map(resource.entity)) - {f.name for f in filterable(resource)}
        for name in sorted(hidden):
            if field_map(resource.entity)[name].kind in (dict, list):
                continue
            for query in (f"filter={name}.startswith(a)", f"order_by={name}", f"@{name}__contains=a"):
                answer = place.get(f"{url(resource)}?{query}")
                assert failed(answer, 400, "InputParameterError"), (resource.plural, query)
            answer = place.get(url(resource, "distinct-field") + f"?field={name}")
            assert failed(answer, 400, "InputParameterError"), (resource.plural, name)


def test_search_finds_part_of_a_name_and_any_of_several(place: Place) -> None:
    for resource in named():
        found = items(place.get(f"{url(resource)}?scope=max&search=ROW-1&search=ow-2"), resource)
        assert {ident(resource, 1), ident(resource, 2)} <= {row["id"] for row in found}, resource.plural


def test_collections_answer_their_properties_under_the_singular(place: Place) -> None:
    for resource in SERVED:
        asked = place.get(f"{url(resource, 'distinct-field')}?scope=max&{rows_of(resource)}&field=id")
        assert asked.json() == {resource.singular: {"id": [ident(resource, n) for n in (1, 2, 3)]}}, asked.text
        both = place.get(f"{url(resource, 'distinct-fields')}?scope=max&{rows_of(resource)}&field=id").json()
        assert [row["id"] for row in both[resource.singular]["fields"]] == [ident(resource, n) for n in (1, 2, 3)]
        counts = place.get(f"{url(resource, 'statistics')}?scope=max&{rows_of(resource)}")
        if "status" in field_map(resource.entity):
            assert sum(one["total_count"] for one in counts.json()[resource.singular]["status_info"]) == 3
        else:
            assert failed(counts, 404, "SpecNotFoundError"), resource.plural


def test_things_of_projects_are_counted_by_project_and_domain(place: Place) -> None:
    for resource in owned_by_projects():
        if resource.joint is not None:
            continue
        for word, name in (("project-statistics", "system"), ("domain-statistics", "Default")):
            told = place.get(f"{url(resource, word)}?scope=max&{rows_of(resource)}").json()[resource.singular]
            assert [(one["name"], one["count"]) for one in told] == [(name, 3)], resource.plural


def test_children_are_listed_under_their_parents(place: Place) -> None:
    types = {resource.plural: resource for resource in SERVED}
    for resource in SERVED:
        for field in refs_of(resource.entity):
            ref = field.ref
            if ref is None or not ref.context or ref.target not in types or resource.joint is not None:
                continue
            parent = types[ref.target]
            path = "/".join((url(parent, ident(parent, 2)), resource.plural))
            if parent.action(resource.plural, "spec") is not None:  # type: ignore[arg-type]
                continue
            answer = place.get(f"{path}?scope=max&details=false")
            assert ident(resource, 2) in [row["id"] for row in items(answer, resource)], path
            assert ident(resource, 1) not in [row["id"] for row in items(answer, resource)], path
            gone = place.get("/".join((url(parent, "nowhere"), resource.plural)))
            assert failed(gone, 404, "ResourceNotFoundError"), path


def test_relations_are_seen_from_both_sides_and_say_names_and_ids(place: Place) -> None:
    types = {resource.plural: resource for resource in SERVED}
    for resource in SERVED:
        joint = resource.joint
        if joint is None:
            continue
        left, right = (field_map(resource.entity)[name].ref for name in (joint.left, joint.right))
        assert left is not None
        assert right is not None
        for here, there, word in ((left, right, joint.right_path), (right, left, joint.left_path)):
            if here.target not in types or there.target not in types:
                continue
            path = "/".join((url(types[here.target], ident(types[here.target], 1)), word))
            answer = place.get(f"{path}?scope=max")
            assert ident(resource, 1) in [row["id"] for row in items(answer, resource)], path
            one = place.get("/".join((path, ident(types[there.target], 1))))
            assert set(one.json()) == {resource.singular}, one.text
            row = one.json()[resource.singular]
            for name in (joint.left, joint.right):
                assert row[name.removesuffix("_id")].startswith("row-"), (path, row)
                assert row[name].startswith("row-"), (path, row)


def test_tags_are_set_read_found_and_removed(place: Place) -> None:
    for resource in named():
        if resource.joint is not None or resource.plural == "images":
            continue
        path = url(resource, ident(resource, 3))
        done = place.ask("admin", "POST", f"{path}/user-metadata", json={"rule": "yes"})
        assert done.status_code == 200, (resource.plural, done.text)
        assert done.json()[resource.singular]["metadata"] == {"user:rule": "yes"}
        read = place.get(f"{path}/metadata?prefix=user:")
        assert read.json() == {resource.singular: {"user:rule": "yes"}}
        tagged = f"{url(resource)}?scope=max&details=false&tags.0.key=user:rule&tags.0.value=yes"
        assert [row["id"] for row in items(place.get(tagged), resource)] == [ident(resource, 3)], resource.plural
        without = f"{url(resource)}?scope=max&details=false&no_tags.0.key=user:rule&{rows_of(resource)}"
        assert ident(resource, 3) not in [row["id"] for row in items(place.get(without), resource)]
        place.ask("admin", "POST", f"{path}/metadata", json={resource.singular: {"user:rule": "None"}})
        assert place.get(f"{path}/metadata").json() == {resource.singular: {}}


def test_nothing_is_answered_without_a_token(place: Place) -> None:
    for resource in SERVED:
        for method, path in (
            ("GET", url(resource)),
            ("GET", url(resource, ident(resource, 1))),
            ("POST", url(resource)),
            ("PUT", url(resource, ident(resource, 1))),
            ("DELETE", url(resource, ident(resource, 1))),
            ("POST", url(resource, ident(resource, 1), "fly")),
        ):
            answer = place.ask("none", method, path)
            assert answer.status_code == 401 or (method not in _verbs(resource) and answer.status_code == 405), path


def _verbs(resource: Resource[Any]) -> set[str]:
    known = {Verb.CREATE: "POST", Verb.UPDATE: "PUT", Verb.DELETE: "DELETE"}
    made_here = resource.verbs if resource.joint is None else resource.verbs - {Verb.CREATE}
    return {"GET", *(known[verb] for verb in made_here if verb in known)}


def test_every_answer_has_its_headers(place: Place) -> None:
    for resource in SERVED:
        for path in (url(resource), url(resource, "nowhere")):
            answer = place.ask("admin", "GET", path, headers={"X-Request-Id": f"r-{resource.plural}"})
            assert answer.headers["X-Request-Id"] == f"r-{resource.plural}"
            assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
            assert (answer.headers["X-Frame-Options"], answer.headers["X-Content-Type-Options"]) == (
                "SAMEORIGIN",
                "nosniff",
            )


def test_what_is_frozen_or_recycled_says_so(place: Place) -> None:
    for resource in owned_by_projects():
        if resource.joint is not None or not issubclass(resource.entity, ProjectOwned) or resource.plural == "images":
            continue
        path = url(resource, ident(resource, 1))
        assert place.ask("admin", "POST", f"{path}/freeze").json()[resource.singular]["freezed"] is True
        for method, where in (("PUT", path), ("DELETE", path), ("POST", f"{path}/user-metadata")):
            if method in _verbs(resource) or method == "POST":
                answer = place.ask("admin", method, where, json={"description": "x"})
                assert failed(answer, 400, "BadRequestError"), (resource.plural, method, answer.text)
        assert place.get(path).json()[resource.singular]["can_delete"] is False
        assert place.ask("admin", "POST", f"{path}/unfreeze").json()[resource.singular]["freezed"] is False


def test_whatever_can_be_given_away_says_where_to(place: Place) -> None:
    given = [resource for resource in SERVED if "change-owner" in ladder_actions(resource.entity)]
    assert len(given) > 10
    for resource in given:
        answer = place.get(url(resource, ident(resource, 1), "change-owner-candidate-domains"))
        assert answer.status_code == 200, (resource.plural, answer.text)
        (candidates,) = answer.json()[resource.singular].values()
        assert {"id": "default", "name": "Default"} in candidates, resource.plural
    hidden = place.get(url(given[0], ident(given[0], 1), "change-owner-candidate-domains"), "bob")
    assert hidden.status_code in (403, 404)
    missing = next(resource for resource in SERVED if "change-owner" not in ladder_actions(resource.entity))
    assert place.get(url(missing, ident(missing, 1), "change-owner-candidate-domains")).status_code == 404
