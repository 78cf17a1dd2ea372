"""Who may do what to whose: every operation, for every role, about everybody's things, against the committed table.

    CLOUDCORE_UPDATE_GOLDEN=1 pytest tests/wire/test_matrix.py -m slow
    CLOUDCORE_UPDATE_GOLDEN=1 pytest tests/wire/test_matrix.py -k same

The first writes the table anew, the second only the operations that are new or gone; look at each cell that changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wire.matrix.asking import Operation
from tests.wire.matrix.calls import operations, properties_of
from tests.wire.matrix.gateway import ABSENT, ACCOUNT, OPEN
from tests.wire.matrix.table import Answers, answers, cells, code, coded, parse, render, status
from tests.wire.matrix.world import ANONYMOUS, BY_PLURAL, CALLERS, COLUMNS, SERVED, TARGETS, World, build
from tests.wire.matrix.written import DOORS

from cloudcore.model.resource import ActionKind, Resource, Verb, field_map
from cloudcore.operations.batches import batch_actions
from cloudcore.operations.ladder import ladder_actions
from cloudcore_adapters.rest.gateway.table import ROUTES as GATEWAY_ROUTES
from cloudcore_adapters.rest.gateway.table import SERVICE as GATEWAY
from cloudcore_adapters.rest.gateway.table import match as match_gateway
from cloudcore_adapters.rest.paths import parts_of, target_of
from cloudcore_adapters.rest.routes import ROUTES, match
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES, Limits
from cloudcore_adapters.rest.site import Site

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "matrix"
TABLE = GOLDEN / "authorization.txt"

SMOKE = ("compute secgroups", "compute secgrouprules", "identity roles", "identity grants")
SMOKE_CALLERS = (
    *("admin", "fa", "domainadmin@red", "domain_viewer@alpha", "project_owner", "project_viewer"),
    *("project_owner@alpha", "admin@all", "sys_adtadmin@all", "project_owner@all", "unscoped", ANONYMOUS),
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = build()
    yield made
    made.loop.close()


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], dict[str, str]]:
    return parse(TABLE.read_text(encoding="utf-8"))


def differences(found: Answers, table: Answers) -> list[str]:
    told = [
        f"{' '.join(operation)}: {who} is answered {code(answer)}, not {table.get(operation, {}).get(who, 'nothing')}"
        for operation, row in found.items()
        for who, answer in row.items()
        if table.get(operation, {}).get(who) != code(answer)
    ]
    return told[:40]


def test_a_sample_answers_as_the_table_says(world: World, table: Answers) -> None:
    chosen = [each for each in operations() if each.group in SMOKE and not each.name.startswith("property:")]
    assert differences(answers(world, chosen, SMOKE_CALLERS), table) == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_everything_answers_as_the_table_says(world: World) -> None:
    found = answers(world, operations())
    broken = [f"{op}: {who}" for op, row in found.items() for who, answer in row.items() if "!" in answer]
    assert broken == []
    if os.environ.get("CLOUDCORE_UPDATE_GOLDEN"):
        TABLE.write_text(render(coded(found)), encoding="utf-8")
    table = parse(TABLE.read_text(encoding="utf-8"))
    assert differences(found, table) == []
    assert table.keys() == found.keys()


def test_what_was_rendered_is_read_back() -> None:
    first = operations().__next__()
    row = {who: "++NNN" if place % 2 else "+F-N-".replace("-", " ") for place, who in enumerate(CALLERS)}
    found = {(first.group, first.name): row, (first.group, "another-word"): row}
    assert parse(render(coded(found))) == coded(found)


def test_a_request_leaves_nothing_behind(world: World) -> None:
    before = {plural: dict(rows) for plural, rows in world.store.rows.items()}
    assert world.ask("project_owner", "DELETE", "/compute/secgroups/secgroups-own-2") == 200
    assert world.ask("project_owner", "GET", "/compute/secgroups/secgroups-own-2") == 200
    assert world.ask("project_owner", "POST", "/compute/secgroups", {"secgroup": {"name": "n"}}) == 200
    assert {plural: dict(rows) for plural, rows in world.store.rows.items()} == before


# What the table must say, whatever the system answers

READING = ("list", "get", "detail:", "property:", "show", "head", "look", "download", "/", "verify token")


SEVERAL = (
    *("projects", "domains", "system", "catalog", "policies", "tokens/invalid", "role assignments"),
    *("stats", "worker_stats", "process_stats", "app-options"),
)


def is_reading(name: str) -> bool:
    return name.startswith(READING) or name in SEVERAL


SEEN_BY_ALL = frozenset({"compute cachedimages", "callbacks"})
"""Types that everybody sees all rows of, and messages that claim nothing: whoever sends one makes a task look at once."""

OF_HIS_OWN = ("identity credentials", "identity application_credentials", "compute keypairs", "identity auth", ACCOUNT)
"""What belongs to a user, who changes it whatever his roles are."""


@pytest.fixture(scope="module")
def told(world: World, table: Answers) -> dict[tuple[str, str], dict[str, dict[str, str]]]:
    """Operation → caller → target → the answer that the table gives."""
    found: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for operation in operations():
        key = operation.group, operation.name
        there = [target for target in TARGETS if stands(world, operation, target)]
        for who, letter in table.get(key, {}).items():
            answer = cells(letter)
            line = {"own": answer} if len(answer) == 1 else dict(zip(TARGETS, answer, strict=True))
            found.setdefault(key, {})[who] = {target: line[target] for target in there if target in line}
    return found


def stands(world: World, operation: Operation, target: str) -> bool:
    """Whether a row stands in this relation, about which the operation can be asked."""
    listed = operation.ask(world, "project_owner", "own")
    if listed is not None and listed.listed:
        return target in listed.listed
    return target in operation.targets and operation.ask(world, "project_owner", target) is not None


Told = dict[tuple[str, str], dict[str, dict[str, str]]]
IN_SYSTEM = "project_owner@all"
"""Who has a role of projects in the system, where there is no project."""
LIMITED = [name for group, name, _, _ in COLUMNS if not group.startswith("system") or name == IN_SYSTEM]
VIEWERS = [
    *(who for who in CALLERS if "viewer" in who or who.startswith(("fa", "domainfa", "projectfa"))),
    *(
        "sys_adtadmin",
        "sys_adtadmin@all",
        "domain_adtadmin@red",
        "domain_adtadmin@alpha",
        "unscoped",
        "admin@red",
        "admin@alpha",
    ),
]


def test_viewers_change_nothing(told: Told) -> None:
    let_in = [
        f"{group} {name}: {who}"
        for (group, name), row in told.items()
        for who in VIEWERS
        if not is_reading(name)
        and group not in OF_HIS_OWN
        and group != ABSENT
        and (group, name) not in HARMLESS
        and "+" in row[who].values()
        and group != DOORS
    ]
    assert let_in == []


def test_a_role_of_projects_makes_and_changes_nothing_in_the_system(world: World, told: Told) -> None:
    """Whose right is one of projects is let in, and told that there is none."""
    done: list[str] = []
    asked = 0
    for operation in operations():
        key = operation.group, operation.name
        if is_reading(operation.name) or operation.group in (*OF_HIS_OWN, DOORS) or key in HARMLESS:
            continue
        for target in (target for target, answer in told[key].get(IN_SYSTEM, {}).items() if answer == "+"):
            request = operation.ask(world, IN_SYSTEM, target)
            assert request is not None
            asked += 1
            if status(world, IN_SYSTEM, request) < 400:
                done.append(f"{' '.join(key)}: {target}")
    assert done == []
    assert asked > 30


HARMLESS = {
    ("identity policies", "class:explain"),  # answers about the caller himself
    ("identity auth", "policies of another"),  # a question, for who may check policies
    ("log", "bring"),  # of what he did himself
    ("log", "bring /log/baremetalevents"),  # refused by its name
    ("compute tasks", "callback"),  # claims nothing: the task looks at once
    ("log", "purge"),  # refused to everybody: the log only grows
    *(("log", f"purge {path}/events") for path in ("/compute", "/v3", "/image/v1")),
}
REFUSED_ALIKE = {
    (
        "compute disks",
        "create with storage_id",
    ),  # a storage that is not his is refused as one that is not there: no room
    ("compute snapshots", "change-owner to"),  # refused to everybody, whoever is named
    ("compute instance_snapshots", "change-owner to"),
    ("compute tasks", "callback"),
    ("identity application_credentials", "change below a user"),  # refused to everybody
    ("identity application_credentials", "patch below a user"),
    ("image members", "list of a project"),  # of the images that the caller sees anyway
}
"""Operations that answer the same whether there is such a thing or not, or that do nothing by themselves."""


@pytest.mark.parametrize(("target", "seen"), [("foreign", SEEN_BY_ALL), ("shared", frozenset())])
def test_nobody_changes_or_sees_what_is_of_another_domain(told: Told, target: str, seen: frozenset[str]) -> None:
    reached = [
        f"{group} {name}: {who}"
        for (group, name), row in told.items()
        for who in LIMITED
        if row[who].get(target) == "+"
        and group not in seen
        and (group, name) not in REFUSED_ALIKE
        and not (target == "shared" and uses(name))
    ]
    assert reached == []


def uses(name: str) -> bool:
    """Whether what is shared is only looked at, or referred to."""
    return (
        is_reading(name)
        or " with " in name
        or name.startswith(("create under", "attach under"))
        or name[-5:] == "roles"
    )


def test_strangers_are_sent_to_the_door(table: Answers) -> None:
    opened = {key for key in table if key in OPEN or key[0] == ABSENT or (key[0] == DOORS and " by a " not in key[1])}
    assert {row[ANONYMOUS] for key, row in table.items() if key not in opened} == {"u"}
    assert {table[key][ANONYMOUS] for key in opened} == {"+"}


# What is in it


def covered(world: World) -> tuple[set[tuple[str, str]], set[str]]:
    """The operations of the table, and the routes that their requests take."""
    site = Site(world.cloud, prefixes=DEFAULT_PREFIXES, limits=Limits(), public_url="", open_signed=None)
    names: set[tuple[str, str]] = set()
    routes: set[str] = set()
    for operation in operations():
        names.add((operation.group, operation.name))
        routes |= _routes(site, world, operation)
    return names, routes


def _routes(site: Site, world: World, operation: Operation) -> set[str]:
    request = operation.ask(world, "project_owner", "own")
    if request is None:
        return set()
    parts = parts_of(request.path.partition("?")[0].encode(), limit=12)
    target = target_of(parts, site.prefixes)
    if target.service == GATEWAY:
        return {f"{request.method} {match_gateway(target, request.method).route}"}
    return {f"{request.method} {match(site, target, request.method).route}"}


def registered() -> Iterator[tuple[str, str]]:
    """Every operation that a type has."""
    for resource in SERVED:
        group = f"{resource.service} {resource.plural}"
        yield from ((group, name) for name in _names(resource))


def _names(resource: Resource[object]) -> Iterator[str]:
    made_between = resource.joint is not None  # see `attach under`
    yield from (str(verb) for verb in sorted(resource.verbs) if not (made_between and verb is Verb.CREATE))
    kinds = {
        ActionKind.PERFORM: "",
        ActionKind.SPEC: "detail:",
        ActionKind.CLASS: "class:",
        ActionKind.PROPERTY: "property:",
    }
    yield from (kinds[action.kind] + action.name for action in resource.actions)
    yield from ladder_actions(resource.entity)
    yield from (f"detail:{word}" for word in ("metadata", "status") if word in field_map(resource.entity))
    yield from (f"property:{name}" for name in properties_of(resource))
    yield from (f"class:{name}" for name in batch_actions(resource.entity))
    if Verb.CREATE in resource.verbs:
        yield "class:check-create-data"
    joint = resource.joint
    if joint is not None:
        for name in (joint.left, joint.right):
            ref = field_map(resource.entity)[name].ref
            assert ref is not None
            yield f"list under {BY_PLURAL[ref.target].plural}"


def test_nothing_is_left_out(world: World) -> None:
    names, routes = covered(world)
    left_out = {f"{group} {name}" for group, name in registered() if (group, name) not in names}
    for route in (*ROUTES, *GATEWAY_ROUTES):
        pattern = f"{route.service.strip('*')} {route.path}".strip()
        left_out |= {f"{method} {pattern}" for method in route.methods.split() if f"{method} {pattern}" not in routes}
    assert left_out == set()


def test_the_table_and_the_operations_are_the_same(world: World, table: Answers) -> None:
    wanted = {(operation.group, operation.name): operation for operation in operations()}
    if os.environ.get("CLOUDCORE_UPDATE_GOLDEN"):
        new = coded(answers(world, [operation for key, operation in wanted.items() if key not in table]))
        table = {key: table[key] if key in table else new[key] for key in wanted}
        TABLE.write_text(render(table), encoding="utf-8")
    assert set(table) == set(wanted), "CLOUDCORE_UPDATE_GOLDEN=1 pytest tests/wire/test_matrix.py -k same"
