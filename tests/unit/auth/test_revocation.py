from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.revocation import Watermark, Watermarks, issue_time, latest_mark, revoked
from cloudcore.auth.tokens import LIFETIME, SKEW, TokenPayload, TokenScope

NOW = datetime(2026, 8, 21, 1, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)

TOKEN = TokenPayload(
    user_id="u",
    user_domain_id="ud",
    scope=TokenScope.PROJECT,
    scope_id="p",
    scope_domain_id="pd",
    role_ids=("r1", "r2"),
    methods=("password",),
    issued_at=NOW,
    expires_at=NOW + LIFETIME,
    audit_id="a",
    ancestors=("parent", "root"),
    assumed_by="admin",
)

CONCERNED = [
    (Watermark.USER, "u"),
    (Watermark.USER, "admin"),
    (Watermark.DOMAIN, "ud"),
    (Watermark.DOMAIN, "pd"),
    (Watermark.PROJECT, "p"),
    (Watermark.ROLE, "r1"),
    (Watermark.ROLE, "r2"),
    (Watermark.EVERYTHING, ""),
]


@pytest.mark.parametrize(("kind", "subject"), CONCERNED)
def test_watermark_voids_what_was_issued_up_to_it(kind: Watermark, subject: str):
    assert not revoked(TOKEN, Watermarks().raised(kind, subject, NOW - TICK))
    assert revoked(TOKEN, Watermarks().raised(kind, subject, NOW))
    assert revoked(TOKEN, Watermarks().raised(kind, subject, NOW + LIFETIME))


@pytest.mark.parametrize(
    ("kind", "subject"),
    [(Watermark.USER, "p"), (Watermark.PROJECT, "u"), (Watermark.DOMAIN, "p"), (Watermark.ROLE, "u")]
    + [(kind, "other") for kind in Watermark if kind is not Watermark.EVERYTHING]
    + [(kind, "") for kind in Watermark if kind is not Watermark.EVERYTHING],
)
def test_watermark_of_another_subject_does_not_matter(kind: Watermark, subject: str):
    assert not revoked(TOKEN, Watermarks().raised(kind, subject, NOW + LIFETIME))


@pytest.mark.parametrize("audit_id", ["a", "parent", "root"])
def test_revoking_a_token_voids_it_and_what_was_derived_from_it(audit_id: str):
    assert revoked(TOKEN, Watermarks().raised(Watermark.TOKEN, audit_id, NOW - timedelta(days=1)))


def test_domain_scoped_token_is_voided_by_its_domain():
    token = attrs.evolve(TOKEN, scope=TokenScope.DOMAIN, scope_id="d", scope_domain_id="d")
    assert revoked(token, Watermarks().raised(Watermark.DOMAIN, "d", NOW))


@given(st.lists(st.tuples(st.sampled_from(CONCERNED), st.timedeltas(timedelta(-9), timedelta(9)))))
def test_watermarks_never_sink(events):
    marks = Watermarks()
    latest = None
    for (kind, subject), offset in events:
        marks = marks.raised(kind, subject, NOW + offset)
        latest = NOW + offset if latest is None else max(latest, NOW + offset)
    assert latest_mark(TOKEN, marks) == latest
    assert revoked(TOKEN, marks) == (latest is not None and latest >= NOW)


def test_pruning_keeps_every_decision_on_unexpired_tokens():
    marks = Watermarks()
    for kind, subject in CONCERNED:
        marks = marks.raised(kind, subject, NOW)
    marks = marks.raised(Watermark.TOKEN, "root", NOW)
    assert marks.pruned(NOW) == marks
    later = marks.pruned(NOW + TICK)
    assert later == Watermarks(everything=NOW)


@given(st.timedeltas(-SKEW, SKEW - TICK))
def test_token_issued_after_a_revocation_is_not_void(offset: timedelta):
    mark = NOW + offset
    issued = issue_time(NOW, mark)
    token = attrs.evolve(TOKEN, issued_at=issued)
    assert not revoked(token, Watermarks().raised(Watermark.USER, "u", mark))
    assert NOW <= issued <= NOW + SKEW


def test_issue_time_ignores_absent_and_far_future_watermarks():
    assert issue_time(NOW, None) == NOW
    assert issue_time(NOW, NOW + SKEW) == NOW
