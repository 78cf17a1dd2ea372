"""Roles: what users are in a project, and what carries policies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, Sharable, entity
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, both, one_of
from cloudcore.model.resource import Action, Level, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.actions import BINDING

_POLICY = param("policy_id", "Policy", refers="policies", alias=("policy",), required=True)


@entity
class Role(Sharable, DomainOwned):
    """A name for a set of policies."""

    displayname: Annotated[str, Spec("Name for people", create=True, update=True, width=128)] = ""


def _details(tx: Transaction, page: Sequence[Role]) -> Sequence[dict[str, Any]]:
    from cloudcore.resources.identity.assignment import ASSIGNMENTS, IN_PROJECT
    from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES

    wanted = one_of("role_id", [r.id for r in page])
    given = tx.of(ASSIGNMENTS, PLATFORM)
    holders = Counter((r["role_id"], r["type"][:4]) for r in given.totals(wanted, by=("role_id", "type", "actor_id")))
    there = both(wanted, one_of("type", IN_PROJECT))
    places = Counter(r["role_id"] for r in given.totals(there, by=("role_id", "target_id")))
    tied = tx.of(ROLEPOLICIES, PLATFORM).totals(wanted, by=("role_id", "policy_id"))
    policies = _policies(tx, [(row["role_id"], row["policy_id"]) for row in tied])
    return [
        {
            "user_count": holders.get((role.id, "User"), 0),
            "group_count": holders.get((role.id, "Grou"), 0),
            "project_count": places.get(role.id, 0),
            "policy_count": sum(len(names) for names in policies[role.id].values()),
            "policies": {scope: sorted(names) for scope, names in sorted(policies[role.id].items())},
            "match_policies": sorted(name for names in policies[role.id].values() for name in names),
        }
        for role in page
    ]


def _policies(tx: Transaction, tied: Sequence[tuple[str, str]]) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By role, the names of its policies by scope."""
    from cloudcore.resources.identity.policy import POLICIES

    found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    query = Query(where=one_of("id", list(dict.fromkeys(policy for _, policy in tied))))
    known = {i: (scope, name) for i, scope, name in tx.of(POLICIES, PLATFORM).columns(("id", "scope", "name"), query)}
    for role, policy in tied:
        if policy in known:
            scope, name = known[policy]
            found[role][scope].append(name)
    return found


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
        Action(name="add-policy", doc="Let it carry a policy.", params=(_POLICY, *BINDING)),
        Action(
            name="remove-policy",
            doc="Take a policy from it.",
            params=(
                _POLICY,
                param("project_id", "Where it was bound to a project", refers="projects", alias=("project",)),
            ),
        ),
        Action(
            name="set-policies",
            doc="Say which policies it carries.",
            params=(
                param("policies", "Objects of policy_id and conditions", list, of=dict),
                param("action", "Whether others go or stay", choices=("replace", "update")),
            ),
        ),
    ),
    details=_details,
    counts_as="identity_role",
)
