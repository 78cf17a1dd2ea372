"""What the platform does again and again by itself: terms, the recycle bin, snapshot policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.platform import Platform
from cloudcore.operations.quota_watch import watch_limits
from cloudcore.operations.recycling import expire
from cloudcore.operations.reservations import end_overdue
from cloudcore.operations.session import CoreSession
from cloudcore.operations.snapshot_policies import drop_by_policy, keep_by_policy
from cloudcore.operations.terms import follow_terms

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

EVERY_S = 20.0
Duty = Callable[[Platform, Callable[[str, CloudcoreError], None]], int]
DUTIES: tuple[tuple[str, Duty], ...] = (
    ("terms", follow_terms),
    ("recycle bin", expire),
    ("quota reservations", end_overdue),
    ("quota alerts", watch_limits),
    ("snapshot policies", keep_by_policy),
    ("old snapshots", drop_by_policy),
)


def do_duties(life: Life) -> None:
    """Be an actor: have one process after another do each duty, while anything is asked for or under way."""
    while not life.over:
        life.stage.sleep(EVERY_S)
        for name, duty in DUTIES:
            # In the end nobody begins anything, or what is begun would find no process to do it.
            life.on_duty = not life.calm
            if not life.on_duty:
                break
            try:
                life.request("duty", lambda session, name=name, duty=duty: _done(life, session, name, duty))  # type: ignore[misc]
            except CloudcoreError as error:
                life.stage.note(f"duty {name} is put off: {error}")
            finally:
                life.on_duty = False


def _done(life: Life, session: CoreSession, name: str, duty: Duty) -> None:
    def refused(ident: str, error: CloudcoreError) -> None:
        life.stage.note(f"duty {name} waits for {ident[:8]}: {error}")

    count = duty(session._platform, refused)  # noqa: SLF001 - the process itself does so
    if count:
        life.stage.note(f"duty {name} begins {count}")
        life.asked[f"duty {name}", ""] += count
