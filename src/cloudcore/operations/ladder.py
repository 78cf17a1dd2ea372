"""Actions that come with the ownership ladder, whatever the type: enable, public, freeze, tags, status, owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import DomainOwned, Enabled, Entity, Named, ProjectOwned, Sharable, Statused, evolve
from cloudcore.model.errors import InvalidInputError, NotEmptyError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.query import PLATFORM, eq
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Action, ActionKind, Resource, field_map
from cloudcore.operations.access import widest
from cloudcore.operations.platform import Platform
from cloudcore.operations.sharing import need, share, unshare
from cloudcore.operations.staying import keep_owner
from cloudcore.operations.tags import CLASS, merged, read_tags
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counted import count_in, count_out
from cloudcore.resources.actions import BATCH, LADDER


@attrs.frozen(kw_only=True)
class Call:
    """One call of an action of the ladder."""

    platform: Platform
    tx: Transaction
    caller: Caller
    resource: Resource[Any]
    body: JsonMapping

    def save(self, row: Any, action: str, **changes: Any) -> None:
        """Keep the changes under the action's name."""
        self.tx.of(self.resource, PLATFORM).save(evolve(row, **changes), action=action)

    def hand_over(self, row: Any, **changes: Any) -> None:
        """Give the row to another owner, with what it counts for."""
        count_out(self.tx, self.resource, row)
        stored = self.tx.of(self.resource, PLATFORM).save(evolve(row, **changes), action="change-owner")
        count_in(self.tx, self.resource, stored)
        keep_owner(self.tx, stored, charged=bool(self.resource.charged(stored)))


def _enable(call: Call, row: Any) -> None:
    call.save(row, "enable", enabled=True)


def _disable(call: Call, row: Any) -> None:
    call.save(row, "disable", enabled=False)


def _public(call: Call, row: Any) -> None:
    share(call.platform, call.tx, call.caller, call.resource, row, call.body)


def _private(call: Call, row: Any) -> None:
    unshare(call.platform, call.tx, call.caller, call.resource, row)


def _need(call: Call, action: str, scope: Scope) -> None:
    need(call.platform, call.caller, call.resource, action, scope)


def _freeze(call: Call, row: Any) -> None:
    call.save(row, "freeze", freezed=True)


def _unfreeze(call: Call, row: Any) -> None:
    call.save(row, "unfreeze", freezed=False)


def _metadata(call: Call, row: Any) -> None:
    call.save(row, "metadata", metadata=merged(row.metadata, read_tags(dict(call.body), "metadata")))


def _adding(action: str, prefix: str) -> Callable[[Call, Any], None]:
    """Set tags of one kind."""

    def add(call: Call, row: Any) -> None:
        call.save(row, action, metadata=merged(row.metadata, read_tags(dict(call.body), "metadata", prefix=prefix)))

    return add


def _replacing(action: str, prefix: str) -> Callable[[Call, Any], None]:
    """Set tags of one kind, and remove all others of that kind."""

    def replace(call: Call, row: Any) -> None:
        others = {k: v for k, v in row.metadata.items() if not k.startswith(prefix)}
        call.save(row, action, metadata=merged(others, read_tags(dict(call.body), "metadata", prefix=prefix)))

    return replace


def _status(call: Call, row: Any) -> None:
    _need(call, "status", Scope.SYSTEM)
    lifecycle = call.resource.lifecycle
    status = read_str(call.body.get("status"), "status", 36)
    allowed = settable(lifecycle) if lifecycle is not None else (status,)
    if status not in allowed:
        raise InvalidInputError(f"status must be one of {', '.join(allowed)}", field="status")
    reason = read_str(call.body.get("reason") or "", "reason", 1000, allow_newlines=True)
    from cloudcore.operations.begin import check_idle

    check_idle(call.tx, call.resource, row)
    call.save(row, "status", status=status, status_reason=reason)


def _change_owner(call: Call, row: Any) -> None:
    if isinstance(row, ProjectOwned):
        _change_project(call, row)
        return
    _need(call, "change-owner", Scope.SYSTEM)
    domain = call.platform.directory.find_domain(
        _text(call.body, "project_domain", "domain", "domain_id", "project_domain_id")
    )
    if domain is None:
        raise ResourceNotFoundError("domain not found", field="project_domain")
    call.hand_over(row, domain_id=domain.id, domain_src="local")


