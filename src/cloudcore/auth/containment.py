"""Whether one may hand a policy on: only who has himself all that it allows.

Decisions depend on names only in so far as they stand in rules. So it is enough to try, at each level, the names that
rules of either side have there, and one that none has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.documents import MAX_EXTRA, WILD, PolicyRule
from cloudcore.auth.policy import PolicySet

MOST_TRIED = 100_000
"""Requests that are tried for one policy; one that needs more is not handed on."""

_OTHER = "~"
"""A name that no rule can have."""

Path = tuple[str, ...]


def first_excess(mine: PolicySet, policy: BoundPolicy, *, most: int = MOST_TRIED) -> str | None:
    """The first thing that the policy allows and the set does not, in words of policies; None where there is none.

    The policy is compared at its own scope; policies of the set that reach further count, and so do those that everybody
    has. What the set allows only for some tags contains a policy that is limited to the same tags.

    most: requests that are tried; what takes more counts as too much.
    """
    held = mine.policies(policy.scope)
    if any(_holds(other, policy) for other in held):
        return None
    theirs = PolicySet.compile((policy,), defaults=())
    known = tuple(dict.fromkeys(_path(r) for p in (policy, *held) for r in p.document.rules))
    requests = (r for rule in policy.document.rules if rule.allow for r in _requests(_path(rule), known))
    for tried, (service, resource, action, *extra) in enumerate(requests):
        if tried >= most:
            return "more than can be compared"
        if not theirs.allowed(policy.scope, service, resource, action, *extra).allowed:
            continue
        decision = mine.allowed(policy.scope, service, resource, action, *extra)
        if not decision.allowed or (decision.limits and policy.limits not in decision.limits):
            return " ".join(WILD if name == _OTHER else name for name in (service, resource, action, *extra))
    return None


def _holds(other: BoundPolicy, policy: BoundPolicy) -> bool:
    """Whether a policy says the same, or allows everything, for as many rows."""
    rules = other.document.rules
    everything = len(rules) == 1 and rules[0].allow and not rules[0].matched
    return (everything or rules == policy.document.rules) and (other.limits.unlimited or other.limits == policy.limits)


def _path(rule: PolicyRule) -> Path:
    return (rule.service, rule.resource, rule.action, *rule.extra)


def _requests(path: Path, known: Sequence[Path]) -> Iterator[Path]:
    """Requests that a rule with this path matches, one for each way in which the known rules can tell them apart."""
    longest = max(3, len(path), *(len(other) for other in known))

    def deeper(prefix: Path, fitting: Sequence[Path]) -> Iterator[Path]:
        place = len(prefix)
        wanted = path[place] if place < len(path) else WILD
        if place >= 3 and place >= len(path):
            # What follows may also be absent.
            yield prefix
        if place >= min(longest, 3 + MAX_EXTRA):
            return
        at = [other for other in fitting if len(other) > place]
        if place >= max(3, len(path)) and not at:
            return
        names = dict.fromkeys(other[place] for other in at if other[place] != WILD)
        for name in (wanted,) if wanted != WILD else (*names, _OTHER):
            yield from deeper((*prefix, name), [o for o in fitting if len(o) <= place or o[place] in (WILD, name)])

    yield from deeper((), known)
