"""Drafts of revisions, and what a database lacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.types import TypeEngine

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.resource import Resource
from cloudcore_adapters.sql.engine import open_engine
from cloudcore_adapters.sql.migrations import FOLDER, migrate, scripts
from cloudcore_adapters.sql.tables import metadata_for
from cloudcore_adapters.sql.types import CodeText

_WORDS_IMPORTED = "\nfrom cloudcore_adapters.sql import types\n"
_WORDS: dict[type, str] = {sa.BigInteger: "types.integer()", sa.Double: "types.number()", sa.Boolean: "types.truth()"}
_TITLE = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,59}", re.ASCII)

_REVISION = '''"""{title}."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
{words}
revision = "{number}"
down_revision = {before}


def upgrade() -> None:
    """Add what this release needs."""
    {body}
'''


def differences(connection: sa.Connection, resources: Sequence[Resource[Any]]) -> list[Any]:
    """What a database lacks or has too much, against the tables derived from these resource types."""
    return list(compare_metadata(_context(connection), metadata_for(resources)))


def draft(name: str, resources: Sequence[Resource[Any]], folder: Path = FOLDER / "versions") -> Path | None:
    """Write the next revision from what a migrated database lacks; None when there is nothing to do.

    name: a few ASCII words, which become the revision's title and part of its file name.

    It is a draft: columns that must not be absent need a default or a filling step, and renames look like a loss.

    Raises:
        InvalidInputError: the name is no such words.
    """
    if not _TITLE.fullmatch(name):
        raise InvalidInputError("the name must be a few ASCII words", field="name")
    before = scripts().get_current_head()
    engine = open_engine("sqlite://")
    try:
        migrate(engine)
        with engine.connect() as connection:
            context = _context(connection)
            found = produce_migrations(context, metadata_for(resources)).upgrade_ops
            if found is None or found.is_empty():
                return None
            body = _code(found, context, alters=before is not None)
    finally:
        engine.dispose()
    number = f"{int(before or 0) + 1:04d}"
    path = folder / f"{number}_{re.sub('[^a-z0-9]+', '_', name.lower())}.py"
    known = f'"{before}"' if before else None
    words = _WORDS_IMPORTED if "types." in body else ""
    text = _REVISION.format(title=name, number=number, before=known, words=words, body=body)
    path.write_text(text, encoding="utf-8")
    return path


def _context(connection: sa.Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"compare_type": True})


def _code(found: ops.UpgradeOps, context: MigrationContext, *, alters: bool) -> str:
    # SQLite alters a table by making it anew, which Alembic calls a batch.
    code = render_python_code(found, render_as_batch=alters, render_item=_render, migration_context=context)
    lines = (line for line in code.splitlines() if not line.lstrip().startswith("# ###"))
    return "\n".join(lines).strip()


def _render(kind: str, item: Any, _context: Any) -> Any:
    """Column types in the words of `types`, so that old revisions stay short and mean the same on every engine."""
    if kind != "type" or not isinstance(item, TypeEngine):
        return False
    if isinstance(item, CodeText):
        return f"types.text({'' if item.width is None else item.width})"
    return _WORDS.get(type(item), False)
