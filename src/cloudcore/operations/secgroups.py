"""Security groups: made with rules, cloned, and their rules replaced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.creating import insert
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.network.rule import MAX_RULES, Rule, parse_rule
from cloudcore.resources.network.secgroup import SECGROUPS
from cloudcore.resources.network.secgrouprule import RULE_FIELDS, SECGROUPRULES, Secgrouprule, mark_dirty


def create_secgroup(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a security group with the rules of `rules`."""
    rules = _rules(body.get("rules"))
    stored = insert(platform, tx, caller, SECGROUPS, body)
    _add(tx, stored.id, rules)
    return detail_rows(platform, tx, SECGROUPS, [stored])[0]


def add_rule(_platform: Platform, tx: Transaction, _caller: Caller, group: Any, body: JsonMapping) -> None:
    """Add one rule, an object or text under `rule`.

    Raises:
        OutOfRangeError: the group is full.
    """
    held = tx.of(SECGROUPRULES, PLATFORM).count(eq("secgroup_id", group.id))
    _check_number(held + 1)
    _add(tx, group.id, [parse_rule(body.get("rule") or dict(body))])


def import_rules(_platform: Platform, tx: Transaction, _caller: Caller, group: Any, body: JsonMapping) -> None:
    """Replace all rules."""
    rules = _rules(body.get("rules"))
    repository = tx.of(SECGROUPRULES, PLATFORM)
    for old in repository.find(Query(where=eq("secgroup_id", group.id))):
        repository.remove(old)
    _add(tx, group.id, rules)


def clone(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> JsonObject:
    """Another group of the caller's project with the same rules."""
    wanted = {"vpc_id": group.vpc_id, "description": group.description, **body}
    stored = insert(platform, tx, caller, SECGROUPS, wanted)
    rules = tx.of(SECGROUPRULES, PLATFORM).find(Query(where=eq("secgroup_id", group.id)))
    _add(tx, stored.id, [Rule(**{name: getattr(rule, name) for name in RULE_FIELDS}) for rule in rules])
    return detail_rows(platform, tx, SECGROUPS, [stored])[0]


def _rules(sent: Any) -> Sequence[Rule]:
    if sent in (None, ""):
        return ()
    items = cast("list[Any]", sent) if isinstance(sent, list) else [sent]
    _check_number(len(items))
    if any(not isinstance(item, str | dict) for item in items):
        raise InvalidInputError("rules must be texts or objects", field="rules")
    return [parse_rule(item, f"rules.{place}") for place, item in enumerate(items)]


def _check_number(number: int) -> None:
    if number > MAX_RULES:
        raise OutOfRangeError(f"a security group has at most {MAX_RULES} rules", field="rules")


def _add(tx: Transaction, group_id: str, rules: Sequence[Rule]) -> None:
    repository = tx.of(SECGROUPRULES, PLATFORM)
    for rule in rules:
        repository.add(Secgrouprule(id=tx.new_id(), secgroup_id=group_id, **rule.fields()))
    mark_dirty(tx, group_id)
