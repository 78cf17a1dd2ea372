"""OpenAPI 3.1 of everything that is served, derived from the resource types and the table of routes.

python -m cloudcore_adapters.rest.openapi > openapi.json
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Resource, Verb, field_map
from cloudcore_adapters.rest.derived import derived
from cloudcore_adapters.rest.gateway.passes import SECRET
from cloudcore_adapters.rest.gateway_document import EXAMPLE, GATEWAY_SCHEMAS, at_the_gateway
from cloudcore_adapters.rest.operation import shared_parameters, shared_responses, with_path_parameters
from cloudcore_adapters.rest.schemas import (
    ERROR,
    FORMS,
    create_schema,
    example_name,
    name_of,
    shown_schema,
    update_schema,
)
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES
from cloudcore_adapters.rest.site import INTERNAL
from cloudcore_adapters.rest.written import SCHEMAS, written

API_VERSION = "1.0"
DESCRIPTION = """
Every type has the same operations, and answers to each in the same way.

- A type also stands under what it refers to: `GET /zones/{id}/hosts` lists the hosts of a zone, and `POST` there makes one
  in it; up to three parents may stand before a type. A relation is found under either of its sides.
- What clients of the wire may know and is not there is refused by its name with 406 and stands nowhere in this document.
- `HEAD` is answered wherever `GET` is, without the body.
- An envelope may be left out of the body of a change, an action or a deletion, and PATCH is the same as PUT.
- With `plan` in the query a change is worked out and taken back, and a plan stands in the envelope of the answer:
  `POST /compute/plans/{id}/apply` does it.
- Lists may be narrowed by every column and by what their rows refer to, by name or id; unknown parameters are passed over.
- Under `/v3`, who sends `Accept: application/json` and nothing else is told OpenStack's statuses: 201 for a login and for
  what is made, 204 without a body for what is removed, granted or joined. Everybody else gets 200 and a body.
- Bodies are JSON in UTF-8, of type `application/json` or one that ends in `+json`. Without a type, and under the one that
  curl gives to all bodies, they are read as JSON too; of any other type they are refused with 415.
- At the gateway (`/api/v1`) resources are the same, without envelopes and by many ids at once.
""".strip()


def document(resources: Sequence[Resource[Any]], prefixes: Mapping[str, str] = DEFAULT_PREFIXES) -> JsonObject:
    """The whole document; the same for the same types, whatever their order."""
    served = [r for r in resources if r.service != INTERNAL and r.service in prefixes]
    paths: dict[str, JsonObject] = {}
    for path, method, operation in (*written(prefixes), *at_the_gateway(served, prefixes), *derived(served, prefixes)):
        paths.setdefault(path, {}).setdefault(method, operation)
    _drop_loose_links(paths)
    names = {resource.plural: example_name(resource) for resource in served if "name" in field_map(resource.entity)}
    names["{plural}"] = names.get(EXAMPLE, "")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cloudcore",
            "version": API_VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
            {"name": name} for name in sorted({tag for p in paths.values() for o in p.values() for tag in o["tags"]})
        ],
        "paths": {path: with_path_parameters(path, item, names) for path, item in paths.items()},
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "session": {"type": "apiKey", "in": "cookie", "name": SECRET},
            },
            "parameters": shared_parameters(),
            "responses": shared_responses(),
            "schemas": _schemas(served),
        },
    }


def _drop_loose_links(paths: Mapping[str, JsonObject]) -> None:
    """Take out the links to operations whose place a hand-written route has."""
    operations = [operation for item in paths.values() for operation in item.values()]
    known = {operation["operationId"] for operation in operations}
    for operation in operations:
        for answer in operation["responses"].values():
            if links := answer.get("links"):
                answer["links"] = {word: to for word, to in links.items() if to["operationId"] in known}


def _schemas(resources: Sequence[Resource[Any]]) -> JsonObject:
    found: JsonObject = {"Error": ERROR, **FORMS, **SCHEMAS, **GATEWAY_SCHEMAS}
    for resource in resources:
        found[name_of(resource)] = shown_schema(resource)
        if resource.offers(Verb.CREATE):
            found[name_of(resource, "Create")] = create_schema(resource)
        if resource.offers(Verb.UPDATE):
            found[name_of(resource, "Update")] = update_schema(resource)
    return found


def rendered(resources: Sequence[Resource[Any]]) -> bytes:
    """The document as it is committed: indented, keys sorted, a line break at the end."""
    return orjson.dumps(document(resources), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def main() -> None:
    """Write the document of all types to standard output."""
    from cloudcore.cloud import TYPES

    sys.stdout.buffer.write(rendered(TYPES))


if __name__ == "__main__":
    main()
