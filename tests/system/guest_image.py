"""Builds the guest that the system tests boot: kernel, busybox, sshd and guest agent on a disk of some 20 MiB.

Everything comes from Debian packages, which are unpacked and never installed; nothing is mounted.
The finished image is kept in the user's cache folder under a name that holds the digest of its sources.

    python tests/system/guest_image.py        prints the path of the image
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).with_name("guest")
PASSWORD = "cloudcore"
"""The password of root on the guest's serial console."""

PACKAGES = [
    "busybox-static",
    "qemu-guest-agent",
    "dropbear-bin",
    "libc6",
    "libglib2.0-0",
    "libpcre2-8-0",
    "libudev1",
    "liburing2",
    "libnuma1",
    "libcrypt1",
    "libgmp10",
    "zlib1g",
    "libtomcrypt1",
    "libtommath1",
]
PROGRAMS = ("usr/sbin/qemu-ga", "usr/sbin/dropbear", "usr/bin/dropbearkey")
DISK_MODULES = ("virtio_pci", "virtio_blk", "ata_piix", "sd_mod", "crc32c_generic", "ext4")
MODULES = ("virtio_net", "virtio_console", "virtio-rng", "virtio_balloon", "sr_mod", "isofs", "button", "evdev")
LOADER = "lib64/ld-linux-x86-64.so.2"
BOOT_MIB = 24
TOOLS = (
    ["apt-get", "dpkg-deb", "depmod", "modprobe", "cpio", "gzip", "openssl", "sfdisk", "mkfs.vfat", "mcopy", "syslinux", "mke2fs", "qemu-img"]
)  # fmt: skip
MBR = Path("/usr/lib/syslinux/mbr/mbr.bin")
ENVIRONMENT = {
    **os.environ,
    "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
    "LC_ALL": "C",
    "MTOOLS_SKIP_CHECK": "1",
}


