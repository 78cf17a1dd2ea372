"""Questions to running guests, their screen and their agent, and keys for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cloudcore.model.errors import BackendError, NotSupportedError, ResourceNotFoundError, TooLargeError
from cloudcore.model.guest import AGENT_QUESTIONS
from cloudcore_adapters.libvirt.connection import Connection, Domain, translated
from cloudcore_adapters.libvirt.power import ON, power_state

MOST_BYTES = 64 << 20
AGENT_S = 5


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


def press_keys(domain: Domain | None, keys: Sequence[int], hold_ms: int) -> None:
    """See `Guests.press_keys`."""
    import libvirt

    running = _running(domain)
    with translated("pressing keys"):
        running.sendKey(libvirt.VIR_KEYCODE_SET_LINUX, hold_ms, list(keys), len(keys), 0)


def ask_agent(domain: Domain | None, question: str) -> Any:
    """See `Guests.ask_agent`."""
    import libvirt
    import libvirt_qemu

    if question not in AGENT_QUESTIONS:
        raise NotSupportedError("guests' agents are not asked this", field="question")
    running = _running(domain)
    try:
        said = libvirt_qemu.qemuAgentCommand(running, json.dumps({"execute": question}), AGENT_S, 0)
    except libvirt.libvirtError as e:
        raise BackendError("the guest's agent does not answer", internal=str(e)) from e
    return json.loads(said).get("return")


def _running(domain: Domain | None) -> Domain:
    if domain is None or power_state(domain) != ON:
        raise ResourceNotFoundError("this host has no such guest, or it is not running")
    return domain
