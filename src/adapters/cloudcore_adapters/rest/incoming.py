"""The head of a request while it comes in: what is taken of it, and what is refused."""

from __future__ import annotations

import re

MAX_HEAD = 64 << 10
"""Bytes of a request's head: its target and headers, and the fields behind a body in chunks."""
PARSED = frozenset(
    b"DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND"
    b" UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK"
    b" UNLINK SOURCE QUERY".split()
)
"""The methods that the parser knows."""

_METHOD = re.compile(rb"(?:\r\n)*([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ")
_STAND_IN = b"PUT"


class RefusedError(Exception):
    """A request that is not taken in; `refusal` is the status of the answer and its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.refusal = (status, text)


class IncomingHead:
    """What is known of the request that comes in.

    headers: names in lower case. framing: the header that says how long the body is, with its line end.
    """

    def __init__(self) -> None:
        self.called = b""
        self.begin()
        self.begun = False

    def begin(self) -> None:
        """Forget the last one."""
        self.begun = True
        self.complete = False
        self.method = ""
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.expects = False
        self.has_body = False
        self.framing = b""
        self.upgrade = b""
        self._size = 0
        self._hosts = 0

    def add_target(self, part: bytes) -> None:
        """A part of the target.

        Raises:
            RefusedError: the head is too large.
        """
        self.target += part
        self._count(len(part))

    def add(self, name: bytes, value: bytes) -> None:
        """A header. What comes behind the body counts and is dropped.

        Raises:
            RefusedError: the head is too large.
        """
        self._count(len(name) + len(value) + 4)
        if self.complete:
            return
        name, value = name.lower(), value.rstrip()
        self.headers.append((name, value))
        if name in _LOOKED_AT:
            self._look_at(name, value)

    def check(self, version: str, method: bytes) -> str:
        """The head is complete: the version of HTTP that it is in.

        Raises:
            RefusedError: it does not say clearly what it means.
        """
        if version not in ("1.0", "1.1"):
            raise RefusedError(505, "This version of HTTP is not spoken here.")
        if self._hosts != 1 and (version == "1.1" or self._hosts):
            raise RefusedError(400, "A request names one host.")
        if version == "1.0" and self.framing[:1] == b"T":
            raise RefusedError(400, "HTTP/1.0 has no chunks.")
        self.complete = True
        self.method = (self.called or method).decode("ascii")
        self.called = b""
        if self.method == "CONNECT":
            self.has_body = False
        return version

    def sent(self) -> bytes:
        """The head again as bytes, for whoever parses it himself."""
        lines = [b"%b %b HTTP/1.1" % (self.method.encode("ascii"), self.target)]
        return b"\r\n".join([*lines, *(name + b": " + value for name, value in self.headers)]) + b"\r\n\r\n"

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > MAX_HEAD:
            raise RefusedError(431, "The head of the request is too large.")

    def _look_at(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name == b"content-length":
            # The parser has seen that these are digits, and that there is one such header.
            self.has_body = int(value) > 0
            self.framing = b"Content-Length: " + value + b"\r\n"
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked" or self.framing:
                raise RefusedError(400, "A body comes in chunks, or with its length; in no other encoding.")
            self.has_body = True
            self.framing = b"Transfer-Encoding: chunked\r\n"
        elif name == b"expect":
            self.expects = value.lower() == b"100-continue"
        else:
            self.upgrade = value.lower()


_LOOKED_AT = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


def renamed(data: bytes, head: IncomingHead) -> bytes:
    """The first bytes of a request, under a method that the parser knows; the head remembers what it is called.

    It is not the parser who says which methods there are.
    """
    found = _METHOD.match(data)
    if found is None or found[1] in PARSED:
        return data
    head.called = found[1]
    return data[: found.start(1)] + _STAND_IN + data[found.end(1) :]
