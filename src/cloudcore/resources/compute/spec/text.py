"""What the texts and objects of a server's disks and networks have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping
from cloudcore.model.reading import read_int, read_str, said

MAX_ENTRIES = 64
MAX_TEXT = 4096
MAX_SCHEDTAGS = 16
STRATEGIES = ("require", "exclude", "prefer", "avoid")

_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}", re.ASCII)

ReadField = Callable[[Json, str], Any]
"""`(value, field) → value of the spec`."""


@attrs.frozen(kw_only=True)
class SchedtagSpec:
    """A scheduling tag by id or name; strategy and resource type are empty where the tag's own defaults hold."""

    id: str
    strategy: str = ""
    resource_type: str = ""
    weight: int = 1


@attrs.frozen(kw_only=True)
class DeviceSpec:
    """A passed-through device by id or by model."""

    id: str = ""
    model: str = ""


def collect(body: JsonMapping, *, plural: str, legacy: str) -> list[Json]:
    """The entries of `disks`, `nets` …: the list under `plural`, or, only if that is absent, null or "", the dotted keys.

    Dotted keys (`disk.0`, `disk.1`) are taken in the order of their numbers, gaps closed; null entries are dropped.
    A bare text or object under `plural` is a list of one. At most 64 entries.

    Raises:
        InvalidFormatError: the value is not a list.
        OutOfRangeError: too many entries, or a number above 9999.
    """
    value = body.get(plural)
    if value in (None, ""):
        found = [entry for _, entry in sorted(_dotted(body, legacy), key=lambda item: item[0])]
    elif isinstance(value, str | dict):
        found = [cast("Json", value)]
    elif isinstance(value, list):
        found = list(cast("Sequence[Json]", value))
    else:
        raise InvalidFormatError(f"{plural}: must be a list", field=plural)
    if len(found) > MAX_ENTRIES:
        raise OutOfRangeError(f"{plural}: more than {MAX_ENTRIES} entries", field=plural)
    return found


def split_outside_brackets(text: str, separators: str, field: str) -> list[str]:
    """Split at the separators that are not inside `[...]`, dropping empty parts.

    Raises:
        InvalidFormatError: brackets do not pair, or nothing remains.
    """
    parts, depth = [""], 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if depth not in (0, 1):
            break
        if char in separators and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    found = [part.strip() for part in parts if part.strip()]
    if depth != 0 or not found:
        raise InvalidFormatError(f"{field}: is empty or has brackets that do not pair", field=field)
    return found


class Fields:
    """The fields of one entry, each of which may be given once."""

    def __init__(self, entry: str, readers: Mapping[str, ReadField]) -> None:
        self.entry = entry
        self.values: dict[str, Any] = {}
        self._readers = readers

    def set(self, name: str, value: Json) -> None:
        """Read and keep a value.

        Raises:
            InvalidInputError: it is not good, or the field has a value already.
        """
        field = f"{self.entry}.{name}"
        if name in self.values:
            raise InvalidInputError(f"{field}: is given twice", field=field)
        self.values[name] = self._readers[name](value, field)

    def update(self, data: JsonMapping, aliases: Mapping[str, str]) -> None:
        """Take what is known of an object; what says nothing and unknown keys are skipped, an alias counts only without its name.

        Clients send null or an empty text for what was not said.
        """
        for key, value in data.items():
            name = aliases.get(key, key)
            if _is_empty(value) or name not in self._readers or (name != key and not _is_empty(data.get(name))):
                continue
            self.set(name, value)


def _is_empty(value: Json) -> bool:
    return value in (None, "")


def as_object(value: Json, field: str) -> JsonMapping:
    """The value, if it is an object.

    Raises:
        InvalidFormatError: it is not.
    """
    if not isinstance(value, dict):
        raise InvalidFormatError(f"{field}: must be an object", field=field)
    return cast("JsonMapping", value)


def as_list(value: Json, field: str, limit: int) -> Sequence[Json]:
    """The value, if it is a list of at most `limit`; a bare text or object is a list of one.

    Raises:
        InvalidFormatError: it is not a list.
        OutOfRangeError: it is too long.
    """
    if isinstance(value, str | dict):
        return [cast("Json", value)]
    if not isinstance(value, list):
        raise InvalidFormatError(f"{field}: must be a list", field=field)
    items = cast("Sequence[Json]", value)
    if len(items) > limit:
        raise OutOfRangeError(f"{field}: more than {limit} items", field=field)
    return items


