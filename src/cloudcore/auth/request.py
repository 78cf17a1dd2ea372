"""Login requests of Identity v3 and v2, read into one value.

How to answer without telling who exists. Whoever acts on an `AuthRequest` of method `password` must, for a user that is
not there, is disabled or is locked, call `PasswordHasher.dummy_verify(request.password)` and raise `login_refused()`,
which is also what a wrong password raises: same class, message and cost. The reason belongs in `internal`. The lock
after failed attempts is kept by `request.attempt_key()`, for names without a user too.
"""

from __future__ import annotations

import attrs

from cloudcore.auth.shapes import as_list, as_object, as_text
from cloudcore.model.errors import (
    InvalidCredentialError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    UnauthorizedError,
)
from cloudcore.model.json import Json, JsonMapping
from cloudcore.ports.password_hasher import MAX_PASSWORD_BYTES

PASSWORD = "password"  # noqa: S105 — a method's name
TOKEN = "token"  # noqa: S105 — a method's name
AKSK = "aksk"
APPLICATION_CREDENTIAL = "application_credential"
ASSUME = "assume"
TOTP = "totp"

MAX_CREDENTIAL = 16_384
_OFFERED = (PASSWORD, TOKEN, AKSK, APPLICATION_CREDENTIAL, ASSUME)
_NOT_OFFERED = frozenset({"cas", "saml", "oidc", "oauth2", "verify", "external", "mapped"})
_SOURCES = frozenset({"web", "api", "cli", "srv", "operator"})


@attrs.frozen(kw_only=True)
class ScopeRef:
    """The scope that a login asks for, as the caller wrote it; all empty for an unscoped token.

    project_id / project_name: one of them for a project scope; the name is unique within its domain.
    domain_id / domain_name: the project's domain, or the domain itself where no project is named.
    system: the whole system; nothing else is named then.
    """

    project_id: str = ""
    project_name: str = ""
    domain_id: str = ""
    domain_name: str = ""
    system: bool = False

    @property
    def unscoped(self) -> bool:
        """Whether no scope is asked for."""
        return self == UNSCOPED

    @property
    def is_project(self) -> bool:
        """Whether a project is asked for."""
        return bool(self.project_id or self.project_name)


UNSCOPED = ScopeRef()
EXPLICITLY_UNSCOPED = "unscoped"


@attrs.frozen(kw_only=True)
class AuthRequest:
    """One login.

    method: password, token, aksk, application_credential or assume.
    user_id / user_name: the subject (for password), or whom to act as (for assume); by name within
        `user_domain_id` / `user_domain_name` if given, else across all domains.
    passcode: of the second factor, beside a password or a token.
    token: the token to derive from (for token), or the administrator's (for assume).
    access_key: the JSON text of a signed request (for aksk).
    credential_id / credential_name: of an application credential; by name it is the one of the subject.
    source: web, api, cli, srv or operator.
    claimed_ip: the address the caller says it has; trust it only where the peer may speak for others.
    unscoped: the caller said that he wants no scope, rather than naming none.
    to_default: without a scope the user's default project is meant, as OpenStack has it; the wire means none.
    """

    method: str
    user_id: str = ""
    user_name: str = ""
    user_domain_id: str = ""
    user_domain_name: str = ""
    password: str = attrs.field(default="", repr=False)
    passcode: str = attrs.field(default="", repr=False)
    token: str = attrs.field(default="", repr=False)
    access_key: str = attrs.field(default="", repr=False)
    credential_id: str = ""
    credential_name: str = ""
    scope: ScopeRef = UNSCOPED
    source: str = "api"
    claimed_ip: str = ""
    unscoped: bool = False
    to_default: bool = False

    def attempt_key(self, domain_id: str = "") -> str:
        """Under which failed attempts are counted: the same for names that exist and names that do not.

        domain_id: the id of the domain that was asked for by name, so that both spellings count as one.
        """
        if self.user_id:
            return f"id:{self.user_id}"
        return (
            f"name:{domain_id or self.user_domain_id or self.user_domain_name.casefold()}:{self.user_name.casefold()}"
        )


def login_refused(internal: str) -> InvalidCredentialError:
    """The one answer to every login by password that fails; `internal` says why, for logs only."""
    return InvalidCredentialError("the user name or password is wrong", internal=internal)


