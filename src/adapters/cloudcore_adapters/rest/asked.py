"""What hand-written routes are asked with: their queries, and bodies that are read nowhere else."""

from __future__ import annotations

from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.operation import query

BARE_TAGS: JsonObject = {
    "type": "object",
    "required": ["tags"],
    "properties": {
        "tags": {
            "anyOf": [{"type": "array", "items": {"type": ["string", "integer"]}}, {"type": ["string", "integer"]}]
        }
    },
    "examples": [{"tags": ["blue", "round"]}],
}


def _unless_empty(schema: JsonObject) -> JsonObject:
    """A query's value that may be sent empty, which is as if it was not sent."""
    return {"anyOf": [schema, {"type": "string", "maxLength": 0}]}


LOG = (
    query("limit", _unless_empty({"type": "integer", "minimum": 0, "maximum": 2**31}), "Size of a page"),
    query("paging_marker", {"type": "string"}, "Where the next page begins"),
    query("paging_order", {"type": "string"}, "ASC or DESC"),
)
FEED = (
    query(
        "limit",
        _unless_empty({"type": "integer", "minimum": 0, "maximum": 2**31}),
        "Size of a page; 0 is as if it was not sent",
    ),
    query(
        "after", _unless_empty({"type": "integer", "minimum": 0, "maximum": 2**63 - 1}), "The position to go on from"
    ),
    query("wait", _unless_empty({"type": "number", "minimum": 0, "maximum": 30}), "Seconds to wait for a record"),
)
REPORT = (
    query("project", {"type": "string"}, "Whose, by id or name; without this and `domain` the caller's own"),
    query("domain", {"type": "string"}, "Of a domain as a whole and each of its projects"),
    query(
        "scope",
        {"type": "string"},
        "`system`: of the whole cloud, each domain and each project; `domain`: the caller's",
    ),
    query("since", {"type": "string"}, "The first day, as a time; 30 days ago"),
    query("until", {"type": "string"}, "The last day, as a time; today"),
    query("name", {"type": "string"}, "Only this counter"),
    query("export", {"type": "string"}, "Anything but false, no or 0: every value as a text"),
    query("export_keys", {"type": "string"}, "Comma list: give only these, every value as a text"),
)
