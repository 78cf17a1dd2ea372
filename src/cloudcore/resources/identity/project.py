"""Projects: the owners of servers, disks, networks and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, entity
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Action, Level, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity import assignment
from cloudcore.resources.identity.actions import DISABLE, ENABLE
from cloudcore.resources.identity.filters import PROJECT_FILTERS

SYSTEM_PROJECT = "system"


@entity
class Project(DomainOwned):
    """A part of a domain that owns resources."""

    enabled: Annotated[bool, Spec("Its members may log in to it", create=True, update=True)] = True
    displayname: Annotated[str, Spec("Name for people", create=True, update=True, width=128)] = ""
    admin_id: Annotated[str | None, Spec("User in charge", width=64), Ref("users", context=False)] = None


def _details(tx: Transaction, page: Sequence[Project]) -> Sequence[dict[str, Any]]:
    idents = [project.id for project in page]
    users = assignment.actor_counts(tx, idents, "UserProject")
    groups = assignment.actor_counts(tx, idents, "GroupProject")
    admins = _admins(tx, page)
    return [
        {
            "user_count": users.get(project.id, 0),
            "group_count": groups.get(project.id, 0),
            "parent_id": project.domain_id,
            "is_domain": False,
            **admins.get(project.admin_id or "", {}),
        }
        for project in page
    ]


def _admins(tx: Transaction, page: Sequence[Project]) -> Mapping[str, JsonObject]:
    """By id, what projects say of the users in charge of them."""
    from cloudcore.resources.identity.domain import DOMAINS
    from cloudcore.resources.identity.user import USERS

    wanted = [project.admin_id for project in page if project.admin_id]
    if not wanted:
        return {}
    users = tx.of(USERS, PLATFORM).columns(("id", "name", "domain_id"), Query(where=one_of("id", wanted)))
    where = Query(where=one_of("id", [domain for _, _, domain in users]))
    domains = dict(tx.of(DOMAINS, PLATFORM).columns(("id", "name"), where))
    return {
        ident: {"admin": name, "admin_domain_id": domain, "admin_domain": domains.get(domain, "")}
        for ident, name, domain in users
    }


def _check_delete(_tx: Transaction, _caller: Any, project: Project) -> None:
    if project.name == SYSTEM_PROJECT and project.domain_id == "default":
        raise ForbiddenError("the system project cannot be deleted")


PROJECTS = Resource(
    entity=Project,
    service="identity",
    area="identity",
    singular="project",
    plural="projects",
    doc="Parts of a domain that own resources.",
    level=Level.DOMAIN,
    columns=("id", "name", "project_domain", "enabled", "description"),
    unique=(("name", "domain_id"),),
    actions=(
        ENABLE,
        DISABLE,
        Action(
            name="join",
            doc="Give users and groups roles in it.",
            params=(
                param("users", "Users", list, of=str, refers="users", example=["user-1"]),
                param("groups", "Groups", list, of=str, refers="groups"),
                param("roles", "Roles", list, of=str, refers="roles", required=True),
            ),
        ),
        Action(
            name="leave",
            doc="Take roles in it away.",
            params=(
                param("user_roles", "Objects of user and role", list, of=dict),
                param("group_roles", "Objects of group and role", list, of=dict),
            ),
        ),
        Action(
            name="set-admin",
            doc="Say who is in charge of it.",
            params=(param("user_id", "One of its users", refers="users", alias=("user",), required=True),),
        ),
    ),
    filters=PROJECT_FILTERS,
    details=_details,
    check_delete=_check_delete,
    counts_as="identity_project",
)
