"""What the drives of a machine become: RAID arrays by configuration, volumes of them, and whether disks fit on those.

    drives ── arrays_of(configs) ──> arrays ── volumes_of ──> volumes ── fits_on(disks)

Whoever places a machine and whoever configures it come to the same arrays by this. Sizes in MiB.

Source: baremetal disk configurations on the wire, and the layout that its agent makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError
from cloudcore.model.units import parse_mib

LEVELS = {"none": 1, "raid0": 1, "raid1": 2, "raid5": 3, "raid10": 4}
"""The fewest drives of each level."""
TYPES = ("rotate", "ssd", "hybrid")
_NAMES = {"hdd": "rotate"}
DRIVERS = ("MegaRaid", "HPSARaid", "Mpt2SAS", "MarvelRaid", "Linux", "PCIE")
_SPARED_MIB = 2
"""So much of each volume is no disk's."""
_MOST = 256
_FLAGS = ("ra", "nora", "wt", "wb", "direct", "cached", "cachedbadbbu")
_RANGE = re.compile(r"\[([0-9]{1,3}(?:-[0-9]{1,3})?(?:,[0-9]{1,3}(?:-[0-9]{1,3})?)*)\]", re.ASCII)
_SPLITS = re.compile(r"\(([0-9A-Za-z%.,]{0,120})\)", re.ASCII)
_STRIP = re.compile(r"strip=?([0-9]{1,5})k?", re.ASCII)
_ADAPTER = re.compile(r"adapter=?([0-9]{1,3})", re.ASCII)


class Infeasible(Exception):  # noqa: N818 - an answer, not a failure
    """The drives don't become what is wanted; says why."""


@attrs.frozen(kw_only=True)
class Drive:
    """One physical drive, in the order of detection. min_strip_kib, max_strip_kib: of its controller; 0: any."""

    size_mib: int
    type: str = "rotate"
    adapter: int = 0
    driver: str = "Linux"
    min_strip_kib: int = 0
    max_strip_kib: int = 0


@attrs.frozen(kw_only=True)
class RaidConfig:
    """One array. type: empty or `hybrid` for any; count: 0 for all that suit; positions: on their adapter.

    splits: parts of the array in its order, each as `30%` or `50g`, one of them empty for the rest. adapter: -1 for any.
    """

    conf: str = "none"
    type: str = ""
    count: int = 0
    positions: tuple[int, ...] = ()
    splits: tuple[str, ...] = ()
    adapter: int = -1
    driver: str = ""
    strip_kib: int = 0


@attrs.frozen(kw_only=True)
class Array:
    """Drives that are one array. size_mib: what it holds."""

    config: RaidConfig
    drives: tuple[Drive, ...]
    size_mib: int


def read_raid(value: object, field: str = "baremetal_disk_configs") -> RaidConfig:
    """A configuration from an object, or from text such as `raid10:ssd:4:[0-3]:(30%,):MegaRaid:adapter0:strip64k`.

    Raises:
        InvalidInputError: names the part that is wrong.
    """
    if isinstance(value, str):
        found: dict[str, Any] = {}
        for part in value.split(":"):
            found.update(_part(part.strip(), field))
    elif isinstance(value, Mapping):
        found = _object(cast("Mapping[str, Any]", value), field)
    else:
        raise InvalidInputError(f"{field}: must be a text or an object", field=field)
    config = RaidConfig(**found)
    if config.splits and config.conf == "none":
        raise InvalidInputError(f"{field}: drives without RAID are not split", field=field)
    if config.splits.count("") > 1:
        raise InvalidInputError(f"{field}: only one part can be the rest", field=field)
    return config


def arrays_of(drives: Sequence[Drive], configs: Sequence[RaidConfig]) -> tuple[Array, ...]:
    """The arrays that drives become, in order of their configurations; drives that are left stay single.

    Raises:
        Infeasible: they are too few, or not of one kind.
    """
    left, found, wanted = list(drives), list[Array](), list(configs)
    while left:
        config = wanted.pop(0) if wanted else RaidConfig()
        chosen, left = _chosen(config, left)
        if not chosen:
            raise Infeasible(f"no drive is left for {_name(config)}")
        found.append(Array(config=config, drives=tuple(chosen), size_mib=_size(config, chosen)))
    if wanted:
        raise Infeasible(f"no drive is left for {_name(wanted[0])}")
    return tuple(found)


