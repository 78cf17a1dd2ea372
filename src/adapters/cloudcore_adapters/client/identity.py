"""Logging in: who the caller says he is, the token that he gets, and when it has to be renewed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import attrs

from cloudcore.model.errors import BackendError, MissingParameterError
from cloudcore.model.ids import id_or_name
from cloudcore_adapters.client.catalog import join
from cloudcore_adapters.client.transport import Answer

RENEW_BEFORE_S = 60.0


@attrs.frozen(kw_only=True)
class Credentials:
    """What identifies the caller: a token, an access key with its secret, or a user's name and password.

    Names of domains may be left out. An access key says its project itself.

    project: name or id; empty for an unscoped token.
    source: what the login is recorded as: `cli`, `api`, `srv` …
    """

    auth_url: str
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    token: str = attrs.field(default="", repr=False)
    access_key: str = ""
    secret_key: str = attrs.field(default="", repr=False)
    project: str = ""
    user_domain: str = ""
    project_domain: str = ""
    source: str = "api"

    @property
    def can_login(self) -> bool:
        """Whether a new token can be had when the present one ends."""
        return bool((self.username and self.password) or (self.access_key and self.secret_key))

    def identity_url(self) -> str:
        """The base of the v3 API."""
        return self.auth_url if self.auth_url.endswith("/v3") else f"{self.auth_url}/v3"

    def key(self) -> Sequence[str]:
        """What tells two logins apart, without secrets."""
        who = (self.access_key,) if self.access_key else (self.username, self.user_domain)
        return (self.identity_url(), *who, self.project, self.project_domain)


@attrs.frozen(kw_only=True)
class Token:
    """A token with what its reply told. expires_at is in seconds since 1970."""

    value: str = attrs.field(repr=False)
    expires_at: float
    user: Mapping[str, Any]
    project: Mapping[str, Any]
    roles: Sequence[Mapping[str, Any]]
    catalog: Sequence[Mapping[str, Any]] = attrs.field(repr=False)


class TokenStore(Protocol):
    """Keeps tokens between runs of a program."""

    def load(self, credentials: Credentials) -> Token | None:
        """The token that was kept for these credentials, if any."""
        ...

    def save(self, credentials: Credentials, token: Token) -> None:
        """Keep it."""
        ...

    def forget(self, credentials: Credentials) -> None:
        """Keep none for these credentials."""
        ...


class NoStore:
    """Keeps nothing."""

    def load(self, credentials: Credentials) -> Token | None:
        """Nothing."""
        del credentials
        return None

    def save(self, credentials: Credentials, token: Token) -> None:
        """Keep nothing."""

    def forget(self, credentials: Credentials) -> None:
        """Nothing to forget."""


class Login:
    """The present token of one caller; logs in when first asked, and again when the token is about to end.

    exchange: makes one JSON request without a token of its own: `(method, url, headers, body) -> Answer`, errors raised.
    clock: seconds since 1970.
    """

    def __init__(
        self,
        credentials: Credentials,
        exchange: Callable[[str, str, Mapping[str, str], bytes], Answer],
        *,
        store: TokenStore,
        clock: Callable[[], float],
    ) -> None:
        self.credentials = credentials
        self._exchange = exchange
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None

    def token(self, *, instead_of: Token | None = None) -> Token:
        """A token that is good for another minute, and is not the one that was refused.

        Raises:
            InvalidCredentialError: name, password or token are wrong.
            MissingParameterError: there is nothing to log in with.
        """
        with self._lock:
            present = self._token or self._store.load(self.credentials)
            if present is not None and self._good(present, instead_of):
                self._token = present
                return present
            self._token = self._fetch()
            self._store.save(self.credentials, self._token)
            return self._token

    def assume(self, user: str, project: str, *, user_domain: str = "", project_domain: str = "") -> Token:
        """A token of another user in one project, had by the present one; it ends with it.

        user, project: names or ids.

        Raises:
            UnauthorizedError: the caller may not act as him there.
        """
        url = join(self.credentials.identity_url(), "/v3/auth/tokens")
        who = {id_or_name(user): user, **_in(user_domain)}
        identity = {"methods": ["assume"], "token": {"id": self.token().value}, "assume": {"user": who}}
        auth = {
            "identity": identity,
            "context": {"source": self.credentials.source},
            "scope": {"project": {id_or_name(project): project, **_in(project_domain)}},
        }
        return read_token(self._exchange("POST", url, {}, json.dumps({"auth": auth}).encode()))

    def forget(self) -> None:
        """Drop the token here and where it is kept."""
        with self._lock:
            self._token = None
            self._store.forget(self.credentials)

    def _good(self, token: Token, refused: Token | None) -> bool:
        if refused is not None and token.value == refused.value:
            return False
        return token.expires_at - RENEW_BEFORE_S > self._clock()

    def _fetch(self) -> Token:
        known = self.credentials
        url = join(known.identity_url(), "/v3/auth/tokens")
        if known.token and not known.project:
            headers = {"X-Auth-Token": known.token, "X-Subject-Token": known.token}
            return read_token(self._exchange("GET", url, headers, b""), value=known.token)
        body = json.dumps({"auth": login_body(known, url, self._clock())}).encode()
        return read_token(self._exchange("POST", url, {}, body))


def login_body(known: Credentials, url: str = "", now: float = 0.0) -> dict[str, Any]:
    """The `auth` object of a login.

    url, now: where it is sent, and when, in seconds since 1970: a login by access key signs both.

    Raises:
        MissingParameterError: neither a token nor an access key nor a name and password.
    """
    if known.token:
        identity: dict[str, Any] = {"methods": ["token"], "token": {"id": known.token}}
    elif known.access_key and known.secret_key:
        from cloudcore.auth.accesskey import sign_login

        signed = sign_login(known.access_key, known.secret_key, url, datetime.fromtimestamp(now, UTC))
        identity = {"methods": ["aksk"], "access_key_secret": signed}
    elif known.can_login:
        user: dict[str, Any] = {"name": known.username, "password": known.password, **_in(known.user_domain)}
        identity = {"methods": ["password"], "password": {"user": user}}
    else:
        field = "secret_key" if known.access_key else "password" if known.username else "username"
        raise MissingParameterError(f"{field} is missing: there is nothing to log in with", field=field)
    auth: dict[str, Any] = {"identity": identity, "context": {"source": known.source}}
    if known.project:
        auth["scope"] = {"project": {id_or_name(known.project): known.project, **_in(known.project_domain)}}
    return auth


def read_token(answer: Answer, *, value: str = "") -> Token:
    """The token of a login's answer.

    Raises:
        BackendError: it is not what a login answers with.
    """
    try:
        body = json.loads(answer.body)
        told = body["token"]
        return Token(
            value=value or answer.headers.get("x-subject-token") or body["id"],
            expires_at=datetime.fromisoformat(told["expires_at"]).timestamp(),
            user=dict(told.get("user") or {}),
            project=dict(told.get("project") or {}),
            roles=tuple(told.get("roles") or ()),
            catalog=tuple(told.get("catalog") or ()),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackendError(
            "the identity service answered a login with something that is no token; is the auth URL right?",
            internal=repr(error),
        ) from error


def _in(domain: str) -> dict[str, Any]:
    if not domain:
        return {}
    return {"domain": {"id" if domain == "default" else id_or_name(domain): domain}}
