from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.auth.bindings import (
    BoundPolicy,
    TagLimits,
    active,
    parse_networks,
    parse_tag_sets,
    policy_names,
)
from cloudcore.auth.documents import MAX_EXTRA, MAX_RULES, PolicyDocument, parse_document
from cloudcore.auth.policy import REFUSED, PolicySet, check
from cloudcore.auth.scopes import Permission, Scope
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    OutOfRangeError,
)

NOW = datetime(2026, 8, 21, 1, 0, tzinfo=UTC)

NAMES = st.sampled_from(["*", "a", "b"])
LEAVES = st.sampled_from(["allow", "deny"])
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(LEAVES, lambda deeper: st.dictionaries(NAMES, deeper, min_size=1, max_size=3), max_leaves=24),
    max_size=3,
)
REQUESTS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=3, max_size=8)


def depth(document) -> int:
    return 1 + max((depth(value) for value in document.values()), default=0) if isinstance(document, dict) else 0


def flat(document, path=()):
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, (*path, name))
        else:
            yield (*path, name), value


def naive_verdict(document, request) -> str | None:
    """The specification read aloud: every rule, every field, the best of all that match."""
    best = None
    for path, verdict in flat(document):
        fields = [*path, "*", "*", "*"][: max(3, len(path))]
        matched = weight = 0
        for place, field in enumerate(fields):
            if field == "*":
                continue
            if place >= len(request) or request[place] != field:
                break
            matched += 1
            weight += {0: 1, 1: 10, 2: 100}.get(place, 1000 * (place - 2))
        else:
            key = (-matched, weight, verdict != "allow")
            if best is None or key < best[0]:
                best = (key, verdict)
    return None if best is None else best[1]


def bound(document, scope=Scope.PROJECT, name="p", **more) -> BoundPolicy:
    return BoundPolicy(name=name, scope=scope, document=parse_document({"policy": document}), **more)


def compiled(*policies: BoundPolicy, defaults=()) -> PolicySet:
    return PolicySet.compile(policies, defaults=defaults)


@given(DOCUMENTS.filter(lambda document: depth(document) <= 3 + MAX_EXTRA), REQUESTS)
@example({"a": {"a": {"a": {"a": {"*": {"*": {"a": "deny"}}}, "*": {"a": {"a": "allow"}}}}}}, ["a"] * 7)
@example({"a": {"a": {"a": {"a": {"*": {"*": {"a": "allow"}}}, "*": {"a": {"a": "deny"}}}}}}, ["a"] * 7)
@settings(max_examples=examples(200))
def test_matching_agrees_with_the_specification(document, request):
    decision = compiled(bound(document)).allowed(Scope.PROJECT, *request)
    assert decision.allowed == (naive_verdict(document, request) == "allow")


@given(
    st.lists(st.tuples(st.sampled_from([Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT]), DOCUMENTS), max_size=4),
    DOCUMENTS,
    REQUESTS,
    st.sampled_from(Scope),
)
@settings(max_examples=examples(150))
def test_scopes_and_several_policies_agree_with_the_specification(policies, builtin, request, scope):
    everything = [*policies, (Scope.USER, builtin)]
    if any(depth(document) > 3 + MAX_EXTRA for _, document in everything):
        return
    considered = {
        Scope.SYSTEM: [Scope.SYSTEM],
        Scope.DOMAIN: [Scope.SYSTEM, Scope.DOMAIN],
        Scope.PROJECT: [Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT],
        Scope.USER: [Scope.SYSTEM, Scope.USER],
    }[scope]
    allowing = [
        level
        for level in considered
        for at, document in everything
        if at is level and naive_verdict(document, request) == "allow"
    ]
    policy_set = compiled(
        *(bound(document, at) for at, document in policies), defaults=[bound(builtin, Scope.USER, "builtin")]
    )
    decision = policy_set.allowed(scope, *request)
    assert decision.allowed == bool(allowing)
    assert decision.scope == (allowing[0] if allowing else None)
    said = policy_set.explain(scope, *request)
    assert any(opinion.rule.allow for opinion in said) == decision.allowed


