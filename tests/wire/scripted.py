"""A cloud that answers what a test tells it to: for the door itself, and for failures that a real cloud does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import ProjectOwned, entity
from cloudcore.model.errors import InvalidCredentialError, ResourceNotFoundError, UnauthorizedError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.resource import Action, ActionKind, Joint, Level, Ref, Resource, Spec, Verb

TOKEN = "good-token"


@entity
class Box(ProjectOwned):
    """Something with every kind of route."""

    shelf_id: Annotated[str, Spec("Where it stands", create=True), Ref("shelves")]


@entity
class Shelf(ProjectOwned):
    """Where boxes stand."""


@entity
class Label(ProjectOwned):
    """Connects boxes and shelves."""

    box_id: Annotated[str, Spec("The box"), Ref("boxes")]
    shelf_id: Annotated[str, Spec("The shelf"), Ref("shelves")]


@entity
class Picture(ProjectOwned):
    """Stands for an image."""


def resource(kind: type, singular: str, plural: str, **more: Any) -> Resource[Any]:
    """A type of the test."""
    base = {"service": "compute", "area": "test", "doc": kind.__doc__, "level": Level.PROJECT}
    return Resource(**{**base, "entity": kind, "singular": singular, "plural": plural, **more})


RESOURCES = (
    resource(
        Box,
        "box",
        "boxes",
        actions=(
            Action(name="open", doc="Open it", params=()),
            Action(name="count-all", doc="Count", kind=ActionKind.PROPERTY, params=()),
            Action(name="sort", doc="Sort", kind=ActionKind.CLASS, params=()),
            Action(name="contents", doc="What is in it", kind=ActionKind.SPEC, params=()),
        ),
    ),
    resource(
        Shelf,
        "shelf",
        "shelves",
        verbs=frozenset({Verb.LIST, Verb.GET}),
        actions=(
            Action(name="images", doc="An action that is called as a type", kind=ActionKind.SPEC, params=()),
            Action(name="images", doc="The same", params=()),
        ),
    ),
    resource(
        Label,
        "label",
        "labels",
        joint=Joint(left="box_id", right="shelf_id", left_path="labelling", right_path="labelled"),
    ),
    resource(Picture, "image", "images", service="image"),
    resource(Picture, "secret", "secrets", service="internal"),
)


@attrs.define
class Bytes:
    """An image that can be read in ranges."""

    content: bytes
    checksum: str = "0123456789abcdef0123456789abcdef"
    name: str = "picture"

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]


class ScriptedSession:
    """Records what it is asked. `answer` may be set to a function of (method, arguments)."""

    def __init__(self, cloud: ScriptedCloud) -> None:
        self._cloud = cloud
        self.caller = Caller(user_id="user-1")

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in (
            "list",
            "get",
            "create",
            "create_many",
            "update",
            "delete",
            "perform",
            "perform_class",
            "detail",
            "property",
        ):
            raise AttributeError(method)

        def ask(*args: Any) -> Any:
            self._cloud.asked.append((method, *args))
            return self._cloud.answer(method, args)

        return ask

    def upload(self, ident: str | None, attributes: JsonObject, chunks: Iterable[bytes]) -> JsonObject:
        sizes = []
        held = bytearray()
        self._cloud.uploading.append(ident)
        for chunk in chunks:
            sizes.append(len(chunk))
            held += chunk
        self._cloud.stored[ident or "new"] = bytes(held)
        self._cloud.asked.append(("upload", ident, attributes, sizes))
        return {"id": ident or "new", "status": "active", "size": len(held)}

    def download(self, ident: str, params: JsonObject) -> Bytes:
        self._cloud.asked.append(("download", ident, params))
        if ident not in self._cloud.stored:
            raise ResourceNotFoundError(f"image {ident} not found")
        return Bytes(self._cloud.stored[ident])


def plain_answer(method: str, args: tuple[Any, ...]) -> Any:
    """What a session answers unless a test says otherwise."""
    if method == "list":
        return Listing(items=[{"id": "1"}], total=1, limit=20)
    if method == "create_many":
        return [{"id": str(n)} for n in range(args[2])]
    return {"id": args[1] if isinstance(args[1], str) else "new", "asked": method}


class ScriptedCloud:
    """Serves `RESOURCES` to whoever holds `TOKEN`."""

    resources = RESOURCES

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answer: Callable[[str, tuple[Any, ...]], Any] = plain_answer
        self.stored: dict[str, bytes] = {}
        self.uploading: list[str | None] = []
        self.is_ready = True
        self.peers: list[str] = []

    def ready(self) -> bool:
        return self.is_ready

    def session_for(self, token: str | None, *, peer: str, request_id: str) -> ScriptedSession:
        self.peers.append(peer)
        if token is None:
            raise UnauthorizedError("no token")
        if token != TOKEN:
            raise InvalidCredentialError("the token is not valid")
        return ScriptedSession(self)

    def authenticate_v3(
        self, body: JsonObject, peer: str, request_id: str, *, to_default: bool = False
    ) -> tuple[str, JsonObject]:
        if body.get("password") != "right":
            raise InvalidCredentialError("user or password is wrong")
        return TOKEN, {"token": {"methods": ["password"]}, "id": TOKEN}

    def authenticate_v2(self, body: JsonObject, peer: str, request_id: str) -> JsonObject:
        return {"access": {"token": {"id": TOKEN}}}

    def verify_v3(self, session: ScriptedSession, subject: str) -> JsonObject:
        return {"token": {"methods": ["password"]}, "subject": subject}

    def verify_at_once(self, token: str, subject: str, peer: str) -> None:
        """Everything takes its time here."""

    def verify_v2(self, session: ScriptedSession, subject: str) -> JsonObject:
        return {"access": {"token": {"id": subject}}}

    def revoke(self, session: ScriptedSession, subject: str) -> None:
        self.asked.append(("revoke", subject))

    def revoked_tokens(self, session: ScriptedSession) -> list[str]:
        return ["t1"]

    def check_operator(self, session: ScriptedSession) -> None:
        """Whoever holds the token may."""

    def policies_of(self, session: ScriptedSession) -> JsonObject:
        return {"names": {}, "policies": {}}

    def policies_for(self, session: ScriptedSession, body: JsonMapping) -> JsonObject:
        return {"names": {"project": [f"of {body['user_id']}"]}, "policies": {}}

    def catalog(self, session: ScriptedSession) -> list[JsonObject]:
        return [{"type": "compute_v2"}]

    def auth_projects(self, session: ScriptedSession) -> list[JsonObject]:
        return [{"id": "p1"}]

    def auth_domains(self, session: ScriptedSession) -> list[JsonObject]:
        return []

    def grant(
        self,
        session: ScriptedSession,
        place: str,
        kind: str,
        actor: str,
        role: str,
        *,
        remove: bool,
        within: str,
        inherited: bool,
    ) -> None:
        assert not inherited
        self.asked.append(("grant", place, kind, actor, role, remove, within))

    def history_position(self):
        return 0

    def assignments(self, session: ScriptedSession, params: JsonObject) -> Listing:
        self.asked.append(("assignments", params))
        return Listing(items=[{"role": {"id": "r1", "name": "admin"}}], total=1)

    def store_signed(self, path: str, query: JsonObject, chunks: Iterable[bytes]) -> JsonObject:
        if query.get("signature") != "ok":
            raise InvalidCredentialError("the signature does not hold")
        self.stored[path.rpartition("/")[2]] = b"".join(chunks)
        return {"size": len(self.stored[path.rpartition("/")[2]])}

    def open_signed(self, path: str, query: JsonObject) -> Bytes:
        if query.get("signature") != "ok":
            raise InvalidCredentialError("the signature does not hold")
        return Bytes(self.stored[path.rpartition("/")[2]])
