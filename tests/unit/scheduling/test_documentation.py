"""The page about scheduling names every filter and weigher, in the order they run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.weighers import WEIGHERS

PAGE = Path(__file__).parents[3] / "docs/explanation/scheduling.md"


@pytest.mark.parametrize(
    ("heading", "names"),
    [("filter", [one.name for one in FILTERS]), ("weigher", [one.name for one in WEIGHERS])],
    ids=["filters", "weighers"],
)
def test_the_page_lists_all_in_order(heading, names):
    table = re.search(rf"^\| {heading} \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE.read_text("utf-8"), re.MULTILINE)
    assert table is not None
    assert re.findall(r"^\| `([a-z_]+)` \| \S", table[1], re.MULTILINE) == names
