"""A libvirtd of the tests' own, in namespaces of its own.

It has its own process, mount and network namespaces: nothing of it can reach the machine's networks, the machine's own
libvirt is not touched, and the end of one process ends all of it, guests and DHCP servers included. Its unix socket lies
in an ordinary folder, so that clients connect from outside; a guest's addresses are reached by `command_inside`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

import attrs

QEMU_CONF = """\
security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = [ ]
namespaces = [ ]
"""
LIBVIRTD_CONF = """\
listen_tls = 0
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "{uuid}"
"""
# The loop starts libvirtd again when a test has killed it. A file that cannot be written hides /dev/kvm, so that only emulation
# is probed; were it a device, libvirt would think its cached probe wrong and probe before each define.
SCRIPT = """\
set -eu
for pair in run:/run lib:/var/lib/libvirt etc:/etc/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
    mount --bind "$1/${pair%%:*}" "${pair#*:}"
done
if [ -e /dev/kvm ]; then
    mount --bind "$1/no-kvm" /dev/kvm
    mount -o remount,bind,ro /dev/kvm
fi
ip link set lo up
virtlogd &
while :; do
    libvirtd || sleep 0.1
done
"""


@attrs.frozen
class PrivateLibvirtd:
    """One running libvirtd.

    uri: connects to it from outside its namespaces.
    init: the first process of its namespaces, as seen from outside.
    """

    folder: Path
    init: int

    @property
    def uri(self) -> str:
        """The address for libvirt's clients."""
        return f"qemu+unix:///system?socket={self.folder}/run/libvirt/libvirt-sock"

    @property
    def command_inside(self) -> list[str]:
        """What to put before a command that must see the guests' networks."""
        return ["nsenter", f"--net=/proc/{self.init}/ns/net"]

    def kill_daemon(self) -> None:
        """Kill libvirtd alone; its guests go on and it comes back by itself."""
        for pid in _children(self.init):
            if Path(f"/proc/{pid}/comm").read_text().strip() == "libvirtd":
                os.kill(pid, signal.SIGKILL)

    def wait(self) -> None:
        """Return when it answers; raises TimeoutError after two minutes."""
        deadline = time.monotonic() + 120
        command = ["virsh", "-q", "-c", self.uri, "uri"]
        while subprocess.run(command, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no libvirtd at {self.uri}: {(self.folder / 'log/stderr').read_text()[-500:]}")
            time.sleep(0.05)


def missing_parts() -> str | None:
    """Why a private libvirtd cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    tools = ["libvirtd", "virtlogd", "virsh", "qemu-system-x86_64", "unshare", "setpriv", "nsenter", "dnsmasq", "ssh"]
    absent = [tool for tool in tools if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    return f"needs {', '.join(absent)}" if absent else None


class Launcher:
    """Starts a private libvirtd on entry and ends everything in it on exit."""

    def __init__(self, cache: Path) -> None:
        """cache: where QEMU's probed capabilities stay between runs; probing takes seconds."""
        self._cache = cache

    def __enter__(self) -> PrivateLibvirtd:
        self._folder = Path(tempfile.mkdtemp(prefix="cctest-libvirt-"))
        self._folder.chmod(0o755)
        for name in ("run/libvirt", "run/lock", "lib", "etc/qemu/networks", "log"):
            (self._folder / name).mkdir(parents=True)
        self._cache.mkdir(parents=True, exist_ok=True)
        (self._folder / "cache").symlink_to(self._cache)
        (self._folder / "no-kvm").touch()
        (self._folder / "etc/qemu.conf").write_text(QEMU_CONF)
        (self._folder / "etc/libvirtd.conf").write_text(LIBVIRTD_CONF.format(uuid=uuid.uuid4()))
        if Path("/etc/libvirt/nwfilter").is_dir():
            shutil.copytree("/etc/libvirt/nwfilter", self._folder / "etc/nwfilter")
        for target in ("/var/lib/libvirt", "/etc/libvirt", "/var/log/libvirt", "/var/cache/libvirt"):
            Path(target).mkdir(parents=True, exist_ok=True)
        with (self._folder / "log/stderr").open("wb") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--propagation", "private", "sh", "-c", SCRIPT, "libvirtd-of-tests", str(self._folder)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while not (init := _children(self._process.pid)):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError(f"no namespaces: {(self._folder / 'log/stderr').read_text()[-500:]}")
                time.sleep(0.01)
            started = PrivateLibvirtd(folder=self._folder, init=init[0])
            started.wait()
        except BaseException:
            self.__exit__()
            raise
        return started

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(timeout=60)
        shutil.rmtree(self._folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
