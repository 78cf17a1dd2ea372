"""Fail when coverage is under a floor: coverage_floors.py COVERAGE.json cloudcore=97 total=90.

A name is a package, or `total`. A share is covered lines and branches of all lines and branches, in per cent. The files
that lack most lines are named with them; `coverage report` tells of all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def share(files: dict[str, dict[str, dict[str, int]]], package: str) -> float:
    """Compute the share of a package; it is 0 where nothing of it was measured."""
    chosen = [f["summary"] for name, f in files.items() if package == "total" or package in Path(name).parts]
    covered = sum(s["covered_lines"] + s.get("covered_branches", 0) for s in chosen)
    everything = sum(s["num_statements"] + s.get("num_branches", 0) for s in chosen)
    return 100 * covered / everything if everything else 0.0


def lacking(files: dict[str, dict[str, Any]], most: int = 15) -> Iterator[str]:
    """What the files say that have most lines which no test ran."""
    for name in sorted(files, key=lambda n: -len(files[n]["missing_lines"]))[:most]:
        lines = files[name]["missing_lines"]
        if lines:
            yield f"{len(lines):5d} lines of {name}: {', '.join(map(str, lines[:12]))}{' …' if len(lines) > 12 else ''}"


def main(report: str, *floors: str) -> int:
    """Print each share beside its floor; 1 when one is too low."""
    files = json.loads(Path(report).read_text())["files"]
    print(*lacking(files), sep="\n")
    failed = 0
    for floor in floors:
        package, least = floor.split("=")
        found = share(files, package)
        low = found < float(least)
        failed |= low
        print(f"coverage of {package}: {found:.1f} % (at least {least} %){' TOO LOW' if low else ''}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
