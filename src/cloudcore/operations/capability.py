"""What can be had here, for forms that make servers: of all, a region or a zone.

How full storages are is told to those who may list storages.
"""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.access import widest
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.infrastructure.capability import capability_of
from cloudcore.resources.storage.storage import STORAGES

CAPABILITIES = "capabilities"


def capabilities(platform: Platform, tx: Transaction, caller: Caller, _name: str, _params: JsonMapping) -> JsonObject:
    """Of the whole deployment.

    Raises:
        ForbiddenError: the caller has no right to it at any scope.
    """
    policies = platform.policies.policy_set(caller)
    scopes = (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT)
    if not caller.is_platform and not any(policies.allowed(s, "compute", CAPABILITIES, "list").allowed for s in scopes):
        raise ForbiddenError("not enough privilege to do compute capabilities list")
    return _told(platform, tx, caller, "", "")


def of_zone(platform: Platform, tx: Transaction, caller: Caller, zone: Any, _params: JsonMapping) -> JsonObject:
    """Of one zone."""
    return _told(platform, tx, caller, "zones", zone.id)


def of_region(platform: Platform, tx: Transaction, caller: Caller, region: Any, _params: JsonMapping) -> JsonObject:
    """Of one region."""
    return _told(platform, tx, caller, "cloudregions", region.id)


def _told(platform: Platform, tx: Transaction, caller: Caller, plural: str, ident: str) -> JsonObject:
    return capability_of(tx, plural, ident, amounts_too=widest(platform, caller, STORAGES, "list") is not None)
