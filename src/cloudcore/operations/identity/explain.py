"""Why something is allowed or refused: which rule of which policy decides, and what else would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from cloudcore.auth.bindings import BoundPolicy, TagLimits
from cloudcore.auth.caller import Caller
from cloudcore.auth.natural import natural_scope as natural_by_name
from cloudcore.auth.policy import Decision, Opinion, PolicySet
from cloudcore.auth.scopes import Permission, Scope, legal_scopes
from cloudcore.model.errors import InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, NOTHING, Exists, Expr, Query, both, eq, one_of
from cloudcore.model.reading import format_time, read_list_of_str, read_str
from cloudcore.model.resource import Resource
from cloudcore.operations.access import READING, fetch, natural_scope, rows_of, tagged, widest, with_shared
from cloudcore.operations.identity.policies import unbound
from cloudcore.operations.identity.subject import subject_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import bound, holding
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.policy import POLICIES
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES

MOST_NAMED = 8
"""Policies, and roles, that are named as what would allow something."""
ACTIONS = ("list", "get", "create", "update", "delete", "perform")


@attrs.frozen(kw_only=True)
class _Question:
    """What is asked: may the subject do this at this scope. resource: None for a type that is served elsewhere."""

    permission: Permission
    scope: Scope
    natural: Scope
    resource: Resource[Any] | None

    def asked(self, policies: PolicySet, scope: Scope) -> Decision:
        """What a set of policies says to it at a scope."""
        wanted = self.permission
        return policies.allowed(scope, wanted.service, wanted.resource, wanted.action, *wanted.extra)


def explain(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Say whether somebody may do something, which rule of which policy decides it, and for a refusal what is missing.

    body: `service`, `resource`, `action` and for an action or detail `extra` (or all of them in `request`, apart by
        blanks or colons, perhaps after a scope); `scope`; of whom, as `subject_of` reads it; `id` of one row.

    Raises:
        InvalidInputError: the question is none; names the field.
        ResourceNotFoundError: a user, role, project or the row is not there, or not for the caller.
        ForbiddenError: the caller may not ask about others.
    """
    question = _question(platform, body)
    subject = subject_of(platform, tx, caller, body)
    pairs = [(binding.role_id, bound(binding)) for binding in platform.directory.bindings(subject.role_ids)]
    held = holding([policy for _, policy in pairs], subject, platform.clock.now())
    policies = PolicySet.compile(held)
    decision = question.asked(policies, question.scope)
    answer: JsonObject = {
        "allowed": decision.allowed,
        "permission": str(question.permission),
        "scope": question.scope.value,
        "user": subject.user_name,
        "user_id": subject.user_id,
        "project": subject.project_name,
        "roles": list(subject.roles),
        **_decisive(decision, policies, question, _names(subject)),
        "opinions": [_opinion(o, decision, _carriers(held, o, _names(subject))) for o in _opinions(policies, question)],
        "inactive": _inactive(pairs, held, subject, platform.clock.now()),
    }
    if not decision.allowed:
        answer["needed"] = _needed(platform, tx, caller, question)
    if body.get("id") not in (None, ""):
        answer["object"] = _object(platform, tx, caller, subject, question, decision, body)
    return {**answer, "summary": _summary(answer)}


def _question(platform: Platform, body: JsonMapping) -> _Question:
    words = _words(body)
    if len(words) < 3:
        raise MissingParameterError(
            "service, resource and action are needed", field=(["service", "resource", "action"])[len(words)]
        )
    service, plural, action, *extra = words
    if action not in ACTIONS:
        raise InvalidInputError(f"action must be one of {', '.join(ACTIONS)}", field="action")
    resource = platform.resource(plural)
    resource = resource if resource is not None and resource.service == service else None
    natural = natural_scope(resource) if resource is not None else natural_by_name(service, plural)
    legal = legal_scopes(natural)
    text = read_str(body.get("scope") or natural.value, "scope", 16).lower()
    if text not in tuple(Scope):
        raise InvalidInputError("scope must be one of system, domain, project or user", field="scope")
    wanted = Scope(text)
    scope = wanted if wanted in legal else next((s for s in reversed(legal) if s.covers(wanted)), natural)
    permission = Permission(service, plural, action, tuple(extra))
    return _Question(permission=permission, scope=scope, natural=natural, resource=resource)


