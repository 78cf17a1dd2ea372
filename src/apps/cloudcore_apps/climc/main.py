"""The program `climc`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.climc.app import build
from cloudcore_apps.climc.runtime import Runtime

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> None:
    """Run it and leave the process with the exit code that `climc --help` explains."""
    code = run(list(sys.argv[1:] if argv is None else argv), Runtime())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _pipe_broke()
    sys.exit(code)


def run(argv: Sequence[str], runtime: Runtime) -> int:
    """Run one command; the exit code. Errors are told on standard error."""
    try:
        result = build().main(list(argv), prog_name="climc", standalone_mode=False, obj=runtime)
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        runtime.note("interrupted; what was begun goes on")
        return INTERRUPTED
    except BrokenPipeError:
        return _pipe_broke()
    except CloudcoreError as error:
        return _tell(runtime, error)
    finally:
        runtime.close()
    return result if isinstance(result, int) and result else runtime.failed


def _pipe_broke() -> int:
    """Nobody reads on: what is still buffered goes nowhere, so that the interpreter ends without complaint."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _tell(runtime: Runtime, error: CloudcoreError) -> int:
    from cloudcore_apps.climc.exits import exit_of, hint_of, message_of

    runtime.note(f"error: {message_of(error)}")
    hint = hint_of(error)
    if hint:
        runtime.note(f"hint: {hint}")
    if runtime.debug and error.internal:
        runtime.note(f"debug: {error.internal}")
    return int(exit_of(error))


if __name__ == "__main__":
    main()
