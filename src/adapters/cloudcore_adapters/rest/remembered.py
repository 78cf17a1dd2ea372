"""What can be answered in the event loop: a token that was asked about a moment ago, which takes neither storage nor time.

The answer is the one that a worker would give. Whatever is out of the ordinary is left to the workers.
"""

from __future__ import annotations

from starlette.types import Message, Scope

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.identity import SUBJECT
from cloudcore_adapters.rest.paths import AT_ROOT, Target
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import JSON_TYPE, Reply, render
from cloudcore_adapters.rest.site import Site

SERVICE = "identity"
PARTS = ("v3", "auth", "tokens")
ROUTE = "identity /v3/auth/tokens"
MOST = 1024
"""Documents that are kept as bytes."""


class Remembered:
    """Answers `GET` and `HEAD /v3/auth/tokens`. Used in the event loop only."""

    def __init__(self, site: Site) -> None:
        self._cloud = site.cloud
        self._rendered: dict[str, tuple[JsonObject, bytes]] = {}
        prefix = site.prefix_of.get(SERVICE)
        own = () if prefix is None else (prefix, "") if AT_ROOT.get(PARTS[0]) == SERVICE else (prefix,)
        self._paths = frozenset("/".join((start, *PARTS)).encode("ascii") for start in own)

    def may_answer(self, scope: Scope) -> bool:
        """Whether a request is one of those."""
        return scope.get("raw_path") in self._paths and scope["method"] in ("GET", "HEAD") and not scope["query_string"]

    def answer(self, call: Call) -> Reply | None:
        """The answer, or None where a worker has to find it."""
        if call.has_content:
            return None
        try:
            token, subject = call.token, call.header(SUBJECT)
            found = self._cloud.verify_at_once(token, subject, call.peer) if token and subject else None
        except CloudcoreError:
            return None
        if found is None:
            return None
        call.target, call.route = Target(SERVICE, PARTS), ROUTE
        call.user_id, document = found
        return Reply(self._bytes_of(subject, document), content_type=JSON_TYPE, headers=((SUBJECT, subject),))

    def _bytes_of(self, subject: str, document: JsonObject) -> bytes:
        held = self._rendered.get(subject)
        if held is None or held[0] is not document:
            if len(self._rendered) >= MOST:
                self._rendered.clear()
            held = self._rendered[subject] = (document, render(document))
        return held[1]


async def nothing_comes() -> Message:
    """What a request without a body receives."""
    return {"type": "http.request", "body": b"", "more_body": False}
