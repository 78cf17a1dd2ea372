"""The host adapter on libvirt's own simulation."""

from __future__ import annotations

import importlib.util
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudcore.model.effects import Effect, Mark
from cloudcore.model.errors import (
    BackendError,
    ConflictError,
    InvalidInputError,
    NotSupportedError,
    ResourceNotFoundError,
    UnreachableError,
)
from cloudcore.model.guest import GuestDescription, GuestDisk, GuestNic, to_json
from cloudcore.model.host import FoundKind
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost, StorageSetting
from cloudcore_adapters.libvirt.connection import LibvirtConnection, domain_uuid, translate
from cloudcore_adapters.libvirt.probe import boot_image, boots, probe_virt

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("libvirt") is None or shutil.which("qemu-img") is None,
    reason="needs libvirt's binding and qemu-img",
)
URI = "test:///default"
NETWORK = "unit0"


def settings(folder: Path, **changes: Any) -> HostSettings:
    storage = StorageSetting(name="local", path=folder / "storage")
    usual = {"uri": URI, "data": folder / "data", "deployment": "unit", "storages": (storage,)}
    return HostSettings(**(usual | changes))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LibvirtHost]:
    host = LibvirtHost(settings(tmp_path))
    host.ensure_network(NETWORK, "10.231.5.0/24", "10.231.5.1")
    yield host
    host.remove_network(NETWORK)
    host.close()


def perform(host: LibvirtHost, kind: str, cancelled: Callable[[], bool] = lambda: False, **args: Any) -> dict[str, Any]:
    effect = Effect(kind=kind, target="host:one", resource="r", args=args)
    return host.perform(effect, 1, lambda _: None, cancelled)


def guest(tmp_path: Path, host: LibvirtHost, guest_id: str, **nic: Any) -> dict[str, Any]:
    """A guest with its volume made."""
    storage = str(tmp_path / "storage")
    mark = {"deployment": "unit", "resource": guest_id, "fence": 1}
    perform(
        host, "volume-create", volume_id=guest_id, storage_path=storage, format="qcow2", size_mib=1,
        backing_image_id=None, mark=mark,
    )  # fmt: skip
    card = {"mac": "52:54:00:00:05:05", "ip": "10.231.5.5", "bridge": NETWORK} | nic
    return to_json(
        GuestDescription(
            guest_id=guest_id, name="web", hostname="web", vcpus=1, memory_mib=64,
            disks=(GuestDisk(volume_id=guest_id, storage_path=storage, index=0, size_mib=1),),
            nics=(GuestNic(index=0, prefix=24, gateway=None, **card),), mark=Mark(**mark),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"deployment": "a b"}, {"virt_type": "xen"}, {"data": Path("relative")}, {"data": Path("/a/../b")}],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        LibvirtHost(settings(tmp_path, **change))


def test_nobody_at_the_socket_is_unreachable(tmp_path: Path) -> None:
    host = LibvirtHost(settings(tmp_path, uri=f"qemu+unix:///system?socket={tmp_path}/none"))
    with pytest.raises(UnreachableError) as raised:
        host.facts()
    assert str(tmp_path) not in str(raised.value)
    host.close()


def test_an_effect_of_a_later_version_is_not_supported(host: LibvirtHost) -> None:
    effect = Effect(kind="guest-create", target="host:one", resource="r", version=2)
    with pytest.raises(NotSupportedError):
        host.perform(effect, 1, lambda _: None, lambda: False)


