"""One connection to a libvirtd, opened when it is needed and again when it has broken."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    NotSupportedError,
    ResourceNotFoundError,
    UnreachableError,
)

if TYPE_CHECKING:
    import libvirt

_log = logging.getLogger(__name__)

Connection: TypeAlias = Any
Domain: TypeAlias = Any
Network: TypeAlias = Any

_KEEPALIVE_S = 5
_KEEPALIVE_MISSES = 3


class LibvirtConnection:
    """A connection shared by all threads of one host adapter; libvirt's handles allow that."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._lock = threading.Lock()
        self._open: Connection | None = None

    def get(self) -> Connection:
        """A live connection.

        Raises:
            UnreachableError: libvirtd does not answer.
        """
        import libvirt

        with self._lock:
            if self._open is not None and self._open.isAlive() == 1:
                return self._open
            self._drop()
            _event_loop.start()
            with translated("connecting to libvirt"):
                opened = libvirt.open(self.uri)
            try:
                opened.setKeepAlive(_KEEPALIVE_S, _KEEPALIVE_MISSES)
            except libvirt.libvirtError as e:
                if e.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:  # a driver inside this process needs none
                    raise UnreachableError("libvirt does not answer", internal=str(e)) from e
            self._open = opened
            return opened

    def close(self) -> None:
        """Close it; `get` would open it again."""
        with self._lock:
            self._drop()

    def domain(self, guest_id: str) -> Domain | None:
        """The domain with the UUID of this guest, whoever made it; None if there is none."""
        import libvirt

        connection = self.get()
        try:
            return connection.lookupByUUIDString(domain_uuid(guest_id))
        except libvirt.libvirtError as e:
            if e.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
                return None
            raise translate(e, "looking up the guest") from e

    def _drop(self) -> None:
        import libvirt

        broken, self._open = self._open, None
        if broken is None:
            return
        try:
            broken.close()
        except libvirt.libvirtError as e:
            _log.debug("closing the connection to libvirt: %s", e)


def domain_uuid(guest_id: str) -> str:
    """The UUID of a guest's domain: its id where that is a UUID, else derived from it."""
    try:
        return str(uuid.UUID(guest_id))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:cloudcore:guest:{guest_id}"))


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn libvirt's errors into ours; `doing` names the work in the message."""
    import libvirt

    try:
        yield
    except libvirt.libvirtError as e:
        raise translate(e, doing) from e


def translate(error: libvirt.libvirtError, doing: str) -> CloudcoreError:
    """Our error for libvirt's; what libvirt said stays internal."""
    import libvirt

    code, domain = error.get_error_code(), error.get_error_domain()
    gone = {libvirt.VIR_ERR_NO_CONNECT, libvirt.VIR_ERR_RPC, libvirt.VIR_ERR_AUTH_FAILED, libvirt.VIR_ERR_INVALID_CONN}
    absent = {libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_NO_NETWORK}
    said = f"libvirt {code}/{domain}: {error}"
    if code in gone or domain in {libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE}:
        return UnreachableError(f"{doing}: libvirt does not answer", internal=said)
    if code == libvirt.VIR_ERR_SYSTEM_ERROR and "socket" in str(error).lower():
        return UnreachableError(f"{doing}: libvirt does not answer", internal=said)
    if code == libvirt.VIR_ERR_NO_SUPPORT:
        return NotSupportedError(f"{doing}: this hypervisor cannot do it", internal=said)
    if code in absent:
        return ResourceNotFoundError(f"{doing}: it is not there", internal=said)
    return BackendError(f"{doing} failed", internal=said)


class _EventLoop:
    """libvirt's default event loop: one for the process, as the library wants it; runs keepalive, events and streams."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run the loop in a thread of its own, if it does not run yet; must come before the first connection."""
        import libvirt

        with self._lock:
            if self._thread is not None:
                return
            libvirt.registerErrorHandler(_ignore_message, None)  # errors are raised; printing them too helps nobody
            libvirt.virEventRegisterDefaultImpl()
            self._keep_timer = libvirt.virEventAddTimeout(
                1000, _tick, None
            )  # the loop must never have nothing to wait for
            self._thread = threading.Thread(target=_run_loop, name="libvirt-events", daemon=True)
            self._thread.start()


def _run_loop() -> None:
    import libvirt

    while True:
        try:
            libvirt.virEventRunDefaultImpl()
        except libvirt.libvirtError as e:
            _log.warning("libvirt's event loop: %s", e)


def _tick(_timer: int, _opaque: object) -> None:
    """Wakes the loop up."""


def _ignore_message(_context: object, error: tuple[Any, ...]) -> None:
    _log.debug("libvirt: %s", error[2])


_event_loop = _EventLoop()
