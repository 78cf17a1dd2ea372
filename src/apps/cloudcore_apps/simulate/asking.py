"""Which operations there are to ask for, drawn from the registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import ActionKind, Field, Resource, Verb, fields_of
from cloudcore.operations.ladder import ladder_actions
from cloudcore.operations.session import CoreSession
from cloudcore_apps.simulate.makers import Draw, arguments, body, making, value

OFTEN = ("servers", "servers", "servers", "servers", "disks", "snapshots", "instance_snapshots", "images", "tasks")
"""Types with long operations, of which most that is asked for is."""

CROWD = 0.75
"""So much of what a crowd asks for is a server."""

LEFT_OUT = frozenset(
    {
        ("perform", "status"),  # says what is true by hand, whatever the truth is
        ("perform", "purge"),  # forgets what is still there, on a person's word that it is gone
        ("update", "hosts"),  # says how big a machine is
        ("delete", "hosts"),
        ("update", "storages"),
        ("delete", "storages"),
        ("delete", "hoststorages"),
        ("update", "hoststorages"),
        ("perform", "freeze"),  # for ever, unless thawed
    }
)
"""What would make the world another one by definition, by verb and type or action."""

PROJECTS, DOMAINS = ("project", "p1", "p2"), ("project_domain", "d1", "d2")
"""How new owners are named, and who they may be."""

Known = Mapping[str, Collection[str]]
"""The only operations that are drawn, in this order, by name, each with the only fields and parameters that are drawn."""

FIXED = frozenset({"n1", "i1", "z1", "w1", "default", "h1", "h2", "h3", "h4", "d2", "p2", "u2"})
"""What the world begins with and needs to the end: never deleted or switched off."""
MADE = 36
"""So long is the id of what was made since: of a UUID."""


@attrs.frozen(kw_only=True)
class Operation:
    """One kind of thing to ask for: create, update, delete, or an action."""

    resource: Resource[Any]
    verb: str
    action: str = ""

    @property
    def name(self) -> str:
        """For logs and lists, as `servers start`."""
        return f"{self.resource.plural} {self.action or self.verb}"

    @property
    def names(self) -> Sequence[str]:
        """The fields or parameters that its declaration lets be drawn."""
        if self.verb == "create":
            return [field.name for field in making(self.resource)]
        if self.verb == "update":
            return [field.name for field in _flags(self.resource)]
        action = self.resource.action(self.action, ActionKind.PERFORM) if self.verb == "perform" else None
        return [param.name for param in action.params] if action is not None else []


@attrs.frozen(kw_only=True)
class Request:
    """One thing to ask for."""

    operation: Operation
    ident: str
    body: JsonObject

    def ask(self, session: CoreSession) -> Any:
        """Ask for it."""
        plural = self.operation.resource.plural
        if self.operation.verb == "create":
            return session.create(plural, self.body)
        if self.operation.verb == "update":
            return session.update(plural, self.ident, self.body)
        if self.operation.verb == "delete":
            return session.delete(plural, self.ident, self.body)
        return session.perform(plural, self.ident, self.operation.action, self.body)


def operations(resources: Sequence[Resource[Any]]) -> Sequence[Operation]:
    """Everything that may be asked for and changes something."""
    found: list[Operation] = []
    for resource in resources:
        if resource.service == "internal":
            continue
        for verb in (Verb.CREATE, Verb.UPDATE, Verb.DELETE):
            if verb in resource.verbs and (str(verb), resource.plural) not in LEFT_OUT:
                found.append(Operation(resource=resource, verb=str(verb)))  # noqa: PERF401 - see the next lines
        own = [action.name for action in resource.actions if action.kind is ActionKind.PERFORM]
        found += [
            Operation(resource=resource, verb="perform", action=name)
            for name in dict.fromkeys([*own, *sorted(ladder_actions(resource.entity))])
            if ("perform", name) not in LEFT_OUT
        ]
    return found


class Menu:
    """Draws requests. Each operation comes up, those of the types with long operations most."""

    def __init__(self, resources: Sequence[Resource[Any]], known: Known | None = None) -> None:
        self._all = operations(resources)
        self._known = known
        if known is not None:
            order = {name: place for place, name in enumerate(known)}
            self._all = sorted((o for o in self._all if o.name in known), key=lambda o: order[o.name])
        self._by_plural: dict[str, list[Operation]] = {}
        for operation in self._all:
            self._by_plural.setdefault(operation.resource.plural, []).append(operation)
        self._making = {o.resource.plural: o for o in self._all if o.verb == "create"}
        for operation in self._all:
            if (operation.resource.plural, operation.action) == ("servers", "instance-snapshot"):
                self._making["instance_snapshots"] = operation
        self._often = [plural for plural in OFTEN if plural in self._by_plural]

    def draw(self, draw: Draw, *, crowded: bool = False) -> Request:
        """Something to ask for. crowded: mostly servers, so that they want the same hosts and addresses."""
        operation = self._operation(draw, crowded=crowded)
        plural = operation.resource.plural
        known = None if self._known is None else self._known[operation.name]
        # What acts on things of which there are none makes one instead.
        if operation.verb == "create":
            return Request(operation=operation, ident="", body=body(draw, operation.resource, known))
        ident = draw.one(plural)
        if operation.verb == "delete":
            return Request(operation=operation, ident="nothing" if ident in FIXED else ident, body=_options(draw))
        draw = attrs.evolve(draw, row=draw.cloud.row(plural, ident))
        if operation.verb == "update":
            return Request(operation=operation, ident=ident, body=_changes(draw, operation.resource, known))
        action = operation.resource.action(operation.action, ActionKind.PERFORM)
        sent = arguments(draw, action, known) if action is not None else _of_ladder(draw, operation)
        return Request(operation=operation, ident=_switchable(ident, operation), body=sent)

    def _operation(self, draw: Draw, *, crowded: bool) -> Operation:
        if crowded and "servers" in self._making and draw.random.random() < CROWD:
            return self._making["servers"]
        if draw.random.random() < 0.75:
            plural = draw.of(*self._often)
            if plural == "servers" and (draw.random.random() < 0.25 or not draw.cloud.rows("servers")):
                return self._making["servers"]
            found = self._by_plural[plural][draw.random.randrange(len(self._by_plural[plural]))]
        else:
            found = self._all[draw.random.randrange(len(self._all))]
        plural = found.resource.plural
        return found if draw.cloud.rows(plural) else self._making.get(plural, found)


def _switchable(ident: str, operation: Operation) -> str:
    if operation.action == "change-owner":
        return ident if len(ident) == MADE else "nothing"
    return "nothing" if ident in FIXED and operation.action in ("disable", "offline", "private") else ident


def _options(draw: Draw) -> JsonObject:
    return {
        "override_pending_delete": draw.random.random() < 0.5,
        **({"delete_snapshots": True} if draw.random.random() < 0.3 else {}),
    }


def _changes(draw: Draw, resource: Resource[Any], known: Collection[str] | None) -> JsonObject:
    flags = [field for field in _flags(resource) if known is None or field.name in known]
    chosen = [field for field in flags if draw.random.random() < 0.3]
    text = {"description": draw.name} if any(f.name == "description" for f in _changeable(resource)) else {}
    return {**text, **{field.name: value(draw, field) for field in chosen}}


def _changeable(resource: Resource[Any]) -> Sequence[Field]:
    return [f for f in fields_of(resource.entity) if f.spec.update and f.name not in ("name", "index")]


def _flags(resource: Resource[Any]) -> Sequence[Field]:
    kept = ("enabled", "protected", "disable_delete")
    return [f for f in _changeable(resource) if f.kind is bool and f.name not in kept]


def _of_ladder(draw: Draw, operation: Operation) -> JsonObject:
    """Arguments of what types can do by what they are."""
    if operation.action == "change-owner":
        owners = PROJECTS if issubclass(operation.resource.entity, ProjectOwned) else DOMAINS
        return {owners[0]: draw.of(*owners[1:])}
    if "metadata" in operation.action:
        key = "user:colour" if operation.action == "metadata" else "colour"
        return {key: draw.of("red", "blue")}
    return {}
