from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidInputError
from cloudcore.resources.compute.spec import DeviceSpec, NicSpec, PortMappingSpec, SchedtagSpec, parse_nic


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("vnet1", {"network": "vnet1"}),
        ("random", {}),
        ("random_exit", {"exit": True}),
        ("private", {"private": True}),
        ("vnet1:10.1.0.5", {"network": "vnet1", "address": "10.1.0.5"}),
        ("vnet1:[2001:DB8::5]:10.1.0.5", {"network": "vnet1", "address6": "2001:db8::5", "address": "10.1.0.5"}),
        ("0022ABcdef01", {"mac": "00:22:ab:cd:ef:01"}),
        ("002233445566", {"mac": "00:22:33:44:55:66"}),
        ("wire=w1", {"wire": "w1"}),
        ("macs=0022abcdef01,0022abcdef02", {"macs": ("00:22:ab:cd:ef:01", "00:22:ab:cd:ef:02")}),
        ("ips=10.0.0.1,10.0.0.2", {"addresses": ("10.0.0.1", "10.0.0.2")}),
        ("ip6s=[2001:db8::1],[2001:db8::2]", {"addresses6": ("2001:db8::1", "2001:db8::2")}),
        ("ip6s=[2001:db8::1,2001:db8::2]", {"addresses6": ("2001:db8::1", "2001:db8::2")}),
        ("secgroups=default,web", {"secgroups": ("default", "web")}),
        ("n:require_designated_ip:reserved:vip", {"network": "n", "require_designated_ip": True, "reserved": True, "vip": True}),
        ("n:teaming:standby-port=2:standby-addr=1", {
            "network": "n", "require_teaming": True, "standby_port_count": 2, "standby_addr_count": 1,
        }),
        ("n:try-teaming:defaultgw:ipv6:strict-ipv6", {
            "network": "n", "try_teaming": True, "is_default": True, "require_ipv6": True, "strict_ipv6": True,
        }),
        ("n:vmxnet3:num-queues=4", {"network": "n", "driver": "vmxnet3", "num_queues": 4}),
        ("n:100m", {"network": "n", "bw_limit": 100}),
        ("n:1g:rx-bw=200:tx-bw=2g", {"network": "n", "bw_limit": 1000, "rx_bw_limit": 200, "tx_bw_limit": 2000}),
        ("n:rx-traffic-limit=5000000000:tx_traffic_limit=1", {"network": "n", "rx_traffic_limit": 5 * 10**9, "tx_traffic_limit": 1}),
        ("billing-type=postpaid:charge-type=traffic", {"billing_type": "postpaid", "charge_type": "traffic"}),
        ("sriov-nic-id=x:sriov-nic-model=y", {"sriov_device": DeviceSpec(id="x", model="y")}),
        ("pxe", {"net_type": "pxe"}),
    ],
)  # fmt: skip
def test_the_text_form_is_read(text, fields):
    assert NicSpec(index=1, **fields) == parse_nic(text, 1)


def test_the_object_form_is_read():
    value = {
        "index": 0, "network": "n", "exit": False, "mac": "00:22:AB:CD:EF:01", "addresses": "10.0.0.9", "bw_limit": "50",
        "schedtags": ["t:prefer"], "secgroups": ["a"], "is_default": "true", "ifname": "vnet5", "sriov_device": {"model": "m"},
        "port_mappings": [{
            "protocol": "udp", "port": "53", "host_port_range": {"start": 2000, "end": "3000"}, "host_ip": "10.0.0.1",
            "remote_ips": ["10.0.0.0/8", "::1"], "rule": {"first_port_offset": 3}, "envs": [{"key": "P", "value_from": "port"}],
        }, {"port": 80, "host_port": 8080}],
    }  # fmt: skip

    assert parse_nic(value, 4) == NicSpec(
        index=0,
        network="n",
        mac="00:22:ab:cd:ef:01",
        addresses=("10.0.0.9",),
        bw_limit=50,
        schedtags=(SchedtagSpec(id="t", strategy="prefer"),),
        secgroups=("a",),
        is_default=True,
        ifname="vnet5",
        sriov_device=DeviceSpec(model="m"),
        port_mappings=(
            PortMappingSpec(
                protocol="udp", port=53, host_port_range=(2000, 3000), host_ip="10.0.0.1",
                remote_ips=("10.0.0.0/8", "::1/128"), first_port_offset=3, envs=(("P", "port"),),
            ),
            PortMappingSpec(protocol="tcp", port=80, host_port=8080),
        ),
    )  # fmt: skip


