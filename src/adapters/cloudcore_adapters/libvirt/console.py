"""Serial consoles over libvirt's streams."""

from __future__ import annotations

import threading
import time
from typing import Any

from cloudcore.model.errors import BackendError, ConflictError, ResourceNotFoundError
from cloudcore_adapters.libvirt.connection import Connection, Domain, translated

_CHUNK = 65536
_SEND_S = 10.0


class SerialStream:
    """A console stream. libvirt's event loop fills a buffer, and waits while it is full."""

    def __init__(self, connection: Connection, domain: Domain, *, buffer: int = 1 << 20) -> None:
        """Attach; who was attached before is cut off. buffer: how many bytes wait for a reader, in about."""
        import libvirt

        self._changed = threading.Condition()
        self._buffer = bytearray()
        self._ended = False
        self._paused = False
        self._limit = buffer
        self._wanted = (
            libvirt.VIR_STREAM_EVENT_READABLE | libvirt.VIR_STREAM_EVENT_HANGUP | libvirt.VIR_STREAM_EVENT_ERROR
        )
        with translated("opening the console"):
            self._stream = connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
            domain.openConsole(None, self._stream, libvirt.VIR_DOMAIN_CONSOLE_FORCE)
            self._stream.eventAddCallback(self._wanted, self._on_event, None)

    def read(self, timeout_s: float) -> bytes | None:
        """See `ConsoleStream.read`."""
        with self._changed:
            self._changed.wait_for(lambda: self._buffer or self._ended, timeout_s)
            if self._buffer:
                data = bytes(self._buffer)
                self._buffer.clear()
                if self._paused and not self._ended:
                    self._paused = False
                    self._listen(self._wanted)
                return data
            return None if self._ended else b""

    def write(self, data: bytes) -> None:
        """See `ConsoleStream.write`; raises ConflictError when the stream has ended."""
        deadline = time.monotonic() + _SEND_S
        rest = memoryview(data)
        while rest:
            with self._changed:
                if self._ended:
                    raise ConflictError("the console has ended")
                with translated("writing to the console"):
                    sent = self._stream.send(bytes(rest[:_CHUNK]))
            if sent > 0:
                rest = rest[sent:]
            elif time.monotonic() > deadline:
                raise BackendError("the guest does not take what is written to its console")
            else:
                time.sleep(0.01)

    def close(self) -> None:
        """See `ConsoleStream.close`."""
        with self._changed:
            if not self._ended:
                self._end()

    def _on_event(self, stream: Any, events: int, _opaque: object) -> None:
        import libvirt

        with self._changed:
            if self._ended:
                return
            try:
                more = self._fill(stream) if events & libvirt.VIR_STREAM_EVENT_READABLE else False
            except libvirt.libvirtError:
                self._end()
                return
            if not more and events & (libvirt.VIR_STREAM_EVENT_HANGUP | libvirt.VIR_STREAM_EVENT_ERROR):
                self._end()

    def _fill(self, stream: Any) -> bool:
        """Move what there is into the buffer; True when some may be left."""
        while len(self._buffer) < self._limit:
            data = stream.recv(_CHUNK)
            if isinstance(data, int):  # -2: nothing more at present
                return False
            if not data:
                self._end()
                return False
            self._buffer += data
            self._changed.notify_all()
        self._paused = True
        self._listen(0)
        return True

    def _listen(self, events: int) -> None:
        with translated("reading the console"):
            self._stream.eventUpdateCallback(events)

    def _end(self) -> None:
        import libvirt

        self._ended = True
        self._changed.notify_all()
        for step in (self._stream.eventRemoveCallback, self._stream.abort):
            try:
                step()
            except libvirt.libvirtError:
                continue


def open_serial(connection: Connection, domain: Domain) -> SerialStream:
    """Attach to a running domain.

    Raises:
        ResourceNotFoundError: it does not run.
    """
    with translated("opening the console"):
        active = domain.isActive()
    if not active:
        raise ResourceNotFoundError("the guest is not running")
    return SerialStream(connection, domain)
