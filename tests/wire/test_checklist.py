"""What a compatible service must show, item by item, and the tests that show it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ITEMS: dict[str, tuple[str, ...]] = {
    "tokens: scoped, unscoped, in a domain; header and body": (
        "wire/test_replay.py::test_it_is_answered_as_it_was",
        "wire/test_cloud.py::test_login_gives_what_clients_read",
        "wire/test_cloud.py::test_unscoped_login_lists_projects_and_has_no_catalogue",
    ),
    "tokens: wrong password, disabled and locked users": (
        "wire/test_passwords.py::test_wrong_password_unknown_user_and_disabled_user_are_answered_alike",
        "wire/test_passwords.py::test_changing_counts_as_guessing_and_a_lock_tells_nothing",
    ),
    "tokens: access keys, rescoping, revocation": (
        "wire/test_cloud.py::test_revoked_token_is_401",
        "wire/test_revocation.py::test_a_revoked_token_is_void_elsewhere_with_all_that_came_of_it",
    ),
    "lists: total, limit and offset; an empty list is its key alone": (
        "wire/test_rules.py::test_pages_say_total_limit_and_offset_where_they_are_not_0",
    ),
    "unknown parameters and keys are passed over; numbers and truth values as text": (
        "wire/test_rules.py::test_unknown_parameters_are_passed_over_and_unknown_columns_are_not",
        "wire/test_rules.py::test_put_and_patch_take_an_envelope_or_none_and_pass_over_what_they_do_not_know",
    ),
    "dotted keys in query and body": (
        "wire/test_rules.py::test_lists_of_values_may_be_repeated_or_dotted",
        "wire/test_cloud.py::test_dotted_keys_reach_the_server_request",
        "wire/test_request.py::test_query_is_a_tree",
    ),
    "several servers at once, and their names": (
        "wire/test_checks.py::test_three_at_once_are_named_in_turn",
        "wire/test_cloud.py::test_batch_makes_all_or_none",
    ),
    "options of a delete in body and in query": (
        "wire/test_checks.py::test_a_delete_takes_its_options_from_query_and_body",
    ),
    "HEAD of an image": (
        "wire/test_images.py::test_head_shows_the_attributes_as_headers",
        "wire/test_image_headers.py::test_dashes_count_as_underscores",
        "wire/test_image_headers.py::test_values_may_be_encoded_once_or_twice_or_not_at_all",
    ),
    "errors are bare objects with their class": (
        "wire/test_rules.py::test_what_there_is_not_is_404_with_its_class",
        "wire/test_door.py::test_core_error_is_answered_flat",
    ),
    "callbacks of tasks, wrapped and bare": ("wire/test_usages.py::test_a_task_is_called_back_wrapped_or_bare",),
    "lists without details, with some fields, at a scope that is not the caller's": (
        "wire/test_rules.py::test_named_fields_are_all_that_is_given",
        "wire/test_checks.py::test_a_scope_that_one_has_not_is_403",
    ),
    "filters by column, relation and tag, and the recycle bin": (
        "wire/test_rules.py::test_every_operator_reads_on_every_type",
        "wire/test_rules.py::test_tags_are_set_read_found_and_removed",
        "wire/test_checks.py::test_the_recycle_bin_is_listed_alone_and_with_the_rest",
    ),
    "what machines ask when they take part": ("wire/test_replay.py::test_it_is_answered_as_it_was",),
    "policies: the most specific rule, wildcards, scopes, tags": (
        "unit/auth/test_policy.py",
        "wire/test_intruders.py::test_what_is_anothers_is_in_no_list",
    ),
}


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_has_its_tests(item: str) -> None:
    for name in ITEMS[item]:
        path, _, test = name.partition("::")
        file = ROOT / "tests" / path
        assert file.is_file(), name
        assert not test or re.search(rf"def {test}\b", file.read_text(encoding="utf-8")), name
