"""The gateway's operations: its own, one of each kind of those that it passes on, and any operation of a service seen from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from tests.wire.matrix.asking import OWNERS, Operation, Request
from tests.wire.matrix.world import SECRET, World

from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.rest.gateway.table import ROUTES
from cloudcore_adapters.rest.paths import compile_prefixes, parts_of, target_of
from cloudcore_adapters.rest.routes import SERVICES_TABLE, written
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES

API = "/api/v1"
ACCOUNT, POLICIES, RESOURCES, ABSENT = "gateway account", "gateway policies", "gateway resources", "gateway absent"
OPEN = frozenset({(ACCOUNT, "regions"), (ACCOUNT, "login"), (ACCOUNT, "logout"), (ACCOUNT, "POST logout")})
"""What needs no session: what a login form shows, the login itself, which is proved by what is sent, and the end of a session."""
_RULES = {"policy": {"compute": {"secgroups": {"list": "allow"}}}}
_SERVICES = {"/compute": "compute", "/v3": "identity", "/identity/v3": "identity", "/image/v1": "image", "/log": "log"}
_PREFIXES = compile_prefixes(DEFAULT_PREFIXES)


def at_the_gateway() -> Iterator[Operation]:
    """All of them."""
    yield from _account()
    yield from _policies()
    yield from _resources()
    yield from _absent()


def _plain(method: str, path: str, body: Any = None) -> Callable[..., Request | None]:
    return lambda _world, _who, _target: Request(method, API + path, body)


def _account() -> Iterator[Operation]:
    for word in ("user", "permissions", "scoped_resources", "admin_resources", "scopedpolicybindings"):
        yield Operation(ACCOUNT, f"show {word}", _plain("GET", f"/auth/{word}"), ("own",))
    asked = {"list": ["compute", "servers", "list"]}
    yield Operation(ACCOUNT, "permissions of oneself", _plain("POST", "/auth/permissions", asked), ("own",))
    yield Operation(ACCOUNT, "regions", _plain("GET", "/auth/regions"), ("own",))
    wrong = {"username": "u-project_owner", "domain": "alpha", "password": "not-" + SECRET}
    yield Operation(ACCOUNT, "login by a wrong password", _plain("POST", "/auth/login", wrong), ("own",))
    yield Operation(ACCOUNT, "login", _login, ("own",))
    yield Operation(ACCOUNT, "choose project", _choose)
    yield Operation(ACCOUNT, "act as somebody", _assume, ("own",))
    for name, method in (("logout", "GET"), ("POST logout", "POST")):
        yield Operation(ACCOUNT, name, _logout(method), ("own",))
    changed = {"password_old": "x", "password_new": "Another-horse-2", "password_confirm": "Another-horse-2"}
    answers = [{"question": "first pet", "answer": "Rex"}]
    for name, method, path, sent in (
        ("make a second factor", "POST", "initcredential", {}),
        ("prove a second factor", "POST", "passcode", {"passcode": "000000"}),
        ("reset a second factor", "POST", "credential", answers),
        ("show questions", "GET", "recovery", None),
        ("set questions", "POST", "recovery", answers),
    ):
        yield Operation(ACCOUNT, name, _plain(method, f"/auth/{path}", sent), ("own",))
    yield Operation(ACCOUNT, "password with a wrong old one", _plain("POST", "/auth/password", changed), ("own",))


def _login(world: World, who: str, _target: str) -> Request | None:
    """By one's own name and password, into the first project; who is nobody sends a user's."""
    name = world.users.get(who, "u-project_owner")
    domain = world.store.rows["users"][name].domain_id
    return Request("POST", f"{API}/auth/login", {"username": name, "domain": domain, "password": SECRET})


def _logout(method: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, _target: str) -> Request | None:
        return Request(method, f"{API}/auth/logout", None, _real(world, who))

    return ask


def _real(world: World, who: str) -> dict[str, str]:
    """The caller's token as identity has signed it."""
    return {"X-Auth-Token": world.tokens[who]} if who in world.tokens else {}


def _choose(world: World, who: str, target: str) -> Request | None:
    if target not in OWNERS:
        return None
    return Request("POST", f"{API}/auth/login", {"tenantId": OWNERS[target][1]}, _real(world, who))


def _assume(world: World, who: str, target: str) -> Request | None:
    """As whoever looks on in the project."""
    path = f"{API}/auth/assume?user_id=u-project_viewer&project_id={OWNERS[target][1]}"
    return Request("GET", path, None, _real(world, who))


def _policies() -> Iterator[Operation]:
    made = {"name": "new", "scope": "project", "blob": _RULES}
    yield Operation(POLICIES, "create", _plain("POST", "/auth/policies", made), ("own",))
    for method, name in (("PATCH", "update"), ("DELETE", "delete")):
        for more in ("/auth/policies/", "/auth/policies?id="):
            body = {"description": "other"} if method == "PATCH" else None
            yield Operation(POLICIES, name + (" by query" if "?" in more else ""), _row("policies", method, more, body))


def _row(
    plural: str, method: str, start: str, body: Any = None, *, end: str = "", each: bool = False, api: str = API
) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(plural, target, who)
        return None if ident is None else Request(method, f"{api}{start}{ident}{end}", body, each=each)

    return ask


