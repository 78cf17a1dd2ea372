"""Security groups: what may reach servers, and what they may reach."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import External, ProjectOwned, Sharable, Statused, entity
from cloudcore.model.errors import ForbiddenError, NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.param import ANY, param
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.model.resource import Action, Level, Ref, Resource, Show, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import OWN_STATUS
from cloudcore.resources.compute import guestsecgroup
from cloudcore.resources.network import secgrouprule
from cloudcore.resources.network.filters import SECGROUP_FILTERS, SECGROUP_ORDERS
from cloudcore.resources.network.rule import ACTIONS as RULE_ACTIONS
from cloudcore.resources.network.rule import DIRECTIONS, MAX_PRIORITY, PROTOCOLS

DEFAULT_SECGROUP = "default"


class SecgroupStatus(StrEnum):
    """Statuses of a security group."""

    READY = "ready"
    UNKNOWN = "unknown"


@entity
class Secgroup(Sharable, Statused, External, ProjectOwned):
    """A set of rules. is_dirty: they have changed since they were last brought to where servers run."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = SecgroupStatus.READY.value
    cloudregion_id: Annotated[
        str,
        Spec("Region", create=True, width=128, index=True),
        Ref("cloudregions", alias=("region", "region_id"), show=("provider",)),
    ] = "default"
    vpc_id: Annotated[str, Spec("VPC", create=True, width=128, index=True), Ref("vpcs")] = "default"
    is_dirty: Annotated[bool, Spec("Rules have changed", show=Show.NEVER, volatile=True)] = False


def _details(tx: Transaction, page: Sequence[Secgroup]) -> Sequence[JsonObject]:
    idents = [group.id for group in page]
    used = guestsecgroup.numbers(tx, idents)
    where = Query(where=one_of("secgroup_id", idents), order=(Order("priority", descending=True), Order("direction")))
    rules = tx.of(secgrouprule.SECGROUPRULES, PLATFORM).find(where)
    return [
        {
            "guest_cnt": used.get(group.id, 0),
            "total_cnt": used.get(group.id, 0),
            **dict.fromkeys(_UNUSED, 0),
            "rules": [secgrouprule.described(rule) for rule in rules if rule.secgroup_id == group.id],
        }
        for group in page
    ]


_UNUSED = ("guest_nic_cnt", "system_guest_cnt", "admin_guest_cnt", "loadbalancer_cnt", "rds_cnt", "redis_cnt")


def default_for(tx: Transaction, tenant_id: str) -> str:
    """The security group of servers that name none: the project's own `Default`, else the platform's."""
    where = both(eq("tenant_id", tenant_id), eq("name", "Default"), eq("pending_deleted", False))
    own = tx.of(SECGROUPS, PLATFORM).find(Query(where=where, limit=1))
    return own[0].id if own else DEFAULT_SECGROUP


def _check_delete(tx: Transaction, _caller: Any, group: Secgroup) -> None:
    if group.id == DEFAULT_SECGROUP:
        raise ForbiddenError("the default security group cannot be deleted")
    used = guestsecgroup.numbers(tx, [group.id]).get(group.id, 0)
    if used:
        raise NotEmptyError(f"the security group is used by {used} servers")


_RULES = param("rules", "Rules such as in:allow 10.0.0.0/8 tcp 22,80-90, or objects", ANY, example=["in:allow tcp 22"])

SECGROUPS = Resource(
    entity=Secgroup,
    service="compute",
    area="network",
    singular="secgroup",
    plural="secgroups",
    doc="Sets of rules on what may reach servers.",
    level=Level.PROJECT,
    filters=SECGROUP_FILTERS,
    orders=SECGROUP_ORDERS,
    columns=("id", "name", "guest_cnt", "is_public", "public_scope", "tenant_id", "description"),
    unique=(("name", "tenant_id"),),
    lifecycle=Lifecycle(
        states=SecgroupStatus, initial=SecgroupStatus.READY, stable=tuple(SecgroupStatus), transitions=()
    ),
    actions=(
        OWN_STATUS,
        Action(
            name="add-rule",
            doc="Add one rule.",
            params=(
                param("rule", "All of it, as a text such as in:allow tcp 22, or as an object of the others", ANY),
                param("direction", "To or from servers", choices=DIRECTIONS, example="in"),
                param("protocol", "Protocol", choices=PROTOCOLS, example="tcp"),
                param("action", "Allow or deny", choices=RULE_ACTIONS, example="allow"),
                param("priority", "Higher ones first", int, minimum=1, maximum=MAX_PRIORITY),
                param("ports", "Ports such as 22,80-90; absent: all", width=512, example="22"),
                param("cidr", "Address or subnet; absent: everywhere", width=64),
                param("description", "Free text", width=256),
            ),
        ),
        Action(name="import-rules", doc="Replace all rules.", params=(_RULES,)),
        Action(
            name="clone",
            doc="Make another with the same rules.",
            params=(
                param("name", "Name", width=128, example="web-too"),
                param("generate_name", "A name to derive a free one from", width=128),
                param("description", "Text", width=1024, multiline=True),
            ),
        ),
    ),
    check_delete=_check_delete,
    details=_details,
    extra_params=(_RULES,),
    counts_as="secgroup",
)
