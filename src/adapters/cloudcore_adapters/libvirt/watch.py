"""Tells of power states as they change."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from xml.etree import ElementTree as ET

from cloudcore.model.errors import CloudcoreError
from cloudcore_adapters.libvirt import marks
from cloudcore_adapters.libvirt.connection import Connection, Domain, LibvirtConnection, translated
from cloudcore_adapters.libvirt.power import MISSING, power_state

_log = logging.getLogger(__name__)
_STOP = ""


class Watch:
    """Calls back with (guest id, power state) for each of our guests: all of them on every (re)connection, then on changes.

    Callbacks come from one thread, in order; a state may be told twice, and one that lasted for an instant may be left out.
    """

    def __init__(
        self,
        uri: str,
        deployment: str,
        callback: Callable[[str, str], None],
        *,
        retry_s: float = 2.0,
    ) -> None:
        """retry_s: how long to wait before connecting again.

        It has a connection of its own: libvirt gives the events of one connection to one listener only.
        """
        self._connection = LibvirtConnection(uri)
        self._deployment = deployment
        self._callback = callback
        self._retry_s = retry_s
        self._changed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._guests: dict[str, str] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="libvirt-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop calling back; returns when the last call has ended."""
        self._stopped.set()
        self._changed.put(_STOP)
        if threading.current_thread() is not self._thread:
            self._thread.join(10)
        self._connection.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow(self._connection.get())
            except CloudcoreError as e:
                _log.info("watching guests: %s [%s]", e, e.internal)
            self._stopped.wait(self._retry_s)

    def _follow(self, connection: Connection) -> None:
        import libvirt

        def changed(_connection: Connection, domain: Domain, _event: int, _detail: int, _opaque: object) -> None:
            self._changed.put(domain.UUIDString())

        with translated("watching guests"):
            number = connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, changed, None)
        try:
            with translated("listing guests"):
                present = [domain.UUIDString() for domain in connection.listAllDomains()]
            for uuid in sorted({*present, *self._guests}):
                self._report(connection, uuid)
            while not self._stopped.is_set() and connection.isAlive() == 1:
                try:
                    uuid = self._changed.get(timeout=self._retry_s)
                except queue.Empty:
                    continue
                if uuid != _STOP:
                    self._report(connection, uuid)
        finally:
            _deregister(connection, number)

    def _report(self, connection: Connection, uuid: str) -> None:
        import libvirt

        try:
            domain = connection.lookupByUUIDString(uuid)
            mark = marks.in_xml(ET.fromstring(domain.XMLDesc()))  # noqa: S314 - libvirt wrote it
            state = power_state(domain)
        except libvirt.libvirtError as e:
            if e.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                _log.info("watching %s: %s", uuid, e)
                return
            if (gone := self._guests.pop(uuid, None)) is not None:
                self._tell(gone, MISSING)
            return
        if mark is not None and mark.deployment == self._deployment:
            self._guests[uuid] = mark.resource
            self._tell(mark.resource, state)

    def _tell(self, guest_id: str, state: str) -> None:
        try:
            self._callback(guest_id, state)
        except Exception:  # noqa: BLE001 - the listener's fault must not end the watch
            _log.exception("the listener for power states failed on %s", guest_id)


def _deregister(connection: Connection, number: int) -> None:
    import libvirt

    try:
        connection.domainEventDeregisterAny(number)
    except libvirt.libvirtError as e:
        _log.debug("ending the watch of guests: %s", e)
