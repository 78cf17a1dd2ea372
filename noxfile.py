"""Every check of the repository. `nox` is the fast set; `nox -s system` runs the real parts; `nox -l` lists the rest.

All sessions of one Python share one environment under .nox, which is made again when pyproject.toml changes. The project
is installed into it as a wheel, not in place: what is tested is what would be shipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nox

ROOT = Path(__file__).parent
REPORTS = ROOT / ".nox" / "reports"
PYTHONS = ("3.11", "3.12", "3.13")
FAST = ("tests/unit", "tests/contracts", "tests/wire", "tests/simulation", "tests/history", "tests/golden", "tests/e2e")
SIDE_BY_SIDE = ("-n", "3", "--dist", "worksteal")
"""One more than the two cores, for many tests wait; worksteal leaves the tests of a file, which share what is dear, together."""
FILE_BY_FILE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""The tests of a file share a machine with guests; machines and clouds have namespaces, folders and ports of their own."""
SYSTEM = ("tests/system", "tests/e2e", "tests/contracts", "tests/wire", "tests/unit", "tests/simulation")
"""Long files first, so that no core is idle at the end."""
SYSTEM_SMOKE = "tests/system/test_first_server.py::test_a_server_lives_from_image_to_nothing_left"
FLOOR_CORE = 95
"""Branch coverage of src/cloudcore in per cent; may only rise."""
FLOOR_TOTAL = 90
"""Branch coverage of all three packages in per cent; may only rise."""

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "types", "imports", "tests", "docs", "build"]
nox.options.default_venv_backend = "none"


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    tool = _Environment(session)
    tool.run("ruff", "check", ".")
    tool.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types: mypy over src, pyright over the core, both strict."""
    tool = _Environment(session)
    tool.run("mypy")
    tool.run("pyright", "--warnings", "src/cloudcore")


@nox.session
def imports(session: nox.Session) -> None:
    """Check who may import whom."""
    _Environment(session).run("lint-imports", "--no-cache")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the fast suite with coverage; arguments replace the list of tests and leave coverage out."""
    tool = _Environment(session, install=True)
    if session.posargs:
        tool.pytest("chosen", *session.posargs)
        return
    data = ROOT / ".nox" / "coverage.json"
    coverage = ("--cov", f"--cov-report=json:{data}")
    tool.pytest("fast", *_present(*FAST), "-m", "not system and not slow", *SIDE_BY_SIDE, *coverage)
    tool.run("python", "tests/coverage_floors.py", data, f"cloudcore={FLOOR_CORE}", f"total={FLOOR_TOTAL}")


