"""What lists of people and what is theirs can be asked besides columns."""

from __future__ import annotations

from cloudcore.model.filter import ListFilter
from cloudcore.model.query import NOTHING

FROM_PROVIDERS: tuple[ListFilter, ...] = tuple(
    ListFilter(name=name, doc=f"{what}; there is none, so nothing comes from one", where=lambda _tx, _values: NOTHING)
    for name, what in (("idp_id", "Identity provider"), ("idp_entity_id", "Id at an identity provider"))
)