def volumes_of(arrays: Sequence[Array]) -> tuple[int, ...]:
    """The sizes (MiB) of what disks are put on, in order: parts of arrays, and single drives.

    Raises:
        Infeasible: parts are more than the whole.
    """
    found: list[int] = []
    for array in arrays:
        if array.config.conf == "none":
            found += [drive.size_mib for drive in array.drives]
        else:
            found += _parts(array)
    return tuple(found)


def fits_on(volumes: Sequence[int], disks: Sequence[int]) -> bool:
    """Whether disks (MiB; 0 is the rest of a volume) fit in their order, the first on the first volume: a disk goes on the
    volume of the one before it or on a later one.
    """
    places = iter(volumes)
    left = next(places, 0) - _SPARED_MIB
    for size in disks:
        while left < max(size, 1):
            following = next(places, None)
            if following is None:
                return False
            left = following - _SPARED_MIB
        left = 0 if size <= 0 else left - size
    return True


def why_not(drives: Sequence[Drive], configs: Sequence[RaidConfig], disks: Sequence[int]) -> str:
    """Why drives don't become arrays that hold the disks; empty where they do."""
    try:
        volumes = volumes_of(arrays_of(drives, configs))
    except Infeasible as reason:
        return str(reason)
    if fits_on(volumes, disks):
        return ""
    sizes = ", ".join(str(size) for size in volumes) or "none"
    return f"disks of {', '.join(str(size) for size in disks)} MiB do not fit on volumes of {sizes} MiB"


def drives_text(drives: Sequence[Drive]) -> str:
    """Drives in one line, by which machines are compared."""
    return "|".join(f"{d.type}:{d.size_mib}:{d.adapter}:{d.driver}:{d.min_strip_kib}:{d.max_strip_kib}" for d in drives)


@lru_cache(maxsize=1024)
def drives_in(line: str) -> tuple[Drive, ...]:
    """The drives of a line of `drives_text`."""
    found: list[Drive] = []
    for one in line.split("|") if line else ():
        kind, size, adapter, driver, low, high = one.split(":")
        found.append(
            Drive(
                type=kind,
                size_mib=int(size),
                adapter=int(adapter),
                driver=driver,
                min_strip_kib=int(low),
                max_strip_kib=int(high),
            )
        )
    return tuple(found)


def _part(text: str, field: str) -> dict[str, Any]:
    if text in LEVELS:
        return {"conf": text}
    if text in TYPES or text in _NAMES:
        return {"type": _NAMES.get(text, text)}
    if text in DRIVERS:
        return {"driver": text}
    if text.isascii() and text.isdigit() and len(text) <= 3:
        return {"count": int(text)}
    if match := _RANGE.fullmatch(text):
        return {"positions": _positions(match[1])}
    if match := _SPLITS.fullmatch(text):
        return {"splits": _checked_splits(match[1], field)}
    if match := _ADAPTER.fullmatch(text):
        return {"adapter": int(match[1])}
    if match := _STRIP.fullmatch(text):
        return {"strip_kib": int(match[1])}
    if text in ("", *_FLAGS):
        return {}
    raise InvalidFormatError(f"{field}: {text[:40]!a} says nothing about an array", field=field)


