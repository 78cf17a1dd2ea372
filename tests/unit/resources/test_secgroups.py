from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import (
    ForbiddenError,
    InvalidInputError,
    InvalidStatusError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.network.rule import ACTIONS, DIRECTIONS, MAX_RULES, Rule, parse_rule
from cloudcore.resources.network.secgroup import SECGROUPS, default_for


def rules_of(session: Any, group: str) -> list[str]:
    return sorted(parse_rule(r).text() for r in session.get("secgroups", group).get("rules", []))


@pytest.mark.parametrize(
    ("text", "cidr", "protocol", "ports"),
    [
        ("in:allow 10.0.0.0/8 tcp 22,80-90", "10.0.0.0/8", "tcp", "22,80-90"),
        ("in:allow any", "", "any", ""),
        ("in:deny 0.0.0.0/0 any", "0.0.0.0/0", "any", ""),
        ("out:deny 10.0.0.5 udp 53", "10.0.0.5", "udp", "53"),
        ("out:deny 10.0.0.5/32 any", "10.0.0.5/32", "any", ""),
        ("in:allow ::1/128 any", "::1/128", "any", ""),
        ("IN:Allow 10.0.0.7/24 ICMP", "10.0.0.0/24", "icmp", ""),
        ("in:deny ::/0 tcp", "::/0", "tcp", ""),
    ],
)
def test_rules_are_read_from_text(text: str, cidr: str, protocol: str, ports: str) -> None:
    rule = parse_rule(text)
    assert (rule.cidr, rule.protocol, rule.ports) == (cidr, protocol, ports)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("", "direction"),
        ("up:allow any", "direction"),
        ("in:maybe any", "action"),
        ("in:allow gre", "cidr"),
        ("in:allow 10.0.0.0/33 tcp", "cidr"),
        ("in:allow ::ffff:10.0.0.1 tcp", "cidr"),
        ("in:allow tcp 0", "ports"),
        ("in:allow tcp 65536", "ports"),
        ("in:allow tcp 90-80", "ports"),
        ("in:allow tcp 80-", "ports"),
        ("in:allow icmp 8", "ports"),
        ("in:allow any 8", "ports"),
        ("in:allow tcp 1 2", "rule"),
        ("in:allow tcp " + ",".join(["1"] * 65), "ports"),
        ({"direction": "in", "action": "allow", "protocol": "tcp", "priority": 101}, "priority"),
        ("in:allow tcp\r\n22", "rule"),
        (7.5, "rule"),
    ],
)
def test_what_is_no_rule_names_the_field(sent: Any, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_rule(sent)
    assert caught.value.field == field


port = st.integers(1, 65_535)
address = st.ip_addresses().filter(lambda ip: getattr(ip, "ipv4_mapped", None) is None)
"""One that a rule may name: an IPv4 address in the clothes of IPv6 is refused."""


@given(
    st.sampled_from(DIRECTIONS),
    st.sampled_from(ACTIONS),
    st.sampled_from(("tcp", "udp")),
    st.sampled_from(("", "0.0.0.0/0", "::/0")) | address.map(str),
    st.lists(st.tuples(port, port).map(lambda p: f"{min(p)}-{max(p)}"), max_size=5),
)
def test_the_text_of_a_rule_reads_as_the_same_rule(d: str, a: str, p: str, ip: Any, ports: list[str]) -> None:
    rule = Rule(direction=d, action=a, protocol=p, cidr=ip, ports=",".join(ports))
    assert parse_rule(rule.text()) == rule


def test_a_group_is_made_with_rules_and_cloned(people: Any) -> None:
    made = people.bob.create("secgroups", {"name": "web", "rules": ["in:allow tcp 80", {**_SSH}]})
    assert rules_of(people.bob, "web") == ["in:allow 10.0.0.0/8 tcp 22", "in:allow tcp 80"]
    copy = people.bob.perform("secgroups", made["id"], "clone", {"name": "web2"})
    assert copy["id"] != made["id"]
    assert rules_of(people.bob, "web2") == rules_of(people.bob, "web")


_SSH = {"direction": "in", "action": "allow", "protocol": "tcp", "ports": "22", "cidr": "10.0.0.0/8", "priority": 5}


def test_rules_are_added_changed_and_replaced(people: Any) -> None:
    group = people.bob.create("secgroups", {"name": "web"})["id"]
    people.bob.perform("secgroups", group, "add-rule", _SSH)
    rule = people.bob.create("secgrouprules", {"secgroup": "web", **_SSH, "ports": "443"})
    changed = people.bob.update("secgrouprules", rule["id"], {"protocol": "icmp"})
    assert "ports" not in changed
    assert [r["priority"] for r in people.bob.list("secgrouprules", {"secgroup": group}).items] == [5, 5]
    people.bob.perform("secgroups", group, "import-rules", {"rules": ["out:deny any"]})
    assert rules_of(people.bob, group) == ["out:deny any"]


def test_a_wrong_rule_changes_nothing(people: Any) -> None:
    group = people.bob.create("secgroups", {"name": "web", "rules": ["in:allow any"]})["id"]
    with pytest.raises(InvalidInputError) as caught:
        people.bob.perform("secgroups", group, "import-rules", {"rules": ["out:deny any", "in:allow x"]})
    assert caught.value.field == "cidr"
    with pytest.raises(OutOfRangeError):
        people.bob.perform("secgroups", group, "import-rules", {"rules": ["in:allow any"] * (MAX_RULES + 1)})
    assert rules_of(people.bob, group) == ["in:allow any"]


def test_changed_rules_are_remembered_until_they_are_applied(people: Any) -> None:
    group = people.bob.create("secgroups", {"name": "web"})["id"]
    with people.cloud.platform.uow.write(Author()) as tx:
        repository = tx.of(SECGROUPS, PLATFORM)
        repository.touch([(group, {"is_dirty": False})])
        tx.commit()
    rule = people.bob.create("secgrouprules", {"secgroup": group, **_SSH})
    assert _dirty(people, group)
    people.bob.delete("secgrouprules", rule["id"])
    people.bob.delete("secgroups", group)


def _dirty(people: Any, group: str) -> bool:
    with people.cloud.platform.uow.read() as tx:
        return bool(tx.of(SECGROUPS, PLATFORM).get(group).is_dirty)


def test_others_see_shared_groups_but_cannot_change_their_rules(people: Any) -> None:
    mine = people.bob.create("secgroups", {"name": "web", "rules": ["in:allow any"]})["id"]
    with pytest.raises(ResourceNotFoundError):
        people.eve.get("secgroups", mine)
    assert people.eve.list("secgrouprules", {"secgroup": mine}).total == 0
    with pytest.raises(ResourceNotFoundError):
        people.eve.create("secgrouprules", {"secgroup": mine, **_SSH})
    assert len(people.eve.list("secgrouprules", {"secgroup": "default"}).items) == 2
    with pytest.raises(ForbiddenError):
        people.eve.create("secgrouprules", {"secgroup": "default", **_SSH})
    rule = people.eve.list("secgrouprules", {"secgroup": "default"}).items[0]["id"]
    with pytest.raises(ForbiddenError):
        people.eve.delete("secgrouprules", rule)


def test_the_default_group_stays(people: Any) -> None:
    with pytest.raises(ForbiddenError):
        people.admin.delete("secgroups", "default")


def test_a_projects_own_default_group_comes_first(people: Any) -> None:
    own = people.bob.create("secgroups", {"name": "Default"})
    with people.cloud.platform.uow.read() as tx:
        assert default_for(tx, own["tenant_id"]) == own["id"]
        assert default_for(tx, "another") == "default"


def test_groups_are_shared_with_single_projects(people: Any) -> None:
    mine = people.bob.create("secgroups", {"name": "web"})["id"]
    eve = people.admin.get("projects", "eve")["id"]
    with pytest.raises(ForbiddenError):
        people.bob.perform("secgroups", mine, "public", {"scope": "project", "shared_project_ids": [eve]})
    shared = people.admin.perform("secgroups", mine, "public", {"scope": "project", "shared_project_ids": ["eve"]})
    assert shared["shared_projects"] == [{"id": eve, "name": "eve"}]
    assert people.eve.get("secgroups", mine)["public_scope"] == "project"
    assert mine in [g["id"] for g in people.eve.list("secgroups").items]
    with pytest.raises(ForbiddenError):
        people.eve.update("secgroups", mine, {"name": "hers"})
    people.admin.perform("secgroups", mine, "private")
    with pytest.raises(ResourceNotFoundError):
        people.eve.get("secgroups", mine)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "project"}, "shared_project_ids"),
        ({"scope": "nowhere"}, "scope"),
        ({"scope": "system", "shared_project_ids": ["eve"]}, "scope"),
        ({"scope": "project", "shared_project_ids": ["nobody"]}, "shared_project_ids"),
    ],
)
def test_sharing_that_makes_no_sense_is_refused(people: Any, body: Any, field: str) -> None:
    mine = people.bob.create("secgroups", {"name": "web"})["id"]
    with pytest.raises((InvalidInputError, ResourceNotFoundError)) as caught:
        people.admin.perform("secgroups", mine, "public", body)
    assert caught.value.field == field
    assert people.bob.get("secgroups", mine)["is_public"] is False


def test_domain_resources_are_shared_with_single_domains(people: Any) -> None:
    other = people.admin.create("domains", {"name": "other"})["id"]
    wire = people.admin.list("wires").items[0]["id"]
    shared = people.admin.perform("wires", wire, "public", {"scope": "domain", "shared_domain_ids": ["other"]})
    assert shared["shared_domains"] == [{"id": other, "name": "other"}]


def test_a_frozen_group_gets_no_rules(people: Any) -> None:
    people.bob.create("secgroups", {"name": "inner"})
    before = people.bob.list("secgrouprules").total
    people.bob.perform("secgroups", "inner", "freeze")
    rule = {"secgroup": "inner", "direction": "in", "protocol": "tcp", "ports": "22", "action": "allow"}
    with pytest.raises(InvalidStatusError, match="frozen"):
        people.bob.create("secgrouprules", rule)
    people.bob.perform("secgroups", "inner", "unfreeze")
    people.bob.create("secgrouprules", rule)
    assert people.bob.list("secgrouprules").total == before + 1
