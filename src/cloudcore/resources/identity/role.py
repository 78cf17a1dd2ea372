"""Roles: what users are in a project, and what carries policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, Sharable, entity
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.model.resource import Action, Level, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.actions import BINDING


@entity
class Role(Sharable, DomainOwned):
    """A name for a set of policies."""

    displayname: Annotated[str, Spec("Name for people", create=True, update=True, width=128)] = ""


def _details(tx: Transaction, page: Sequence[Role]) -> Sequence[dict[str, Any]]:
    from cloudcore.resources.identity.assignment import ASSIGNMENTS
    from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES

    wanted = one_of("role_id", [r.id for r in page])
    users = {r["role_id"]: r["count"] for r in tx.of(ASSIGNMENTS, PLATFORM).totals(wanted, by=("role_id",))}
    tied = {r["role_id"]: r["count"] for r in tx.of(ROLEPOLICIES, PLATFORM).totals(wanted, by=("role_id",))}
    return [{"user_count": users.get(r.id, 0), "policy_count": tied.get(r.id, 0)} for r in page]


ROLES = Resource(
    entity=Role,
    service="identity",
    area="identity",
    singular="role",
    plural="roles",
    doc="What users are in a project; carries policies.",
    level=Level.DOMAIN,
    columns=("id", "name", "project_domain", "public_scope", "description"),
    unique=(("name", "domain_id"),),
    actions=(
        Action(name="add-policy", doc="Let it carry a policy.", params=(("policy_id", "Policy"), *BINDING)),
        Action(
            name="remove-policy",
            doc="Take a policy from it.",
            params=(("policy_id", "Policy"), ("project_id", "Where it was bound to a project")),
        ),
        Action(
            name="set-policies",
            doc="Say which policies it carries.",
            params=(("policies", "Objects of policy_id and conditions"), ("action", "replace or update")),
        ),
    ),
    details=_details,
    counts_as="identity_role",
)
