"""The examples of the document work: what is copied out of it is answered well."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.wire.example_run import examples, outcome
from tests.wire.schema_run import Tried

REFUSED = Path(__file__).with_name("refused_examples.txt")
"""Operations whose examples are refused, each with the reason: `METHOD path: reason`."""
MOST_REFUSED = 167
"""How many these are; may only fall."""
SAMPLE = ("/compute/schedpolicies", "/compute/secgroups", "/identity/v3/OS-INHERIT", "/compute/usages", "/scheduler")


def reasons() -> dict[str, str]:
    """Label → why its example is refused."""
    lines = REFUSED.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line)


def refused(*starts: str) -> dict[str, str]:
    """Label → how its example was refused; each is tried in a cloud that none has changed."""
    tried = Tried()
    client = TestClient(tried)
    found: dict[str, str] = {}
    asked = 0
    is_changed = False
    for example, path in examples():
        if not example.path.startswith(starts or ("",)):
            continue
        asked += 1
        changes = example.method not in ("get", "head")
        if changes or is_changed:
            tried.renew()
        status, text = outcome(client, example, path)
        is_changed = changes
        if not 200 <= status < 400:
            found[example.label] = f"{status} {text[:200]}"
    assert tried.defects == []
    assert asked > 50
    return found


def test_the_list_of_refused_examples_only_shrinks() -> None:
    known = reasons()
    assert known.keys() <= {example.label for example, _ in examples()}
    assert all(reason.strip() for reason in known.values())
    assert len(known) <= MOST_REFUSED


def test_some_examples_are_answered_well() -> None:
    told = refused(*SAMPLE)
    assert {label: how for label, how in told.items() if label not in reasons()} == {}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_example_is_answered_well_or_stands_in_the_list() -> None:
    told = refused()
    assert {label: how for label, how in told.items() if label not in reasons()} == {}
