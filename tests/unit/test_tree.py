"""The shape of the source tree: sizes, names, who may import what, and nothing forgotten."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cloudcore.resources.compute.drivers import ALL as DRIVERS
from cloudcore.resources.compute.drivers import Driver

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
CORE = SRC / "cloudcore"
ADAPTERS = SRC / "adapters" / "cloudcore_adapters"
SOURCES = sorted(SRC.rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
VAGUE = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc"}
PURE = {
    "__future__", "base64", "binascii", "bisect", "collections", "contextlib", "copy", "datetime", "decimal", "enum",
    "fractions", "functools", "hashlib", "heapq", "hmac", "ipaddress", "itertools", "json", "math", "operator", "re",
    "string", "struct", "types", "typing", "unicodedata",
}  # fmt: skip
"""Modules of the standard library that do no I/O, read no clock and draw no random number."""
THIRD_PARTY = {"attrs", "cattrs"}
HOMES = {
    "alembic": "sql",
    "argon2": "crypto",
    "cryptography": "crypto",
    "httptools": "rest",
    "httpx": "client",
    "libvirt": "libvirt",
    "libvirt_qemu": "libvirt",
    "nacl": "crypto",
    "psycopg": "sql",
    "segno": "rest",
    "sqlalchemy": "sql",
    "starlette": "rest",
    "uvicorn": "rest",
}
"""The one adapter that may import a library."""
UNSCOPED_OPERATIONS = {
    "addresses.py",
    "begin.py",
    "caches.py",
    "creating.py",
    "crowds.py",
    "decisions.py",
    "disk_places.py",
    "disks.py",
    "draining.py",
    "evacuation.py",
    "foresight.py",
    "generic.py",
    "group_addresses.py",
    "guest_images.py",
    "guest_saving.py",
    "host_care.py",
    "host_leases.py",
    "hosts.py",
    "idempotency.py",
    "identity/accounts.py",
    "identity/application_credentials.py",
    "identity/assignments.py",
    "identity/credentials.py",
    "identity/directory.py",
    "identity/grants.py",
    "identity/leaving.py",
    "identity/login.py",
    "identity/memberships.py",
    "identity/passwords.py",
    "identity/policies.py",
    "identity/revocations.py",
    "identity/scoping.py",
    "identity/second_factor.py",
    "identity/tokens.py",
    "image_bin.py",
    "image_changes.py",
    "image_records.py",
    "images.py",
    "instancesnapshots.py",
    "ladder.py",
    "markers.py",
    "members.py",
    "network_ranges.py",
    "networks.py",
    "numbering.py",
    "ownership.py",
    "permits.py",
    "packing.py",
    "perform.py",
    "placement.py",
    "plans/planning.py",
    "plans/telling.py",
    "pools.py",
    "quota_changes.py",
    "quota_reports.py",
    "quotas.py",
    "records.py",
    "recycling.py",
    "refs.py",
    "reservations.py",
    "saving.py",
    "secgroups.py",
    "seed.py",
    "servers/bonds.py",
    "servers/boot.py",
    "servers/cards.py",
    "servers/clone.py",
    "servers/config.py",
    "servers/devices.py",
    "servers/disks.py",
    "servers/eips.py",
    "servers/inserting.py",
    "servers/login.py",
    "servers/marks.py",
    "servers/media.py",
    "servers/migrate.py",
    "servers/moving.py",
    "servers/names.py",
    "servers/rebuild.py",
    "servers/records.py",
    "servers/relocate.py",
    "servers/resize.py",
    "servers/security.py",
    "servers/storage.py",
    "servers/throttle.py",
    "shares.py",
    "sharing.py",
    "snapshot_policies.py",
    "snapshots.py",
    "statistics.py",
    "staying.py",
}
"""Operations that reach rows without a caller's scope: inserts, checks of uniqueness and of references, directory and
login, and what hangs off a row that was reached within a scope. Others may not join."""
UNSPOKEN = [
    r"/wor[k]/",
    r"helper[ -]sessio[n]",
    r"\bpypi\.or[g]\b",
    r"files\.pythonhoste[d]",
    r"registry\.npmj[s]",
    r"deb\.debian\.or[g]",
    r"\bTOD[O]\b",
    r"\bFIXM[E]\b",
    r"not implemented ye[t]",
]
"""Paths and places of one person's machine, and notes to self."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Each imported module with its line, those inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def tracked() -> list[Path]:
    """Every file under version control, or every source of the sdist where there is no repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        return [path for folder in ("src", "tests", "docs", "examples") for path in (ROOT / folder).rglob("*.*")]
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def written() -> list[Path]:
    """Files that people write: migrations are drafted from the declared types and read as data."""
    return [path for path in SOURCES if path.parent.name != "versions"]


def test_files_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in written()}

    assert [where(path, length) for path, length in lengths.items() if length > MAX_FILE_LINES] == []


def test_functions_are_short() -> None:
    long = [
        f"{where(path, node.lineno)} {node.name}: {length} lines"
        for path in written()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_every_module_says_what_it_is() -> None:
    assert [where(path, 1) for path in SOURCES if not ast.get_docstring(tree(path))] == []


def test_no_module_has_a_vague_name() -> None:
    assert [where(path, 1) for path in SOURCES if path.stem in VAGUE or path.parent.name in VAGUE] == []


def test_annotations_are_never_evaluated_early() -> None:
    without = [
        where(path, 1)
        for path in SOURCES
        if any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign) for node in tree(path).body)
        and "__future__" not in [name for _, name in imported(path)]
    ]

    assert without == []


def test_the_core_imports_only_what_does_no_io() -> None:
    wrong = []
    for path in CORE.rglob("*.py"):
        allowed = PURE | THIRD_PARTY | {"cloudcore"}
        if "scheduling" in path.relative_to(CORE).parts:
            allowed |= {"numpy"}
        wrong += [f"{where(path, line)} {name}" for line, name in imported(path) if name.split(".")[0] not in allowed]

    assert sorted(wrong) == []


def test_each_library_is_imported_by_one_adapter() -> None:
    wrong = [
        f"{where(path, line)} {name}"
        for path in ADAPTERS.rglob("*.py")
        for line, name in imported(path)
        if HOMES.get(name.split(".")[0], path.relative_to(ADAPTERS).parts[0]) != path.relative_to(ADAPTERS).parts[0]
    ]

    assert sorted(wrong) == []


def test_ports_hold_protocols_and_values_only() -> None:
    wrong = []
    for path in sorted((CORE / "ports").glob("*.py")):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                wrong.append(f"{where(path, node.lineno)} function {node.name}")
            elif isinstance(node, ast.ClassDef) and not _is_protocol(node) and not _is_value(node):
                wrong.append(f"{where(path, node.lineno)} class {node.name}")

    assert wrong == []


def _is_protocol(node: ast.ClassDef) -> bool:
    """Whether it is a Protocol whose methods have no body but a docstring."""
    names = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    if not any(isinstance(name, ast.Name) and name.id == "Protocol" for name in names):
        return False
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    return all(isinstance(part, ast.Expr) for method in methods for part in method.body)


def _is_value(node: ast.ClassDef) -> bool:
    """Whether it is a frozen attrs class without methods."""
    frozen = any("frozen" in ast.unparse(decorator) for decorator in node.decorator_list)
    return frozen and not any(isinstance(part, ast.FunctionDef) for part in node.body)


def test_operations_without_a_scope_are_listed() -> None:
    folder = CORE / "operations"
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if any(isinstance(node, ast.Name) and node.id == "PLATFORM" for node in ast.walk(tree(path)))
    }

    assert sorted(found - UNSCOPED_OPERATIONS) == [], "an operation reaches rows through tx.of(KIND, scope)"
    assert sorted(UNSCOPED_OPERATIONS - found) == [], "take these off the list: it may only shrink"


def test_every_driver_is_listed() -> None:
    folder = CORE / "resources" / "compute" / "drivers"
    defined = {
        value.hypervisor
        for path in folder.glob("*.py")
        for value in vars(importlib.import_module(f"cloudcore.resources.compute.drivers.{path.stem}")).values()
        if isinstance(value, Driver)
    }

    assert sorted(driver.hypervisor for driver in DRIVERS) == sorted(defined)


@pytest.mark.parametrize("package", ["scheduling/filters", "scheduling/weighers", "tasks/flows"])
def test_every_module_of_a_list_is_in_the_list(package: str) -> None:
    folder = CORE / package
    listed = {name.split(".")[-1] for _, name in imported(folder / "__init__.py")}
    used = {name.split(".")[-1] for path in folder.glob("*.py") for _, name in imported(path)}
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}

    assert len(listed & modules) >= 4
    assert sorted(modules - used) == []


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("cloudcore", {"attr", "attrs", "cattr", "cattrs"}),
        ("cloudcore.cloud", {"attr", "attrs", "cattr", "cattrs", "numpy"}),
    ],
)
def test_importing_the_core_loads_no_library_that_it_does_not_need(module: str, allowed: set[str]) -> None:
    script = f"import sys; before = set(sys.modules); import {module}; print(*sorted(set(sys.modules) - before))"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd="/")

    roots = {name.split(".")[0] for name in loaded.stdout.split()}
    foreign = roots - set(sys.stdlib_module_names) - {"cloudcore", "typing_extensions", "exceptiongroup"} - allowed
    assert sorted(name for name in foreign if not name.startswith(("_", "cython"))) == []


def test_nothing_is_mocked() -> None:
    pattern = re.compile(
        r"unittest\.moc[k]|from unittest import moc[k]|\bmonkeypatch\.setatt[r]|\bmocke[r]\b|\bMagicMoc[k]\b"
    )
    wrong = [
        where(path, number)
        for folder in ("src", "tests", "examples")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]

    assert wrong == []


def test_no_merge_is_left_open() -> None:
    assert [
        path for path in tracked() if path.is_file() and re.search(rb"^[<>]{7} ", path.read_bytes(), re.MULTILINE)
    ] == []


def test_the_repository_speaks_of_itself_alone() -> None:
    pattern = re.compile("|".join(UNSPOKEN))
    wrong = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        wrong += [
            f"{where(path, number)} {found.group()}"
            for number, line in enumerate(text.splitlines(), 1)
            if (found := pattern.search(line))
        ]

    assert wrong == []


def test_the_core_never_walks_a_set() -> None:
    """The order of a set changes from run to run; what goes through one is sorted first."""
    wrong = []
    for path in CORE.rglob("*.py"):
        for node in ast.walk(tree(path)):
            walked = [node.iter] if isinstance(node, ast.For | ast.comprehension) else []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"list", "tuple"}:
                walked = node.args[:1]
            wrong += [where(path, part.lineno) for part in walked if _is_set(part)]

    assert sorted(wrong) == []


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}
