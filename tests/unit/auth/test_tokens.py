from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.packing import Packer, Unpacker
from cloudcore.auth.tokens import (
    LIFETIME,
    MAX_ANCESTORS,
    MAX_TOKEN_LENGTH,
    MOST_REMEMBERED,
    PREFIX,
    SKEW,
    UNIFORM_MESSAGE,
    TokenPayload,
    TokenReader,
    TokenScope,
    decode,
    encode,
    expiry,
    looks_like_token,
    rescope,
)
from cloudcore.model.errors import InvalidCredentialError, InvalidInputError, TooLargeError
from cloudcore_adapters.crypto.tokens import Ed25519Signer, Ed25519Verifier, KeyRing, new_key
from cloudcore_adapters.memory.secrets import MemoryTokenSigner

NOW = datetime(2026, 8, 21, 1, 0, 0, 123456, tzinfo=UTC)
SIGNER = MemoryTokenSigner()
HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
TEXT = st.text(max_size=16).filter(lambda text: len(text.encode("utf-8", "surrogatepass")) <= 64 and text.isprintable())
IDS = HEX | TEXT
MOMENTS = st.timedeltas(timedelta(0), LIFETIME)

PAYLOADS = st.builds(
    TokenPayload,
    user_id=IDS,
    user_domain_id=IDS,
    scope=st.sampled_from(TokenScope),
    scope_id=IDS,
    scope_domain_id=IDS,
    role_ids=st.lists(HEX, max_size=5).map(tuple),
    methods=st.lists(st.sampled_from(["password", "token", "aksk"]), max_size=3).map(tuple),
    issued_at=MOMENTS.map(lambda age: NOW - age),
    expires_at=MOMENTS.map(lambda rest: NOW + rest + timedelta(microseconds=1)),
    audit_id=HEX,
    ancestors=st.lists(HEX, max_size=3).map(tuple),
    assumed_by=IDS,
    source=st.sampled_from(["web", "cli", ""]),
    ip=st.ip_addresses().map(str),
)


def payload(**changes: object) -> TokenPayload:
    base = TokenPayload(
        user_id="a" * 32,
        user_domain_id="default",
        scope=TokenScope.PROJECT,
        scope_id="b" * 32,
        scope_domain_id="default",
        role_ids=("c" * 32, "d" * 32),
        methods=("password",),
        issued_at=NOW,
        expires_at=NOW + LIFETIME,
        audit_id="e" * 32,
        source="cli",
        ip="10.0.0.9",
    )
    return attrs.evolve(base, **changes)


def refused(text: str, now: datetime = NOW) -> str:
    with pytest.raises(InvalidCredentialError) as caught:
        decode(text, SIGNER, now)
    assert str(caught.value) == UNIFORM_MESSAGE
    return caught.value.internal or ""


def signed(packed: bytes, *, prefix: str = PREFIX, context: bytes = b"cloudcore token\x00") -> str:
    body = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    key_id, signature = SIGNER.sign(context + f"{prefix}.{body}".encode())
    return f"{prefix}.{key_id}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def packed_of(token: str) -> bytes:
    body = token.split(".")[2]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


@given(PAYLOADS)
def test_decoding_gives_what_was_encoded(said: TokenPayload):
    text = encode(said, SIGNER)
    assert decode(text, SIGNER, NOW) == said
    assert len(text) <= MAX_TOKEN_LENGTH
    assert looks_like_token(text)


def test_usual_token_is_short_and_url_safe():
    text = encode(payload(), Ed25519Signer(KeyRing((new_key(NOW),))))
    assert len(text) < 400
    assert text.replace(".", "").replace("-", "").replace("_", "").isalnum()


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject):
    text = encode(data.draw(PAYLOADS), SIGNER)
    position = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters(min_codepoint=0, max_codepoint=255).filter(lambda c: c != text[position]))
    refused(text[:position] + character + text[position + 1 :])


