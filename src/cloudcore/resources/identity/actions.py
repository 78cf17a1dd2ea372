"""Actions that several identity types declare alike. Imports nothing of the types."""

from __future__ import annotations

from cloudcore.model.resource import Action

ENABLE = Action(name="enable", doc="Let it log in again; what was issued before stays void.")
DISABLE = Action(name="disable", doc="Refuse logins, and void every token that it has.")
JOIN_PROJECTS = Action(
    name="join",
    doc="Give it roles in projects.",
    params=(("projects", "Projects, several times"), ("roles", "Roles, several times")),
)
LEAVE_PROJECTS = Action(
    name="leave",
    doc="Take roles in projects from it.",
    params=(("project_roles", "Objects of project and role"),),
)
BINDING = (
    ("project_id", "Only in this project"),
    ("ips", "Only from these addresses or subnets"),
    ("valid_since", "From when"),
    ("valid_until", "Until when"),
)
"""Under which conditions a role carries a policy."""
