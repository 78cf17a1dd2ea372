"""Rules of security groups."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import Entity, External, Statused, entity
from cloudcore.model.errors import NotSupportedError, OutOfRangeError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.query import PLATFORM, eq
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.network import secgroup
from cloudcore.resources.network.filters import RULE_FILTERS
from cloudcore.resources.network.rule import (
    ACTIONS,
    DIRECTIONS,
    EVERYWHERE,
    MAX_PRIORITY,
    MAX_RULES,
    PROTOCOLS,
    rule_of,
)


class RuleStatus(StrEnum):
    """Statuses of a rule."""

    AVAILABLE = "available"
    UNKNOWN = "unknown"


@entity
class Secgrouprule(Statused, External, Entity):
    """One rule of one security group."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = RuleStatus.AVAILABLE.value
    secgroup_id: Annotated[
        str,
        Spec("Security group", create=True, required=True, width=128, index=True),
        Ref("secgroups", on_delete=OnDelete.CASCADE, show=("tenant_id",)),
    ]
    priority: Annotated[
        int, Spec("Higher ones first", create=True, update=True, minimum=1, maximum=MAX_PRIORITY, index=True)
    ] = 1
    protocol: Annotated[str, Spec("Protocol", create=True, required=True, update=True, width=8, choices=PROTOCOLS)]
    ports: Annotated[str, Spec("Ports such as 22,80-90; empty for all", create=True, update=True, width=512)] = ""
    direction: Annotated[str, Spec("To or from servers", create=True, required=True, width=4, choices=DIRECTIONS)]
    cidr: Annotated[
        str, Spec("Where from or to; empty: everywhere, IPv4 and IPv6", create=True, update=True, width=64)
    ] = EVERYWHERE
    action: Annotated[str, Spec("Allow or deny", create=True, required=True, update=True, width=8, choices=ACTIONS)]
    description: Annotated[str, Spec("Free text", create=True, update=True, width=256)] = ""
    target_type: Annotated[str, Spec("What it names: subnets", create=True, width=16)] = "cidr"


def described(rule: Secgrouprule) -> JsonObject:
    """A rule as its group shows it."""
    return {"id": rule.id, **{name: getattr(rule, name) for name in RULE_FIELDS}}


RULE_FIELDS = ("priority", "protocol", "ports", "direction", "cidr", "action", "description")


def mark_dirty(tx: Transaction, secgroup_id: str) -> None:
    """Remember that the rules of a group have changed."""
    tx.of(secgroup.SECGROUPS, PLATFORM).touch([(secgroup_id, {"is_dirty": True})])


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    if draft.get("target_type", "cidr") != "cidr":
        raise NotSupportedError("target_type: rules name subnets only", field="target_type")
    held = tx.of(SECGROUPRULES, PLATFORM).count(eq("secgroup_id", draft["secgroup_id"]))
    if held >= MAX_RULES:
        raise OutOfRangeError(f"a security group has at most {MAX_RULES} rules", field="secgroup_id")
    mark_dirty(tx, draft["secgroup_id"])
    return {**draft, **rule_of(draft).fields()}


def _check_update(tx: Transaction, _caller: Any, rule: Secgrouprule, changes: JsonObject) -> JsonObject:
    whole = {**{name: getattr(rule, name) for name in RULE_FIELDS}, **changes}
    if whole["protocol"] not in ("tcp", "udp") and "ports" not in changes:
        whole["ports"] = ""
    mark_dirty(tx, rule.secgroup_id)
    return {**changes, **rule_of(whole).fields()}


def _check_delete(tx: Transaction, _caller: Any, rule: Secgrouprule) -> None:
    mark_dirty(tx, rule.secgroup_id)


SECGROUPRULES = Resource(
    entity=Secgrouprule,
    service="compute",
    area="network",
    singular="secgrouprule",
    plural="secgrouprules",
    doc="Rules of security groups.",
    level=Level.PROJECT,
    filters=RULE_FILTERS,
    columns=("id", "secgroup", "priority", "direction", "action", "protocol", "ports", "cidr", "description"),
    lifecycle=Lifecycle(states=RuleStatus, initial=RuleStatus.AVAILABLE, stable=tuple(RuleStatus), transitions=()),
    parent="secgroup_id",
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
)
