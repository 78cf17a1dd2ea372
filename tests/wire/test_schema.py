"""The server keeps to its own document: schemathesis tries it out, all checks on.

`schemathesis.toml` holds what is excepted, each with its reason. The fast run tries a few operations of each kind, the long
one every operation, by groups.
"""

from __future__ import annotations

from collections import Counter

import pytest
from tests.wire.schema_run import Found, run

from cloudcore.cloud import TYPES
from cloudcore_adapters.rest.openapi import document

SAMPLE = (
    "POST /compute/keypairs",
    "GET /compute/keypairs/{id}",
    "PUT /compute/keypairs/{id}",
    "GET /identity/v3/auth/projects",
)
WELL = range(200, 400)
SIGNED = {"internal/images"}
"""What is only for those who hold a URL that the platform has signed."""


def told(found: Found) -> str:
    return "\n\n".join(f"{label}: {check}\n{text}" for (label, check), text in found.failures.items())


def test_a_few_operations_keep_to_the_document() -> None:
    found, _ = run(lambda label: label in SAMPLE, examples=2)

    assert not found.failures, told(found)
    assert not found.errors
    # A run that is refused everywhere proves nothing.
    assert {label for label, answers in found.answers.items() if any(s in WELL for s in answers)} == set(SAMPLE)


def test_a_server_that_does_not_keep_to_it_is_found() -> None:
    found, _ = run(lambda label: label == "GET /compute/keypairs", examples=1, spoil=_without_its_list)

    assert Counter(check.partition(":")[0] for _, check in found.failures)["response_schema_conformance"] == 1


def part(label: str) -> str:
    """Which part of the interface an operation belongs to: `compute/servers`, `identity/auth` …"""
    words = [word for word in label.partition(" /")[2].split("/") if word not in ("v1", "v2", "v2.0", "v3")]
    return "/".join(words[:2]) or "root"


PARTS = sorted(
    {part(f"{method.upper()} {path}") for path, item in document(TYPES)["paths"].items() for method in item}
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", PARTS)
def test_every_operation_keeps_to_the_document(name: str) -> None:
    found, _ = run(lambda label: part(label) == name, examples=50)

    assert not found.failures, told(found)
    assert not found.errors
    assert name in SIGNED or any(status in WELL for answers in found.answers.values() for status in answers)


def _without_its_list(body: bytes) -> bytes:
    return body.replace(b'"keypairs":', b'"keypair_":')
