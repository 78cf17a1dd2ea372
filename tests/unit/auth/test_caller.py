from __future__ import annotations

import json
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.caller import GUEST, SYSTEM, Caller, caller_from_actor, platform_caller, require_known
from cloudcore.model.errors import InvalidFormatError, UnauthorizedError

WORD = st.text("abcdef0123456789-", max_size=12)
CALLERS = st.builds(
    Caller,
    user_id=WORD,
    user_name=WORD,
    project_id=WORD,
    project_domain_id=WORD,
    domain_id=WORD,
    roles=st.lists(WORD, max_size=3).map(tuple),
    role_ids=st.lists(WORD, max_size=3).map(tuple),
    request_id=WORD,
    is_guest=st.booleans(),
    is_platform=st.booleans(),
)


@given(CALLERS)
def test_recorded_actor_stands_for_the_caller(caller: Caller):
    assert caller_from_actor(json.loads(json.dumps(caller.actor()))) == caller


def test_actor_has_no_token():
    caller = Caller(user_id="u", token_id="audit-1", issued_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert caller.actor() == {"version": 1, "user_id": "u"}
    assert "audit-1" not in repr(caller)


def test_scope_domain_is_the_projects_or_the_chosen_one():
    assert Caller(project_domain_id="pd", user_domain_id="ud").scope_domain_id == "pd"
    assert Caller(domain_id="d", user_domain_id="ud").scope_domain_id == "d"
    assert Caller(user_domain_id="ud").scope_domain_id == ""


def test_platform_says_why_it_acts():
    assert platform_caller("expired disks").actor() == {
        "version": 1,
        "user_name": "platform",
        "reason": "expired disks",
        "is_platform": True,
    }
    assert SYSTEM.is_platform
    assert not SYSTEM.is_guest


def test_guest_is_not_known():
    require_known(SYSTEM)
    with pytest.raises(UnauthorizedError):
        require_known(GUEST)


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"version": None}, {"user_id": 3}, {"roles": [1]}, {"roles": {"a": 1}}, {"user_name": "a\nb"}],
)
def test_malformed_actor_is_refused(change: dict[str, object]):
    with pytest.raises(InvalidFormatError):
        caller_from_actor({"version": 1, **change})


def test_flags_must_be_true_and_not_just_truthy():
    assert not caller_from_actor({"version": 1, "is_platform": "false"}).is_platform


def test_caller_is_a_value():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        GUEST.is_guest = False  # type: ignore[misc]
