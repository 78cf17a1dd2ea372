"""Every declared resource type is listed, and what it declares fits together."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import cloudcore.resources
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.resource import Resource, Show, Verb, field_map, fields_of, refs_of
from cloudcore.resources.registry import ALL, BY_PLURAL

LISTED = pytest.mark.parametrize("resource", ALL, ids=lambda r: r.plural)
WITH_LIFECYCLE = pytest.mark.parametrize(
    "lifecycle", [pytest.param(r.lifecycle, id=r.plural) for r in ALL if r.lifecycle is not None]
)
SERVICES = {"identity", "compute", "image", "log", "internal"}


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(cloudcore.resources.__path__, "cloudcore.resources."):
        yield importlib.import_module(found.name)


def test_every_declared_resource_is_listed() -> None:
    listed = {id(r) for r in ALL}
    forgotten = {
        f"{module.__name__}.{name}"
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, Resource) and id(value) not in listed
    }
    assert forgotten == set()


def test_names_and_tables_are_unique() -> None:
    for names in ([r.plural for r in ALL], [r.table for r in ALL], [r.singular for r in ALL]):
        assert len(set(names)) == len(names)
    assert [BY_PLURAL[r.plural] for r in ALL] == list(ALL)


@LISTED
def test_references_have_targets(resource: Resource[Any]) -> None:
    for field in refs_of(resource.entity):
        assert field.ref is not None
        assert field.ref.target in BY_PLURAL, field.name
        if field.ref.on_delete.value == "clear":
            assert field.nullable, f"{field.name} cannot be cleared"


@LISTED
def test_shown_keys_come_from_the_target(resource: Resource[Any]) -> None:
    for field in refs_of(resource.entity):
        assert field.ref is not None
        assert set(field.ref.show) <= shown_by(field.ref.target), field.name


def shown_by(plural: str, depth: int = 0) -> set[str]:
    """The keys that a row of this type can show: fields, names and shown keys of what it refers to, details."""
    resource = BY_PLURAL[plural]
    keys = {f.name for f in fields_of(resource.entity) if f.spec.show is Show.LIST}
    for field in refs_of(resource.entity):
        assert field.ref is not None
        keys |= {field.name.removesuffix("_id"), *field.ref.alias}
        if depth < 3:
            keys |= set(field.ref.show) & shown_by(field.ref.target, depth + 1)
    return keys | DETAIL_KEYS.get(plural, set())


DETAIL_KEYS: dict[str, set[str]] = {
    "servers": {"ips"},
    "disks": {"guest"},
    "users": {"project_domain"},
    "projects": {"project_domain"},
    "roles": {"project_domain"},
    "endpoints": {"service_name", "service_type"},
    "secgroups": {"guest_cnt"},
    "eips": {"associate_name"},
    "groups": {"user_count"},
    "snapshots": {"guest_id"},
    "credentials": {"user_id"},
}


@LISTED
def test_columns_unique_sets_and_indexes_exist(resource: Resource[Any]) -> None:
    names = set(field_map(resource.entity))
    if resource.verbs:
        assert set(resource.columns) <= names | shown_by(resource.plural)
    for fields in (*resource.unique, *resource.indexes):
        assert fields
        assert set(fields) <= names


@LISTED
def test_services_verbs_and_actions_are_consistent(resource: Resource[Any]) -> None:
    assert resource.service in SERVICES
    if resource.service == "internal":
        assert resource.verbs <= {Verb.LIST}
    names = [(a.name, a.kind) for a in resource.actions]
    assert len(set(names)) == len(names)
    for action in resource.actions:
        assert action.run is None or action.transition is None
        if action.transition is not None:
            assert resource.lifecycle is not None
            assert resource.lifecycle.transition(action.transition).sources


@LISTED
def test_secrets_are_never_shown(resource: Resource[Any]) -> None:
    for field in fields_of(resource.entity):
        if field.spec.sealed:
            assert field.spec.secret
            assert field.spec.show is Show.NEVER


@LISTED
def test_joint_sides_are_references(resource: Resource[Any]) -> None:
    if resource.joint is None:
        return
    fields = field_map(resource.entity)
    for name in (resource.joint.left, resource.joint.right):
        assert fields[name].ref is not None


@LISTED
def test_defaults_are_within_their_limits(resource: Resource[Any]) -> None:
    for field in fields_of(resource.entity):
        if not field.has_default or field.default is None:
            continue
        if field.spec.choices is not None:
            assert field.default in field.spec.choices, field.name
        if field.spec.minimum is not None:
            assert field.default >= field.spec.minimum, field.name
        if resource.lifecycle is not None and field.name == "status":
            assert field.default == resource.lifecycle.initial


@WITH_LIFECYCLE
def test_every_status_is_reachable(lifecycle: Lifecycle) -> None:
    reached = {lifecycle.initial, *lifecycle.stable}
    for t in lifecycle.transitions:
        reached |= {*t.through, *t.failures, *t.also_to, *((t.to,) if t.to is not None else ())}
    assert reached == set(lifecycle.states)


@WITH_LIFECYCLE
def test_every_transitional_status_has_a_transition_with_a_deadline(lifecycle: Lifecycle) -> None:
    resting = {*lifecycle.stable, *lifecycle.failures()}
    for status in lifecycle.states:
        if status in resting:
            continue
        transition = lifecycle.transitional()[status]
        assert transition.deadline_s > 0
        assert transition.flow


@WITH_LIFECYCLE
def test_every_failure_has_a_way_out(lifecycle: Lifecycle) -> None:
    for status in sorted(lifecycle.failures()):
        assert any(status in t.sources for t in lifecycle.transitions), status


@WITH_LIFECYCLE
def test_transitions_are_told_apart_and_move_within_the_table(lifecycle: Lifecycle) -> None:
    names = [t.name for t in lifecycle.transitions]
    assert len(set(names)) == len(names)
    for t in lifecycle.transitions:
        assert t.through, t.name
        assert not set(t.through) & set(t.sources), t.name
        for status in (*t.sources, *t.force, *t.through, *t.failures, *t.also_to):
            assert isinstance(status, lifecycle.states)


def test_a_failed_server_can_always_be_deleted() -> None:
    lifecycle = BY_PLURAL["servers"].lifecycle
    assert lifecycle is not None
    for status in lifecycle.failures():
        assert lifecycle.start("delete", status).name == "delete"


@pytest.mark.parametrize(
    "area", ["identity", "infrastructure", "network", "storage", "compute", "image", "quota", "audit"]
)
def test_each_area_can_be_imported_first(area: str) -> None:
    code = f"import sys; sys.path[:0] = {sys.path!r}; import cloudcore.resources.{area} as a; assert a.RESOURCES"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=240)