def test_an_empty_object_is_an_automatic_network():
    assert NicSpec(index=2) == parse_nic({}, 2) == parse_nic({"exit": False, "mac": "", "address": ""}, 2)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"address": "10.0.0.256"}, "nets.0.address"), ({"address": "010.0.0.1"}, "nets.0.address"), ({"address": 5}, "nets.0.address"),
        ({"address6": "fe80::1%eth0"}, "nets.0.address6"), ({"address6": "::ffff:10.0.0.1"}, "nets.0.address6"),
        ({"addresses": ["10.0.0.1", "x"]}, "nets.0.addresses"), ({"addresses": ["10.0.0.1"] * 2}, "nets.0.addresses"),
        ({"mac": "ff:ff:ff:ff:ff:ff"}, "nets.0.mac"), ({"mac": "<mac/>"}, "nets.0.mac"), ({"macs": "x"}, "nets.0.macs"),
        ({"driver": "ne2k"}, "nets.0.driver"), ({"bw_limit": -1}, "nets.0.bw_limit"), ({"bw_limit": "fast"}, "nets.0.bw_limit"),
        ({"bw_limit": 10**9}, "nets.0.bw_limit"), ({"bw_limit": "9999999g"}, "nets.0.bw_limit"), ({"network": "a\nb"}, "nets.0.network"),
        ({"exit": True, "private": True}, "nets.0.private"), ({"num_queues": 257}, "nets.0.num_queues"),
        ({"ifname": "tap0; reboot"}, "nets.0.ifname"), ({"ifname": "a" * 16}, "nets.0.ifname"), ({"ifname": "../x"}, "nets.0.ifname"),
        ({"secgroups": ["a"] * 65}, "nets.0.secgroups"), ({"billing_type": "free"}, "nets.0.billing_type"),
        ({"port_mappings": [{}]}, "nets.0.port_mappings.0.port"), ({"port_mappings": [{"port": 70000}]}, "nets.0.port_mappings.0.port"),
        ({"port_mappings": [{"port": 1, "protocol": "icmp"}]}, "nets.0.port_mappings.0.protocol"),
        ({"port_mappings": [{"port": 1, "host_port_range": {"start": 9, "end": 8}}]}, "nets.0.port_mappings.0.host_port_range.end"),
        ({"port_mappings": [{"port": 1, "remote_ips": ["10.0.0.1/8"]}]}, "nets.0.port_mappings.0.remote_ips"),
        ({"port_mappings": [{"port": 1, "remote_ips": ["fe80::1%eth0"]}]}, "nets.0.port_mappings.0.remote_ips"),
        ({"port_mappings": [{"port": 1, "host_ip": "10.0.0.0/8"}]}, "nets.0.port_mappings.0.host_ip"),
        ({"port_mappings": [{"port": 1, "envs": [{}]}]}, "nets.0.port_mappings.0.envs.0.key"),
        ({"port_mappings": [{"port": 1, "rule": {"first_port_offset": -1}}]}, "nets.0.port_mappings.0.rule.first_port_offset"),
        ("n1:n2", "nets.0.network"), ("10.0.0.1:10.0.0.2", "nets.0.address"), ("999.1.1.1", "nets.0.address"), ("[::1", "nets.0"),
        ("]", "nets.0"), ("[[::1]]", "nets.0"), ("[x]", "nets.0.address6"), ("", "nets.0"), ("a=b", "nets.0"), ("address=10.0.0.1", "nets.0"),
        ("private:random_exit", "nets.0.private"), ("n\r\nm", "nets.0"), (None, "nets.0"), ([], "nets.0"), (True, "nets.0"),
        ("num-queues=\u0664", "nets.0.num_queues"),
    ],
)  # fmt: skip
def test_a_bad_entry_is_refused_by_field(value, field):
    with pytest.raises(InvalidInputError) as caught:
        parse_nic(value, 0)

    assert field == caught.value.field


FLAGS = ("exit", "require_ipv6", "strict_ipv6", "vip", "reserved", "is_default", "require_designated_ip", "try_teaming")
SPECS = st.builds(
    NicSpec,
    index=st.just(0),
    network=st.text("abcdefgh-", max_size=20).map(str.strip),
    address=st.just("") | st.ip_addresses(v=4).map(str),
    addresses=st.lists(st.ip_addresses(v=4).map(str), max_size=3, unique=True).map(tuple),
    mac=st.just("") | st.binary(min_size=4, max_size=4).map(lambda tail: "00:22:" + tail.hex(":")),
    driver=st.sampled_from(["", "virtio", "e1000", "vmxnet3"]),
    bw_limit=st.integers(0, 10**6),
    rx_bw_limit=st.integers(0, 10**6),
    num_queues=st.integers(0, 256),
    secgroups=st.lists(st.text("abc", min_size=1, max_size=5), max_size=3).map(tuple),
    **{flag: st.booleans() for flag in FLAGS},
)


@given(SPECS)
def test_an_object_reads_back(spec):
    said = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attrs.asdict(spec).items()
        if value not in (None, ())
    }

    assert spec == parse_nic(said, 0)
    assert spec == parse_nic(
        {name: value if isinstance(value, list) else str(value) for name, value in said.items()}, 0
    )


@given(SPECS)
def test_a_text_reads_back(spec):
    spec = attrs.evolve(spec, network="net-" + spec.network, exit=False)
    tokens = [spec.network, spec.address, spec.mac.replace(":", ""), spec.driver, str(spec.bw_limit)]
    tokens += [f"ips={','.join(spec.addresses)}", f"secgroups={','.join(spec.secgroups)}"]
    tokens += [f"rx-bw={spec.rx_bw_limit}", f"num-queues={spec.num_queues}"]
    words = {
        "require_ipv6": "ipv6",
        "strict_ipv6": "strict-ipv6",
        "is_default": "defaultgw",
        "try_teaming": "try-teaming",
    }
    tokens += [words.get(flag, flag) for flag in FLAGS if getattr(spec, flag)]

    assert spec == parse_nic(":".join(tokens), 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["port", "host_ip", "envs"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.text(max_size=40)
    | JSON
    | st.dictionaries(st.sampled_from([field.name for field in attrs.fields(NicSpec)]), JSON, max_size=4)
)
def test_any_entry_is_read_or_refused(value):
    try:
        assert isinstance(parse_nic(value, 0), NicSpec)
    except InvalidInputError as error:
        assert error.field.startswith("nets.0")  # noqa: PT017
        assert str(error).isprintable()  # noqa: PT017
