from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.auth.bindings import BoundPolicy, TagLimits
from cloudcore.auth.containment import first_excess
from cloudcore.auth.defaults import default_policies, default_roles
from cloudcore.auth.documents import parse_document
from cloudcore.auth.policy import PolicySet
from cloudcore.auth.scopes import Scope

NAMES = st.sampled_from(["*", "a", "b"])
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(
        st.sampled_from(["allow", "deny"]),
        lambda deeper: st.dictionaries(NAMES, deeper, min_size=1, max_size=3),
        max_leaves=10,
    ),
    max_size=3,
).filter(lambda document: depth(document) <= 5)
REQUESTS = [
    (one, two, three, *more)
    for one in "abc"
    for two in "abc"
    for three in "abc"
    for more in ((), *((x,) for x in "abc"), *((x, y) for x in "abc" for y in "abc"))
]


def depth(document) -> int:
    return 1 + max((depth(value) for value in document.values()), default=0) if isinstance(document, dict) else 0


def bound(document, scope=Scope.PROJECT, name="p", **more) -> BoundPolicy:
    return BoundPolicy(name=name, scope=scope, document=parse_document({"policy": document}), **more)


ROLES = {
    role.name: [
        bound(policy.document["policy"], policy.scope, policy.name)
        for policy in default_policies()
        if policy.name in role.policies
    ]
    for role in default_roles()
}


def may_give(giver: str, role: str) -> bool:
    mine = PolicySet.compile(ROLES[giver])
    return all(first_excess(mine, policy) is None for policy in ROLES[role])


@given(st.lists(DOCUMENTS, max_size=3), DOCUMENTS)
@settings(max_examples=examples(60), deadline=None)
def test_it_finds_an_excess_exactly_where_trying_everything_does(mine, theirs):
    held = PolicySet.compile([bound(document, name=f"m{n}") for n, document in enumerate(mine)], defaults=())
    given_on = bound(theirs)
    other = PolicySet.compile([given_on], defaults=())
    tried = [
        request
        for request in REQUESTS
        if other.allowed(Scope.PROJECT, *request).allowed and not held.allowed(Scope.PROJECT, *request).allowed
    ]
    assert (first_excess(held, given_on) is not None) == bool(tried)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_be_handed_on_by_who_has_it(role):
    assert may_give(role, role)


@pytest.mark.parametrize(
    ("giver", "role"),
    [
        ("domain_editor", "domainadmin"),
        ("domain_editor", "project_owner"),
        ("project_editor", "project_owner"),
        ("domain_secadmin", "domainadmin"),
        ("domain_secadmin", "domain_opsadmin"),
        ("domain_viewer", "project_editor"),
        ("domainadmin", "sys_adtadmin"),
        ("sys_opsadmin", "admin"),
        ("project_owner", "domain_viewer"),
    ],
)
def test_nobody_hands_on_more_than_he_has(giver, role):
    assert not may_give(giver, role)


def test_an_administrator_hands_on_all_of_his_scope():
    assert all(may_give("admin", role) for role in ROLES)
    within = [role for role in ROLES if role.startswith(("domain", "project", "normal"))]
    assert all(may_give("domainadmin", role) for role in within)


def test_a_deny_of_mine_is_an_excess_of_theirs():
    mine = PolicySet.compile([bound({"compute": {"servers": {"delete": "deny", "*": "allow"}}})])
    assert first_excess(mine, bound({"compute": {"servers": "allow"}})) == "compute servers delete"


def test_a_deny_of_theirs_takes_away_what_i_have_not():
    document = {"compute": {"servers": {"perform": {"purge": "deny", "*": "allow"}}}}
    mine = PolicySet.compile([bound(document)])
    assert first_excess(mine, bound({"compute": {"servers": {"perform": {"purge": "deny", "start": "allow"}}}})) is None


def test_what_i_have_for_some_tags_i_hand_on_for_those_alone():
    limits = TagLimits(project_tags=((("user:env", "test"),),))
    mine = PolicySet.compile([bound({"compute": "allow"}, limits=limits)], defaults=())
    assert first_excess(mine, bound({"compute": {"servers": "allow"}}, limits=limits)) is None
    assert first_excess(mine, bound({"compute": {"servers": "allow"}})) == "compute servers *"


def test_what_takes_too_long_to_compare_is_not_handed_on():
    document = {"a": {"a": {"a": {"x": "deny"}}, "*": {"b": {"y": "allow"}}}, "*": "allow"}
    mine = PolicySet.compile([bound(document)], defaults=())
    wanted = bound({"a": "allow", "b": {"c": "deny"}})
    assert first_excess(mine, wanted, most=1) == "more than can be compared"