def choice(*words: str) -> ReadField:
    """A reader of one of the words; an empty text means that nothing is chosen."""

    def read(value: Json, field: str) -> str:
        word = read_str(value, field, 64)
        if word and word not in words:
            raise InvalidInputError(f"{field}: {word!a} is not one of {', '.join(words)}", field=field)
        return word

    return read


def reference(value: Json, field: str) -> str:
    """Read an id or a name of something that must be looked up."""
    return read_str(value, field, 128).strip()


def word(value: Json, field: str) -> str:
    """Read a plain word whose meaning a driver judges later; empty is allowed.

    Raises:
        InvalidFormatError: it has other characters than letters, digits, `_`, `.` and `-`.
    """
    text = read_str(value, field, 64)
    if text and not _WORD.fullmatch(text):
        raise InvalidFormatError(f"{field}: {text!a} is not a plain word", field=field)
    return text


def whole(minimum: int, maximum: int) -> ReadField:
    """A reader of whole numbers between two bounds, both inclusive."""
    return lambda value, field: read_int(value, field, minimum, maximum)


def absolute_path(value: Json, field: str) -> str:
    """Read an absolute path without `..`, empty components or a trailing slash; empty is allowed.

    Raises:
        InvalidFormatError: it is another path.
    """
    path = read_str(value, field, 1024)
    parts = path.split("/")[1:]
    if path in ("", "/"):
        return path
    if not path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise InvalidFormatError(f"{field}: {path[:64]!a} is not a plain absolute path", field=field)
    return path


def parse_schedtag(value: Json, field: str) -> SchedtagSpec:
    """Read `<tag>:<strategy>[:<resource type>]` or `{id, strategy, resource_type, weight}`.

    Raises:
        InvalidInputError: a part is missing or not good.
    """
    if isinstance(value, str):
        parts = read_str(value, field, 256).split(":")
        if len(parts) > 3:
            raise InvalidFormatError(f"{field}: is not <tag>:<strategy>[:<resource type>]", field=field)
        data: JsonMapping = dict(zip(("id", "strategy", "resource_type"), parts, strict=False))
    else:
        data = as_object(value, field)
    tag = reference(said(data, "id", "schedtag"), f"{field}.id")
    if not tag:
        raise InvalidInputError(f"{field}.id: is missing", field=f"{field}.id")
    return SchedtagSpec(
        id=tag,
        strategy=choice(*STRATEGIES)(said(data, "strategy"), f"{field}.strategy"),
        resource_type=word(said(data, "resource_type"), f"{field}.resource_type"),
        weight=read_int(said(data, "weight", otherwise=1), f"{field}.weight", 0, 1000),
    )


def schedtags(value: Json, field: str) -> tuple[SchedtagSpec, ...]:
    """Read a list of scheduling tags."""
    items = as_list(value, field, MAX_SCHEDTAGS)
    return tuple(parse_schedtag(item, f"{field}.{index}") for index, item in enumerate(items))


def device(value: Json, field: str) -> DeviceSpec:
    """Read `{id, model}` of a device to pass through."""
    data = as_object(value, field)
    return DeviceSpec(
        id=reference(said(data, "id"), f"{field}.id"), model=reference(said(data, "model"), f"{field}.model")
    )


def _dotted(body: JsonMapping, legacy: str) -> list[tuple[int, Json]]:
    found: list[tuple[int, Json]] = []
    for key, value in body.items():
        prefix, dot, number = key.rpartition(".")
        if prefix != legacy or not dot or not (number.isascii() and number.isdigit()) or value is None:
            continue
        if not _NUMBER.fullmatch(number):
            raise OutOfRangeError(f"{legacy}: the number of a key is above 9999", field=legacy)
        found.append((int(number), value))
    if len({number for number, _ in found}) != len(found):
        raise InvalidInputError(f"{legacy}: two keys have the same number", field=legacy)
    return found
