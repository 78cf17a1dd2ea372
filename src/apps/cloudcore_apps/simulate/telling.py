"""The numbering of the history: done by one process after another, and checked at each commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.history import HistoryRecord
from cloudcore.operations.numbering import number

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

EVERY_S = 15.0


def number_history(life: Life) -> None:
    """Be two actors: have processes give positions, so that two may do it at once."""
    while not life.over:
        life.stage.sleep(EVERY_S * life.stage.random.random())
        try:
            given = life.request("history", lambda session: number(session._platform))  # noqa: SLF001 - the process itself does so
        except CloudcoreError as error:
            life.stage.note(f"the history is not numbered: {error}")
        else:
            life.asked["history numbered", ""] += bool(given)


def number_all(life: Life) -> None:
    """Give the rest their positions, in quiet weather."""
    while number(life.cloud.platform):
        pass


class Told:
    """What has been told of the history: each record once, under the next number, and each thing's changes in order."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._positions: dict[str, int] = {}
        self._newest: dict[tuple[str, str], int] = {}

    def committed(self, records: Iterable[HistoryRecord | None]) -> None:
        """Look at the records that a commit wrote."""
        fresh: list[tuple[int, HistoryRecord]] = []
        for record in records:
            if record is None:
                self._complain("a record was removed")
            elif record.id in self._positions:
                if record.position != self._positions[record.id]:
                    self._complain(f"record {record.id} was {self._positions[record.id]} and is {record.position}")
            elif record.position is not None:
                fresh.append((record.position, record))
        for position, record in sorted(fresh, key=lambda one: one[0]):
            if position != len(self._positions) + 1:
                self._complain(f"record {record.id} is {position} and follows {len(self._positions)}")
            self._positions[record.id] = position
            self._follow(record)

    def rest(self, records: Iterable[HistoryRecord]) -> list[str]:
        """Those that were not told."""
        return [record.id for record in records if record.id not in self._positions]

    def _follow(self, record: HistoryRecord) -> None:
        key = (record.obj_type, record.obj_id)
        last = self._newest.get(key)
        if not record.version:
            self._newest.setdefault(key, 0)
            return
        if last not in (record.version - 1, record.version):
            self._complain(f"version {record.version} of {key} is told after {last}")
        self._newest[key] = record.version
