"""Every `openstack` command of identity against `cloudcore up`, as `openstack_walk` tells it."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .openstack_client import Shell, settings
from .openstack_walk import SMOKE, WALK, Step
from .processes import Up

pytestmark = pytest.mark.filterwarnings("ignore")
RULES = {"policy": {"compute": {"servers": {"list": "allow"}}}}


@pytest.fixture(scope="module")
def shell(shared: Up) -> Iterator[Shell]:
    made = Shell(settings(shared))
    yield made
    made.close()


@pytest.fixture
def kept(shell: Shell, tmp_path: Path) -> dict[str, str]:
    """What steps name: files, and the administrator's id."""
    files = {"rules": json.dumps(RULES), "text": "no rules", "empty": "[]"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    ident = str(shell.table("user show sysadmin")["id"])
    return {**{name: str(tmp_path / name) for name in files}, "sysadmin": ident}


def broken(shell: Shell, kept: dict[str, str], steps: tuple[Step, ...]) -> list[str]:
    """What steps did otherwise than they should."""
    found: list[str] = []
    for step in steps:
        line = step.line.format_map(kept)
        asked = f"{line} -f json" if step.shows or step.column or step.keep else line
        status, out, err = shell.run(asked)
        if bool(status) is not step.fails or step.says.lower() not in f"{out} {err}".lower():
            found.append(f"{line}: {status} {err.strip()[-300:]}")
        elif err.strip() and not step.says and not step.fails:
            found.append(f"{line}: complains: {err.strip()[-300:]}")
        elif asked != line and not step.fails:
            shown: Any = json.loads(out or "[]")
            found += [f"{line}: {problem}" for problem in _wrong(step, kept, shown)]
            if step.keep:
                kept[step.keep] = str(next(shown[key] for key in ("id", "ID", "access", "name") if key in shown))
    return found


def _wrong(step: Step, kept: dict[str, str], shown: Any) -> Iterator[str]:
    if step.column:
        wanted = sorted((_named(value, kept) for value in step.rows), key=str)
        told = sorted((row[step.column] for row in shown), key=str)
        if told != wanted:
            yield f"{step.column} is {told}, not {wanted}"
    for key, value in step.shows.items():
        if isinstance(shown, list):
            missing = set(value) - {row[key] for row in shown}
            if missing:
                yield f"{key} lacks {sorted(missing, key=str)}"
        elif key not in shown or shown[key] != _named(value, kept):
            yield f"{key} is {shown.get(key, 'not there')!r}, not {value!r}"


def _named(value: Any, kept: dict[str, str]) -> Any:
    return value.format_map(kept) if isinstance(value, str) else value


def test_every_command_of_identity_is_walked() -> None:
    commands = {e.name.replace("_", " ") for e in importlib.metadata.entry_points(group="openstack.identity.v3")}
    walked = {
        " ".join(words[:length])
        for step in WALK
        for words in [step.line.split()]
        for length in range(1, min(len(words), 6) + 1)
    }
    assert len(commands) > 120
    assert commands - walked == set()


def test_a_sample_of_the_walk(shell: Shell, kept: dict[str, str]) -> None:
    assert broken(shell, kept, SMOKE) == []


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_whole_walk(shell: Shell, kept: dict[str, str]) -> None:
    told = broken(shell, kept, WALK)
    assert not told, "\n".join(told)
