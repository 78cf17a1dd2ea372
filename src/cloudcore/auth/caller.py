"""Who is asking.

A `Caller` is made by whoever verified the credential (the authentication middleware, the facade's login, an embedding
product); everything behind takes it as a value. Operations never look at request headers.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from cloudcore.auth.shapes import as_text, as_texts
from cloudcore.model.errors import ForbiddenError, InvalidFormatError, UnauthorizedError
from cloudcore.model.json import JsonMapping, JsonObject

ACTOR_VERSION = 1
MAX_ACTOR_TEXT = 4096
MAX_ACTOR_ROLES = 256

_ACTOR_TEXTS = (
    "user_id",
    "user_name",
    "user_domain_id",
    "user_domain_name",
    "project_id",
    "project_name",
    "project_domain_id",
    "project_domain_name",
    "domain_id",
    "domain_name",
    "system_id",
    "assumed_by",
    "request_id",
    "client_ip",
    "reason",
)
_ACTOR_LISTS = ("roles", "role_ids")
_ACTOR_FLAGS = ("is_guest", "is_platform")


@attrs.frozen(kw_only=True)
class Caller:
    """The subject of a request, with the scope it has chosen.

    A project-scoped caller has the `project_*` ids; a domain-scoped one has `domain_id`; an unscoped one has neither.

    system_id: of a caller who is scoped to the system, the id of the project `system`: what his roles carry there holds
        for him, though he is not in it; else empty.
    roles: role names, in the order of `role_ids`.
    token_id: the audit id of the token, never its text; empty for callers that came without a token.
    access_key: the id of the access key that proved the caller, or empty; it is for one project, and makes no other key.
    application_credential: the id of the one that proved the caller, or empty; see there what it may not do.
    assumed_by: the id of the administrator who acts as this user, or empty.
    client_ip: the peer's address as the server saw it, not as a header claimed it.
    issued_at: when the credential was issued, aware UTC.
    lacks_second_factor: he is to be asked for passcodes, and logged in without one.
    notify_url: where to tell that what the caller begins is over, or empty; see `cloudcore.operations.notices`.
    notify_task: what the caller calls that, or empty.
    quota_reservation: id or name of the reservation that he draws on, or empty.
    reason: why the platform acts by itself (`platform_caller`), empty for people.
    """

    user_id: str = ""
    user_name: str = ""
    user_domain_id: str = ""
    user_domain_name: str = ""
    project_id: str = ""
    project_name: str = ""
    project_domain_id: str = ""
    project_domain_name: str = ""
    domain_id: str = ""
    domain_name: str = ""
    system_id: str = ""
    roles: tuple[str, ...] = ()
    role_ids: tuple[str, ...] = ()
    token_id: str = attrs.field(default="", repr=False)
    access_key: str = ""
    application_credential: str = ""
    assumed_by: str = ""
    request_id: str = ""
    client_ip: str = ""
    issued_at: datetime | None = None
    is_guest: bool = False
    is_platform: bool = False
    notify_url: str = attrs.field(default="", repr=False)
    notify_task: str = ""
    quota_reservation: str = ""
    reason: str = ""
    lacks_second_factor: bool = False

    @property
    def scope_domain_id(self) -> str:
        """The domain that the caller acts in: its project's, or the one it is scoped to; empty when unscoped."""
        return self.project_domain_id or self.domain_id

    @property
    def policy_project_id(self) -> str:
        """The project whose bindings of policies hold for him; empty for those alone that hold everywhere."""
        return self.project_id or self.system_id

    def actor(self) -> JsonObject:
        """The caller as tasks and the history record it: ids and names, never a token; empty values are left out."""
        actor: JsonObject = {"version": ACTOR_VERSION}
        for name in _ACTOR_TEXTS:
            if value := getattr(self, name):
                actor[name] = value
        for name in _ACTOR_LISTS:
            if values := getattr(self, name):
                actor[name] = list(values)
        for name in _ACTOR_FLAGS:
            if getattr(self, name):
                actor[name] = True
        return actor


def caller_from_actor(actor: JsonMapping) -> Caller:
    """The caller that a recorded actor stands for; the inverse of `Caller.actor` but for the credential's facts.

    The record must come from the platform's own storage: nothing here proves that the actor is real.

    Raises:
        InvalidFormatError: the record is of a newer version or has a value of a wrong type.
    """
    if actor.get("version") != ACTOR_VERSION:
        raise InvalidFormatError(f"actor has version {actor.get('version')!r}, not {ACTOR_VERSION}", field="actor")
    values: JsonObject = {
        name: as_text(actor.get(name), f"actor.{name}", limit=MAX_ACTOR_TEXT) for name in _ACTOR_TEXTS
    }
    values |= {name: as_texts(actor.get(name), f"actor.{name}", limit=MAX_ACTOR_ROLES) for name in _ACTOR_LISTS}
    values |= {name: actor.get(name) is True for name in _ACTOR_FLAGS}
    return Caller(**values)


def platform_caller(reason: str, *, request_id: str = "") -> Caller:
    """The platform acting by itself: a timer, a sync, a repair. The reason appears in the history."""
    return Caller(user_name="platform", is_platform=True, reason=reason, request_id=request_id)


def require_known(caller: Caller) -> None:
    """Refuse guests.

    Raises:
        UnauthorizedError: the caller has not proved who it is.
    """
    if caller.is_guest:
        raise UnauthorizedError("authentication is required")


GUEST = Caller(user_name="guest", is_guest=True)
"""Somebody without a valid credential."""

SYSTEM = platform_caller("platform")
"""The platform itself where no better reason is known."""


def check_own(caller: Caller) -> None:
    """Refuse to make, for somebody as whom an administrator acts, what would let him in again afterwards.

    Raises:
        ForbiddenError: the caller is such a one.
    """
    if caller.assumed_by:
        raise ForbiddenError("whoever acts as somebody else makes nothing to log in with")
