"""The command index as climc reads it. `python -m cloudcore_apps.climc.index` writes it anew."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from cloudcore_apps.climc.table import ADDED_ROUTES, HANDMADE

Entry: TypeAlias = dict[str, Any]
INDEX_FILE = Path(__file__).with_name("index.json")


@cache
def load_index() -> Entry:
    """The index: `commands` (name → kind, plural, action), sorted, and `types` (plural → what its commands need)."""
    found: Entry = json.loads(INDEX_FILE.read_text(encoding="utf-8"))
    written = {name: ["hand", made.target, made.doc] for name, made in HANDMADE.items()}
    types = found["types"] | {plural: dict(told) for plural, told in ADDED_ROUTES.items()}
    return {**found, "commands": dict(sorted((found["commands"] | written).items())), "types": types}


def type_of(plural: str) -> Entry:
    """What the commands of one type need."""
    found: Entry = load_index()["types"][plural]
    return found


def render(index: Entry) -> str:
    """The index as it is committed: one line per command and type, so that changes can be read."""
    commands = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in index["commands"].items())
    types = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in index["types"].items())
    return f'{{"format": {index["format"]},\n"commands": {{\n{commands}\n}},\n"types": {{\n{types}\n}}}}\n'


def current() -> str:
    """The index as the declared types have it now."""
    from cloudcore_apps.climc.derive import build_index, declared

    return render(build_index(declared()))


if __name__ == "__main__":
    INDEX_FILE.write_text(current(), encoding="utf-8")
