"""Revocation: by token, or by watermarks that void everything issued up to a moment.

Changing a password raises the user's watermark, taking a role away the user's (or the role's) one, disabling a project
the project's. Nothing is stored per login. `Watermarks` is a value; the cache that holds one swaps it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import attrs

from cloudcore.auth.tokens import SKEW, TokenPayload

_MICROSECOND = timedelta(microseconds=1)


class Watermark(StrEnum):
    """What a watermark is about."""

    USER = "user"
    PROJECT = "project"
    DOMAIN = "domain"
    ROLE = "role"
    CREDENTIAL = "credential"
    TOKEN = "token"  # noqa: S105 — a kind, not a secret
    EVERYTHING = "everything"


@attrs.frozen(kw_only=True)
class Watermarks:
    """For each id the moment (aware UTC) up to which tokens are void.

    credentials: access key → up to when what was logged in by it is void; it stands among a token's ancestors.
    tokens: audit id → when it was revoked; the token and all derived from it are void whatever their issue time.
    everything: voids all tokens up to then: a restored backup, a lost signing key.
    """

    users: Mapping[str, datetime] = attrs.field(factory=dict[str, datetime])
    projects: Mapping[str, datetime] = attrs.field(factory=dict[str, datetime])
    domains: Mapping[str, datetime] = attrs.field(factory=dict[str, datetime])
    roles: Mapping[str, datetime] = attrs.field(factory=dict[str, datetime])
    credentials: Mapping[str, datetime] = attrs.field(factory=dict[str, datetime])
    tokens: Mapping[str, datetime] = attrs.field(factory=dict[str, datetime])
    everything: datetime | None = None

    def raised(self, kind: Watermark, subject_id: str, at: datetime) -> Watermarks:
        """With one watermark raised to `at`; watermarks never sink. `subject_id` is ignored for EVERYTHING."""
        if kind is Watermark.EVERYTHING:
            return attrs.evolve(self, everything=at if self.everything is None else max(at, self.everything))
        name = f"{kind.value}s"
        marks: Mapping[str, datetime] = getattr(self, name)
        old = marks.get(subject_id)
        if old is not None and old >= at:
            return self
        changed: dict[str, Any] = {name: {**marks, subject_id: at}}
        return attrs.evolve(self, **changed)

    def pruned(self, oldest_issue: datetime) -> Watermarks:
        """Without the watermarks before `oldest_issue`: every token issued up to then has expired anyway."""

        def kept(marks: Mapping[str, datetime]) -> dict[str, datetime]:
            return {key: at for key, at in marks.items() if at >= oldest_issue}

        return attrs.evolve(
            self,
            users=kept(self.users),
            projects=kept(self.projects),
            domains=kept(self.domains),
            roles=kept(self.roles),
            credentials=kept(self.credentials),
            tokens=kept(self.tokens),
        )


def latest_mark(payload: TokenPayload, watermarks: Watermarks) -> datetime | None:
    """The latest watermark that concerns the payload's subject, scope or roles; None if there is none."""
    marks = [
        watermarks.everything,
        watermarks.users.get(payload.user_id),
        watermarks.users.get(payload.assumed_by) if payload.assumed_by else None,
        watermarks.domains.get(payload.user_domain_id),
        watermarks.domains.get(payload.scope_domain_id),
    ]
    # The id of a domain scope is its scope_domain_id too, so that only projects are left here.
    if payload.scope_id:
        marks.append(watermarks.projects.get(payload.scope_id))
    if watermarks.roles:
        marks.extend(watermarks.roles.get(role_id) for role_id in payload.role_ids)
    if watermarks.credentials:
        marks.extend(watermarks.credentials.get(ancestor) for ancestor in payload.ancestors)
    return max((mark for mark in marks if mark is not None), default=None)


def revoked(payload: TokenPayload, watermarks: Watermarks) -> bool:
    """Whether the token is void. A token issued at the very microsecond of a watermark is void too."""
    tokens = watermarks.tokens
    if tokens and (payload.audit_id in tokens or any(ancestor in tokens for ancestor in payload.ancestors)):
        return True
    mark = latest_mark(payload, watermarks)
    return mark is not None and payload.issued_at <= mark


def issue_time(now: datetime, mark: datetime | None) -> datetime:
    """The issue time of a token made at `now` so that it is not void at once.

    A watermark may have been set in the same microsecond or by a process whose clock is ahead; the token is then issued
    just after it, as long as that is within the skew that verifiers accept.
    """
    if mark is None or mark < now or mark >= now + SKEW:
        return now
    return mark + _MICROSECOND
