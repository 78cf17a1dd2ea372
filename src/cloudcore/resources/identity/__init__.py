"""Identity: domains, projects, users, roles, policies, and the catalogue."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.identity.applicationcredential import APPLICATION_CREDENTIALS
from cloudcore.resources.identity.assignment import ASSIGNMENTS
from cloudcore.resources.identity.credential import CREDENTIALS
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.endpoint import ENDPOINTS
from cloudcore.resources.identity.group import GROUPS, MEMBERSHIPS
from cloudcore.resources.identity.password import PASSWORDS
from cloudcore.resources.identity.policy import POLICIES
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.region import REGIONS
from cloudcore.resources.identity.revocation import REVOCATIONS
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES
from cloudcore.resources.identity.service import SERVICES
from cloudcore.resources.identity.user import USERS

RESOURCES: tuple[Resource[Any], ...] = (
    DOMAINS,
    PROJECTS,
    USERS,
    GROUPS,
    MEMBERSHIPS,
    CREDENTIALS,
    APPLICATION_CREDENTIALS,
    PASSWORDS,
    ROLES,
    POLICIES,
    ROLEPOLICIES,
    ASSIGNMENTS,
    REVOCATIONS,
    SERVICES,
    REGIONS,
    ENDPOINTS,
)
