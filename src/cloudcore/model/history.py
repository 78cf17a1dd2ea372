"""The history: one record for each committed change, and for facts that change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Resource, Verb, fields_of
from cloudcore.model.spec import Level, Spec

REDACTED = "***"


@entity
class HistoryRecord(Entity):
    """One change of one entity, or one fact.

    before, after: the changed fields only; secrets are redacted. For a fact `after` holds its notes.
    """

    position: Annotated[
        int | None, Spec("Place in the whole order; given after the commit", volatile=True, index=True)
    ] = None
    recorded_at: Annotated[datetime, Spec("Time of the commit, database clock")]
    transaction: Annotated[str, Spec("Id of the unit of work", width=64)]
    ordinal: Annotated[int, Spec("Place within the unit of work")]
    request_id: Annotated[str, Spec("Id of the request that caused it", width=128)] = ""
    actor: Annotated[JsonObject, Spec("Who: ids and names of user, project, domain, roles")] = attrs.field(
        factory=dict[str, Any]
    )
    user_id: Annotated[str, Spec("Who, by id", width=64, index=True)] = ""
    service: Annotated[str, Spec("Area of the platform", width=32)] = ""
    action: Annotated[str, Spec("What was done, such as create, update, delete, start", width=64, index=True)]
    obj_type: Annotated[str, Spec("Singular of the resource type", width=40, index=True)]
    obj_id: Annotated[str, Spec("Id of the resource", width=128, index=True)]
    obj_name: Annotated[str, Spec("Name of the resource at the time", width=128)] = ""
    owner_domain_id: Annotated[str, Spec("Owning domain at the time", width=64, index=True)] = ""
    owner_tenant_id: Annotated[str, Spec("Owning project at the time", width=64, index=True)] = ""
    version: Annotated[int, Spec("Version of the resource after the change")] = 0
    success: Annotated[bool, Spec("False for refusals and failures")] = True
    before: Annotated[JsonObject, Spec("Changed fields, as they were")] = attrs.field(factory=dict[str, Any])
    after: Annotated[JsonObject, Spec("Changed fields, as they are now")] = attrs.field(factory=dict[str, Any])
    format: Annotated[int, Spec("Version of this record's form")] = 1


HISTORY = Resource(
    entity=HistoryRecord,
    service="internal",
    area="audit",
    singular="history",
    plural="history",
    doc="Every committed change, in order.",
    level=Level.SYSTEM,
    columns=("recorded_at", "action", "obj_type", "obj_name", "obj_id", "user_id", "success"),
    verbs=frozenset({Verb.LIST}),
    recorded=False,
    indexes=(("position",), ("owner_tenant_id", "position"), ("obj_id", "position"), ("recorded_at",)),
)


@attrs.frozen(kw_only=True)
class Fact:
    """Something worth remembering that changes no entity: a login, a refusal.

    actor: who did it, where that is not who tells it; empty for the author of the unit of work.
    """

    action: str
    obj_type: str
    obj_id: str = ""
    obj_name: str = ""
    success: bool = True
    notes: JsonObject = attrs.field(factory=dict[str, Any])
    owner_domain_id: str = ""
    owner_tenant_id: str = ""
    service: str = ""
    actor: JsonObject = attrs.field(factory=dict[str, Any])


def changed(resource: Resource[Any], old: Entity | None, new: Entity | None) -> tuple[JsonObject, JsonObject]:
    """The fields that differ, as they were and as they are, ready for JSON. Volatile fields and bookkeeping are left out."""
    before: JsonObject = {}
    after: JsonObject = {}
    kind: Any = resource.entity
    # Dictionaries of two entities of the type: each of several dozen fields is looked at for each change.
    here = vars(new) if new is not None else {}
    if old is None:
        for name, hidden in _told(kind):
            now = here[name]
            if now is not None:
                after[name] = _plain(now, hidden=hidden)
        return before, after
    was_here = vars(old)
    for name, hidden in _told(kind):
        was = was_here[name]
        if new is not None:
            now = here[name]
            if was is now or was == now:
                continue
            after[name] = _plain(now, hidden=hidden)
        before[name] = _plain(was, hidden=hidden)
    return before, after


def record_of(
    resource: Resource[Any],
    old: Entity | None,
    new: Entity | None,
    *,
    action: str,
    actor: Mapping[str, Any],
    at: datetime,
    transaction: str,
    ordinal: int,
    request_id: str,
) -> HistoryRecord:
    """The record of one change; exactly one of `old`, `new` may be None."""
    before, after = changed(resource, old, new)
    subject: Any = new if new is not None else old
    return HistoryRecord(
        id=f"{transaction}-{ordinal:06d}",
        recorded_at=at,
        transaction=transaction,
        ordinal=ordinal,
        request_id=request_id,
        actor=dict(actor),
        user_id=str(actor.get("user_id", "")),
        service=resource.service,
        action=action,
        obj_type=resource.singular,
        obj_id=subject.id,
        obj_name=getattr(subject, "name", ""),
        owner_domain_id=getattr(subject, "domain_id", "") or "",
        owner_tenant_id=getattr(subject, "tenant_id", "") or "",
        version=subject.update_version,
        before=before,
        after=after,
    )


def fact_record(
    fact: Fact, *, actor: Mapping[str, Any], at: datetime, transaction: str, ordinal: int, request_id: str
) -> HistoryRecord:
    """The record of a fact."""
    actor = fact.actor or actor
    return HistoryRecord(
        id=f"{transaction}-{ordinal:06d}",
        recorded_at=at,
        transaction=transaction,
        ordinal=ordinal,
        request_id=request_id,
        actor=dict(actor),
        user_id=str(actor.get("user_id", "")),
        service=fact.service,
        action=fact.action,
        obj_type=fact.obj_type,
        obj_id=fact.obj_id,
        obj_name=fact.obj_name,
        owner_domain_id=fact.owner_domain_id,
        owner_tenant_id=fact.owner_tenant_id,
        success=fact.success,
        after=fact.notes,
    )


_BOOKKEEPING = frozenset({"updated_at", "update_version", "created_at"})
_AS_IT_IS = frozenset({str, int, bool, float, NoneType})


@cache
def _told(entity: Any) -> tuple[tuple[str, bool], ...]:
    """The fields that records tell of, and whether their values are hidden."""
    return tuple(
        (field.name, field.spec.secret or field.spec.sealed)
        for field in fields_of(entity)
        if not field.spec.volatile and field.name not in _BOOKKEEPING
    )


def _plain(value: Any, *, hidden: bool) -> Any:
    if hidden and value not in (None, ""):
        return REDACTED
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