def _object(value: Mapping[str, Any], field: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, accepted in (("conf", tuple(LEVELS)), ("type", TYPES), ("driver", DRIVERS)):
        given = value.get(name) or ""
        if given and given not in accepted:
            raise InvalidInputError(f"{field}.{name}: must be one of {', '.join(accepted)}", field=f"{field}.{name}")
        if given:
            found[name] = given
    for name, key in (("count", "count"), ("adapter", "adapter"), ("strip", "strip_kib")):
        given = value.get(name)
        if given is not None:
            if type(given) is not int or not 0 <= given <= 65536:
                raise InvalidInputError(f"{field}.{name}: must be a whole number", field=f"{field}.{name}")
            found[key] = given
    positions: Any = value.get("range") or []
    if not isinstance(positions, list) or any(type(one) is not int for one in cast("list[Any]", positions)):
        raise InvalidInputError(f"{field}.range: must be a list of whole numbers", field=f"{field}.range")
    found["positions"] = tuple(cast("list[int]", positions)[:_MOST])
    if value.get("splits"):
        found["splits"] = _checked_splits(str(value["splits"]).strip("()"), f"{field}.splits")
    return found


def _positions(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(dict.fromkeys(found))


def _checked_splits(text: str, field: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(","))
    for part in parts:
        if part:
            _part_size(part, 100, field)
    return parts


def _part_size(part: str, whole: int, field: str = "splits") -> int:
    if part.endswith("%"):
        number = part[:-1]
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", number, re.ASCII):
            raise InvalidFormatError(f"{field}: {part[:16]!a} is no share", field=field)
        return int(whole * float(number) / 100)
    return parse_mib(part, field=field)


def _chosen(config: RaidConfig, drives: Sequence[Drive]) -> tuple[list[Drive], list[Drive]]:
    """The drives of a configuration, and those that are left. A position counts from 0 on each adapter."""
    chosen, rest = list[Drive](), list[Drive]()
    place, before = -1, None
    for drive in drives:
        place = place + 1 if before == (drive.adapter, drive.driver) else 0
        before = (drive.adapter, drive.driver)
        first = chosen[0] if chosen else drive
        here = (
            config.type in ("", "hybrid", drive.type)
            and (config.adapter in (-1, drive.adapter) and first.adapter == drive.adapter)
            and (config.driver in ("", drive.driver) and first.driver == drive.driver)
        )
        asked = place in config.positions if config.positions else not config.count or len(chosen) < config.count
        (chosen if here and asked else rest).append(drive)
    return chosen, rest


def _size(config: RaidConfig, drives: Sequence[Drive]) -> int:
    number, least, name = len(drives), min(drive.size_mib for drive in drives), _name(config)
    _check(config, drives, name)
    if config.conf == "raid5":
        return least * (number - 1)
    if config.conf in ("raid1", "raid10"):
        return least * number // 2
    return sum(drive.size_mib for drive in drives)


def _check(config: RaidConfig, drives: Sequence[Drive], name: str) -> None:
    number, driver = len(drives), drives[0].driver
    if config.count and number < config.count and not config.positions:
        raise Infeasible(f"{name} needs {config.count} drives, there are {number}")
    if number < LEVELS[config.conf]:
        raise Infeasible(f"{name} needs {LEVELS[config.conf]} drives or more, there are {number}")
    if config.conf in ("raid1", "raid10") and number % 2:
        raise Infeasible(f"{name} needs an even number of drives, there are {number}")
    if driver == "Mpt2SAS" and (
        config.conf == "raid5" or (config.conf == "raid0" and number < 2) or (config.conf == "raid10" and number > 10)
    ):
        raise Infeasible(f"controllers of type {driver} make no {name} of {number} drives")
    if driver == "MegaRaid" and config.strip_kib:
        for drive in drives:
            if not drive.min_strip_kib <= config.strip_kib <= (drive.max_strip_kib or config.strip_kib):
                raise Infeasible(f"strips of {config.strip_kib} KiB are not made by the controller")


def _parts(array: Array) -> list[int]:
    if not array.config.splits:
        return [array.size_mib]
    sizes = [_part_size(part, array.size_mib) if part else -1 for part in array.config.splits]
    rest = array.size_mib - sum(size for size in sizes if size >= 0)
    if rest < 0:
        raise Infeasible(f"the parts of {_name(array.config)} are more than its {array.size_mib} MiB")
    return [rest if size < 0 else size for size in sizes]


def _name(config: RaidConfig) -> str:
    kind = "" if config.type in ("", "hybrid") else f" of {config.type} drives"
    return ("a single drive" if config.conf == "none" else config.conf) + kind
