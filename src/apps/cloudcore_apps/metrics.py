"""Instruments, and how Prometheus reads them. Labels come from us, never from callers, so that there are only so many."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Protocol, TypeAlias

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
MOST_SERIES = 2000

Labels: TypeAlias = tuple[str, ...]


class Instrument(Protocol):
    """Something that is read when somebody asks."""

    def lines(self) -> Iterator[str]:
        """Its lines in the text format, with their heading."""
        ...


class Counter:
    """A number for each set of labels that only grows. Safe to use from several threads."""

    def __init__(self, name: str, doc: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self._doc = doc
        self._labels = tuple(labels)
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = {} if labels else {(): 0.0}

    def add(self, *labels: str, by: float = 1.0) -> None:
        """Add to the number of these labels; series beyond the bound are counted together, as `other`."""
        with self._lock:
            key = labels if labels in self._values or len(self._values) < MOST_SERIES else ("other",) * len(labels)
            self._values[key] = self._values.get(key, 0.0) + by

    def lines(self) -> Iterator[str]:
        """See `Instrument`."""
        with self._lock:
            values = sorted(self._values.items())
        yield from heading(self.name, self._doc, "counter")
        for labels, value in values:
            yield sample(self.name, zip(self._labels, labels, strict=True), value)


class Histogram:
    """How many observations stayed below each bound, for each set of labels; in seconds."""

    def __init__(self, name: str, doc: str, labels: Sequence[str], buckets: Sequence[float] = BUCKETS_S) -> None:
        self.name = name
        self._doc = doc
        self._labels = tuple(labels)
        self._buckets = tuple(buckets)
        self._lock = threading.Lock()
        self._series: dict[Labels, tuple[list[int], list[float]]] = {}

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one observation."""
        place = bisect_left(self._buckets, seconds)
        with self._lock:
            key = labels if labels in self._series or len(self._series) < MOST_SERIES else ("other",) * len(labels)
            counts, total = self._series.setdefault(key, ([0] * (len(self._buckets) + 1), [0.0]))
            counts[place] += 1
            total[0] += seconds

    def lines(self) -> Iterator[str]:
        """See `Instrument`."""
        with self._lock:
            series = sorted((key, list(counts), total[0]) for key, (counts, total) in self._series.items())
        yield from heading(self.name, self._doc, "histogram")
        for key, counts, total in series:
            labels = list(zip(self._labels, key, strict=True))
            for bound, below in zip((*map(repr, self._buckets), "+Inf"), accumulate(counts), strict=True):
                yield sample(f"{self.name}_bucket", [*labels, ("le", bound)], below)
            yield sample(f"{self.name}_sum", labels, total)
            yield sample(f"{self.name}_count", labels, sum(counts))


class Reading:
    """Numbers that are looked up when somebody asks."""

    def __init__(
        self,
        name: str,
        doc: str,
        labels: Sequence[str],
        read: Callable[[], Mapping[Labels, float]],
        *,
        kind: str = "gauge",
    ) -> None:
        self.name = name
        self._doc = doc
        self._labels = tuple(labels)
        self._read = read
        self._kind = kind

    def lines(self) -> Iterator[str]:
        """See `Instrument`."""
        values = sorted(self._read().items())
        yield from heading(self.name, self._doc, self._kind)
        for labels, value in values:
            yield sample(self.name, zip(self._labels, labels, strict=True), value)


def render(instruments: Iterable[Instrument]) -> str:
    """Everything in the text format."""
    return "".join(f"{line}\n" for instrument in instruments for line in instrument.lines())


def heading(name: str, doc: str, kind: str) -> Iterator[str]:
    """The two lines above the samples of a metric."""
    yield f"# HELP {name} {doc}"
    yield f"# TYPE {name} {kind}"


def sample(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    """One line."""
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    number = str(int(value)) if float(value).is_integer() else repr(float(value))
    return f"{name}{{{told}}} {number}" if told else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
