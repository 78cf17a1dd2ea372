"""Finding a service's address in a token's catalogue, and joining paths to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from cloudcore.model.errors import InvalidInputError, NotSupportedError

CATALOG_TYPE: Mapping[str, str] = {"compute": "compute_v2"}
GATEWAY = "apigateway"
"""The interface of clients that send everything to one address, whatever the catalogue says."""
GATEWAY_PATH = "/api/s/"
_VERSION = re.compile(r"/v\d+(\.\d+)?$")


def find_endpoint(
    catalog: Sequence[Mapping[str, Any]],
    service: str,
    *,
    interface: str = "public",
    region: str = "",
    zone: str = "",
    read_only: bool = False,
) -> str:
    """The URL of a service.

    interface: `public`, `internal`, … or the longer forms such as `publicURL`: an entry matches when the wanted text
        starts with the entry's. For reads, an `internal` request prefers an entry of the interface `slave`.
    region, zone: an entry for `<region>-<zone>` wins over one for the region; no region takes the first entry.

    Raises:
        NotSupportedError: the cloud has no such service here; the message names the interfaces that it has.
    """
    wanted = CATALOG_TYPE.get(service, service)
    entries = [e for e in _entries(catalog, wanted) if _in_region(e, region, zone)]
    entries.sort(key=lambda e: bool(zone) and e.get("region_id") != f"{region}-{zone}")
    if read_only and interface.startswith("internal"):
        for entry in entries:
            if entry.get("interface") == "slave":
                return str(entry["url"])
    for entry in entries:
        if entry.get("interface") and interface.startswith(str(entry["interface"])):
            return str(entry["url"])
    there = ", ".join(sorted({f"{e.get('interface')} in {e.get('region_id')}" for e in _entries(catalog, wanted)}))
    raise NotSupportedError(
        f"the cloud offers no {interface} endpoint of {wanted}"
        + (f" in region {region}" if region else "")
        + (f"; it has: {there}" if there else "")
    )


def gateway_endpoint(auth_url: str, service: str, *, region: str = "", zone: str = "") -> str:
    """The URL of a service behind the gateway at which one logs in: `<gateway>/api/s/<type>[/r/<region>[/z/<zone>]]`.

    Raises:
        InvalidInputError: the login does not go by a gateway.
    """
    gateway, mark, _ = auth_url.partition(GATEWAY_PATH)
    if not mark:
        raise InvalidInputError(
            f"the interface {GATEWAY} needs a login there: http://HOST{GATEWAY_PATH}identity/v3", field="auth_url"
        )
    parts = [CATALOG_TYPE.get(service, service), *(("r", region) if region else ())]
    parts += ("z", zone) if region and zone else ()
    return f"{gateway}{GATEWAY_PATH}" + "/".join(quote(part, safe="") for part in parts)


def join(endpoint: str, path: str) -> str:
    """The endpoint and the path below it; a version at the endpoint's end gives way to one at the path's start."""
    base = endpoint.rstrip("/")
    if re.match(r"/v\d+(\.\d+)?/", path):
        base = _VERSION.sub("", base)
    return base + path


def _entries(catalog: Sequence[Mapping[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    for service in catalog:
        if service.get("type") == kind:
            for entry in service.get("endpoints") or ():
                if isinstance(entry, Mapping) and entry.get("url"):
                    yield entry


def _in_region(entry: Mapping[str, Any], region: str, zone: str) -> bool:
    return not region or entry.get("region_id") in (region, f"{region}-{zone}")
