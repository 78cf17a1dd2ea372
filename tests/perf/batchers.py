"""Processes that ask for batches of servers at once, all in one database.

python -m tests.perf.batchers URL NUMBER PROJECT...   waits for a line; asks for a batch of NUMBER servers in each project,
                                                      and tells in JSON what became of each
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.perf.deciders import opened

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import CloudcoreError, OutOfQuotaError, ResourceBusyError
from cloudcore.operations.session import CoreSession
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_apps.pacing import back_off

ROOT = Path(__file__).parents[2]
BODY = {"vcpu_count": 1, "vmem_size": 64, "disks": ["tiny:1g"], "nets": ["default"]}
TRIES = 20


def batched(url: str, processes: int, number: int, projects: Sequence[str]) -> list[dict[str, str]]:
    """What each process told: by project `made`, `refused`, or an error."""
    words = [sys.executable, "-m", "tests.perf.batchers", url, str(number), *projects]
    with ExitStack() as stack:
        started = [_started(stack, words) for _ in range(processes)]
        for one in started:
            if _line_of(one) != "ready\n":
                raise RuntimeError("a process did not begin")
        for one in started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        return [json.loads(_line_of(one)) for one in started]


def _started(stack: ExitStack, words: Sequence[str]) -> subprocess.Popen[str]:
    """One of them, which has ended when the stack has."""
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.enter_context(process)
    stack.callback(process.kill)
    return process


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def end_with_whoever_started_it() -> None:
    """Let this process end at once when nobody holds the other end of its input any more, whatever it does then."""

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main(url: str, number: str, *projects: str) -> None:
    """Be one of them."""
    uow = opened(url)
    platform = memory_platform(uow=uow)
    known = {ident: found for ident in projects if (found := platform.directory.find_project(ident, None)) is not None}
    print("ready", flush=True)
    if not sys.stdin.readline():
        return
    end_with_whoever_started_it()
    told: dict[str, str] = {}
    for ident, project in known.items():
        who = Caller(
            user_id="batcher", user_name="batcher", is_platform=True, request_id=ident,
            project_id=project.id, project_name=project.name,
            project_domain_id=project.domain_id, project_domain_name=project.domain_name,
        )  # fmt: skip
        told[ident] = _asked(CoreSession(platform, who), int(number))
    print(json.dumps(told), flush=True)
    uow.close()


def _asked(session: CoreSession, number: int) -> str:
    for attempt in range(1, TRIES + 1):
        try:
            session.create_many("servers", {"generate_name": "web", **BODY}, number)
        except OutOfQuotaError:
            return "refused"
        except ResourceBusyError:
            back_off(attempt)
        except CloudcoreError as error:
            return f"{type(error).__name__}: {error}"
        else:
            return "made"
    return "busy"


if __name__ == "__main__":
    main(*sys.argv[1:])