def test_every_single_position_changed_is_refused_under_ed25519():
    ring = KeyRing((new_key(NOW), new_key(NOW)))
    verifier = Ed25519Verifier(ring.public_keys(NOW))
    text = encode(payload(), Ed25519Signer(ring))
    assert decode(text, verifier, NOW) == payload()
    for position, character in enumerate(text):
        changed = text[:position] + ("A" if character != "A" else "B") + text[position + 1 :]
        with pytest.raises(InvalidCredentialError):
            decode(changed, verifier, NOW)


@given(st.text(max_size=200))
def test_arbitrary_text_is_refused(text: str):
    refused(text)
    refused(f"{PREFIX}.{text}")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "=",
        lambda text: text + ".",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text[:-1],
        lambda text: text.replace("cc1", "CC1"),
        lambda text: text.replace("cc1", "cc2"),
        lambda text: ".".join([*text.split(".")[:3], ""]),
        lambda text: ".".join(["cc1", "none", *text.split(".")[2:]]),
        lambda text: ".".join(["cc1", "../../dev/null", *text.split(".")[2:]]),
        lambda text: ".".join(["cc1", "..%2f", *text.split(".")[2:]]),
        lambda text: ".".join(["cc1", "", *text.split(".")[2:]]),
        lambda text: ".".join(["cc1", "x" * 33, *text.split(".")[2:]]),
        lambda text: text + "A" * MAX_TOKEN_LENGTH,
        lambda _: "eyJhbGciOiJub25lIn0.e30.",
    ],
)
def test_other_spellings_are_refused(spoil):
    text = encode(payload(), SIGNER)
    assert decode(text, SIGNER, NOW) == payload()
    refused(spoil(text))


def test_stray_trailing_bits_are_refused():
    text = encode(payload(audit_id="x"), SIGNER)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]
    assert base64.urlsafe_b64decode(twin.split(".")[3] + "=") == base64.urlsafe_b64decode(text.split(".")[3] + "=")
    assert refused(twin) == "base64 is not canonical"


def test_signature_for_another_purpose_is_refused():
    packed = packed_of(encode(payload(), SIGNER))
    assert decode(signed(packed), SIGNER, NOW) == payload()
    refused(signed(packed, context=b""))
    refused(signed(packed, prefix="cc0"))


def test_token_of_another_deployment_is_refused():
    with pytest.raises(InvalidCredentialError):
        decode(encode(payload(), MemoryTokenSigner(b"other")), SIGNER, NOW)


def test_signed_payloads_that_do_not_parse_are_refused():
    packed = packed_of(encode(payload(), SIGNER))
    for changed in (b"", b"\x02" + packed[1:], packed[:-1], packed + b"\x00", packed[:1] + b"\x07" + packed[2:]):
        refused(signed(changed))
    with_text_id = packed.replace(b"\xff" + bytes.fromhex("a" * 32), b"\x20" + b"a" * 32)
    assert with_text_id != packed
    assert "hex id is written as text" in refused(signed(with_text_id))
    assert "does not parse" in refused(signed(packed.replace(b"\x07default", b"\x07defaul\xff")))
    far = packed.replace(int((NOW.timestamp()) * 10**6).to_bytes(8, "big"), b"\xff" * 8)
    assert far != packed
    assert "does not parse" in refused(signed(far))


def test_token_ends_exactly_at_its_expiry():
    text = encode(payload(), SIGNER)
    assert decode(text, SIGNER, NOW + LIFETIME - timedelta(microseconds=1)) == payload()
    assert refused(text, NOW + LIFETIME) == "expired"


