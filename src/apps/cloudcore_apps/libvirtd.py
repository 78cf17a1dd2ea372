"""Reaching a libvirtd: the machine's own, or else one that is started here, without systemd.

One started here has a mount namespace of its own in which libvirt's folders lie in the data folder, so that nothing of the
system's configuration is read or changed. It and its guests go on when cloudcore ends; the next start finds them.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

import attrs

from cloudcore.model.errors import BackendError, ForbiddenError, InvalidInputError

SYSTEM_SOCKETS = (Path("/run/libvirt/libvirt-sock"), Path("/run/libvirt/virtqemud-sock"))
LONGEST_SOCKET = 107
START_S = 20.0
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_FOLDERS = ("run", "lib", "etc/qemu/networks", "log", "cache")

_QEMU_CONF = """\
security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = [ ]
namespaces = [ ]
"""
_LIBVIRTD_CONF = """\
listen_tls = 0
listen_tcp = 0
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "{uuid}"
"""
# Arguments: the folder; whether to hide /dev/kvm, which libvirt would otherwise probe, for seconds, and offer; what to start.
_SCRIPT = """\
set -eu
root=$1 hide=$2
shift 2
for pair in run:/run/libvirt lib:/var/lib/libvirt etc:/etc/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
    mkdir -p "${pair#*:}"
    mount --bind "$root/${pair%%:*}" "${pair#*:}"
done
if [ "$hide" = yes ] && [ -e /dev/kvm ]; then
    mount --bind "$root/no-kvm" /dev/kvm
    mount -o remount,bind,ro /dev/kvm
fi
for daemon in "$@"; do
    "$daemon" --daemon --pid-file "$root/$daemon.pid"
done
"""


@attrs.frozen(kw_only=True)
class Libvirtd:
    """A libvirtd that answers. own: it was started from the data folder."""

    uri: str
    own: bool


def reach(uri: str, folder: Path, *, hide_kvm: bool) -> Libvirtd:
    """The libvirtd of the URI; without one the system's, and where that does not answer one of our own.

    folder: what one of our own keeps, below the data folder.

    Raises:
        ForbiddenError: only root can have real guests.
        BackendError: it does not start.
    """
    if uri:
        return Libvirtd(uri=uri, own=False)
    if os.geteuid() != 0:
        raise ForbiddenError("real guests need root: their disks and networks are the system's; or give --libvirt-uri")
    sock = folder / "run" / "libvirt-sock"
    ours = Libvirtd(uri=f"qemu+unix:///system?socket={sock}", own=True)
    if answers(sock):
        return ours
    # Guests that run under one of our own stay there.
    if not folder.exists() and any(answers(system) for system in SYSTEM_SOCKETS):
        return Libvirtd(uri="qemu:///system", own=False)
    _start(folder, sock, hide_kvm=hide_kvm)
    return ours


def answers(sock: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(sock))
        except OSError:
            return False
    return True


def _start(folder: Path, sock: Path, *, hide_kvm: bool) -> None:
    if len(os.fsencode(sock)) > LONGEST_SOCKET:
        raise InvalidInputError(f"--data is too long a path for the socket {sock}", field="data")
    if shutil.which("unshare", path=_PATH) is None:
        raise BackendError("unshare is not installed; it is part of util-linux")
    _lay_out(folder)
    wanted = [daemon for daemon in ("virtlogd", "libvirtd") if not _runs(folder / f"{daemon}.pid", daemon)]
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _SCRIPT, "libvirtd-of-cloudcore"]
    with (folder / "log" / "start.log").open("wb") as log:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [*command, str(folder), "yes" if hide_kvm else "no", *wanted],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"PATH": _PATH, "LC_ALL": "C"},
            cwd="/",
            check=False,
        )
    if done.returncode == 0 and _wait(sock):
        return
    said = (folder / "log" / "start.log").read_text(encoding="utf-8", errors="replace")[-1000:]
    raise BackendError("libvirtd does not start", internal=said)


def _wait(sock: Path) -> bool:
    deadline = time.monotonic() + START_S
    while not answers(sock):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _lay_out(folder: Path) -> None:
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "no-kvm").touch()
    (folder / "etc" / "qemu.conf").write_text(_QEMU_CONF, encoding="utf-8")
    settings = folder / "etc" / "libvirtd.conf"
    if not settings.exists():
        settings.write_text(_LIBVIRTD_CONF.format(uuid=uuid.uuid4()), encoding="utf-8")
    filters = Path("/etc/libvirt/nwfilter")
    if filters.is_dir() and not (folder / "etc" / "nwfilter").exists():
        shutil.copytree(filters, folder / "etc" / "nwfilter")


def _runs(pid_file: Path, name: str) -> bool:
    try:
        pid = int(pid_file.read_text(encoding="ascii").strip())
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == name
    except (OSError, ValueError):
        return False
