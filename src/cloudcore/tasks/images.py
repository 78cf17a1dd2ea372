"""Performs the effects of the image store, over any image store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import InvalidInputError, MissingParameterError, NotSupportedError
from cloudcore.model.image_keys import checked_key
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.image_store import ImageStore
from cloudcore.resources.image.inspect import Inspection, Reader, inspect

MAX_KEYS = 1000

Inspect: TypeAlias = Callable[[Reader, int, str], Inspection]


@attrs.frozen
class ImagePerformer:
    """A `Performer` of image-probe, image-promote and image-delete.

    inspect: tells what bytes are and refuses what is unsafe; it bounds its own reads.
    """

    store: ImageStore
    inspect: Inspect = inspect

    def perform(
        self, effect: Effect, _fence: int, progress: Callable[[float], None], _cancelled: Callable[[], bool]
    ) -> JsonObject:
        """See `Performer.perform`; each effect takes a few small reads or one rename."""
        if effect.version != 1:
            raise NotSupportedError(f"effects of version {effect.version} are not supported", field="version")
        kinds = {"image-probe": self._probe, "image-promote": self._promote, "image-delete": self._delete}
        if effect.kind not in kinds:
            raise NotSupportedError(f"the image store does not perform {effect.kind[:40]!r}", field="kind")
        result = kinds[effect.kind](effect.args)
        progress(100.0)
        return result

    def _probe(self, args: JsonMapping) -> JsonObject:
        """What the quarantined bytes are; sizes in bytes."""
        key = _key(args, "staged_key")
        declared = args.get("declared_format")
        if not isinstance(declared, str | None):
            raise InvalidInputError("declared_format must be text", field="declared_format")
        size = self.store.size(key)
        found = self.inspect(lambda offset, length: self.store.read(key, offset, length), size, declared or "")
        return {"format": found.format, "virtual_size": found.virtual_size, "size": size}

    def _promote(self, args: JsonMapping) -> JsonObject:
        key = _key(args, "key")
        self.store.move(_key(args, "staged_key"), key)
        return {"key": key}

    def _delete(self, args: JsonMapping) -> JsonObject:
        given: Any = args.get("keys")
        if not isinstance(given, list | tuple):
            raise InvalidInputError("keys must be a list", field="keys")
        keys = cast("Sequence[object]", given)
        if len(keys) > MAX_KEYS:
            raise InvalidInputError(f"keys must be at most {MAX_KEYS}", field="keys")
        for key in [checked_key(key, "keys") for key in keys]:
            self.store.delete(key)
        return {}


def _key(args: JsonMapping, field: str) -> str:
    if args.get(field) is None:
        raise MissingParameterError(f"{field} is missing", field=field)
    return checked_key(args[field], field)
