"""Planted defects: each must be noticed by the simulation.

A mutant is a difference, `NAME.patch`, whose first line is `# seed N …: which invariant or fault it is for`. Replaying
lives these seeds until one notices it; none of them may find anything without the defect. `--search` looks for a seed in
ranges that nobody tuned on. After a change of the simulation `--record N` looks for seeds from N and writes them down.

What clients of these lives ask for, and what befalls them, is drawn from `operations.txt` alone, so that a seed goes on
noticing its defect when more is registered. `--operations` writes that list anew; all seeds have to be recorded then.

Each defect is put into the functions of a fork of this process: nothing is copied, and nothing is loaded again.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import multiprocessing
import resource
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import CodeType, FunctionType

from cloudcore_apps.simulate.asking import Known, operations
from cloudcore_apps.simulate.cloud import RESOURCES
from cloudcore_apps.simulate.life import Life
from cloudcore_apps.simulate.menu import MENU, draw
from cloudcore_apps.simulate.moves import NAME as MOVES
from cloudcore_apps.simulate.seeds import of_seed, store_of
from cloudcore_apps.simulate.watch import Violation

HERE = Path(__file__).resolve().parent
LIST = HERE / "operations.txt"
RANGES = (20_000, 40_000, 60_000)
PER_RANGE = 100
ON = 5
"""What no range notices in so many seeds is looked for further on in them, up to as many times that: some defects show once
in some hundred lives."""
MOST = 300
"""So many seeds are lived to record some."""
KEPT = 2
"""So many seeds are written down at most: when a change of what a life does spares the first, another still notices."""
PATIENCE_S = 40
"""So many seconds of processor time are spent at most on one defect."""


ONLY = {
    "image-fence-ignored": ("images create", "images delete", "images convert"),
    "snapshot-left-on-the-host": ("servers create", "snapshots create", "snapshots delete"),
    "address-taken-beside-a-card": ("servers create", "instancegroups create", "instancegroups attachnetwork"),
}
"""Defects in what is seldom asked for: lives that are to notice them ask for nothing else."""
BESIDE = {"instancegroups create": (), "instancegroups attachnetwork": ("network_id",)}
"""What such lives ask for in another way than the list says: there it would change the lives of all other defects."""
MOVING = frozenset(
    (
        "claim-kept-on-the-old-host",
        "guest-left-on-the-old-host",
        "lease-never-renewed",
        "moved-and-told-as-failed",
        "rescued-without-fencing",
        "waits-for-the-dead",
    )
)
"""Defects in moves of servers, and one that shows where steps take long: they are for lives of that ordeal."""


def write_list() -> None:
    """Write down all faults and operations that there are, with the names that their declarations let be drawn."""
    lines = [" ".join([f"{o.name}:", *o.names]) for o in operations(RESOURCES)]
    LIST.write_text("\n".join([" ".join(["faults:", *MENU]), *lines]) + "\n")


def read_list() -> tuple[Sequence[str], Known]:
    """The kinds of faults, and the operations, from which these lives are drawn."""
    parts = [line.partition(":") for line in LIST.read_text().splitlines()]
    known = {name: names.split() for name, _, names in parts}
    return known.pop("faults"), known


def seeds_of(patch: Path) -> list[int]:
    """The seeds that are known to notice it."""
    return [int(word) for word in patch.read_text().partition(":")[0].split()[2:]]


def codes(code: CodeType) -> Iterator[CodeType]:
    """All code in this code."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from codes(part)


