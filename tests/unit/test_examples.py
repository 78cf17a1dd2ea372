"""Every example, and every Python block of the how-to pages and tutorials, runs to its end without a warning, from any folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
FOLDERS = ("how-to", "tutorials")
OF_A_SERVER = {"use-openstack-clients", "use-existing-clients"}
"""Pages whose program asks a server: tests/e2e/test_openstack.py and test_yunionclient.py run them against one."""
PAGES = sorted(
    page
    for folder in FOLDERS
    for page in (ROOT / "docs" / folder).glob("*.md")
    if page.stem not in OF_A_SERVER and BLOCK.search(page.read_text("utf-8"))
)
PROGRAMS = {
    "batch_with_quotas",
    "embed_in_your_product",
    "first_server",
    "history_as_a_feed",
    "one_program_two_clouds",
    "own_hypervisor",
    "pack_a_batch",
    "schedule_only",
    "what_if",
}


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES} >= PROGRAMS


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", example], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip(), "an example shows something"


def test_there_are_pages_with_code() -> None:
    assert {"embed-as-a-library", "write-a-resource-type"} <= {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_blocks_of_a_page_run_as_one_program(page: Path, tmp_path: Path) -> None:
    program = tmp_path / "page.py"
    program.write_text("\n".join(BLOCK.findall(page.read_text("utf-8"))), "utf-8")

    done = subprocess.run(
        [sys.executable, "-W", "error", program], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
