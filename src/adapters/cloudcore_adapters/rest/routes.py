"""Every route: the hand-written ones in one table, then the patterns.

A segment in braces takes any text. `*` as the service: under every prefix and at the root.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping

import attrs

from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.rest import (
    discovery,
    identity,
    images,
    openstack,
    openstack_bodies,
    openstack_credentials,
    operating,
    quotas,
    services,
)
from cloudcore_adapters.rest.errors import HandlerNotFoundError, not_allowed
from cloudcore_adapters.rest.paths import Parts, Target, resource_parts
from cloudcore_adapters.rest.patterns import is_reserved, methods_of, pattern_of
from cloudcore_adapters.rest.site import Args, Handler, Site, Unoffered

ANY = "*"
REST = "...}"
"""How the name of a last segment ends that stands for one or more."""
PREFIXES = {"identity": "/v3", "image": "/v1"}


@attrs.frozen
class Route:
    """One hand-written route; `open`: it answers without a token."""

    service: str
    methods: str
    path: str
    handler: Handler
    open: bool = False

    @property
    def offered(self) -> bool:
        """Whether it does more than to say what is not there."""
        return not isinstance(self.handler, Unoffered)


class Table:
    """Hand-written routes with their paths in segments. Those of a service with so many segments are found once."""

    def __init__(self, routes: tuple[tuple[Route, Parts], ...]) -> None:
        self._routes = routes
        self._fitting: dict[tuple[str, int], tuple[tuple[Route, Parts], ...]] = {}

    def fitting(self, target: Target) -> tuple[tuple[Route, Parts], ...]:
        """The routes that a path of this service and length can have, in their order."""
        key = target.service, len(target.parts)
        found = self._fitting.get(key)
        if found is None:
            found = tuple(one for one in self._routes if _can_fit(*one, *key))
            self._fitting[key] = found
        return found


def _can_fit(route: Route, pattern: Parts, service: str, length: int) -> bool:
    longer = bool(pattern) and pattern[-1].endswith(REST) and length > len(pattern)
    return route.service in (ANY, service) and (length == len(pattern) or longer)


ALL, ONE = 1, 2
"""Segments of the path of all of a type and of one: behind these the patterns add nothing to what is written by hand."""

_QUOTAS = tuple(
    Route(family.service, methods, f"{PREFIXES.get(family.service, '')}/{family.plural}{path}", handler(family.plural))
    for family in FAMILIES.values()
    for methods, path, handler in quotas.PATHS
    if family.has_projects or "project" not in path
)
_USERS_APPS = "/v3/users/{user}/application_credentials"
_USERS_KEYS = "/v3/users/{user}/credentials/OS-EC2"
_IN_PROJECT = "/v3/projects/{project}/{kind}/{actor}/roles"
_TAGS = "/v3/projects/{project}/tags"
_IN_DOMAIN = "/v3/domains/{domain}/{kind}/{actor}/roles"
_IN_SYSTEM = "/v3/system/{kind}/{actor}/roles"
_INHERITED = (
    "/v3/OS-INHERIT/domains/{domain}/{kind}/{actor}/roles",
    "/v3/OS-INHERIT/projects/{project}/{kind}/{actor}/roles",
)

ROUTES: tuple[Route, ...] = (
    # service   methods     path                        handler
    Route(ANY, "GET", "/version", discovery.release, open=True),
    Route(ANY, "GET POST", "/ping", discovery.ping, open=True),
    Route(ANY, "GET", "/stats", operating.stats),
    Route(ANY, "GET", "/worker_stats", operating.worker_stats),
    Route(ANY, "GET", "/process_stats", operating.process_stats),
    Route(ANY, "GET", "/app-options", operating.app_options),
    Route("compute", "GET", "/usages", services.usages),
    Route("compute", "GET", "/usages/{range}/{id}", services.usages),
    Route("identity", "GET", "/v3/usages", services.usages),
    Route("image", "GET", "/v1/usages", services.usages),
    Route("compute", "GET", "/capabilities", services.capabilities),
    Route("compute", "GET", "/specs", services.specs),
    Route("compute", "GET", "/specs/{type}", services.specs),
    Route("compute", "GET", "/specs/{type}/{key}/resource", services.specs),
    *(
        Route(service, method, PREFIXES.get(service, "") + path, handler)
        for service in ("compute", "identity", "image")
        for method, path, handler in (
            ("GET", "/archivedtasks", services.archived_tasks),
            ("GET", "/archivedtasks/{id}", services.archived_task),
            ("GET", "/events", services.events),
            ("GET", "/events/{word}", services.event_property),
        )
    ),
    *(
        Route(service, "GET", version + path, handler)
        for service, version in PREFIXES.items()
        for path, handler in (
            ("/stats", operating.stats),
            ("/worker_stats", operating.worker_stats),
            ("/process_stats", operating.process_stats),
            ("/app-options", operating.app_options),
        )
    ),
    Route("compute", "POST", "/tasks/{id}", services.task_called_back),
    Route("identity", "POST", "/v3/tasks/{id}", services.task_called_back),
    Route("image", "POST", "/v1/tasks/{id}", services.task_called_back),
    Route(ANY, "GET", "/healthz", discovery.healthy, open=True),
    Route(ANY, "GET", "/readyz", discovery.ready, open=True),
    Route(ANY, "GET", "/openapi.json", discovery.openapi, open=True),
    Route("", "GET", "/docs", discovery.page, open=True),
    Route("", "GET", "/docs/{file}", discovery.page, open=True),
    Route("", "GET", "/", discovery.versions, open=True),
    Route("identity", "GET", "/", discovery.versions, open=True),
    Route("identity", "GET", "/v3", discovery.version_v3, open=True),
    *(
        Route(service, "GET", f"{version}/version", discovery.release, open=True)
        for service, version in PREFIXES.items()
    ),
    *(
        Route(service, "GET POST", f"{version}/ping", discovery.ping, open=True)
        for service, version in PREFIXES.items()
    ),
    Route("identity", "POST", "/v3/auth/tokens", identity.login, open=True),
    Route("identity", "GET", "/v3/auth/tokens", identity.verify),
    Route("identity", "DELETE", "/v3/auth/tokens", identity.revoke),
    Route("identity", "GET", "/v3/auth/tokens/invalid", identity.revoked),
    Route("identity", "GET", "/v3/auth/policies", identity.policies),
    Route("identity", "POST", "/v3/auth/policies", identity.policies_of_others),
    Route("identity", "GET", "/v3/auth/projects", identity.projects),
    Route("identity", "GET", "/v3/auth/domains", identity.domains),
    Route("identity", "GET", "/v3/OS-FEDERATION/projects", identity.projects),
    Route("identity", "GET", "/v3/OS-FEDERATION/domains", identity.domains),
    Route("identity", "GET", "/v3/auth/catalog", identity.catalog),
    Route("identity", "GET", "/v3/auth/system", identity.systems),
    Route("identity", "GET", "/v3/users/{user}/projects", identity.projects_of),
    Route("identity", "GET", "/v3/users/{user}/groups", identity.groups_of),
    Route("identity", "POST", _USERS_APPS, openstack_credentials.create),
    Route("identity", "GET", _USERS_APPS, openstack_credentials.many),
    Route("identity", "GET", _USERS_APPS + "/{id}", openstack_credentials.show),
    Route("identity", "PUT PATCH", _USERS_APPS + "/{id}", openstack_credentials.change),
    Route("identity", "DELETE", _USERS_APPS + "/{id}", openstack_credentials.delete),
    Route("identity", "POST", _USERS_KEYS, openstack_credentials.create_ec2),
    Route("identity", "GET", _USERS_KEYS, openstack_credentials.many_ec2),
    Route("identity", "GET", _USERS_KEYS + "/{id}", openstack_credentials.show_ec2),
    Route("identity", "DELETE", _USERS_KEYS + "/{id}", openstack_credentials.delete_ec2),
    Route("identity", "GET", "/v3/role_assignments", identity.assignments),
    Route("identity", "GET", _TAGS, openstack_bodies.tags_of),
    Route("identity", "PUT", _TAGS, openstack_bodies.set_tags),
    Route("identity", "DELETE", _TAGS, openstack_bodies.clear_tags),
    Route("identity", "GET HEAD", _TAGS + "/{tag}", openstack_bodies.check_tag),
    Route("identity", "PUT", _TAGS + "/{tag}", openstack_bodies.add_tag),
    Route("identity", "DELETE", _TAGS + "/{tag}", openstack_bodies.remove_tag),
    *(
        Route("identity", method, path, handler)
        for grants in (_IN_PROJECT, _IN_DOMAIN, _IN_SYSTEM)
        for method, path, handler in (
            ("GET", grants, identity.granted),
            ("GET", grants + "/{role}", identity.show_grant),
            ("HEAD", grants + "/{role}", identity.check_grant),
            ("PUT", grants + "/{role}", identity.grant),
            ("DELETE", grants + "/{role}", identity.withdraw),
        )
    ),
    *(
        Route("identity", methods, f"{grants}{path}/inherited_to_projects", handler)
        for grants in _INHERITED
        for methods, path, handler in (
            ("GET", "", identity.inherited),
            ("GET HEAD", "/{role}", identity.check_inherited),
            ("PUT", "/{role}", identity.inherit),
            ("DELETE", "/{role}", identity.disinherit),
        )
    ),
    Route("identity", "GET", "/v3/groups/{group}/users", identity.members_of),
    Route("identity", "GET", "/v3/groups/{group}/users/{user}", identity.show_member),
    Route("identity", "HEAD", "/v3/groups/{group}/users/{user}", identity.check_member),
    Route("identity", "PUT", "/v3/groups/{group}/users/{user}", identity.join_group),
    Route("identity", "DELETE", "/v3/groups/{group}/users/{user}", identity.leave_group),
    Route("identity", "POST", "/v3/users/{user}/password", identity.change_password, open=True),
    Route("identity", "POST", "/v2.0/tokens", identity.login_v2, open=True),
    Route("identity", "GET", "/v2.0/tokens/{token}", identity.verify_v2),
    Route("identity", "GET", "/v2.0/tenants", identity.tenants),
    Route("identity", "GET", "/v3/tenants", identity.tenants),
    *_QUOTAS,
    Route("image", "GET", "/v1/images/detail", images.detailed),
    Route("image", "POST", "/v1/images", images.create),
    Route("image", "HEAD", "/v1/images/{id}", images.show),
    Route("image", "GET", "/v1/images/{id}", images.download),
    Route("image", "PUT PATCH", "/v1/images/{id}", images.update),
    Route("image", "GET", "/v1/images/{id}/members", images.members),
    Route("image", "POST PUT", "/v1/images/{id}/members/{project}", images.add_member),
    Route("image", "DELETE", "/v1/images/{id}/members/{project}", images.remove_member),
    Route("image", "GET", "/v1/shared-images/{project}", images.shared_images),
    Route("", "GET HEAD", "/internal/images/{id}", images.download_signed, open=True),
    Route("", "PUT", "/internal/images/{id}", images.store_signed, open=True),
    Route("log", "GET", "/actions", services.actions),
    Route("log", "POST", "/actions", services.bring_action),
    Route("log", "GET", "/actions/{word}", services.action_property),
    Route("log", "POST", "/actions/{word}", services.action_action),
    Route("log", "GET", "/events", services.events),
    Route("log", "GET", "/events/{word}", services.event_property),
    Route("log", "GET", "/history", services.history),
    Route("log", "GET POST", "/baremetalevents", services.no_baremetal_events),
    Route("compute", "GET", "/quota_reports", quotas.reports),
    Route("compute", "GET", "/metadatas", services.metadatas),
    Route("compute", "GET", "/metadatas/{word}", services.tag_property),
    Route("identity", "GET", "/v3/metadatas", services.metadatas),
    Route("identity", "GET", "/v3/metadatas/{word}", services.tag_property),
    Route("image", "GET", "/v1/metadatas", services.metadatas),
    Route("image", "GET", "/v1/metadatas/{word}", services.tag_property),
    Route("scheduler", "POST", "/scheduler", services.scheduler),
    Route("scheduler", "POST", "/scheduler/{word}", services.scheduler),
    Route("scheduler", "POST", "/scheduler/{word}/{id}", services.scheduler),
)


@attrs.frozen(kw_only=True)
class Match:
    """The handler of a request. blocking: it runs in a worker, after the body was read. route: its pattern.

    offered: `Allow` names its method. planned: with `plan` in the query it answers what it would do, and does nothing.
    """

    route: str
    handler: Handler
    args: Args
    open: bool
    blocking: bool
    offered: bool = True
    planned: bool = False


def match(site: Site, target: Target, method: str) -> Match:
    """Find what answers a request; HEAD is GET where nothing else is said.

    Raises:
        HandlerNotFoundError: nothing has this path.
        MethodNotAllowedError: the path has other methods.
    """
    if target.service == openstack.SERVICE:
        openstack.check_offered(target)
    found = written(SERVICES_TABLE, target)
    named = any(not one.args for one in found.values())
    parts = resource_parts(target)
    if parts is not None and not (found and len(parts) > (ALL if named else ONE)):
        if not named and is_reserved(site, target.service, parts):
            found.clear()
        pattern = f"{target.service} {pattern_of(site, parts)}"
        for name, work in (methods_of(site, target.service, parts) or {}).items():
            offered = not isinstance(work, Unoffered)
            made = Match(route=pattern, handler=work, args={}, open=False, blocking=True, offered=offered, planned=True)
            found.setdefault(name, made)
    return chosen(found, target, method)


def chosen(found: dict[str, Match], target: Target, method: str) -> Match:
    """What answers to a method, of what a path has.

    Raises:
        HandlerNotFoundError: nothing has this path.
        MethodNotAllowedError: the path has other methods.
    """
    if "GET" in found:
        found.setdefault("HEAD", found["GET"])
    if not found:
        raise HandlerNotFoundError(f"Handler /{'/'.join(target.parts)} not found")
    if method not in found:
        raise not_allowed(method, (name for name, one in found.items() if one.offered))
    return found[method]


def written(table: Table, target: Target) -> dict[str, Match]:
    """What hand-written routes a path has, by method: of those whose names fit best.

    A name wins over a segment that takes any text, and one whose last segment takes any number counts where no other does.
    """
    held: list[tuple[Route, Args]] = []
    for route, pattern in table.fitting(target):
        rest = pattern[-1:] and pattern[-1].endswith(REST)
        if rest and held:
            continue
        parts = (*target.parts[: len(pattern) - 1], "") if rest and len(target.parts) >= len(pattern) else target.parts
        args = _bound(pattern, parts)
        if args is None or args.get("kind", "users") not in ("users", "groups"):
            continue
        held.append((route, args))
    fewest = min((len(args) for _, args in held), default=0)
    found: dict[str, Match] = {}
    for route, args in held:
        if len(args) == fewest:
            for name in route.methods.split():
                found.setdefault(name, _match(route, args))
    return found


def _match(route: Route, args: Args) -> Match:
    return Match(
        route=f"{route.service.strip(ANY)} {route.path}".strip(),
        handler=route.handler,
        args=args,
        open=route.open,
        blocking=not inspect.iscoroutinefunction(route.handler),
        offered=route.offered,
    )


def _bound(pattern: Parts, parts: Parts) -> Mapping[str, str] | None:
    """The texts that stand where the pattern has braces; None where the two differ."""
    if len(pattern) != len(parts):
        return None
    args: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            args[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return args


def compiled(routes: Iterable[Route]) -> Table:
    """Routes with their paths in segments."""
    return Table(tuple((route, tuple(p for p in route.path.split("/") if p)) for route in routes))


SERVICES_TABLE = compiled(ROUTES)
