"""The same expressions choose the same rows, in the same order, on every engine as in `matches`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.storage_suite import AUTHOR, Storage, statements
from tests.contracts.storage_types import ITEMS, SHELVES, TYPES, Colour, item, shelf
from tests.effort import examples

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.query import (
    EVERYTHING,
    And,
    Compare,
    Contains,
    Exists,
    HasKey,
    In,
    IsNull,
    Like,
    Match,
    Not,
    Op,
    Or,
    Order,
    Query,
    Via,
    eq,
    matches,
    order_value,
    sort_key,
)
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine
from cloudcore_adapters.sql.compile import MANY

NASTY = st.text(st.sampled_from("aAbZz%_\\'\"éÉß\u0131\u0130\u212a😀\uffff\ue000\ufb01 \n.[]*?{}$:"), max_size=4)
SENT = NASTY | st.text(st.sampled_from("aA%_\\\x00\ud800\udfff😀"), max_size=3)
MOMENTS = st.sampled_from([datetime(2030, 1, 1, tzinfo=UTC) + timedelta(microseconds=i) for i in range(3)])
NUMBERS = st.sampled_from((-(2**63), -1, 0, 1, 2, 2**53, 2**53 + 1, 2**63 - 1))
FRACTIONS = st.sampled_from((-1.5, -0.0, 0.0, 0.1, 1.0, 1e300, 5e-324))
LABELS = st.dictionaries(NASTY, NASTY | st.none() | st.integers(0, 2) | st.lists(NASTY, max_size=1), max_size=3)

FIELDS: dict[str, tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]] = {
    # name: (stored values besides absent, values to compare with)
    "note": (NASTY, SENT),
    "size": (NUMBERS, NUMBERS | st.sampled_from((0.5, 1.0, 2**63, -(2**70), float("inf"), float("-inf")))),
    "weight": (FRACTIONS, FRACTIONS | st.integers(-2, 2)),
    "broken": (st.booleans(), st.booleans()),
    "seen_at": (MOMENTS, MOMENTS),
    "colour": (st.sampled_from(Colour), st.sampled_from(Colour) | st.sampled_from(("red", "r", "z"))),
    "shelf_id": (st.sampled_from(("s0", "s1", "s9")), st.sampled_from(("s0", "s1", "x"))),
}
TEXTS = ("note", "colour", "name")
WORDS = st.lists(NASTY, max_size=3)

ROWS = st.lists(
    st.fixed_dictionaries(
        {name: st.none() | stored for name, (stored, _) in FIELDS.items()}
        | {"labels": st.none() | LABELS, "words": WORDS}
    ),
    max_size=6,
)


def _on(field: str) -> st.SearchStrategy[Any]:
    sent = FIELDS[field][1]
    return st.builds(Compare, st.just(field), st.sampled_from(Op), sent) | st.builds(
        In, st.just(field), st.lists(sent, max_size=3).map(tuple)
    )


LEAVES = (
    st.one_of([_on(name) for name in FIELDS])
    | st.builds(
        Match, st.sampled_from(TEXTS), st.sampled_from(Like), SENT | st.sampled_from(("n-%", "r_d", "RED", "%"))
    )
    | st.builds(IsNull, st.sampled_from((*FIELDS, "labels")))
    | st.builds(Contains, st.just("labels"), SENT, st.lists(SENT, max_size=2).map(tuple))
    | st.builds(Contains, st.just("words"), SENT)
    | st.builds(HasKey, st.just("labels"), SENT, st.booleans())
)
SHELF_LEAVES = st.builds(Match, st.just("name"), st.sampled_from(Like), SENT) | st.builds(
    Exists, st.just("items"), st.just("shelf_id"), st.just("id"), LEAVES
)
EXPRESSIONS = st.recursive(
    LEAVES | st.builds(Exists, st.just("shelves"), st.just("id"), st.just("shelf_id"), SHELF_LEAVES),
    lambda inner: (
        st.builds(And, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Not, inner)
        | st.builds(Exists, st.just("items"), st.just("colour"), st.just("colour"), inner)
    ),
    max_leaves=6,
)
_UP = Via("shelves", "shelf_id")
_SIBLINGS = Via("items", "id", "shelf_id")
ORDERS = st.lists(
    st.builds(Order, st.sampled_from((*FIELDS, "name", "id")), st.booleans())
    | st.builds(Order, st.just("labels"), st.booleans(), st.text(st.sampled_from("aA%\"'.\\é"), min_size=1, max_size=2))
    | st.builds(Order, st.sampled_from(("name", "id")), st.booleans(), via=st.just((_UP,)))
    | st.builds(
        Order,
        st.sampled_from(("note", "size", "seen_at", "weight")),
        st.booleans(),
        via=st.just((_UP, _SIBLINGS)),
        number=st.booleans(),
    )
    | st.builds(
        Order,
        st.just(""),
        st.booleans(),
        counted=st.builds(Exists, st.just("items"), st.just("shelf_id"), st.just("shelf_id"), LEAVES),
    ),
    max_size=3,
).map(tuple)


SERVERS = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
"""The fixture that gives an address, by kind."""


@pytest.fixture(scope="module", params=["memory", "sqlite", *SERVERS])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    if request.param == "memory":
        yield Storage(uow=MemoryStore(TYPES, SystemClock(), SystemIds()), parallel=False)
        return
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue(SERVERS[request.param])
    uow = SqlUnitOfWork(open_engine(url), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    uow.metadata.create_all(uow.engine)
    yield Storage(uow=uow, parallel=False, engine=uow.engine)
    uow.close()


@pytest.fixture(scope="module", params=["sqlite", *SERVERS])
def sql(request: pytest.FixtureRequest) -> Iterator[SqlUnitOfWork]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue(SERVERS[request.param])
    uow = SqlUnitOfWork(open_engine(url), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    uow.metadata.create_all(uow.engine)
    yield uow
    uow.close()


def _fill(tx: Any, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Put rows into an open unit, which the caller leaves without commit."""
    shelves = [tx.of(SHELVES, EVERYTHING).add(shelf(f"s{i}", name=f"a{i}%_\\")) for i in range(2)]
    # Unique sets are not the matter here: no two rows share a name, and `size` repeats only without a shelf.
    items = []
    for i, row in enumerate(rows):
        items.append(tx.of(ITEMS, EVERYTHING).add(item(f"i{i}", **row, tenant_id=f"t{i}")))
    return {"shelves": shelves, "items": items}


