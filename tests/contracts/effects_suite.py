"""What every performer of hosts' effects behind an effect port must do, real or simulated.

A `Rig` is one host under test with an effect port in front of it. Add a rig to `test_effects.py` and all of this runs on it.
"""

from __future__ import annotations

import hashlib
import itertools
import time
import uuid
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from cloudcore.model.effects import Done, Effect, Failed, Mark, Outcome, Running, Unknown
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.guest import GuestDescription, GuestDisk, GuestNic, to_json
from cloudcore.model.host import FoundKind
from cloudcore.ports.console import Consoles
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.hypervisor import Hypervisor

_keys = itertools.count()


@attrs.define(kw_only=True)
class Rig:
    """One host under test.

    storage_path: a storage that it has. network: a network with reserved addresses, `subnet` without its last number.
    image: url, size, sha256 of a raw image of less than 1 MiB, which it can fetch.
    reopen: ends the effect port as a crash would leave it, and answers a new one on the same journal.
    write, read: put a letter into a qcow2 volume that no guest uses, and look which one is there.
    taken: what a host has sent to the image's url last.
    obeys_power_button: whether a guest without an operating system stops when it is asked to.
    plugs: whether devices can be plugged into a guest that is on; unplugs: and taken out of one without a system.
    """

    port: EffectPort
    hypervisor: Hypervisor
    consoles: Consoles
    deployment: str
    storage_path: str
    network: str
    subnet: str
    image: tuple[str, int, str]
    reopen: Callable[[], EffectPort]
    obeys_power_button: bool = True
    plugs: bool = True
    unplugs: bool = True
    write: Callable[[str, str], None]
    read: Callable[[str], str]
    taken: Callable[[], bytes]
    wait_s: float = 120.0
    other_path: str = ""
    """A second storage that it has; empty: it has one."""
    uri: str = ""
    """How other hosts reach it, to give it guests that run; empty: they don't."""
    shared_path: str = ""
    """A storage that its peer has, too."""
    peer: Rig | None = None
    """Another host."""

    def submit(self, kind: str, resource: str, *, fence: int = 1, key: str | None = None, **args: Any) -> str:
        """Submit an effect; answers its key."""
        key = key or f"{resource}/{kind}/{next(_keys)}"
        self.port.submit(Effect(kind=kind, target="host:one", resource=resource, args=args), key, fence)
        return key

    def end(self, key: str) -> Outcome:
        """The outcome, once it is no longer running."""
        deadline = time.monotonic() + self.wait_s
        while isinstance(outcome := self.port.outcome(key), Running):
            assert time.monotonic() < deadline, f"{key} still runs"
            time.sleep(0.01)
        return outcome

    def do(self, kind: str, resource: str, **args: Any) -> Outcome:
        """Perform an effect to its end."""
        return self.end(self.submit(kind, resource, **args))

    def done(self, kind: str, resource: str, **args: Any) -> dict[str, Any]:
        """Perform an effect that must succeed; answers its result."""
        outcome = self.do(kind, resource, **args)
        assert isinstance(outcome, Done), outcome
        return outcome.result

    def failed(self, kind: str, resource: str, **args: Any) -> Failed:
        """Perform an effect that must fail."""
        outcome = self.do(kind, resource, **args)
        assert isinstance(outcome, Failed), outcome
        return outcome

    def mark(self, resource: str) -> dict[str, Any]:
        """This deployment's mark, as an effect carries it."""
        return {"deployment": self.deployment, "resource": resource, "fence": 1}

    def volume(self, volume_id: str, **changes: Any) -> dict[str, Any]:
        """The arguments of a blank volume of 8 MiB."""
        usual = {"volume_id": volume_id, "storage_path": self.storage_path, "format": "qcow2", "size_mib": 8}
        return {**usual, "backing_image_id": None, "mark": self.mark(volume_id), **changes}

    def cached(self, image_id: str, **changes: Any) -> dict[str, Any]:
        """The arguments that cache the image."""
        url, size, sha256 = self.image
        usual = {"image_id": image_id, "format": "raw", "size": size, "checksum": sha256, "url": url}
        return {**usual, "storage_path": self.storage_path, **changes}

    def snapshot(self, snapshot_id: str, volume_id: str) -> dict[str, Any]:
        """A snapshot of a volume, as an effect names it."""
        where = {"volume_id": volume_id, "storage_path": self.storage_path, "format": "qcow2"}
        return {"snapshot_id": snapshot_id, **where}

    def snapshots(self, snapshot_id: str, *volumes: str, guest: str | None = None) -> dict[str, Any]:
        """The arguments that make or delete a snapshot of volumes."""
        return {"volumes": [self.snapshot(snapshot_id, volume) for volume in volumes], "guest_id": guest}

    def guest(self, guest_id: str, volume_id: str, last: int = 20) -> dict[str, Any]:
        """The description of a small guest with this volume and the last number of its address."""
        desc = GuestDescription(
            guest_id=guest_id,
            name='<web> & "friends"',
            hostname="web",
            vcpus=1,
            memory_mib=32,
            disks=(GuestDisk(volume_id=volume_id, storage_path=self.storage_path, index=0, size_mib=8),),
            nics=(
                GuestNic(
                    index=0,
                    mac=f"52:54:00:00:00:{last:02x}",
                    ip=f"{self.subnet}.{last}",
                    prefix=24,
                    gateway=None,
                    bridge=self.network,
                ),
            ),
            mark=Mark(deployment=self.deployment, resource=guest_id, fence=1),
        )
        return to_json(desc)

    def found(self, resource: str) -> list[FoundKind]:
        """The kinds of things on the host that carry this resource's mark."""
        return [f.kind for f in self.hypervisor.inventory() if f.mark.resource == resource]


