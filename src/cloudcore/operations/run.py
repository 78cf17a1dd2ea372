"""Opens units of work for operations and runs them again on contention."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import Contention, ResourceBusyError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Author, Transaction

T = TypeVar("T")

ATTEMPTS = 12
_OF_ROWS = frozenset({"id", "created_at", "updated_at", "update_version", "private_key"})


def reading(platform: Platform, work: Callable[[Transaction], T]) -> T:
    """Run a function on a snapshot.

    Raises:
        ResourceBusyError: the storage stayed busy.
    """
    return again(platform, lambda: _read(platform, work))


def writing(platform: Platform, caller: Caller, work: Callable[[Transaction], T]) -> T:
    """Run a function in a unit that is committed when it returns; the function may run several times.

    Raises:
        ResourceBusyError: others kept getting in the way.
    """
    return again(platform, lambda: write_once(platform, caller, work))


def _read(platform: Platform, work: Callable[[Transaction], T]) -> T:
    with platform.uow.read() as tx:
        return work(tx)


def write_once(platform: Platform, caller: Caller, work: Callable[[Transaction], T]) -> T:
    """Run a function in one unit that is committed when it returns; workers are woken after it.

    Raises:
        Contention: the caller of this runs again.
    """
    with platform.uow.write(_author(caller)) as tx:
        result = work(tx)
        tx.commit()
    platform.wake("")
    return result


def try_once(platform: Platform, caller: Caller, work: Callable[[Transaction], T]) -> T:
    """Run a function in one unit that is taken back when it returns: every check is made, nothing is written.

    Raises:
        Contention: the caller of this runs again.
    """
    with platform.uow.write(_author(caller)) as tx:
        return work(tx)


def _author(caller: Caller) -> Author:
    return Author(actor=caller.actor(), request_id=caller.request_id, reservation=caller.quota_reservation)


def would_be(row: JsonMapping) -> JsonObject:
    """The details of something that was made and taken back: without an id, as there is nothing that has it."""
    return {**{key: value for key, value in row.items() if key not in _OF_ROWS}, "dry_run": True}


def again(platform: Platform, once: Callable[[], T]) -> T:
    """Run a function that opens its own units, again and again while it meets contention.

    Raises:
        ResourceBusyError: it still does after many tries.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return once()
        except Contention:
            platform.backoff(attempt)
    try:
        return once()
    except Contention as error:
        raise ResourceBusyError(
            "the platform is busy with the same objects; try again", internal=error.internal
        ) from error