ANY_EXAMPLE = settings(deadline=None, max_examples=examples(25), suppress_health_check=list(HealthCheck))


class TestEngines:
    @ANY_EXAMPLE
    @given(rows=ROWS, expr=EXPRESSIONS)
    def test_expressions_choose_the_rows_that_match(
        self, storage: Storage, rows: list[dict[str, Any]], expr: Any
    ) -> None:
        with storage.uow.write(AUTHOR) as tx:
            stored = _fill(tx, rows)
            wanted = [r.id for r in stored["items"] if matches(expr, r, stored.__getitem__)]
            found = tx.of(ITEMS, EVERYTHING)
            assert [r.id for r in found.find(Query(where=expr))] == wanted
            assert found.count(expr) == len(wanted)
            assert tx.of(ITEMS, expr).count() == len(wanted)

    @ANY_EXAMPLE
    @given(rows=ROWS, order=ORDERS, size=st.integers(1, 4))
    def test_orders_and_markers_agree(
        self, storage: Storage, rows: list[dict[str, Any]], order: Any, size: int
    ) -> None:
        with storage.uow.write(AUTHOR) as tx:
            stored = _fill(tx, rows)
            wanted = list(stored["items"])

            def value(key: Order, row: Any) -> Any:
                return order_value(key, row, stored.__getitem__)

            for key in reversed((*order, Order("id"))):
                wanted.sort(key=lambda r: sort_key(value(key, r)), reverse=key.descending)
            found = tx.of(ITEMS, EVERYTHING)
            assert [r.id for r in found.find(Query(order=order))] == [r.id for r in wanted]
            pages: list[Any] = []
            after = None
            while page := found.find(Query(order=order, limit=size, after=after)):
                pages += page
                after = (*(value(o, page[-1]) for o in order), page[-1].id)
            assert [r.id for r in pages] == [r.id for r in wanted]

    @ANY_EXAMPLE
    @given(rows=ROWS, by=st.lists(st.sampled_from(tuple(FIELDS)), max_size=2, unique=True))
    def test_totals_agree(self, storage: Storage, rows: list[dict[str, Any]], by: list[str]) -> None:
        rows = [row | {"size": None if row["size"] is None else row["size"] % 1000} for row in rows]
        with storage.uow.write(AUTHOR) as tx:
            stored = _fill(tx, rows)["items"]
            totals = tx.of(ITEMS, EVERYTHING).totals(sums=("size",) if "size" not in by else (), by=by)
            keys = sorted({tuple(sort_key(getattr(r, n)) for n in by) for r in stored})
            assert [tuple(sort_key(t[n]) for n in by) for t in totals] == (keys if by else [()])
            assert sum(t["count"] for t in totals) == len(stored)
            if "size" not in by:
                assert sum(t["size"] for t in totals) == sum(r.size or 0 for r in stored)

    def test_long_lists_are_one_parameter(self, storage: Storage) -> None:
        """70,000 values are more than any engine takes one by one."""
        with storage.uow.write(AUTHOR) as tx:
            _fill(tx, [{"note": "é'", "size": 5, "weight": 1.5}, {"note": "b"}])
            found = tx.of(ITEMS, EVERYTHING)
            texts = ("é'", *(f"x{i}" for i in range(70_000)))
            assert [r.id for r in found.find(Query(where=In("note", texts)))] == ["i0"]
            assert [r.id for r in found.find(Query(where=In("size", tuple(range(MANY)))))] == ["i0"]
            assert [r.id for r in found.find(Query(where=In("weight", tuple(i / 2 for i in range(MANY)))))] == ["i0"]
            assert [r.id for r in found.find(Query(where=Not(In("note", texts))))] == ["i1"]

    def test_long_rows_of_conditions_are_no_deep_trees(self, storage: Storage) -> None:
        with storage.uow.write(AUTHOR) as tx:
            _fill(tx, [{"note": "a", "size": 5}, {"note": "b"}])
            found = tx.of(ITEMS, EVERYTHING)
            wanted = tuple(Match("note", Like.CONTAINS, f"x{i}") for i in range(1200))
            assert found.count(Or((*wanted, eq("note", "a")))) == 1
            assert found.count(Or(wanted)) == 0
            assert found.count(And(tuple(Not(w) for w in wanted))) == 2
            assert found.count(Not(And((*wanted, eq("note", "a"))))) == 2

    def test_a_nested_look_up_is_one_statement(self, storage: Storage) -> None:
        if storage.engine is None:
            pytest.skip("this engine has no statements")
        where = Exists("shelves", "id", "shelf_id", Exists("items", "shelf_id", "id", eq("note", "x")))
        with storage.uow.write(AUTHOR) as tx:
            _fill(tx, [{"note": "x", "shelf_id": "s0"}, {"shelf_id": "s0"}, {"shelf_id": "s1"}])
            with statements(storage.engine) as seen:
                assert [r.id for r in tx.of(ITEMS, EVERYTHING).find(Query(where=where))] == ["i0", "i1"]
            assert len(seen) == 1


