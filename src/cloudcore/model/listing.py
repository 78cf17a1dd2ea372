"""What a list answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs

from cloudcore.model.json import JsonObject


@attrs.frozen(kw_only=True)
class Listing:
    """One page of a list.

    rows: what `items` lists; rows that are kept in columns are made when `items` is first asked for.
    total, limit, offset: 0 where they do not apply.
    marker_field: set for types that page by marker; then `next_marker` is empty on the last page.
    """

    rows: Sequence[JsonObject] = attrs.field(alias="items")
    total: int = 0
    limit: int = 0
    offset: int = 0
    next_marker: str = ""
    marker_field: str = ""
    marker_order: str = ""
    totals: JsonObject | None = None

    @property
    def items(self) -> list[JsonObject]:
        """The rows of the page."""
        if not isinstance(self.rows, list):
            object.__setattr__(self, "rows", list(self.rows))
        return cast("list[JsonObject]", self.rows)
