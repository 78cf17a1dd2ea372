"""Every route of the gateway, behind its prefix. A session is asked for by the handlers themselves."""

from __future__ import annotations

from cloudcore_adapters.rest.errors import HandlerNotFoundError
from cloudcore_adapters.rest.gateway import account, download, login, resources, second
from cloudcore_adapters.rest.gateway.account import absent
from cloudcore_adapters.rest.paths import Target
from cloudcore_adapters.rest.routes import Match, Route, chosen, compiled, written
from cloudcore_adapters.rest.serving import GATEWAY_VERSIONS

SERVICE = "gateway"
_ALL = "GET POST PUT PATCH DELETE"


def _route(methods: str, path: str, handler: resources.Handler) -> Route:
    return Route(SERVICE, methods, "/{version}" + path, handler, open=True)


_SSO = absent("single sign-on")
_SETTINGS = absent("a choice of services for pages (services have a configuration: services/NAME/config)")
_OIDC = absent("login of other programs by OpenID Connect")

ROUTES: tuple[Route, ...] = (
    _route("GET", "/auth/regions", login.regions),
    _route("POST", "/auth/login", login.login),
    _route("GET POST", "/auth/logout", login.logout),
    _route("GET", "/auth/user", account.user),
    _route("GET", "/auth/permissions", account.own_permissions),
    _route("POST", "/auth/permissions", account.permissions),
    _route("GET", "/auth/scoped_resources", account.scoped_resources),
    _route("GET", "/auth/admin_resources", account.admin_resources),
    _route("GET", "/auth/scopedpolicybindings", account.bindings),
    _route("POST", "/auth/password", account.password),
    _route("POST PATCH DELETE", "/auth/policies", account.policies),
    _route("PATCH DELETE", "/auth/policies/{id}", account.policies),
    _route("GET", "/auth/stats", absent("a list of numbers of users")),
    _route("GET", "/auth/subscriptions", absent("subscription")),
    _route("GET", "/auth/assume", login.assume),
    _route("POST", "/auth/initcredential", second.begin),
    _route("POST", "/auth/credential", second.reset),
    _route("POST", "/auth/passcode", second.prove),
    _route("GET", "/auth/recovery", second.questions),
    _route("POST", "/auth/recovery", second.set_questions),
    _route("GET", "/auth/captcha", absent("captcha")),
    _route("GET", "/auth/sso/redirect/{idp}", _SSO),
    _route("GET POST", "/auth/ssologin", _SSO),
    _route("GET POST", "/auth/ssologin/{idp}", _SSO),
    _route("GET", "/auth/idp/{idp}/{word}", _SSO),
    _route("POST", "/auth/unlink-idp", _SSO),
    _route("GET POST", "/auth/oidc/{word}", _OIDC),
    _route("GET", "/auth/oidc/.well-known/openid-configuration", _OIDC),
    _route("GET", "/imageutils/download/{id}", download.image),
    _route("GET", "/imageutils/image/{id}", download.image),
    _route("POST", "/imageutils/upload", absent("upload by a form (send the bytes to /api/s/image/v1/images instead)")),
    _route("POST", "/uploads", absent("import of spreadsheets")),
    _route("GET", "/downloads/{template}", absent("import of spreadsheets")),
    _route("POST", "/s3uploads", absent("object storage")),
    _route(_ALL, "/service_settings", _SETTINGS),
    _route(_ALL, "/service_settings/{words...}", _SETTINGS),
    _route(_ALL, "/syslog/{words...}", absent("a log for other programs")),
    _route(_ALL, "/_raw/{words...}", absent("a way to clusters of containers")),
    _route("GET POST", "/rpc/{words...}", resources.serve),
    _route(_ALL, "/{words...}", resources.serve),
)

_COMPILED = compiled(ROUTES)


def match(target: Target, method: str) -> Match:
    """Find what answers a request to the gateway.

    Raises:
        HandlerNotFoundError: nothing has this path.
        MethodNotAllowedError: the path has other methods.
    """
    if not target.parts or target.parts[0] not in GATEWAY_VERSIONS:
        raise HandlerNotFoundError(f"Handler /api/{'/'.join(target.parts)} not found")
    return chosen(written(_COMPILED, target), target, method)
