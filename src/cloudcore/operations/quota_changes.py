"""Changing limits: what a body asks for, and what becomes of an owner's row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    Contention,
    DuplicateResourceError,
    ForbiddenError,
    InvalidInputError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_int, read_str
from cloudcore.model.resource import Resource
from cloudcore.operations.refs import find_one
from cloudcore.operations.staying import keep_tenant
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import LIMITED, Family
from cloudcore.quotas.limits import limits_of
from cloudcore.quotas.narrowing import write_keys
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.quota.quotalimit import INHERIT, NO_ALERTS, QUOTALIMITS, UNLIMITED, Quotalimit

MOST = (1 << 53) - 1
ACTIONS = ("add", "sub", "replace", "update", "reset", "delete")
ALERT_AT = "alert_at"
MOST_ALERTS = 8
_KEYS = (*("provider", "brand", "cloud_env", "account_id", "manager_id", "region_id", "zone_id", "hypervisor", "type"),)
_SPELT: Mapping[str, str] = {
    "cloudregion_id": "region_id",
    "cloudregion": "region_id",
    "region": "region_id",
    "zone": "zone_id",
}
"""Other words for a key; where both are sent, the key holds."""
_OWNERS = ("domain", "domain_id", "project", "project_id", "tenant", "tenant_id", "project_domain")
_PLACES: Mapping[str, Resource[Any]] = {"zone_id": ZONES, "region_id": CLOUDREGIONS}


@attrs.frozen(kw_only=True)
class Wish:
    """What shall become of limits. keys: what they are narrowed to. values: field → number. alert_at: None as it is."""

    action: str
    keys: Mapping[str, str]
    values: Mapping[str, int]
    alert_at: str | None = None


def read_wish(family: Family, body: JsonMapping) -> Wish:
    """What a body asks for.

    Raises:
        InvalidInputError: names the field.
        NotSupportedError: limits of the family are not narrowed by this.
    """
    action = read_str(body.get("action") or "update", "action", 16)
    if action not in ACTIONS:
        raise InvalidInputError(f"action must be one of {', '.join(ACTIONS)}", field="action")
    keys = _keys(family, body)
    return Wish(action=action, keys=keys, values=_values(family, body, keys), alert_at=_alert_at(body, keys))


def change_limits(tx: Transaction, family: Family, owner: tuple[str, str], wish: Wish) -> None:
    """Change the limits of one owner: domain and project, empty for the domain as a whole.

    Raises:
        ForbiddenError: the row for everything would be deleted.
        InvalidInputError: what is added to, or taken from, is not there or not enough.
        ResourceNotFoundError: there is no such place, or nothing to delete.
        DuplicateResourceError: several places have this name.
    """
    keys = {name: _place(tx, name, text, gone=wish.action == "delete") for name, text in wish.keys.items()}
    keep_tenant(tx, *owner)
    repository, text = tx.of(QUOTALIMITS, PLATFORM), write_keys(keys)
    where = both(eq("domain_id", owner[0]), eq("tenant_id", owner[1]), eq("keys", text))
    found = repository.find(Query(where=where, limit=1))
    if wish.action == "delete":
        _delete(tx, family, found[0] if found else None, whole=not text)
        return
    fresh = Quotalimit(id=tx.new_id(), domain_id=owner[0], tenant_id=owner[1], keys=text)
    changes: dict[str, Any] = {**_changed(tx, family, wish, found[0] if found else fresh)}
    if wish.alert_at is not None:
        changes["alert_at"] = wish.alert_at
    if found:
        repository.save(evolve(found[0], **changes))
        return
    try:
        repository.add(evolve(fresh, **changes))
    except DuplicateResourceError as error:
        raise Contention("these limits are being set elsewhere", internal=owner[0]) from error


def _place(tx: Transaction, name: str, text: str, *, gone: bool) -> str:
    """The id of the place that a key names, by id or name; of another key its value. gone: it may be there no longer."""
    if name not in _PLACES:
        return text
    try:
        return str(find_one(tx, _PLACES[name], text, PLATFORM).id)
    except ResourceNotFoundError as error:
        if gone:
            return text
        error.field = name
        raise
    except DuplicateResourceError as error:
        error.field = name
        raise


def _delete(tx: Transaction, family: Family, row: Any, *, whole: bool) -> None:
    """Take a family's limits out of a narrowed row; the row goes with the last one."""
    if whole:
        raise ForbiddenError("the limits for everything stay; reset them instead", field="action")
    if row is None or all(getattr(row, field) == INHERIT for field in family.fields):
        raise ResourceNotFoundError("there is no such row of limits")
    rest = evolve(row, **dict.fromkeys(family.fields, INHERIT))
    if all(getattr(rest, field) == INHERIT for field in LIMITED):
        tx.of(QUOTALIMITS, PLATFORM).remove(row)
    else:
        tx.of(QUOTALIMITS, PLATFORM).save(rest)


