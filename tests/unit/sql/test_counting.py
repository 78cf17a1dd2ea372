"""How many rows a list has is known without reading them, where the engine can say how many there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from tests.contracts.storage_types import ITEMS, TYPES, item

from cloudcore.model.query import EVERYTHING, both, eq
from cloudcore.ports.unit_of_work import Author
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork


def test_sqlite_counts_a_list_by_what_it_leaves_out() -> None:
    uow = SqlUnitOfWork("sqlite://", TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    uow.metadata.create_all(uow.engine)
    with uow.write(Author()) as tx:
        for n in range(9):
            tx.of(ITEMS, EVERYTHING).add(item(f"i{n}", pending_deleted=n % 4 == 3))
        tx.commit()
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        sent.append(text)

    event.listen(uow.engine, "before_cursor_execute", note)
    with uow.read() as tx:
        assert tx.of(ITEMS, both(eq("pending_deleted", False), eq("is_system", False))).count() == 7
    with uow.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[-1]}")]
    uow.close()
    assert "SCAN test_items USING COVERING INDEX ix_test_items_id_pending_deleted_is_system" in plan
