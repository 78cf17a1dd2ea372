"""What an action or a named detail answers with, where that is not simply the details of what it was asked of."""

from __future__ import annotations

import attrs


@attrs.frozen
class Key:
    """One key of an answer.

    kind: str, int, bool, datetime, dict, list, or object for anything.
    of: of a list, the kind of its values, the keys of each of its objects, or the singular of the type whose rows it holds;
        of a dict, the same of its values, or the keys that it has itself. As a key, whatever that one stands for.
    optional: left out where there is nothing. null: null where there is none.
    """

    name: str
    doc: str
    kind: type = str
    of: type | tuple[Key, ...] | str | Key | None = None
    optional: bool = False
    null: bool = False


@attrs.frozen
class Answer:
    """An object with these keys.

    row: they stand beside the details of what it was asked of, or of what was made of it.
    many: it is a list of such objects. more: there are further keys, which depend on what is asked; of: what these hold.
    """

    keys: tuple[Key, ...] = ()
    row: bool = attrs.field(default=False, kw_only=True)
    many: bool = attrs.field(default=False, kw_only=True)
    more: bool = attrs.field(default=False, kw_only=True)
    of: type | Key | None = attrs.field(default=None, kw_only=True)
