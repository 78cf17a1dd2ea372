"""Where the resource types live: which service, which words in the URL, which keyword in the envelope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.ports.session import Context

if TYPE_CHECKING:
    from cloudcore.model.resource import Resource

PREFIX: Mapping[str, str] = {"identity": "/v3", "image": "/v1"}


@attrs.frozen(kw_only=True)
class Route:
    """What the URLs of one type are made of.

    left, right, left_path, right_path: of a joint, the plurals of its sides and their words in nested URLs.
    kinds: how attributes that come as text in headers are to be read: int, float, bool or json.
    """

    plural: str
    singular: str
    service: str
    left: str = ""
    right: str = ""
    left_path: str = ""
    right_path: str = ""
    kinds: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def path(self, ident: str | None, context: Context, *more: str) -> str:
        """The path below the service's endpoint, version first, each word escaped."""
        words: list[str] = [word for parent in context for word in parent]
        words.append(self._word(context[-1][0]) if context else self.plural)
        if ident is not None:
            words.append(_named(ident, self.singular))
        words.extend(more)
        return PREFIX.get(self.service, "") + "".join(f"/{quote(_named(w, self.singular), safe='')}" for w in words)

    def _word(self, parent: str) -> str:
        if parent == self.left and self.right_path:
            return self.right_path
        return self.left_path if parent == self.right and self.left_path else self.plural


def _named(word: str, singular: str) -> str:
    if word in ("", ".", "..") or any("\ud800" <= c <= "\udfff" for c in word):
        raise ResourceNotFoundError(f"{singular} {word!r} not found", field="id")
    return word


ADDED: Mapping[str, Route] = {
    "actions": Route(plural="actions", singular="action", service="log"),
    "history": Route(plural="history", singular="history", service="log"),
    "quota_reports": Route(plural="quota_reports", singular="quota_report", service="compute"),
    "metadatas": Route(plural="metadatas", singular="metadata", service="compute"),
    "scheduler": Route(plural="scheduler", singular="scheduler", service="scheduler"),
    "role_assignments": Route(plural="role_assignments", singular="role_assignment", service="identity"),
}
"""Lists that no declared type stands behind."""


QUESTIONS = {"usages": "usage", "capabilities": "", "specs": "spec"}
"""What is asked like a property and stands behind no type, with the envelope of the answer; empty where it has none."""


def question_route(plural: str, name: str) -> tuple[Route, str]:
    """Who answers such a question, and the keyword of the answer's envelope; empty where it has none."""
    service = name if plural == "usages" and "/" not in name else "compute"
    return Route(plural=plural, singular=QUESTIONS[plural] or plural, service=service), QUESTIONS[plural]


def question_path(route: Route, name: str) -> str:
    """The path of such a question: of a service, of what is in a place such as `zones/zone0`, of a type or one kind of it."""
    kind, _, ident = name.partition("/")
    if route.plural == "specs" and kind:
        return route.path(kind, ()) + (f"/{quote(ident, safe='')}/resource" if ident else "")
    return route.path(kind, (), ident) if ident else route.path(None, ())


def route_of(resource: Resource[Any]) -> Route:
    """The route of one declared type."""
    from cloudcore.model.resource import field_map, fields_of

    joint = resource.joint
    if joint is None:
        kinds = {f.name: _kind(f.kind) for f in fields_of(resource.entity)} if resource.service == "image" else {}
        return Route(plural=resource.plural, singular=resource.singular, service=resource.service, kinds=kinds)
    fields = field_map(resource.entity)
    left, right = fields[joint.left].ref, fields[joint.right].ref
    return Route(
        plural=resource.plural,
        singular=resource.singular,
        service=resource.service,
        left=left.target if left else "",
        right=right.target if right else "",
        left_path=joint.left_path,
        right_path=joint.right_path,
    )


def routes_of(resources: Iterable[Resource[Any]]) -> Mapping[str, Route]:
    """The routes of declared types, by plural."""
    return {r.plural: route_of(r) for r in resources if r.service != "internal"}


def declared_routes() -> Mapping[str, Route]:
    """The routes of every type that this release declares."""
    from cloudcore.operations.types import TYPES
    from cloudcore.quotas.family import FAMILIES

    quotas = {f.plural: Route(plural=f.plural, singular=f.singular, service=f.service) for f in FAMILIES.values()}
    return {**ADDED, **quotas, **routes_of(TYPES)}


def _kind(kind: type) -> str:
    if kind in (dict, list):
        return "json"
    return kind.__name__ if kind in (bool, int, float) else "str"