def test_future_issue_time_is_accepted_within_the_skew():
    text = encode(payload(), SIGNER)
    assert decode(text, SIGNER, NOW - SKEW) == payload()
    assert refused(text, NOW - SKEW - timedelta(microseconds=1)) == "issued in the future"


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": "x" * 65},
        {"user_id": "\ud800"},
        {"role_ids": ("a",) * 33},
        {"ancestors": ("a",) * 9},
        {"methods": ("a",) * 256},
        {"issued_at": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"issued_at": datetime(1969, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_does_not_fit_is_not_encoded(changes: dict[str, object]):
    with pytest.raises(InvalidInputError):
        encode(payload(**changes), SIGNER)


def test_too_long_token_is_not_encoded():
    with pytest.raises(TooLargeError):
        encode(payload(role_ids=tuple(f"{n:064d}" for n in range(32))), SIGNER)


def test_as_many_roles_as_allowed_fit():
    said = payload(role_ids=tuple(f"{n:032x}" for n in range(32)), ancestors=tuple(f"{n:032x}" for n in range(8)))
    assert decode(encode(said, SIGNER), SIGNER, NOW) == said


def test_expiry_is_the_sooner_of_lifetime_and_account_end():
    soon = NOW + timedelta(hours=1)
    assert expiry(NOW) == NOW + LIFETIME
    assert expiry(NOW, user_expires_at=soon) == soon
    assert expiry(NOW, user_expires_at=NOW + 2 * LIFETIME) == NOW + LIFETIME
    assert expiry(NOW, lifetime=timedelta(minutes=5)) == NOW + timedelta(minutes=5)


def derived(parent: TokenPayload, audit_id: str, at: datetime = NOW + timedelta(hours=20)) -> TokenPayload:
    return rescope(
        parent,
        scope=TokenScope.DOMAIN,
        scope_id="d1",
        scope_domain_id="d1",
        role_ids=("r",),
        audit_id=audit_id,
        issued_at=at,
    )


def test_rescoping_never_lengthens_the_expiry():
    parent = payload(assumed_by="admin")
    child = derived(derived(parent, "one"), "two")
    assert child.expires_at == parent.expires_at
    assert child.ancestors == ("one", parent.audit_id)
    assert child.methods == ("token", "password")
    assert (child.assumed_by, child.source, child.ip) == ("admin", "cli", "10.0.0.9")
    assert (child.scope, child.scope_id, child.role_ids) == (TokenScope.DOMAIN, "d1", ("r",))


def test_expired_parent_and_long_chains_are_not_rescoped():
    with pytest.raises(InvalidCredentialError):
        derived(payload(), "one", NOW + LIFETIME)
    token = payload()
    for step in range(MAX_ANCESTORS):
        token = derived(token, f"t{step}")
    with pytest.raises(InvalidCredentialError):
        derived(token, "last")


def test_packing_refuses_long_text_and_reading_refuses_long_lengths():
    with pytest.raises(InvalidInputError):
        Packer().text("é" * 33)
    with pytest.raises(ValueError, match="too long"):
        Unpacker(b"\x41" + b"a" * 65).text()


def test_a_token_that_was_read_before_is_refused_when_its_time_or_its_key_ends():
    signer = MemoryTokenSigner(b"reader")
    reader = TokenReader(signer)
    text = encode(payload(), signer)
    assert reader.read(text, NOW) == reader.read(text, NOW) == payload()
    for moment in (payload().expires_at, payload().issued_at - timedelta(minutes=2)):
        with pytest.raises(InvalidCredentialError):
            reader.read(text, moment)
    assert reader.read(text, NOW) == payload()
    key_id = signer.sign(b"")[0]
    signer.rotate()
    assert reader.read(text, NOW) == payload()
    signer.retire(key_id)
    with pytest.raises(InvalidCredentialError):
        reader.read(text, NOW)


def test_a_reader_remembers_no_token_that_is_not_genuine_and_not_all_there_are():
    signer = MemoryTokenSigner(b"reader")
    reader = TokenReader(signer)
    text = encode(payload(), signer)
    for _ in range(2):
        with pytest.raises(InvalidCredentialError):
            reader.read(f"{text}A", NOW)
    for number in range(MOST_REMEMBERED + 1):
        reader.read(encode(attrs.evolve(payload(), audit_id=f"{number:032x}"), signer), NOW)
    assert len(reader) == 1
