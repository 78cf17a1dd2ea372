"""URLs of images that hosts fetch, or send: short-lived, and signed with a key of the deployment's own.

/internal/images/{id}?e=<expiry, seconds since the epoch>&s=<HMAC-SHA256 over path and expiry, hex>
"""

from __future__ import annotations

import hashlib
import hmac
import re

from cloudcore.model.errors import InvalidCredentialError
from cloudcore.model.json import JsonMapping
from cloudcore.ports.clock import Clock

PREFIX = "/internal/images/"
LIFETIME_S = 3600
UPLOAD_S = 4 * 3600
"""A host first copies the disk."""
KEY_BYTES = 32

_PUT = "PUT "
_PATH = re.compile(r"/internal/images/([0-9a-zA-Z-]{1,64})", re.ASCII)
_EXPIRY = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


class UrlSigner:
    """Signs and checks; safe for several threads."""

    def __init__(self, key: bytes, clock: Clock, base_url: str) -> None:
        """key: at least 32 bytes. base_url: where the store is reached, without a slash at the end."""
        if len(key) < KEY_BYTES:
            raise ValueError("a key for URLs has at least 32 bytes")
        self._key = key
        self._clock = clock
        self._base_url = base_url

    def url(self, image_id: str, image_format: str = "", lifetime_s: int = LIFETIME_S) -> str:
        """An address at which the image can be read, in a format or as it was uploaded, until the lifetime is over."""
        path = PREFIX + image_id
        expiry = int(self._clock.now().timestamp()) + lifetime_s
        signature = self._signature(path, image_format, expiry)
        return f"{self._base_url}{path}?f={image_format}&e={expiry}&s={signature}"

    def upload_url(self, image_id: str, lifetime_s: int = UPLOAD_S) -> str:
        """An address that takes the bytes of an image that is being saved, until the lifetime is over."""
        path = PREFIX + image_id
        expiry = int(self._clock.now().timestamp()) + lifetime_s
        return f"{self._base_url}{path}?e={expiry}&s={self._signature(_PUT + path, '', expiry)}"

    def upload_of(self, path: str, query: JsonMapping) -> str:
        """Id of the image whose bytes a signed path and query take.

        Raises:
            InvalidCredentialError: the signature does not hold, or the time is over.
        """
        return self._opened(path, {**query, "f": ""}, _PUT)[0]

    def image_of(self, path: str, query: JsonMapping) -> tuple[str, str]:
        """Id and format of the image that a signed path and query mean; an empty format is that of its upload.

        Raises:
            InvalidCredentialError: the signature does not hold, or the time is over.
        """
        return self._opened(path, query, "")

    def _opened(self, path: str, query: JsonMapping, purpose: str) -> tuple[str, str]:
        found, expiry, signature = _PATH.fullmatch(path), query.get("e"), query.get("s")
        image_format = query.get("f") or ""
        if (
            found is None
            or not isinstance(image_format, str)
            or not image_format.isascii()
            or not isinstance(expiry, str)
            or _EXPIRY.fullmatch(expiry) is None
            or not isinstance(signature, str)
            or _SIGNATURE.fullmatch(signature) is None
            or not hmac.compare_digest(signature, self._signature(purpose + path, image_format, int(expiry)))
        ):
            raise InvalidCredentialError("the URL's signature does not hold")
        if int(expiry) < self._clock.now().timestamp():
            raise InvalidCredentialError("the URL's time is over")
        return found[1], image_format

    def _signature(self, path: str, image_format: str, expiry: int) -> str:
        return hmac.new(self._key, f"{path}\n{image_format}\n{expiry}".encode(), hashlib.sha256).hexdigest()
