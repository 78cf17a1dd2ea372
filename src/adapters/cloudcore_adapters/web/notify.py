"""Tells people outside that something is over. Redirects are not followed: a POST is for whoever was named."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonMapping
from cloudcore.model.remote import RemoteUrl, parse_url
from cloudcore_adapters.web.door import Door, Patience, Resolve, host_header, translated

FIELD = "X-Task-Notify-Url"
_READ_BYTES = 1 << 14
"""So much of an answer is read, so that its sender can end; what it says is nobody's business."""


class WebNotifier:
    """A `Notifier` over HTTP and HTTPS; safe for several threads."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        ca_file: Path | None = None,
        patience: Patience | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        """See `Door`."""
        self._door = Door(allowed, field=FIELD, ca_file=ca_file, patience=patience, resolve=resolve)

    def tell(self, url: str, body: JsonMapping, headers: Mapping[str, str]) -> None:
        """See `Notifier.tell`."""
        parsed = parse_url(url, FIELD)
        with translated():
            connection = self._door.connect(parsed)
            try:
                answer = self._post(connection, parsed, json.dumps(body).encode(), headers)
                answer.read(_READ_BYTES)
            finally:
                connection.close()
        if not 200 <= answer.status < 300:
            raise BackendError(f"the URL's server answered {answer.status}")

    def _post(
        self, connection: http.client.HTTPConnection, url: RemoteUrl, content: bytes, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        with self._door.timely(connection):
            connection.putrequest("POST", url.target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host_header(url))
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(content)))
            connection.putheader("User-Agent", "cloudcore")
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(content)
            return connection.getresponse()