def _resources() -> Iterator[Operation]:
    """One type that can be shared, for the forms; that every other is answered alike is tested of each."""
    secgroups = "/secgroups"
    yield Operation(RESOURCES, "list", _listed(API + secgroups, "data"))
    yield Operation(RESOURCES, "list as at the service", _listed("/api/s/compute_v2" + secgroups, "secgroups"))
    yield Operation(RESOURCES, "create", _plain("POST", secgroups, {"name": "new"}), ("own",))
    yield Operation(RESOURCES, "create several", _plain("POST", secgroups, {"name": "n", "__count__": 2}), ("own",))
    yield Operation(RESOURCES, "property:statistics", _plain("GET", f"{secgroups}/statistics"), ("own",))
    yield Operation(RESOURCES, "property:rpc", _plain("GET", f"/rpc{secgroups}/get-statistics"), ("own",))
    for name, method, end, body in (
        ("get", "GET", "", None),
        ("head", "HEAD", "", None),
        ("update", "PUT", "", {"description": "other"}),
        ("patch", "PATCH", "", {"description": "other"}),
        ("delete", "DELETE", "", None),
        ("clone", "POST", "/clone", {"name": "cloned"}),
        ("detail:metadata", "GET", "/metadata", None),
        ("list below", "GET", "/secgrouprules", None),
    ):
        yield Operation(RESOURCES, name, _row("secgroups", method, f"{secgroups}/", body, end=end))
    for name, method, start, body in (
        ("update of several", "PUT", f"{secgroups}?id=", {"description": "other"}),
        ("patch of several", "PATCH", f"{secgroups}?id=", {"description": "other"}),
        ("delete of several", "DELETE", f"{secgroups}?id=", None),
        ("clone of several", "POST", f"{secgroups}/clone?id=", {"name": "cloned"}),
    ):
        yield Operation(RESOURCES, name, _row("secgroups", method, start, body, each=True))
    yield Operation(RESOURCES, "get several", _row("secgroups", "GET", f"{secgroups}?batchGet=true&id="))
    yield Operation(RESOURCES, "detail:rpc", _row("secgroups", "GET", f"/rpc{secgroups}/", end="/get-metadata"))
    yield Operation(RESOURCES, "clone by rpc", _row("secgroups", "POST", f"/rpc{secgroups}/", {}, end="/do-clone"))
    through = f"/api/s/compute{secgroups}/"
    yield Operation(RESOURCES, "get as at the service", _row("secgroups", "GET", "", api=through))
    changed = {"secgroup": {"description": "other"}}
    yield Operation(RESOURCES, "update as at the service", _row("secgroups", "PUT", "", changed, api=through))
    for word in ("download", "image"):
        yield Operation(RESOURCES, f"download by {word}", _row("images", "GET", f"/imageutils/{word}/"))


def _listed(path: str, key: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        rows = {t: ident for t in ("own", "peer", "foreign", "shared") if (ident := world.row("secgroups", t, who))}
        return Request("GET", f"{path}?scope=max&limit=0", listed=rows, rows=key) if target == "own" else None

    return ask


def _absent() -> Iterator[Operation]:
    """What is not offered says so to everybody."""
    for route in ROUTES:
        if not route.offered:
            for method in route.methods.split():
                path = route.path.replace("{version}", "v1").replace("{idp}", "x").replace("{word}", "x")
                asked = _plain(method, path.removeprefix("/v1").replace("{template}", "x"))
                yield Operation(ABSENT, f"{method} {route.path.removeprefix('/{version}')}", asked, ("own",))


def through(request: Request) -> Request | None:
    """A request to a service as it is passed on; None for what has no way through."""
    for prefix, service in _SERVICES.items():
        if request.path.startswith(f"{prefix}/"):
            rest = request.path.removeprefix(prefix)
            version = {"identity": "/v3", "image": "/v1"}.get(service, "")
            return attrs.evolve(request, path=f"/api/s/{service}{version}{rest}")
    return None


def without_envelope(request: Request, words: Mapping[str, Any]) -> Request | None:
    """A request to a service about a resource as the gateway has it. words: plurals and singulars of the types.

    None for what has no such form: with headers of its own, below `auth`, where the gateway has its own paths, and what
    is written by hand at the service, of which it has only the quotas of a project, a domain and all.
    """
    prefix = next((start for start in _SERVICES if request.path.startswith(f"{start}/")), None)
    if prefix is None or request.headers or request.path.startswith(f"{prefix}/auth/") or _by_hand(request):
        return None
    body = request.body
    if isinstance(body, dict) and len(body) == 1 and (key := next(iter(body))) in words:
        body = body[key]
    return attrs.evolve(request, path=API + request.path.removeprefix(prefix), body=body)


def _by_hand(request: Request) -> bool:
    target = target_of(parts_of(request.path.partition("?")[0].encode(), limit=20), _PREFIXES)
    is_quota = FAMILIES.keys() & set(target.parts[:2])
    return not is_quota and request.method in written(SERVICES_TABLE, target)


def refusal(world: World, status: int) -> tuple[int, str]:
    """What an answer says of the door: its status and the class of the error."""
    told = json.loads(world.body or b"{}") if status >= 400 else {}
    return (status // 100 * 100 if status < 400 else status), str(told.get("class", ""))
