"""Runs `openstack` commands, each as a fresh shell in one process: a line of JSON in, a line of JSON out.

In: the arguments. Out: [status, standard output, standard error]. Starting the program anew costs seconds each time.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import warnings


def run(arguments: list[str]) -> list[object]:
    from openstackclient.shell import OpenStackShell

    out, err = io.StringIO(), io.StringIO()
    root = logging.getLogger()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = OpenStackShell().run(arguments)
        except SystemExit as end:
            status = end.code
    for handler in list(root.handlers):
        root.removeHandler(handler)
    return [status, out.getvalue(), err.getvalue()]


def main() -> None:
    warnings.simplefilter("ignore")
    answers = sys.stdout
    for line in sys.stdin:
        answers.write(json.dumps(run(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
