"""The network entry of server creation, as an object or in its mini-language.

Source: the wire protocol's network entry; `climc server-create --net`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from cloudcore.model.addresses import parse_ipv4, parse_ipv6, parse_mac
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import Json
from cloudcore.model.reading import read_bool, read_list_of_str, read_str
from cloudcore.resources.compute.spec.ports import PortMappingSpec, port_mappings
from cloudcore.resources.compute.spec.size import is_bandwidth, parse_bandwidth_mbps
from cloudcore.resources.compute.spec.text import (
    MAX_ENTRIES,
    MAX_TEXT,
    DeviceSpec,
    Fields,
    ReadField,
    SchedtagSpec,
    as_object,
    choice,
    device,
    reference,
    schedtags,
    split_outside_brackets,
    whole,
    word,
)

NIC_DRIVERS = ("virtio", "e1000", "vmxnet3")
NETWORK_TYPES = ("guest", "baremetal", "container", "pxe", "ipmi", "eip", "hostlocal")
BILLING_TYPES = ("prepaid", "postpaid")
CHARGE_TYPES = ("traffic", "bandwidth")

_MAC = re.compile(r"[0-9a-fA-F]{12}", re.ASCII)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", re.ASCII)
_IFNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,14}", re.ASCII)
_TRAFFIC = whole(0, 2**62)


@attrs.frozen(kw_only=True)
class NicSpec:
    """One network card that a new server shall have; empty texts and None mean "not said".

    network, wire, secgroups, project_id, domain_id: ids or names, still to be looked up in the caller's scope.
    network: empty is any network that the caller may use, on a public segment if `exit`, a private one if `private`.
    mac, macs: as `00:22:ab:cd:ef:01`; `macs`, `addresses` and `addresses6` serve the servers of a batch in turn.
    bw_limit, tx_bw_limit, rx_bw_limit: Mbit/s, 0 is unlimited.
    tx_traffic_limit, rx_traffic_limit: bytes a month, 0 is unlimited.
    """

    index: int
    network: str = ""
    wire: str = ""
    exit: bool = False
    private: bool = False
    mac: str = ""
    macs: tuple[str, ...] = ()
    address: str = ""
    addresses: tuple[str, ...] = ()
    address6: str = ""
    addresses6: tuple[str, ...] = ()
    require_ipv6: bool = False
    strict_ipv6: bool = False
    driver: str = ""
    bw_limit: int = 0
    tx_bw_limit: int = 0
    rx_bw_limit: int = 0
    tx_traffic_limit: int = 0
    rx_traffic_limit: int = 0
    vip: bool = False
    reserved: bool = False
    num_queues: int = 0
    net_type: str = ""
    is_default: bool = False
    sriov_device: DeviceSpec | None = None
    require_designated_ip: bool = False
    require_teaming: bool = False
    try_teaming: bool = False
    standby_port_count: int = 0
    standby_addr_count: int = 0
    port_mappings: tuple[PortMappingSpec, ...] = ()
    billing_type: str = ""
    charge_type: str = ""
    secgroups: tuple[str, ...] = ()
    ifname: str = ""
    schedtags: tuple[SchedtagSpec, ...] = ()
    project_id: str = ""
    domain_id: str = ""


def parse_nic(value: Json, index: int) -> NicSpec:
    """Read one entry; `index` is its position, which an object may override by its own `index`, unless that is -1.

    Raises:
        InvalidInputError: a value is not good, given twice or contradicts another; `field` is `nets.<index>.<name>`.
    """
    entry = f"nets.{index}"
    fields = Fields(entry, _READERS)
    if isinstance(value, str):
        for token in split_outside_brackets(read_str(value, entry, MAX_TEXT), ":", entry):
            _take_token(fields, token)
        _join_device(fields)
    else:
        fields.update(as_object(value, entry), _ALIASES)
    if fields.values.get("index", -1) < 0:
        fields.values["index"] = index
    spec = NicSpec(**fields.values)
    _check(spec, entry)
    return spec


def _take_token(fields: Fields, token: str) -> None:
    key, equals, text = token.partition("=")
    if equals:
        name = _TEXT_KEYS.get(key.strip().replace("_", "-"))
        if name is None:
            raise InvalidInputError(f"{fields.entry}: {key[:40]!a} is not a key of a network", field=fields.entry)
        fields.set(name, _listed(text) if name in _LISTS else text.strip())
    elif _IPV4.fullmatch(token):
        fields.set("address", token)
    elif token.startswith("[") and token.endswith("]"):
        fields.set("address6", token[1:-1])
    elif _MAC.fullmatch(token):
        fields.set("mac", token)
    elif is_bandwidth(token):
        fields.set("bw_limit", token)
    else:
        _take_word(fields, token)


def _take_word(fields: Fields, token: str) -> None:
    if token in ("random", "random_exit"):
        fields.set("network", "")
        if token == "random_exit":  # noqa: S105
            fields.set("exit", True)
    elif token in _FLAGS:
        fields.set(_FLAGS[token], True)
    elif token in NIC_DRIVERS:
        fields.set("driver", token)
    elif token in NETWORK_TYPES:
        fields.set("net_type", token)
    else:
        fields.set("network", token)


def _listed(text: str) -> list[str]:
    """The items of `a,b`, bare or each in brackets, or all in one pair."""
    return [part.strip() for part in text.replace("[", "").replace("]", "").split(",") if part.strip()]


def _join_device(fields: Fields) -> None:
    """The two keys of the text form make one device."""
    parts = {part: fields.values.pop(f"sriov_device_{part}", "") for part in ("id", "model")}
    if any(parts.values()):
        fields.values["sriov_device"] = DeviceSpec(**parts)


def _check(spec: NicSpec, entry: str) -> None:
    if spec.exit and spec.private:
        raise InvalidInputError(f"{entry}.private: excludes exit", field=f"{entry}.private")
    for name in ("macs", "addresses", "addresses6"):
        items = getattr(spec, name)
        if len(set(items)) != len(items):
            raise InvalidInputError(f"{entry}.{name}: names one twice", field=f"{entry}.{name}")


def _mac(value: Json, field: str) -> str:
    text = read_str(value, field, 17)
    return parse_mac(text, field) if text else ""


def _macs(value: Json, field: str) -> tuple[str, ...]:
    return tuple(parse_mac(text, field) for text in read_list_of_str(value, field, 1024))


def _address(value: Json, field: str) -> str:
    text = read_str(value, field, 15)
    return str(parse_ipv4(text, field)) if text else ""


def _addresses(value: Json, field: str) -> tuple[str, ...]:
    return tuple(str(parse_ipv4(text, field)) for text in read_list_of_str(value, field, 1024))


def _address6(value: Json, field: str) -> str:
    text = read_str(value, field, 64)
    return str(parse_ipv6(text, field)) if text else ""


def _addresses6(value: Json, field: str) -> tuple[str, ...]:
    return tuple(str(parse_ipv6(text, field)) for text in read_list_of_str(value, field, 1024))


def _secgroups(value: Json, field: str) -> tuple[str, ...]:
    return tuple(read_list_of_str(value, field, MAX_ENTRIES, 128))


def _ifname(value: Json, field: str) -> str:
    """A Linux interface name: at most 15 characters."""
    text = read_str(value, field, 15)
    if text and not _IFNAME.fullmatch(text):
        raise InvalidInputError(f"{field}: {text!a} is not a name of an interface", field=field)
    return text


_READERS: Mapping[str, ReadField] = {
    "index": whole(-1, MAX_ENTRIES - 1),
    "network": reference,
    "wire": reference,
    "exit": read_bool,
    "private": read_bool,
    "mac": _mac,
    "macs": _macs,
    "address": _address,
    "addresses": _addresses,
    "address6": _address6,
    "addresses6": _addresses6,
    "require_ipv6": read_bool,
    "strict_ipv6": read_bool,
    "driver": choice(*NIC_DRIVERS),
    "bw_limit": parse_bandwidth_mbps,
    "tx_bw_limit": parse_bandwidth_mbps,
    "rx_bw_limit": parse_bandwidth_mbps,
    "tx_traffic_limit": _TRAFFIC,
    "rx_traffic_limit": _TRAFFIC,
    "vip": read_bool,
    "reserved": read_bool,
    "num_queues": whole(0, 256),
    "net_type": word,
    "is_default": read_bool,
    "sriov_device": device,
    "sriov_device_id": reference,
    "sriov_device_model": reference,
    "require_designated_ip": read_bool,
    "require_teaming": read_bool,
    "try_teaming": read_bool,
    "standby_port_count": whole(0, 1024),
    "standby_addr_count": whole(0, 1024),
    "port_mappings": port_mappings,
    "billing_type": choice(*BILLING_TYPES),
    "charge_type": choice(*CHARGE_TYPES),
    "secgroups": _secgroups,
    "ifname": _ifname,
    "schedtags": schedtags,
    "project_id": reference,
    "domain_id": reference,
}

_LISTS = ("macs", "addresses", "addresses6", "secgroups")

_ALIASES: Mapping[str, str] = {
    "network_id": "network", "wire_id": "wire", "sriov_device_id": "", "sriov_device_model": "",
}  # fmt: skip

_TEXT_KEYS: Mapping[str, str] = {
    "wire": "wire", "macs": "macs", "ips": "addresses", "ip6s": "addresses6", "secgroups": "secgroups",
    "standby-port": "standby_port_count", "standby-addr": "standby_addr_count", "num-queues": "num_queues",
    "billing-type": "billing_type", "charge-type": "charge_type", "rx-bw": "rx_bw_limit", "tx-bw": "tx_bw_limit",
    "sriov-nic-id": "sriov_device_id", "sriov-nic-model": "sriov_device_model",
    "rx-traffic-limit": "rx_traffic_limit", "tx-traffic-limit": "tx_traffic_limit",
}  # fmt: skip

_FLAGS: Mapping[str, str] = {
    "private": "private", "reserved": "reserved", "teaming": "require_teaming", "try-teaming": "try_teaming",
    "defaultgw": "is_default", "ipv6": "require_ipv6", "strict-ipv6": "strict_ipv6", "vip": "vip",
    "require_designated_ip": "require_designated_ip",
}  # fmt: skip
