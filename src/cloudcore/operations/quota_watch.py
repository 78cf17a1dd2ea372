"""Alerts of limits that are counted from what is there: looked at by the platform now and then, for what goes tells nobody."""

from __future__ import annotations

from collections.abc import Callable

from cloudcore.auth.caller import platform_caller
from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.alerts import counted_owners
from cloudcore.quotas.ledger import is_watched, watch_counted
from cloudcore.quotas.limits import narrowed_owners


def watch_limits(platform: Platform, on_refused: Callable[[str, CloudcoreError], None]) -> int:
    """Let the alerts of owners whose limits are narrowed, or who have alerts of ports or devices, say what there is; of how many they were put right.

    Each in a unit of its own, and only where a look finds them wrong. on_refused: called with who cannot be looked at now, and why; the next round does it again.
    """
    owners = reading(platform, lambda tx: sorted(counted_owners(tx) | narrowed_owners(tx)))
    return sum(_watched(platform, domain, project, on_refused) for domain, project in owners if domain)


def _watched(
    platform: Platform, domain_id: str, project_id: str, on_refused: Callable[[str, CloudcoreError], None]
) -> bool:
    def work(tx: Transaction) -> None:
        watch_counted(tx, domain_id, project_id)

    try:
        if reading(platform, lambda tx: is_watched(tx, domain_id, project_id)):
            return False
        writing(platform, platform_caller("quota alerts"), work)
    except CloudcoreError as error:
        on_refused(f"{domain_id}/{project_id}", error)
        return False
    return True
