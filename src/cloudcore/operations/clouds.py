"""List filters by cloud: `brand=`, `cloud_env=`, `manager=` and their kin, for what clouds may have.

Everything here is on this deployment's own premises: nothing is taken from a cloud account.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudcore.model.entity import External
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import EVERYTHING, NOTHING, Expr
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.parameter import flag, texts

BRAND = "OneCloud"
"""What the wire calls what is no cloud's."""

ON_PREMISE = "onpremise"

OF_NO_CLOUD = (("brand", BRAND), ("provider", BRAND), ("cloud_env", ON_PREMISE))
"""What details say of such things."""

_NAMES = dict(OF_NO_CLOUD)
_FLAGS = {"is_on_premise": True, "is_managed": False}
_WIDER = {"cloud_env": ("private_or_onpremise",)}
_OF_CLOUDS = ("public_cloud", "private_cloud")
_ACCOUNTS = ("manager", "manager_id", "account", "account_id", "cloudaccount", "cloudaccount_id")

CLOUD_PARAMETERS = frozenset((*_NAMES, *_FLAGS, *_OF_CLOUDS, *_ACCOUNTS))


def is_of_clouds(resource: Resource[Any]) -> bool:
    """Whether clouds may have such a thing too."""
    return issubclass(resource.entity, External)


def cloud_filters(resource: Resource[Any], params: JsonMapping) -> Iterator[Expr]:
    """What the parameters keep; those that the type has a column for are that column's.

    Raises:
        InvalidInputError: a flag is none.
    """
    columns = field_map(resource.entity)
    for name, own in _NAMES.items():
        wanted = [text.lower() for text in texts(params.get(name)) if text]
        if wanted and name not in columns:
            yield EVERYTHING if {own.lower(), *_WIDER.get(name, ())} & set(wanted) else NOTHING
    for name in _OF_CLOUDS:
        if name in params and flag(params, name):
            yield NOTHING
    for name, here in _FLAGS.items():
        if name in params:
            yield EVERYTHING if flag(params, name) == here else NOTHING
    if any(texts(params.get(name)) not in ([], [""]) for name in _ACCOUNTS if name not in columns):
        yield NOTHING
