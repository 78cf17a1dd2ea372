"""Conditions over JSON documents, such as `server.vcpu_count > 8 && host.name.startswith("gpu")`.

Paths with dots and `[0]`, numbers, texts, true and false, `== != > >= < <= && || ! + - * /` and parentheses. Texts know
startswith, endswith, contains, in, len and substr, lists contains and len, objects contains, keys and len. Whatever is
missing or of an unsuitable type makes the whole condition false. A condition has at most 256 words, nested 24 deep.

Source: the condition language of scheduling policies on the wire.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from cloudcore.model.errors import InvalidFormatError
from cloudcore.model.json import JsonMapping

MAX_TEXT = 1024
MAX_WORDS = 256
MAX_DEPTH = 24

Node: TypeAlias = Callable[[JsonMapping], Any]

_WORD = re.compile(
    r"""\s*(?:(?P<number>[0-9]{1,15}(?:\.[0-9]{1,9})?)|(?P<name>[A-Za-z_][A-Za-z0-9_-]{0,63})"""
    r"""|"(?P<text>[^"\\\n]{0,256})"|'(?P<text2>[^'\\\n]{0,256})'|(?P<sign>==|!=|>=|<=|&&|\|\||[!<>()\[\].,+*/-]))""",
    re.ASCII,
)


class _Unmet(Exception):  # noqa: N818 - an answer, not a failure
    """A path is missing, or a value has the wrong type."""


class Condition:
    """A parsed condition. names: all names in it, of paths and of what is called."""

    def __init__(self, node: Node, names: frozenset[str]) -> None:
        self._node = node
        self.names = names

    def holds(self, document: JsonMapping) -> bool:
        """Whether the document satisfies it."""
        try:
            return self._node(document) is True
        except (_Unmet, TypeError, ZeroDivisionError, OverflowError):
            return False


def parse_condition(text: str, field: str = "condition") -> Condition:
    """Read a condition.

    Raises:
        InvalidFormatError: it does not parse, or is too long.
    """
    words = _words(text, field)
    return Condition(_Parser(words, field).whole(), frozenset(value for kind, value in words if kind == "name"))


