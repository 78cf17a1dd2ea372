"""What the hand-written routes answer with, as schemas; what a type's declaration says stands in `derived`."""

from __future__ import annotations

from datetime import datetime

from cloudcore.model.answer import Key
from cloudcore.model.json import JsonObject
from cloudcore.quotas.family import Family
from cloudcore_adapters.rest.answers import keys_schema
from cloudcore_adapters.rest.schemas import reference

TEXTS: JsonObject = {"type": "array", "items": {"type": "string"}}
_ID, _NAME = Key("id", "Its id"), Key("name", "Its name")
_NAMED = (_ID, _NAME)
_BY_SCOPE = "By scope: project, domain, system"


def listed(plural: str, row: JsonObject, **more: JsonObject) -> JsonObject:
    """An object with rows under a word, and more beside them."""
    items: JsonObject = {"type": "array", "items": row}
    return {"type": "object", "required": [plural], "properties": {plural: items, **more}}


# Identity

LINKS = keys_schema(
    Key("self", "This page"), Key("previous", "Always null", null=True), Key("next", "The next page", null=True)
)
_IN_DOMAIN = (*_NAMED, Key("domain", "Whose", dict, of=_NAMED))
PROJECT = keys_schema(*_IN_DOMAIN, Key("domain_id", "Its domain"), Key("enabled", "Whether it is in use", bool))
DOMAIN = keys_schema(*_NAMED, Key("enabled", "Whether it is in use", bool, optional=True))
SYSTEM = keys_schema(Key("all", "Always true", bool))
ROLE = keys_schema(*_NAMED, Key("domain", "Whose", dict, of=_NAMED, optional=True))
USER = keys_schema(*_NAMED)
_ENDPOINT = (
    _ID,
    Key("interface", "public, internal or admin"),
    Key("region", "Where"),
    Key("region_id", "Where"),
    Key("url", "Where it is reached"),
)
CATALOG = keys_schema(*_NAMED, Key("type", "Kind of service"), Key("endpoints", "Of it", list, of=_ENDPOINT))
_ACTOR = Key("", "Who has it", dict, of=_IN_DOMAIN)
_SCOPE = (
    Key("project", "In a project", dict, of=(_ID,), optional=True),
    Key("domain", "In a domain", dict, of=(_ID,), optional=True),
    Key("system", "In the system", dict, of=(Key("all", "Always true", bool),), optional=True),
    Key("OS-INHERIT:inherited_to", "projects: held below alone", optional=True),
)
ASSIGNMENT = keys_schema(
    Key("role", "What is given", dict, of=(_ID,)),
    Key("scope", "Where", dict, of=_SCOPE),
    Key("user", "To a user", dict, of=(_ID,), optional=True),
    Key("group", "Or to a group", dict, of=(_ID,), optional=True),
    Key("policies", _BY_SCOPE, dict, of=Key("", "", list, of=str), optional=True),
)
RULES = keys_schema(
    Key("names", _BY_SCOPE, dict, of=Key("", "Names of policies", list, of=str)),
    Key("policies", _BY_SCOPE, dict, of=Key("", "Their rules", list, of=dict)),
)
ACCESS = keys_schema(
    Key("token", "The token", dict, of=(_ID, Key("expires", "Until when", datetime))),
    Key("user", "Whose", dict, of=(*_NAMED, Key("roles", "What he has there", list, of=_NAMED))),
    Key("tenants", "Where he has a role, of a token for no place", list, of=_NAMED),
    Key("metadata", "The names of the roles", dict, of=(Key("roles", "Names", list, of=str),)),
    Key(
        "serviceCatalog",
        "What there is",
        list,
        of=(_NAME, Key("type", "Kind"), Key("endpoints", "", list, of=Key("", "", dict, of=str))),
    ),
)
EC2_KEY = keys_schema(
    Key("access", "Its id"),
    Key("secret", "Told once; else empty"),
    Key("tenant_id", "Of which project", null=True),
    Key("user_id", "Whose", null=True),
    Key("trust_id", "Always null", null=True),
)

# Images

MEMBER = keys_schema(Key("member_id", "The project"), Key("can_share", "Always false", bool))
SHARED_IMAGE = keys_schema(Key("image_id", "The image"), Key("can_share", "Always false", bool))
STORED = keys_schema(Key("size", "Bytes", int), Key("checksum", "MD5 of the bytes"))

# The log

