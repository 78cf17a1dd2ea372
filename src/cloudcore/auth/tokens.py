"""Tokens: what a signed token says, its text form, and revocation.

A token proves a login for a limited time. It carries ids only (no names, no catalogue, no policies), so that it stays
short and that renaming or re-binding takes effect at once. Text form, four parts joined by dots:

    cc1.<key id>.<payload>.<signature>

Payload and signature are URL-safe base64 without padding. The signature covers a fixed context string, the prefix
and the payload; the key id is proved by the key, of which it is the only name. The payload is a fixed binary layout: every payload has exactly one encoding and every token exactly one
text, so a changed character is always a refused token. All refusals look the same to the caller.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import attrs

from cloudcore.auth.packing import Packer, Unpacker
from cloudcore.model.errors import InvalidCredentialError, InvalidInputError, TooLargeError
from cloudcore.ports.token_signer import TokenSigner, TokenVerifier

PREFIX = "cc1"
BY_ACCESS_KEY = "aksk"
"""The method of logins by access key."""
BY_APPLICATION_CREDENTIAL = "application_credential"
"""The method of logins by application credential."""
PAYLOAD_VERSION = 1
MAX_TOKEN_LENGTH = 1536
LIFETIME = timedelta(seconds=86400)
SKEW = timedelta(seconds=60)
MOST_REMEMBERED = 10_000
"""Tokens that one reader remembers; about 1.5 KiB each."""
MAX_ROLES = 32
MAX_ANCESTORS = 8
UNIFORM_MESSAGE = "the credential is not valid"

_CONTEXT = b"cloudcore token\x00"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class TokenScope(StrEnum):
    """What a token is scoped to."""

    UNSCOPED = "unscoped"
    PROJECT = "project"
    DOMAIN = "domain"
    SYSTEM = "system"


_SCOPE_CODES = (TokenScope.UNSCOPED, TokenScope.PROJECT, TokenScope.DOMAIN, TokenScope.SYSTEM)
"""What is new stands at the end: an older release refuses it."""


@attrs.frozen(kw_only=True)
class TokenPayload:
    """What a token says. Times are aware UTC with microseconds.

    scope_id: the project's or domain's id; of the system that of the project `system`; empty when unscoped.
    scope_domain_id: the project's domain, or the domain itself; empty when unscoped and for the system.
    methods: how the subject proved itself, newest first, such as `("token", "password")`.
    audit_id: names this token in logs, the history and revocations; random, and useless for logging in.
    ancestors: audit ids of the tokens that this one was derived from, nearest first; revoking one revokes this.
    assumed_by: the user id of the administrator who acts as the subject, or empty.
    source: where the login came from: web, api, cli, srv or operator.
    ip: the address that policies limited to addresses are matched with, or empty.
    """

    user_id: str
    user_domain_id: str
    scope: TokenScope = TokenScope.UNSCOPED
    scope_id: str = ""
    scope_domain_id: str = ""
    role_ids: tuple[str, ...] = ()
    methods: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    audit_id: str
    ancestors: tuple[str, ...] = ()
    assumed_by: str = ""
    source: str = ""
    ip: str = ""

    @property
    def access_key(self) -> str:
        """The access key that the login was proved by, also where the token was derived from such a one; or empty."""
        return self.ancestors[-1] if BY_ACCESS_KEY in self.methods and self.ancestors else ""

    @property
    def application_credential(self) -> str:
        """The id of the application credential that the login was proved by, or empty."""
        return self.ancestors[-1] if BY_APPLICATION_CREDENTIAL in self.methods and self.ancestors else ""


def encode(payload: TokenPayload, signer: TokenSigner) -> str:
    """The token's text, usually 200 to 400 characters, never more than `MAX_TOKEN_LENGTH`.

    Raises:
        InvalidInputError: an id is longer than 64 bytes, there are too many roles or ancestors, or a time is naive.
        TooLargeError: the whole is too long; only many ids that are not 32 hex digits lead there.
    """
    body = _b64(_pack(payload))
    key_id, signature = signer.sign(_CONTEXT + _signed_part(body))
    text = f"{PREFIX}.{key_id}.{body}.{_b64(signature)}"
    if len(text) > MAX_TOKEN_LENGTH:
        raise TooLargeError(f"a token must not be longer than {MAX_TOKEN_LENGTH} characters", field="role_ids")
    return text


def decode(text: str, verifier: TokenVerifier, now: datetime) -> TokenPayload:
    """What a token says, if it is genuine and in force at `now` (aware UTC).

    Revocation is asked separately (`revoked`). Issue times up to `SKEW` in the future are accepted.

    Raises:
        InvalidCredentialError: always with the same message; `internal` says why.
    """
    parts = text.split(".", 4) if len(text) <= MAX_TOKEN_LENGTH and text.isascii() else []
    if len(parts) != 4 or parts[0] != PREFIX:
        raise _refusal("not a token of this version")
    _, key_id, body, signature_text = parts
    if _KEY_ID.fullmatch(key_id) is None:
        raise _refusal("malformed key id")
    signature = _unb64(signature_text)
    packed = _unb64(body)
    if not verifier.verify(key_id, _CONTEXT + _signed_part(body), signature):
        raise _refusal("signature does not verify, or its key is not known")
    payload = _unpack(packed)
    _check_times(payload, now)
    return payload


class TokenReader:
    """Decodes tokens, and remembers what the genuine ones say: asked again, only time and key are looked at.

    Safe for several threads, which at worst decode the same token twice.
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._known: dict[str, tuple[str, TokenPayload]] = {}

    def __len__(self) -> int:
        """How many it remembers."""
        return len(self._known)

    def read(self, text: str, now: datetime) -> TokenPayload:
        """As `decode`."""
        known = self._known.get(text)
        if known is None:
            payload = decode(text, self._verifier, now)
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[text] = (text.split(".", 2)[1], payload)
            return payload
        key_id, payload = known
        if not self._verifier.accepts(key_id):
            raise _refusal("its key is not known any more")
        _check_times(payload, now)
        return payload


