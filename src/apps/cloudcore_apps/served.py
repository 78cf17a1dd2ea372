"""The cloud as a program serves it: with addresses for its own hosts."""

from __future__ import annotations

from collections.abc import Iterable

from cloudcore.auth.caller import Caller
from cloudcore.cloud import Cloud
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.platform import Platform
from cloudcore.ports.session import Download
from cloudcore_apps.signing import UrlSigner


class ServedCloud(Cloud):
    """A cloud with the signed addresses at which its hosts fetch images, and to which they send them."""

    def __init__(self, platform: Platform, urls: UrlSigner) -> None:
        super().__init__(platform)
        self._urls = urls

    def open_signed(self, path: str, query: JsonMapping) -> Download:
        """The image that a signed address means.

        Raises:
            InvalidCredentialError: the signature does not hold, or its time is over.
            ResourceNotFoundError: the image is gone.
        """
        return self.open_image(*self._urls.image_of(path, query))

    def store_signed(self, path: str, query: JsonMapping, chunks: Iterable[bytes]) -> JsonObject:
        """Take the bytes of the image that a signed address means.

        Raises:
            InvalidCredentialError: the signature does not hold, or its time is over.
            ResourceNotFoundError: nobody waits for them.
        """
        return self.take_image(self._urls.upload_of(path, query), chunks)

    def caller_of(self, token: str | None, peer: str, request_id: str) -> Caller:
        """Who holds a token; UnauthorizedError without a good one."""
        return self.session_for(token, peer=peer, request_id=request_id).caller
