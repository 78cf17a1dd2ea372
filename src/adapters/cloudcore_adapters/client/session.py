"""`cloudcore.ports.session.Session` over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cloudcore.model.errors import BackendError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.ports.session import NO_PARAMS, Context, Download
from cloudcore_adapters.client.identity import Token
from cloudcore_adapters.client.routes import QUESTIONS, Route, question_path, question_route
from cloudcore_adapters.client.wire import Call, Wire, fresh_key

if TYPE_CHECKING:
    from cloudcore_adapters.client.websocket import WebSocket


class HttpSession:
    """One caller's view of a cloud behind HTTP. Usable by several threads where its transport is (httpx is).

    A context manager: leaving it gives the connections back; the token stays valid.
    """

    def __init__(self, wire: Wire, routes: Mapping[str, Route], headers: Mapping[str, str] = NO_PARAMS) -> None:
        """headers: what every change carries besides."""
        self.wire = wire
        self._routes = routes
        self._headers = headers

    def __enter__(self) -> HttpSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.wire.close()

    def notifying(self, url: str, task_id: str = "") -> HttpSession:
        """See `Session.notifying`. Both share their connections."""
        told = {"X-Task-Notify-Url": url, **({"X-Task-Id": task_id} if task_id else {})}
        return HttpSession(self.wire, self._routes, {**self._headers, **told})

    def reserving(self, reservation: str) -> HttpSession:
        """See `Session.reserving`. Both share their connections."""
        return HttpSession(self.wire, self._routes, {**self._headers, "X-Quota-Reservation": reservation})

    @property
    def token(self) -> Token:
        """The present token: user, project, roles and catalogue; logs in if need be."""
        return self.wire.login.token()

    def assume(self, user: str, project: str, *, user_domain: str = "", project_domain: str = "") -> Token:
        """A token of another user in one project: `connect(auth_url, token=that.value)` acts as he does.

        Raises:
            UnauthorizedError: the caller may not act as him there.
        """
        return self.wire.login.assume(user, project, user_domain=user_domain, project_domain=project_domain)

    def list(self, plural: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> Listing:
        """See `Session.list`."""
        route = self._route(plural)
        body = self._call("GET", route, route.path(None, context), params)
        items = body.get(plural)
        if not isinstance(items, list):
            raise BackendError(f"the answer has no list of {plural}")
        return Listing(
            items=items,
            total=int(body.get("total") or 0),
            limit=int(body.get("limit") or 0),
            offset=int(body.get("offset") or 0),
            next_marker=str(body.get("next_marker") or ""),
            marker_field=str(body.get("marker_field") or ""),
            marker_order=str(body.get("marker_order") or ""),
            totals=body.get("totals"),
        )

    def get(self, plural: str, ident: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> JsonObject:
        """See `Session.get`."""
        route = self._route(plural)
        if route.service == "image" and route.kinds and not context:
            return self._head(route, ident, params)
        return self._one(route, self._call("GET", route, route.path(ident, context), params))

    def create(
        self, plural: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """See `Session.create`. Carries an idempotency key, so that a lost answer makes no second one."""
        route = self._route(plural)
        sent = {route.singular: dict(body)}
        return self._one(route, self._call("POST", route, route.path(None, context), params, sent, once=True))

    def create_many(
        self, plural: str, body: JsonMapping, count: int, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> Sequence[JsonObject]:
        """See `Session.create_many`."""
        if count < 1:
            raise OutOfRangeError("count must be at least 1", field="count")
        route = self._route(plural)
        sent = {"count": count, route.singular: dict(body)}
        answer = self._call("POST", route, route.path(None, context), params, sent, once=True)
        made = answer.get(plural)
        if not isinstance(made, list):
            return [self._one(route, answer)]
        return [self._one(route, item.get("body") or {}, bare=True) for item in made]

    def update(
        self, plural: str, ident: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """See `Session.update`."""
        route = self._route(plural)
        return self._one(
            route, self._call("PUT", route, route.path(ident, context), params, {route.singular: dict(body)})
        )

    def delete(
        self,
        plural: str,
        ident: str,
        params: JsonMapping = NO_PARAMS,
        body: JsonMapping = NO_PARAMS,
        context: Context = (),
    ) -> JsonObject:
        """See `Session.delete`."""
        route = self._route(plural)
        sent = {route.singular: dict(body)} if body else None
        return self._one(route, self._call("DELETE", route, route.path(ident, context), params, sent))

    def perform(
        self, plural: str, ident: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """See `Session.perform`."""
        route = self._route(plural)
        sent = {route.singular: dict(body)}
        return self._inner(route.singular, self._call("POST", route, route.path(ident, (), action), params, sent))

    def perform_class(
        self, plural: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """See `Session.perform_class`."""
        route = self._route(plural)
        sent = {plural: dict(body)}
        return self._inner(plural, self._call("POST", route, route.path(action, ()), params, sent))

    def detail(self, plural: str, ident: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.detail`."""
        route = self._route(plural)
        return self._inner(route.singular, self._call("GET", route, route.path(ident, (), name), params))

    def property(self, plural: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.property`."""
        if plural in QUESTIONS:
            asked, keyword = question_route(plural, name)
            answer = self._call("GET", asked, question_path(asked, name), params)
            return answer[keyword] if keyword else answer
        route = self._route(plural)
        return self._inner(route.singular, self._call("GET", route, route.path(name, ()), params))

    def upload(self, ident: str | None, attributes: JsonMapping, chunks: Iterable[bytes]) -> JsonObject:
        """See `Session.upload`. `size` among the attributes is the number of bytes; without it they are spooled first."""
        from cloudcore_adapters.client.images import sized, to_headers

        route = self._route("images")
        size, content = sized(attributes, chunks)
        if size < 1:
            raise OutOfRangeError("an image must have at least one byte", field="size")
        told = {k: v for k, v in attributes.items() if k != "size"}
        headers = {
            **self._headers,
            **to_headers(told),
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
        }
        call = Call(
            service=route.service,
            method="POST" if ident is None else "PUT",
            path=route.path(ident, ()),
            content=content,
            headers=headers,
        )
        return self._one(route, self.wire.json(call))

    def download(self, ident: str, params: JsonMapping = NO_PARAMS) -> Download:
        """See `Session.download`."""
        from cloudcore_adapters.client.images import HttpDownload

        route = self._route("images")
        about = self._head(route, ident, params)
        return HttpDownload(self.wire, route.path(str(about.get("id") or ident), ()), params, about)

    def open_stream(self, plural: str, ident: str, name: str) -> WebSocket:
        """A WebSocket to a resource, such as the `serial` console of a server. The caller closes it.

        Raises:
            CloudUnreachableError: nobody answers; any other error as an ordinary request would raise it.
        """
        from cloudcore_adapters.client.websocket import open_websocket

        route = self._route(plural)
        call = Call(service=route.service, method="GET", path=route.path(ident, (), name))
        token = self.wire.login.token()
        return open_websocket(
            self.wire.url(call, token),
            {"X-Auth-Token": token.value},
            trust=self.wire.trust,
            timeout_s=self.wire.timeout_s,
        )

    def _route(self, plural: str) -> Route:
        try:
            return self._routes[plural]
        except KeyError:
            raise ResourceNotFoundError(f"there is no resource type {plural[:64]!r}") from None

    def _call(
        self, method: str, route: Route, path: str, params: JsonMapping, body: Any = None, *, once: bool = False
    ) -> JsonObject:
        headers = {**(self._headers if method != "GET" else {}), **({"Idempotency-Key": fresh_key()} if once else {})}
        call = Call(service=route.service, method=method, path=path, params=params, headers=headers)
        answer = self.wire.json(call, body)
        if not isinstance(answer, dict):
            raise BackendError(f"{route.service} answered {method} {path} with something that is no object")
        return answer

    def _head(self, route: Route, ident: str, params: JsonMapping) -> JsonObject:
        from cloudcore_adapters.client.images import from_headers

        call = Call(service=route.service, method="HEAD", path=route.path(ident, ()), params=params)
        try:
            return from_headers(self.wire.send(call).headers, route.kinds)
        except ResourceNotFoundError as error:
            raise ResourceNotFoundError(f"{route.singular} {ident} not found", internal=error.internal) from error

    def _one(self, route: Route, answer: JsonObject, *, bare: bool = False) -> JsonObject:
        inner = answer.get(route.singular)
        if isinstance(inner, dict):
            return inner
        if bare or not answer:
            return answer
        raise BackendError(f"the answer has no {route.singular}")

    @staticmethod
    def _inner(keyword: str, answer: JsonObject) -> Any:
        return answer.get(keyword, answer) if isinstance(answer, dict) else answer
