"""Policy documents: nested maps of service → resource → action → further names, ending in allow or deny.

    {"policy": {"compute": {"servers": {"list": "allow", "perform": {"purge": "deny", "*": "allow"}}}, "image": "allow"}}

`*` matches anything; a level may be cut short by a leaf. A document is flattened into rules, of which the most specific
that matches decides: the one with the most fields that are not `*`; of equals the one with the lower weight (service 1,
resource 10, action 100, further name i 1000·(i+1)); of equals still, the one that allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import attrs

from cloudcore.auth.shapes import as_object
from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping

WILD = "*"
MAX_EXTRA = 5
MAX_RULES = 4096
MAX_NAME = 128

_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}", re.ASCII)
_LEAVES = {"allow": True, "deny": False, "guest": True, "user": True, "owner": True, "admin": True}
_DEPTH = 3 + MAX_EXTRA


@attrs.frozen
class PolicyRule:
    """One flattened rule; `*` in a field matches anything, and further names that are not listed match anything."""

    service: str
    resource: str
    action: str
    extra: tuple[str, ...]
    allow: bool

    @property
    def matched(self) -> int:
        """How many fields are not `*`: how specific the rule is."""
        return sum(part != WILD for part in (self.service, self.resource, self.action, *self.extra))

    @property
    def weight(self) -> int:
        """Decides between equally specific rules: the lower wins."""
        weight = 1 * (self.service != WILD) + 10 * (self.resource != WILD) + 100 * (self.action != WILD)
        return weight + sum(1000 * (place + 1) for place, part in enumerate(self.extra) if part != WILD)

    @property
    def rank(self) -> int:
        """Of the rules of one document that match, the one with the smallest rank decides."""
        return (100 - self.matched) * 100_000 + self.weight * 2 + (not self.allow)

    def __str__(self) -> str:
        verdict = "allow" if self.allow else "deny"
        return f"{' '.join((self.service, self.resource, self.action, *self.extra))}: {verdict}"


@attrs.frozen
class PolicyDocument:
    """A document's rules, the deciding ones first."""

    rules: tuple[PolicyRule, ...]


def parse_document(document: Json, *, field: str = "blob") -> PolicyDocument:
    """Read a document, with or without the enclosing `policy` key.

    Raises:
        InvalidFormatError: a level is neither a map nor a known leaf, or a name has characters that no name has.
        OutOfRangeError: it is deeper than `3 + MAX_EXTRA` levels or has more than `MAX_RULES` rules.
    """
    body = as_object(document, field)
    if "policy" in body:
        if len(body) > 1:
            raise InvalidFormatError(f"{field}.policy must stand alone", field=field)
        body = cast("JsonMapping", {WILD: body["policy"]}) if isinstance(body["policy"], str) else body["policy"]
        field = f"{field}.policy"
    rules: list[PolicyRule] = []
    for path, allow in _leaves(as_object(body, field), field):
        if len(rules) >= MAX_RULES:
            raise OutOfRangeError(f"{field} must not have more than {MAX_RULES} rules", field=field)
        rules.append(_rule(path, allow))
    return PolicyDocument(tuple(sorted(rules, key=_order)))


def _leaves(level: JsonMapping, field: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every leaf with its path; iterative, so that depth is bounded before anything is visited."""
    pending: list[tuple[tuple[str, ...], JsonMapping]] = [((), level)]
    while pending:
        path, node = pending.pop()
        for name, value in node.items():
            where = ".".join((field, *path, str(name)[:MAX_NAME]))
            if name != WILD and _NAME.fullmatch(name) is None:
                raise InvalidFormatError(f"{where} is not a name that a policy can have", field=where)
            if isinstance(value, str):
                if value not in _LEAVES:
                    raise InvalidFormatError(f"{where} must be allow, deny or a map, not {value[:20]!r}", field=where)
                yield (*path, name), _LEAVES[value]
            elif not isinstance(value, dict):
                raise InvalidFormatError(f"{where} must be allow, deny or a map", field=where)
            elif len(path) + 1 >= _DEPTH:
                raise OutOfRangeError(f"{where} is deeper than {_DEPTH} levels", field=where)
            else:
                pending.append(((*path, name), cast("JsonMapping", value)))


def _rule(path: tuple[str, ...], allow: bool) -> PolicyRule:
    service, resource, action, *extra = (*path, WILD, WILD, WILD)[: max(3, len(path))]
    while extra and extra[-1] == WILD:
        extra.pop()
    return PolicyRule(service, resource, action, tuple(extra), allow)


def _order(rule: PolicyRule) -> tuple[int, str, str, str, tuple[str, ...]]:
    return rule.rank, rule.service, rule.resource, rule.action, rule.extra
