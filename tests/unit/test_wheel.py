"""What is shipped: three packages with their types and scripts, and nothing else.

`CLOUDCORE_DIST` names a folder with a finished wheel and sdist; without it, both are built here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["cloudcore", "cloudcore_adapters", "cloudcore_apps"]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("CLOUDCORE_DIST"):
        return Path(given)
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return next(dist.glob("cloudcore-*.whl"))


def test_the_wheel_holds_three_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}

    assert sorted(top for top in tops if not top.endswith(".dist-info")) == PACKAGES


def test_the_packages_are_typed_and_licensed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert [package for package in PACKAGES if f"{package}/py.typed" not in names] == []
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_every_source_file_is_in_the_wheel(wheel: Path) -> None:
    sources = {
        path.relative_to(root).as_posix()
        for root in (ROOT / "src", ROOT / "src/adapters", ROOT / "src/apps")
        for package in PACKAGES
        for path in (root / package).rglob("*.py")
    }

    with zipfile.ZipFile(wheel) as archive:
        missing = sources - set(archive.namelist())

    assert sorted(missing) == []


def test_every_script_leads_to_a_module_of_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = ConfigParser()
        entry_points.read_string(archive.read(next(n for n in names if n.endswith("entry_points.txt"))).decode())
    scripts = dict(entry_points["console_scripts"])

    modules = {script: target.split(":")[0].replace(".", "/") for script, target in scripts.items()}

    assert sorted(scripts) == ["climc", "cloudcore"]
    assert [m for m in modules.values() if f"{m}.py" not in names and f"{m}/__init__.py" not in names] == []


def test_the_core_imports_from_the_wheel_alone(wheel: Path) -> None:
    script = f"import sys; sys.path.insert(0, {str(wheel)!r}); import cloudcore; print(cloudcore.__file__)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd="/")

    assert done.stdout.strip().startswith(str(wheel))


def test_the_sdist_brings_tests_documents_and_examples(dist: Path) -> None:
    with tarfile.open(next(dist.glob("cloudcore-*.tar.gz"))) as archive:
        seconds = {name.split("/")[1] for name in archive.getnames() if "/" in name}

    assert {"src", "tests", "docs", "examples", "LICENSE", "README.md", "noxfile.py", "pyproject.toml"} <= seconds
