"""Each attack is seen to succeed where its defence is taken out: on a copy of the sources with one line changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]
ATTACKS, QUOTAS = "tests/wire/test_attacks.py", "tests/wire/test_quotas.py"
GATEWAY, PASSES = "tests/wire/test_gateway.py", "adapters/cloudcore_adapters/rest/gateway/passes.py"
DOOR, SIGNED = "tests/wire/test_login_attacks.py", "tests/wire/test_signatures.py"
SYSTEM, SECOND = "tests/wire/test_system_roles.py", "tests/wire/test_second_factor.py"
INTRUDERS = "tests/wire/test_intruders.py"
CREDENTIAL, INHERITED = "tests/wire/test_application_credentials.py", "tests/wire/test_inherited_roles.py"
CORE = "cloudcore"
NOTIFY, WEB = "tests/unit/web/test_notify.py", "adapters/cloudcore_adapters/web"
SCOPING = f"{CORE}/operations/identity/scoping.py"
LOGIN, KEYS = f"{CORE}/operations/identity/login.py", f"{CORE}/operations/identity/credentials.py"


@attrs.frozen
class Weakness:
    """One line of a file, what it becomes, and the test that must then fail."""

    row: int
    test: str
    file: str
    line: str
    becomes: str

    def __str__(self) -> str:
        return f"{self.row}-{Path(self.file).stem}-{self.test.rpartition('::')[2][:48]}"


MATRIX = "tests/wire/test_matrix.py::test_a_sample_answers_as_the_table_says"
POLICIES = "tests/unit/resources/test_policies.py"

WEAKNESSES = (
    Weakness(  # a passcode is taken again, by whoever has seen it
        12,
        f"{SECOND}::test_one_passcode_is_good_once",
        f"{CORE}/auth/totp.py",
        "and step > after:",
        "and step != -1:",
    ),
    Weakness(
        12,
        f"{SECOND}::test_guesses_are_bounded_whatever_session_they_come_by",
        f"{CORE}/operations/identity/second_factor.py",
        "LockRules(failures=5,",
        "LockRules(failures=0,",
    ),
    Weakness(  # what was logged in by the password alone is served by the gateway
        12,
        f"{SECOND}::test_a_token_had_by_the_password_alone_is_no_session",
        "adapters/cloudcore_adapters/rest/request.py",
        'if self.held and not self.is_entering and getattr(caller, "lacks_second_factor", False):',
        "if self.held and self.token is None:",
    ),
    Weakness(  # the password alone removes the second factor
        12,
        f"{SECOND}::test_a_second_factor_is_not_made_twice_nor_by_the_password_alone",
        f"{CORE}/operations/identity/second_factor.py",
        "if mine and caller.lacks_second_factor and factor_of(tx, owner_id) is not None:",
        "if mine and caller.is_guest:",
    ),
    Weakness(
        12,
        f"{SECOND}::test_answers_make_another_second_factor",
        f"{CORE}/operations/identity/second_factor.py",
        "        if not all(right):",
        "        if not any(right):",
    ),
    Weakness(  # whoever is known makes administrators of everything
        14,
        f"{SYSTEM}::test_nobody_gives_what_he_has_not",
        f"{CORE}/operations/identity/grants.py",
        "if not decision.allowed or decision.limits:",
        "if decision.limits:",
    ),
    Weakness(  # whoever may give roles in the system gives stronger ones than he has
        14,
        f"{SYSTEM}::test_nobody_gives_what_he_has_not",
        f"{CORE}/operations/identity/grants.py",
        "    check_not_stronger(platform, tx, caller, given)",
        "    pass",
    ),
    Weakness(  # what a role carries in the system counts as nothing when it is handed on
        14,
        f"{SYSTEM}::test_who_has_it_by_a_group_lets_nobody_in_who_has_less",
        f"{CORE}/operations/identity/grants.py",
        'return project.id if project is not None else ""',
        'return ""',
    ),
    Weakness(
        14,
        f"{SYSTEM}::test_who_has_it_by_a_group_lets_nobody_in_who_has_less",
        f"{CORE}/operations/identity/memberships.py",
        "        check_not_stronger(platform, tx, caller, row)",
        "        del row",
    ),
    Weakness(  # a token for a domain is served with what was compiled for the system
        14,
        f"{SYSTEM}::test_a_token_for_nothing_or_a_domain_has_no_rights_of_the_system",
        f"{CORE}/operations/policies.py",
        "return caller.role_ids, caller.policy_project_id, caller.client_ip",
        "return caller.role_ids, caller.project_id, caller.client_ip",
    ),
    Weakness(
        14,
        f"{SYSTEM}::test_a_key_and_an_application_credential_do_not_lead_to_the_system",
        LOGIN,
        "if key is not None and (elsewhere or scope.kind is TokenScope.SYSTEM):",
        "if elsewhere:",
    ),
    Weakness(
        14,
        f"{SYSTEM}::test_a_role_in_the_system_lets_log_in_to_it_and_reaches_everything",
        SCOPING,
        "if project is None or not project.enabled or not roles:",
        "if project is None or not project.enabled:",
    ),
    Weakness(  # what is only kept below a project is not looked at
        14,
        f"{INHERITED}::test_nobody_hands_on_below_a_project_what_he_has_not",
        f"{CORE}/operations/identity/grants.py",
        "return ANYWHERE if row.type in (*INHERITED, *BELOW_PROJECT) else",
        "return ANYWHERE if row.type in INHERITED else",
    ),
    Weakness(
        18,
        "tests/wire/test_logger.py::test_people_record_what_they_do_and_nothing_of_others",
        f"{CORE}/operations/actions.py",
        "if not _may_speak_of_others(platform, caller):",
        "if not _may_speak_of_others(platform, caller) and caller.is_guest:",
    ),
    Weakness(
        26,
        f"{GATEWAY}::test_too_many_ids_are_refused",
        PASSES.replace("passes", "resources"),
        "if len(found) > MOST_IDS:",
        "if len(found) > 2 * MOST_IDS:",
    ),
    Weakness(
        26,
        "tests/wire/test_image_wire.py::test_ranges_cost_no_more_than_one_reading",
        "adapters/cloudcore_adapters/rest/transfer.py",
        "if start >= size:",
        "if start > size:",
    ),
    Weakness(  # no permission is looked for before something is done
        18,
        MATRIX,
        f"{CORE}/operations/access.py",
        "if tx.of(resource, where).get(row.id) is None:",
        "if row is None:",
    ),
    Weakness(  # lists show the rows of everybody
        18,
        MATRIX,
        f"{CORE}/operations/access.py",
        "    where = granted.where\n    if wanted",
        "    where = EVERYTHING\n    if wanted",
    ),
    Weakness(  # what a URL stands under is not looked for
        18,
        MATRIX,
        f"{CORE}/operations/creating.py",
        "named[field.name] = fetch(platform, tx, caller, platform.types[plural], ident).id",
        "named[field.name] = ident",
    ),
    Weakness(  # things are put into what is only shared
        18,
        MATRIX,
        f"{CORE}/operations/creating.py",
        "if tx.of(parent, rows_of(platform, caller, parent, scope)).get(ident) is None:",
        "if parent is None:",
    ),
    Weakness(  # what one may not see is forbidden, and so is there
        19,
        MATRIX,
        f"{CORE}/operations/access.py",
        "return find_one(tx, resource, ident, both(seen, where))",
        "return find_one(tx, resource, ident, where)",
    ),
    Weakness(  # the new owner is looked for among all projects
        19,
        MATRIX,
        f"{CORE}/operations/ladder.py",
        'only = "" if granted is not None and granted.scope is Scope.SYSTEM else row.domain_id',
        'only = ""',
    ),
    Weakness(  # roles are handed on that allow more
        18,
        f"{POLICIES}::test_nobody_makes_changes_or_hands_on_more_than_he_may_do",
        f"{CORE}/operations/identity/grants.py",
        "if excess is not None:",
        "if excess == 'nothing':",
    ),
    Weakness(
        12,
        f"{DOOR}::test_headers_make_nobody_somebody_else[X-Forwarded-For]",
        "adapters/cloudcore_adapters/rest/request.py",
        'self.peer: str = client[0] if client else ""',
        'self.peer: str = self.header("X-Forwarded-For") or (client[0] if client else "")',
    ),
    Weakness(
        13,
        f"{SIGNED}::test_a_signature_is_in_force_for_a_quarter_of_an_hour",
        f"{CORE}/auth/accesskey.py",
        "return same and abs(now - signed.date) <= WINDOW",
        "return same",
    ),
    Weakness(
        13,
        f"{SIGNED}::test_a_signed_request_is_no_login",
        KEYS,
        "if use is Use.OTHERWISE or (use is Use.AGAIN and once):",
        "if use is Use.AGAIN and once:",
    ),
    Weakness(
        13,
        f"{SIGNED}::test_a_signed_change_happens_once",
        KEYS,
        "if use is Use.OTHERWISE or (use is Use.AGAIN and once):",
        "if use is Use.OTHERWISE:",
    ),
    Weakness(
        13,
        f"{SIGNED}::test_what_was_changed_on_the_way_does_not_verify",
        f"{CORE}/auth/signedrequest.py",
        "if not request.body_sha256 or claimed != request.body_sha256:",
        "if not request.body_sha256:",
    ),
    Weakness(
        14,
        f"{SIGNED}::test_an_access_key_makes_nothing_stronger_than_itself",
        KEYS,
        "if kind == AKSK and caller.access_key:",
        'if kind == "" and caller.access_key:',
    ),
    Weakness(
        14,
        f"{SIGNED}::test_an_access_key_makes_nothing_stronger_than_itself",
        LOGIN,
        'elsewhere = key is not None and bool(key.project_id) and scope.ident not in ("", key.project_id)',
        "elsewhere = False",
    ),
    Weakness(
        14,
        "tests/unit/auth/test_tokens.py::test_rescoping_never_lengthens_the_expiry",
        f"{CORE}/auth/tokens.py",
        'methods=("token", *(method for method in parent.methods if method != "token")),',
        'methods=("token", *parent.methods), expires_at=issued_at + LIFETIME,',
    ),
    Weakness(
        15,
        "tests/wire/test_revocation.py::test_a_revoked_token_is_void_elsewhere_with_all_that_came_of_it",
        f"{CORE}/operations/identity/tokens.py",
        "if revoked(payload, watermarks):",
        "if revoked(payload, watermarks) and not payload.audit_id:",
    ),
    Weakness(
        16,
        "tests/unit/web/test_fetch.py::test_a_fetch_carries_nothing_of_the_callers",
        "adapters/cloudcore_adapters/web/fetch.py",
        'connection.putheader("User-Agent", "cloudcore")',
        'connection.putheader("X-Auth-Token", "cloudcore")',
    ),
    Weakness(  # one of the addresses of a name is enough
        16,
        f"{NOTIFY}::test_a_name_that_also_leads_inside_is_not_called",
        f"{WEB}/door.py",
        "if not all(self._may(address) for address in addresses):",
        "if not any(self._may(address) for address in addresses):",
    ),
    Weakness(  # the name is looked up again when it is called
        16,
        f"{NOTIFY}::test_a_name_is_looked_up_once_and_what_was_checked_is_called",
        f"{WEB}/door.py",
        "pinned = socket.create_connection((address, url.port), timeout=self.patience.connect)",
        "pinned = socket.create_connection((url.host, url.port), timeout=self.patience.connect)",
    ),
    Weakness(  # a network that is not public is called
        16,
        f"{NOTIFY}::test_addresses_that_are_not_public_are_not_called",
        f"{WEB}/door.py",
        "return may_be_asked(address, self._allowed) and (inside or not _is_ours(address))",
        "return address != '' or inside",
    ),
    Weakness(  # being sent elsewhere counts as being told
        16,
        f"{NOTIFY}::test_a_redirect_is_not_followed",
        f"{WEB}/notify.py",
        "if not 200 <= answer.status < 300:",
        "if not 200 <= answer.status < 400:",
    ),
    Weakness(  # an address inside is taken, and the caller learns it only from his silence
        16,
        "tests/wire/test_notices.py::test_what_leads_inside_is_refused_and_nothing_is_begun",
        f"{CORE}/operations/notices.py",
        "if _is_address(host) and not may_be_asked(host, networks):",
        "if _is_address(host) and may_be_asked(host, networks) is None:",
    ),
    Weakness(
        19,
        f"{DOOR}::test_a_user_who_is_not_there_is_refused_like_a_wrong_password",
        LOGIN,
        'raise login_refused("unknown user")',
        'raise UnauthorizedError("unknown user")',
    ),
    Weakness(
        19,
        f"{DOOR}::test_a_project_that_is_not_there_is_refused_like_one_of_others",
        SCOPING,
        'raise UnauthorizedError("the user has no role in this project", field="auth.scope.project")',
        'raise UnauthorizedError(f"no role in {len(candidates)} projects", field="auth.scope.project")',
    ),
    Weakness(
        29,
        "tests/unit/apps/test_keys.py::test_clocks_may_differ_by_the_skew_and_no_more",
        f"{CORE}/auth/tokens.py",
        "if payload.issued_at > now + SKEW:",
        "if payload.issued_at > now + 60 * SKEW:",
    ),
    Weakness(
        11,
        f"{INTRUDERS}::test_a_hidden_value_orders_and_counts_nothing",
        f"{CORE}/operations/filters.py",
        "hidden = field.spec.secret or field.spec.sealed or field.spec.show is Show.NEVER",
        "hidden = field.spec.show is Show.LIST and field.kind is dict",
    ),
    Weakness(
        11,
        f"{INTRUDERS}::test_names_of_columns_and_values_are_no_language",
        "adapters/cloudcore_adapters/sql/lowering.py",
        'parts.append("\\\\" + symbol if symbol in "%_\\\\" else symbol)',
        "parts.append(symbol)",
    ),
    Weakness(
        18,
        f"{INTRUDERS}::test_what_is_anothers_is_in_no_list",
        f"{CORE}/operations/access.py",
        'return eq("tenant_id", caller.project_id) if "tenant_id" in names and caller.project_id else NOTHING',
        'return EVERYTHING if "tenant_id" in names else NOTHING',
    ),
    Weakness(
        18,
        f"{INTRUDERS}::test_what_is_anothers_is_answered_like_what_is_not_there",
        f"{CORE}/operations/access.py",
        'return eq("owner_id", caller.user_id) if "owner_id" in names and caller.user_id else NOTHING',
        'return EVERYTHING if "owner_id" in names else NOTHING',
    ),
    Weakness(
        19,
        f"{INTRUDERS}::test_what_is_anothers_is_answered_like_what_is_not_there",
        f"{CORE}/operations/access.py",
        "seen = with_shared(platform, caller, resource, reading.where)",
        "seen = EVERYTHING",
    ),
    Weakness(
        14,
        f"{CREDENTIAL}::test_it_ends_with_its_roles_its_user_and_itself",
        f"{CORE}/operations/identity/application_credentials.py",
        "if not held.role_ids or not set(held.role_ids) <= set(there.role_ids):",
        "if not held.role_ids:",
    ),
    Weakness(
        14,
        f"{CREDENTIAL}::test_it_makes_nothing_that_is_stronger[True]",
        LOGIN,
        "if parent is not None and parent.application_credential:",
        "if parent is not None and parent.application_credential == 'none':",
    ),
    Weakness(
        14,
        f"{CREDENTIAL}::test_it_makes_nothing_that_is_stronger[False]",
        f"{CORE}/operations/identity/application_credentials.py",
        "if held is None or not held.unrestricted:",
        "if held is None:",
    ),
    Weakness(
        14,
        f"{CREDENTIAL}::test_it_makes_nothing_that_is_stronger[True]",
        KEYS,
        "if caller.application_credential:",
        "if caller.application_credential == 'none':",
    ),
    Weakness(
        14,
        f"{CREDENTIAL}::test_an_access_key_makes_none",
        f"{CORE}/operations/identity/application_credentials.py",
        "if caller.access_key:",
        "if caller.access_key == 'none':",
    ),
    Weakness(  # what a domain hands on is in force in those of others
        18,
        f"{INHERITED}::test_it_is_not_in_force_in_projects_of_other_domains",
        f"{CORE}/resources/identity/assignment.py",
        'return either(own, both(one_of("type", INHERITED), above))',
        'return either(own, one_of("type", INHERITED))',
    ),
    Weakness(  # what is for the projects of a domain is in force in the domain
        18,
        f"{INHERITED}::test_it_is_in_force_in_each_project_and_not_in_the_domain",
        SCOPING,
        'one_of("type", IN_DOMAIN)',
        'one_of("type", (*IN_DOMAIN, "UserDomainInherited"))',
    ),
    Weakness(
        12,
        "tests/wire/test_guessing.py::test_over_the_wire_it_is_429_and_says_when",
        f"{CORE}/operations/identity/guessing.py",
        "self._check(where, who)",
        "where = where or who",
    ),
    Weakness(
        26,
        f"{INTRUDERS}::test_depth_and_size_are_refused_before_they_are_understood",
        f"{CORE}/model/reading.py",
        "if len(parts) > MAX_QUERY_DEPTH:",
        "if not parts:",
    ),
    Weakness(
        26,
        f"{INTRUDERS}::test_many_ranges_are_one_answer",
        "adapters/cloudcore_adapters/rest/transfer.py",
        'match = _RANGE.fullmatch(text.replace(" ", ""))',
        'match = _RANGE.match(text.replace(" ", ""))',
    ),
    Weakness(
        12,
        f"{GATEWAY}::test_page_of_another_site_can_log_nobody_in",
        PASSES,
        "if fetched or _netloc(origin) not in own:",
        "if fetched and _netloc(origin) not in own:",
    ),
    Weakness(
        15,
        f"{GATEWAY}::test_what_scripts_of_a_page_can_read_is_worth_nothing_elsewhere",
        PASSES,
        "mark_of(held.text) if is_browser(call) else held.text",
        "held.text",
    ),
    Weakness(
        15,
        f"{GATEWAY}::test_logout_ends_the_session_for_whoever_has_a_copy",
        PASSES.replace("passes", "login"),
        "for token in (held.current, held.root):",
        "for token in (held.current,):",
    ),
    Weakness(
        20,
        f"{ATTACKS}::test_what_is_not_asked_for_is_not_taken[secgroups]",
        f"{CORE}/model/wire.py",
        "if field.ref is not None or not field.spec.create or (",
        "if field.ref is not None or (",
    ),
    Weakness(
        14,
        "tests/unit/resources/test_identity.py::test_nobody_makes_a_key_for_a_user_who_can_do_more",
        f"{CORE}/operations/identity/credentials.py",
        "check_user_not_wider(platform, tx, caller, user.id)",
        "pass",
    ),
    Weakness(
        15,
        "tests/wire/test_passwords.py::test_a_token_alone_does_not_change_its_users_password",
        f"{CORE}/operations/identity/passwords.py",
        "if granted is None or not granted.scope.covers(Scope.DOMAIN):",
        "if not own and (granted is None or not granted.scope.covers(Scope.DOMAIN)):",
    ),
    Weakness(
        20,
        f"{ATTACKS}::test_no_declaration_lets_callers_send_what_is_ours",
        f"{CORE}/model/entity.py",
        'Spec("Made for the platform itself, hidden by default")',
        'Spec("Made for the platform itself, hidden by default", update=True)',
    ),
    Weakness(
        20,
        f"{ATTACKS}::test_nobody_makes_or_moves_things_into_another_project[project_id-secgroups]",
        f"{CORE}/operations/creating.py",
        "if wanted not in (caller.project_id, caller.project_name) and not granted.covers(Scope.DOMAIN):",
        'if wanted == "":',
    ),
    Weakness(
        21,
        f"{QUOTAS}::test_many_at_once_get_no_more_than_the_limit",
        f"{CORE}/quotas/ledger.py",
        "if repository.adjust(ident, amounts, limits=bounds):",
        "if repository.adjust(ident, amounts):",
    ),
    Weakness(
        21,
        f"{QUOTAS}::test_what_is_made_is_charged_up_to_the_limit_and_refunded[project_quotas]",
        f"{CORE}/quotas/counted.py",
        "refund(tx, row.domain_id, _project(row), amounts)",
        "return",
    ),
    Weakness(
        21,
        f"{QUOTAS}::test_odd_numbers_are_refused_and_change_nothing[update]",
        f"{CORE}/operations/quota_changes.py",
        "read_int(value, name, UNLIMITED, MOST)",
        "int(value)",
    ),
    Weakness(
        22,
        f"{ATTACKS}::test_rules_that_evade_are_refused_and_leave_no_rule",
        f"{CORE}/resources/network/rule.py",
        'if protocol not in ("tcp", "udp"):',
        'if protocol == "":',
    ),
    Weakness(
        22,
        f"{ATTACKS}::test_rules_that_evade_are_refused_and_leave_no_rule",
        f"{CORE}/resources/network/rule.py",
        "if high < low:",
        "if high < 0:",
    ),
    Weakness(
        22,
        f"{ATTACKS}::test_rules_that_evade_are_refused_and_leave_no_rule",
        f"{CORE}/resources/network/rule.py",
        "if isinstance(network, IPv6Network) and",
        "if isinstance(network, int) and",
    ),
    Weakness(
        24,
        f"{ATTACKS}::test_names_have_no_control_characters[users]",
        f"{CORE}/model/reading.py",
        'if _is_forbidden(char) and not (allow_newlines and char in "\\t\\n\\r"):',
        'if char == "\\x00":',
    ),
    Weakness(
        24,
        f"{ATTACKS}::test_spreadsheets_do_not_run_names",
        "apps/cloudcore_apps/climc/formats.py",
        "writer.writerows([_harmless(dig(row, name)) for name in columns] for row in rows)",
        "writer.writerows([dig(row, name) for name in columns] for row in rows)",
    ),
    Weakness(
        28,
        f"{ATTACKS}::test_no_secret_leaves_its_place",
        f"{CORE}/resources/identity/credential.py",
        "sealed=True, secret=True, multiline=True",
        "secret=True, multiline=True",
    ),
    Weakness(
        28,
        f"{ATTACKS}::test_no_secret_leaves_its_place",
        f"{CORE}/model/history.py",
        "(field.name, field.spec.secret or field.spec.sealed)",
        "(field.name, field.name == 'hash')",
    ),
)


SAMPLE = "test_no_declaration_lets_callers_send_what_is_ours"
"""In every run; the others, some seconds each, in long ones."""


def _marked() -> list[object]:
    return [
        pytest.param(weakness, id=str(weakness), marks=() if SAMPLE in weakness.test else [pytest.mark.slow])
        for weakness in WEAKNESSES
    ]


def test_every_defence_stands_where_it_is_looked_for() -> None:
    moved = [w for w in WEAKNESSES if (ROOT / "src" / w.file).read_text(encoding="utf-8").count(w.line) != 1]
    assert moved == []


@pytest.mark.parametrize("weakness", _marked())
def test_the_attack_succeeds_on_a_weakened_copy(weakness: Weakness, tmp_path: Path) -> None:
    copy = tmp_path / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    file = copy / weakness.file
    text = file.read_text(encoding="utf-8")
    assert text.count(weakness.line) == 1, "the defence has moved: name it anew"
    file.write_text(text.replace(weakness.line, weakness.becomes), encoding="utf-8")
    paths = os.pathsep.join(str(path) for path in (copy, copy / "adapters", copy / "apps", ROOT))
    environ = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    environ.pop("COVERAGE_PROCESS_START", None)
    where = [sys.executable, "-c", "import cloudcore, cloudcore_apps; print(cloudcore.__file__)"]
    used = subprocess.run(where, env=environ, capture_output=True, text=True, check=True).stdout.strip()
    assert Path(used).is_relative_to(copy)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--show-capture=no", weakness.test]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    # 1: it ran and failed. Anything else is a broken copy or a test that is gone.
    assert done.returncode == 1, done.stdout[-3000:]
    assert "1 failed" in done.stdout, done.stdout[-3000:]
    assert "SyntaxError" not in done.stdout
