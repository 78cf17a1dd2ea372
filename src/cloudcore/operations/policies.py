"""The policies that a caller's roles carry, compiled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from cloudcore.auth.bindings import BoundPolicy, TagLimits, active, parse_networks, parse_tag_sets
from cloudcore.auth.caller import Caller
from cloudcore.auth.documents import parse_document
from cloudcore.auth.policy import PolicySet
from cloudcore.auth.scopes import Scope
from cloudcore.ports.clock import Clock
from cloudcore.ports.directory import Binding, Directory

FRESH = timedelta(milliseconds=500)
MOST = 4096


class PolicySource(Protocol):
    """Where operations get a caller's policies from."""

    def policy_set(self, caller: Caller) -> PolicySet:
        """The compiled policies of the caller's roles, not older than a second."""
        ...


class PolicyCache:
    """Compiled policies by roles, project and address, each for half a second.

    Entries are replaced whole, so that several threads may use it; two may compile the same one at the same time.
    """

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._known: dict[tuple[object, ...], tuple[datetime, PolicySet]] = {}

    def policy_set(self, caller: Caller) -> PolicySet:
        """The compiled policies of the caller's roles, not older than a second."""
        key = (caller.role_ids, caller.project_id, caller.client_ip, caller.is_guest)
        now = self._clock.now()
        found = self._known.get(key)
        if found is not None and timedelta(0) <= now - found[0] < FRESH:
            return found[1]
        bindings = tuple(bound(b) for b in self._directory.bindings(caller.role_ids))
        held = active(
            bindings,
            role_ids=caller.role_ids,
            project_id=caller.project_id,
            ip=caller.client_ip,
            now=now,
            guest=caller.is_guest,
        )
        compiled = PolicySet.compile(held)
        if len(self._known) >= MOST:
            self._known = {}
        self._known[key] = (now, compiled)
        return compiled

    def forget(self) -> None:
        """Drop everything; the next request asks afresh."""
        self._known = {}


def bound(binding: Binding) -> BoundPolicy:
    """A stored binding as the evaluator takes it.

    Raises:
        InvalidFormatError: the stored document is damaged.
    """
    return BoundPolicy(
        name=binding.policy_name,
        scope=Scope(binding.scope),
        document=parse_document(dict(binding.document)),
        role_id=binding.role_id,
        project_id=binding.project_id,
        for_guests=not binding.requires_auth,
        networks=parse_networks(list(binding.ips)),
        valid_since=binding.valid_since,
        valid_until=binding.valid_until,
        limits=TagLimits(
            domain_tags=parse_tag_sets(list(binding.domain_tags), field="domain_tags"),
            project_tags=parse_tag_sets(list(binding.project_tags), field="project_tags"),
            object_tags=parse_tag_sets(list(binding.object_tags), field="object_tags"),
        ),
    )
