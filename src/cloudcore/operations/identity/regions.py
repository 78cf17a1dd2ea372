"""Regions of the catalogue: their callers choose the id."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import validate_name
from cloudcore.model.reading import read_str
from cloudcore.operations.access import reach
from cloudcore.operations.creating import insert
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.region import REGIONS


def create_region(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a region under the id that the caller sends, or under one that is made.

    Raises:
        DuplicateResourceError: the id is taken.
    """
    reach(platform, caller, REGIONS, "create")
    sent = body.get("id")
    ident = tx.new_id() if sent in (None, "") else validate_name(read_str(sent, "id", 64), field="id")
    stored = insert(platform, tx, caller, REGIONS, {"name": ident, **body}, given={"id": ident})
    return detail_rows(platform, tx, REGIONS, [stored])[0]
