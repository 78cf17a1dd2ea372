"""The documents of logins, tokens and versions, as schemas."""

from __future__ import annotations

from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.operation import enveloped
from cloudcore_adapters.rest.schemas import reference
from cloudcore_adapters.rest.shape import CATALOG

ID_OR_NAME: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
}
_IN_DOMAIN: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "domain": reference("IdOrName")},
}
PASSWORD: JsonObject = {"type": "string", "maxLength": 1024, "writeOnly": True}
LOGIN: JsonObject = {
    "type": "object",
    "required": ["auth"],
    "properties": {
        "auth": {
            "type": "object",
            "required": ["identity"],
            "properties": {
                "identity": {
                    "type": "object",
                    "required": ["methods"],
                    "properties": {
                        "methods": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1},
                        "password": enveloped(
                            "user",
                            {
                                "type": "object",
                                "properties": {**_IN_DOMAIN["properties"], "password": PASSWORD},
                            },
                        ),
                        "token": {"type": "object", "properties": {"id": {"type": "string"}}},
                    },
                },
                "scope": {
                    "anyOf": [
                        {"const": "unscoped"},
                        {"type": "object", "properties": {"project": _IN_DOMAIN, "domain": reference("IdOrName")}},
                    ]
                },
            },
        }
    },
    "examples": [
        {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": "alice", "password": "secret", "domain": {"name": "Default"}}},
                },
                "scope": {"project": {"name": "web", "domain": {"name": "Default"}}},
            }
        }
    ],
}
LOGIN_V2: JsonObject = {
    "type": "object",
    "required": ["auth"],
    "properties": {
        "auth": {
            "type": "object",
            "properties": {
                "tenantName": {"type": "string"},
                "tenantId": {"type": "string"},
                "passwordCredentials": {
                    "type": "object",
                    "required": ["username"],
                    "properties": {"username": {"type": "string"}, "password": PASSWORD},
                },
                "token": {"type": "object", "properties": {"id": {"type": "string"}}},
            },
        }
    },
    "examples": [{"auth": {"tenantName": "web", "passwordCredentials": {"username": "alice", "password": "secret"}}}],
}
_NAMED: JsonObject = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
}
_PLACE: JsonObject = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {**_NAMED["properties"], "domain": _NAMED},
}
TOKEN: JsonObject = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {
            "type": "object",
            "required": ["expires_at", "issued_at", "methods", "user"],
            "properties": {
                "expires_at": {"type": "string", "format": "date-time"},
                "issued_at": {"type": "string", "format": "date-time"},
                "methods": {"type": "array", "items": {"type": "string"}},
                "user": _PLACE,
                "is_domain": {"type": "boolean"},
                "is_admin_project": {"type": "boolean"},
                "project": _PLACE,
                "domain": _NAMED,
                "system": {"type": "object", "required": ["all"], "properties": {"all": {"const": True}}},
                "roles": {"type": "array", "items": _NAMED},
                "projects": {"type": "array", "items": _PLACE},
                "policies": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
                "catalog": {"type": "array", "items": CATALOG},
            },
        }
    },
}
VERSION: JsonObject = {
    "type": "object",
    "required": ["id", "status", "links"],
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string"},
        "links": {"type": "array", "items": {"type": "object", "required": ["rel", "href"]}},
    },
}
