"""`python -m cloudcore_adapters.sql.migrations draft NAME` writes the next revision; `check URL` compares a database."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cloudcore.operations.types import TYPES
from cloudcore_adapters.sql.ddl import ENGINES, ddl
from cloudcore_adapters.sql.engine import open_engine
from cloudcore_adapters.sql.migrations import migrate
from cloudcore_adapters.sql.migrations.drafting import differences, draft


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when there is nothing left to do, 1 when a database differs."""
    parser = argparse.ArgumentParser(prog="python -m cloudcore_adapters.sql.migrations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("draft", help="write the next revision").add_argument("name", help="a few words")
    for name, text in (("upgrade", "migrate a database to the newest revision"), ("check", "compare a database")):
        commands.add_parser(name, help=text).add_argument("url", help="such as sqlite:///cloud.db")
    commands.add_parser("ddl", help="print the derived tables").add_argument("engine", choices=sorted(ENGINES))
    chosen = parser.parse_args(arguments)
    if chosen.command == "draft":
        path = draft(chosen.name, TYPES)
        return _say("nothing to do" if path is None else str(path))
    if chosen.command == "ddl":
        return _say(ddl(TYPES, chosen.engine).rstrip())
    engine = open_engine(chosen.url)
    if chosen.command == "upgrade":
        return _say(f"at revision {migrate(engine)}")
    with engine.connect() as connection:
        found = differences(connection, TYPES)
    for line in found:
        _say(str(line))
    return 1 if found else _say("no difference")


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
