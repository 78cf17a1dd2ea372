"""Hosts' effects on every performer that we have."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.effects_suite import EffectsSuite, Rig
from tests.system.guest_image import cache_folder
from tests.system.image_server import serving
from tests.system.libvirtd import Launcher, missing_parts

from cloudcore.ports.effects import EffectPort
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost, StorageSetting

NETWORK, SUBNET = "cctest0", "10.231.9"


@contextmanager
def libvirt_rig(uri: str, folder: Path, *, real: bool, shared: Path | None = None) -> Iterator[Rig]:
    """An agent in front of a libvirt host. shared: a storage that others have, too, to which guests go while they run."""
    folder.mkdir(exist_ok=True)
    (folder / "image.raw").write_bytes(b"not much of a system".ljust(65536, b"\0"))
    storage = StorageSetting(name="local", path=folder / "storage")
    other = StorageSetting(name="other", path=folder / "other")
    common = [StorageSetting(name="shared", path=shared, storage_type="nfs")] if shared else []
    settings = HostSettings(
        uri=uri,
        deployment="contract",
        virt_type="qemu",
        data=folder / "data",
        storages=(storage, other, *common),
        migrate_uri=uri if shared else "",
    )
    host = LibvirtHost(settings)
    runners: list[EffectRunner] = []

    def reopen() -> EffectPort:
        for runner in runners:
            assert runner.close()
        runners[:] = [EffectRunner(host, folder / "journal")]
        return runners[0]

    with serving(folder / "image.raw") as image:
        host.ensure_network(NETWORK, f"{SUBNET}.0/24", f"{SUBNET}.1")
        yield Rig(
            port=reopen(), hypervisor=host, consoles=host, deployment="contract", storage_path=str(storage.path),
            network=NETWORK, subnet=SUBNET, image=(image.url, image.size, image.sha256), reopen=reopen,
            obeys_power_button=not real, plugs=real, unplugs=False,
            write=partial(write, storage.path), read=partial(read, storage.path),
            taken=lambda: image.taken, other_path=str(other.path),
            uri=settings.migrate_uri, shared_path=str(shared or ""),
        )  # fmt: skip
        host.remove_network(NETWORK)
        for runner in runners:
            assert runner.close()
        host.close()


def write(storage: Path, volume: str, letter: str) -> None:
    """Fill the start of a qcow2 volume with a letter."""
    path = storage / "volumes" / volume / "disk.qcow2"
    command = ["qemu-io", "-f", "qcow2", "-c", f"write -q -P {ord(letter)} 0 64k", str(path)]
    subprocess.run(command, check=True, timeout=120)


def read(storage: Path, volume: str) -> str:
    """The letter at the start of a qcow2 volume."""
    path = storage / "volumes" / volume / "disk.qcow2"
    command = ["qemu-io", "-f", "qcow2", "-c", "read -v 0 512", str(path)]
    said = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout
    return chr(int(said.split()[1], 16))


class TestLibvirtsOwnSimulation(EffectsSuite):
    """Agent and libvirt adapter on libvirt's test driver: real XML, no guests."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[Rig]:
        if importlib.util.find_spec("libvirt") is None or shutil.which("qemu-img") is None:
            pytest.skip("needs libvirt's binding and qemu-img")
        with libvirt_rig("test:///default", tmp_path, real=False) as rig:
            yield rig


@pytest.fixture(scope="module")
def qemu_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Two real hosts for all tests of the module: they take a second to start."""
    if reason := missing_parts():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("hosts")
    with ExitStack() as stack:
        rigs = []
        for name in ("one", "two"):
            libvirtd = stack.enter_context(Launcher(cache_folder() / "libvirt"))
            made = libvirt_rig(libvirtd.uri, folder / name, real=True, shared=folder / "shared")
            rigs.append(stack.enter_context(made))
        rigs[0].peer = rigs[1]
        yield rigs[0]


@pytest.mark.system
class TestQemu(EffectsSuite):
    """Agent and libvirt adapter on a real libvirtd with QEMU."""

    @pytest.fixture
    def rig(self, qemu_rig: Rig) -> Rig:
        return qemu_rig
