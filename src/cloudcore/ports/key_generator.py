"""The port of SSH key generation."""

from __future__ import annotations

from typing import Protocol


class KeyPairGenerator(Protocol):
    """Makes SSH key pairs."""

    def generate(self, scheme: str) -> tuple[str, str]:
        """A fresh pair: the OpenSSH line of the public key, and the private key as PEM. scheme: RSA, ECDSA or ED25519."""
        ...
