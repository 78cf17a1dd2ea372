"""May this caller do this at this scope, and why.

The policies of one caller are compiled once into a `PolicySet`. One check looks up the eight combinations of named and
wild service, resource and action per scope; its cost grows with the rules that match, not with the rules there are. Asked
again, the set remembers what it decided.

Over several policies of one scope any policy that allows wins; a policy that denies only withholds its own permission.
Wider scopes count for narrower requests: system, then domain, then project. Requests at user scope consider system
policies and the built-in user policies only. Built-in policies are tried after the caller's own at each scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TypeAlias

import attrs

from cloudcore.auth.bindings import BoundPolicy, TagLimits
from cloudcore.auth.builtin import builtin_policies
from cloudcore.auth.documents import WILD, PolicyRule
from cloudcore.auth.scopes import WIDEST_FIRST, Permission, Scope
from cloudcore.model.errors import ForbiddenError

Triple: TypeAlias = tuple[str, str, str]
"""Service, resource and action."""

Asked: TypeAlias = tuple[Scope, Triple, tuple[str, ...]]
"""A scope, a triple, and the names behind it."""

_ANY = (WILD,)
_NONE = ("",)
MOST_ANSWERS = 4096
"""Different questions of which one compiled set remembers the answers."""

_CONSIDERED = {
    Scope.SYSTEM: (Scope.SYSTEM,),
    Scope.DOMAIN: (Scope.SYSTEM, Scope.DOMAIN),
    Scope.PROJECT: (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT),
    Scope.USER: (Scope.SYSTEM, Scope.USER),
}


@attrs.frozen
class Decision:
    """Whether something is allowed.

    scope: the widest scope that allows it; None if none does.
    limits: alternatives, of which an object has to satisfy one; empty for no limit.
    policy, rule: what allowed it (the first, widest one); empty and None for a refusal.
    """

    allowed: bool
    scope: Scope | None = None
    limits: tuple[TagLimits, ...] = ()
    policy: str = ""
    rule: PolicyRule | None = None


REFUSED = Decision(allowed=False)


@attrs.frozen
class Opinion:
    """What one policy says to a request: its deciding rule."""

    policy: str
    scope: Scope
    rule: PolicyRule
    builtin: bool

    def __str__(self) -> str:
        return f"{self.scope.value} policy {self.policy}: {self.rule}"


@attrs.frozen
class _Entry:
    """A rule in the index: the number of its policy, its rank within it, and the rule."""

    policy_number: int
    rank: int
    extra: tuple[str, ...]
    rule: PolicyRule


@attrs.frozen
class _Level:
    """The policies of one scope, indexed by service, resource, action, and the first further name or nothing.

    names: those that the index has in the first three places.
    """

    policies: tuple[BoundPolicy, ...]
    index: dict[tuple[str, ...], tuple[_Entry, ...]]
    names: tuple[frozenset[str], ...]
    builtin: bool

    def deciding(self, asked: Triple, extra: tuple[str, ...]) -> list[tuple[int, PolicyRule]]:
        """The numbers of the policies that have a matching rule, in order, each with the one that decides."""
        best: dict[int, _Entry] = {}
        places = [(name, WILD) if name in known else _ANY for name, known in zip(asked, self.names, strict=True)]
        get = self.index.get
        for key in product(*places, ("", extra[0], WILD) if extra else _NONE):
            for entry in get(key, ()):
                if len(entry.extra) > 1 and not _extra_matches(entry.extra, extra):
                    continue
                known = best.get(entry.policy_number)
                if known is None or entry.rank < known.rank:
                    best[entry.policy_number] = entry
        return [(number, best[number].rule) for number in sorted(best)]


@attrs.frozen
class PolicySet:
    """The compiled policies of one caller; a value that may be shared between threads.

    answers: what was decided before. A plain memory: threads that fill it at the same time write the same.
    """

    levels: dict[Scope, tuple[_Level, ...]] = attrs.field(repr=False)
    answers: dict[Asked, Decision] = attrs.field(factory=dict[Asked, Decision], eq=False, repr=False)

    @classmethod
    def compile(cls, bindings: Sequence[BoundPolicy], *, defaults: Sequence[BoundPolicy] | None = None) -> PolicySet:
        """Compile the bindings that hold for a caller (`cloudcore.auth.bindings.active`).

        A binding at USER scope is left out: that scope belongs to the built-in policies.

        defaults: policies that everybody has; None for `builtin_policies()`.
        """
        shared = builtin_policies() if defaults is None else defaults
        levels: dict[Scope, tuple[_Level, ...]] = {}
        for scope in WIDEST_FIRST:
            own = () if scope is Scope.USER else bindings
            pair = (_level(own, scope, builtin=False), _level(shared, scope, builtin=True))
            levels[scope] = tuple(level for level in pair if level.policies)
        return cls(levels)

    def allowed(self, scope: Scope, service: str, resource: str, action: str, *extra: str) -> Decision:
        """Whether this is allowed at the scope.

        Where only policies with tag limits allow it, narrower scopes down to the asked one are considered too: each
        gives an alternative.
        """
        asked = (scope, (service, resource, action), extra)
        known = self.answers.get(asked)
        if known is None:
            known = self._decide(scope, service, resource, action, extra)
            if len(self.answers) >= MOST_ANSWERS:
                self.answers.clear()
            self.answers[asked] = known
        return known

    def _decide(self, scope: Scope, service: str, resource: str, action: str, extra: tuple[str, ...]) -> Decision:
        first: Decision | None = None
        limits: list[TagLimits] = []
        for considered in _CONSIDERED[scope]:
            for level in self.levels[considered]:
                allowing = _allowing(level, service, resource, action, extra)
                if not allowing:
                    continue
                policy, rule = allowing[0]
                if first is None:
                    first = Decision(allowed=True, scope=considered, policy=policy.name, rule=rule)
                if any(policy.limits.unlimited for policy, _ in allowing):
                    return first
                limits.extend(policy.limits for policy, _ in allowing if policy.limits not in limits)
        return REFUSED if first is None else attrs.evolve(first, limits=tuple(limits))

    def highest_scope(self, service: str, resource: str, action: str, *extra: str) -> Scope | None:
        """The widest scope that allows the action; None if it is allowed at none."""
        for scope in WIDEST_FIRST:
            if any(_allowing(level, service, resource, action, extra) for level in self.levels[scope]):
                return scope
        return None

    def policies(self, scope: Scope) -> tuple[BoundPolicy, ...]:
        """The policies that count at the scope, in the order they are tried."""
        return tuple(
            p for considered in _CONSIDERED[scope] for level in self.levels[considered] for p in level.policies
        )

    @property
    def reach(self) -> Scope | None:
        """The widest scope of the caller's own policies, whatever they allow; None without any."""
        return next((s for s in WIDEST_FIRST if any(not level.builtin for level in self.levels[s])), None)

    def explain(self, scope: Scope, service: str, resource: str, action: str, *extra: str) -> tuple[Opinion, ...]:
        """What every policy that counts at the scope says, in the order they are tried; silent ones are left out."""
        opinions: list[Opinion] = []
        for considered in _CONSIDERED[scope]:
            for level in self.levels[considered]:
                opinions.extend(
                    Opinion(level.policies[number].name, considered, rule, level.builtin)
                    for number, rule in level.deciding((service, resource, action), extra)
                )
        return tuple(opinions)


