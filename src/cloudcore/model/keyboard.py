"""Keys of a keyboard by the names that QEMU's monitor has for them, and combinations of them such as `ctrl-alt-delete`."""

from __future__ import annotations

from collections.abc import Mapping

from cloudcore.model.errors import InvalidInputError, OutOfRangeError

MOST_AT_ONCE = 16
"""Keys that are held down together."""


def _numbered(first: int, names: str) -> dict[str, int]:
    return {name: first + place for place, name in enumerate(names.split())}


KEYS: Mapping[str, int] = {
    **_numbered(1, "esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab q w e r t y u i o p"),
    **_numbered(26, "bracket_left bracket_right ret ctrl a s d f g h j k l semicolon apostrophe grave_accent"),
    **_numbered(42, "shift backslash z x c v b n m comma dot slash shift_r kp_multiply alt spc caps_lock"),
    **_numbered(59, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 num_lock scroll_lock"),
    **_numbered(71, "kp_7 kp_8 kp_9 kp_subtract kp_4 kp_5 kp_6 kp_add kp_1 kp_2 kp_3 kp_0 kp_decimal"),
    **_numbered(86, "less f11 f12"),
    **_numbered(96, "kp_enter ctrl_r kp_divide sysrq alt_r"),
    **_numbered(102, "home up pgup left right end down pgdn insert delete"),
    **_numbered(117, "kp_equals"),
    **_numbered(119, "pause"),
    **_numbered(125, "meta_l meta_r compose stop again props undo front copy open paste find cut help menu"),
    "asterisk": 55,
    "print": 99,
}
"""Name to the number that Linux has for the key."""


def pressed(text: str, field: str) -> tuple[int, ...]:
    """The keys of a combination, in the order in which they go down.

    Raises:
        InvalidInputError: there is no such key.
        OutOfRangeError: they are more than `MOST_AT_ONCE`.
    """
    names = text.strip().lower().split("-")
    unknown = next((name for name in names if name not in KEYS), None)
    if unknown is not None:
        wanted = "write them as in ctrl-alt-delete"
        raise InvalidInputError(f"{field}: there is no key {unknown[:32]!a}; {wanted}", field=field)
    if len(names) > MOST_AT_ONCE:
        raise OutOfRangeError(f"{field}: at most {MOST_AT_ONCE} keys at once", field=field)
    return tuple(KEYS[name] for name in names)
