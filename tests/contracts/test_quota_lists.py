"""Quotas of many owners: in as many statements as of a few, and each the same as asked for by itself."""

from __future__ import annotations

from typing import Any

import pytest
from tests.perf.standard_cloud import StandardCloud, standard_cloud, statements

from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.memory.world import ManualClock


@pytest.fixture(scope="module")
def cloud() -> Any:
    with standard_cloud(servers=3, clock=ManualClock()) as built:
        yield built


def _listed(cloud: StandardCloud, plural: str, owners: str) -> tuple[list[dict[str, Any]], int]:
    with statements(cloud.uow.engine) as seen:
        rows = cloud.admin.list(plural, {"owners": owners, "domain": "default"}).items
    return rows, len(seen)


def _each(cloud: StandardCloud, asked: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[list[Any], int]]:
    """Asked twice: what a process keeps for a while is read in the first round."""
    for _ in range(2):
        found = {each: _listed(cloud, *each) for each in asked}
    return found


def _more(cloud: StandardCloud, number: int) -> None:
    for n in range(number):
        made = cloud.admin.create("projects", {"name": f"project-{number}-{n}"})
        cloud.admin.perform("quotas", "projects", made["id"], {"cpu": 10 + n})
        cloud.admin.perform("quotas", "projects", made["id"], {"cpu": 5, "hypervisor": "kvm"})
        cloud.admin.create("domains", {"name": f"domain-{number}-{n}"})


def test_more_owners_take_no_more_statements(cloud: StandardCloud) -> None:
    asked = [(plural, "domains") for plural in FAMILIES]
    asked += [(plural, "projects") for plural, family in FAMILIES.items() if family.has_projects]
    _more(cloud, 2)
    before = _each(cloud, asked)
    _more(cloud, 12)
    after = _each(cloud, asked)

    assert {each: number for each, (_, number) in after.items()} == {each: n for each, (_, n) in before.items()}
    assert all(len(after[each][0]) >= len(before[each][0]) + 12 for each in asked)


@pytest.mark.parametrize("plural", [plural for plural, family in FAMILIES.items() if family.has_projects])
def test_a_list_says_of_each_project_what_it_says_by_itself(cloud: StandardCloud, plural: str) -> None:
    rows, _ = _listed(cloud, plural, "projects")
    alone = [
        row
        for project in {row["project_id"] for row in rows}
        for row in cloud.admin.list(plural, {"project": project}).items
    ]

    def by_text(found: list[dict[str, Any]]) -> list[str]:
        return sorted(repr(sorted(row.items())) for row in found)

    assert by_text(rows) == by_text(alone)
    if plural in ("quotas", "region_quotas", "image_quotas"):
        assert any(value for row in rows for name, value in row.items() if name.startswith("usage."))
    assert any("hypervisor" in row for row in rows) == (plural == "quotas")


def test_a_list_says_of_each_domain_what_it_says_by_itself(cloud: StandardCloud) -> None:
    for plural in FAMILIES:
        rows, _ = _listed(cloud, plural, "domains")
        for domain in {row["domain_id"] for row in rows}:
            alone = cloud.admin.list(plural, {"domain": domain, "scope": "domain"}).items
            assert [row for row in rows if row["domain_id"] == domain] == alone
