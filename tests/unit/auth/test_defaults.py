from __future__ import annotations

import pytest

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.builtin import builtin_policies
from cloudcore.auth.defaults import default_policies, default_roles, natural_scope
from cloudcore.auth.documents import parse_document
from cloudcore.auth.policy import PolicySet
from cloudcore.auth.scopes import Scope

POLICIES = {policy.name: policy for policy in default_policies()}
ROLES = {role.name: role for role in default_roles()}


def of_role(name: str) -> PolicySet:
    return PolicySet.compile(
        [
            BoundPolicy(name=policy, scope=POLICIES[policy].scope, document=parse_document(POLICIES[policy].document))
            for policy in ROLES[name].policies
        ],
        defaults=(),
    )


def highest(role: str, *request: str) -> Scope | None:
    return of_role(role).highest_scope(*request)


def test_names_are_unique():
    assert len(POLICIES) == len(default_policies())
    assert len(ROLES) == len(default_roles())


def test_names_of_existing_installations_are_there():
    expected = (
        "sysadmin sys-editor sys-viewer domain-admin domain-editor domain-viewer project-admin project-editor "
        "project-viewer sys-dashboard domain-dashboard project-dashboard sys-server-admin domain-server-viewer "
        "project-server-editor sys-host-admin domain-host-viewer sys-log-viewer project-log-viewer sys-opsadmin "
        "domain-adtadmin sys-secadmin normal-user domainresource-viewer project-meter-admin"
    )
    assert sorted(set(expected.split()) - set(POLICIES)) == []
    assert not {"sys-admin", "project-host-admin", "project-cloudaccount-viewer", "sys-log-admin"} & set(POLICIES)
    roles = (
        "admin domainadmin project_owner fa domainfa projectfa domain_editor project_editor domain_viewer "
        "project_viewer sys_opsadmin sys_secadmin sys_adtadmin domain_opsadmin domain_secadmin domain_adtadmin normal_user"
    )
    assert sorted(ROLES) == sorted(roles.split())


@pytest.mark.parametrize("policy", default_policies(), ids=lambda policy: policy.name)
def test_every_policy_is_a_valid_document_for_its_prefix(policy):
    assert parse_document(policy.document).rules
    prefix = policy.name.split("-")[0]
    assert policy.scope == {"domain": Scope.DOMAIN, "project": Scope.PROJECT, "normal": Scope.PROJECT}.get(
        prefix, Scope.SYSTEM
    )


@pytest.mark.parametrize("role", default_roles(), ids=lambda role: role.name)
def test_every_policy_of_a_role_exists(role):
    assert set(role.policies) <= set(POLICIES)


@pytest.mark.parametrize("policy", [name for name in POLICIES if name.endswith("-viewer")])
def test_viewers_only_read(policy: str):
    viewer = POLICIES[policy]
    bound = BoundPolicy(name=policy, scope=viewer.scope, document=parse_document(viewer.document))
    policies = PolicySet.compile([bound], defaults=())
    for service in (
        "compute",
        "image",
        "identity",
        "log",
        "meter",
        "notify",
        "k8s",
        "monitor",
        "cloudid",
        "suggestion",
    ):
        for resource in ("servers", "hosts", "buckets", "users", "anything"):
            for action in ("create", "update", "delete", "perform", "unheard-of"):
                assert not policies.allowed(Scope.PROJECT, service, resource, action, "start").allowed
    read = [rule for rule in bound.document.rules if rule.allow]
    assert {rule.action for rule in read} == {"get", "list"}


