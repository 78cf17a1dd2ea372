"""People outside, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.remote import parse_url


class MemoryNotifier:
    """A `Notifier` that keeps what it told: `told` has (url, body, headers), oldest first.

    deaf: URLs at which nobody takes anything.
    """

    def __init__(self, deaf: Collection[str] = ()) -> None:
        self.deaf = set(deaf)
        self.told: list[tuple[str, JsonObject, Mapping[str, str]]] = []

    def tell(self, url: str, body: JsonMapping, headers: Mapping[str, str]) -> None:
        """See `Notifier.tell`."""
        parse_url(url, "X-Task-Notify-Url")
        if url in self.deaf:
            raise BackendError("the URL's server answered 503")
        self.told.append((url, dict(body), dict(headers)))
