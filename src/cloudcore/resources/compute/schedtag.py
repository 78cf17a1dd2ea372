"""Scheduling tags: marks on hosts, storages, networks … that placements ask for or stay away from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Named, entity
from cloudcore.model.errors import InvalidInputError, NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import schedpolicy, tagging
from cloudcore.resources.compute.filters import SCHEDTAG_FILTERS
from cloudcore.resources.placement import Placement

STRATEGIES = ("require", "exclude", "prefer", "avoid")
SCOPES = ("system", "domain", "project")
TAGGED = ("hosts", "storages", "networks", "zones", "cloudregions")
"""Plurals of what can be tagged."""


@entity
class Schedtag(Named):
    """One mark for one kind of thing; with a project or domain, only its requests may ask for it."""

    resource_type: Annotated[
        str,
        Spec("What it marks", create=True, width=16, choices=TAGGED, index=True, alias=("type",)),
    ] = "hosts"
    default_strategy: Annotated[
        str,
        Spec(
            "Holds for requests that do not mention it",
            create=True,
            update=True,
            width=16,
            choices=("", *STRATEGIES),
            alias=("strategy",),
        ),
    ] = ""
    placement: Annotated[
        str,
        Spec(
            "How servers are laid upon the hosts that it marks; empty: as their zone says",
            create=True,
            update=True,
            width=16,
            choices=tuple(one.value for one in Placement),
        ),
    ] = Placement.UNSET.value
    domain_id: Annotated[
        str | None, Spec("Only for this domain", width=64), Ref("domains", on_delete=OnDelete.CLEAR, context=False)
    ] = None
    tenant_id: Annotated[
        str | None, Spec("Only for this project", width=64), Ref("projects", on_delete=OnDelete.CLEAR, context=False)
    ] = None


_WHOSE = (
    param("domain", "Only of this domain", refers="domains", alias=("project_domain", "domain_id")),
    param("project", "Only of this project", refers="projects", alias=("project_id",)),
)


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    _check_placement(draft.get("resource_type") or "hosts", draft.get("placement"))
    return draft


def _check_update(_tx: Transaction, _caller: Any, tag: Schedtag, changes: JsonObject) -> JsonObject:
    _check_placement(tag.resource_type, changes.get("placement"))
    return changes


def _check_placement(marks: str, placement: Any) -> None:
    if placement and marks != "hosts":
        raise InvalidInputError(f"placement is of hosts, and the tag is of {marks}", field="placement")


def _details(tx: Transaction, page: Sequence[Schedtag]) -> Sequence[JsonObject]:
    idents = [tag.id for tag in page]
    counts = {plural: tagging.numbers(tx, plural, idents) for plural in TAGGED}
    policies = _numbers(tx, schedpolicy.SCHEDPOLICIES, idents)
    dynamic = _numbers(tx, schedpolicy.DYNAMICSCHEDTAGS, idents)
    return [
        {
            "join_model_keyword": tagging.JOINTS[tag.resource_type].singular,
            "resource_count": counts[tag.resource_type].get(tag.id, 0),
            "host_count": counts["hosts"].get(tag.id, 0),
            "server_count": 0,
            "other_count": 0 if tag.resource_type == "hosts" else counts[tag.resource_type].get(tag.id, 0),
            "schedpolicy_count": policies.get(tag.id, 0),
            "dynamic_schedtag_count": dynamic.get(tag.id, 0),
        }
        for tag in page
    ]


def _numbers(tx: Transaction, resource: Resource[Any], idents: Sequence[str]) -> Mapping[str, int]:
    rows = tx.of(resource, PLATFORM).totals(one_of("schedtag_id", idents), by=("schedtag_id",))
    return {row["schedtag_id"]: int(row["count"]) for row in rows}


def shown(tx: Transaction, plural: str, idents: Sequence[str]) -> Sequence[JsonObject]:
    """For each of these rows of a type, `schedtags` with what marks it; two statements."""
    joint = tagging.JOINTS[plural]
    side = tagging.side_of(plural)
    pairs = tx.of(joint, PLATFORM).columns((side, "schedtag_id"), Query(where=one_of(side, idents)))
    tags = tx.of(SCHEDTAGS, PLATFORM).find(Query(where=one_of("id", [tag for _, tag in pairs]))) if pairs else ()
    known = {
        tag.id: {"id": tag.id, "name": tag.name, "default_strategy": tag.default_strategy, "resource_type": plural}
        for tag in tags
    }
    marks = {ident: [known[tag] for row, tag in pairs if row == ident and tag in known] for ident in idents}
    return [{"schedtags": marks[ident]} if marks[ident] else {} for ident in idents]


def _check_delete(tx: Transaction, _caller: Any, tag: Schedtag) -> None:
    used = tx.of(tagging.JOINTS[tag.resource_type], PLATFORM).count(eq("schedtag_id", tag.id))
    if used:
        raise NotEmptyError(f"the tag marks {used} {tag.resource_type}")


SCHEDTAGS = Resource(
    entity=Schedtag,
    service="compute",
    area="compute",
    singular="schedtag",
    plural="schedtags",
    doc="Marks that placements ask for or stay away from.",
    level=Level.SYSTEM,
    filters=SCHEDTAG_FILTERS,
    columns=("id", "name", "default_strategy", "resource_type", "domain_id", "tenant_id"),
    unique=(("name", "resource_type"),),
    actions=(
        Action(
            name="set-resource",
            doc="Replace what it marks; without any, unmark all.",
            params=(param("resource_ids", "What it shall mark, ids or names", list, of=str, alias=("resource",)),),
        ),
        Action(
            name="set-scope",
            doc="Say whose requests may ask for it; without any, everybody's.",
            params=_WHOSE,
        ),
    ),
    extra_params=(
        *_WHOSE,
        param("scope", "Whose requests may ask for it: everybody's, or the caller's own", choices=SCOPES),
    ),
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
    details=_details,
)
