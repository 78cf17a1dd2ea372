"""Run the benchmarks and write their figures: run.py [--json FILE] [--only WORD].

A benchmark is a module `*_bench.py` of this folder with a function `benchmarks()` that returns
`{name: {"value": number, "unit": text}}`. All figures go into one flat JSON object of that form.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
Figures = dict[str, dict[str, Any]]


def modules(only: str) -> Iterator[ModuleType]:
    """Import each benchmark module whose name contains a word, in the order of their names."""
    for path in sorted(HERE.glob("*_bench.py")):
        if only not in path.stem:
            continue
        spec = importlib.util.spec_from_file_location(f"tests.perf.{path.stem}", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        yield module


def collect(only: str = "") -> Figures:
    """Run the chosen benchmarks; a name that two of them use, or a figure without a unit, is an error."""
    figures: Figures = {}
    for module in modules(only):
        if not hasattr(module, "benchmarks"):
            raise AttributeError(f"{module.__name__} has no function benchmarks()")
        for name, figure in module.benchmarks().items():
            if name in figures:
                raise ValueError(f"two benchmarks are called {name}")
            value, unit = figure["value"], figure["unit"]
            figures[name] = {"value": value, "unit": unit}
            print(f"{name:<48} {value:>12.3f} {unit}", flush=True)
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Run, print and, when asked to, write; 1 when nothing was measured."""
    parser = argparse.ArgumentParser(description="Run the benchmarks of this folder.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--only", default="", metavar="WORD", help="only modules whose name contains this")
    chosen = parser.parse_args(arguments)
    sys.path.insert(0, str(HERE.parents[1]))
    figures = collect(chosen.only)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    return 0 if figures else 1


if __name__ == "__main__":
    sys.exit(main())
