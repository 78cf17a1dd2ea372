"""The reference pages are what the code says, and what the documents name is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_generated_pages_are_current_and_links_lead_somewhere() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"run `nox -s docs -- --write`\n{done.stdout}{done.stderr}"
