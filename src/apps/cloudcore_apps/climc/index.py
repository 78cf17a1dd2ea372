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
    """The index: `commands` and `refused` (name → kind, plural, action), sorted, and `types` (plural → what these need).

    What is in `refused` is advertised nowhere and can be called: scripts are told by the cloud why it is not there.
    """
    found: Entry = json.loads(INDEX_FILE.read_text(encoding="utf-8"))
    written = {name: ["hand", made.target, made.doc] for name, made in HANDMADE.items() if made.offered}
    refused = {name: ["hand", made.target, made.doc] for name, made in HANDMADE.items() if not made.offered}
    types = found["types"] | {plural: dict(told) for plural, told in ADDED_ROUTES.items()}
    return {
        **found,
        "commands": dict(sorted((found["commands"] | written).items())),
        "refused": dict(sorted((found.get("refused", {}) | refused).items())),
        "types": types,
    }


def entry_of(name: str) -> list[str] | None:
    """The command of that name, advertised or not; None if there is none."""
    index = load_index()
    found: list[str] | None = index["commands"].get(name) or index["refused"].get(name)
    return found


def type_of(plural: str) -> Entry:
    """What the commands of one type need."""
    found: Entry = load_index()["types"][plural]
    return found


def render(index: Entry) -> str:
    """The index as it is committed: one line per command and type, so that changes can be read."""
    parts = [
        f'"{part}": {{\n'
        + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in index[part].items())
        for part in ("commands", "refused", "types")
    ]
    return f'{{"format": {index["format"]},\n' + "\n},\n".join(parts) + "\n}}\n"


def current() -> str:
    """The index as the declared types have it now."""
    from cloudcore_apps.climc.derive import build_index, declared

    return render(build_index(declared()))


if __name__ == "__main__":
    INDEX_FILE.write_text(current(), encoding="utf-8")
