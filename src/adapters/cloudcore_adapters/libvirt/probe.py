"""Finds out by booting a guest whether KVM works; what the kernel and QEMU advertise is no proof.

The guest is a boot sector of our own. It goes through what every operating system goes through and broken
virtualisation trips over: real mode, protected mode, an interrupt and its return, paging, long mode, a return in long
mode, CPUID. Then it writes a token to QEMU's debug port and ends QEMU through its exit device.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import attrs

TOKEN = b"CLOUDCORE-VIRT-OK"
_EXIT_STATUS = 0x10 << 1 | 1
_DYING_S = 2.0
"""So long a killed guest is waited for."""
_SECTOR = 512
_FLOPPY = 1440 * 1024

# i386/x86-64 machine code, loaded at 0x7c00.
_CODE = bytes.fromhex(
    # 16 bit: cli; zero ds, es, ss; sp = 0x7c00; lgdt; cr0.PE = 1; far jump into protected mode
    "fa31c08ed88ec08ed0bc007c660f0116387d0f20c00c010f22c0ea1f7c0800"
    # 32 bit: flat segments; gate 0x20 of an IDT at 0x8000 points to the handler; lidt; int 0x20
    "66b810008ed88ec08ed0bc007c0000b8b87c0000ba000008006689c2891500810000c70504810000008e00000f011d3e7d0000cd20"
    # pushf; push cs; push the next address; iret
    "9c6a08685d7c0000cf"
    # clear and fill page tables at 0x9000 that map the first 2 MiB; cr3; cr4.PAE
    "31c0bf00900000b9000c0000fcf3abc7050090000003a00000c70500a0000003b00000c70500b0000083000000b8009000000f22d80f20e00c20"
    # EFER.LME; cr0.PG; far jump into long mode
    "0f22e0b9800000c00f3280cc010f300f20c00d000000800f22c0eabf7c00001800"
    # the handler of int 0x20: count it; iret
    "fe05017d0000cf"
    # 64 bit: stack; cpuid; push ss, rsp, flags, cs, rip; iretq
    "31c08ed0bc007c00000fa26a0068007c00009c6a18488d05030000005048cf"
    # if the interrupt came once: write the token to port 0xe9
    "803d1c000000017510be027d0000b91100000066bae900f36e"
    # write 0x10 to port 0xf4; hlt; again; the count
    "66baf400b010eef4ebf600"
) + (
    TOKEN.ljust(22, b"\0")
    # GDT: null, 32-bit code, data, 64-bit code; its register; the IDT's register
    + bytes.fromhex("0000000000000000ffff0000009acf00ffff00000092cf00ffff0000009aaf00")
    + bytes.fromhex("1f00187d0000070100800000")
)


@attrs.frozen
class Verdict:
    """virt_type: `kvm` or `qemu`. reason: why not KVM, empty when it works."""

    virt_type: str
    reason: str = ""


def probe_virt(*, emulator: str = "qemu-system-x86_64", timeout_s: float = 5.0) -> Verdict:
    """`kvm` if a guest ran to its end under KVM on the host's own CPU model, else `qemu`."""
    if not Path("/dev/kvm").exists():
        return Verdict("qemu", "there is no /dev/kvm")
    reason = boots(accel="kvm", cpu="host", emulator=emulator, timeout_s=timeout_s)
    return Verdict("qemu", reason) if reason else Verdict("kvm")


def boots(*, accel: str, cpu: str, emulator: str = "qemu-system-x86_64", timeout_s: float = 5.0) -> str:
    """Boot the probe; answers why it failed, or an empty string when the guest ran to its end."""
    with tempfile.TemporaryDirectory(prefix="cloudcore-probe-") as folder:
        floppy, port = Path(folder) / "boot.img", Path(folder) / "port"
        floppy.write_bytes(boot_image())
        command = [emulator, "-accel", accel, "-cpu", cpu, "-machine", "pc", "-m", "32", "-nodefaults"]
        command += ["-no-user-config", "-display", "none", "-no-reboot", "-debugcon", f"file:{port}"]
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
        command += ["-drive", f"file={floppy},format=raw,if=floppy"]
        if shutil.which(emulator) is None:
            return f"{emulator} is not installed"
        ended = _run(command, timeout_s)
        if ended is None:
            return f"the guest did not end within {timeout_s:g} s"
        status, words = ended
        said = port.read_bytes() if port.exists() else b""
        if status == _EXIT_STATUS and said.endswith(TOKEN):
            return ""
        return words[-1][:300] if words else f"{emulator} ended with status {status}"


def _run(command: list[str], timeout_s: float) -> tuple[int, list[str]] | None:
    """The status that a command ended with, and what it complained of; None when it had to be killed.

    It does not outlive whoever asks: the kernel kills it when the thread that started it ends, and that waits here.
    """
    leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    process = subprocess.Popen(  # noqa: S603 - a fixed command
        [*leash, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, words = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        # Where KVM is broken the kernel may hold a guest for ever: then it is left to the kernel.
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_DYING_S)
        return None
    except BaseException:
        process.kill()
        raise
    return process.returncode, words.decode(errors="replace").strip().splitlines()


def boot_image() -> bytes:
    """A floppy disk with the probe as its boot sector."""
    return (_CODE.ljust(_SECTOR - 2, b"\0") + b"\x55\xaa").ljust(_FLOPPY, b"\0")