def plant(patch: Path) -> None:
    """Put a defect into the functions, plain constants and imports of the loaded module that it changes."""
    path = next(line for line in patch.read_text().splitlines() if line.startswith("+++ b/")).removeprefix("+++ b/")
    parts = [part for part in Path(path).with_suffix("").parts if part not in ("src", "adapters", "apps")]
    module = importlib.import_module(".".join(parts))
    assert module.__file__ is not None
    with tempfile.TemporaryDirectory() as name:
        changed = Path(name) / "changed.py"
        command = ["patch", "-s", "-o", str(changed), module.__file__, str(patch)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{patch.stem} does not fit: {done.stdout}{done.stderr}")
        text = changed.read_text()
    was, code = Path(module.__file__).read_text(), compile(text, module.__file__, "exec")
    assert was != text, patch.stem
    fresh: dict[str, object] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(code, fresh)
    for key, value in fresh.items():
        if key not in vars(module) or isinstance(value, int | float | str):
            setattr(module, key, value)
    inside = {part.co_qualname: part for part in codes(code)}
    for function in (found for found in gc.get_objects() if isinstance(found, FunctionType)):
        if function.__code__.co_filename == module.__file__ and function.__globals__ is vars(module):
            function.__code__ = inside[function.__code__.co_qualname]


def hurts(seed: int, defect: str = "") -> bool:
    """Whether an invariant is hurt in the life of a seed, among those that are to notice this defect."""
    if defect in MOVING:
        return of_seed(seed, MOVES).fails()[1] is not None
    kinds, known = read_list()
    known = {name: {**known, **BESIDE}[name] for name in ONLY.get(defect, known)}
    try:
        Life(seed, draw(seed, kinds), known=known, store=store_of(seed)).live()
    except (Violation, AssertionError):
        return True
    return False


def _live(patch: Path | None, seeds: Iterable[int], told: Connection, defect: str) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_S, PATIENCE_S))
    if patch is not None:
        plant(patch)
    for seed in seeds:
        if hurts(seed, defect):
            told.send(seed)
    told.send(None)


def noticing(patch: Path | None, seeds: Iterable[int], most: int = 1, *, defect: str = "") -> list[int]:
    """The first of these seeds, as many as wanted, that hurt an invariant with the defect in it; None: without it."""
    mine, theirs = multiprocessing.Pipe(duplex=False)
    defect = patch.stem if patch is not None else defect
    process = multiprocessing.get_context("fork").Process(target=_live, args=(patch, seeds, theirs, defect))
    process.start()
    theirs.close()
    found: list[int] = []
    try:
        while len(found) < most and (seed := mine.recv()) is not None:
            found.append(seed)
    except EOFError:
        # A defect that spins is ended when its time is up; whatever else ends a life by itself is a mistake of the patch.
        process.join()
        if process.exitcode is not None and process.exitcode > 0:
            raise SystemExit(f"{patch.stem if patch else 'what has no defect'} does not run") from None
    process.kill()
    process.join()
    return found


def record(patch: Path, first: int) -> bool:
    """Write down which seeds from the first on notice it; whether there is one among many."""
    found = noticing(patch, range(first, first + MOST), KEPT)
    unsound = noticing(None, found, KEPT, defect=patch.stem) if found else []
    sound = [seed for seed in found if seed not in unsound]
    if sound:
        _, _, rest = patch.read_text().partition(":")
        patch.write_text(f"# seed {' '.join(map(str, sound))}:{rest}")
    return bool(sound)


def report(patch: Path, tally: Counter[int], *, search: bool) -> bool:
    """Print whether a defect is noticed; whether it is. tally: by the first seed of a range, how many are noticed in it."""
    ranges = [range(first, first + PER_RANGE) for first in RANGES] if search else [seeds_of(patch)]
    found = [(seeds[0], seed) for seeds in ranges for seed in noticing(patch, seeds)]
    tally.update(first for first, _ in found)
    if search and not found:
        further = (range(first + PER_RANGE * n, first + PER_RANGE * (n + 1)) for n in range(1, ON) for first in RANGES)
        found = next(([(seeds[0], seed)] for seeds in further for seed in noticing(patch, seeds)), [])
    seeds = f" ({', '.join(str(seed) for _, seed in found)})" if search else ""
    print(f"{patch.stem}: {'noticed' if found else 'NOT NOTICED'}{seeds}", flush=True)
    return bool(found)


def main() -> None:
    """Say of each mutant whether it is noticed; fail when one is not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--search", action="store_true", help="look for a seed in each of three ranges")
    parser.add_argument(
        "--record", type=int, metavar="N", help="write down seeds from N on, where none notices any more"
    )
    parser.add_argument("--operations", action="store_true", help="write down anew what there is to ask for")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.operations:
        write_list()
    patches = [p for p in sorted(HERE.glob("*.patch")) if not options.names or p.stem in options.names]
    survivors, tally = list[str](), Counter[int]()
    for patch in patches:
        if options.record is None:
            survivors += [] if report(patch, tally, search=options.search) else [patch.stem]
        elif not noticing(patch, seeds_of(patch)):
            print(f"{patch.stem}: {record(patch, options.record)}", flush=True)
    for first in RANGES if options.search else ():
        print(f"{first} to {first + PER_RANGE - 1}: {tally[first]} of {len(patches)}")
    if survivors:
        raise SystemExit(f"{len(survivors)} mutants survive: {', '.join(survivors)}")


if __name__ == "__main__":
    main()