def check(policies: PolicySet, scope: Scope, permission: Permission) -> Decision:
    """The decision, if it is to allow.

    Raises:
        ForbiddenError: the permission is not there at this scope; says which, not why others have it.
    """
    decision = policies.allowed(scope, permission.service, permission.resource, permission.action, *permission.extra)
    if not decision.allowed:
        raise ForbiddenError(
            f"not enough privilege to do {permission} at {scope.value} scope",
            data={"permission": str(permission), "scope": scope.value},
        )
    return decision


def _allowing(
    level: _Level, service: str, resource: str, action: str, extra: tuple[str, ...]
) -> list[tuple[BoundPolicy, PolicyRule]]:
    deciding = level.deciding((service, resource, action), extra)
    return [(level.policies[number], rule) for number, rule in deciding if rule.allow]


def _level(policies: Iterable[BoundPolicy], scope: Scope, *, builtin: bool) -> _Level:
    chosen = tuple(policy for policy in policies if policy.scope is scope)
    index: dict[tuple[str, ...], list[_Entry]] = {}
    for number, policy in enumerate(chosen):
        for rule in policy.document.rules:
            entry = _Entry(number, rule.rank, rule.extra, rule)
            first = rule.extra[0] if rule.extra else ""
            index.setdefault((rule.service, rule.resource, rule.action, first), []).append(entry)
    names = tuple(frozenset(key[place] for key in index) for place in range(3))
    return _Level(chosen, {key: tuple(entries) for key, entries in index.items()}, names, builtin)


def _extra_matches(pattern: tuple[str, ...], extra: tuple[str, ...]) -> bool:
    if len(pattern) > len(extra):
        # A trailing `*` is never kept in a rule, so that the last name of the pattern is a real one.
        return False
    return all(part in (WILD, asked) for part, asked in zip(pattern, extra, strict=False))
