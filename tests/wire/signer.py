"""A client that signs its requests with an access key, by the description of AWS Signature Version 4 alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import attrs


@attrs.frozen
class Key:
    """An access key and its secret."""

    ident: str
    secret: str

    def headers(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Mapping[str, str] | None = None,
        host: str = "testserver",
        late: timedelta = timedelta(),
        payload: str = "",
        location: str = "cn-beijing",
    ) -> dict[str, str]:
        """The headers that sign one request. late: how long ago it was signed."""
        stamp = (datetime.now(UTC) - late).strftime("%Y%m%dT%H%M%SZ")
        digest = payload or hashlib.sha256(body).hexdigest()
        signed = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        names = ";".join(sorted(signed))
        pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in (query or {}).items())
        canonical = "\n".join(
            [
                method,
                quote(path, safe="/-_.~"),
                "&".join(f"{k}={v}" for k, v in pairs),
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                "",
                names,
                digest,
            ]
        )
        scope = f"{stamp[:8]}/{location}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = self.sign(text)
        return {
            "Host": host,
            "X-Amz-Date": stamp,
            "X-Amz-Content-Sha256": digest,
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={self.ident}/{scope},SignedHeaders={names},Signature={signature}"
            ),
        }

    def sign(self, text: str) -> str:
        """The signature of a text to sign."""
        key = f"AWS4{self.secret}".encode()
        for part in text.split("\n")[2].split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return hmac.new(key, text.encode(), "sha256").hexdigest()

    def login(self, late: timedelta = timedelta(), digest: str = "0" * 64) -> dict[str, Any]:
        """The body of a login. digest: of the canonical request, which only the signer knows."""
        when = datetime.now(UTC) - late
        stamp = when.strftime("%Y%m%dT%H%M%SZ")
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{stamp[:8]}/cn-beijing/s3/aws4_request\n{digest}"
        return login_of(self.ident, text, self.sign(text))


def login_of(ident: str, text: str, signature: str) -> dict[str, Any]:
    """The body of a login by a text that was signed, whoever signed it and for what."""
    signed = {
        "access_key": ident,
        "algorithm": "AWS4-HMAC-SHA256",
        "location": text.split("\n")[2].split("/")[1],
        "request": text,
        "signature": signature,
        "signed_headers": ["date", "host", "x-amz-content-sha256", "x-amz-date"],
        "sign_date": "2026-11-22T21:00:24.000000Z",
    }
    return {"auth": {"identity": {"methods": ["aksk"], "access_key_secret": json.dumps(signed)}}}
