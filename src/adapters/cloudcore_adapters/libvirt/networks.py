"""Networks of the host, and the addresses that its DHCP server reserves for guests.

Only networks with our mark are changed. They serve reservations only: a card that has none gets no address.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.effects import Mark
from cloudcore.model.errors import (
    ConflictError,
    InvalidFormatError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.host import BridgeFacts
from cloudcore_adapters.libvirt import dhcp, marks
from cloudcore_adapters.libvirt.connection import Connection, LibvirtConnection, Network, translated

_NAME = re.compile(r"[0-9a-zA-Z][0-9a-zA-Z_.-]{0,63}")
_LEASE_MINUTES = "2"
_RELEASE_S = 1.0


@attrs.frozen
class Reservation:
    """One address that a network's DHCP server keeps for one card."""

    network: str
    mac: str
    ip: str


class Networks:
    """The networks of one host."""

    def __init__(self, connection: LibvirtConnection, deployment: str) -> None:
        self._connection = connection
        self._deployment = deployment
        self._lock = threading.Lock()  # between reading a network's reservations and changing them

    def ensure(self, name: str, cidr: str, gateway: str, *, nat: bool = False) -> None:
        """See `LibvirtHost.ensure_network`."""
        xml = network_xml(name, cidr, gateway, nat=nat, deployment=self._deployment)
        connection = self._connection.get()
        with self._lock, translated(f"making network {name}"):
            network = _find(connection, name)
            if network is None:
                network = connection.networkDefineXML(xml)
            else:
                self._check_same(network, name, ipaddress.ip_interface(f"{gateway}/{cidr.split('/')[1]}"), nat=nat)
            if not network.autostart():
                network.setAutostart(1)
            if not network.isActive():
                network.create()

    def remove(self, name: str) -> None:
        """Stop and forget a network of ours; one that is not there is fine.

        Raises:
            ConflictError: it is not ours.
        """
        connection = self._connection.get()
        with self._lock, translated(f"removing network {name}"):
            network = _find(connection, name)
            if network is None:
                return
            if not self._ours(_parsed(network)):
                raise ConflictError(f"network {name} is not of this deployment")
            if network.isActive():
                network.destroy()
            network.undefine()

    def reserve(self, wanted: Reservation) -> bool:
        """Keep the address for the card; False, with nothing changed, for a network that is not ours.

        Raises:
            ConflictError: the address is kept for another card, or outside the network's subnet.
            ResourceNotFoundError: there is no such network.
        """
        with self._lock, translated(f"reserving {wanted.ip}"):
            network = _find(self._connection.get(), wanted.network)
            if network is None:
                raise ResourceNotFoundError(f"this host has no network {wanted.network}", field="desc.nics.bridge")
            tree = _parsed(network)
            if not self._ours(tree):
                return False
            self._check_fits(tree, wanted)
            present = _hosts(tree, wanted.network)
            if any(r.ip == wanted.ip and r.mac != wanted.mac for r in present):
                raise ConflictError(f"{wanted.ip} is reserved for another card", field="desc.nics.ip")
            if wanted not in present:
                for old in (r for r in present if r.mac == wanted.mac):
                    _update(network, old, add=False)
                _update(network, wanted, add=True)
            return True

    def release(self, gone: Reservation) -> None:
        """Give the address back, and end its lease if the network can be reached; exactly this reservation, if it is there."""
        with self._lock, translated(f"releasing {gone.ip}"):
            network = _find(self._connection.get(), gone.network)
            if network is None:
                return
            tree = _parsed(network)
            if self._ours(tree) and gone in _hosts(tree, gone.network):
                if network.isActive():
                    # First the lease: without its last reservation a network has no DHCP server that could end it.
                    _end_lease(network, tree, gone)
                _update(network, gone, add=False)

    def facts(self, names: Sequence[str]) -> tuple[BridgeFacts, ...]:
        """Our networks that are up, and those of the names that are, sorted by name."""
        with translated("listing networks"):
            trees = [_parsed(network) for network in self._connection.get().listAllNetworks() if network.isActive()]
        found = []
        for tree in trees:
            name = tree.findtext("name", "")
            if self._ours(tree) or name in names:
                found.append(_facts(tree, name, ours=self._ours(tree)))
        return tuple(sorted(found, key=lambda facts: facts.name))

    def reservations(self) -> list[Reservation]:
        """Every reservation in our networks."""
        with translated("listing networks"):
            trees = [_parsed(network) for network in self._connection.get().listAllNetworks()]
        return [r for tree in trees if self._ours(tree) for r in _hosts(tree, tree.findtext("name", ""))]

    def _ours(self, tree: ET.Element) -> bool:
        mark = marks.in_xml(tree)
        return mark is not None and mark.deployment == self._deployment

    def _check_same(
        self, network: Network, name: str, address: ipaddress.IPv4Interface | ipaddress.IPv6Interface, *, nat: bool
    ) -> None:
        tree = _parsed(network)
        if not self._ours(tree):
            raise ConflictError(f"network {name} is there and not of this deployment", field="name")
        if _interface(tree) != address or (tree.find("forward") is not None) != nat:
            raise ConflictError(f"network {name} is there with another address or another way out", field="cidr")

    def _check_fits(self, tree: ET.Element, wanted: Reservation) -> None:
        interface = _interface(tree)
        address = ipaddress.ip_address(wanted.ip)
        if interface is not None and (address not in interface.network or address == interface.ip):
            raise ConflictError(f"{wanted.ip} is not for guests of {wanted.network}", field="desc.nics.ip")


