"""Columns: what the filters and weighers compute on.

A column has one entry per host (or storage, or network), in id order. Columns are read-only arrays: a filter that tries
to write one fails. Text is dictionary-encoded, so that comparing ten thousand zones is one comparison of integers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs
import numpy as np
import numpy.typing as npt

from cloudcore.scheduling.rows import HostRow

Answer = TypeVar("Answer")

BoolArray: TypeAlias = npt.NDArray[np.bool_]
"""One truth value per row."""

IntArray: TypeAlias = npt.NDArray[np.int64]
"""One integer per row, or row numbers."""

FloatArray: TypeAlias = npt.NDArray[np.float64]
"""One score or fraction per row."""

KeyArray: TypeAlias = npt.NDArray[np.uint64]
"""One hash per row."""

LIMIT = 1 << 50
"""The largest amount that a column holds: sums of a million of them still fit in 63 bits with room for their use."""

_KEPT = 64
"""So many values of a column have the rows that they are on kept: such as states and types, hardly owners."""

UNLIMITED = LIMIT
"""The capacity of a host that no filter has bounded."""


def frozen(array: npt.NDArray[np.generic]) -> None:
    """Make an array read-only in place."""
    array.setflags(write=False)


_MEMOS = 1024
"""So many answers a memo keeps before it begins anew."""


class Memo:
    """Answers that follow from columns which no placement changes, by question; shared by inventories that share those."""

    def __init__(self) -> None:
        self._known: dict[object, Any] = {}

    def recall(self, question: Hashable, answer: Callable[[], Answer]) -> Answer:
        """The answer, worked out the first time. A question names its kind, so that answers of one are of one type."""
        found: Answer | None = self._known.get(question)
        if found is None:
            if len(self._known) >= _MEMOS:
                self._known.clear()
            found = self._known[question] = answer()
        return found


@attrs.frozen(eq=False)
class Coded:
    """A text column: `values[codes[row]]` is the text of a row."""

    codes: IntArray
    values: tuple[str, ...]
    index: Mapping[str, int]
    _equal: dict[int, BoolArray] = attrs.field(factory=dict[int, BoolArray], init=False)

    @classmethod
    def of(cls, items: Iterable[str]) -> Coded:
        """Encode the texts, codes in order of first appearance."""
        index: dict[str, int] = {}
        codes = np.array([index.setdefault(item, len(index)) for item in items], dtype=np.int64)
        frozen(codes)
        return cls(codes, tuple(index), index)

    def equals(self, value: str) -> BoolArray:
        """The rows whose text is `value`; not to be written to."""
        code = self.index.get(value, -1)
        found = self._equal.get(code)
        if found is None:
            found = self.codes == code
            frozen(found)
            if code < _KEPT:
                self._equal[code] = found
        return found

    def among(self, values: Iterable[str]) -> BoolArray:
        """The rows whose text is one of `values`."""
        wanted = frozenset(values)
        return self.where(lambda value: value in wanted)

    def where(self, predicate: Callable[[str], bool]) -> BoolArray:
        """The rows whose text satisfies `predicate`, which is called once per distinct text."""
        verdicts = np.array([predicate(value) for value in self.values], dtype=np.bool_)
        return verdicts[self.codes] if self.values else np.zeros(len(self.codes), dtype=np.bool_)

    def taken(self, rows: IntArray) -> Coded:
        """The texts of some rows."""
        return Coded(self.codes.take(rows), self.values, self.index)

    def put(self, row: int, value: str) -> Coded:
        """The column with another text in one row."""
        index = dict(self.index)
        code = index.setdefault(value, len(index))
        codes = self.codes.copy()
        codes[row] = code
        frozen(codes)
        return Coded(codes, tuple(index), index)

    def __getitem__(self, row: int) -> str:
        return self.values[int(self.codes[row])]


@attrs.frozen(eq=False)
class Sharing:
    """Who owns each row and whom its owner lets use it.

    shared_domains, shared_projects: the rows that are shared with an id, by that id.
    """

    domain: Coded
    project: Coded
    system_wide: BoolArray
    domain_wide: BoolArray
    shared_domains: Mapping[str, IntArray]
    shared_projects: Mapping[str, IntArray]

    def for_domain(self, domain_id: str) -> BoolArray:
        """The rows that a domain may use: its own, those public to all, and those shared with it."""
        usable = self.domain.equals(domain_id) | self.system_wide
        shared = self.shared_domains.get(domain_id)
        if shared is not None:
            usable[shared] |= self.domain_wide[shared]
        return usable

    def taken(self, rows: IntArray) -> Sharing:
        """That of some rows."""
        return Sharing(
            domain=self.domain.taken(rows),
            project=self.project.taken(rows),
            system_wide=self.system_wide.take(rows),
            domain_wide=self.domain_wide.take(rows),
            shared_domains={key: np.flatnonzero(np.isin(rows, known)) for key, known in self.shared_domains.items()},
            shared_projects={key: np.flatnonzero(np.isin(rows, known)) for key, known in self.shared_projects.items()},
        )

    def put(self, row: int, one: Sharing) -> Sharing:
        """The same with that of another in one row."""
        return Sharing(
            domain=self.domain.put(row, one.domain[0]),
            project=self.project.put(row, one.project[0]),
            system_wide=_flag_put(self.system_wide, row, bool(one.system_wide[0])),
            domain_wide=_flag_put(self.domain_wide, row, bool(one.domain_wide[0])),
            shared_domains=_rows_put(self.shared_domains, row, one.shared_domains),
            shared_projects=_rows_put(self.shared_projects, row, one.shared_projects),
        )

    def is_as(self, row: int, host: HostRow) -> bool:
        """Whether a row is owned and shared as a host is."""
        scope = host.public_scope if host.is_public else "none"
        if self.domain[row] != host.domain_id:
            return False
        if self.system_wide[row] != (scope == "system") or self.domain_wide[row] != (scope == "domain"):
            return False
        shared = host.shared_domain_ids if host.is_public else ()
        return {key for key, rows in self.shared_domains.items() if row in rows} == set(shared)

    def for_project(self, project_id: str, domain_id: str) -> BoolArray:
        """The rows that a project may use: its own, public ones, and those shared with it or with its domain."""
        usable = self.project.equals(project_id) & self.domain.equals(domain_id)
        usable |= self.system_wide | (self.domain_wide & self.domain.equals(domain_id))
        for shared, mask in (
            (self.shared_domains.get(domain_id), self.domain_wide),
            (self.shared_projects.get(project_id), None),
        ):
            if shared is not None:
                usable[shared] |= True if mask is None else mask[shared]
        return usable


def _flag_put(column: BoolArray, row: int, flag: bool) -> BoolArray:
    changed = column.copy()
    changed[row] = flag
    frozen(changed)
    return changed


def _rows_put(shared: Mapping[str, IntArray], row: int, wanted: Mapping[str, IntArray]) -> dict[str, IntArray]:
    """Which rows are shared with whom, when one row is shared with these."""
    found: dict[str, IntArray] = {}
    for key in sorted({*shared, *wanted}):
        others = shared.get(key, np.zeros(0, dtype=np.int64))
        others = others[others != row]
        found[key] = np.sort(np.append(others, row)) if key in wanted else others
    return found


def among(ids: Iterable[str], index: Mapping[str, int]) -> BoolArray:
    """The rows of these ids; ids that have none are passed over."""
    mask = np.zeros(len(index), dtype=np.bool_)
    mask[[index[ident] for ident in ids if ident in index]] = True
    return mask


def picked(column: FloatArray, rows: IntArray) -> FloatArray:
    """The values of some rows, which are in order and none twice: the column itself where that is all of them."""
    return column if len(rows) == len(column) else column.take(rows)


def summed(amounts: IntArray, slots: IntArray) -> IntArray:
    """The sum over the slots of each host. amounts: by what stands in slots, with a last entry of 0 for what fills them up."""
    if not slots.shape[1]:
        return np.zeros(len(slots), dtype=np.int64)
    # All numbers are in range: clipping, of which there is none, is what costs the least.
    total: IntArray = amounts.take(slots[:, 0], mode="clip")
    for place in range(1, slots.shape[1]):
        total += amounts.take(slots[:, place], mode="clip")
    return total


def rows_by_key(keys: Sequence[Iterable[str]]) -> dict[str, IntArray]:
    """Turn a list of keys per row into a list of rows per key."""
    found: dict[str, list[int]] = {}
    for row, row_keys in enumerate(keys):
        for key in row_keys:
            found.setdefault(key, []).append(row)
    return {key: np.array(rows, dtype=np.int64) for key, rows in found.items()}


@attrs.frozen(eq=False)
class Adjacency:
    """Which rights (storages, wires, networks) belong to which lefts (hosts, wires).

    left, right: the edges, sorted by left then right, without duplicates.
    starts: `right[starts[l]:starts[l + 1]]` are the rights of `l`.
    """

    left: IntArray
    right: IntArray
    starts: IntArray

    @classmethod
    def of(cls, left: Sequence[int], right: Sequence[int], size: int) -> Adjacency:
        """Build from parallel lists of row numbers; `size` is the number of lefts."""
        edges = np.array([left, right], dtype=np.int64).reshape(2, -1)
        order = np.lexsort((edges[1], edges[0]))
        edges = edges[:, order]
        if edges.shape[1]:
            fresh = np.append(True, np.any(edges[:, 1:] != edges[:, :-1], axis=0))
            edges = edges[:, fresh]
        starts = np.searchsorted(edges[0], np.arange(size + 1)).astype(np.int64)
        frozen(edges)
        frozen(starts)
        return cls(edges[0], edges[1], starts)

    def of_row(self, left: int) -> IntArray:
        """The rights of one left, ascending."""
        return self.right[self.starts[left] : self.starts[left + 1]]

    @classmethod
    def of_slots(cls, slots: IntArray, filler: int) -> Adjacency:
        """Build from a matrix, one line a left, filled up with `filler`."""
        left, place = np.nonzero(slots != filler)
        return cls.of(left.tolist(), slots[left, place].tolist(), len(slots))

    def turned(self, size: int) -> Adjacency:
        """Which lefts belong to which of `size` rights."""
        return Adjacency.of(self.right.tolist(), self.left.tolist(), size)

    def padded(self, filler: int) -> IntArray:
        """The rights of every left as a matrix, one line a left, filled up; columns lie together in memory."""
        counts = np.diff(self.starts)
        width = int(counts.max()) if counts.size else 0
        table = np.full((len(counts), width), filler, dtype=np.int64, order="F")
        table[self.left, np.arange(len(self.left)) - self.starts[self.left]] = self.right
        frozen(table)
        return table