class EffectsSuite:
    """The tests. A subclass has a fixture `rig`."""

    def test_a_key_never_submitted_is_unknown(self, rig: Rig) -> None:
        assert rig.port.outcome("never") == Unknown()

    def test_a_volume_made_twice_is_made_once(self, rig: Rig) -> None:
        first = rig.done("volume-create", "v-twice", **rig.volume("v-twice"))
        second = rig.done("volume-create", "v-twice", **rig.volume("v-twice"))
        assert first == second
        assert first["size_mib"] == 8
        assert rig.found("v-twice") == [FoundKind.VOLUME]

    def test_a_volume_deleted_twice_is_gone(self, rig: Rig) -> None:
        rig.done("volume-create", "v-gone", **rig.volume("v-gone"))
        for _ in range(2):
            assert rig.done("volume-delete", "v-gone", volume_id="v-gone", storage_path=rig.storage_path) == {}
        assert rig.found("v-gone") == []

    def test_a_volume_is_copied_as_it_is_and_the_copy_stands_alone(self, rig: Rig) -> None:
        rig.done("image-cache", "i-copied", **rig.cached("i-copied"))
        rig.done("volume-create", "v-from", **rig.volume("v-from", backing_image_id="i-copied"))
        rig.write("v-from", "A")
        source = {"snapshot_id": None, "volume_id": "v-from", "storage_path": rig.storage_path, "format": "qcow2"}
        wanted = rig.volume("v-to", source=source, size_mib=9)
        for _ in range(2):
            assert rig.done("volume-create", "v-to", **wanted)["size_mib"] == 9
        rig.write("v-from", "B")
        assert rig.read("v-to") == "A"
        for volume in ("v-from", "v-to"):
            rig.done("volume-delete", volume, volume_id=volume, storage_path=rig.storage_path)
        missing = {**source, "volume_id": "v-none"}
        assert rig.failed("volume-create", "v-bad", **rig.volume("v-bad", source=missing)).error
        assert rig.found("v-bad") == []

    def test_a_raw_volume_is_copied_as_it_is(self, rig: Rig) -> None:
        rig.done("volume-create", "v-raw", **rig.volume("v-raw", format="raw"))
        source = {"snapshot_id": None, "volume_id": "v-raw", "storage_path": rig.storage_path, "format": "raw"}
        made = rig.done("volume-create", "v-raw2", **rig.volume("v-raw2", source=source, format="raw"))
        assert made["path"].endswith("disk.raw")
        for volume in ("v-raw", "v-raw2"):
            rig.done("volume-delete", volume, volume_id=volume, storage_path=rig.storage_path)

    def test_a_volume_that_a_guest_uses_is_not_copied_as_it_is(self, rig: Rig) -> None:
        rig.done("volume-create", "v-used", **rig.volume("v-used"))
        desc = rig.guest("g-used", "v-used", last=41)
        rig.done("guest-create", "g-used", desc=desc)
        rig.done("guest-start", "g-used", guest_id="g-used", desc=desc)
        source = {"snapshot_id": None, "volume_id": "v-used", "storage_path": rig.storage_path, "format": "qcow2"}
        if rig.plugs:  # there is something that runs behind the guest
            assert rig.failed("volume-create", "v-copy", **rig.volume("v-copy", source=source)).error
            assert rig.found("v-copy") == []
        rig.done("guest-stop", "g-used", guest_id="g-used", force=True, timeout_s=0)
        rig.done("volume-create", "v-copy", **rig.volume("v-copy", source=source))
        rig.done("guest-delete", "g-used", guest_id="g-used", desc=desc)
        for volume in ("v-used", "v-copy"):
            rig.done("volume-delete", volume, volume_id=volume, storage_path=rig.storage_path)

    @pytest.mark.parametrize("on", [True, False], ids=["on", "off"])
    def test_a_guest_goes_on_with_its_disk_elsewhere(self, rig: Rig, on: bool) -> None:
        if not rig.other_path:
            pytest.skip("this host has one storage")
        guest, volume = str(uuid.uuid4()), f"v-move-{on}"
        desc = self._prepared(rig, guest, volume, last=43)
        rig.write(volume, "M")
        rig.done("guest-create", guest, desc=desc)
        if on:
            rig.done("guest-start", guest, guest_id=guest, desc=desc)
        wanted = {"guest_id": guest, "volume_id": volume, "storage_path": rig.other_path, "format": "qcow2"}
        assert not rig.failed("guest-move-disk", guest, **wanted).transient  # there is nothing yet
        rig.done("volume-create", volume, **rig.volume(volume, storage_path=rig.other_path))
        if on and not rig.plugs:
            assert not rig.failed("guest-move-disk", guest, **wanted).transient
        else:
            for _ in range(2):
                assert rig.done("guest-move-disk", guest, **wanted) == {}
            moved = desc | {"disks": [{**desc["disks"][0], "storage_path": rig.other_path}]}
            same = rig.done("guest-sync", guest, guest_id=guest, desc=moved)
            assert same == {"power_state": "on" if on else "off", "pending": []}
            rig.write(volume, "X")  # what was left behind is nobody's any more
            back = {**wanted, "storage_path": rig.storage_path}
            for _ in range(2):
                assert rig.done("guest-move-disk", guest, **back) == {}
            rig.done("guest-stop", guest, guest_id=guest, force=True, timeout_s=0)
            assert rig.read(volume) == "M"
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)
        for path in (rig.storage_path, rig.other_path):
            rig.done("volume-delete", volume, volume_id=volume, storage_path=path)

    def test_a_running_guest_goes_on_at_another_host_and_comes_back(self, rig: Rig) -> None:
        there, guest, desc = self._on_two_hosts(rig, last=44)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for _ in range(2):
            assert rig.done("guest-migrate", guest, **_sent(guest, there)) == {"power_state": "on"}
            assert self._power(rig, guest) == ("off", "on")
        assert there.done("guest-sync", guest, guest_id=guest, desc=desc) == {"power_state": "on", "pending": []}
        for _ in range(2):
            assert there.done("guest-migrate", guest, **_sent(guest, rig)) == {"power_state": "on"}
            assert self._power(rig, guest) == ("on", "off")
        for host in (there, rig):
            self._ended(host, guest, desc)
        rig.done("volume-delete", f"v-{guest}", volume_id=f"v-{guest}", storage_path=rig.shared_path)

    def test_what_does_not_run_is_not_moved_and_the_state_there_is_told(self, rig: Rig) -> None:
        there, guest, desc = self._on_two_hosts(rig, last=45)
        assert rig.done("guest-migrate", guest, **_sent(guest, there)) == {"power_state": "off"}
        there.done("guest-delete", guest, guest_id=guest, desc=desc)
        assert rig.done("guest-migrate", guest, **_sent(guest, there)) == {"power_state": "missing"}
        self._ended(rig, guest, desc)
        rig.done("volume-delete", f"v-{guest}", volume_id=f"v-{guest}", storage_path=rig.shared_path)

    def test_a_guest_that_is_not_expected_or_has_no_way_stays_and_runs(self, rig: Rig) -> None:
        there, guest, desc = self._on_two_hosts(rig, last=46)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        there.done("guest-delete", guest, guest_id=guest, desc=desc)
        assert not rig.failed("guest-migrate", guest, **_sent(guest, there)).transient
        for bad in ({"uri": f"{there.uri}x"}, {"uri": "qemu+ext:///system?command=/bin/true"}, {"uri": ""}):
            rig.failed("guest-migrate", guest, **{**_sent(guest, there), **bad})
        for bad in ({"max_mib_s": -1}, {"hurry": "yes"}, {"guest_id": "../x"}):
            assert not rig.failed("guest-migrate", guest, **{**_sent(guest, there), **bad}).transient
        assert self._power(rig, guest) == ("on", "missing")
        self._ended(rig, guest, desc)
        rig.done("volume-delete", f"v-{guest}", volume_id=f"v-{guest}", storage_path=rig.shared_path)

    def _on_two_hosts(self, rig: Rig, *, last: int) -> tuple[Rig, str, dict[str, Any]]:
        """The other host, and a guest that is made on both, with its description."""
        if rig.peer is None:
            pytest.skip("this host has no other")
        guest = str(uuid.uuid4())
        volume = f"v-{guest}"
        rig.done("volume-create", volume, **rig.volume(volume, storage_path=rig.shared_path))
        plain = rig.guest(guest, volume, last=last)
        desc = plain | {"disks": [{**plain["disks"][0], "storage_path": rig.shared_path}]}
        for host in (rig, rig.peer):
            assert host.done("guest-create", guest, desc=desc) == {"power_state": "off"}
        return rig.peer, guest, desc

    def _power(self, rig: Rig, guest: str) -> tuple[str, str]:
        """What both hosts say of a guest."""
        assert rig.peer is not None
        return rig.hypervisor.power_state(guest), rig.peer.hypervisor.power_state(guest)

    def test_a_volume_can_be_made_again_after_its_deletion(self, rig: Rig) -> None:
        for _ in range(2):
            rig.done("volume-create", "v-again", **rig.volume("v-again"))
            rig.done("volume-delete", "v-again", volume_id="v-again", storage_path=rig.storage_path)
        assert rig.found("v-again") == []

    def test_an_image_cached_twice_is_fetched_once_and_backs_volumes(self, rig: Rig) -> None:
        first = rig.done("image-cache", "i-one", **rig.cached("i-one"))
        assert rig.done("image-cache", "i-one", **rig.cached("i-one")) == first
        assert first["size"] == rig.image[1]
        rig.done("volume-create", "v-backed", **rig.volume("v-backed", backing_image_id="i-one"))
        assert rig.found("i-one") == [FoundKind.IMAGE]

    def test_an_image_in_use_is_not_uncached(self, rig: Rig) -> None:
        rig.done("image-cache", "i-used", **rig.cached("i-used"))
        rig.done("volume-create", "v-uses", **rig.volume("v-uses", backing_image_id="i-used"))
        rig.failed("image-uncache", "i-used", image_id="i-used", storage_path=rig.storage_path)
        assert rig.found("i-used") == [FoundKind.IMAGE]

    def test_an_unused_image_is_uncached_once_and_again(self, rig: Rig) -> None:
        rig.done("image-cache", "i-idle", **rig.cached("i-idle"))
        for _ in range(2):
            assert rig.done("image-uncache", "i-idle", image_id="i-idle", storage_path=rig.storage_path) == {}
        assert rig.found("i-idle") == []

    def test_an_image_with_another_checksum_is_not_cached(self, rig: Rig) -> None:
        rig.failed("image-cache", "i-bad", **rig.cached("i-bad", checksum="0" * 64))
        assert rig.found("i-bad") == []

    def test_a_volume_on_an_image_that_is_not_cached_fails(self, rig: Rig) -> None:
        failure = rig.failed("volume-create", "v-none", **rig.volume("v-none", backing_image_id="i-none"))
        assert not failure.transient
        assert rig.found("v-none") == []

    def test_a_volume_goes_back_to_a_snapshot_and_forward_to_none(self, rig: Rig) -> None:
        volume = "v-snap"
        rig.done("volume-create", volume, **rig.volume(volume))
        rig.write(volume, "a")
        for _ in range(2):
            assert rig.done("snapshot-create", volume, **rig.snapshots("s1", volume)) == {}
        rig.write(volume, "b")
        rig.done("snapshot-create", volume, **rig.snapshots("s2", volume))
        rig.write(volume, "c")
        for name, content in (("s1", "a"), ("s2", "b"), ("s1", "a")):
            for _ in range(2):
                assert rig.done("volume-revert", volume, **rig.snapshot(name, volume), size_mib=8) == {}
            assert rig.read(volume) == content
        for _ in range(2):
            assert rig.done("snapshot-delete", volume, **rig.snapshots("s1", volume)) == {}
        assert not rig.failed("volume-revert", volume, **rig.snapshot("s1", volume), size_mib=8).transient
        rig.done("volume-revert", volume, **rig.snapshot("s2", volume), size_mib=16)
        assert rig.read(volume) == "b"

    def test_volumes_of_one_snapshot_are_all_taken_or_none(self, rig: Rig) -> None:
        for volume in ("v-all-1", "v-all-2"):
            rig.done("volume-create", volume, **rig.volume(volume))
            rig.write(volume, "a")
        rig.failed("snapshot-create", "v-all-1", **rig.snapshots("s-all", "v-all-1", "v-absent"))
        rig.failed("volume-revert", "v-all-1", **rig.snapshot("s-all", "v-all-1"), size_mib=8)
        rig.done("snapshot-create", "v-all-1", **rig.snapshots("s-all", "v-all-1", "v-all-2"))
        for volume in ("v-all-1", "v-all-2"):
            rig.write(volume, "b")
            rig.done("volume-revert", volume, **rig.snapshot("s-all", volume), size_mib=8)
            assert rig.read(volume) == "a"

    def test_a_copy_of_a_snapshot_depends_on_nothing(self, rig: Rig) -> None:
        rig.done("image-cache", "i-copied", **rig.cached("i-copied"))
        rig.done("volume-create", "v-source", **rig.volume("v-source", backing_image_id="i-copied"))
        rig.write("v-source", "a")
        rig.done("snapshot-create", "v-source", **rig.snapshots("s-copied", "v-source"))
        rig.write("v-source", "b")
        wanted = rig.volume("v-copy", size_mib=16, source=rig.snapshot("s-copied", "v-source"))
        for _ in range(2):
            assert rig.done("volume-create", "v-copy", **wanted)["size_mib"] == 16
        rig.done("volume-delete", "v-source", volume_id="v-source", storage_path=rig.storage_path)
        assert rig.read("v-copy") == "a"
        lost = rig.volume("v-lost", source=rig.snapshot("s-copied", "v-source"))
        assert not rig.failed("volume-create", "v-lost", **lost).transient
        assert rig.found("v-lost") == []

    def test_a_snapshot_is_sent_to_the_image_store(self, rig: Rig) -> None:
        rig.done("volume-create", "v-sent", **rig.volume("v-sent"))
        rig.write("v-sent", "a")
        rig.done("snapshot-create", "v-sent", **rig.snapshots("i-sent", "v-sent"))
        wanted = {"image_id": "i-sent", "url": rig.image[0], **rig.snapshot("i-sent", "v-sent")}
        first = rig.done("volume-save", "i-sent", **wanted)
        sent = rig.taken()
        rig.write("v-sent", "b")
        assert rig.done("volume-save", "i-sent", **wanted) == first
        assert rig.taken() == sent
        assert (first["size"], first["sha256"]) == (len(sent), hashlib.sha256(sent).hexdigest())
        assert first["checksum"] == hashlib.md5(sent).hexdigest()
        lost = {**wanted, **rig.snapshot("i-lost", "v-sent")}
        assert not rig.failed("volume-save", "i-sent", **lost).transient

    def test_a_raw_volume_and_one_that_is_not_there_have_no_snapshots(self, rig: Rig) -> None:
        rig.done("volume-create", "v-raw", **rig.volume("v-raw", format="raw"))
        raw = {**rig.snapshot("s-raw", "v-raw"), "format": "raw"}
        assert not rig.failed("snapshot-create", "v-raw", volumes=[raw], guest_id=None).transient
        rig.failed("snapshot-create", "v-absent", **rig.snapshots("s-none", "v-absent"))
        assert rig.done("snapshot-delete", "v-absent", **rig.snapshots("s-none", "v-absent")) == {}

    def test_a_running_guest_is_snapshot_and_cannot_be_reverted(self, rig: Rig) -> None:
        guest, volume = str(uuid.uuid4()), "v-live"
        rig.done("volume-create", volume, **rig.volume(volume))
        rig.write(volume, "a")
        desc = rig.guest(guest, volume, last=24)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for _ in range(2):
            rig.done("snapshot-create", guest, **rig.snapshots("s-live", volume, guest=guest))
            rig.done("snapshot-create", guest, **rig.snapshots("s-other", volume, guest=guest))
            rig.done("snapshot-delete", guest, **rig.snapshots("s-other", volume, guest=guest))
        if rig.obeys_power_button is False:
            rig.failed("volume-revert", volume, **rig.snapshot("s-live", volume), size_mib=8, guest_id=guest)
        rig.done("guest-stop", guest, guest_id=guest, force=True, timeout_s=0)
        rig.write(volume, "b")
        rig.done("volume-revert", volume, **rig.snapshot("s-live", volume), size_mib=8, guest_id=guest)
        assert rig.read(volume) == "a"
        assert not rig.failed("volume-revert", volume, **rig.snapshot("s-other", volume), size_mib=8).transient
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)

    def test_a_guest_lives_through_its_life_with_every_effect_twice(self, rig: Rig) -> None:
        guest, volume = str(uuid.uuid4()), "v-life"
        rig.done("volume-create", volume, **rig.volume(volume))
        desc = rig.guest(guest, volume)
        assert rig.hypervisor.power_state(guest) == "missing"
        for kind, args, state in (
            ("guest-create", {"desc": desc}, "off"),
            ("guest-start", {"guest_id": guest, "desc": desc}, "on"),
            ("guest-stop", {"guest_id": guest, "force": True, "timeout_s": 0}, "off"),
            ("guest-start", {"guest_id": guest, "desc": desc}, "on"),
        ):
            for _ in range(2):
                assert rig.done(kind, guest, **args) == {"power_state": state}
            assert rig.hypervisor.power_state(guest) == state
        assert FoundKind.GUEST in rig.found(guest)
        for _ in range(2):
            assert rig.done("guest-delete", guest, guest_id=guest, desc=desc) == {}
        assert rig.hypervisor.power_state(guest) == "missing"
        assert rig.found(guest) == []
        assert rig.found(volume) == [FoundKind.VOLUME]

    def test_a_guest_is_suspended_and_goes_on_with_every_effect_twice(self, rig: Rig) -> None:
        guest, volume = str(uuid.uuid4()), "v-saved"
        rig.done("volume-create", volume, **rig.volume(volume))
        desc = rig.guest(guest, volume, last=24)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for kind, args, state in (
            ("guest-reset", {}, "on"),
            ("guest-suspend", {}, "saved"),
            ("guest-create", {"desc": desc}, "saved"),
            ("guest-resume", {}, "on"),
            ("guest-suspend", {}, "saved"),
            ("guest-start", {"desc": desc}, "on"),
        ):
            for _ in range(2):
                assert rig.done(kind, guest, guest_id=guest, **args) == {"power_state": state}, kind
            assert rig.hypervisor.power_state(guest) == state
        rig.done("guest-suspend", guest, guest_id=guest)
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)
        rig.done("guest-create", guest, desc=desc)
        assert rig.hypervisor.power_state(guest) == "off", "the saved memory went with the guest"
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)

    def test_the_memory_of_a_suspended_guest_is_given_up_by_force_only(self, rig: Rig) -> None:
        guest, volume = str(uuid.uuid4()), "v-given-up"
        rig.done("volume-create", volume, **rig.volume(volume))
        desc = rig.guest(guest, volume, last=25)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        rig.done("guest-suspend", guest, guest_id=guest)
        failure = rig.failed("guest-stop", guest, guest_id=guest, force=False, timeout_s=1)
        assert "force" in failure.error
        assert rig.hypervisor.power_state(guest) == "saved"
        for _ in range(2):
            assert rig.done("guest-stop", guest, guest_id=guest, force=True, timeout_s=0) == {"power_state": "off"}
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)

    def test_a_guest_that_is_off_is_neither_reset_nor_suspended_nor_resumed(self, rig: Rig) -> None:
        guest, volume = str(uuid.uuid4()), "v-off"
        rig.done("volume-create", volume, **rig.volume(volume))
        for state in ("missing", "off"):
            assert not rig.failed("guest-reset", guest, guest_id=guest).transient
            for kind in ("guest-suspend", "guest-resume"):
                assert rig.done(kind, guest, guest_id=guest) == {"power_state": state}
            rig.done("guest-create", guest, desc=rig.guest(guest, volume, last=26))
        rig.done("guest-delete", guest, guest_id=guest)

    def test_a_guest_that_ignores_the_power_button_is_stopped_only_by_force(self, rig: Rig) -> None:
        if rig.obeys_power_button:
            pytest.skip("guests of this host obey")
        guest = str(uuid.uuid4())
        rig.done("volume-create", "v-deaf", **rig.volume("v-deaf"))
        desc = rig.guest(guest, "v-deaf", last=21)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        failure = rig.failed("guest-stop", guest, guest_id=guest, force=False, timeout_s=1)
        assert "did not stop" in failure.error
        assert rig.hypervisor.power_state(guest) == "on"
        rig.done("guest-stop", guest, guest_id=guest, force=True, timeout_s=1)
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)

    def test_a_guest_without_its_volume_does_not_start(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        rig.failed("guest-start", guest, guest_id=guest, desc=rig.guest(guest, "v-absent", last=22))
        assert rig.hypervisor.power_state(guest) in {"missing", "off"}
        rig.done("guest-delete", guest, guest_id=guest, desc=rig.guest(guest, "v-absent", last=22))
        assert rig.found(guest) == []

    def test_an_address_kept_for_one_guest_is_refused_to_another(self, rig: Rig) -> None:
        one, two = str(uuid.uuid4()), str(uuid.uuid4())
        rig.done("volume-create", "v-ip", **rig.volume("v-ip"))
        first, second = rig.guest(one, "v-ip", last=23), rig.guest(two, "v-ip", last=23)
        second["nics"][0]["mac"] = "52:54:00:00:01:23"
        rig.done("guest-create", one, desc=first)
        rig.failed("guest-create", two, desc=second)
        rig.done("guest-delete", two, guest_id=two, desc=second)
        rig.done("guest-delete", one, guest_id=one, desc=first)
        rig.done("guest-create", two, desc=second)
        rig.done("guest-delete", two, guest_id=two, desc=second)

    def test_what_carries_another_deployments_mark_is_refused(self, rig: Rig) -> None:
        foreign = {"deployment": "another", "resource": "v-foreign", "fence": 1}
        assert not rig.failed("volume-create", "v-foreign", **rig.volume("v-foreign", mark=foreign)).transient

    @pytest.mark.parametrize("bad", ["../etc", "a/b", "", "a" * 65, "a\n", "ä", None, 7, "a b", ".."])
    def test_an_id_that_is_not_safe_as_a_name_is_refused(self, rig: Rig, bad: object) -> None:
        args = rig.volume("v-bad") | {"volume_id": bad}
        assert not rig.failed("volume-create", "v-bad", **args).transient

    @pytest.mark.parametrize("path", ["/etc", "/", "", "..", None])
    def test_a_path_that_is_no_storage_is_refused(self, rig: Rig, path: object) -> None:
        assert not rig.failed("volume-create", "v-path", **rig.volume("v-path", storage_path=path)).transient

    @pytest.mark.parametrize("size", [0, -1, 1 << 40, "8", None, True])
    def test_a_size_out_of_range_is_refused(self, rig: Rig, size: object) -> None:
        assert not rig.failed("volume-create", "v-size", **rig.volume("v-size", size_mib=size)).transient

    def test_a_guest_that_is_off_becomes_what_its_description_says(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-off", last=30)
        rig.done("guest-create", guest, desc=desc)
        more = _with_more(desc, "v-off-2", last=31) | {"vcpus": 2, "memory_mib": 64}
        for _ in range(2):
            assert rig.done("guest-sync", guest, guest_id=guest, desc=more) == {"power_state": "off", "pending": []}
        assert rig.found(guest).count(FoundKind.LEASE) == 2
        for _ in range(2):
            assert rig.done("guest-sync", guest, guest_id=guest, desc=desc) == {"power_state": "off", "pending": []}
        assert rig.found(guest).count(FoundKind.LEASE) == 1
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)

    def test_a_guest_that_is_on_stays_on_when_nothing_differs(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-same", last=32)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for _ in range(2):
            assert rig.done("guest-sync", guest, guest_id=guest, desc=desc) == {"power_state": "on", "pending": []}
        smaller = rig.done("guest-sync", guest, guest_id=guest, desc=desc | {"memory_mib": 16})
        assert smaller == {"power_state": "on", "pending": ["memory"]}
        self._ended(rig, guest, desc)

    def test_disks_and_cards_are_plugged_into_a_guest_that_is_on(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-plug", last=33)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        more = _with_more(desc, "v-plug-2", last=34)
        if not rig.plugs:
            assert not rig.failed("guest-sync", guest, guest_id=guest, desc=more).transient
            self._ended(rig, guest, more)
            return
        for _ in range(2):
            assert rig.done("guest-sync", guest, guest_id=guest, desc=more) == {"power_state": "on", "pending": []}
        assert rig.found(guest).count(FoundKind.LEASE) == 2
        if rig.unplugs:
            for _ in range(2):
                assert rig.done("guest-sync", guest, guest_id=guest, desc=desc)["power_state"] == "on"
            assert rig.found(guest).count(FoundKind.LEASE) == 1
        self._ended(rig, guest, more)

    def test_a_guest_that_is_on_gets_more_processors(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-cpus", last=35)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for _ in range(2):
            more = rig.done("guest-sync", guest, guest_id=guest, desc=desc | {"vcpus": 2})
            assert more == {"power_state": "on", "pending": []}
        assert rig.done("guest-sync", guest, guest_id=guest, desc=desc)["pending"] == ["vcpus"]
        self._ended(rig, guest, desc)

    def test_other_queues_of_a_card_wait_for_the_next_start(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-queues", last=42)
        several = desc | {"nics": [{**desc["nics"][0], "queues": 4}]}
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for _ in range(2):
            waiting = rig.done("guest-sync", guest, guest_id=guest, desc=several)
            assert waiting == {"power_state": "on", "pending": ["queues"]}
        rig.done("guest-stop", guest, guest_id=guest, force=True, timeout_s=0)
        rig.done("guest-start", guest, guest_id=guest, desc=several)
        assert rig.done("guest-sync", guest, guest_id=guest, desc=several) == {"power_state": "on", "pending": []}
        assert rig.done("guest-sync", guest, guest_id=guest, desc=desc)["pending"] == ["queues"]
        self._ended(rig, guest, desc)

    def test_a_guest_that_is_on_gets_more_memory(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-memory", last=38) | {"memory_mib": 1024}
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        for _ in range(2):
            more = rig.done("guest-sync", guest, guest_id=guest, desc=desc | {"memory_mib": 1280})
            assert more == {"power_state": "on", "pending": [] if rig.plugs else ["memory"]}
        assert rig.done("guest-sync", guest, guest_id=guest, desc=desc | {"memory_mib": 512})["pending"] == ["memory"]
        self._ended(rig, guest, desc)

    def test_a_guest_is_not_synced_onto_a_volume_that_is_not_there(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-here", last=36)
        rig.done("guest-create", guest, desc=desc)
        disks = [*desc["disks"], {**desc["disks"][0], "volume_id": "v-nowhere", "index": 1}]
        assert not rig.failed("guest-sync", guest, guest_id=guest, desc=desc | {"disks": disks}).transient
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)

    @pytest.mark.parametrize("disk_format", ["qcow2", "raw"])
    def test_a_volume_grows_once_and_never_shrinks(self, rig: Rig, disk_format: str) -> None:
        name = f"v-grow-{disk_format}"
        rig.done("volume-create", name, **rig.volume(name, format=disk_format))
        place = {"volume_id": name, "storage_path": rig.storage_path, "format": disk_format, "guest_id": None}
        for size, result in ((16, 16), (16, 16), (12, 16)):
            assert rig.done("volume-resize", name, **place, size_mib=size) == {"size_mib": result}

    def test_a_volume_of_a_guest_that_is_on_grows(self, rig: Rig) -> None:
        guest = str(uuid.uuid4())
        desc = self._prepared(rig, guest, "v-live", last=37)
        rig.done("guest-start", guest, guest_id=guest, desc=desc)
        place = {"volume_id": "v-live", "storage_path": rig.storage_path, "format": "qcow2", "guest_id": guest}
        if rig.plugs:
            for _ in range(2):
                assert rig.done("volume-resize", guest, **place, size_mib=24) == {"size_mib": 24}
        else:
            assert not rig.failed("volume-resize", guest, **place, size_mib=24).transient
        self._ended(rig, guest, desc)

    @pytest.mark.parametrize("bad", [{"volume_id": "v-lost"}, {"format": "raw"}, {"size_mib": 0}, {"guest_id": "../x"}])
    def test_a_volume_that_cannot_grow_is_left_alone(self, rig: Rig, bad: dict[str, Any]) -> None:
        rig.done("volume-create", "v-stays", **rig.volume("v-stays"))
        place = {"volume_id": "v-stays", "storage_path": rig.storage_path, "format": "qcow2", "guest_id": None}
        assert not rig.failed("volume-resize", "v-stays", **{**place, "size_mib": 16, **bad}).transient

    def _prepared(self, rig: Rig, guest: str, volume: str, *, last: int) -> dict[str, Any]:
        """Two volumes, the second called `<volume>-2`, and the description of a guest with the first."""
        for name in (volume, f"{volume}-2"):
            rig.done("volume-create", name, **rig.volume(name))
        return rig.guest(guest, volume, last=last)

    def _ended(self, rig: Rig, guest: str, desc: dict[str, Any]) -> None:
        rig.done("guest-stop", guest, guest_id=guest, force=True, timeout_s=0)
        rig.done("guest-delete", guest, guest_id=guest, desc=desc)
        assert rig.found(guest) == []

    def test_an_effect_of_unknown_kind_fails_for_good(self, rig: Rig) -> None:
        assert not rig.failed("guest-enchant", "any").transient

    def test_a_key_submitted_twice_keeps_its_first_effect(self, rig: Rig) -> None:
        key = rig.submit("volume-create", "v-key", key="same", **rig.volume("v-key"))
        outcome = rig.end(key)
        rig.submit("volume-delete", "v-key", key="same", volume_id="v-key", storage_path=rig.storage_path)
        assert rig.end("same") == outcome
        assert rig.found("v-key") == [FoundKind.VOLUME]

    def test_a_fence_lower_than_one_seen_is_refused(self, rig: Rig) -> None:
        rig.done("volume-create", "v-fence", fence=7, **rig.volume("v-fence"))
        failure = rig.failed("volume-delete", "v-fence", fence=6, volume_id="v-fence", storage_path=rig.storage_path)
        assert "fence" in failure.error
        assert failure.newer_fence == 7
        assert rig.found("v-fence") == [FoundKind.VOLUME]

    def test_outcomes_outlive_the_port(self, rig: Rig) -> None:
        key = rig.submit("volume-create", "v-kept", **rig.volume("v-kept"))
        outcome = rig.end(key)
        rig.port = rig.reopen()
        assert rig.port.outcome(key) == outcome

    def test_cancelling_what_is_done_or_unknown_changes_nothing(self, rig: Rig) -> None:
        key = rig.submit("volume-create", "v-late", **rig.volume("v-late"))
        outcome = rig.end(key)
        rig.port.cancel(key)
        rig.port.cancel("never")
        assert rig.port.outcome(key) == outcome
        assert rig.port.outcome("never") == Unknown()

    def test_a_host_says_what_it_is_and_has(self, rig: Rig) -> None:
        facts = rig.hypervisor.facts()
        assert facts.cpu_count > 0
        assert facts.memory_mib > 0
        assert facts.virt_type in {"kvm", "qemu", "simulated"}
        assert rig.storage_path in [storage.path for storage in facts.storages]
        assert rig.network in [bridge.name for bridge in facts.bridges]

    def test_a_guest_that_is_not_there_has_no_console(self, rig: Rig) -> None:
        with pytest.raises(ResourceNotFoundError):
            rig.consoles.open_serial(str(uuid.uuid4()))


def _sent(guest: str, there: Rig) -> dict[str, Any]:
    """The arguments that send a guest to another host."""
    return {"guest_id": guest, "uri": there.uri, "max_mib_s": 0, "hurry": False}


def _with_more(desc: dict[str, Any], volume: str, *, last: int) -> dict[str, Any]:
    """The description with a second disk and a second card."""
    disk, nic = desc["disks"][0], desc["nics"][0]
    address = nic["ip"].rpartition(".")[0]
    card = {**nic, "index": 1, "mac": f"52:54:00:00:01:{last:02x}", "ip": f"{address}.{last}"}
    return desc | {"disks": [disk, {**disk, "volume_id": volume, "index": 1}], "nics": [nic, card]}