_FACT = (
    Key("action", "What was done"),
    Key("success", "Whether it was", bool),
    Key("ops_time", "When", datetime),
    *(
        Key(name, doc, optional=True)
        for name, doc in (
            *(("obj_type", "To what"), ("obj_id", "Its id"), ("obj_name", "Its name"), ("service", "By which service")),
            *(("user", "Who"), ("user_id", "His id"), ("project", "Where he was"), ("project_id", "Its id")),
            *(("tenant", "The same"), ("tenant_id", "The same"), ("domain", "His domain"), ("domain_id", "Its id")),
            *(("project_domain", "That of the project"), ("project_domain_id", "Its id"), ("roles", "His roles there")),
            *(("ip", "From where"), ("request_id", "In which request"), ("severity", "INFO, WARN …"), ("kind", "Kind")),
            *(("owner_domain_id", "Whose it is"), ("owner_tenant_id", "Whose it is")),
        )
    ),
)
_POSITION = "Its position"
ACTION = keys_schema(*_FACT)
LOGGED = keys_schema(Key("id", _POSITION, int), *_FACT)
CHANGE = keys_schema(
    *_FACT,
    Key("id", _POSITION, int),
    Key("position", _POSITION, int),
    Key("transaction", "What was done together"),
    Key("version", "The version that it made", int, optional=True, null=True),
    Key("before", "Changed values as they were", dict, optional=True),
    Key("after", "Changed values as they are", dict, optional=True),
)
DISTINCT: JsonObject = {"type": "object", "additionalProperties": TEXTS}
_COMBINED = tuple(Key(name, "One of its values", optional=True) for name in ("action", "obj_type", "service"))
COMBINED = keys_schema(
    Key("fields", "The combinations of values", list, of=_COMBINED),
    Key("extra_fields", "None: records refer to no other type", list, of=_COMBINED),
)
TABLES: JsonObject = {
    "type": "array",
    "items": keys_schema(Key("id", "1", int), Key("table", "Its name"), Key("rows", "How many", int)),
}

# Tags, usages, kinds

HELD_ON_A_DAY = keys_schema(
    Key("day", "Date in UTC"),
    Key("domain_id", "Id of the domain; absent for the whole cloud", optional=True),
    Key("domain", "Its name", optional=True),
    Key("tenant_id", "Id of the project; absent for the domain as a whole", optional=True),
    Key("project", "Its name", optional=True),
    Key("family", "Family of quotas"),
    Key("name", "What is counted"),
    Key("peak", "The highest usage of the day", float),
    Key("last", "The usage at its end", float),
)
EXPORTED: JsonObject = {"type": "object", "additionalProperties": {"type": "string"}}
"""What a row becomes for a spreadsheet."""
TAG = keys_schema(
    _ID, Key("key", "Tag"), Key("value", "Its value"), Key("obj_type", "Of what"), Key("obj_id", "Its id")
)
PAIR = keys_schema(Key("key", "Tag"), Key("value", "Its value"), Key("count", "How many have it", int))
PAIRS = keys_schema(Key("data", "Pairs", list, of=dict), Key("total", "How many", int))
PAIRS["properties"]["data"] = {"type": "array", "items": PAIR}
TAG_NODE: JsonObject = {
    "type": "object",
    "description": "How many have a value of a tag, and below it those of the next tag",
    "required": ["key", "value", "count", "children"],
    "properties": {
        "key": {"type": "string"},
        "value": {"type": "string"},
        "count": {"type": "integer"},
        "children": {"type": "array", "items": reference("TagNode")},
    },
}
TAG_TREE: JsonObject = {
    "description": "Numbers by the values of tags, one below the other; with `show_map` as a flat list",
    "anyOf": [
        reference("TagNode"),
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["count"],
                "properties": {"count": {"type": "integer"}},
                "patternProperties": {"^value[0-9]+$": {"type": "string"}},
                "unevaluatedProperties": False,
            },
        },
    ],
}
USAGE: JsonObject = {
    "type": "object",
    "description": "all., domain. or nothing, a type, and maybe a status or amount, with points between → number",
    "additionalProperties": {"type": "integer"},
}
KINDS: JsonObject = {
    "type": "object",
    "description": "Traits of a kind, in one word → the same one by one, and how many there are",
    "additionalProperties": {
        "type": "object",
        "required": ["count"],
        "properties": {"count": {"type": "integer"}},
        "additionalProperties": {"type": ["string", "integer"]},
    },
}
_ALL_KINDS: JsonObject = {"type": "object", "additionalProperties": KINDS}
OF_ALL_KINDS: JsonObject = {**_ALL_KINDS, "description": "Type → kinds"}
ROWS: JsonObject = {"type": "array", "items": reference("Row")}
ROW: JsonObject = {
    "type": "object",
    "description": "One of some type: see the type for what else it has",
    "properties": {
        "id": {"type": ["string", "integer"]},
        "name": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
        "deleted": {"type": "boolean"},
    },
    "additionalProperties": True,
}