def _words(body: JsonMapping) -> list[str]:
    if body.get("request"):
        words = read_str(body["request"], "request", 512).replace(":", " ").split()
        return words[1:] if words and words[0] in tuple(Scope) else words
    extra: Any = body.get("extra") or []
    more = read_list_of_str(extra.split() if isinstance(extra, str) else extra, "extra", max_items=5)
    named = [read_str(body.get(name) or "", name, 128) for name in ("service", "resource", "action")]
    return [*(name for name in named if name), *more] if all(named) else [name for name in named if name]


def _names(subject: Caller) -> dict[str, str]:
    return dict(zip(subject.role_ids, subject.roles, strict=False))


def _decisive(decision: Decision, policies: PolicySet, question: _Question, names: JsonMapping) -> JsonObject:
    """The policy that decided, and the widest scope at which the same is allowed."""
    if not decision.allowed:
        return {"granted_scope": "", "policy": "", "rule": ""}
    widest_scope = next((s for s in legal_scopes(question.natural) if question.asked(policies, s).allowed), None)
    found = next(
        (p for p in policies.policies(question.scope) if p.name == decision.policy and p.scope is decision.scope), None
    )
    return {
        "granted_scope": widest_scope.value if widest_scope is not None else "",
        "policy": decision.policy,
        "policy_id": found.policy_id if found is not None else "",
        "rule": str(decision.rule),
        "role": str(names.get(found.role_id, "")) if found is not None else "",
        "limits": [_limit(limit) for limit in decision.limits],
    }


def _opinions(policies: PolicySet, question: _Question) -> Sequence[Opinion]:
    wanted = question.permission
    return policies.explain(question.scope, wanted.service, wanted.resource, wanted.action, *wanted.extra)


def _opinion(opinion: Opinion, decision: Decision, roles: Sequence[str]) -> JsonObject:
    decides = decision.allowed and opinion.policy == decision.policy and opinion.rule == decision.rule
    return {
        "policy": opinion.policy,
        "scope": opinion.scope.value,
        "rule": str(opinion.rule),
        "allows": opinion.rule.allow,
        "decides": decides,
        "builtin": opinion.builtin,
        "roles": list(roles),
    }


def _carriers(held: Iterable[BoundPolicy], opinion: Opinion, names: JsonMapping) -> list[str]:
    """The roles by which the policy is held."""
    if opinion.builtin:
        return []
    of = [p.role_id for p in held if p.name == opinion.policy and p.scope is opinion.scope]
    return list(dict.fromkeys(str(names.get(role, "")) or "any role" for role in of))


def _inactive(
    pairs: Sequence[tuple[str, BoundPolicy]], held: Sequence[BoundPolicy], subject: Caller, now: datetime
) -> list[JsonObject]:
    """What the roles carry and what does not hold here and now, with the reason."""
    holds = set(map(id, held))
    names = _names(subject)
    return [
        {"policy": policy.name, "role": names.get(role, ""), "why": _why_not(policy, subject, now)}
        for role, policy in pairs
        if id(policy) not in holds
    ]


def _why_not(policy: BoundPolicy, subject: Caller, now: datetime) -> str:
    if policy.project_id and policy.project_id != subject.project_id:
        return "only in another project"
    if policy.valid_since is not None and now < policy.valid_since:
        return f"only from {format_time(policy.valid_since)} on"
    if policy.valid_until is not None and now >= policy.valid_until:
        return f"only until {format_time(policy.valid_until)}"
    return (
        f"only from {', '.join(map(str, policy.networks))}" if policy.networks else "only for those who have logged in"
    )


def _needed(platform: Platform, tx: Transaction, caller: Caller, question: _Question) -> JsonObject:
    """A rule that would allow it, at which scopes, and which policies and roles that the caller sees have one."""
    scopes = [s for s in legal_scopes(question.natural) if s.covers(question.scope) and s is not Scope.USER]
    needed: JsonObject = {"rule": f"{question.permission}: allow", "scopes": [s.value for s in reversed(scopes)]}
    where = both(_shown(platform, caller, POLICIES), eq("enabled", True))
    fitting: list[tuple[tuple[int, int, str], Any]] = []
    for row in tx.of(POLICIES, where).find(Query(where=one_of("scope", [s.value for s in scopes]))):
        policy = unbound(row)
        decision = question.asked(PolicySet.compile((policy,), defaults=()), policy.scope)
        if decision.allowed and decision.rule is not None:
            fitting.append(((policy.scope.rank, -decision.rule.matched, row.name), row))
    fitting.sort(key=lambda each: each[0])
    rows = [row for _, row in fitting]
    return {
        **needed,
        "policies": [row.name for row in rows[:MOST_NAMED]],
        "roles": _roles_with(platform, tx, caller, [row.id for row in rows]),
    }