def guest_image(folder: Path | None = None) -> Path:
    """The path of the image as qcow2; it is built if the cache has none of these sources (under a minute)."""
    folder = folder or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"guest-{_digest()}.qcow2"
    with (folder / "guest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            missing = [tool for tool in TOOLS if shutil.which(tool, path=ENVIRONMENT["PATH"]) is None]
            if missing or not MBR.exists():
                raise RuntimeError(f"building the test guest needs {', '.join(missing) or MBR}")
            with tempfile.TemporaryDirectory(dir=folder) as work:
                _build(Path(work), folder / "packages").replace(target)
    return target


def cache_folder() -> Path:
    """Where finished images and downloaded packages stay between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cloudcore-tests"


def _digest() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for source in sorted(SOURCES.iterdir()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _run(*command: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout.decode()


def _build(work: Path, packages: Path) -> Path:
    unpacked = _unpack(work / "unpacked", packages)
    kernel = next((unpacked / "lib/modules").iterdir()).name
    _run("depmod", "-b", unpacked, kernel)
    root = _root(work / "root", unpacked, kernel)
    initrd = _initrd(work / "initrd", unpacked, kernel)
    vmlinuz = unpacked / f"boot/vmlinuz-{kernel}"
    return _disk(work, root, initrd, vmlinuz)


def _unpack(folder: Path, packages: Path) -> Path:
    packages.mkdir(exist_ok=True)
    depends = _run("apt-cache", "depends", "linux-image-cloud-amd64")
    kernel = next(line.split()[-1] for line in depends.splitlines() if "Depends:" in line)
    wanted = [name for name in (kernel, *PACKAGES) if not any(packages.glob(f"{name}_*.deb"))]
    if wanted:
        _run("apt-get", "-q", "download", *wanted, cwd=packages)
    folder.mkdir()
    for name in (kernel, *PACKAGES):
        newest = max(packages.glob(f"{name}_*.deb"), key=lambda path: path.stat().st_mtime)
        _run("dpkg-deb", "-x", newest, folder)
    return folder


def _busybox(folder: Path, unpacked: Path) -> None:
    for name in [
        "bin",
        "sbin",
        "proc",
        "sys",
        "dev",
        "run",
        "tmp",
        "etc",
        "mnt",
        "root",
        "var/log",
        "usr/bin",
        "usr/sbin",
    ]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    shutil.copy2(unpacked / "bin/busybox", folder / "bin/busybox")
    for applet in _run(unpacked / "bin/busybox", "--list").split():
        (folder / "bin" / applet).symlink_to("busybox") if applet != "busybox" else None
    for name in ("init", "getty", "reboot", "modprobe"):
        (folder / "sbin" / name).symlink_to("../bin/busybox")


def _modules(folder: Path, unpacked: Path, kernel: str, names: tuple[str, ...]) -> None:
    for name in names:
        listed = _run("modprobe", "-d", unpacked, "-S", kernel, "--show-depends", name)
        for line in listed.splitlines():
            if not line.startswith("insmod"):
                continue  # built into the kernel
            module = Path(line.split()[1])
            target = folder / module.relative_to(unpacked)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(module, target)
    for name in ("modules.order", "modules.builtin"):
        shutil.copy2(unpacked / "lib/modules" / kernel / name, folder / "lib/modules" / kernel / name)
    _run("depmod", "-b", folder, kernel)
    (folder / "etc/modules").write_text("\n".join(names) + "\n")


def _libraries(folder: Path, unpacked: Path) -> None:
    """Copy the programs and what their dynamic linker says they need."""
    where = f"{unpacked}/lib/x86_64-linux-gnu:{unpacked}/usr/lib/x86_64-linux-gnu"
    target = folder / "lib/x86_64-linux-gnu"
    target.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        shutil.copy2(unpacked / program, folder / program)
        listed = _run(unpacked / LOADER, "--library-path", where, "--list", unpacked / program)
        for line in listed.splitlines():
            if "=>" in line:
                path = Path(line.split("=>")[1].split()[0])
                shutil.copy(path, target / path.name)
    (folder / "lib64").mkdir()
    shutil.copy(unpacked / LOADER, folder / LOADER)


def _root(folder: Path, unpacked: Path, kernel: str) -> Path:
    _busybox(folder, unpacked)
    _modules(folder, unpacked, kernel, MODULES)
    _libraries(folder, unpacked)
    etc = folder / "etc"
    (etc / "dropbear").mkdir()
    secret = _run("openssl", "passwd", "-6", "-salt", "cctest", PASSWORD).strip()
    (etc / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (etc / "group").write_text("root:x:0:\n")
    (etc / "shells").write_text("/bin/sh\n")
    (etc / "shadow").write_text(f"root:{secret}:19000:0:99999:7:::\n")
    (etc / "shadow").chmod(0o600)
    (etc / "hostname").write_text("guest\n")
    for name in ("rcS", "seed", "power-button", "udhcpc.script", "inittab"):
        shutil.copy(SOURCES / name, etc / name)
        (etc / name).chmod(0o755)
    shutil.copy(SOURCES / "chpasswd", folder / "usr/sbin/chpasswd")
    (folder / "usr/sbin/chpasswd").chmod(0o755)
    _close(folder)
    return folder


def _close(folder: Path) -> None:
    """Take away what the builder's umask left open: sshd refuses keys in a home that others may write to."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o755)
    (folder / "root").chmod(0o700)
    (folder / "tmp").chmod(0o1777)


def _initrd(folder: Path, unpacked: Path, kernel: str) -> Path:
    _busybox(folder, unpacked)
    _modules(folder, unpacked, kernel, DISK_MODULES)
    shutil.copy(SOURCES / "init", folder / "init")
    (folder / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*"))) + "\n"
    target = folder.with_suffix(".img")
    with target.open("wb") as out:
        cpio = subprocess.Popen(
            ["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0"],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        gzip = subprocess.Popen(["gzip", "-n"], stdin=cpio.stdout, stdout=out)
        assert cpio.stdin is not None
        cpio.stdin.write(names.encode())
        cpio.stdin.close()
        if gzip.wait() or cpio.wait():
            raise RuntimeError("packing the initramfs failed")
    return target


def _disk(work: Path, root: Path, initrd: Path, vmlinuz: Path) -> Path:
    used = sum(path.lstat().st_size for path in root.rglob("*")) >> 20
    root_mib = used + 24
    disk, boot, system = work / "disk.raw", work / "boot.fat", work / "root.ext4"
    with disk.open("wb") as out:
        out.truncate((1 + BOOT_MIB + root_mib + 1) << 20)
    table = f"label: dos\nstart=1MiB, size={BOOT_MIB}MiB, type=6, bootable\nsize={root_mib}MiB, type=83\n"
    _run("sfdisk", "-q", disk, stdin=table.encode())
    _run("mkfs.vfat", "-F", "16", "-C", boot, str(BOOT_MIB * 1024))
    named = work / "vmlinuz"
    shutil.copy(vmlinuz, named)
    _run("mcopy", "-i", boot, named, initrd, SOURCES / "syslinux.cfg", "::")
    _run("syslinux", "-i", boot)
    features = "^metadata_csum,^64bit"
    owner = ("-E", "root_owner=0:0")
    _run("mke2fs", "-q", "-t", "ext4", "-O", features, *owner, "-L", "cctest-root", "-d", root, system, f"{root_mib}M")
    with disk.open("r+b") as out:
        out.write(MBR.read_bytes()[:440])
        for part, start in ((boot, 1), (system, 1 + BOOT_MIB)):
            out.seek(start << 20)
            with part.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)
    image = work / "guest.qcow2"
    _run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", disk, image)
    return image


if __name__ == "__main__":
    sys.stdout.write(f"{guest_image()}\n")