def allows(document, *request) -> bool:
    return compiled(bound(document)).allowed(Scope.PROJECT, *request).allowed


def test_document_of_the_manual_decides_as_described():
    document = {
        "compute": {
            "servers": {
                "list": "allow",
                "perform": {"start": "allow", "purge": "deny", "*": "allow"},
                "delete": "deny",
                "*": "allow",
            },
            "*": {"get": "allow", "list": "allow"},
        },
        "image": "allow",
        "*": "deny",
    }
    assert allows(document, "compute", "servers", "perform", "start")
    assert allows(document, "compute", "servers", "perform", "anything", "deeper")
    assert not allows(document, "compute", "servers", "perform", "purge")
    assert not allows(document, "compute", "servers", "delete")
    assert allows(document, "compute", "servers", "update")
    assert allows(document, "compute", "disks", "list")
    assert not allows(document, "compute", "disks", "delete")
    assert allows(document, "image", "images", "delete")
    assert not allows(document, "identity", "users", "list")


def test_lower_weight_wins_between_equally_specific_rules():
    assert allows({"compute": "allow", "*": {"*": {"list": "deny"}}}, "compute", "servers", "list")
    assert not allows({"compute": "deny", "*": {"*": {"list": "allow"}}}, "compute", "servers", "list")


def test_historic_leaves_allow():
    for leaf in ("guest", "user", "owner", "admin"):
        assert allows({"compute": {"servers": {"list": leaf}}}, "compute", "servers", "list")


def test_bare_document_and_bare_leaf_are_read():
    assert parse_document({"compute": "allow"}) == parse_document({"policy": {"compute": "allow"}})
    assert parse_document({"policy": "deny"}) == parse_document({"*": "deny"})
    assert parse_document({}).rules == ()