def test_a_reservation_moves_with_the_card_and_goes_with_the_guest(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    perform(host, "guest-create", desc=guest(tmp_path, host, ident))
    perform(host, "guest-create", desc=guest(tmp_path, host, ident, ip="10.231.5.6"))
    leases = [found.ident for found in host.inventory() if found.kind == FoundKind.LEASE]
    assert leases == [f"{NETWORK}/52:54:00:00:05:05/10.231.5.6"]
    perform(host, "guest-create", desc=guest(tmp_path, host, ident, mac="52:54:00:00:05:06"))
    leases = [found.ident for found in host.inventory() if found.kind == FoundKind.LEASE]
    assert leases == [f"{NETWORK}/52:54:00:00:05:06/10.231.5.5"]
    perform(host, "guest-delete", guest_id=ident)
    assert [found for found in host.inventory() if found.kind == FoundKind.LEASE] == []


@pytest.mark.parametrize("address", ["10.231.6.5", "10.231.5.1"])
def test_an_address_that_is_not_for_guests_is_refused(host: LibvirtHost, tmp_path: Path, address: str) -> None:
    ident = str(uuid.uuid4())
    with pytest.raises(ConflictError):
        perform(host, "guest-create", desc=guest(tmp_path, host, ident, ip=address))
    perform(host, "guest-delete", guest_id=ident)


def test_a_network_of_others_gets_no_reservation_and_is_not_removed(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    connection = LibvirtConnection(URI)
    before = connection.get().networkLookupByName("default").XMLDesc()
    desc = guest(tmp_path, host, ident, bridge="default", ip="192.168.122.9")
    perform(host, "guest-create", desc=desc)
    with pytest.raises(ConflictError):
        host.remove_network("default")
    with pytest.raises(ConflictError):
        host.ensure_network("default", "192.168.122.0/24", "192.168.122.1")
    assert connection.get().networkLookupByName("default").XMLDesc() == before
    perform(host, "guest-delete", guest_id=ident, desc=desc)
    connection.close()


def test_a_network_that_is_not_there_is_named(host: LibvirtHost, tmp_path: Path) -> None:
    with pytest.raises(ResourceNotFoundError, match="nowhere"):
        perform(host, "guest-create", desc=guest(tmp_path, host, str(uuid.uuid4()), bridge="nowhere"))
    host.remove_network("nowhere")


def test_a_network_is_not_changed_under_its_guests(host: LibvirtHost) -> None:
    host.ensure_network(NETWORK, "10.231.5.0/24", "10.231.5.1")
    for cidr, nat in (("10.231.4.0/23", False), ("10.231.5.0/24", True)):
        with pytest.raises(ConflictError):
            host.ensure_network(NETWORK, cidr, "10.231.5.1", nat=nat)


def test_a_paused_guest_is_resumed_by_its_start(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    desc = guest(tmp_path, host, ident)
    perform(host, "guest-start", guest_id=ident, desc=desc)
    connection = LibvirtConnection(URI)
    connection.get().lookupByUUIDString(ident).suspend()
    assert host.power_state(ident) == "paused"
    assert perform(host, "guest-start", guest_id=ident, desc=desc) == {"power_state": "on"}
    perform(host, "guest-delete", guest_id=ident, desc=desc)
    connection.close()


def test_stopping_a_guest_that_is_not_there_is_done(host: LibvirtHost) -> None:
    args = {"guest_id": str(uuid.uuid4()), "force": False, "timeout_s": 1}
    assert perform(host, "guest-stop", **args) == {"power_state": "off"}


def test_a_console_of_a_guest_that_is_off_or_simulated_is_refused(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    desc = guest(tmp_path, host, ident)
    perform(host, "guest-create", desc=desc)
    with pytest.raises(ResourceNotFoundError):
        host.open_serial(ident)
    perform(host, "guest-start", guest_id=ident, desc=desc)
    with pytest.raises(NotSupportedError):
        host.open_serial(ident)
    perform(host, "guest-delete", guest_id=ident, desc=desc)


def test_power_states_are_told_as_they_change(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    told: list[tuple[str, str]] = []

    def listen(guest_id: str, state: str) -> None:
        told.append((guest_id, state))
        raise RuntimeError("a listener's own fault")

    desc = guest(tmp_path, host, ident)
    perform(host, "guest-create", desc=desc)
    watch = host.watch(listen, retry_s=0.05)
    heard: list[tuple[str, str]] = []
    other = host.watch(lambda *state: heard.append(state), retry_s=0.05)
    for kind, args, state in (
        ("guest-start", {"guest_id": ident, "desc": desc}, "on"),
        ("guest-stop", {"guest_id": ident, "force": True, "timeout_s": 0}, "off"),
        ("guest-delete", {"guest_id": ident, "desc": desc}, "missing"),
    ):
        perform(host, kind, **args)
        deadline = time.monotonic() + 60
        while (ident, state) not in told or (ident, state) not in heard:
            assert time.monotonic() < deadline, (told, heard)
            time.sleep(0.01)
    assert {guest_id for guest_id, _ in told} == {ident}
    watch.close()
    other.close()


def test_guests_that_go_while_the_host_is_looked_at_are_left_out(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    ended = threading.Event()

    def come_and_go() -> None:
        try:
            for _ in range(40):
                perform(host, "guest-create", desc=guest(tmp_path, host, ident))
                perform(host, "guest-delete", guest_id=ident)
        finally:
            ended.set()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    seen = set()
    while not ended.is_set():
        seen.add(sum(found.kind == FoundKind.GUEST for found in host.inventory()))
        assert host.power_state(ident) in {"off", "missing"}
    thread.join()
    assert seen <= {0, 1}


def test_a_guest_of_another_deployment_is_missing_and_safe(host: LibvirtHost, tmp_path: Path) -> None:
    ident = str(uuid.uuid4())
    perform(host, "guest-create", desc=guest(tmp_path, host, ident))
    other = LibvirtHost(settings(tmp_path, deployment="other", data=tmp_path / "other"))
    assert other.power_state(ident) == "missing"
    assert [f.mark.deployment for f in other.inventory() if f.kind == FoundKind.GUEST] == ["unit"]
    with pytest.raises(ConflictError):
        perform(other, "guest-delete", guest_id=ident)
    perform(host, "guest-delete", guest_id=ident)
    other.close()


@pytest.mark.parametrize("bad", ["../x", "", "a b", "x" * 65])
def test_a_question_about_a_hostile_id_is_refused(host: LibvirtHost, bad: str) -> None:
    for question in (host.power_state, host.open_serial):
        with pytest.raises(InvalidInputError):
            question(bad)


def test_a_guest_has_one_uuid_for_ever() -> None:
    ident = "7d1c3d76-5c19-4df5-8f80-0d6c24dd0f2a"
    assert domain_uuid(ident) == ident
    assert domain_uuid("guest-1") == domain_uuid("guest-1") != domain_uuid("guest-2")


def test_what_libvirt_says_stays_internal() -> None:
    import libvirt

    error = libvirt.libvirtError("secret words")
    translated = translate(error, "starting the guest")
    assert isinstance(translated, BackendError)
    assert "secret" not in str(translated)
    assert "secret" in (translated.internal or "")


def test_the_probe_is_a_boot_sector() -> None:
    image = boot_image()
    assert len(image) == 1440 * 1024
    assert image[510:512] == b"\x55\xaa"


def test_without_an_emulator_nothing_is_proven() -> None:
    assert boots(accel="tcg", cpu="max", emulator="no-such-emulator") == "no-such-emulator is not installed"
    assert probe_virt(emulator="false").virt_type == "qemu"


@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="needs QEMU")
def test_the_probe_boots_under_emulation() -> None:
    assert boots(accel="tcg", cpu="max", timeout_s=120.0) == ""


def test_a_host_tells_its_nodes_and_holds_a_guest_on_them(host: LibvirtHost, tmp_path: Path) -> None:
    first, second = host.facts().nodes
    assert (first.id, second.id) == (0, 1)
    assert len({*first.cpus, *second.cpus}) == len(first.cpus) + len(second.cpus) == host.facts().cpu_count
    ident = str(uuid.uuid4())
    pins = [{"node": second.id, "cpus": [second.cpus[0]], "memory_mib": 64, "extra": []}]
    perform(host, "guest-create", desc={**guest(tmp_path, host, ident), "pins": pins})
    domain = LibvirtConnection(URI).domain(ident)
    assert domain is not None
    xml = domain.XMLDesc()
    assert f"<vcpupin vcpu='0' cpuset='{second.cpus[0]}'/>" in xml
    assert "<memory mode='strict' nodeset='1'/>" in xml
    perform(host, "guest-delete", guest_id=ident)