def _keys(family: Family, body: JsonMapping) -> dict[str, str]:
    sent = {_SPELT.get(name, name): body[name] for name in (*_SPELT, *_KEYS) if body.get(name)}
    foreign = next((name for name in sent if name not in family.keys), None)
    if foreign is not None:
        raise NotSupportedError(f"{family.plural} are not narrowed by {foreign}", field=foreign)
    keys = {name: read_str(sent[name], name, 128) for name in family.keys if name in sent}
    if keys.get("type", "image") not in ("image", "iso"):
        raise InvalidInputError("type must be one of image, iso", field="type")
    return keys


def _values(family: Family, body: JsonMapping, keys: JsonMapping) -> dict[str, int]:
    """Field of the limits → number, of those that were sent."""
    known = family.narrowed if keys else tuple(family.counters)
    passed = {"action", "scope", ALERT_AT, *_KEYS, *_SPELT, *_OWNERS}
    for name, value in body.items():
        if name not in known and name not in passed and value not in (None, ""):
            where = f"{family.plural} narrowed by {', '.join(keys)}" if keys else family.plural
            raise InvalidInputError(f"{where} have no limit {name[:64]!r}", field=name[:64])
    sent = {name: body[name] for name in known if body.get(name) not in (None, "")}
    return {family.counters[name]: read_int(value, name, UNLIMITED, MOST) for name, value in sent.items()}


def _alert_at(body: JsonMapping, keys: JsonMapping) -> str | None:
    """Percents, rising; `-` for none and `default` for what the deployment says."""
    if body.get(ALERT_AT) in (None, ""):
        return None
    if keys:
        raise InvalidInputError("narrowed limits have no alerts of their own", field=ALERT_AT)
    text = read_str(body[ALERT_AT], ALERT_AT, 64).replace(" ", "")
    if text in ("default", NO_ALERTS):
        return "" if text == "default" else text
    parts = sorted({read_int(part, ALERT_AT, 1, 100) for part in text.split(",")})
    if len(parts) > MOST_ALERTS:
        raise InvalidInputError(f"{ALERT_AT} names at most {MOST_ALERTS} percents", field=ALERT_AT)
    return ",".join(str(part) for part in parts)


def _changed(tx: Transaction, family: Family, wish: Wish, row: Quotalimit) -> Mapping[str, int]:
    if wish.action == "update":
        return wish.values
    if wish.action == "reset":
        return dict.fromkeys(family.fields, INHERIT)
    if wish.action == "replace":
        return {**dict.fromkeys(family.fields, 0), **wish.values}
    changed: dict[str, int] = {}
    for field, number in wish.values.items():
        before = getattr(row, field)
        if before == INHERIT and not row.keys and row.domain_id:
            before = limits_of(tx, row.domain_id, (row.tenant_id,), (field,))[row.tenant_id].whole[field]
        if number < 0:
            raise InvalidInputError("what is added or taken must not be negative", field=field)
        if before < 0:
            raise InvalidInputError(f"{field} has no limit yet to {wish.action} to", field=field)
        after = before + number if wish.action == "add" else before - number
        if not 0 <= after <= MOST:
            raise InvalidInputError(f"the limit would be {after}", field=field)
        changed[field] = after
    return changed