def nested(levels: int):
    document: object = "allow"
    for _ in range(levels):
        document = {"a": document}
    return document


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ([], InvalidFormatError),
        ("allow", InvalidFormatError),
        ({"policy": []}, InvalidFormatError),
        ({"policy": {}, "more": "allow"}, InvalidFormatError),
        ({"compute": True}, InvalidFormatError),
        ({"compute": None}, InvalidFormatError),
        ({"compute": ["allow"]}, InvalidFormatError),
        ({"compute": "ALLOW"}, InvalidFormatError),
        ({"compute": {"servers": {"list": "perhaps"}}}, InvalidFormatError),
        ({"com pute": "allow"}, InvalidFormatError),
        ({"": "allow"}, InvalidFormatError),
        ({"a\n": "allow"}, InvalidFormatError),
        ({"**": "allow"}, InvalidFormatError),
        ({"x" * 129: "allow"}, InvalidFormatError),
        ({"é": "allow"}, InvalidFormatError),
        ({"\x00": "allow"}, InvalidFormatError),
        (nested(4 + MAX_EXTRA), OutOfRangeError),
        (nested(100_000), OutOfRangeError),
        ({str(n): "allow" for n in range(MAX_RULES + 1)}, OutOfRangeError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_malformed_document_is_refused(document, error):
    with pytest.raises(error) as caught:
        parse_document(document)
    assert caught.value.field
    assert len(str(caught.value)) < 400


def test_deepest_document_is_read():
    assert parse_document(nested(3 + MAX_EXTRA)).rules[0].matched == 3 + MAX_EXTRA


def test_any_allow_wins_over_deny_of_another_policy():
    policies = compiled(bound({"*": "deny"}, name="no"), bound({"compute": "allow"}, name="yes"))
    decision = policies.allowed(Scope.PROJECT, "compute", "servers", "list")
    assert (decision.allowed, decision.policy, str(decision.rule)) == (True, "yes", "compute * *: allow")
    assert policies.allowed(Scope.PROJECT, "image", "images", "list") == REFUSED


def test_highest_scope_is_the_widest_that_allows():
    policies = compiled(
        bound({"compute": "allow"}, Scope.PROJECT), bound({"compute": {"hosts": {"list": "allow"}}}, Scope.DOMAIN)
    )
    assert policies.highest_scope("compute", "hosts", "list") is Scope.DOMAIN
    assert policies.highest_scope("compute", "servers", "list") is Scope.PROJECT
    assert policies.highest_scope("image", "images", "list") is None


def test_narrow_policy_does_not_serve_a_wider_scope():
    policies = compiled(bound({"*": "allow"}, Scope.PROJECT))
    assert not policies.allowed(Scope.DOMAIN, "compute", "servers", "list").allowed
    assert not policies.allowed(Scope.SYSTEM, "compute", "servers", "list").allowed
    assert not policies.allowed(Scope.USER, "compute", "keypairs", "list").allowed


def test_bound_user_policy_is_left_out():
    policies = compiled(bound({"*": "allow"}, Scope.USER))
    assert not policies.allowed(Scope.USER, "compute", "keypairs", "list").allowed


def test_builtin_policies_give_everyone_the_common_things():
    policies = PolicySet.compile([])
    assert policies.allowed(Scope.USER, "compute", "keypairs", "delete").allowed
    assert policies.allowed(Scope.SYSTEM, "compute", "zones", "list").allowed
    assert policies.allowed(Scope.PROJECT, "compute", "tasks", "perform", "x").allowed
    assert policies.allowed(Scope.DOMAIN, "compute", "vpcs", "list").allowed
    assert not policies.allowed(Scope.PROJECT, "compute", "servers", "list").allowed
    assert not policies.allowed(Scope.SYSTEM, "compute", "cloudaccounts", "get").allowed
    assert policies.allowed(Scope.SYSTEM, "compute", "cloudaccounts", "get", "saml").allowed
    assert not policies.allowed(Scope.SYSTEM, "identity", "users", "list").allowed


def test_own_denial_does_not_take_builtin_permission_away():
    policies = PolicySet.compile([bound({"*": "deny"}, Scope.SYSTEM)])
    assert policies.allowed(Scope.SYSTEM, "compute", "zones", "list").allowed


PROD = TagLimits(object_tags=((("user:env", "prod"),),))
WEST = TagLimits(project_tags=((("user:site", "west"),),))


def test_tag_limits_of_allowing_policies_are_alternatives():
    policies = compiled(
        bound({"compute": "allow"}, name="1", limits=PROD),
        bound({"compute": "allow"}, name="2", limits=WEST),
        bound({"compute": "deny"}, name="3", limits=TagLimits()),
    )
    assert policies.allowed(Scope.PROJECT, "compute", "servers", "list").limits == (PROD, WEST)


def test_allowing_policy_without_limits_removes_them():
    policies = compiled(bound({"compute": "allow"}, limits=PROD), bound({"compute": "allow"}))
    assert policies.allowed(Scope.PROJECT, "compute", "servers", "list").limits == ()


def test_narrower_policy_widens_a_limited_wider_one_only_at_its_scope():
    policies = compiled(bound({"*": "allow"}, Scope.SYSTEM, limits=PROD), bound({"*": "allow"}, Scope.PROJECT))
    at_project = policies.allowed(Scope.PROJECT, "compute", "servers", "list")
    assert (at_project.scope, at_project.limits) == (Scope.SYSTEM, ())
    assert policies.allowed(Scope.DOMAIN, "compute", "servers", "list").limits == (PROD,)


def test_tag_sets_match_whole_sets_with_alternative_values():
    limits = TagLimits(object_tags=((("env", "prod"), ("env", "test"), ("team", "")), (("all", "yes"),)))

    def admits(**tags: str) -> bool:
        return limits.admits(domain_tags={}, project_tags={}, object_tags=tags)

    assert admits(env="prod", team="x")
    assert admits(env="test", team="")
    assert admits(all="yes")
    assert not admits(env="prod")
    assert not admits(env="dev", team="x")
    assert not admits()
    assert TagLimits().admits(domain_tags={}, project_tags={}, object_tags={})
    both = TagLimits(object_tags=((("a", "1"),),), project_tags=((("b", "2"),),))
    assert not both.admits(domain_tags={}, project_tags={}, object_tags={"a": "1"})
    assert both.admits(domain_tags={}, project_tags={"b": "2"}, object_tags={"a": "1"})


def test_explanation_names_the_deciding_rule_of_every_policy():
    policies = compiled(
        bound({"*": "deny"}, Scope.SYSTEM, "no"), bound({"compute": {"*": {"list": "allow"}}}, name="yes")
    )
    assert [str(opinion) for opinion in policies.explain(Scope.PROJECT, "compute", "servers", "list")] == [
        "system policy no: * * *: deny",
        "project policy yes: compute * list: allow",
    ]


def test_refusal_names_permission_and_scope():
    with pytest.raises(
        ForbiddenError, match="not enough privilege to do compute servers perform start at project scope"
    ):
        check(compiled(), Scope.PROJECT, Permission("compute", "servers", "perform", ("start",)))


EMPTY = PolicyDocument(())


def holds(ip: str = "10.0.0.9", at: datetime = NOW, *, guest: bool = False, **binding) -> bool:
    policy = BoundPolicy(name="p", scope=Scope.PROJECT, document=EMPTY, **binding)
    return bool(active([policy], role_ids=("r1", "r2"), project_id="p1", ip=ip, now=at, guest=guest))


def test_binding_holds_for_its_role_and_project():
    assert holds()
    assert holds(role_id="r2", project_id="p1")
    assert not holds(role_id="r3")
    assert not holds(project_id="p2")


def test_guests_have_only_what_is_for_guests():
    assert not holds(guest=True)
    assert holds(guest=True, for_guests=True)
    assert not holds(guest=True, for_guests=True, role_id="r1")


def test_binding_holds_within_its_window():
    tick = timedelta(microseconds=1)
    assert holds(valid_since=NOW, valid_until=NOW + tick)
    assert not holds(valid_since=NOW + tick)
    assert not holds(valid_until=NOW)


@pytest.mark.parametrize(
    ("ip", "inside"),
    [("10.1.2.3", True), ("11.0.0.1", False), ("::ffff:10.1.2.3", True), ("fd00::1", True), ("", False), ("x", False)],
)
def test_binding_holds_from_its_networks(ip: str, inside: bool):
    assert holds(ip, networks=parse_networks(["10.0.0.0/8", "fd00::/8"])) is inside


def test_networks_are_read_from_text_and_lists():
    assert parse_networks("10.0.0.9/8, 192.168.1.1") == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("192.168.1.1/32"),
    )
    assert parse_networks(None) == parse_networks("") == ()
    for bad in (["10.0.0.0/33"], ["x"], [None], [7], 7, ["0x0a.1"], {"a": 1}):
        with pytest.raises(InvalidInputError) as caught:
            parse_networks(bad)
        assert caught.value.field.startswith("ips")


def test_tag_sets_are_read():
    prod = {"key": "user:env", "value": "prod"}
    expected = ((("user:env", "prod"),),)
    assert parse_tag_sets([[prod]], field="object_tags") == parse_tag_sets([prod], field="object_tags") == expected
    assert parse_tag_sets([[{"key": "k"}]], field="t") == ((("k", ""),),)
    assert parse_tag_sets(None, field="t") == ()
    for bad in ([[{"value": "x"}]], [[]]):
        with pytest.raises(MissingParameterError):
            parse_tag_sets(bad, field="t")
    for bad in ("x", [["x"]], [[{"key": 1}]], [[{"key": "a\n"}]]):
        with pytest.raises(InvalidFormatError):
            parse_tag_sets(bad, field="t")


def test_policy_names_are_grouped_by_scope():
    policies = [bound({}, Scope.SYSTEM, "b"), bound({}, Scope.SYSTEM, "a"), bound({}, Scope.PROJECT, "a")]
    assert policy_names([*policies, policies[0]]) == {"system": ["a", "b"], "domain": [], "project": ["a"]}