def _end_lease(network: Network, tree: ET.Element, gone: Reservation) -> None:
    """End the card's lease of the address and wait a moment until it has ended; elsewhere it ends by itself."""
    bridge, address = tree.find("bridge"), tree.find("ip")
    if bridge is None or address is None or not _is_leased(network, gone):
        return
    if dhcp.release(bridge.get("name", ""), address.get("address", ""), gone.ip, gone.mac):
        deadline = time.monotonic() + _RELEASE_S
        while _is_leased(network, gone) and time.monotonic() < deadline:
            time.sleep(0.02)


def _is_leased(network: Network, gone: Reservation) -> bool:
    try:
        with translated("listing leases"):
            leases = network.DHCPLeases(gone.mac)
    except NotSupportedError:
        return False  # this driver has no DHCP server
    return any(lease.get("ipaddr") == gone.ip for lease in leases)


def network_xml(name: str, cidr: str, gateway: str, *, nat: bool, deployment: str) -> str:
    """The XML of a network; guests reach the host at the gateway's address, and nothing else unless `nat`.

    Raises:
        InvalidInputError: a name, subnet or gateway that is none, or a gateway outside the subnet.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidFormatError("name must have 1 to 64 letters, digits, dots, dashes or underscores", field="name")
    try:
        subnet, address = ipaddress.IPv4Network(cidr), ipaddress.IPv4Address(gateway)
    except (ValueError, TypeError) as e:
        raise InvalidFormatError("cidr and gateway must be an IPv4 subnet and an address", field="cidr") from e
    if not 8 <= subnet.prefixlen <= 30:
        raise OutOfRangeError("cidr must have a prefix of 8 to 30 bits", field="cidr")
    if address not in subnet or address in {subnet.network_address, subnet.broadcast_address}:
        raise OutOfRangeError("gateway must be a host's address in cidr", field="gateway")
    root = ET.Element("network")
    ET.SubElement(root, "name").text = name
    root.append(marks.element(Mark(deployment=deployment, resource=name, fence=0)))
    if nat:
        ET.SubElement(root, "forward", mode="nat")
    ET.SubElement(root, "bridge", stp="off", delay="0")
    ET.SubElement(root, "dns", enable="yes" if nat else "no")
    ip = ET.SubElement(root, "ip", address=gateway, prefix=str(subnet.prefixlen))
    ET.SubElement(ip, "dhcp")
    return ET.tostring(root, encoding="unicode")


def _find(connection: Connection, name: str) -> Network | None:
    import libvirt

    try:
        return connection.networkLookupByName(name)
    except libvirt.libvirtError as e:
        if e.get_error_code() == libvirt.VIR_ERR_NO_NETWORK:
            return None
        raise


def _parsed(network: Network) -> ET.Element:
    return ET.fromstring(network.XMLDesc())  # noqa: S314 - libvirt wrote it


def _hosts(tree: ET.Element, name: str) -> list[Reservation]:
    hosts = tree.iterfind("ip/dhcp/host")
    return [Reservation(name, host.get("mac", "").lower(), host.get("ip", "")) for host in hosts]


def _update(network: Network, reservation: Reservation, *, add: bool) -> None:
    import libvirt

    host = ET.Element("host", mac=reservation.mac, ip=reservation.ip)
    ET.SubElement(host, "lease", expiry=_LEASE_MINUTES, unit="minutes")
    command = libvirt.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST if add else libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE
    flags = libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG
    if network.isActive():
        flags |= libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE
    section = libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST
    network.update(command, section, -1, ET.tostring(host, encoding="unicode"), flags)


def _interface(tree: ET.Element) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    ip = tree.find("ip")
    if ip is None:
        return None
    return ipaddress.ip_interface(f"{ip.get('address')}/{ip.get('prefix') or ip.get('netmask') or '32'}")


def _facts(tree: ET.Element, name: str, *, ours: bool) -> BridgeFacts:
    mac, interface = tree.find("mac"), _interface(tree)
    served = ours and interface is not None
    return BridgeFacts(
        name=name,
        mac=mac.get("address", "") if mac is not None else "",
        cidr=str(interface.network) if served and interface else None,
        gateway=str(interface.ip) if served and interface else None,
    )
