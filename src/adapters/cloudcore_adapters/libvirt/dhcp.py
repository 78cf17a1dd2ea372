"""Ends DHCP leases on behalf of guests that are gone.

A DHCP server keeps an address for its last holder until the lease ends, whatever is reserved meanwhile; the next guest
with that address would wait for it. So we send the message that the guest would have sent (RFC 2131, DHCPRELEASE).
"""

from __future__ import annotations

import logging
import os
import socket
import struct

_RELEASE = 7
_COOKIE = b"\x63\x82\x53\x63"
_log = logging.getLogger(__name__)


def release(interface: str, server: str, address: str, mac: str) -> bool:
    """Tell the server on the interface that the card gave its address back.

    Answers False when the interface is not ours to see (another network namespace or host): the lease then ends by itself.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
            sender.sendto(message(server, address, mac), (server, 67))
    except OSError as e:
        _log.debug("lease of %s on %s left to end by itself: %s", address, interface, e)
        return False
    return True


def message(server: str, address: str, mac: str) -> bytes:
    """A DHCPRELEASE."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    header = struct.pack("!BBBB4sHH", 1, 1, len(hardware), 0, os.urandom(4), 0, 0)
    addresses = socket.inet_aton(address) + bytes(12)
    names = bytes(64 + 128)
    options = bytes([53, 1, _RELEASE, 54, 4]) + socket.inet_aton(server) + b"\xff"
    return (header + addresses + hardware.ljust(16, b"\0") + names + _COOKIE + options).ljust(300, b"\0")
