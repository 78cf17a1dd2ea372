"""Groups of users, and who is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, Entity, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Exists, Expr, Query, eq, one_of
from cloudcore.model.resource import Action, Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity import assignment
from cloudcore.resources.identity.actions import GRANT, JOIN_PROJECTS, LEAVE_PROJECTS, WITHDRAW
from cloudcore.resources.identity.filters import FROM_PROVIDERS

_MEMBERS = (param("user_ids", "Users", list, of=str, refers="users", alias=("users", "user"), required=True),)


@entity
class Group(DomainOwned):
    """Users who have roles together."""

    displayname: Annotated[str, Spec("Name for people", create=True, update=True, width=128)] = ""


@entity
class Membership(Entity):
    """One user of one group."""

    group_id: Annotated[str, Spec("Group", width=64, index=True), Ref("groups", on_delete=OnDelete.CASCADE)]
    user_id: Annotated[str, Spec("User", width=64, index=True), Ref("users", on_delete=OnDelete.CASCADE)]


def groups_of(tx: Transaction, user_id: str) -> list[str]:
    """Ids of the groups that a user is in."""
    return [row[0] for row in tx.of(MEMBERSHIPS, PLATFORM).columns(("group_id",), Query(where=eq("user_id", user_id)))]


def members_of(tx: Transaction, group_id: str) -> list[str]:
    """Ids of the users that are in a group."""
    return [row[0] for row in tx.of(MEMBERSHIPS, PLATFORM).columns(("user_id",), Query(where=eq("group_id", group_id)))]


def _details(tx: Transaction, page: Sequence[Group]) -> Sequence[JsonObject]:
    idents = [group.id for group in page]
    users = tx.of(MEMBERSHIPS, PLATFORM).totals(one_of("group_id", idents), by=("group_id",))
    numbers = {row["group_id"]: int(row["count"]) for row in users}
    projects = assignment.target_counts(tx, idents)
    return [{"user_count": numbers.get(i, 0), "project_count": projects.get(i, 0)} for i in idents]


def _in_project(project_id: str) -> Expr:
    """The groups that have a role in a project."""
    return Exists("assignments", "actor_id", "id", assignment.held_in(project_id))


def _check_delete(tx: Transaction, _caller: Any, group: Group) -> None:
    repository = tx.of(assignment.ASSIGNMENTS, PLATFORM)
    for held in repository.find(Query(where=eq("actor_id", group.id))):
        repository.remove(held, action="revoke")


GROUPS = Resource(
    entity=Group,
    service="identity",
    area="identity",
    singular="group",
    plural="groups",
    doc="Users who have roles together.",
    level=Level.DOMAIN,
    columns=("id", "name", "displayname", "description", "domain_id", "user_count"),
    unique=(("name", "domain_id"),),
    actions=(
        Action(name="add-users", doc="Put users into the group.", params=_MEMBERS),
        Action(name="remove-users", doc="Take users out of the group.", params=_MEMBERS),
        JOIN_PROJECTS,
        LEAVE_PROJECTS,
        GRANT,
        WITHDRAW,
    ),
    filters=FROM_PROVIDERS,
    check_delete=_check_delete,
    details=_details,
    in_project=_in_project,
    counts_as="identity_group",
)

MEMBERSHIPS = Resource(
    entity=Membership,
    service="internal",
    area="identity",
    singular="membership",
    plural="memberships",
    doc="Users of groups.",
    level=Level.SYSTEM,
    columns=("group_id", "user_id"),
    unique=(("group_id", "user_id"),),
    joint=Joint(left="group_id", right="user_id", left_path="groups", right_path="users"),
    verbs=frozenset(),
)