def _check_times(payload: TokenPayload, now: datetime) -> None:
    if payload.issued_at > now + SKEW:
        raise _refusal("issued in the future")
    if payload.expires_at <= now:
        raise _refusal("expired")


def looks_like_token(text: str) -> bool:
    """Whether the text claims to be a token of this form; says nothing about whether it is genuine."""
    return text.startswith(f"{PREFIX}.") and len(text) <= MAX_TOKEN_LENGTH


def expiry(issued_at: datetime, *, lifetime: timedelta = LIFETIME, user_expires_at: datetime | None = None) -> datetime:
    """When a token issued now ends: after `lifetime`, or with the user's account if that ends sooner."""
    end = issued_at + lifetime
    return end if user_expires_at is None else min(end, user_expires_at)


def rescope(
    parent: TokenPayload,
    *,
    scope: TokenScope,
    scope_id: str,
    scope_domain_id: str,
    role_ids: tuple[str, ...],
    audit_id: str,
    issued_at: datetime,
) -> TokenPayload:
    """A token for another scope, derived from a token that was verified and is not revoked.

    It ends when its parent ends, keeps its parent's assumed identity, source and address, and is revoked with it.

    Raises:
        InvalidCredentialError: the parent ends before the new one would begin, or has been derived too often.
    """
    if parent.expires_at <= issued_at:
        raise _refusal("the parent token has expired")
    if len(parent.ancestors) >= MAX_ANCESTORS:
        raise InvalidCredentialError("this token has been rescoped too often; log in again")
    return attrs.evolve(
        parent,
        scope=scope,
        scope_id=scope_id,
        scope_domain_id=scope_domain_id,
        role_ids=role_ids,
        methods=("token", *(method for method in parent.methods if method != "token")),
        issued_at=issued_at,
        audit_id=audit_id,
        ancestors=(parent.audit_id, *parent.ancestors),
    )


def _pack(payload: TokenPayload) -> bytes:
    if len(payload.role_ids) > MAX_ROLES:
        raise InvalidInputError(f"a token must not carry more than {MAX_ROLES} roles", field="role_ids")
    if len(payload.ancestors) > MAX_ANCESTORS:
        raise InvalidInputError(f"a token must not have more than {MAX_ANCESTORS} ancestors", field="ancestors")
    packer = Packer()
    packer.byte(PAYLOAD_VERSION)
    packer.byte(_SCOPE_CODES.index(payload.scope))
    for text in (payload.user_id, payload.user_domain_id, payload.scope_id, payload.scope_domain_id):
        packer.text(text)
    for texts in (payload.role_ids, payload.methods):
        packer.texts(texts)
    packer.time(_micros(payload.issued_at, "issued_at"))
    packer.time(_micros(payload.expires_at, "expires_at"))
    packer.text(payload.audit_id)
    packer.texts(payload.ancestors)
    for text in (payload.assumed_by, payload.source, payload.ip):
        packer.text(text)
    return packer.packed()


def _unpack(packed: bytes) -> TokenPayload:
    """Read a payload whose signature has verified; what does not parse comes from a newer release.

    Keyword arguments are evaluated in the order they stand here, which is the order of the layout.
    """
    try:
        unpacker = Unpacker(packed)
        if unpacker.byte() != PAYLOAD_VERSION:
            raise _refusal("payload of another version")
        scope = _SCOPE_CODES[unpacker.byte()]
        payload = TokenPayload(
            scope=scope,
            user_id=unpacker.text(),
            user_domain_id=unpacker.text(),
            scope_id=unpacker.text(),
            scope_domain_id=unpacker.text(),
            role_ids=unpacker.texts(),
            methods=unpacker.texts(),
            issued_at=_EPOCH + timedelta(microseconds=unpacker.time()),
            expires_at=_EPOCH + timedelta(microseconds=unpacker.time()),
            audit_id=unpacker.text(),
            ancestors=unpacker.texts(),
            assumed_by=unpacker.text(),
            source=unpacker.text(),
            ip=unpacker.text(),
        )
        unpacker.end()
    except (ValueError, IndexError, OverflowError) as e:
        raise _refusal(f"payload does not parse: {e}") from e
    return payload


def _micros(moment: datetime, field: str) -> int:
    if moment.tzinfo is None:
        raise InvalidInputError(f"{field} has no time zone", field=field)
    micros = (moment - _EPOCH) // _MICROSECOND
    if micros < 0:
        raise InvalidInputError(f"{field} is before 1970", field=field)
    return micros


def _signed_part(body: str) -> bytes:
    return f"{PREFIX}.{body}".encode("ascii")


def _b64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def _unb64(text: str) -> bytes:
    """Decode and insist on the one canonical spelling: no padding, no foreign characters, no stray trailing bits."""
    try:
        data = binascii.a2b_base64(text.encode("ascii").translate(_STANDARD) + b"==="[: -len(text) % 4])
    except (binascii.Error, ValueError) as e:
        raise _refusal("not base64") from e
    # What is passed over in decoding, such as a foreign character, is missing here.
    if _b64(data) != text:
        raise _refusal("base64 is not canonical")
    return data


def _refusal(internal: str) -> InvalidCredentialError:
    return InvalidCredentialError(UNIFORM_MESSAGE, internal=internal)
