"""Every attribute and list parameter that existing clients know of a type is known to its declaration."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.documented import WIRE

from cloudcore.cloud import TYPES
from cloudcore.model.query import eq
from cloudcore.model.resource import Resource, Show, field_map
from cloudcore.operations.clouds import CLOUD_PARAMETERS
from cloudcore.operations.filters import column, filterable, plain_names
from cloudcore.operations.orders import PREFIX, orders_of
from cloudcore.operations.refs import paths, reference_keys, relation_keys

BY_PLURAL: dict[str, Resource[Any]] = {r.plural: r for r in TYPES}

DECIDED = {
    # What is not as the wire has it, because something else decides it, and what that is.
    "eips": {"ip_addr:U": "associate", "associate_type:U": "associate", "associate_id:U": "associate"},
    "disks": {"auto_reset:U": "refused: a disk keeps its content"},
    "storagecachedimages": {"status:C": "its flow", "status:U": "its flow"},
    "guestdisks": {"image_path:C": "the hypervisor"},
    "snapshots": dict.fromkeys(
        ("storage_id:C", "created_by:C", "location:C", "size:C", "virtual_size:C", "out_of_chain:C", "disk_type:C",
         "os_type:C"),
        "its disk, and the effect that makes it",
    ),
    "instance_snapshots": {
        "guest_id:C": "the server's action", "instance_type:C": "the server",
        **dict.fromkeys((f"memory_file_{n} is hidden" for n in ("host_id", "path", "checksum")), "a host's own business"),
    },
    "hosts": {"ipmi_info is hidden": "it holds a password"},
    "keypairs": {"fingerprint:C": "its public key", "private_key:C": "the generator"},
}  # fmt: skip

ABSENT = {
    # List parameters that say what of a row is wanted, and narrow nothing.
    "serverskus": {"distinct"},
}


@pytest.mark.parametrize("plural", WIRE)
def test_columns_are_declared_with_what_may_be_sent(plural: str) -> None:
    resource = BY_PLURAL[plural]
    fields = field_map(resource.entity)
    wrong = []
    for text in WIRE[plural].columns.split():
        name, _, said = text.partition(":")
        field = fields.get(name)
        if field is None and name not in resource.documented:
            wrong.append(name)
        if field is None:
            continue
        if "-" not in said and (
            field.spec.secret or (field.kind not in (dict, list) and field.spec.show is Show.NEVER)
        ):
            wrong.append(f"{name} is hidden")
        sent = {"C": field.spec.create, "U": field.spec.update}
        wrong += [f"{name}:{w}" for w in said if w in sent and not sent[w]]
    assert sorted(wrong) == sorted(DECIDED.get(plural, {}))


@pytest.mark.parametrize("plural", WIRE)
def test_list_parameters_are_known(plural: str) -> None:
    resource = BY_PLURAL[plural]
    known = set(plain_names(resource)) | relation_keys(BY_PLURAL, resource)
    for path in paths(BY_PLURAL, resource):
        known.update(reference_keys(path[-1]))
    for one in resource.filters:
        known.update((one.name, f"{one.name}_id") if one.target else (one.name,))
    known.update(CLOUD_PARAMETERS)
    assert set(WIRE[plural].filters.split()) - known == ABSENT.get(plural, set())


@pytest.mark.parametrize("plural", WIRE)
def test_sort_keys_are_known(plural: str) -> None:
    resource = BY_PLURAL[plural]
    unknown = {
        word for word in WIRE[plural].orders.split()
        if word not in resource.worked_out
        and orders_of(BY_PLURAL, resource, {f"{PREFIX}{word}": "asc"}) == orders_of(BY_PLURAL, resource, {})
    }  # fmt: skip
    assert unknown == set()


@pytest.mark.parametrize("resource", TYPES, ids=lambda r: r.plural)
def test_what_is_declared_beside_a_type_is_not_a_column_of_it(resource: Resource[Any]) -> None:
    fields = field_map(resource.entity)
    assert [name for name in resource.documented if name in fields] == []
    assert [one.name for one in resource.filters if one.name in plain_names(resource)] == []
    visible = {f.name for f in filterable(resource)}
    assert all(column(resource, name, "filter") is not None for name in visible)
    assert all(order.field in fields or order.via or order.counted is not None for _, order in resource.orders)
    assert eq("id", None) not in [order.counted for _, order in resource.orders]
