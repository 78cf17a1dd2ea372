"""Planted defects: each must be noticed by the simulation.

A mutant is a difference, `NAME.patch`, whose first line is `# seed N: which invariant or fault it is for`. Replaying lives
that seed only, on a copy of src with the difference; `--search` looks for a seed in ranges that nobody tuned on. After a
change of the simulation `--record N` looks for one from N and writes it down.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
RANGES = (20_000, 40_000, 60_000)
PER_RANGE = 100
MOST = 600


def seed_of(patch: Path) -> int:
    """The seed that is known to notice it."""
    return int(patch.read_text().split("seed ", 1)[1].split(":", 1)[0])


def noticed(patch: Path, first: int, count: int) -> int | None:
    """The first of these seeds that hurts an invariant with the defect in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "console", "climc"))
        subprocess.run(["patch", "-p1", "-s", "-i", str(patch)], cwd=folder, check=True)
        path = os.pathsep.join(str(folder / part) for part in ("src", "src/adapters", "src/apps"))
        program = "from cloudcore_apps.main import main; main()"
        command = [sys.executable, "-c", program, "simulate", "--first-seed", str(first), "--seeds", str(count)]
        result = subprocess.run(
            [*command, "--no-shrink"],
            env={**os.environ, "PYTHONPATH": path},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode and "hurts an invariant" not in result.stderr:
        raise SystemExit(f"{patch.stem} does not run: {result.stderr[-500:]}")
    return int(result.stdout.partition("seed ")[2].partition(":")[0]) if result.returncode else None


def record(patch: Path, first: int) -> bool:
    """Write down which seed from the first on notices it; whether there is one among many."""
    seed = noticed(patch, first, MOST)
    if seed is not None:
        text = patch.read_text()
        patch.write_text(text.replace(f"# seed {seed_of(patch)}:", f"# seed {seed}:", 1))
    return seed is not None


def main() -> None:
    """Say of each mutant whether it is noticed; fail when one is not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--search", action="store_true", help="look for a seed in each of three ranges")
    parser.add_argument("--record", type=int, metavar="N", help="write down a seed from N on that notices it")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    survivors = []
    for patch in sorted(HERE.glob("*.patch")):
        if options.names and patch.stem not in options.names:
            continue
        if options.record is not None:
            if seed_of(patch) < options.record or noticed(patch, seed_of(patch), 1) is None:
                print(f"{patch.stem}: {record(patch, options.record)}", flush=True)
            continue
        ranges = [(first, PER_RANGE) for first in RANGES] if options.search else [(seed_of(patch), 1)]
        found = [first for first, count in ranges if noticed(patch, first, count) is not None]
        print(f"{patch.stem}: {'noticed' if found else 'NOT NOTICED'} ({len(found)} of {len(ranges)})", flush=True)
        survivors += [] if found else [patch.stem]
    if survivors:
        raise SystemExit(f"{len(survivors)} mutants survive: {', '.join(survivors)}")


if __name__ == "__main__":
    main()
