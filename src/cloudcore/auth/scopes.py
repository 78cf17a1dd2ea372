"""Scopes, and permissions as policies name them.

A scope says how far a permission reaches: over everything (system), over one domain, over one project, or over what
belongs to one user. Whether a caller has a permission is decided in `cloudcore.auth.policy`; which rows it reaches, in
`cloudcore.operations.access`.
"""

from __future__ import annotations

from enum import StrEnum

import attrs


class Scope(StrEnum):
    """How far a permission reaches; the values are those of the wire's `scope` parameter."""

    SYSTEM = "system"
    DOMAIN = "domain"
    PROJECT = "project"
    USER = "user"

    @property
    def rank(self) -> int:
        """0 for user up to 3 for system."""
        return _RANKS[self]

    def covers(self, other: Scope) -> bool:
        """Whether a permission of this scope is enough where `other` is required."""
        return _RANKS[self] >= _RANKS[other]


_RANKS = {Scope.USER: 0, Scope.PROJECT: 1, Scope.DOMAIN: 2, Scope.SYSTEM: 3}

WIDEST_FIRST = (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT, Scope.USER)

_LEGAL = {
    Scope.SYSTEM: (Scope.SYSTEM,),
    Scope.DOMAIN: (Scope.SYSTEM, Scope.DOMAIN),
    Scope.PROJECT: (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT),
    Scope.USER: (Scope.SYSTEM, Scope.USER),
}


def legal_scopes(natural: Scope) -> tuple[Scope, ...]:
    """The scopes at which a resource of this natural scope can be asked for, widest first."""
    return _LEGAL[natural]


@attrs.frozen
class Permission:
    """What a caller wants to do, as policies name it.

    service: the type of the service that checks, such as `compute` (not `compute_v2`).
    resource: the plural of the resource type.
    action: list, get, create, update, delete or perform.
    extra: for perform and get the kebab-case name of the action or detail, then deeper names.
    """

    service: str
    resource: str
    action: str
    extra: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.service, self.resource, self.action, *self.extra))
