"""What a body says of where a new thing is to be: in a cloud, region, zone or VPC. It is made there, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.access import fetch
from cloudcore.operations.clouds import BRAND, is_of_clouds
from cloudcore.operations.later import is_said
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction

_ACCOUNTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("manager_id", "manager", "cloudprovider_id", "cloudprovider"), "cloudprovider"),
        **dict.fromkeys(("cloudaccount_id", "cloudaccount"), "cloudaccount"),
    }
)
_KINDS = ("provider", "brand")
_PLACES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("cloudregions", "cloudregion", ("cloudregion_id", "cloudregion", "region_id", "region")),
    ("zones", "zone", ("zone_id", "zone")),
    ("vpcs", "vpc", ("vpc_id", "vpc")),
)
"""Plural, the word of details for its name, and the words of bodies; with `_id` the first one is that of its id."""


def check_place(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], body: JsonMapping, made: JsonMapping
) -> None:
    """Refuse a new thing that is not where its body says, before anything of it is kept. made: its details.

    Raises:
        ResourceNotFoundError: there is no such account of a cloud (there are none here), region, zone or VPC.
        NotSupportedError: it is to be in a cloud of somebody else.
        InvalidInputError: it lies in another region, zone or VPC, which follows from something else that was said.
    """
    if not is_of_clouds(resource):
        return
    for name, what in _ACCOUNTS.items():
        if is_said(body.get(name)):
            raise ResourceNotFoundError(f"{what} {str(body[name])[:64]} not found", field=name)
    fields = field_map(resource.entity)
    for name in _KINDS:
        own = name in fields and fields[name].spec.create
        if not own and is_said(body.get(name)) and str(body[name]).lower() != BRAND.lower():
            raise NotSupportedError(f"{name} {str(body[name])[:64]!a} is not supported; there is {BRAND}", field=name)
    for plural, word, names in _PLACES:
        for name in names:
            if f"{word}_id" in made and is_said(body.get(name)):
                _check_lies(platform, tx, caller, platform.types[plural], name, body[name], made[f"{word}_id"])


def _check_lies(
    platform: Platform, tx: Transaction, caller: Caller, kind: Resource[Any], name: str, sent: Any, there: str
) -> None:
    text = read_str(sent, name, 128)
    if text == there:
        return
    try:
        named = fetch(platform, tx, caller, kind, text)
    except ResourceNotFoundError as error:
        error.field = name
        raise
    if named.id != there:
        reason = f"{name}: it would not lie in {kind.singular} {named.name}, but in {there}"
        raise InvalidInputError(reason, field=name)
