"""The simulated host: delays by the clock, crashes, fences, and what a real host would refuse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pytest
from tests.contracts.effects_suite import EffectsSuite, Rig
from tests.contracts.simulated_bench import (
    CHECKSUM,
    OURS,
    STORAGE,
    Bench,
    desc,
    effect,
    image_cache,
    mark,
    volume_create,
)

from cloudcore.model.effects import Done, Effect, Failed, Running, Unknown, outdated
from cloudcore.model.errors import InvalidInputError, ResourceNotFoundError, UnreachableError
from cloudcore.model.host import Facts
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import Capacity, SimulatedHost
from cloudcore_adapters.simulated.host import default_facts
from cloudcore_adapters.simulated.migration import Neighbours
from cloudcore_adapters.simulated.shared import SharedStorage

SHARED = "/sim/shared"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_without_delays_an_effect_is_done_when_submit_returns(bench: Bench) -> None:
    assert bench.do(image_cache()) == Done({"path": "/sim/storage/images/img-1", "size": 4096})


def test_an_effect_is_running_until_its_delay_has_passed() -> None:
    bench = Bench(delays={"image-cache": 10.0})

    assert bench.do(image_cache()) == Running(0.0)
    bench.clock.advance(5)
    assert bench.host.outcome("k1") == Running(50.0)
    assert bench.kinds() == []
    bench.clock.advance(5)
    assert isinstance(bench.host.outcome("k1"), Done)
    assert bench.kinds() == [("image", "img-1")]


def test_effects_of_one_resource_follow_each_other_and_others_run_side_by_side() -> None:
    bench = Bench(delays={"volume-create": 10.0, "volume-delete": 10.0})
    bench.do(volume_create("a"))
    bench.do(effect("volume-delete", "a", volume_id="a", storage_path=STORAGE))
    bench.do(volume_create("b"))

    bench.clock.advance(10)

    outcomes = [bench.host.outcome(f"k{n}") for n in (1, 2, 3)]
    assert [type(outcome) for outcome in outcomes] == [Done, Running, Done]
    bench.clock.advance(10)
    assert bench.kinds() == [("volume", "b")]


def test_a_key_that_was_journalled_is_left_as_it_is(bench: Bench) -> None:
    bench.host.submit(volume_create("a"), "key", 1)

    bench.host.submit(volume_create("b"), "key", 1)

    assert bench.kinds() == [("volume", "a")]


def test_an_older_fence_is_refused(bench: Bench) -> None:
    assert isinstance(bench.do(volume_create("a"), fence=7), Done)

    outcome = bench.do(effect("volume-delete", "a", volume_id="a", storage_path=STORAGE), fence=6)

    assert outcome == outdated(6, 7)
    assert bench.kinds() == [("volume", "a")]


def test_a_backed_volume_needs_its_image_in_the_cache(bench: Bench) -> None:
    assert bench.do(volume_create(backing="img-1")) == Failed("the image is not cached on this storage")
    assert isinstance(bench.do(image_cache()), Done)
    assert isinstance(bench.do(volume_create(backing="img-1")), Done)

    refused = bench.do(effect("image-uncache", "img-1", image_id="img-1", storage_path=STORAGE))

    assert refused == Failed("1 volumes are backed by the image")


def test_a_guest_needs_its_volumes(bench: Bench) -> None:
    outcome = bench.do(effect("guest-create", "g-1", desc=desc()))

    assert outcome == Failed("volume vol-g-1 is not on this storage")
    assert bench.kinds() == []


def test_a_guest_lives_from_create_to_delete_and_leaves_nothing(bench: Bench) -> None:
    assert bench.guest() == Done({"power_state": "off"})
    assert bench.kinds() == [("guest", "g-1"), ("volume", "vol-g-1"), ("lease", "00:22:00:00:00:01")]

    assert bench.do(effect("guest-start", "g-1", guest_id="g-1", desc=desc())) == Done({"power_state": "on"})
    assert bench.host.power_state("g-1") == "on"
    stop = effect("guest-stop", "g-1", guest_id="g-1", force=False, timeout_s=10)
    assert bench.do(stop) == Done({"power_state": "off"})
    assert bench.do(effect("guest-delete", "g-1", guest_id="g-1", desc=desc())) == Done({})
    assert bench.do(effect("volume-delete", "g-1", volume_id="vol-g-1", storage_path=STORAGE)) == Done({})

    assert bench.host.power_state("g-1") == "missing"
    assert bench.kinds() == []


def test_every_effect_twice_is_the_same_as_once(bench: Bench) -> None:
    wanted = [
        image_cache(),
        volume_create("vol-g-1", backing="img-1"),
        effect("guest-create", "g-1", desc=desc()),
        effect("guest-start", "g-1", guest_id="g-1", desc=desc()),
        effect("guest-stop", "g-1", guest_id="g-1", force=True, timeout_s=0),
        effect("guest-delete", "g-1", guest_id="g-1", desc=desc()),
        effect("volume-delete", "vol-g-1", volume_id="vol-g-1", storage_path=STORAGE),
    ]
    for one in wanted:
        first = bench.do(one)
        held = bench.kinds()

        assert isinstance(first, Done)
        assert bench.do(one) == first
        assert bench.kinds() == held


def test_a_probe_tells_the_power_state_and_changes_nothing(bench: Bench) -> None:
    probe = effect("guest-probe", "g-1", guest_id="g-1")
    assert bench.do(probe) == Done({"power_state": "missing"})
    bench.guest()
    assert bench.do(probe) == Done({"power_state": "off"})
    bench.host.machine.set_power_state("g-1", "crashed")
    assert bench.do(probe) == Done({"power_state": "crashed"})


def test_an_address_of_another_guest_is_refused(bench: Bench) -> None:
    bench.guest("g-1")

    outcome = bench.guest("g-2", mac="00:22:00:00:00:02")

    assert outcome == Failed("address 10.99.0.10 or card 00:22:00:00:00:02 belongs to guest g-1")


def test_what_bears_another_mark_is_neither_taken_nor_removed(bench: Bench) -> None:
    bench.guest()
    theirs = SimulatedHost(bench.clock, deployment="deployment-2")
    theirs.machine.load(bench.host.machine.dump())

    for number, kind in enumerate(("guest-delete", "guest-stop")):
        theirs.submit(effect(kind, "g-1", guest_id="g-1", force=True, timeout_s=1), f"k{number}", 1)
        assert theirs.outcome(f"k{number}") == Failed("what is in the place of guest g-1 is not of this deployment")
    foreign = {**desc(), "mark": mark("g-1", "deployment-9")}
    assert bench.do(effect("guest-create", "g-1", desc=foreign)) == Failed("mark is of another deployment")


def test_capacity_is_enforced_and_its_failures_are_transient() -> None:
    bench = Bench(capacity=Capacity(guests=1, memory_mib=1024, storage_mib=3000))

    bench.guest("g-1", memory_mib=2048)

    start = effect("guest-start", "g-1", guest_id="g-1", desc=desc(memory_mib=2048))
    assert bench.do(start) == Failed("the host's memory is full", transient=True)
    full = bench.guest("g-2", ip="10.99.0.11", mac="00:22:00:00:00:02")
    assert full == Failed("the host takes no more guests", transient=True)
    assert bench.do(volume_create("vol-3", size_mib=1000)) == Failed("the storage is full", transient=True)


def test_failures_are_injected_by_effect_and_attempt() -> None:
    bench = Bench(failures=lambda one, tried: Failed("no", transient=True) if tried == 1 else None)

    assert bench.do(volume_create()) == Failed("no", transient=True)
    assert bench.kinds() == []
    assert isinstance(bench.do(volume_create()), Done)


def test_a_late_failure_leaves_the_work_behind() -> None:
    bench = Bench(failures=lambda _one, _tried: Failed("no"), late_failures=1.0)

    assert bench.do(volume_create()) == Failed("no")
    assert bench.kinds() == [("volume", "vol-1")]


def test_a_crashed_agent_answers_nobody_and_goes_on_from_its_journal() -> None:
    bench = Bench(delays={"volume-create": 10.0})
    bench.do(volume_create())
    bench.clock.advance(9)

    bench.host.crash()
    for ask in (
        lambda: bench.host.outcome("k1"),
        bench.host.inventory,
        bench.host.facts,
        lambda: bench.do(image_cache()),
    ):
        with pytest.raises(UnreachableError):
            ask()
    bench.clock.advance(60)
    bench.host.restart()

    assert bench.host.outcome("k1") == Running(0.0)
    bench.clock.advance(10)
    assert isinstance(bench.host.outcome("k1"), Done)


def test_a_journal_passed_to_a_new_agent_goes_on() -> None:
    slow = Bench(delays={"volume-create": 10.0})
    slow.do(volume_create())

    heir = SimulatedHost(slow.clock, deployment=OURS, journal=slow.host.journal)

    assert isinstance(heir.outcome("k1"), Done)
    assert [found.ident for found in heir.inventory()] == ["vol-1"]


def test_an_agent_that_lost_its_journal_knows_no_keys(bench: Bench) -> None:
    bench.do(volume_create())
    bench.host.crash()

    bench.host.restart(lose_journal=True)

    assert bench.host.outcome("k1") == Unknown()
    assert bench.kinds() == [("volume", "vol-1")]


def test_a_power_failure_switches_guests_off(bench: Bench) -> None:
    bench.guest()
    bench.do(effect("guest-start", "g-1", guest_id="g-1", desc=desc()))

    bench.host.crash(power=True)
    bench.host.restart()

    assert bench.host.power_state("g-1") == "off"


def test_cancelling_what_is_under_way_fails_it_and_leaves_nothing() -> None:
    bench = Bench(delays={"volume-create": 10.0})
    bench.do(volume_create())

    bench.host.cancel("k1")
    bench.clock.advance(60)

    assert bench.host.outcome("k1") == Failed("cancelled")
    assert bench.kinds() == []


def test_cancelling_what_has_ended_changes_nothing(bench: Bench) -> None:
    first = bench.do(volume_create())

    bench.host.cancel("k1")
    bench.host.cancel("never heard of")

    assert bench.host.outcome("k1") == first


def test_outcomes_are_pushed_once_in_order() -> None:
    told: list[str] = []
    bench = Bench(delays={"volume-create": 5.0, "image-cache": 3.0}, on_outcome=told.append)
    bench.do(volume_create())
    bench.do(image_cache())
    due = bench.host.next_due()

    bench.clock.advance(60)

    assert due is not None
    assert bench.host.tick() == ["k2", "k1"]
    assert told == ["k2", "k1"]
    assert bench.host.next_due() is None


def test_the_state_survives_as_json() -> None:
    bench = Bench(delays={"volume-delete": 5.0})
    bench.do(image_cache())
    bench.guest()
    bench.do(effect("guest-start", "g-1", guest_id="g-1", desc=desc()))
    bench.do(effect("volume-delete", "vol-x", volume_id="vol-x", storage_path=STORAGE))

    again = SimulatedHost(bench.clock, deployment=OURS, delays={"volume-delete": 5.0})
    again.load(json.loads(json.dumps(bench.host.dump())))

    assert again.inventory() == bench.host.inventory()
    assert again.power_state("g-1") == "on"
    assert isinstance(again.outcome("k5"), Running)
    assert again.outcome("k2") == bench.host.outcome("k2")


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("volume-create", {"volume_id": "../x"}, "volume_id"),
        ("volume-create", {"size_mib": 0}, "size_mib"),
        ("volume-create", {"size_mib": True}, "size_mib"),
        ("volume-create", {"size_mib": "9"}, "size_mib"),
        ("volume-create", {"format": "vmdk"}, "format"),
        ("volume-create", {"storage_path": "/etc"}, "storage_path"),
        ("volume-create", {"storage_path": "/sim/storage\n"}, "storage_path"),
        ("volume-create", {"mark": None}, "mark"),
        ("volume-create", {"mark": {"deployment": OURS, "resource": "other", "fence": 1}}, "mark"),
        ("guest-create", {"desc": {"guest_id": 5}}, "desc"),
        ("guest-create", {"desc": []}, "desc"),
        ("guest-format", {}, "guest-format"),
    ],
)
def test_hostile_arguments_fail_for_good_and_name_the_field(bench: Bench, kind: str, changes: Any, field: str) -> None:
    args = {**volume_create().args, **changes}

    outcome = bench.do(Effect(kind=kind, target="host:h1", resource="vol-1", args=args))

    assert isinstance(outcome, Failed)
    assert not outcome.transient
    assert field in outcome.error
    assert bench.kinds() == []


@pytest.mark.parametrize("key", ["", "k" * 513])
def test_keys_are_bounded(bench: Bench, key: str) -> None:
    with pytest.raises(InvalidInputError):
        bench.host.submit(volume_create(), key, 1)


def test_the_serial_console_greets_and_echoes(bench: Bench) -> None:
    bench.guest()
    with pytest.raises(ResourceNotFoundError):
        bench.host.open_serial("g-1")
    bench.do(effect("guest-start", "g-1", guest_id="g-1", desc=desc()))

    console = bench.host.open_serial("g-1")

    assert (console.read(0.0) or b"").endswith(b"g-1 login: ")
    assert console.read(0.0) == b""
    console.write(b"root\r")
    assert console.read(0.0) == b"root\r\nLogin incorrect\r\ng-1 login: "


def test_a_console_ends_when_another_takes_over_or_the_guest_goes_off(bench: Bench) -> None:
    bench.guest()
    bench.do(effect("guest-start", "g-1", guest_id="g-1", desc=desc()))
    first = bench.host.open_serial("g-1")
    first.read(0.0)

    second = bench.host.open_serial("g-1")
    second.read(0.0)

    assert first.read(0.0) is None
    bench.host.machine.set_power_state("g-1", "off")
    assert second.read(0.0) is None


def put(host: SimulatedHost, volume: str, letter: str) -> None:
    volumes = host.machine.volumes
    volumes[STORAGE, volume] = attrs.evolve(volumes[STORAGE, volume], data=letter)


def taken(sent: list[bytes], chunks: Iterable[bytes]) -> dict[str, Any]:
    sent.append(b"".join(chunks))
    digests = {"sha256": hashlib.sha256(sent[-1]).hexdigest(), "checksum": hashlib.md5(sent[-1]).hexdigest()}
    return {"size": len(sent[-1]), **digests}


def three_storages(name: str) -> Facts:
    """A host with another storage beside the usual one, and one that others have, too."""
    usual = default_facts(name)
    more = (
        attrs.evolve(usual.storages[0], path="/sim/other"),
        attrs.evolve(usual.storages[0], path=SHARED, storage_type="nfs"),
    )
    return attrs.evolve(usual, storages=(*usual.storages, *more), migrate_uri=f"simulated://{name}")


class TestContract(EffectsSuite):
    """What every host must do."""

    @pytest.fixture
    def rig(self) -> Rig:
        shared, neighbours = {SHARED: SharedStorage()}, Neighbours()
        here, there = (self._rig(name, shared, neighbours) for name in ("one", "two"))
        here.peer = there
        return here

    def _rig(self, name: str, shared: Mapping[str, SharedStorage], neighbours: Neighbours) -> Rig:
        url = "http://127.0.0.1/image"
        sent: list[bytes] = []
        host = SimulatedHost(
            ManualClock(),
            deployment=OURS,
            downloads={url: CHECKSUM},
            power_button=False,
            uploads=lambda _ident, chunks: taken(sent, chunks),
            facts=three_storages(name),
            shared=shared,
            neighbours=neighbours,
        )

        def reopen() -> SimulatedHost:
            host.crash()
            host.restart()
            return host

        return Rig(
            port=host,
            hypervisor=host,
            consoles=host,
            deployment=OURS,
            storage_path=STORAGE,
            network="simbr0",
            subnet="10.99.0",
            image=(url, 4096, CHECKSUM),
            reopen=reopen,
            obeys_power_button=False,
            write=lambda volume, letter: put(host, volume, letter),
            read=lambda volume: host.machine.volumes[STORAGE, volume].data,
            taken=lambda: sent[-1],
            other_path="/sim/other",
            uri=f"simulated://{name}",
            shared_path=SHARED,
        )
