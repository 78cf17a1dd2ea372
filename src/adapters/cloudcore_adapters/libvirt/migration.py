"""Guests that go to another host while they run: the daemon of this host sends them to that of the other one, over one
connection between the two, so that no other port is needed and the bytes are as private as that connection.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    ConflictError,
    DeadlineError,
    InvalidInputError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments, marks
from cloudcore_adapters.libvirt.connection import Domain, LibvirtConnection, translate, translated
from cloudcore_adapters.libvirt.nodes import TUNING
from cloudcore_adapters.libvirt.power import MISSING, OFF, ON, PAUSED, power_state

MOST_MIB_S = 1 << 20
HURRIED_PAUSE_MS = 30_000
_POLL_S = 0.2
_SCHEME = re.compile(r"qemu(\+(tls|ssh|libssh2|libssh|unix|tcp))?")
_PLACE = re.compile(r"([0-9a-zA-Z_][0-9a-zA-Z_.-]*@)?([0-9a-zA-Z][0-9a-zA-Z.-]*|\[[0-9a-fA-F:]+\])?(:[0-9]{1,5})?")
_OPTIONS = frozenset(("socket", "keyfile", "known_hosts", "pkipath"))
UNKNOWN = "unknown"


def check_uri(uri: str) -> str:
    """The address of another host's daemon again, if it is one that we connect to.

    Raises:
        InvalidInputError: it is not; some of libvirt's transports and options run commands.
    """
    parts = urlsplit(uri)
    options = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    whole = _SCHEME.fullmatch(parts.scheme) and _PLACE.fullmatch(parts.netloc) and uri.isprintable()
    if not whole or parts.path != "/system" or parts.fragment or not options <= _OPTIONS:
        raise InvalidInputError(
            f"{uri[:100]!r} is not the address of a libvirt daemon, such as qemu+tls://HOST/system", field="uri"
        )
    return uri


@attrs.frozen
class Migration:
    """Performs `guest-migrate` on one host. find: the domain of a guest of ours."""

    deployment: str
    find: Callable[[str], Domain | None]

    def send(self, args: JsonMapping, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `guest-migrate`. One that an earlier performance began goes on.

        Raises:
            ResourceNotFoundError: the other host does not expect the guest.
            UnreachableError: it does not answer.
        """
        guest_id = arguments.ident(args, "guest_id")
        there = LibvirtConnection(check_uri(arguments.text(args, "uri")))
        most = arguments.number(args, "max_mib_s", 0, MOST_MIB_S)
        if not isinstance(hurry := arguments.required(args, "hurry"), bool):
            raise InvalidInputError("hurry must be true or false", field="hurry")
        try:
            sending = _Sending(guest_id, self.deployment, self.find, there, most_mib_s=most, hurry=hurry)
            return {"power_state": sending.send(progress, cancelled)}
        finally:
            there.close()


