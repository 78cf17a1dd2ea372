"""Regions of the catalogue: their callers choose the id."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidFormatError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import validate_name
from cloudcore.model.reading import read_str
from cloudcore.operations.access import reach
from cloudcore.operations.creating import insert
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.region import REGIONS

_APART = frozenset("/\\?#%")
"""What divides a URL, or may be read in two ways in one."""


def create_region(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a region under the id that the caller sends, or under one that is made.

    Raises:
        DuplicateResourceError: the id is taken.
        InvalidFormatError: it could not stand in a path, as ids do.
    """
    reach(platform, caller, REGIONS, "create")
    sent = body.get("id")
    ident = tx.new_id() if sent in (None, "") else _ident(read_str(sent, "id", 64))
    stored = insert(platform, tx, caller, REGIONS, {"name": ident, **body}, given={"id": ident})
    return detail_rows(platform, tx, REGIONS, [stored])[0]


def _ident(text: str) -> str:
    if text.strip(".") == "" or _APART & set(text):
        raise InvalidFormatError(
            "id: a region's id stands in paths: without / \\ ? # %, and not dots alone", field="id"
        )
    return validate_name(text, field="id")
