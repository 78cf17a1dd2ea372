"""Rules of security groups as text and as values.

    in:allow 10.0.0.0/8 tcp 22,80-90
    out:deny any

Direction and action, then where from or to (absent: everywhere, IPv4 and IPv6), the protocol, and for tcp and udp
perhaps ports.
"""

from __future__ import annotations

from ipaddress import IPv6Network, ip_network
from typing import Any, cast

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonObject
from cloudcore.model.reading import read_int, read_str

DIRECTIONS = ("in", "out")
ACTIONS = ("allow", "deny")
PROTOCOLS = ("any", "tcp", "udp", "icmp")
EVERYWHERE = ""
"""The subnet of rules that name none: all addresses, of IPv4 and of IPv6."""
MAX_PORTS = 64
MAX_RULES = 500
MAX_PRIORITY = 100
_MAPPED = IPv6Network("::ffff:0:0/96")


@attrs.frozen(kw_only=True)
class Rule:
    """One rule.

    cidr: an address or subnet; empty for all, of IPv4 and of IPv6: `deny any` leaves no way around it.
    ports: `22,80-90` in order as sent; empty for all. priority: 1 to 100, higher ones first.
    """

    direction: str
    action: str
    protocol: str
    cidr: str = EVERYWHERE
    ports: str = ""
    priority: int = 1
    description: str = ""

    def text(self) -> str:
        """The rule as text, which `parse_rule` takes."""
        words = [f"{self.direction}:{self.action}"]
        if self.cidr != EVERYWHERE:
            words.append(self.cidr)
        words.append(self.protocol)
        return " ".join([*words, self.ports] if self.ports else words)

    def fields(self) -> JsonObject:
        """The values by name."""
        return attrs.asdict(self)


def parse_rule(sent: Any, field: str = "rule") -> Rule:
    """Read a rule that came as text or as an object.

    Raises:
        InvalidInputError: it is no rule; names the field.
    """
    if isinstance(sent, dict):
        return rule_of(cast("JsonObject", sent), field)
    words = read_str(sent, field, 1024).split()
    head, _, action = words[0].partition(":") if words else ("", "", "")
    rest = words[1:]
    values: JsonObject = {"direction": head, "action": action}
    if rest and rest[0].lower() not in PROTOCOLS:
        values["cidr"] = rest.pop(0)
    values["protocol"] = rest.pop(0) if rest else "any"
    if rest:
        values["ports"] = rest.pop(0)
    if rest:
        raise InvalidFormatError(f"{field}: {words[-1][:64]!r} is one word too many", field=field)
    return rule_of(values, field)


def rule_of(values: JsonObject, field: str = "rule") -> Rule:
    """A rule of values by name, each checked and in its normal form.

    Raises:
        InvalidInputError: names the value that is wrong.
    """
    protocol = _choice(values, "protocol", PROTOCOLS, field)
    return Rule(
        direction=_choice(values, "direction", DIRECTIONS, field),
        action=_choice(values, "action", ACTIONS, field),
        protocol=protocol,
        cidr=_cidr(values.get("cidr"), field),
        ports=_ports(values.get("ports"), protocol, field),
        priority=read_int(values.get("priority") or 1, "priority", 1, MAX_PRIORITY),
        description=read_str("" if values.get("description") is None else values["description"], "description", 256),
    )


def _choice(values: JsonObject, name: str, allowed: tuple[str, ...], field: str) -> str:
    if values.get(name) in (None, ""):
        raise MissingParameterError(f"{field}: {name} is missing", field=name)
    text = read_str(values[name], name, 16).lower()
    if text not in allowed:
        raise InvalidInputError(f"{field}: {name} must be one of {', '.join(allowed)}", field=name)
    return text


def _cidr(sent: Any, field: str) -> str:
    text = read_str(sent or EVERYWHERE, "cidr", 64)
    if text == EVERYWHERE:
        return text
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidFormatError(f"{field}: {text!a} is no address or subnet", field="cidr") from error
    if isinstance(network, IPv6Network) and (network.overlaps(_MAPPED) and network.prefixlen >= _MAPPED.prefixlen):
        # Packets of IPv4 never match it: the rule would do nothing, or allow what a rule for IPv4 denies.
        raise InvalidFormatError(f"{field}: {text!a} is an IPv4 address in disguise; write it as one", field="cidr")
    if "%" in text:
        raise InvalidFormatError(f"{field}: {text!a} names an interface", field="cidr")
    # Clients compare what they read with what they sent: an address stays one, and a subnet of one address too.
    return str(network) if "/" in text else str(network.network_address)


def _ports(sent: Any, protocol: str, field: str) -> str:
    text = read_str(sent or "", "ports", 512).replace(" ", "")
    if not text:
        return ""
    if protocol not in ("tcp", "udp"):
        raise InvalidInputError(f"{field}: {protocol} has no ports", field="ports")
    parts = text.split(",")
    if len(parts) > MAX_PORTS:
        raise OutOfRangeError(f"{field}: more than {MAX_PORTS} ports or ranges", field="ports")
    return ",".join(_port(part, field) for part in parts)


def _port(part: str, field: str) -> str:
    first, dash, last = part.partition("-")
    low = read_int(first, "ports", 1, 65_535)
    if not dash:
        return str(low)
    high = read_int(last, "ports", 1, 65_535)
    if high < low:
        raise OutOfRangeError(f"{field}: {part} ends before it begins", field="ports")
    return f"{low}-{high}"