def _change_project(call: Call, row: Any) -> None:
    project = new_project(call, row)
    _check_alone(call, row)
    call.hand_over(row, tenant_id=project.id, domain_id=project.domain_id, project_src="local")


def new_project(call: Call, row: Any) -> Any:
    """The project that a body names as the new owner of a row.

    Raises:
        ForbiddenError: the caller may not give things of the row's domain away.
        ResourceNotFoundError: there is no such project, or not for him.
    """
    wanted = _text(call.body, "project", "project_id", "tenant", "tenant_id")
    _need(call, "change-owner", Scope.DOMAIN)
    granted = widest(call.platform, call.caller, call.resource, "perform", "change-owner")
    only = "" if granted is not None and granted.scope is Scope.SYSTEM else row.domain_id
    project = call.platform.directory.find_project(wanted, only or call.body.get("project_domain"))
    if project is None or (only and project.domain_id != only):
        raise ResourceNotFoundError(f"project {wanted} not found", field="project")
    return project


def _check_alone(call: Call, row: Any) -> None:
    """Refuse to hand over what others of the present owner's things are in: they would come under the new owner's hand.

    Raises:
        NotEmptyError: says what there is.
    """
    for joint in call.platform.resources:
        ref = field_map(joint.entity)[joint.joint.left].ref if joint.joint is not None else None
        if joint.joint is None or ref is None or ref.target != call.resource.plural:
            continue
        if number := call.tx.of(joint, PLATFORM).count(eq(joint.joint.left, row.id)):
            raise NotEmptyError(
                f"{row.name} has {number} {joint.plural}: take them out first",
                data={"plural": joint.plural, "count": number},
            )


def _text(body: JsonMapping, *names: str) -> str:
    for name in names:
        if body.get(name) not in (None, ""):
            return read_str(body[name], name, 128)
    raise InvalidInputError(f"{names[0]} is missing", field=names[0])


_LADDER: tuple[tuple[type, Mapping[str, Callable[[Call, Any], Any]]], ...] = (
    (Enabled, {"enable": _enable, "disable": _disable}),
    (Sharable, {"public": _public, "private": _private}),
    (Statused, {"status": _status}),
    (ProjectOwned, {"freeze": _freeze, "unfreeze": _unfreeze, "change-owner": _change_owner}),
    (DomainOwned, {"change-owner": _change_owner}),
    (
        Named,
        {
            "metadata": _metadata,
            "user-metadata": _adding("user-metadata", "user:"),
            "set-user-metadata": _replacing("set-user-metadata", "user:"),
            "class-metadata": _adding("class-metadata", CLASS),
            "set-class-metadata": _replacing("set-class-metadata", CLASS),
            "org-metadata": _adding("org-metadata", "org:"),
            "set-org-metadata": _replacing("set-org-metadata", "org:"),
        },
    ),
)


def ladder_actions(entity: type[Entity]) -> Mapping[str, Callable[[Call, Any], Any]]:
    """The actions that a type has by what it is, by name."""
    found: dict[str, Callable[[Call, Any], Any]] = {}
    for rung, actions in _LADDER:
        if issubclass(entity, rung):
            found.update(actions)
    return found


def actions_of(resource: Resource[Any]) -> tuple[Action, ...]:
    """Everything that can be asked of a type: its own actions, and those that come with the ladder."""
    own = {action.name for action in resource.actions if action.kind is ActionKind.PERFORM}
    found = [_of(resource, name) for name in ladder_actions(resource.entity) if name not in own]
    several = BATCH.values() if issubclass(resource.entity, Named) else ()
    return (*resource.actions, *found, *several)


def offered_of(resource: Resource[Any]) -> tuple[Action, ...]:
    """The same without what is always refused: what may be advertised."""
    return tuple(action for action in actions_of(resource) if action.name not in resource.refuses)


def _of(resource: Resource[Any], name: str) -> Action:
    action, lifecycle = LADDER[name], resource.lifecycle
    if name != "status" or lifecycle is None:
        return action
    status, *others = action.params
    spec = attrs.evolve(status.spec, choices=settable(lifecycle))
    return attrs.evolve(action, params=(attrs.evolve(status, spec=spec), *others))


def settable(lifecycle: Lifecycle) -> tuple[str, ...]:
    """The statuses that may be set by hand."""
    return (*(str(status) for status in lifecycle.stable), *sorted(lifecycle.failures()))