class TestHostileQueries:
    """Queries that make no sense are refused with the field's name, before a database sees them."""

    @pytest.mark.parametrize(
        "query",
        [
            Query(where=eq("nothing", 1)),
            Query(where=eq("size", "1 OR 1=1")),
            Query(where=Compare("note", Op.LT, 5)),
            Query(where=Compare("weight", Op.EQ, float("nan"))),
            Query(where=Compare("labels", Op.LT, {})),
            Query(where=Compare("seen_at", Op.LT, datetime(2030, 1, 1))),  # noqa: DTZ001
            Query(where=In("size", ("x",))),
            Query(where=Match("size", Like.CONTAINS, "1")),
            Query(where=Match("note", Like.LIKE, "%a" * 6000)),
            Query(where=Contains("note", "k")),
            Query(where=Contains("words", "k", ("v",))),
            Query(where=Exists("nowhere", "id", "id", EVERYTHING)),
            Query(order=(Order("labels"),)),
            Query(order=(Order("id; DROP TABLE test_items"),)),
            Query(order=(Order("note"),), after=("x",)),
            Query(order=(Order("size"),), after=("x", "i1")),
            Query(limit=-1),
            Query(offset=-1),
        ],
    )
    def test_nonsense_is_refused(self, sql: SqlUnitOfWork, query: Query) -> None:
        with sql.read() as tx, pytest.raises(InvalidInputError):
            tx.of(ITEMS, EVERYTHING).find(query)

    def test_ids_that_can_not_exist_are_not_found(self, sql: SqlUnitOfWork) -> None:
        with sql.read() as tx:
            for ident in ("", "\x00", "\ud800", "x" * 10_000, "' OR '1'='1"):
                assert tx.of(ITEMS, EVERYTHING).get(ident) is None

    def test_equality_of_json_ignores_the_order_of_keys(self, sql: SqlUnitOfWork) -> None:
        with sql.write(AUTHOR) as tx:
            tx.of(ITEMS, EVERYTHING).add(item("a", labels={"x": 1, "y": [2]}))
            assert tx.of(ITEMS, EVERYTHING).count(eq("labels", {"y": [2], "x": 1})) == 1
            assert tx.of(ITEMS, EVERYTHING).count(eq("labels", {"y": [2]})) == 0
