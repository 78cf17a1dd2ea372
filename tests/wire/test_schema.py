"""The server keeps to its own document: schemathesis tries it out, all checks on.

`schemathesis.toml` holds what is excepted, each with its reason. The fast run tries a few operations of each kind, the long
one every operation, by groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.wire.schema_run import Found, run
from tests.wire.test_examples import reasons

from cloudcore.cloud import TYPES
from cloudcore_adapters.rest.openapi import document

SAMPLE = (
    "POST /compute/keypairs",
    "GET /compute/keypairs/{id}",
    "PUT /compute/keypairs/{id}",
    "GET /identity/v3/auth/projects",
    "GET /api/{version}/auth/user",
)
WELL = range(200, 400)
LARGEST = 60
"""How many operations are tried together at most; a part that has more is tried alone."""
UNGUESSED = {"internal/images", "docs/{file}", "identity/tokens"}
"""What is only for those who hold a URL (one that the platform has signed, one that stands in a page), a password or a token."""


def told(found: Found) -> str:
    return "\n\n".join(f"{label}: {check}\n{text}" for (label, check), text in found.failures.items())


def test_a_few_operations_keep_to_the_document() -> None:
    found, _ = run(lambda label: label in SAMPLE, examples=2)

    assert not found.failures, told(found)
    assert not found.errors
    # A run that is refused everywhere proves nothing.
    assert {label for label, answers in found.answers.items() if any(s in WELL for s in answers)} >= set(SAMPLE)


def test_a_server_that_does_not_keep_to_it_is_found() -> None:
    found, _ = run(lambda label: label == "GET /compute/keypairs", examples=1, spoil=_without_its_list)

    assert Counter(check.partition(":")[0] for _, check in found.failures)["response_schema_conformance"] == 1


def answered_well(found: Found) -> set[str]:
    return {label for label, answers in found.answers.items() if any(status in WELL for status in answers)}


def part(label: str) -> str:
    """Which part of the interface an operation belongs to: `compute/servers`, `identity/auth` …"""
    words = [word for word in label.partition(" /")[2].split("/") if word not in ("v1", "v2", "v2.0", "v3")]
    return "/".join(words[:2]) or "root"


def of(name: str) -> Callable[[str], bool]:
    return lambda label: part(label) == name


def groups() -> dict[str, list[str]]:
    """The parts, neighbours together: what is made in one may be used in another, and walks along links cost the same."""
    labels = [f"{method.upper()} {path}" for path, item in document(TYPES)["paths"].items() for method in item]
    sizes = Counter(part(label) for label in labels if not label.startswith("PARAMETERS "))
    found: list[list[str]] = []
    for name in sorted(sizes):
        if found and sum(sizes[other] for other in found[-1]) + sizes[name] <= LARGEST:
            found[-1].append(name)
        else:
            found.append([name])
    return {names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}": names for names in found}


GROUPS = groups()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("group", GROUPS)
def test_every_operation_keeps_to_the_document(group: str) -> None:
    names = GROUPS[group]

    found, _ = run(lambda label: part(label) in names, examples=50)

    assert not found.failures, told(found)
    assert not found.errors
    well = answered_well(found)
    assert {part(label) for label in well} - UNGUESSED == set(names) - UNGUESSED
    # What is never answered well is not held to anything: each such operation has a reason. Of many that are tried together
    # one may have taken away what another needs, so those are tried once more: each part by itself, which may make what
    # they need, and alone.
    left = {label for label in found.answers if label not in well and label not in reasons()}
    for name in sorted({part(label) for label in left}):
        left -= set(filter(of(name), left)) - left_of(set(filter(of(name), left)), of(name))
    assert left_of(left, left.__contains__) == set()


def left_of(labels: set[str], chosen: Callable[[str], bool]) -> set[str]:
    """Those that are not answered well among the chosen ones either."""
    if not labels:
        return labels
    alone, _ = run(chosen, examples=50)
    assert not alone.failures, told(alone)
    return labels - answered_well(alone)


def _without_its_list(body: bytes) -> bytes:
    return body.replace(b'"keypairs":', b'"keypair_":')
