"""The driving port: what a caller holds, in process or over HTTP.

`cloudcore.cloud` implements it over the core, `cloudcore_adapters.client` over HTTP; the REST adapter, the CLI and
programs use it. Bodies and results are JSON objects with the wire's names, without envelopes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing

Context: TypeAlias = Sequence[tuple[str, str]]
"""Parents in the URL, outermost first: (plural, id or name). `POST /zones/Z/hosts` has (("zones", "Z"),)."""

NO_PARAMS: Mapping[str, Any] = {}


class Download(Protocol):
    """Bytes that can be read in ranges; size in bytes, checksum is the MD5 in hex."""

    @property
    def size(self) -> int: ...

    @property
    def checksum(self) -> str: ...

    @property
    def name(self) -> str: ...

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        ...


@runtime_checkable
class FileDownload(Download, Protocol):
    """Bytes that are perhaps in a file of this machine, which the system can send by itself."""

    def handle(self) -> int | None:
        """A descriptor of that file, for the caller to close; None where there is none."""
        ...


class Session(Protocol):
    """One caller's view of the cloud. Every method may raise any of `cloudcore.model.errors` but Contention."""

    def notifying(self, url: str, task_id: str = "") -> Session:
        """The same session, whose caller is told at a URL of the end of each long operation that he begins with it.

        task_id: what he calls the operation; sent back to him as `X-Task-Id`. See docs/how-to/call-a-task-back.md for
        what he is sent. What is wrong with the URL may be said only when something is asked of the session.
        """
        ...

    def reserving(self, reservation: str) -> Session:
        """The same session, which draws on a quota reservation, by id or name, for all that it makes.

        A request that charges another project than that of the reservation is refused, and one after its time.
        """
        ...

    def list(self, plural: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> Listing:
        """One page of the resources of a type; `params` as in the query string, parsed."""
        ...

    def get(self, plural: str, ident: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> JsonObject:
        """One resource with its details, by id or name. For a joint `ident` is the other side's id, under a context."""
        ...

    def create(
        self, plural: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """Make one resource."""
        ...

    def create_many(
        self, plural: str, body: JsonMapping, count: int, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> Sequence[JsonObject]:
        """Make `count` resources from one body, all or none; names are generated from the body's."""
        ...

    def update(
        self, plural: str, ident: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """Change what the body names."""
        ...

    def delete(
        self,
        plural: str,
        ident: str,
        params: JsonMapping = NO_PARAMS,
        body: JsonMapping = NO_PARAMS,
        context: Context = (),
    ) -> JsonObject:
        """Delete, or begin to; gives the resource's last details. Options may stand in `params` or `body`."""
        ...

    def perform(
        self, plural: str, ident: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """Do something with one resource (`start`, `enable` …); gives its details where the action has no answer of its own."""
        ...

    def perform_class(
        self, plural: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """Do something with a type."""
        ...

    def detail(self, plural: str, ident: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """A named detail of one resource (`status`, `metadata` …)."""
        ...

    def property(self, plural: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """A property of a whole collection (`statistics`, `distinct-field` …)."""
        ...

    def upload(self, ident: str | None, attributes: JsonMapping, chunks: Iterable[bytes]) -> JsonObject:
        """Store an image's bytes: of a queued image, or of a new one when `ident` is None. Returns when they are stored."""
        ...

    def download(self, ident: str, params: JsonMapping = NO_PARAMS) -> Download:
        """The bytes of an active image; `format` among the parameters chooses a converted form of it."""
        ...
