from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.caller import SYSTEM
from cloudcore.model.errors import (
    CloudcoreError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import ActionKind
from cloudcore.resources.compute.keypair import KEYPAIRS, Keypair
from cloudcore.resources.compute.sshkey import parse_public_key

from .conftest import add_server


def line_of(private: Any) -> str:
    return str(private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


RSA_LINE = line_of(rsa.generate_private_key(65537, 2048))
ED_LINE = line_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def wire(*parts: bytes) -> str:
    return b64encode(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).decode()


@pytest.mark.parametrize(
    ("line", "scheme", "bits"),
    [
        (RSA_LINE, "RSA", 2048),
        (ED_LINE, "ED25519", 256),
        (line_of(ec.generate_private_key(ec.SECP256R1())), "ECDSA", 256),
        (line_of(ec.generate_private_key(ec.SECP521R1())), "ECDSA", 521),
    ],
)
def test_keys_of_every_scheme_are_read(line: str, scheme: str, bits: int) -> None:
    key = parse_public_key(f"  {line}  me@home \n", "public_key")
    assert (key.scheme, key.bits, key.line) == (scheme, bits, f"{line} me@home")


def test_the_fingerprint_is_the_md5_of_the_blob() -> None:
    blob = wire(b"ssh-ed25519", bytes(32))
    key = parse_public_key(f"ssh-ed25519 {blob}", "public_key")
    raw = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(32)
    assert key.fingerprint.replace(":", "") == hashlib.md5(raw).hexdigest()
    assert key.fingerprint.count(":") == 15


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", MissingParameterError),
        ("   \n", MissingParameterError),
        ("ssh-rsa", InvalidFormatError),
        ("ssh-rsa !!!!", InvalidFormatError),
        (ED_LINE + "\nssh-rsa AAAA", InvalidFormatError),
        (ED_LINE + " a\0b", InvalidFormatError),
        ('command="rm" ' + ED_LINE, NotSupportedError),
        ("ssh-dss " + wire(b"ssh-dss", b"1"), NotSupportedError),
        ("ssh-rsa " + ED_LINE.split()[1], InvalidFormatError),
        ("ssh-ed25519 " + wire(b"ssh-ed25519", bytes(31)), InvalidFormatError),
        ("ssh-ed25519 " + wire(b"ssh-ed25519", bytes(32), b"more"), InvalidFormatError),
        ("ssh-ed25519 " + wire(b"ssh-ed25519", b"", b"", b""), InvalidFormatError),
        ("ssh-ed25519 " + b64encode(b"\xff\xff\xff\xffx").decode(), InvalidFormatError),
        ("ecdsa-sha2-nistp256 " + wire(b"ecdsa-sha2-nistp256", b"nistp384", bytes(65)), InvalidFormatError),
        ("ecdsa-sha2-nistp256 " + wire(b"ecdsa-sha2-nistp256", b"nistp256", b"\x02" + bytes(64)), InvalidFormatError),
        ("ssh-rsa " + wire(b"ssh-rsa", b"\x01\x00\x01", (2**1023 + 1).to_bytes(129, "big")), OutOfRangeError),
        ("ssh-rsa " + wire(b"ssh-rsa", b"\x02", (2**2047 + 1).to_bytes(257, "big")), InvalidFormatError),
        ("ssh-rsa " + wire(b"ssh-rsa", b"\x03", b"\xff" + bytes(256)), InvalidFormatError),
    ],
)
def test_what_is_no_key_is_refused(line: str, error: type[CloudcoreError]) -> None:
    with pytest.raises(error) as caught:
        parse_public_key(line, "public_key")
    assert caught.value.field == "public_key"


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda b: "ssh-ed25519 " + b64encode(b).decode()))
def test_any_text_is_a_key_or_a_named_error(text: str) -> None:
    key, field = None, "public_key"
    try:
        key = parse_public_key(text, "public_key")
    except (InvalidInputError, NotSupportedError) as error:
        field = str(error.field)
    assert field == "public_key"
    assert key is None or parse_public_key(key.line, "public_key") == key


def test_preparing_fills_in_scheme_and_fingerprint(tx: Any) -> None:
    with pytest.raises(MissingParameterError):
        KEYPAIRS.prepare(tx, SYSTEM, {"name": "k"})
    draft = KEYPAIRS.prepare(tx, SYSTEM, {"name": "k", "scheme": "RSA", "public_key": ED_LINE})
    assert draft["scheme"] == "ED25519"
    assert draft["fingerprint"] == parse_public_key(ED_LINE, "public_key").fingerprint


def test_the_private_key_is_handed_out_once(tx: Any) -> None:
    repository = tx.of(KEYPAIRS, PLATFORM)
    repository.add(Keypair(id="k1", name="k", owner_id="u1", public_key=ED_LINE, private_key="PEM"))
    action = KEYPAIRS.action("privatekey", ActionKind.SPEC)
    assert action is not None
    assert action.run is not None
    first = action.run(tx, SYSTEM, repository.get("k1"), {})
    assert first == {"private_key": "PEM", "name": "k", "scheme": "RSA"}
    assert action.run(tx, SYSTEM, repository.get("k1"), {}) == {}


def test_details_count_the_servers_that_use_a_key(tx: Any) -> None:
    tx.of(KEYPAIRS, PLATFORM).add(Keypair(id="k1", name="k", owner_id="u1", private_key="PEM"))
    add_server(tx, "a", keypair_id="k1")
    page = [tx.of(KEYPAIRS, PLATFORM).get("k1")]
    assert KEYPAIRS.details is not None
    assert KEYPAIRS.details(tx, page) == [{"private_key_len": 3, "linked_guest_count": 1}]
