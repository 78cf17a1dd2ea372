"""Domains: the outermost owners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Named, entity
from cloudcore.model.errors import ForbiddenError, InvalidStatusError, NotEmptyError
from cloudcore.model.query import PLATFORM, Expr, eq, one_of
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.actions import DISABLE, ENABLE
from cloudcore.resources.identity.filters import FROM_PROVIDERS

DEFAULT_DOMAIN = "default"


@entity
class Domain(Named):
    """A tenant's own world: its projects, users, roles and policies."""

    enabled: Annotated[bool, Spec("Its users may log in", create=True, update=True)] = True
    displayname: Annotated[str, Spec("Name for people", create=True, update=True, width=128)] = ""


def _details(tx: Transaction, page: Sequence[Domain]) -> Sequence[dict[str, Any]]:
    from cloudcore.resources.identity.group import GROUPS
    from cloudcore.resources.identity.policy import POLICIES
    from cloudcore.resources.identity.project import PROJECTS
    from cloudcore.resources.identity.role import ROLES
    from cloudcore.resources.identity.user import USERS

    where = one_of("domain_id", [d.id for d in page])
    owned_types: tuple[Resource[Any], ...] = (USERS, GROUPS, PROJECTS, ROLES, POLICIES)
    counted = {f"{owned.singular}_count": _by_domain(tx, owned, where) for owned in owned_types}
    return [{"idp_count": 0, **{key: by.get(d.id, 0) for key, by in counted.items()}} for d in page]


def _by_domain(tx: Transaction, owned: Resource[Any], where: Expr) -> Mapping[str, int]:
    rows = tx.of(owned, PLATFORM).totals(where, by=("domain_id",))
    return {row["domain_id"]: int(row["count"]) for row in rows}


def _check_delete(tx: Transaction, _caller: Any, domain: Domain) -> None:
    from cloudcore.resources.identity.group import GROUPS
    from cloudcore.resources.identity.project import PROJECTS
    from cloudcore.resources.identity.user import USERS

    if domain.id == DEFAULT_DOMAIN:
        raise ForbiddenError("the default domain cannot be deleted")
    if domain.enabled:
        raise InvalidStatusError("disable the domain before deleting it", field="enabled")
    _refuse_while_owning(tx, domain, PROJECTS)
    _refuse_while_owning(tx, domain, USERS)
    _refuse_while_owning(tx, domain, GROUPS)


def _refuse_while_owning(tx: Transaction, domain: Domain, resource: Resource[Any]) -> None:
    number = tx.of(resource, PLATFORM).count(eq("domain_id", domain.id))
    if number:
        raise NotEmptyError(f"the domain has {number} {resource.plural}")


DOMAINS = Resource(
    entity=Domain,
    service="identity",
    area="identity",
    singular="domain",
    plural="domains",
    doc="The outermost owners: each has projects, users, roles and policies.",
    level=Level.SYSTEM,
    is_domain=True,
    columns=("id", "name", "enabled", "description"),
    unique=(("name",),),
    actions=(ENABLE, DISABLE),
    filters=FROM_PROVIDERS,
    details=_details,
    check_delete=_check_delete,
)
