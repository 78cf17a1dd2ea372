"""Actions that several identity types declare alike. Imports nothing of the types."""

from __future__ import annotations

from datetime import datetime

from cloudcore.model.param import param
from cloudcore.model.resource import Action

ENABLE = Action(name="enable", doc="Let it log in again; what was issued before stays void.", params=())
DISABLE = Action(name="disable", doc="Refuse logins, and void every token that it has.", params=())
JOIN_PROJECTS = Action(
    name="join",
    doc="Give it roles in projects.",
    params=(
        param("projects", "Projects", list, of=str, refers="projects", required=True),
        param("roles", "Roles", list, of=str, refers="roles", required=True),
    ),
)
LEAVE_PROJECTS = Action(
    name="leave",
    doc="Take roles in projects from it.",
    params=(
        param(
            "project_roles",
            "Objects of project and role",
            list,
            of=dict,
            required=True,
            example=[{"project": "project-1", "role": "role-1"}],
        ),
    ),
)
_GIVEN = (
    param("role", "Role", refers="roles", alias=("role_id",), required=True),
    param("project", "In this project", refers="projects", alias=("project_id",)),
    param("domain", "In this domain, instead of a project", refers="domains", alias=("domain_id",)),
    param("system", "In the whole system, instead of either", bool, example=True),
    param("inherited", "In the projects below the domain or project, instead of in itself", bool),
)
GRANT = Action(name="grant", doc="Give it a role in a project, a domain or the system.", params=_GIVEN)
WITHDRAW = Action(name="withdraw", doc="Take such a role away; tokens of whoever had it are void.", params=_GIVEN)
BINDING = (
    param("project_id", "Only in this project", refers="projects", alias=("project",)),
    param("ips", "Only from these addresses or subnets", list, of=str, example=["10.0.0.0/8"]),
    param("valid_since", "From when", datetime),
    param("valid_until", "Until when", datetime),
)
"""Under which conditions a role carries a policy."""
