"""What `cloudcore up` is told, checked once."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from cloudcore.model.errors import InvalidInputError
from cloudcore.resources.image.subimage import CONVERTED_FORMATS
from cloudcore.resources.placement import Placement

DEFAULT_LISTEN = "127.0.0.1:30300"
DATA_VARIABLE = "CLOUDCORE_DATA"
VIRT_TYPES = ("auto", "kvm", "qemu")
MOST_SIMULATED_HOSTS = 1000
MOST_SIMULATED_NODES = 64

_LISTEN = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.]{2,45})\]|(?P<host>[0-9A-Za-z.-]{1,253})):(?P<port>[0-9]{1,5})", re.ASCII
)
_URL = re.compile(r"https?://(\[[0-9a-fA-F:.]{2,45}\]|[0-9A-Za-z.-]{1,253})(:[0-9]{1,5})?", re.ASCII)
_DATABASE = re.compile(r"(?P<kind>[a-z]+)(\+[a-z0-9]+)?://", re.ASCII)
_STORAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}=/[^\x00-\x1f,]{1,3000}")
_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB", "mariadb": "MariaDB"}


@attrs.frozen(kw_only=True)
class Settings:
    """How one all-in-one process is set up.

    data: the data folder, absolute. host, port: where it listens; port 0 takes a free one.
    shared: where keys and images lie, if several processes share them; else the data folder.
    database: a URL; empty for SQLite in the data folder.
    kvm: real guests by libvirt; else a simulated hypervisor. virt: which machine libvirt is asked for.
    libvirt_uri: empty for the machine's own libvirtd, or one of ours where there is none.
    shared_storages: `NAME=PATH` of folders that other hosts of the cloud have, too, at the same path.
    migrate_uri: how the libvirtd of other hosts reaches that of this one; empty: servers neither come nor go while they run.
    nat: whether guests reach the world through the host.
    certificate, key: PEM files; both or none.
    public_url: where clients reach it, if that is not where it listens.
    image_formats: what every fresh image is converted to, besides qcow2 for those that no host starts from.
    image_networks: networks, besides the public ones, that images may be fetched from for whoever may make images.
    notify_networks: the same for where callers have themselves told of the ends of tasks.
    recycle_s: how long deleted servers and disks stay in the recycle bin; 0: there is none.
    placement: `spread` or `pack`, for hosts of which neither a tag nor the zone says it.
    simulated_hosts: how many hosts the simulation has. simulated_delay_s: how long each of their effects takes.
    simulated_nodes: how many NUMA nodes each of them has; 0: they tell none.
    """

    data: Path
    shared: Path | None = None
    host: str = "127.0.0.1"
    port: int = 30300
    database: str = ""
    kvm: bool = False
    virt: str = "auto"
    libvirt_uri: str = ""
    shared_storages: tuple[str, ...] = ()
    migrate_uri: str = ""
    nat: bool = False
    certificate: str = ""
    key: str = ""
    insecure_http: bool = False
    public_url: str = ""
    recycle_s: int = 0
    placement: str = Placement.SPREAD.value
    simulated_hosts: int = 1
    simulated_nodes: int = 0
    simulated_delay_s: float = 0.0
    image_formats: tuple[str, ...] = ()
    image_networks: tuple[str, ...] = ()
    notify_networks: tuple[str, ...] = ()
    log_level: str = "warning"
    log_format: str = "text"

    @property
    def scheme(self) -> str:
        """`https` with a certificate, else `http`."""
        return "https" if self.certificate else "http"

    @property
    def database_url(self) -> str:
        """The database that is used."""
        return self.database or f"sqlite:///{self.data / 'cloud.sqlite'}"

    @property
    def is_alone(self) -> bool:
        """Whether the database is for one process only."""
        return self.database_kind == "SQLite"

    @property
    def database_kind(self) -> str:
        """What keeps the data, such as `MariaDB`; empty for what is not supported."""
        found = _DATABASE.match(self.database_url)
        return _DATABASES.get(found["kind"], "") if found else ""


def default_data(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the data is unless told otherwise: `CLOUDCORE_DATA`, else `cloudcore` in the XDG data home."""
    if chosen := environ.get(DATA_VARIABLE):
        return Path(chosen).absolute()
    home = environ.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "share"
    return base / "cloudcore"


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; IPv6 addresses stand in brackets.

    Raises:
        InvalidInputError: it is not of that form.
    """
    found = _LISTEN.fullmatch(text)
    if found is None or int(found["port"]) > 65535:
        raise InvalidInputError(
            f"--listen must be HOST:PORT, such as {DEFAULT_LISTEN}, not {text[:80]!r}", field="listen"
        )
    return found["six"] or found["host"], int(found["port"])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_wildcard(host: str) -> bool:
    """Whether the address means every address of this machine."""
    return host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def check(settings: Settings) -> None:
    """Refuse settings that cannot work or are not safe.

    Raises:
        InvalidInputError: names the option and what to do.
    """
    if bool(settings.certificate) != bool(settings.key):
        raise InvalidInputError("--certificate and --key go together", field="certificate")
    for path in (settings.certificate, settings.key):
        if path and not os.access(path, os.R_OK):
            raise InvalidInputError(f"{path} cannot be read", field="certificate")
    if not (is_loopback(settings.host) or settings.certificate or settings.insecure_http):
        raise InvalidInputError(
            f"--listen {settings.host} is reachable by others and passwords would cross the network in the clear; "
            "give --certificate and --key, or --insecure-http if something in front speaks TLS",
            field="listen",
        )
    if not settings.database_kind:
        raise InvalidInputError("--database must be a sqlite://, postgresql:// or mysql:// URL", field="database")
    if settings.public_url and _URL.fullmatch(settings.public_url) is None:
        raise InvalidInputError("--public-url must be http(s)://HOST[:PORT] without a path", field="public_url")
    if settings.virt not in VIRT_TYPES:
        raise InvalidInputError(f"--virt must be one of {', '.join(VIRT_TYPES)}", field="virt")
    _check_simulation(settings)
    _check_images(settings)
    _check_networks(settings)
    _check_storages(settings)
    if not str(settings.data).isprintable() or not settings.data.is_absolute():
        raise InvalidInputError("--data must be a path without control characters", field="data")
    if settings.shared is not None and not (settings.shared.is_absolute() and str(settings.shared).isprintable()):
        raise InvalidInputError("--shared must be a path without control characters", field="shared")


def _check_storages(settings: Settings) -> None:
    if settings.shared_storages and not settings.kvm:
        raise InvalidInputError("--shared-storage is for real guests: say --with-kvm, too", field="shared_storage")
    names = [text.partition("=")[0] for text in settings.shared_storages]
    for text in settings.shared_storages:
        if _STORAGE.fullmatch(text) is None or names.count(text.partition("=")[0]) > 1:
            said = "--shared-storage must be NAME=PATH, with an absolute path and a name of its own"
            raise InvalidInputError(f"{said}, not {text[:80]!r}", field="shared_storage")


def _check_simulation(settings: Settings) -> None:
    if not 0 <= settings.simulated_hosts <= MOST_SIMULATED_HOSTS:
        raise InvalidInputError(f"--simulated-hosts must be 0 to {MOST_SIMULATED_HOSTS}", field="simulated_hosts")
    if not 0 <= settings.simulated_nodes <= MOST_SIMULATED_NODES:
        raise InvalidInputError(f"--simulated-nodes must be 0 to {MOST_SIMULATED_NODES}", field="simulated_nodes")
    if not 0 <= settings.simulated_delay_s <= 3600:
        raise InvalidInputError("--simulated-delay must be 0 to 3600 seconds", field="simulated_delay")


def _check_images(settings: Settings) -> None:
    if unknown := [name for name in settings.image_formats if name not in CONVERTED_FORMATS]:
        offered = ", ".join(CONVERTED_FORMATS)
        raise InvalidInputError(f"--image-format must be of {offered}, not {unknown[0][:20]!r}", field="image_format")


def _check_networks(settings: Settings) -> None:
    for option, networks in (("image", settings.image_networks), ("notify", settings.notify_networks)):
        for network in networks:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                field = f"{option}_network"
                raise InvalidInputError(f"--{option}-network must be a network: {error}", field=field) from error
