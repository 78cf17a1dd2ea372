"""`Allow` names, at every path of the document, exactly the methods that the document has for it."""

from __future__ import annotations

import re

import pytest
from tests.wire.scripted import ScriptedCloud

from cloudcore.cloud import TYPES
from cloudcore.model.errors import MethodNotAllowedError
from cloudcore_adapters.rest.openapi import document
from cloudcore_adapters.rest.paths import parts_of, target_of
from cloudcore_adapters.rest.routes import match
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES, Limits
from cloudcore_adapters.rest.site import Site


def test_every_path_of_the_document_allows_what_the_document_says() -> None:
    cloud = ScriptedCloud()
    cloud.resources = TYPES
    site = Site(cloud, prefixes=DEFAULT_PREFIXES, limits=Limits(), public_url="", open_signed=None)
    wrong = {}
    for path, item in document(TYPES)["paths"].items():
        if path.startswith("/api/"):  # one path stands for every type there, and its methods depend on which
            continue
        said = {method.upper() for method in item} - {"PARAMETERS", "HEAD"}
        target = target_of(parts_of(_filled(path), limit=20), site.prefixes)
        with pytest.raises(MethodNotAllowedError) as refused:
            match(site, target, "OPTIONS")
        allowed = set(refused.value.data["allow"]) - {"HEAD"}
        if allowed != said:
            wrong[path] = (allowed, said)
    assert wrong == {}


def _filled(path: str) -> bytes:
    return re.sub(r"\{(\w+)\}", lambda found: "users" if found[1] == "kind" else "x-1", path).encode()