def _words(text: str, field: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        match = _WORD.match(text, place)
        if match is None or len(found) >= MAX_WORDS or len(text) > MAX_TEXT:
            raise InvalidFormatError(f"{field}: no condition at {text[place : place + 20]!r}", field=field)
        place = match.end()
        kind = str(match.lastgroup)
        value: Any = match[kind]
        if kind == "number":
            value = float(value) if "." in value else int(value)
        found.append(("text" if kind == "text2" else kind, value))
    return found


class _Parser:
    def __init__(self, words: Sequence[tuple[str, Any]], field: str) -> None:
        self._words = words
        self._field = field
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._any()
        if self._at < len(self._words):
            raise self._wrong()
        return node

    def _wrong(self) -> InvalidFormatError:
        near = str(self._words[self._at][1]) if self._at < len(self._words) else "its end"
        return InvalidFormatError(f"{self._field}: no condition near {near[:64]!r}", field=self._field)

    def _take(self, *signs: str) -> str:
        kind, value = self._words[self._at] if self._at < len(self._words) else ("end", "")
        if kind != "sign" or value not in signs:
            return ""
        self._at += 1
        return str(value)

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong()

    def _any(self) -> Node:
        parts = [self._all()]
        while self._take("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda doc: any(_met(p, doc) for p in parts)

    def _all(self) -> Node:
        parts = [self._not()]
        while self._take("&&"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda doc: all(_met(p, doc) for p in parts)

    def _not(self) -> Node:
        turned = False
        while self._take("!"):
            turned = not turned
        part = self._compared()
        return (lambda doc: not _truth(part(doc))) if turned else part

    def _compared(self) -> Node:
        left = self._sum()
        sign = self._take(*_COMPARED)
        if not sign:
            return left
        right, compare = self._sum(), _COMPARED[sign]
        return lambda doc: compare(left(doc), right(doc))

    def _sum(self) -> Node:
        node = self._product()
        while sign := self._take("+", "-"):
            node = _arithmetic(sign, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._value()
        while sign := self._take("*", "/"):
            node = _arithmetic(sign, node, self._value())
        return node

    def _value(self) -> Node:
        if self._take("("):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise self._wrong()
            node = self._any()
            self._depth -= 1
            self._need(")")
            return node
        if self._take("-"):
            kind, number = self._next()
            if kind != "number":
                raise self._wrong()
            return lambda _doc: -number
        kind, value = self._next()
        if kind in ("number", "text"):
            return lambda _doc: value
        if kind != "name":
            raise self._wrong()
        if value in ("true", "false"):
            return lambda _doc: value == "true"
        return self._path(lambda doc: _member(doc, value))

    def _next(self) -> tuple[str, Any]:
        if self._at >= len(self._words):
            raise self._wrong()
        self._at += 1
        return self._words[self._at - 1]

    def _path(self, node: Node) -> Node:
        while sign := self._take(".", "["):
            kind, value = self._next()
            if sign == "[":
                if kind != "number":
                    raise self._wrong()
                self._need("]")
                node = _step(node, value)
            elif kind != "name":
                raise self._wrong()
            elif self._take("("):
                node = _call(node, value, self._arguments())
            else:
                node = _step(node, value)
        return node

    def _arguments(self) -> list[Any]:
        found: list[Any] = []
        while not self._take(")"):
            kind, value = self._next()
            if kind not in ("number", "text"):
                raise self._wrong()
            found.append(value)
            if not self._take(","):
                self._need(")")
                break
        return found


class _AnyOf(list[Any]):
    """Names of an object: equal to whatever one of them is equal to."""


def _met(node: Node, doc: JsonMapping) -> bool:
    try:
        return _truth(node(doc))
    except (_Unmet, TypeError, ZeroDivisionError):
        return False


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Unmet
    return value


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping) and key in value:
        return cast("Mapping[Any, Any]", value)[key]
    if isinstance(value, list) and isinstance(key, int) and key < len(cast("list[Any]", value)):
        return cast("list[Any]", value)[key]
    raise _Unmet


def _step(node: Node, key: Any) -> Node:
    return lambda doc: _member(node(doc), key)


def _same(left: Any, right: Any) -> bool:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, _AnyOf):
            return other in one
    if isinstance(left, str) != isinstance(right, str):
        # Numbers come as text in many documents.
        return str(left) == str(right)
    return bool(left == right)


def _numbers(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(_number(left), _number(right))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Unmet
    return value


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    ">=": _numbers(operator.ge),
    "<=": _numbers(operator.le),
    ">": _numbers(operator.gt),
    "<": _numbers(operator.lt),
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def _arithmetic(sign: str, left: Node, right: Node) -> Node:
    return lambda doc: _ARITHMETIC[sign](_number(left(doc)), _number(right(doc)))


def _call(node: Node, name: str, arguments: Sequence[Any]) -> Node:
    return lambda doc: _method(node(doc), name, arguments)


def _method(value: Any, name: str, arguments: Sequence[Any]) -> Any:
    if name == "len" and isinstance(value, str | list | dict):
        return len(cast("list[Any]", value))
    if name == "contains" and arguments and isinstance(value, str | list | dict):
        return arguments[0] in cast("list[Any]", value)
    if name == "keys" and isinstance(value, dict):
        return _AnyOf(cast("dict[Any, Any]", value))
    if isinstance(value, str) and all(isinstance(a, str) for a in arguments) and arguments:
        if name in ("startswith", "endswith"):
            return getattr(value, name)(arguments[0])
        if name == "in":
            return value in arguments
    if name == "substr" and isinstance(value, str) and 1 <= len(arguments) <= 2:
        start = arguments[0]
        stop = arguments[1] if len(arguments) == 2 else len(value)
        if isinstance(start, int) and isinstance(stop, int):
            return value[start:stop]
    raise _Unmet
