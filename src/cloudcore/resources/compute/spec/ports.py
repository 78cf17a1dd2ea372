"""Port mappings of a container's network card."""

from __future__ import annotations

from ipaddress import ip_network

import attrs

from cloudcore.model.addresses import parse_ipv4, parse_ipv6
from cloudcore.model.errors import InvalidFormatError, InvalidInputError
from cloudcore.model.json import Json
from cloudcore.model.reading import read_int, read_list_of_str, read_str, said
from cloudcore.resources.compute.spec.text import MAX_ENTRIES, as_list, as_object, choice, word

MAX_PORT = 65535


@attrs.frozen(kw_only=True)
class PortMappingSpec:
    """A port of the guest that a port of its host leads to.

    host_port: None lets the host choose, from `host_port_range` (both ends included) if that is given.
    remote_ips: subnets that may use it; empty is everyone.
    first_port_offset: from the rule; the port's distance from the first of its group.
    envs: pairs of a variable's name and what its value is taken from, set in the container.
    """

    protocol: str
    port: int
    host_port: int | None = None
    host_ip: str = ""
    host_port_range: tuple[int, int] | None = None
    remote_ips: tuple[str, ...] = ()
    first_port_offset: int | None = None
    envs: tuple[tuple[str, str], ...] = ()


def port_mappings(value: Json, field: str) -> tuple[PortMappingSpec, ...]:
    """Read a list of at most 64 mappings.

    Raises:
        InvalidInputError: one is not good; `field` is its path.
    """
    return tuple(_mapping(item, f"{field}.{index}") for index, item in enumerate(as_list(value, field, MAX_ENTRIES)))


def _mapping(value: Json, field: str) -> PortMappingSpec:
    data = as_object(value, field)
    host_port, host_range, rule = data.get("host_port"), data.get("host_port_range"), data.get("rule")
    offset = None if rule is None else as_object(rule, f"{field}.rule").get("first_port_offset")
    return PortMappingSpec(
        protocol=choice("tcp", "udp")(said(data, "protocol", otherwise="tcp"), f"{field}.protocol"),
        port=read_int(data.get("port"), f"{field}.port", 1, MAX_PORT),
        host_port=None if host_port in (None, 0, "") else read_int(host_port, f"{field}.host_port", 1, MAX_PORT),
        host_ip=_host_address(said(data, "host_ip"), f"{field}.host_ip"),
        host_port_range=None if host_range is None else _range(host_range, f"{field}.host_port_range"),
        remote_ips=tuple(
            _subnet(text, f"{field}.remote_ips")
            for text in read_list_of_str(data.get("remote_ips"), f"{field}.remote_ips", MAX_ENTRIES)
        ),
        first_port_offset=None if offset is None else read_int(offset, f"{field}.rule.first_port_offset", 0, MAX_PORT),
        envs=_envs(said(data, "envs", otherwise=[]), f"{field}.envs"),
    )


def _range(value: Json, field: str) -> tuple[int, int]:
    data = as_object(value, field)
    start = read_int(data.get("start"), f"{field}.start", 1, MAX_PORT)
    return start, read_int(data.get("end"), f"{field}.end", start, MAX_PORT)


def _envs(value: Json, field: str) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for index, item in enumerate(as_list(value, field, MAX_ENTRIES)):
        data = as_object(item, f"{field}.{index}")
        key = word(said(data, "key"), f"{field}.{index}.key")
        if not key:
            raise InvalidInputError(f"{field}.{index}.key: is missing", field=f"{field}.{index}.key")
        pairs.append((key, word(said(data, "value_from"), f"{field}.{index}.value_from")))
    return tuple(pairs)


def _host_address(value: Json, field: str) -> str:
    text = read_str(value, field, 64)
    if not text:
        return ""
    return str(parse_ipv6(text, field) if ":" in text else parse_ipv4(text, field))


def _subnet(value: Json, field: str) -> str:
    text = read_str(value, field, 64)
    try:
        subnet = ip_network(text.replace("%", " "))
    except ValueError as error:
        raise InvalidFormatError(f"{field}: {text!a} is not an address or subnet", field=field) from error
    return str(subnet)
