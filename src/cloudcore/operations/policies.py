"""The policies that a caller's roles carry, compiled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from cloudcore.auth.bindings import BoundPolicy, TagLimits, active, parse_networks, parse_tag_sets
from cloudcore.auth.caller import Caller
from cloudcore.auth.defaults import bootstrap_bindings
from cloudcore.auth.documents import parse_document
from cloudcore.auth.policy import PolicySet
from cloudcore.auth.scopes import Scope
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.clock import Clock
from cloudcore.ports.directory import Binding, Directory

FRESH = timedelta(milliseconds=500)
MOST = 4096


class PolicySource(Protocol):
    """Where operations get a caller's policies from."""

    def policy_set(self, caller: Caller) -> PolicySet:
        """The compiled policies of the caller's roles, not older than a second."""
        ...

    def known(self, caller: Caller) -> PolicySet | None:
        """The same, if nobody has to be asked for them; or None."""
        ...


class Asked(Protocol):
    """What of a platform answers which policies hold."""

    @property
    def directory(self) -> Directory:
        """Identity's answers."""
        ...

    @property
    def clock(self) -> Clock:
        """The present."""
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
        found = self.known(caller)
        if found is not None:
            return found
        now, first = self._clock.now(), bootstrap_bindings(caller)
        bindings = [bound(binding) for binding in self._directory.bindings(caller.role_ids)]
        compiled = PolicySet.compile((*holding(bindings, caller, now), *first))
        if len(self._known) >= MOST:
            self._known = {}
        self._known[_key(caller)] = (now, compiled)
        return compiled

    def known(self, caller: Caller) -> PolicySet | None:
        """The same, if nobody has to be asked for them; or None."""
        found = self._known.get(_key(caller))
        return found[1] if found is not None and timedelta(0) <= self._clock.now() - found[0] < FRESH else None

    def forget(self) -> None:
        """Drop everything; the next request asks afresh."""
        self._known = {}


def _key(caller: Caller) -> tuple[object, ...]:
    """What a caller's policies depend on."""
    bootstrap = bool(bootstrap_bindings(caller))
    return caller.role_ids, caller.policy_project_id, caller.client_ip, caller.is_guest, bootstrap


def bound(binding: Binding) -> BoundPolicy:
    """A stored binding as the evaluator takes it.

    Raises:
        InvalidFormatError: the stored document is damaged.
    """
    return BoundPolicy(
        name=binding.policy_name,
        scope=Scope(binding.scope),
        document=parse_document(dict(binding.document)),
        policy_id=binding.policy_id,
        role_id=binding.role_id,
        project_id=binding.project_id,
        for_guests=not binding.requires_auth,
        networks=parse_networks(list(binding.ips)),
        valid_since=binding.valid_since,
        valid_until=binding.valid_until,
        limits=read_limits(binding.domain_tags, binding.project_tags, binding.object_tags),
    )


def read_limits(domain_tags: Any, project_tags: Any, object_tags: Any) -> TagLimits:
    """What a policy is limited to.

    Raises:
        InvalidInputError: one of the lists of tag sets has another shape; names it.
    """
    return TagLimits(
        domain_tags=parse_tag_sets(_listed(domain_tags), field="domain_tags"),
        project_tags=parse_tag_sets(_listed(project_tags), field="project_tags"),
        object_tags=parse_tag_sets(_listed(object_tags), field="object_tags"),
    )


def _listed(value: Any) -> Any:
    return list(cast("Any", value)) if isinstance(value, tuple | list) else value


def held_policies(platform: Asked, caller: Caller) -> JsonObject:
    """Names and documents of the policies that hold for a caller here and now, by scope, as services read them."""
    names: dict[str, list[str]] = {}
    documents: dict[str, list[JsonObject]] = {}
    for binding, policy in carried(platform.directory, platform.clock, caller):
        known = names.setdefault(binding.scope, [])
        if policy.name not in known:
            known.append(policy.name)
            documents.setdefault(binding.scope, []).append(_shown(policy, binding.document))
    return {"names": names, "policies": documents}


def _shown(policy: BoundPolicy, document: JsonMapping) -> JsonObject:
    """The rules alone, or with the tags that the policy is limited to."""
    inner = document.get("policy", document)
    rules: JsonObject = dict(cast("JsonObject", inner)) if isinstance(inner, dict) else {"*": inner}
    limits = {name: getattr(policy.limits, name) for name in ("domain_tags", "project_tags", "object_tags")}
    sets = {
        name: [[{"key": key, "value": value} for key, value in tags] for tags in found]
        for name, found in limits.items()
        if found
    }
    return {"policy": rules, **sets} if sets else rules


def carried(directory: Directory, clock: Clock, caller: Caller) -> list[tuple[Binding, BoundPolicy]]:
    """The bindings that hold for a caller here and now."""
    pairs = [(binding, bound(binding)) for binding in directory.bindings(caller.role_ids)]
    held = set(map(id, holding([policy for _, policy in pairs], caller, clock.now())))
    return [pair for pair in pairs if id(pair[1]) in held]


def holding(policies: Iterable[BoundPolicy], caller: Caller, now: datetime) -> tuple[BoundPolicy, ...]:
    """Those of the bound policies that hold for a caller: his roles, his project, his address, this moment."""
    return active(
        policies,
        role_ids=caller.role_ids,
        project_id=caller.policy_project_id,
        ip=caller.client_ip,
        now=now,
        guest=caller.is_guest,
    )
