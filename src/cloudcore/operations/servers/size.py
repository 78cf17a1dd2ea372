"""How large a new server is: by numbers, or by the name of a size that is for sale."""

from __future__ import annotations

from typing import Any

from cloudcore.model.errors import MissingParameterError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_str
from cloudcore.operations.servers.billing import PREPAID
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import serversku
from cloudcore.resources.compute.spec import parse_memory_mib, parse_vcpu_count

_NAMES = ("instance_type", "sku", "flavor")
SIZE_KEYS = ("vmem_size", "vcpu_count", "ncpu_count", *_NAMES)


def size_of(tx: Transaction, body: JsonMapping, zone_id: str) -> JsonObject:
    """`vcpu_count`, `vmem_size` (MiB) and `instance_type` of a create body; a named size counts for more than numbers.

    zone_id: where the server shall be; empty for anywhere.

    Raises:
        MissingParameterError: neither memory nor a named size.
        ResourceNotFoundError: no such size is for sale there.
    """
    named = next((body[key] for key in _NAMES if body.get(key) not in (None, "")), None)
    if named is not None:
        found = find_size(tx, named, zone_id, prepaid=_is_prepaid(body))
        return {
            "vcpu_count": found.cpu_core_count,
            "vmem_size": found.memory_size_mb,
            "instance_type": found.name,
        }
    # Clients send 0, or an empty text, for what was not said.
    said = {key: body[key] for key in SIZE_KEYS if body.get(key) not in (None, "", 0, "0")}
    if "vmem_size" not in said:
        raise MissingParameterError("vmem_size is missing; or send instance_type", field="vmem_size")
    return {"vmem_size": parse_memory_mib(said["vmem_size"]), "vcpu_count": parse_vcpu_count(said) or 1}


def sold_where(tx: Transaction, body: JsonMapping, zone_id: str) -> tuple[frozenset[str] | None, frozenset[str]]:
    """The zones in which the named size of a create body is for sale, and regions in all zones of which; None, where
    numbers are wanted and no size by its name.

    Raises:
        ResourceNotFoundError: no such size is for sale there.
    """
    named = next((body[key] for key in _NAMES if body.get(key) not in (None, "")), None)
    if named is None:
        return None, frozenset()
    prepaid = _is_prepaid(body)
    return serversku.sold_in(tx, find_size(tx, named, zone_id, prepaid=prepaid), prepaid=prepaid)


def _is_prepaid(body: JsonMapping) -> bool:
    return body.get("billing_type") == PREPAID


def find_size(tx: Transaction, named: Any, zone_id: str, *, prepaid: bool = False) -> Any:
    """The size of that name (or id) that is for sale in a zone, or anywhere where that is empty.

    Raises:
        ResourceNotFoundError: there is none.
    """
    name = read_str(named, "instance_type", 64)
    found = serversku.find(tx, name, zone_id, prepaid=prepaid)
    if found is None:
        raise ResourceNotFoundError(f"there is no size {name} for sale", field="instance_type")
    return found
