"""Policies: documents that allow and deny."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import DomainOwned, Sharable, entity
from cloudcore.model.errors import ForbiddenError, MissingParameterError
from cloudcore.model.filter import reaching
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import Via
from cloudcore.model.resource import Action, ActionKind, Level, Resource, Show, Spec
from cloudcore.resources.identity.actions import BINDING

_ROLE = param("role_id", "Role", refers="roles", alias=("role",), required=True)


@entity
class Policy(Sharable, DomainOwned):
    """A document that says what may be done at a scope."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True, index=True, alias=("type",))]
    scope: Annotated[
        str, Spec("How far it reaches", create=True, update=True, width=16, choices=("system", "domain", "project"))
    ] = "project"
    blob: Annotated[
        JsonObject,
        Spec(
            "service → resource → action → allow or deny", create=True, update=True, show=Show.LIST, alias=("policy",)
        ),
    ] = attrs.field(factory=dict[str, Any])
    enabled: Annotated[bool, Spec("In force", create=True, update=True)] = True
    is_system: Annotated[bool, Spec("The platform's: only who may do so everywhere changes it")] = False
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


def _check_delete(_tx: Any, _caller: Any, policy: Policy) -> None:
    if policy.is_system:
        raise ForbiddenError("a policy of the platform cannot be deleted")


def _details(_tx: Any, page: Sequence[Policy]) -> Sequence[JsonObject]:
    return [{"type": policy.name} for policy in page]


POLICIES = Resource(
    entity=Policy,
    service="identity",
    area="identity",
    singular="policy",
    plural="policies",
    doc="Documents that allow and deny; roles carry them.",
    example={
        "name": "readers",
        "scope": "project",
        "blob": {"policy": {"compute": {"*": {"get": "allow", "list": "allow"}}}},
    },
    level=Level.DOMAIN,
    columns=("id", "name", "scope", "enabled", "is_system", "description"),
    filters=(reaching("role", "Role that carries it", "roles", "role_id", Via("rolepolicies", "id", "policy_id")),),
    unique=(("name", "domain_id"),),
    actions=(
        Action(
            name="explain",
            doc="Say which rule of which policy allows or refuses something, and what would allow it.",
            kind=ActionKind.CLASS,
            params=(
                param(
                    "request",
                    "[scope] service resource action [extra], apart by blanks or colons",
                    width=512,
                    example="compute servers list",
                ),
                param("service", "Type of the service that checks", width=128),
                param("resource", "Plural of the resource type", width=128),
                param("action", "What is asked", choices=("list", "get", "create", "update", "delete", "perform")),
                param("extra", "Name of the action or detail", list, of=str),
                param(
                    "scope", "At which scope; absent: the type's own", choices=("system", "domain", "project", "user")
                ),
                param("id", "One row that it is about", width=128),
                param("user", "Of whom; absent: of the caller", refers="users", alias=("user_id",)),
                param("project", "Where he is logged in", refers="projects", alias=("project_id",)),
                param("domain", "The same, instead of a project", refers="domains", alias=("domain_id",)),
                param("system", "The same, with a token for the whole system", bool),
                param("roles", "Of whoever has these, not of a user", list, of=str, alias=("role", "role_id")),
                param("login_ip", "Where he comes from", width=64, alias=("ip",)),
            ),
        ),
        Action(name="bind-role", doc="Let a role carry it.", params=(_ROLE, *BINDING)),
    ),
    prepare=_prepare,
    details=_details,
    check_delete=_check_delete,
    counts_as="identity_policy",
)