@nox.session
def golden(session: nox.Session) -> None:
    """Compare what is derived (tables, OpenAPI document, help) with what is committed."""
    _Environment(session, install=True).pytest("golden", "tests/golden", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Check that generated pages are current and that links lead somewhere; `-- --write` writes the pages."""
    _Environment(session, install=True).run("python", "docs/generate.py", *(session.posargs or ("--check",)))


@nox.session
def build(session: nox.Session) -> None:
    """Build the sdist, the wheel from it, and look at what is in them."""
    tool = _Environment(session)
    folder = ROOT / ".nox" / "dist"
    shutil.rmtree(folder, ignore_errors=True)
    tool.run("python", "-m", "build", "--outdir", folder, ".")
    tool.pytest("build", "tests/unit/test_wheel.py", env={"CLOUDCORE_DIST": str(folder)})


@nox.session
def system(session: nox.Session) -> None:
    """Run the real parts: processes, databases, libvirt and booted guests. Needs root and the packages of .ci/run."""
    tool = _Environment(session, install=True)
    chosen = (*_present(*SYSTEM), "-m", "system and not slow", *FILE_BY_FILE)
    counts = tool.pytest("system", *(session.posargs or chosen), "--durations=15")
    if not session.posargs and counts["passed"] == 0:
        session.error("every system test was skipped: run as root with the packages that .ci/run names")


@nox.session
def simulation(session: nox.Session) -> None:
    """Live whole clouds under seeded faults; `-- --seeds 10000 --first-seed N` says how many."""
    _Environment(session, install=True).run("cloudcore", "simulate", *(session.posargs or ("--seeds", "1000")))


@nox.session
def mutants(session: nox.Session) -> None:
    """See that planted defects are noticed by their seeds; `-- --search` looks for seeds afresh."""
    _Environment(session, install=True).run("python", "tests/simulation/mutants/run.py", *session.posargs)


@nox.session
def perf(session: nox.Session) -> None:
    """Run the benchmarks of tests/perf; `-- --json FILE` writes the figures, `-- --only WORD` chooses."""
    _Environment(session, install=True).run("python", "tests/perf/run.py", *session.posargs)


@nox.session(name="all")
def everything(session: nox.Session) -> None:
    """Run all suites: everything with its long runs on the first Python from 3.11 to 3.13 that is here.

    The others run the fast set, without coverage, and one guest from its image to nothing left: what the system tests
    look at beyond that (libvirt, QEMU, databases, kills) does not change with the Python in front of it.
    """
    broken: list[str] = []
    first = True
    for version in PYTHONS:
        python = _interpreter(version)
        if python is None:
            session.warn(f"Python {version} is not here: left out")
            continue
        tool = _Environment(session, install=True, python=python)
        if first:
            suites = {
                f"all-{version}": (*_present(*FAST), "-m", "not system", *SIDE_BY_SIDE, "--timeout=3600"),
                f"all-system-{version}": (*_present(*SYSTEM), "-m", "system", *FILE_BY_FILE, "--timeout=3600"),
            }
            env = {"CLOUDCORE_HYPOTHESIS": "long"}
        else:
            suites = {
                f"all-{version}": (*_present(*FAST), "-m", "not system and not slow", *SIDE_BY_SIDE),
                f"all-system-{version}": (SYSTEM_SMOKE,),
            }
            env = {}
        for name, chosen in suites.items():
            try:
                tool.pytest(name, *chosen, env=env)
            except nox.command.CommandFailed:
                broken.append(name)  # a red suite is no reason to know nothing of those after it
        first = False
    if broken:
        session.error(f"failed: {', '.join(broken)}")


class _Environment:
    """The environment that the sessions of one Python share."""

    def __init__(self, session: nox.Session, *, install: bool = False, python: str = sys.executable) -> None:
        """install: put the project as it is now into the environment, as a wheel."""
        self._session = session
        version = _output(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
        self._folder = ROOT / ".nox" / f"python-{version}"
        self._prepare(python)
        if install and self._folder not in _INSTALLED:
            _INSTALLED.add(self._folder)
            self.run("python", "-m", "pip", *_QUIET, "install", "--force-reinstall", "--no-deps", ".", silent=True)

    def run(self, program: str, *args: str | Path, env: dict[str, str] | None = None, **options: object) -> None:
        """Run a program of the environment; a failure ends the session."""
        self._session.run(self._folder / "bin" / program, *args, env=env, external=True, **options)

    def pytest(self, name: str, *args: str | Path, env: dict[str, str] | None = None) -> dict[str, int]:
        """Run pytest, then print and keep how many tests passed, failed and were skipped, and why."""
        REPORTS.mkdir(parents=True, exist_ok=True)
        result = REPORTS / f"{name}.xml"
        result.unlink(missing_ok=True)
        try:
            self.run("python", "-m", "pytest", "-q", f"--junit-xml={result}", *args, env=env)
        finally:
            counts, text = _summary(name, result)
            (REPORTS / f"{name}.txt").write_text(text)
            self._session.log(text.strip())
        return counts

    def _prepare(self, python: str) -> None:
        stamp = self._folder / "made-from"
        extras = [".[postgresql,mariadb]"]
        if (
            shutil.which("pkg-config")
            and not subprocess.run(["pkg-config", "--exists", "libvirt"], check=False).returncode
        ):
            extras = [".[postgresql,mariadb,libvirt]"]
        else:
            self._session.warn("libvirt-dev is not here: tests of the libvirt adapter are skipped")
        wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + extras[0].encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        self._session.run(python, "-m", "venv", self._folder, external=True, silent=True)
        pip = ("python", "-m", "pip", *_QUIET)
        self.run(*pip, "install", "--upgrade", "pip>=25.1", silent=True)
        self.run(*pip, "install", *extras, "--group", "check", silent=True)
        stamp.write_text(wanted)


_INSTALLED: set[Path] = set()
"""The environments into which this run has put the project."""

_QUIET = ("--disable-pip-version-check", "--quiet")


def _summary(name: str, result: Path) -> tuple[dict[str, int], str]:
    """Count the outcomes in a JUnit file; the text names each reason of a skip once."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    reasons: dict[str, int] = {}
    if result.exists():
        for case in ET.parse(result).iter("testcase"):
            skipped = case.find("skipped")
            if skipped is not None:
                counts["skipped"] += 1
                reason = skipped.get("message", "")
                reasons[reason] = reasons.get(reason, 0) + 1
            else:
                broken = case.find("failure") is not None or case.find("error") is not None
                counts["failed" if broken else "passed"] += 1
    lines = [f"{name}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"]
    lines += [f"  {count} skipped: {reason}" for reason, count in sorted(reasons.items())]
    return counts, "\n".join(lines) + "\n"


def _present(*paths: str) -> list[str]:
    return [path for path in paths if any((ROOT / path).rglob("test_*.py"))]


def _interpreter(version: str) -> str | None:
    """The path of a working interpreter of that version, if one is found."""
    candidates = [shutil.which(f"python{version}"), sys.executable]
    for candidate in candidates:
        if candidate and _output(candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])") == version:
            return candidate
    return None


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ)).stdout.strip()