def parse_v3(body: Json) -> AuthRequest:
    """Read the body of `POST /v3/auth/tokens`.

    A method that nobody knows counts as password; members that the method does not use are ignored.

    Raises:
        UnauthorizedError: there is not exactly one method, beside which a passcode may stand.
        MissingParameterError: the method lacks something.
        InvalidInputError: a member has a wrong shape; `field` names it.
        NotSupportedError: the method is known but not offered.
    """
    auth = as_object(as_object(body, "body").get("auth"), "auth")
    identity = as_object(auth.get("identity"), "auth.identity")
    method, second = _methods(identity)
    source, ip = _context(auth)
    scope = auth.get("scope")
    common = AuthRequest(
        method=method, scope=_scope(scope), source=source, claimed_ip=ip, unscoped=scope == EXPLICITLY_UNSCOPED
    )
    if second:
        common = _with_passcode(common, identity)
    if method == TOKEN:
        return attrs.evolve(common, token=_token(identity))
    if method == AKSK:
        where = "auth.identity.access_key_secret"
        return attrs.evolve(
            common, scope=UNSCOPED, access_key=_required(identity.get("access_key_secret"), where, limit=MAX_CREDENTIAL)
        )
    if method == APPLICATION_CREDENTIAL:
        return _with_credential(common, identity)
    if method == ASSUME:
        where = "auth.identity.assume.user"
        user = as_object(as_object(identity.get("assume"), "auth.identity.assume").get("user"), where)
        if not common.scope.is_project:
            raise MissingParameterError("auth.scope.project is missing: assume needs it", field="auth.scope.project")
        return attrs.evolve(_with_user(common, user, where), token=_token(identity))
    where = "auth.identity.password.user"
    user = as_object(as_object(identity.get("password"), "auth.identity.password").get("user"), where)
    return attrs.evolve(_with_user(common, user, where), password=_password(user.get("password"), f"{where}.password"))


def parse_v2(body: Json) -> AuthRequest:
    """Read the body of `POST /v2.0/tokens`.

    A user name belongs to any domain, a tenant name to any domain: they must be unique.

    Raises:
        MissingParameterError: there is neither a token nor a user name.
        InvalidInputError: a member has a wrong shape; `field` names it.
    """
    auth = as_object(as_object(body, "body").get("auth"), "auth")
    source, ip = _context(auth)
    scope = ScopeRef(
        project_id=as_text(auth.get("tenantId"), "auth.tenantId"),
        project_name=as_text(auth.get("tenantName"), "auth.tenantName"),
    )
    token = as_text(as_object(auth.get("token"), "auth.token").get("id"), "auth.token.id", limit=MAX_CREDENTIAL)
    if token:
        return AuthRequest(method=TOKEN, token=token, scope=scope, source=source, claimed_ip=ip)
    where = "auth.passwordCredentials"
    credentials = as_object(auth.get("passwordCredentials"), where)
    return AuthRequest(
        method=PASSWORD,
        user_name=_required(credentials.get("username"), f"{where}.username"),
        password=_password(credentials.get("password"), f"{where}.password"),
        scope=scope,
        source=source,
        claimed_ip=ip,
    )


def _methods(identity: JsonMapping) -> tuple[str, bool]:
    """The method, and whether a passcode stands beside it."""
    sent = as_list(identity.get("methods"), "auth.identity.methods")
    methods = [as_text(one, f"auth.identity.methods.{place}").lower() for place, one in enumerate(sent)]
    if len(methods) == 2 and methods.count(TOTP) == 1:
        (other,) = (method for method in methods if method != TOTP)
        if other in (PASSWORD, TOKEN):
            return other, True
    if len(methods) != 1:
        raise UnauthorizedError("auth.identity.methods must have exactly one method", field="auth.identity.methods")
    return _method(methods[0]), False


def _with_passcode(request: AuthRequest, identity: JsonMapping) -> AuthRequest:
    where = "auth.identity.totp.user"
    user = as_object(as_object(identity.get("totp"), "auth.identity.totp").get("user"), where)
    return attrs.evolve(request, passcode=_required(user.get("passcode"), f"{where}.passcode", limit=16))


