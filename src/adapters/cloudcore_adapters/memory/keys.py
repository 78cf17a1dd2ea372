"""SSH key pairs that are none: unique, of the right form, and useless. For tests and simulations."""

from __future__ import annotations

import base64
import hashlib

from cloudcore.ports.ids import IdSource


class MemoryKeyPairs:
    """Makes texts that look like an ED25519 pair, whatever the scheme."""

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids

    def generate(self, scheme: str) -> tuple[str, str]:
        """A public line of the form of OpenSSH, and a text in the place of the private key."""
        seed = self._ids.random_bytes(32)
        kind = b"ssh-ed25519"
        blob = len(kind).to_bytes(4) + kind + (32).to_bytes(4) + hashlib.sha256(seed).digest()
        return f"ssh-ed25519 {base64.b64encode(blob).decode()}", f"simulated {scheme} key {seed.hex()}\n"
