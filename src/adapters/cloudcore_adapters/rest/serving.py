"""What the REST adapter needs from the cloud that it serves, and how much it lets callers ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs

from cloudcore.auth.signedrequest import SignedRequest
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.resource import Resource
from cloudcore.operations.identity.second_factors import SecondFactors
from cloudcore.ports.session import Download, Session


class ServedCloud(Protocol):
    """The facade as this adapter uses it. Every method may raise any of `cloudcore.model.errors` but Contention.

    The sessions that are handed back are those that `session_for` gave.
    """

    @property
    def resources(self) -> Sequence[Resource[Any]]:
        """All resource types; the internal ones are not served."""
        ...

    def ready(self) -> bool:
        """Whether requests would succeed: the storage answers and the schema is current."""
        ...

    def authenticate_v3(
        self, body: JsonMapping, peer: str, request_id: str, *, to_default: bool = False
    ) -> tuple[str, JsonObject]:
        """A token's text and the document that goes with it. to_default: see `AuthRequest`."""
        ...

    def authenticate_v2(self, body: JsonMapping, peer: str, request_id: str) -> JsonObject:
        """The older form of the same; the token stands in the document."""
        ...

    def session_for(self, token: str | None, *, peer: str, request_id: str) -> Session:
        """The session of whoever holds the token; UnauthorizedError without one."""
        ...

    def session_for_signed(self, request: SignedRequest, *, peer: str, request_id: str) -> Session:
        """The session of whoever signed the request with an access key."""
        ...

    def verify_v2(self, session: Any, subject: str) -> JsonObject:
        """The older form of `verify_v3`."""
        ...

    def verify_v3(self, session: Any, subject: str) -> JsonObject:
        """What the token `subject` stands for."""
        ...

    def verify_at_once(self, token: str, subject: str, peer: str) -> tuple[str, JsonObject] | None:
        """The id of the user who holds `token`, and what `verify_v3` tells him of `subject`; asked in the event loop.

        None where it cannot be told without waiting, or is refused. The document is not changed, nor is it given again
        when it says something else.
        """
        ...

    def revoke(self, session: Any, subject: str) -> None:
        """Make the token `subject` void."""
        ...

    def change_password(self, user_id: str, body: JsonMapping, *, peer: str, request_id: str) -> JsonObject:
        """Change a password by its owner, proved by `original_password`."""
        ...

    def revoked_tokens(self, session: Any) -> list[str]:
        """Ids of tokens that are void before their end."""
        ...

    def check_operator(self, session: Any) -> None:
        """ForbiddenError unless the caller may look into the processes of the deployment."""
        ...

    def policies_of(self, session: Any) -> JsonObject:
        """What the caller may do: names and documents of policies by scope."""
        ...

    def policies_for(self, session: Any, body: JsonMapping) -> JsonObject:
        """The same of another user, or of somebody unknown."""
        ...

    def catalog(self, session: Any) -> Sequence[JsonObject]:
        """Services and their endpoints."""
        ...

    def auth_projects(self, session: Any) -> Sequence[JsonObject]:
        """The projects that the caller may choose as its scope."""
        ...

    def auth_domains(self, session: Any) -> Sequence[JsonObject]:
        """The domains that the caller may choose as its scope."""
        ...

    def grant(
        self,
        session: Any,
        place: str,
        kind: Literal["users", "groups"],
        actor: str,
        role: str,
        *,
        remove: bool,
        within: Literal["projects", "domains", "system"],
        inherited: bool = False,
    ) -> None:
        """Give a user or group a role in a project, in a domain, in all its projects or in the system, or take it."""
        ...

    @property
    def second_factor(self) -> SecondFactors:
        """Second factors of callers."""
        ...

    def login_choices(self) -> JsonObject:
        """What a login form offers before anybody is known: `regions` and `domains`."""
        ...

    def home_of(self, session: Any, wanted: str = "") -> str:
        """The id of the project in which the caller begins; empty where it has none."""
        ...

    def profile_of(self, session: Any) -> JsonObject:
        """The caller with its scope, projects, policies and what there is to work with."""
        ...

    def permissions_of(self, session: Any, asked: JsonMapping, policy: str = "") -> JsonObject:
        """Whether the caller may do each of `key: [scope, service, resource, action, …]`."""
        ...

    def history_position(self) -> int:
        """The position of the newest record of the history."""
        ...

    def assignments(self, session: Any, params: JsonMapping) -> Listing:
        """Who has which role where."""
        ...


OpenSigned: TypeAlias = Callable[[str, JsonMapping], Download]
"""`(path, query) -> Download`: the image that a signed internal URL means; InvalidCredentialError if it does not hold."""

StoreSigned: TypeAlias = Callable[[str, JsonMapping, Iterable[bytes]], JsonObject]
"""`(path, query, bytes) -> facts`: stores the bytes for which a signed internal URL stands; errors as `OpenSigned`."""


@attrs.frozen(kw_only=True)
class Limits:
    """How much callers may ask for. Sizes in bytes, times in seconds.

    json_bytes, json_depth: of a JSON request body. json_seconds: for the whole of it to arrive.
    query_bytes: of a query string. path_parts: segments of a path.
    workers: threads that run the core; waiting: requests that may wait for one before others are refused.
    image_bytes: of one image. uploads, uploads_per_caller, downloads: at a time.
    watch_seconds: how long a request for the history may wait for a record; watches, watches_per_caller: at a time.
    busy_seconds: how long a deletion waits for what is under way with the object, before it is refused; 0: not at all.
    busy_waits: how many wait so at a time; further ones are refused at once.
    idle_seconds: without a byte of an upload; slow_bytes_per_second: an upload may not stay below this average
        once it runs for longer than `idle_seconds`, nor a download of a file.
    chunk_bytes: what is handed on at once in either direction.
    drain_bytes, drain_seconds: what is still read of a refused body, so that its sender sees the answer.
    """

    json_bytes: int = 1 << 20
    json_depth: int = 32
    json_seconds: float = 30.0
    query_bytes: int = 64 << 10
    path_parts: int = 12
    workers: int = 16
    waiting: int = 512
    image_bytes: int = 1 << 40
    uploads: int = 16
    uploads_per_caller: int = 4
    downloads: int = 64
    watch_seconds: float = 30.0
    watches: int = 256
    watches_per_caller: int = 16
    busy_seconds: float = 0.0
    busy_waits: int = 64
    idle_seconds: float = 60.0
    slow_bytes_per_second: int = 16 << 10
    chunk_bytes: int = 1 << 20
    drain_bytes: int = 4 << 20
    drain_seconds: float = 2.0


DEFAULT_PREFIXES: dict[str, str] = {
    "identity": "/identity",
    "compute": "/compute",
    "image": "/image",
    "scheduler": "/scheduler",
    "log": "/log",
    "gateway": "/api",
}
"""Where each service begins; the version segment of a service (`/v3`, `/v1`) follows. An empty prefix is the root."""

GATEWAY_VERSIONS = ("v1", "v2")
"""What stands behind the gateway's prefix; both mean the same."""