def _method(method: str) -> str:
    if method == TOTP:
        raise NotSupportedError("a passcode (totp) is a second factor: send it beside a password or a token")
    if method in _NOT_OFFERED:
        raise NotSupportedError(f"login by {method} is not offered; offered are {', '.join(_OFFERED)}")
    return method if method in _OFFERED else PASSWORD


def _context(auth: JsonMapping) -> tuple[str, str]:
    context = as_object(auth.get("context"), "auth.context")
    source = as_text(context.get("source"), "auth.context.source", limit=32).lower()
    ip = as_text(context.get("ip"), "auth.context.ip", limit=64)
    return source if source in _SOURCES else "api", ip


def _scope(value: Json) -> ScopeRef:
    if value == EXPLICITLY_UNSCOPED:
        return UNSCOPED
    scope = as_object(value, "auth.scope")
    if "system" in scope:
        return _system(scope)
    project = as_object(scope.get("project"), "auth.scope.project")
    project_id, project_name = _id_or_name(project, "auth.scope.project")
    if project_id or project_name:
        where = "auth.scope.project.domain"
        domain_id, domain_name = _id_or_name(as_object(project.get("domain"), where), where)
    else:
        domain_id, domain_name = _id_or_name(as_object(scope.get("domain"), "auth.scope.domain"), "auth.scope.domain")
    return ScopeRef(project_id=project_id, project_name=project_name, domain_id=domain_id, domain_name=domain_name)


def _system(scope: JsonMapping) -> ScopeRef:
    if len(scope) > 1:
        raise InvalidInputError("auth.scope must name one scope", field="auth.scope")
    if as_object(scope["system"], "auth.scope.system").get("all") is not True:
        raise InvalidInputError("auth.scope.system.all must be true", field="auth.scope.system.all")
    return ScopeRef(system=True)


def _id_or_name(value: JsonMapping, field: str) -> tuple[str, str]:
    """The id if there is one, else the name: an id needs no name beside it."""
    found_id = as_text(value.get("id"), f"{field}.id")
    return (found_id, "") if found_id else ("", as_text(value.get("name"), f"{field}.name"))


def _with_credential(request: AuthRequest, identity: JsonMapping) -> AuthRequest:
    where = "auth.identity.application_credential"
    sent = as_object(identity.get("application_credential"), where)
    ident, name = _id_or_name(sent, where)
    if not ident and not name:
        raise MissingParameterError(f"{where} needs an id or a name", field=f"{where}.id")
    if not request.scope.unscoped:
        raise UnauthorizedError("an application credential has its scope and takes no other", field="auth.scope")
    with_user = request if ident else _with_user(request, as_object(sent.get("user"), f"{where}.user"), f"{where}.user")
    secret = _password(sent.get("secret"), f"{where}.secret")
    return attrs.evolve(with_user, credential_id=ident, credential_name=name, password=secret)


def _with_user(request: AuthRequest, user: JsonMapping, field: str) -> AuthRequest:
    user_id, user_name = _id_or_name(user, field)
    if not user_id and not user_name:
        raise MissingParameterError(f"{field} needs an id or a name", field=f"{field}.name")
    domain_id, domain_name = _id_or_name(as_object(user.get("domain"), f"{field}.domain"), f"{field}.domain")
    return attrs.evolve(
        request, user_id=user_id, user_name=user_name, user_domain_id=domain_id, user_domain_name=domain_name
    )


def _token(identity: JsonMapping) -> str:
    token = as_object(identity.get("token"), "auth.identity.token")
    return _required(token.get("id"), "auth.identity.token.id", limit=MAX_CREDENTIAL)


def _password(value: Json, field: str) -> str:
    if value is None:
        raise MissingParameterError(f"{field} is missing", field=field)
    password = as_text(value, field, limit=MAX_PASSWORD_BYTES, clean=False)
    if len(password.encode("utf-8")) > MAX_PASSWORD_BYTES:
        raise InvalidInputError(f"{field} must not be longer than {MAX_PASSWORD_BYTES} bytes", field=field)
    return password


def _required(value: Json, field: str, *, limit: int = 256) -> str:
    text = as_text(value, field, limit=limit)
    if not text:
        raise MissingParameterError(f"{field} is missing", field=field)
    return text