@pytest.mark.parametrize(
    ("role", "request_", "scope"),
    [
        ("admin", "compute servers delete", Scope.SYSTEM),
        ("admin", "identity users create", Scope.SYSTEM),
        ("domainadmin", "compute servers delete", Scope.DOMAIN),
        ("project_owner", "compute servers perform purge", Scope.PROJECT),
        ("project_editor", "compute servers perform start", Scope.PROJECT),
        ("project_editor", "compute servers update", Scope.PROJECT),
        ("project_editor", "compute servers perform save-image", None),
        ("project_editor", "compute servers create", None),
        ("project_editor", "compute servers delete", None),
        ("project_editor", "compute disks perform save-image", Scope.PROJECT),
        ("project_editor", "compute disks perform purge", None),
        ("project_editor", "compute disks create", None),
        ("project_editor", "image images create", None),
        ("project_editor", "image images update", Scope.PROJECT),
        ("project_editor", "compute buckets perform upload", None),
        ("project_editor", "k8s kubeclusters perform add-machines", None),
        ("domain_editor", "compute servers perform start", Scope.DOMAIN),
        ("domain_viewer", "compute servers list", Scope.DOMAIN),
        ("project_viewer", "compute servers list", Scope.PROJECT),
        ("project_viewer", "compute servers perform start", None),
        ("fa", "meter bills list", Scope.SYSTEM),
        ("fa", "compute servers list", None),
        ("projectfa", "meter bills list", Scope.PROJECT),
        ("sys_opsadmin", "compute servers delete", Scope.SYSTEM),
        ("sys_opsadmin", "identity users list", Scope.SYSTEM),
        ("sys_opsadmin", "identity users create", None),
        ("sys_opsadmin", "log actions list", None),
        ("sys_secadmin", "identity policies create", Scope.SYSTEM),
        ("sys_secadmin", "compute servers list", None),
        ("sys_adtadmin", "log actions list", Scope.SYSTEM),
        ("sys_adtadmin", "log actions delete", None),
        ("domain_adtadmin", "log actions list", Scope.DOMAIN),
        ("normal_user", "compute servers perform start", Scope.PROJECT),
        ("normal_user", "compute servers perform purge", None),
        ("normal_user", "compute servers delete", None),
        ("normal_user", "compute disks list", Scope.PROJECT),
        ("normal_user", "image images list", Scope.PROJECT),
        ("normal_user", "image images delete", None),
    ],
)
def test_roles_allow_what_their_names_say(role: str, request_: str, scope: Scope | None):
    assert highest(role, *request_.split()) is scope


def test_admin_holds_in_the_system_project_only():
    assert ROLES["admin"].project == "system"
    assert [name for name, role in ROLES.items() if role.project] == ["admin"]


@pytest.mark.parametrize(
    ("service", "plural", "scope"),
    [
        ("compute", "servers", Scope.PROJECT),
        ("compute", "zones", Scope.SYSTEM),
        ("compute", "hosts", Scope.DOMAIN),
        ("compute", "keypairs", Scope.USER),
        ("identity", "users", Scope.DOMAIN),
        ("identity", "services", Scope.SYSTEM),
        ("identity", "credentials", Scope.USER),
        ("image", "images", Scope.PROJECT),
        ("image", "metadatas", Scope.SYSTEM),
        ("unknown", "things", Scope.PROJECT),
        ("image", "zones", Scope.PROJECT),
    ],
)
def test_natural_scopes(service: str, plural: str, scope: Scope):
    assert natural_scope(service, plural) is scope


def test_builtin_policies_allow_no_change_above_user_scope_but_task_reports():
    changes = [
        (policy.scope, str(rule))
        for policy in builtin_policies()
        for rule in policy.document.rules
        if policy.scope is not Scope.USER and rule.action not in ("get", "list")
    ]
    assert sorted(changes) == [
        (Scope.DOMAIN, "identity policies perform explain: allow"),
        (Scope.PROJECT, "* tasks perform: allow"),
        (Scope.PROJECT, "yunionconf parameters create: allow"),
        (Scope.PROJECT, "yunionconf parameters delete: allow"),
        (Scope.PROJECT, "yunionconf parameters update: allow"),
        (Scope.SYSTEM, "* tasks perform: allow"),
        (Scope.SYSTEM, "image images perform update-torrent-status: allow"),
    ]
