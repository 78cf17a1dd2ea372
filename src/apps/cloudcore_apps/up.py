"""The command `cloudcore up`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click

from cloudcore.model.errors import BackendError, DeadlineError, InvalidInputError
from cloudcore.resources.placement import Placement
from cloudcore_apps.logs import FORMATS
from cloudcore_apps.options import data_option, folder_of
from cloudcore_apps.settings import (
    DEFAULT_LISTEN,
    MOST_SIMULATED_HOSTS,
    MOST_SIMULATED_NODES,
    VIRT_TYPES,
    Settings,
    check,
    parse_listen,
)

LOG_FILE = "cloudcore.log"
LONGEST_LOG = 16 << 20
DATABASE_VARIABLE = "CLOUDCORE_DATABASE"
READY_S = 900.0
"""For so long a start in the background is waited for. It ends by itself when it can't go on: a migration of many rows, or
two cores that others use, take their time."""
PATIENCE_S = 30.0
"""So often it is said that it still starts."""
DAY_S = 86_400


@click.command()
@data_option
@click.option(
    "--listen",
    default=DEFAULT_LISTEN,
    show_default=True,
    metavar="HOST:PORT",
    help="Where to serve; port 0 takes a free one.",
)
@click.option(
    "--shared",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where keys and images lie if several processes run one cloud; each has a data folder of its own.",
)
@click.option("--with-kvm", is_flag=True, help="Real guests, by libvirt and QEMU; installs what is missing.")
@click.option("--yes", is_flag=True, help="Install without asking.")
@click.option(
    "--virt",
    type=click.Choice(VIRT_TYPES),
    default="auto",
    show_default=True,
    help="The machine of guests; auto boots a probe.",
)
@click.option("--libvirt-uri", default="", help="A libvirtd to use, such as qemu:///system.")
@click.option(
    "--shared-storage",
    "shared_storages",
    multiple=True,
    metavar="NAME=PATH",
    help="A folder for disks that other hosts of the cloud have, too, at the same path, such as an NFS mount.",
)
@click.option(
    "--migrate-uri",
    default="",
    metavar="URI",
    help="Where the libvirtd of other hosts reaches this one's, such as qemu+tls://HOST/system: servers move while they run.",
)
@click.option("--nat", is_flag=True, help="Let guests reach the world through this host.")
@click.option("--detach", is_flag=True, help="Run in the background, with a log in the data folder.")
@click.option(
    "--database",
    default="",
    envvar=DATABASE_VARIABLE,
    metavar="URL",
    help=f"postgresql://… or mysql://…, better by {DATABASE_VARIABLE} if it has a password; SQLite if not given.",
)
@click.option("--certificate", default="", metavar="FILE", help="Serve TLS with this certificate (PEM).")
@click.option("--key", default="", metavar="FILE", help="The certificate's key (PEM).")
@click.option("--public-url", default="", metavar="URL", help="Where clients reach it, if not where it listens.")
@click.option("--insecure-http", is_flag=True, help="Serve others without TLS.")
@click.option(
    "--image-format",
    "image_formats",
    multiple=True,
    metavar="FORMAT",
    help="Also convert every fresh image to it: qcow2, raw, vmdk, vhd, vhdx; may be given several times.",
)
@click.option(
    "--image-network",
    "image_networks",
    multiple=True,
    metavar="CIDR",
    help="A network, besides the public ones, that images may be fetched from; may be given several times.",
)
@click.option(
    "--notify-network",
    "notify_networks",
    multiple=True,
    metavar="CIDR",
    help="A network, besides the public ones, in which callers may be told of the ends of tasks; may be given several times.",
)
@click.option(
    "--recycle",
    type=click.FloatRange(0, 3650),
    default=0.0,
    show_default=True,
    metavar="DAYS",
    help="Keep deleted servers, disks and images in a recycle bin for so long; 0: delete at once.",
)
@click.option(
    "--placement",
    type=click.Choice((Placement.SPREAD.value, Placement.PACK.value)),
    default=Placement.SPREAD.value,
    show_default=True,
    help="How servers are laid upon hosts of which neither a scheduling tag nor the zone says it.",
)
@click.option(
    "--simulated-hosts",
    type=click.IntRange(0, MOST_SIMULATED_HOSTS),
    default=1,
    show_default=True,
    help="Hosts of the simulation; 0: none here.",
)
@click.option(
    "--simulated-nodes",
    type=click.IntRange(0, MOST_SIMULATED_NODES),
    default=0,
    show_default=True,
    help="NUMA nodes of each of them; 0: they tell none.",
)
@click.option(
    "--simulated-delay",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    help="Seconds that each of their effects takes.",
)
@click.option(
    "--log-level", type=click.Choice(("debug", "info", "warning", "error")), default="warning", show_default=True
)
@click.option(
    "--log-format", type=click.Choice(FORMATS), default="text", show_default=True, help="For people or for machines."
)
@click.option("--ready-fd", type=int, default=-1, hidden=True)
def up(
    data: Path | None,
    listen: str,
    shared: Path | None,
    with_kvm: bool,
    yes: bool,
    detach: bool,
    certificate: str,
    key: str,
    recycle: float,
    simulated_nodes: int,
    simulated_delay: float,
    ready_fd: int,
    **same: Any,
) -> None:
    """Run a whole cloud in this process, until Ctrl-C. Guests go on when it ends."""
    host, port = parse_listen(listen)
    settings = Settings(
        data=folder_of(data).path,
        shared=shared and shared.absolute(),
        host=host,
        port=port,
        kvm=with_kvm,
        certificate=certificate and str(Path(certificate).absolute()),
        key=key and str(Path(key).absolute()),
        recycle_s=round(recycle * DAY_S),
        simulated_nodes=simulated_nodes,
        simulated_delay_s=simulated_delay,
        **same,  # the options that are called as their settings are
    )
    check(settings)
    if with_kvm:
        from cloudcore_apps.installing import provide

        provide(yes=yes)
    if detach:
        _detach(settings)
    else:
        run(settings, ready_fd)


def run(settings: Settings, ready_fd: int = -1) -> None:
    """Serve until SIGINT or SIGTERM. ready_fd: where to say that it is ready, instead of on standard output."""
    from cloudcore_apps.allinone import build
    from cloudcore_apps.pacing import collect_rarely

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    with build(settings) as running:
        collect_rarely()
        _say(running.greeting(), ready_fd)
        while not ended.wait(3600):
            continue
        if ready_fd < 0:
            click.echo("ending; guests go on", err=True)


def _say(text: str, ready_fd: int) -> None:
    if ready_fd < 0:
        click.echo(text)
        return
    with os.fdopen(ready_fd, "w", encoding="utf-8") as pipe:
        pipe.write(text + "\n")


def _detach(settings: Settings) -> None:
    folder = folder_of(settings.data)
    # Hold it for a moment: this refuses clearly, here and now, when somebody else does.
    folder.hold()
    folder.release()
    reading, writing = os.pipe()
    log_path = folder.path / LOG_FILE
    if log_path.exists() and log_path.stat().st_size > LONGEST_LOG:
        log_path.replace(log_path.with_suffix(".log.1"))
    with os.fdopen(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        began = log.tell()
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", "cloudcore_apps.main", *_arguments(settings), "--ready-fd", str(writing)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writing,),
            start_new_session=True,
            cwd="/",
            # Command lines can be read by everybody on the machine, environments cannot.
            env={**os.environ, DATABASE_VARIABLE: settings.database},
        )
    os.close(writing)
    text = _read_until_end(reading, READY_S, log_path)
    if text:
        click.echo(text, nl=False)
        click.echo(f"  it runs in the background (pid {process.pid}), log in {log_path}; `cloudcore down` ends it")
        return
    if text is None:
        process.terminate()
        raise DeadlineError(f"it was not ready in time; see {log_path}")
    process.wait()
    said = log_path.read_bytes()[began:].decode("utf-8", "replace").strip().removeprefix("cloudcore: ")
    raise BackendError(said[-2000:] or f"it ended with status {process.returncode}")


def _read_until_end(descriptor: int, timeout_s: float, log_path: Path, patience_s: float = PATIENCE_S) -> str | None:
    """What comes through a pipe until its end; None when it does not end in time."""
    import select

    began, held = time.monotonic(), b""
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while (waited := time.monotonic() - began) < timeout_s:
            if not select.select([pipe], [], [], min(patience_s, timeout_s - waited))[0]:
                click.echo(f"it starts, for {time.monotonic() - began:.0f} s by now; log in {log_path}", err=True)
                continue
            piece = pipe.read(65536)
            if not piece:
                return held.decode("utf-8", "replace")
            held += piece
    return None


def _arguments(settings: Settings) -> list[str]:
    """The command line that gives these settings again."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    flags = {"--with-kvm": settings.kvm, "--nat": settings.nat, "--insecure-http": settings.insecure_http}
    values = {
        "--public-url": settings.public_url,
        "--certificate": settings.certificate,
        "--key": settings.key,
        "--libvirt-uri": settings.libvirt_uri,
        "--migrate-uri": settings.migrate_uri,
        "--shared": str(settings.shared or ""),
    }
    if any("\0" in value for value in values.values()):
        raise InvalidInputError("an option has a zero byte")
    found = ["up", "--data", str(settings.data), "--listen", f"{host}:{settings.port}", "--virt", settings.virt]
    found += ["--simulated-hosts", str(settings.simulated_hosts), "--simulated-delay", str(settings.simulated_delay_s)]
    found += ["--simulated-nodes", str(settings.simulated_nodes)]
    found += ["--log-level", settings.log_level, "--recycle", repr(settings.recycle_s / DAY_S)]
    found += ["--log-format", settings.log_format, "--placement", settings.placement]
    found += [flag for flag, is_set in flags.items() if is_set]
    for name in settings.image_formats:
        found += ["--image-format", name]
    for storage in settings.shared_storages:
        found += ["--shared-storage", storage]
    for network in settings.image_networks:
        found += ["--image-network", network]
    for network in settings.notify_networks:
        found += ["--notify-network", network]
    for option, value in values.items():
        found += [option, value] if value else []
    return found
