"""List filters by owner: `project_id=`, `domain=` and their many spellings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import EVERYTHING, Expr, both, one_of
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.parameter import texts
from cloudcore.operations.platform import Platform

_PROJECT_KEYS = ("project_ids", "project_id", "project", "tenant_id", "tenant")
_DOMAIN_KEYS = ("project_domain_ids", "project_domain_id", "project_domain", "domain_id", "domain")


def owner_filter(platform: Platform, resource: Resource[Any], params: JsonMapping) -> Expr:
    """Rows of the projects and domains that the parameters name, by id or name; names that nobody has match nothing."""
    names = field_map(resource.entity)
    parts: list[Expr] = []
    if "tenant_id" in names and (wanted := list(_sent(params, _PROJECT_KEYS))):
        domain = next(_sent(params, _DOMAIN_KEYS), None)
        projects = (platform.directory.find_project(text, domain) for text in wanted)
        parts.append(one_of("tenant_id", [p.id for p in projects if p is not None]))
    elif "domain_id" in names and (wanted := list(_sent(params, _DOMAIN_KEYS))):
        domains = (platform.directory.find_domain(text) for text in wanted)
        parts.append(one_of("domain_id", [d.id for d in domains if d is not None]))
    return both(*parts) if parts else EVERYTHING


def named_owner(platform: Platform, params: JsonMapping) -> tuple[str, str]:
    """The domain and the project that the parameters name, by id or name; empty where they name none.

    Raises:
        ResourceNotFoundError: there is none.
    """
    domain, project = next(_sent(params, _DOMAIN_KEYS), ""), next(_sent(params, _PROJECT_KEYS), "")
    if project:
        if (found := platform.directory.find_project(project, domain or None)) is None:
            raise ResourceNotFoundError("no such project or domain", field="project")
        return found.domain_id, found.id
    if not domain:
        return "", ""
    if (known := platform.directory.find_domain(domain)) is None:
        raise ResourceNotFoundError("no such project or domain", field="project")
    return known.id, ""


def _sent(params: JsonMapping, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        yield from (text for text in texts(params.get(key)) if text)
