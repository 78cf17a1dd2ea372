"""Which service a URL means, and what stands behind its prefix.

    /compute/servers               compute, (servers)
    /api/s/compute_v2/r/R/servers  the same, as the API gateway has it
    /identity/v3/users, /v3/users  identity, (v3, users)
    /ping                          no service, (ping)

Empty segments (a doubled slash, one at the end) do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import attrs

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.reading import read_str

Parts: TypeAlias = tuple[str, ...]

MAX_PART = 256
MAX_TOKEN = 1536
"""Characters of the segment behind `tokens`: the older form of identity has a token in its path."""
GATEWAY: Parts = ("api", "s")
CATALOG_TYPES: Mapping[str, str] = {"compute_v2": "compute"}
AT_ROOT: Mapping[str, str] = {"v3": "identity", "v2.0": "identity"}
VERSIONS: Mapping[str, tuple[str, bool]] = {
    "identity": ("v3", True),
    "image": ("v1", True),
    "compute": ("v2", False),
    "log": ("v1", False),
}
"""The version segment of a service's resource routes, and whether it must be there."""


@attrs.frozen
class Target:
    """A service (empty: none in particular) and the segments behind its prefix."""

    service: str
    parts: Parts


def parts_of(raw_path: bytes, *, limit: int) -> Parts:
    """The segments of a raw path, decoded one by one so that an encoded slash stays inside its segment.

    Raises:
        InvalidFormatError: a segment is not UTF-8, too long, or has control characters.
        OutOfRangeError: more than `limit` segments.
    """
    pieces = [piece for piece in raw_path.split(b"/") if piece]
    if len(pieces) > limit:
        raise OutOfRangeError(f"the path has more than {limit} segments", field="path")
    before = [b"", *pieces]
    return tuple(
        _decoded(piece, MAX_TOKEN if last == b"tokens" else MAX_PART)
        for last, piece in zip(before, pieces, strict=False)
    )


def _decoded(piece: bytes, limit: int) -> str:
    try:
        text = unquote_to_bytes(piece).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidFormatError("the path is not UTF-8", field="path") from error
    return read_str(text, "path", limit)


def compile_prefixes(prefixes: Mapping[str, str]) -> Mapping[Parts, str]:
    """The prefixes as segments, the longest first."""
    found = {tuple(p for p in prefix.split("/") if p): service for service, prefix in prefixes.items()}
    return dict(sorted(found.items(), key=lambda item: (-len(item[0]), item[0])))


def target_of(parts: Parts, prefixes: Mapping[Parts, str]) -> Target:
    """The service that a path means; the gateway's form first, then the prefixes, then what is served at the root."""
    if parts[:2] == GATEWAY and len(parts) > 2:
        service = CATALOG_TYPES.get(parts[2], parts[2])
        return Target(service, _behind_region(parts[3:])) if service in prefixes.values() else Target("", parts)
    for prefix, service in prefixes.items():
        if prefix and parts[: len(prefix)] == prefix:
            return Target(service, parts[len(prefix) :])
    if parts and parts[0] in AT_ROOT and AT_ROOT[parts[0]] in prefixes.values():
        return Target(AT_ROOT[parts[0]], parts)
    return Target(prefixes.get((), ""), parts)


def _behind_region(parts: Parts) -> Parts:
    """Drop `r/<region>` and `z/<zone>`: one deployment's control plane serves all of its regions."""
    if len(parts) >= 2 and parts[0] == "r":
        parts = parts[2:]
        if len(parts) >= 2 and parts[0] == "z":
            parts = parts[2:]
    return parts


def resource_parts(target: Target) -> Parts | None:
    """The segments behind the version; None where a version is due and not there."""
    version, required = VERSIONS.get(target.service, ("", False))
    if version and target.parts[:1] == (version,):
        return target.parts[1:]
    return None if required else target.parts
