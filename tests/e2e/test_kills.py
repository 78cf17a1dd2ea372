"""SIGKILL of the control plane at every commit and every effect of server-create and server-delete, and at random moments.

The guests' host goes on meanwhile, as a real one does. After the restart the operation completes or is taken back;
nothing is lost, nothing is left over, nothing is stuck.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from cloudcore.model.errors import CloudcoreError
from cloudcore_adapters.client.session import HttpSession

from .books import Books, add_foreign
from .processes import Launcher, Up, created, eventually, gone, server_body, upload_image

FAULTY = (sys.executable, str(Path(__file__).with_name("faulty_up.py")))
MOST = 40
LEAST = {"commit": 4, "effect": 3}
"""How many of each the operations have at the least."""
ENDED = ("running", "create_fail", "sched_fail", "delete_fail")

Work = Callable[[HttpSession, str], None]


def create(session: HttpSession, name: str) -> None:
    session.create("servers", server_body(name))


def delete(session: HttpSession, name: str) -> None:
    session.delete("servers", name)


def moments() -> Iterator[tuple[str, str]]:
    for kind in ("commit", "effect"):
        for side in ("before", "after"):
            yield kind, side


@pytest.fixture
def furnished(launcher: Launcher, tmp_path: Path) -> Path:
    """A data folder with an image, one server that nothing may touch, and a guest and a volume that are not ours."""
    data = tmp_path / "data"
    up = launcher.up(data)
    upload_image(up.session())
    created(up.session(), "bystander")
    up.stop()
    add_foreign(data)
    return data


def settled(session: HttpSession) -> bool:
    return not [
        t
        for t in session.list("tasks", {"scope": "system", "limit": 200}).items
        if t["state"] in ("running", "unwinding")
    ]


def begin(up: Up, work: Work, name: str) -> bool:
    """Ask for it; False when the process died before it answered."""
    try:
        work(up.session(), name)
    except (CloudcoreError, httpx.HTTPError, OSError):
        return False
    return True


def dies(up: Up) -> bool:
    """Whether the fault struck before the operation was over."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if up.process.poll() is not None:
            return True
        try:
            if settled(up.session()):
                time.sleep(0.1)
                return up.process.poll() is not None
        except (CloudcoreError, httpx.HTTPError, OSError):
            continue
    raise AssertionError("it is stuck")


def check_after(launcher: Launcher, data: Path, name: str) -> None:
    """Restart, wait until nothing is under way, compare the books, remove what is left of the server."""
    up = launcher.up(data)
    session = up.session()
    eventually(lambda: settled(session))
    assert session.get("servers", "bystander")["status"] == "running"
    left = [s for s in session.list("servers", {"limit": 0}).items if s["name"] == name]
    assert all(s["status"] in ENDED for s in left), left
    up.stop()
    Books(data).check()


@pytest.mark.system
@pytest.mark.timeout(900)
@pytest.mark.parametrize("work", [create, delete])
def test_killed_at_some_commits_and_effects(launcher: Launcher, furnished: Path, work: Work) -> None:
    """One moment of each kind; all moments are in the next test."""
    rng = random.Random(16)
    for place, (kind, side) in enumerate(moments()):
        number = rng.randint(1, LEAST[kind])
        assert kill_at(launcher, furnished, work, f"web{place}", f"{kind}:{number}:{side}")


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kind", "side"), list(moments()))
@pytest.mark.parametrize("work", [create, delete])
def test_killed_at_every_commit_and_effect(
    launcher: Launcher, furnished: Path, work: Work, kind: str, side: str
) -> None:
    struck = 0
    for number in range(1, MOST):
        if not kill_at(launcher, furnished, work, f"web{number}", f"{kind}:{number}:{side}"):
            break
        struck += 1
    else:
        pytest.fail("it never got through")
    assert struck >= 3, "the fault must have struck at several moments"


def kill_at(launcher: Launcher, data: Path, work: Work, name: str, fault: str) -> bool:
    """Run the operation with a fault and check what a restart makes of it; False when the fault did not strike."""
    arm = data.parent / "arm"
    arm.unlink(missing_ok=True)
    up = launcher.up(data, program=FAULTY, env={"CLOUDCORE_FAULT": fault, "CLOUDCORE_FAULT_ARM": str(arm)})
    session = up.session()
    session.list("servers")
    if work is delete:
        created(session, name)
        eventually(lambda: settled(session))
    arm.touch()
    answered = begin(up, work, name)
    struck = dies(up)
    if not struck:
        up.stop()
    assert struck or answered
    check_after(launcher, data, name)
    return struck


def test_killed_in_the_middle_of_a_create(launcher: Launcher, furnished: Path) -> None:
    assert kill_at(launcher, furnished, create, "web", "commit:2:after")


@pytest.mark.system
@pytest.mark.slow
def test_killed_in_the_middle_of_a_delete(launcher: Launcher, furnished: Path) -> None:
    assert kill_at(launcher, furnished, delete, "web", "commit:3:before")
    up = launcher.up(furnished)
    assert gone(up.session(), "servers", "web")
    up.stop()


@pytest.mark.system
@pytest.mark.timeout(900)
@pytest.mark.parametrize("moments", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments(launcher: Launcher, furnished: Path, moments: int) -> None:
    rng = random.Random(moments)
    for number in range(moments):
        up = launcher.up(furnished, "--simulated-delay", "0.15")
        session = up.session()
        for place in range(3):
            begin(up, create, f"web{number}-{place}")
        for server in session.list("servers", {"limit": 0}).items:
            if server["name"] != "bystander" and server["status"] in ENDED:
                begin(up, delete, server["name"])
        time.sleep(rng.uniform(0.0, 0.8))
        up.kill()
        check_after(launcher, furnished, "none")