# The gateway

_POLICY_NAMES = ("system_policies", "domain_policies", "project_policies", "admin_policies", "policies")
PROFILE = keys_schema(
    *_IN_DOMAIN,
    Key("projectId", "Where he is; empty for none"),
    Key("projectName", "Its name"),
    Key("projectDomain", "Whose"),
    Key("projectDomainId", "Whose"),
    Key("roles", "His roles there", list, of=str),
    Key("projects", "Where he has roles", list, of=(*_NAMED, Key("domain", "Whose"), Key("domain_id", "Whose"))),
    *(Key(name, "Names of policies", list, of=str) for name in _POLICY_NAMES),
    Key("regions", "Ids", list, of=str),
    Key("services", "What there is", list, of=(Key("type", "Kind"), Key("status", "Whether it is there", bool))),
    Key("hypervisors", "What runs here", list, of=str),
    Key("is_local", "Whether his password is kept here", bool),
    Key("system_totp_on", "Whether second factors are offered", bool),
)
PERMISSIONS: JsonObject = {
    "type": "object",
    "description": "Key → the permission, with allow or deny at the end",
    "additionalProperties": TEXTS,
}
BY_SERVICE: JsonObject = {"type": "object", "description": "Service → plurals", "additionalProperties": TEXTS}
BY_SCOPE: JsonObject = {
    "type": "object",
    "description": "Scope → service → plurals",
    "additionalProperties": BY_SERVICE,
}
NOTHING: JsonObject = {"type": "object", "maxProperties": 0}
PASSED: JsonObject = {
    "description": "What the service answers, out of its envelope: one, several, or what was asked about them",
    "anyOf": [reference("Row"), {"type": "array", "items": reference("Row")}],
}
PAGE: JsonObject = {
    "description": "A page of rows, or with `batchGet` the details of each",
    "anyOf": [
        listed(
            "data", reference("Row"), total={"type": "integer"}, limit={"type": "integer"}, offset={"type": "integer"}
        ),
        {"type": "array", "items": reference("Row")},
    ],
}
ENVELOPED: JsonObject = {
    "type": "object",
    "description": "Rows or one under their word, numbers and links beside them",
    "minProperties": 1,
    "additionalProperties": {
        "anyOf": [ROWS, reference("Row"), {"type": ["integer", "string", "boolean"]}],
    },
}

# How the process does

STATS = keys_schema(Key("total", "Requests", int), Key("by_status", "2xx, 4xx …", dict, of=int))
WORKERS = keys_schema(
    Key(
        "workers",
        "Pools of threads",
        list,
        of=(
            Key("name", "Its name"),
            Key("active", "Threads at work", int),
            Key("max", "Threads at most", int),
            Key("waiting", "Requests that wait for one", int),
        ),
    )
)
PROCESS = keys_schema(
    Key("mem_size", "Bytes at most so far", int),
    Key("cpu_seconds", "Processor time", float),
    Key("thread_num", "Threads", int),
    Key("fd_num", "Open files", int),
)
OPTIONS = keys_schema(
    Key(
        "app-options",
        "What is in force",
        dict,
        of=(Key("limits", "Limits", dict, of=float), Key("prefixes", "Service → path", dict, of=str)),
    )
)


def quota_row(family: Family) -> JsonObject:
    """Limits and usage of one owner, of everything or of what the keys narrow them to; or the limits of all without own ones."""
    owner = ("tenant", "tenant_id", "project", "project_id") if family.has_projects else ()
    part = bool(family.keys)
    limits = [Key(name, "At most; -1: any number", int, optional=part) for name in family.counters]
    of_one = keys_schema(
        Key("domain", "Whose"),
        Key("domain_id", "Whose"),
        Key("project_domain", "The same"),
        *(Key(name, "Whose, where it is a project's", optional=True) for name in owner),
        *(Key(name, "What it is narrowed to", optional=True) for name in family.keys),
        *limits,
        *(Key(f"usage.{name}", "What there is", int, optional=part) for name in family.counters),
        Key("pending", "What reservations keep", list, of=_RESERVED, optional=True),
    )
    return {"anyOf": [of_one, keys_schema(Key("defaults", "projects or domains: of all of them"), *limits)]}


_RESERVED = (*_NAMED, Key("expires_at", "Until when", datetime))
