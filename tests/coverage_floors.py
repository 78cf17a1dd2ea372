"""Fail when coverage is under a floor: coverage_floors.py COVERAGE.json cloudcore=97 total=90.

A name is a package, or `total`. A share is covered lines and branches of all lines and branches, in per cent.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def share(files: dict[str, dict[str, dict[str, int]]], package: str) -> float:
    """Compute the share of a package; it is 0 where nothing of it was measured."""
    chosen = [f["summary"] for name, f in files.items() if package == "total" or package in Path(name).parts]
    covered = sum(s["covered_lines"] + s.get("covered_branches", 0) for s in chosen)
    everything = sum(s["num_statements"] + s.get("num_branches", 0) for s in chosen)
    return 100 * covered / everything if everything else 0.0


def main(report: str, *floors: str) -> int:
    """Print each share beside its floor; 1 when one is too low."""
    files = json.loads(Path(report).read_text())["files"]
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
