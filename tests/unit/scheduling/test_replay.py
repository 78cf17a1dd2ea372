"""Inventories as files, and decisions that are made again by what was kept of them."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given, settings
from tests.effort import examples
from tests.unit.scheduling.worlds import requests, worlds

from cloudcore.model.errors import InvalidInputError
from cloudcore.scheduling import HostRow, Inventory, Pool, Request, form, schedule
from cloudcore.scheduling.moving import Guest
from cloudcore.scheduling.replay import compared, read_seen, replay, seen_in, seen_of
from cloudcore.scheduling.snapshot import FORMAT, Snapshot, read_snapshot, snapshot_of
from cloudcore.scheduling.tables import Devices, Hosts, Networks, Storages

PROFILE = settings(deadline=None, max_examples=examples(25))


def told(decision):
    return decision.placements, decision.alternatives, decision.fitting, decision.refusal


def again(value):
    """As it comes back from a file."""
    return json.loads(json.dumps(value))


@PROFILE
@given(world=worlds(), request=requests())
def test_a_snapshot_of_columns_decides_as_they_do(world, request):
    inventory = world.build()
    found = read_snapshot(again(snapshot_of(inventory).written())).build()
    assert told(schedule(found, request)) == told(schedule(inventory, request))


@PROFILE
@given(world=worlds(), request=requests())
def test_what_is_written_of_rows_and_requests_is_read_as_the_same(world, request):
    there = (Guest(id="g", host_id="h0", request=request, stuck="it likes it here"),)
    names = [field.name for field in attrs.fields(Snapshot) if field.name != "servers"]
    rows = Snapshot(servers=there, **{name: getattr(world, name) for name in names})
    assert read_snapshot(again(rows.written())) == rows
    assert form.read(Request, again(form.written(request)), "request") == request


@PROFILE
@given(world=worlds(), request=requests())
def test_a_decision_is_made_again_by_what_is_kept_of_it(world, request):
    decision = schedule(world.build(), request)
    seen = read_seen(again(seen_in(decision).written()))
    made = replay(seen)
    assert made.same, made.differing
    assert [one.host_id for one in made.decision.placements] == [one.host_id for one in decision.placements]
    if decision.refusal is not None:
        assert made.decision.refusal is not None
        first = {row: step.filter.name for step in decision.walk.steps for row in step.removed.tolist()}
        for one in compared(seen.rows.build(), seen.request):
            row = decision.walk.inventory.hosts.index[one.host_id]
            assert one.refused_by == first.get(row, "")


@PROFILE
@given(world=worlds(), request=requests())
def test_what_a_pool_decided_is_made_again(world, request):
    pool = Pool(world.build())
    answer = pool.find(request, spare=2)
    if answer is None:
        return
    seen = seen_of(pool.inventory(), request, answer.placements, answer.alternatives)
    pool.take(request, answer)
    assert replay(read_seen(again(seen.written()))).same


def test_no_column_is_forgotten_by_a_snapshot():
    """Who adds a column says in `snapshot` what row it comes from, and lists it here."""
    taken = {
        Hosts: "ids names region zone manager sharing status host_status enabled zone_enabled provider_ready host_type "
        "architecture resource_type cpu_desc cpu_microcode kernel page_size_kb classes drives plugs firmware starts_from_cd cpu_total cpu_free mem_total_mib "
        "mem_free_mib node_ids node_cpu_free node_mem_free_mib max_vcpu guests creating crowds generation packs "
        "leaving kept",
        Storages: "ids names storage_type medium_type usable is_sys_disk_store free_mib",
        Networks: "ids names wire usable free_ports server_type is_auto_alloc is_exit has_ipv6 ranges sharing",
        Devices: "ids host dev_type model vendor path wire memory_mib free",
    }
    derived = {"index", "keys", "memo"}
    for kind, names in taken.items():
        assert {field.name for field in attrs.fields(kind)} - derived == set(names.split()), kind


def _with(**changes):
    return {"format": FORMAT, "version": 1, "hosts": [{"id": "h"}], **changes}


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ([], "format", "object"),
        ({"format": "other"}, "format", "must be"),
        (_with(version=2), "version", "must be 1"),
        (_with(more=1), "more", "not known"),
        (_with(hosts={}), "hosts", "a list"),
        (_with(hosts=[7]), "hosts[0]", "an object"),
        (_with(hosts=[{}]), "hosts[0].id", "missing"),
        (_with(hosts=[{"id": "h", "cpus": 1}]), "hosts[0].cpus", "not known"),
        (_with(hosts=[{"id": "h", "cpu_count": "8"}]), "hosts[0].cpu_count", "whole number"),
        (_with(hosts=[{"id": "h", "cpu_count": True}]), "hosts[0].cpu_count", "whole number"),
        (_with(hosts=[{"id": "h", "cpu_count": -1}]), "cpu_count", "whole number from 0"),
        (_with(hosts=[{"id": "h", "cpu_cmtbound": float("nan")}]), "hosts[0].cpu_cmtbound", "a number"),
        (_with(hosts=[{"id": "h", "enabled": 1}]), "hosts[0].enabled", "true or false"),
        (_with(hosts=[{"id": "h" * 2000}]), "hosts[0].id", "longer"),
        (_with(hosts=[{"id": "h", "project_guests": {"p": 1.5}}]), "hosts[0].project_guests.p", "whole number"),
        (_with(hosts=[{"id": "h", "classes": [["a"]]}]), "hosts[0].classes[0]", "two"),
        (_with(hosts=[{"id": "h", "shared_domain_ids": [1]}]), "hosts[0].shared_domain_ids[0]", "a text"),
        (_with(host_storages=[["h"]]), "host_storages[0]", "two"),
        (_with(host_wires=[["h", None]]), "host_wires[0][1]", "a text"),
        (_with(hosts=[{"id": "h"}, {"id": "h"}]), "id", "two host rows"),
        (_with(networks=[{"id": "n", "guest_ip_start": "x", "guest_ip_end": "y"}]), "guest_ip_start", "network"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_reason(wrong, field, reason):
    with pytest.raises(InvalidInputError, match=reason) as caught:
        read_snapshot(wrong)
    assert caught.value.field == field


def test_a_request_that_is_refused_says_where():
    with pytest.raises(InvalidInputError, match=r"request\.vcpus") as caught:
        form.read(Request, {"vcpus": 10**6}, "request")
    assert caught.value.field == "request.vcpus"


def test_equally_good_hosts_are_compared_in_the_order_in_which_they_are_tried():
    inventory = Inventory.build([HostRow(id=f"h{n}", cpu_count=8, mem_size=8192) for n in range(9)])
    for seed in "abcdefgh":
        request = Request(memory_mib=1024, seed=seed)
        assert compared(inventory, request)[0].host_id == schedule(inventory, request).placements[0].host_id


def test_hosts_are_compared_by_what_each_weigher_gives():
    inventory = Inventory.build(
        [
            HostRow(id="a", cpu_count=8, mem_size=8192, mem_claimed=6000),
            HostRow(id="b", cpu_count=8, mem_size=8192),
            HostRow(id="c", cpu_count=8, mem_size=512),
        ]
    )
    found = compared(inventory, Request(memory_mib=1024))
    assert [one.host_id for one in found] == ["b", "a", "c"]
    assert found[0].score == pytest.approx(sum(score for _, score in found[0].parts), abs=1e-3)
    assert found[2].refused_by == "host_memory"
    assert "1024" in found[2].reason