@attrs.define
class _Sending:
    """One guest on its way."""

    guest_id: str
    deployment: str
    find: Callable[[str], Domain | None]
    there: LibvirtConnection
    most_mib_s: int = attrs.field(kw_only=True)
    hurry: bool = attrs.field(kw_only=True)
    _thread: threading.Thread | None = None
    _error: CloudcoreError | None = None

    def send(self, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> str:
        """Until it runs there, or it is known that it does not; the power state there."""
        while True:
            # Before the guest is looked at: a way that ends after that look would seem to have left it here.
            is_over = self._thread is not None and not self._thread.is_alive()
            domain = self.find(self.guest_id)
            state = MISSING if domain is None else power_state(domain)
            if domain is None or state not in (ON, PAUSED):
                return self._state_there()
            if _is_on_its_way(domain):
                self._look_after(domain, progress, cancelled)
            elif is_over:
                self._ended(domain, state)
            elif self._thread is None and state == PAUSED:
                if (settled := self._settle(domain)) is not None:
                    return settled
            elif self._thread is None:
                if cancelled():
                    raise DeadlineError("cancelled before the guest was on its way")
                self._begin(domain)
            time.sleep(_POLL_S)

    def _state_there(self) -> str:
        try:
            domain = self._awaited()
            return MISSING if domain is None else power_state(domain)
        except ConflictError:
            raise
        except CloudcoreError:
            # Nothing of it runs here, and that is all that is known.
            return UNKNOWN

    def _awaited(self) -> Domain | None:
        """The guest's domain on the other host.

        Raises:
            ConflictError: what is in its place there is not ours.
        """
        domain = self.there.domain(self.guest_id)
        if domain is None:
            return None
        with translated("reading the guest on the other host"):
            mark = marks.in_xml(ET.fromstring(domain.XMLDesc()))  # noqa: S314 - libvirt wrote it
        if mark is None or mark.deployment != self.deployment or mark.resource != self.guest_id:
            raise ConflictError("a domain that is not of this deployment is in the guest's place there")
        return domain

    def _settle(self, domain: Domain) -> str | None:
        """A guest that stands still here although nothing sends it: a daemon died at the very end of the way. None: it runs here
        again.
        """
        awaited = self._awaited()
        if awaited is not None and power_state(awaited) == ON:
            with translated("ending what is left of the guest here"):
                domain.destroy()
            return ON
        with translated("resuming the guest"):
            domain.resume()
        return None

    def _begin(self, domain: Domain) -> None:
        awaited = self._awaited()
        if awaited is None:
            raise ResourceNotFoundError("the host that it goes to does not expect the guest", field="uri")
        if (state := power_state(awaited)) != OFF:
            raise ConflictError(f"the guest is {state} on the host that it goes to")
        params = self._params(domain, awaited)
        self._error = None
        self._thread = threading.Thread(target=self._run, args=(domain, params), name="migration", daemon=True)
        self._thread.start()

    def _params(self, domain: Domain, awaited: Domain) -> dict[str, Any]:
        import libvirt

        with translated("reading the guest"):
            running = ET.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE | libvirt.VIR_DOMAIN_XML_SECURE))  # noqa: S314
            kept = awaited.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE)
        params: dict[str, Any] = {
            libvirt.VIR_MIGRATE_PARAM_DEST_XML: as_there(running, ET.fromstring(kept)),  # noqa: S314 - libvirt wrote both
            libvirt.VIR_MIGRATE_PARAM_PERSIST_XML: kept,
        }
        if self.most_mib_s:
            params[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH] = self.most_mib_s
        return params

    def _run(self, domain: Domain, params: dict[str, Any]) -> None:
        import libvirt

        # Unsafe: libvirt takes for shared the file systems that it knows; these were declared to be, and QEMU drops what it has
        # cached when the guest changes sides.
        flags = (
            libvirt.VIR_MIGRATE_LIVE
            | libvirt.VIR_MIGRATE_PEER2PEER
            | libvirt.VIR_MIGRATE_TUNNELLED
            | libvirt.VIR_MIGRATE_PERSIST_DEST
            | libvirt.VIR_MIGRATE_AUTO_CONVERGE
            | libvirt.VIR_MIGRATE_ABORT_ON_ERROR
            | libvirt.VIR_MIGRATE_UNSAFE
        )
        try:
            domain.migrateToURI3(self.there.uri, params, flags)
        except libvirt.libvirtError as e:
            self._error = translate(e, "moving the guest")

    def _look_after(self, domain: Domain, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> None:
        import libvirt

        # It may come to its end between any two calls; the next look sees it.
        with suppress(libvirt.libvirtError):
            if cancelled():
                domain.abortJob()
            elif self.hurry:
                domain.migrateSetMaxDowntime(HURRIED_PAUSE_MS, 0)
            job = domain.jobStats()
            if total := job.get("data_total"):
                progress(min(99.0, 100.0 * job.get("data_processed", 0) / total))

    def _ended(self, domain: Domain, state: str) -> None:
        """The way is over, and the guest is still here."""
        if state == PAUSED and self._settle(domain) is not None:
            return
        error = self._error or BackendError("moving the guest broke off")
        raise BackendError(str(error), internal=error.internal)


def as_there(running: ET.Element, awaited: ET.Element) -> str:
    """The guest that runs, with its files, networks and logs where the other host has them by its own definition, and on
    those of its NUMA nodes.

    Raises:
        ConflictError: the other host has the guest with other disks or cards.
    """
    for path, key in (("devices/disk", "target/dev"), ("devices/interface", "mac/address"), ("devices/serial", "")):
        known = {_key(one, key): one for one in awaited.iterfind(path)}
        for mine in running.iterfind(path):
            theirs = known.get(_key(mine, key))
            if theirs is None and mine.find("source") is None:
                continue  # an empty drive
            if theirs is None:
                raise ConflictError(f"the host that it goes to has the guest without its {path.rpartition('/')[2]}")
            for tag in ("source", "log"):
                _replace(mine, theirs, tag)
    for tag in TUNING:
        for held in running.findall(tag):
            running.remove(held)
        running.extend(awaited.findall(tag))
    return ET.tostring(running, encoding="unicode")


def _key(element: ET.Element, key: str) -> str:
    tag, _, name = key.partition("/")
    part = element.find(tag) if tag else None
    return part.get(name, "") if part is not None else ""


def _replace(mine: ET.Element, theirs: ET.Element, tag: str) -> None:
    wanted = theirs.find(tag)
    for place, child in enumerate(mine):
        if child.tag == tag:
            mine.remove(child)
            if wanted is not None:
                mine.insert(place, wanted)
            return


def _is_on_its_way(domain: Domain) -> bool:
    import libvirt

    try:
        return bool(domain.jobInfo()[0] != libvirt.VIR_DOMAIN_JOB_NONE)
    except libvirt.libvirtError:
        return False
