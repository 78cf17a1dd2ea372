"""SSH key pairs."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from cloudcore.model.errors import NotSupportedError
from cloudcore_adapters.crypto.sshkeys import SshKeyGenerator


@pytest.mark.parametrize(
    ("scheme", "begins", "read"),
    [
        ("RSA", "ssh-rsa ", load_pem_private_key),
        ("ECDSA", "ecdsa-sha2-nistp256 ", load_pem_private_key),
        ("ED25519", "ssh-ed25519 ", load_ssh_private_key),
    ],
)
def test_the_halves_of_a_pair_belong_together(scheme: str, begins: str, read: object) -> None:
    public, private = SshKeyGenerator().generate(scheme)
    assert public.startswith(begins)
    assert "\n" not in public
    assert callable(read)
    key = read(private.encode(), None)
    assert key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() == public
    assert SshKeyGenerator().generate(scheme)[0] != public


@pytest.mark.parametrize("scheme", ["", "rsa", "DSA", "RSA\n"])
def test_other_schemes_are_refused(scheme: str) -> None:
    with pytest.raises(NotSupportedError) as refused:
        SshKeyGenerator().generate(scheme)
    assert refused.value.field == "scheme"
