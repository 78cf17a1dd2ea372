"""Questions to running guests: their screen and their agent."""

from __future__ import annotations

from typing import Any

from cloudcore.model.errors import NotSupportedError, ResourceNotFoundError, TooLargeError
from cloudcore_adapters.libvirt.connection import Connection, Domain, translated
from cloudcore_adapters.libvirt.power import ON, power_state

MOST_BYTES = 64 << 20


def screenshot(connection: Connection, domain: Domain | None) -> bytes:
    """See `Guests.screenshot`."""
    running = _running(domain)
    pieces: list[bytes] = []

    def keep(_stream: Any, data: bytes, _opaque: object) -> int:
        pieces.append(bytes(data))
        return -1 if sum(map(len, pieces)) > MOST_BYTES else len(data)

    with translated("taking a picture of the screen"):
        stream = connection.newStream(0)
        kind = running.screenshot(stream, 0, 0)
        stream.recvAll(keep, None)
        stream.finish()
    if sum(map(len, pieces)) > MOST_BYTES:
        raise TooLargeError("the picture of the screen is too large")
    if kind != "image/png":
        raise NotSupportedError(f"this hypervisor shows screens as {str(kind)[:40]} only")
    return b"".join(pieces)


def ping_agent(domain: Domain | None) -> bool:
    """See `Guests.ping_agent`."""
    import libvirt

    running = _running(domain)
    try:
        running.getTime(0)
    except libvirt.libvirtError:
        return False
    return True


def _running(domain: Domain | None) -> Domain:
    if domain is None or power_state(domain) != ON:
        raise ResourceNotFoundError("this host has no such guest, or it is not running")
    return domain
