"""What lives have gone through: operations, flows, steps forwards and back, and faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from cloudcore.tasks.flows import FLOWS
from cloudcore_apps.simulate.asking import operations
from cloudcore_apps.simulate.cloud import RESOURCES
from cloudcore_apps.simulate.life import Life
from cloudcore_apps.simulate.menu import MENU


class Coverage:
    """Counts over any number of lives."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.granted: Counter[str] = Counter()
        self.flows: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        self.undone: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def add(self, life: Life) -> None:
        """Count one life."""
        for (name, refusal), count in life.asked.items():
            self.asked[name] += count
            self.granted[name] += 0 if refusal else count
        for task in life.cloud.rows("tasks"):
            self.flows[task.flow] += 1
            for entry in task.log:
                name = f"{task.flow} {entry['step']}"
                self.steps[name] += entry["event"] == "done"
                self.undone[name] += entry["event"] == "undone"
        words = (line.split(" ") for line in life.stage.log)
        self.faults.update(line[2] for line in words if line[1] in ("fault:", "weather:"))

    def update(self, other: Coverage) -> None:
        """Count what another has counted."""
        for name, counts in vars(other).items():
            getattr(self, name).update(counts)

    def lines(self) -> Sequence[str]:
        """The figures, and what never came up."""
        names = [operation.name for operation in operations(RESOURCES)]
        steps = [f"{flow.name} {step.name}" for flow in FLOWS.values() for step in flow.steps]
        return [
            *_part("operations asked for", names, self.asked),
            *_part("operations granted", names, self.granted),
            *_part("flows", list(FLOWS), self.flows),
            *_part("steps done", steps, self.steps),
            *_part("steps taken back", steps, self.undone),
            *_part("faults", list(MENU), self.faults),
        ]


def _part(title: str, known: Collection[str], seen: Counter[str]) -> Sequence[str]:
    missing = [name for name in known if not seen[name]]
    line = f"{title}: {len(known) - len(missing)} of {len(known)}"
    return [line, *([f"  never: {', '.join(missing)}"] if missing else [])]
