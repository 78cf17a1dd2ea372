"""What the catalogue keeps of services' configuration, for whoever runs them to fetch: group → option → value."""

from __future__ import annotations

import json
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_str
from cloudcore.operations.access import reach
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.service import SERVICES, Service

WAYS = ("update", "remove", "replace")
MAX_NAME = 128
MOST_TEXT = 64 * 1024
"""Characters of a whole configuration, as JSON."""


def show_config(
    platform: Platform, _tx: Transaction, caller: Caller, service: Service, _params: JsonMapping
) -> JsonObject:
    """The configuration of a service; null where none was put here. It may hold secrets: who may only read has no look.

    Raises:
        ForbiddenError: the caller may not set it.
    """
    reach(platform, caller, SERVICES, "perform", "config")
    return {"config": service.config or None}


def set_config(platform: Platform, tx: Transaction, caller: Caller, service: Service, body: JsonMapping) -> JsonObject:
    """Merge options in, take some out, or replace all; the version of the configuration goes up where it changes.

    Raises:
        MissingParameterError: there is no configuration in the body.
        InvalidInputError: it is no object of groups with options, or the way is none of `WAYS`.
        OutOfRangeError: it becomes longer than `MOST_TEXT`.
    """
    if "config" not in body:
        raise MissingParameterError("config is missing", field="config")
    sent = _read(body["config"])
    way = read_str(body.get("action") or "update", "action", 16)
    if way not in WAYS:
        raise InvalidInputError(f"action must be one of {', '.join(WAYS)}", field="action")
    config = sent if way == "replace" else _merged(service.config, sent, taken=way == "remove")
    if len(json.dumps(config, ensure_ascii=False)) > MOST_TEXT:
        raise OutOfRangeError(f"config: more than {MOST_TEXT} characters", field="config")
    if config != service.config:
        changed = evolve(service, config=config, config_version=service.config_version + 1)
        tx.of(SERVICES, reach(platform, caller, SERVICES, "perform", "config").where).save(changed)
    return {"config": config or None}


def _read(sent: Any) -> JsonObject:
    config: JsonObject = {}
    for group, options in _object(sent, "config").items():
        read_str(group, "config", MAX_NAME)
        config[group] = {
            read_str(name, f"config.{group}", MAX_NAME): value
            for name, value in _object({} if options is None else options, f"config.{group}").items()
        }
    return config


def _object(value: Any, field: str) -> JsonObject:
    if not isinstance(value, dict):
        raise InvalidInputError(f"{field} must be an object", field=field)
    return cast("JsonObject", value)


def _merged(old: JsonMapping, new: JsonMapping, *, taken: bool) -> JsonObject:
    """Group by group; a group of which nothing is left goes."""
    config: JsonObject = {group: dict(options) for group, options in old.items()}
    for group, options in new.items():
        held = config.setdefault(group, {})
        for name, value in options.items():
            if taken:
                held.pop(name, None)
            else:
                held[name] = value
    return {group: options for group, options in config.items() if options}
