"""The processes that run one deployment together: who is alive, and what the dead have left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cloudcore.model.entity import evolve
from cloudcore.model.errors import ConflictError
from cloudcore.model.query import PLATFORM, Compare, Op, Order, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Author, Transaction, UnitOfWork
from cloudcore.quotas.holdings import release_image
from cloudcore.resources.image.guestimage import follow_images
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.resources.infrastructure.process import PROCESSES, Process
from cloudcore.tasks.task import OPEN, TASKS

PROCESS_LEASE_S = 10.0
"""A process that has not said for so long that it is alive is taken to be dead."""
KEPT_S = 86_400.0
"""So long it is remembered after that."""


def enrol(uow: UnitOfWork, process: Process, is_dead: Callable[[Process], bool]) -> Sequence[str]:
    """Take part from now on; the ids of those whose work was taken over because they are proven dead.

    is_dead: whether another process, whose lease may be good still, has certainly ended.

    Raises:
        ConflictError: a live process is the agent of one of the hosts.
    """
    with uow.write(Author()) as tx:
        others = known(tx)
        buried = [each.id for each in others if each.lease_until is not None and is_dead(each)]
        live = [each for each in others if each.id not in buried and is_live(each, tx.now)]
        _check(process, live)
        for ident in buried:
            _bury(tx, ident)
        if not live:
            abandon_uploads(tx, None)
        tx.of(PROCESSES, PLATFORM).add(evolve(process, lease_until=_lease(tx)))
        _forget(tx, others)
        tx.commit()
    return buried


def renew(uow: UnitOfWork, ident: str) -> None:
    """Say that a process is alive."""
    with uow.write(Author()) as tx:
        tx.of(PROCESSES, PLATFORM).touch([(ident, {"lease_until": _lease(tx)})])
        tx.commit()


def look(uow: UnitOfWork, ident: str, is_dead: Callable[[Process], bool]) -> Sequence[Process]:
    """The other processes, those that have ended without a lease. What the proven dead have left is free from now on.

    is_dead: see `enrol`. Where a lease is just over nothing need be done: the leases of its tasks end by themselves.
    """
    with uow.read() as tx:
        others = [each for each in known(tx) if each.id != ident]
        live = [each.id for each in others if is_live(each, tx.now)]
    dead = [each.id for each in others if each.id in live and is_dead(each)]
    if dead:
        with uow.write(Author()) as tx:
            for each in dead:
                _bury(tx, each)
            tx.announce("")
            tx.commit()
    ended = {each.id for each in others if each.id not in live or each.id in dead}
    return [evolve(each, lease_until=None) if each.id in ended else each for each in others]


def leave(uow: UnitOfWork, ident: str) -> None:
    """End cleanly: what it held is free at once."""
    with uow.write(Author()) as tx:
        _bury(tx, ident)
        tx.announce("")
        tx.commit()


def known(tx: Transaction) -> Sequence[Process]:
    """All processes that are remembered, the newest first."""
    return tx.of(PROCESSES, PLATFORM).find(Query(order=(Order("created_at", descending=True),)))


def is_live(process: Process, now: datetime) -> bool:
    """Whether its lease is good."""
    return process.lease_until is not None and process.lease_until > now


def check_deployment(uow: UnitOfWork, deployment: str) -> None:
    """Refuse the database of another deployment.

    Raises:
        ConflictError: it is; the message says what to do.
    """
    with uow.read() as tx:
        others = known(tx)
    if others and others[0].deployment != deployment:
        raise ConflictError(
            f"the database belongs to deployment {others[0].deployment}, and this is {deployment}: "
            "processes that share a database share one folder of keys, `--shared`",
            field="shared",
        )


def _check(process: Process, live: Sequence[Process]) -> None:
    for other in live:
        if both_of := sorted(set(process.hosts) & set(other.hosts)):
            raise ConflictError(
                f"host {both_of[0]} has an agent already, in {other.id} ({other.url})", data={"process": other.id}
            )


def _lease(tx: Transaction) -> datetime:
    return tx.now + timedelta(seconds=PROCESS_LEASE_S)


def _bury(tx: Transaction, ident: str) -> None:
    """Make its tasks due at once, give up its uploads, and remember it as ended."""
    tasks = tx.of(TASKS, PLATFORM)
    held = tasks.columns(("id",), Query(where=both(one_of("state", OPEN), eq("lease_owner", ident))))
    tasks.touch([(task, {"wake_at": tx.now, "lease_owner": "", "lease_until": None}) for (task,) in held])
    abandon_uploads(tx, ident)
    tx.of(PROCESSES, PLATFORM).touch([(ident, {"lease_until": None})])


def abandon_uploads(tx: Transaction, uploader: str | None) -> int:
    """Give up the uploads that nobody goes on with, of one process or of all, so that they can be made again."""
    images = tx.of(IMAGES, PLATFORM)
    whose = () if uploader is None else (eq("uploader", uploader),)
    saving = images.find(Query(where=both(eq("status", ImageStatus.SAVING.value), *whose)))
    tasks = tx.of(TASKS, PLATFORM).columns(
        ("obj_id",), Query(where=one_of("exclusive", [f"image/{row.id}" for row in saving]))
    )
    driven = {ident for (ident,) in tasks}
    broken = [row for row in saving if row.id not in driven]
    for row in broken:
        release_image(tx, row)
        failed = {"status": ImageStatus.SAVE_FAIL.value, "status_reason": "the upload broke off"}
        images.save(evolve(row, quota_held=False, **failed), action="upload_fail")
        follow_images(tx, row.guest_image_id)
    return len(broken)


def _forget(tx: Transaction, others: Sequence[Process]) -> None:
    """Old ones, but never the newest: it says whose database this is."""
    processes = tx.of(PROCESSES, PLATFORM)
    before = tx.now - timedelta(seconds=KEPT_S)
    for old in processes.find(Query(where=Compare("updated_at", Op.LT, before))):
        if not is_live(old, tx.now) and old.id != others[0].id:
            processes.remove(old)
