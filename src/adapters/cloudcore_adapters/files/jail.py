"""A program of its own: `python -I -S jail.py LIMITS COMMAND…` locks itself in and becomes the command.

LIMITS is a JSON object: `memory`, `cpu_s` and `file` (bytes of one file) are limits of the process, `read` and `write`
the paths that it may use besides the system's own libraries. What the kernel offers is used: network and IPC namespaces
without anything in them, Landlock for files, no new privileges. It dies with the thread that started it.

It imports the standard library only and nothing of this package, so that it starts in milliseconds.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys

_CLONE_NEWNET, _CLONE_NEWIPC, _CLONE_NEWUSER = 0x40000000, 0x08000000, 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_FIRST_RIGHTS = (1 << 13) - 1
"""The rights of Landlock's first version; later ones add one each: moving (2), cutting (3), device control (5)."""
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/ld.so.conf", "/dev/null", "/dev/urandom")
_OPEN_FILES = 64

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Lock in and execute; does not return.

    Raises:
        OSError: a limit cannot be set, or there is no such command.
    """
    limits, command = json.loads(arguments[0]), arguments[1:]
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for name, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (value, value))
    _leave_network()
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _restrict_files(limits["read"], limits["write"])
    os.execve(command[0], command, {"PATH": "/usr/bin:/bin", "LC_ALL": "C"})  # noqa: S606 - no shell, on purpose


def _leave_network() -> None:
    """Into namespaces without network and IPC; with a user namespace where we have no privilege, else not at all."""
    if _libc.unshare(_CLONE_NEWNET | _CLONE_NEWIPC):
        _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC)


def _restrict_files(read: list[str], write: list[str]) -> None:
    """Nothing but these paths and the system's libraries; kernels without Landlock leave it at that."""
    version = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    handled = _FIRST_RIGHTS | ((1 << 13) if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    attributes = struct.pack("=Q", handled)
    ruleset = _libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    for path in _SYSTEM:
        if os.path.exists(path):  # noqa: PTH110 - pathlib costs more than all the rest
            rights = _READ_FILE | _EXECUTE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112
            _allow(ruleset, path, rights)
    for path in read:
        _allow(ruleset, path, _READ_FILE)
    for path in write:
        _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled)
    if _libc.syscall(_RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, handle)
        if _libc.syscall(_ADD_RULE, ruleset, 1, rule, 0):
            raise OSError(ctypes.get_errno(), f"landlock {path}")
    finally:
        os.close(handle)


if __name__ == "__main__":
    main(sys.argv[1:])
