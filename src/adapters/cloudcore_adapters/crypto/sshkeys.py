"""SSH key pairs."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cloudcore.model.errors import NotSupportedError

RSA_BITS = 3072


class SshKeyGenerator:
    """Generates RSA (3072 bits), ECDSA (P-256) and Ed25519 pairs."""

    def generate(self, scheme: str) -> tuple[str, str]:
        """See `KeyPairGenerator.generate`. RSA and ECDSA keys come in their traditional PEM forms, Ed25519 in OpenSSH's.

        Raises:
            NotSupportedError: another scheme.
        """
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
        form = PrivateFormat.TraditionalOpenSSL
        if scheme == "RSA":
            key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        elif scheme == "ECDSA":
            key = ec.generate_private_key(ec.SECP256R1())
        elif scheme == "ED25519":
            key, form = ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH
        else:
            raise NotSupportedError("key pairs are of scheme RSA, ECDSA or ED25519", field="scheme")
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        private = key.private_bytes(Encoding.PEM, form, NoEncryption())
        return public.decode("ascii"), private.decode("ascii")