def _shown(platform: Platform, caller: Caller, resource: Resource[Any]) -> Expr:
    """What may be named to the caller: what he may list, and what is shown to him though he may not."""
    seen = widest(platform, caller, resource, "list")
    return with_shared(platform, caller, resource, seen.where if seen is not None else NOTHING)


def _roles_with(platform: Platform, tx: Transaction, caller: Caller, policies: Sequence[str]) -> list[str]:
    if not policies:
        return []
    roles = _shown(platform, caller, ROLES)
    carried = tx.of(ROLEPOLICIES, Exists(ROLES.plural, "id", "role_id", roles))
    tied = carried.columns(("policy_id", "role_id"), Query(where=one_of("policy_id", policies)))
    order = {policy: place for place, policy in enumerate(policies)}
    idents = [role for _, role in sorted(tied, key=lambda pair: order[pair[0]]) if role]
    names = {row.id: row.name for row in tx.of(ROLES, both(roles, one_of("id", idents))).find()}
    return list(dict.fromkeys(names[ident] for ident in idents if ident in names))[:MOST_NAMED]


def _object(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    subject: Caller,
    question: _Question,
    decision: Decision,
    body: JsonMapping,
) -> JsonObject:
    """Whether the permission reaches one row, which the caller must see himself."""
    resource = question.resource
    if resource is None:
        raise InvalidInputError(f"there is no type {question.permission.resource} here to have an id", field="id")
    row = fetch(platform, tx, caller, resource, read_str(body["id"], "id", 128))
    told: JsonObject = {"id": row.id, "name": getattr(row, "name", "")}
    for scope in legal_scopes(question.natural) if decision.allowed else ():
        granted = question.asked(_compiled(platform, subject), scope)
        if not granted.allowed:
            continue
        own = rows_of(platform, subject, resource, scope)
        where = both(own, tagged(platform, resource, granted.limits))
        if tx.of(resource, where).get(row.id) is not None:
            return {**told, "reached": True, "why": f"{scope.value} scope reaches it"}
        if granted.limits and tx.of(resource, own).get(row.id) is not None:
            return {
                **told,
                "reached": False,
                "why": "its tags, or its owner's, are not those that the policy is limited to",
            }
    shared = with_shared(platform, subject, resource, rows_of(platform, subject, resource, Scope.USER))
    seen = shared != EVERYTHING and tx.of(resource, shared).get(row.id) is not None
    if seen and question.permission.action in READING:
        return {**told, "reached": decision.allowed, "why": "it is shared"}
    why = "it is shared, which is for reading only" if seen else "it belongs to somebody else"
    return {**told, "reached": False, "why": why}


def _compiled(platform: Platform, subject: Caller) -> PolicySet:
    held = [bound(binding) for binding in platform.directory.bindings(subject.role_ids)]
    return PolicySet.compile(holding(held, subject, platform.clock.now()))


def _limit(limit: TagLimits) -> JsonObject:
    return {
        name: [[{"key": key, "value": value} for key, value in tags] for tags in getattr(limit, name)]
        for name in ("domain_tags", "project_tags", "object_tags")
        if getattr(limit, name)
    }


def _summary(answer: JsonMapping) -> str:
    what = f"{answer['permission']} at {answer['scope']} scope"
    if answer["allowed"]:
        by = f" (role {answer['role']})" if answer.get("role") else ""
        text = f"{what} is allowed by {answer['policy']}{by}: {answer['rule']}"
    else:
        denied = next((o for o in answer["opinions"] if not o["allows"]), None)
        why = f"{denied['policy']} says {denied['rule']}" if denied is not None else "no policy says anything about it"
        roles: list[str] = list(answer["needed"].get("roles") or ())
        text = f"{what} is refused: {why}, and none allows it"
        text += f"; the role {' or '.join(roles[:3])} would do" if roles else ""
    found = answer.get("object")
    if found is not None and answer["allowed"] and not found["reached"]:
        text += f"; but not for {found['name'] or found['id']}: {found['why']}"
    return text
