"""Policies: documents that allow and deny."""

from __future__ import annotations

from typing import Annotated, Any

import attrs

from cloudcore.model.entity import DomainOwned, Sharable, entity
from cloudcore.model.errors import ForbiddenError, MissingParameterError
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Action, Level, Resource, Show, Spec
from cloudcore.resources.identity.actions import BINDING


@entity
class Policy(Sharable, DomainOwned):
    """A document that says what may be done at a scope."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True, index=True, alias=("type",))]
    scope: Annotated[
        str, Spec("How far it reaches", create=True, width=16, choices=("system", "domain", "project"))
    ] = "project"
    blob: Annotated[
        JsonObject,
        Spec(
            "service → resource → action → allow or deny", create=True, update=True, show=Show.LIST, alias=("policy",)
        ),
    ] = attrs.field(factory=dict[str, Any])
    enabled: Annotated[bool, Spec("In force", create=True, update=True)] = True
    is_system: Annotated[bool, Spec("Made by the platform")] = False
    domain_tags: Annotated[list[Any], Spec("Only in domains with these tags", create=True, update=True)] = attrs.field(
        factory=list[Any]
    )
    project_tags: Annotated[list[Any], Spec("Only in projects with these tags", create=True, update=True)] = (
        attrs.field(factory=list[Any])
    )
    object_tags: Annotated[list[Any], Spec("Only objects with these tags", create=True, update=True)] = attrs.field(
        factory=list[Any]
    )


def _prepare(_tx: Any, _caller: Any, draft: JsonObject) -> JsonObject:
    if not draft.get("blob"):
        raise MissingParameterError("blob is missing", field="blob")
    return draft


def _check_change(_tx: Any, _caller: Any, policy: Policy, *_changes: Any) -> None:
    if policy.is_system:
        raise ForbiddenError("a policy of the platform cannot be changed; make your own")


POLICIES = Resource(
    entity=Policy,
    service="identity",
    area="identity",
    singular="policy",
    plural="policies",
    doc="Documents that allow and deny; roles carry them.",
    level=Level.DOMAIN,
    columns=("id", "name", "scope", "enabled", "is_system", "description"),
    unique=(("name", "domain_id"),),
    actions=(
        Action(name="bind-role", doc="Let a role carry it.", params=(("role_id", "Role; absent: any"), *BINDING)),
    ),
    prepare=_prepare,
    check_update=_check_change,
    check_delete=_check_change,
    counts_as="identity_policy",
)
