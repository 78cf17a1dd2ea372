"""Actions that put several things into something, or take them out: groups, snapshot policies, scheduling tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ConflictError, Contention, ForbiddenError, InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_list_of_str, read_str
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.creating import POSITION
from cloudcore.operations.generic import create_row
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.staying import steady
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ties import GOING, hold
from cloudcore.resources.compute import tagging
from cloudcore.resources.compute.groupguest import GROUPGUESTS, Groupguest
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.schedtag import SCHEDTAGS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import collect
from cloudcore.resources.registry import BY_PLURAL
from cloudcore.resources.storage.snapshotpolicy import (
    SNAPSHOTPOLICIES,
    SNAPSHOTPOLICYDISKS,
    SNAPSHOTPOLICYSERVERS,
)

_FOLLOWING: Mapping[str, tuple[Resource[Any], str]] = {
    "disk": (SNAPSHOTPOLICYDISKS, "disk_id"),
    "server": (SNAPSHOTPOLICYSERVERS, "server_id"),
}
"""What connects a disk or server with its snapshot policies, and the field of it there."""
MOST = 200


def add(tx: Transaction, joint: Resource[Any], left: str, rights: Sequence[str]) -> None:
    """Connect the left side with each of the right ones; what is connected stays so."""
    sides = joint.joint
    assert sides is not None
    _hold(tx, joint, sides.left, left)
    repository = tx.of(joint, PLATFORM)
    held = {row[0] for row in repository.columns((sides.right,), Query(where=eq(sides.left, left)))}
    for right in dict.fromkeys(rights):
        if right not in held:
            _hold(tx, joint, sides.right, right)
            repository.add(joint.entity(**{"id": tx.new_id(), sides.left: left, sides.right: right}))


def drop(tx: Transaction, joint: Resource[Any], left: str, rights: Sequence[str]) -> None:
    """Part the left side from each of the right ones."""
    sides = joint.joint
    assert sides is not None
    repository = tx.of(joint, PLATFORM)
    for row in repository.find(Query(where=both(eq(sides.left, left), one_of(sides.right, rights)))):
        repository.remove(row)


def replace(tx: Transaction, joint: Resource[Any], field: str, ident: str, other: str, wanted: Sequence[str]) -> None:
    """Make `wanted` the only values of `other` in rows whose `field` is `ident`."""
    _hold(tx, joint, field, ident)
    repository = tx.of(joint, PLATFORM)
    held: set[str] = set()
    for row in repository.find(Query(where=eq(field, ident))):
        if getattr(row, other) in wanted:
            held.add(getattr(row, other))
        else:
            repository.remove(row)
    for value in dict.fromkeys(wanted):
        if value not in held:
            _hold(tx, joint, other, value)
            repository.add(joint.entity(**{"id": tx.new_id(), field: ident, other: value}))


def _hold(tx: Transaction, joint: Resource[Any], field: str, ident: str) -> None:
    ref = field_map(joint.entity)[field].ref
    if ref is None:
        return
    if ref.target not in GOING:
        steady(tx, BY_PLURAL[ref.target], ident)
    elif not hold(tx, ref.target, ident):
        raise Contention("the object has changed meanwhile", internal=f"{ref.target} {ident} is gone")


def bind_guests(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Put servers of the group's project into it.

    Raises:
        ConflictError: with them, more servers than the group allows would run on one host.
    """
    servers = [fetch_for(platform, tx, caller, SERVERS, i, "update") for i in _sent(body, "guests", "guest")]
    if any(server.tenant_id != group.tenant_id for server in servers):
        raise InvalidInputError("a server belongs to another project than the group", field="guests")
    add(tx, GROUPGUESTS, group.id, [server.id for server in servers])
    if group.enabled and group.force_dispersion:
        check_dispersed(tx, group)


def unbind_guests(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Take servers out of a group."""
    servers = [fetch(platform, tx, caller, SERVERS, i) for i in _sent(body, "guests", "guest")]
    drop(tx, GROUPGUESTS, group.id, [server.id for server in servers])


def check_dispersed(tx: Transaction, group: Any) -> None:
    """Refuse a group of which more servers than it allows are on one host.

    Raises:
        ConflictError: names the group.
    """
    guests = [
        row[0] for row in tx.of(GROUPGUESTS, PLATFORM).columns(("guest_id",), Query(where=eq("group_id", group.id)))
    ]
    hosts = tx.of(SERVERS, PLATFORM).totals(one_of("id", guests), by=("host_id",))
    if any(row["host_id"] is not None and int(row["count"]) > group.granularity for row in hosts):
        raise ConflictError(
            f"group {group.name} allows {group.granularity} servers on a host, and more are on one", field="guests"
        )


def join_groups(tx: Transaction, server_id: str, groups: Sequence[str]) -> None:
    """Put a new server into its groups."""
    for group in dict.fromkeys(groups):
        steady(tx, INSTANCEGROUPS, group)
        tx.of(GROUPGUESTS, PLATFORM).add(Groupguest(id=tx.new_id(), group_id=group, guest_id=server_id))


def bind_disks(platform: Platform, tx: Transaction, caller: Caller, policy: Any, body: JsonMapping) -> None:
    """Let a snapshot policy hold for disks."""
    _bind(platform, tx, caller, policy, _disks(body), remove=False)


def unbind_disks(platform: Platform, tx: Transaction, caller: Caller, policy: Any, body: JsonMapping) -> None:
    """Take disks out of a snapshot policy."""
    _bind(platform, tx, caller, policy, _disks(body), remove=True)


def bind_resources(platform: Platform, tx: Transaction, caller: Caller, policy: Any, body: JsonMapping) -> None:
    """Let a snapshot policy hold for disks or servers."""
    _bind(platform, tx, caller, policy, _resources(body), remove=False)


def unbind_resources(platform: Platform, tx: Transaction, caller: Caller, policy: Any, body: JsonMapping) -> None:
    """Take disks or servers out of a snapshot policy."""
    _bind(platform, tx, caller, policy, _resources(body), remove=True)


def follow_policies(
    kind: str, platform: Platform, tx: Transaction, caller: Caller, row: Any, body: JsonMapping
) -> None:
    """Let further snapshot policies hold for a disk or server.

    Raises:
        InvalidInputError: a policy is not for things of this kind.
    """
    for ident in _named_policies(kind, platform, tx, caller, _policies(body, required=True)):
        add(tx, _FOLLOWING[kind][0], ident, [row.id])


def set_policies(kind: str, platform: Platform, tx: Transaction, caller: Caller, row: Any, body: JsonMapping) -> None:
    """Let these snapshot policies hold for a disk or server and no others; without any, none.

    Raises:
        InvalidInputError: a policy is not for things of this kind.
    """
    idents = _named_policies(kind, platform, tx, caller, _policies(body, required=False))
    joint, field = _FOLLOWING[kind]
    replace(tx, joint, field, row.id, "snapshotpolicy_id", idents)


def leave_policies(kind: str, platform: Platform, tx: Transaction, caller: Caller, row: Any, body: JsonMapping) -> None:
    """Take a disk or server out of snapshot policies."""
    for ident in _named_policies(kind, platform, tx, caller, _policies(body, required=True)):
        drop(tx, _FOLLOWING[kind][0], ident, [row.id])


def _named_policies(kind: str, platform: Platform, tx: Transaction, caller: Caller, named: Sequence[str]) -> list[str]:
    policies: list[Any] = [fetch(platform, tx, caller, SNAPSHOTPOLICIES, ident) for ident in named]
    if any(policy.type != kind for policy in policies):
        raise InvalidInputError(f"a policy is not for {kind}s", field="snapshotpolicy_id")
    return [policy.id for policy in policies]


def _policies(body: JsonMapping, *, required: bool) -> list[str]:
    names = ("snapshotpolicy_id", "snapshotpolicy", "snapshotpolicy_ids", "snapshotpolicies")
    if not required and not any(body.get(name) for name in names):
        return []
    return _sent(body, *names)


def _disks(body: JsonMapping) -> list[tuple[str, str]]:
    return [("disk", ident) for ident in _sent(body, "disks", "disk_id", "disk_ids")]


def _resources(body: JsonMapping) -> list[tuple[str, str]]:
    sent = body.get("resources")
    found: list[tuple[str, str]] = []
    for item in cast("list[Any]", sent if isinstance(sent, list) else [sent]):
        entry = cast("JsonObject", item) if isinstance(item, dict) else {}
        kind = read_str(entry.get("type") or "", "resources.type", 16)
        if kind not in ("disk", "server"):
            raise InvalidInputError("resources must be objects with type disk or server, and id", field="resources")
        found.append((kind, read_str(entry.get("id") or "", "resources.id", 128)))
    return found


def _bind(
    platform: Platform, tx: Transaction, caller: Caller, policy: Any, wanted: Sequence[tuple[str, str]], *, remove: bool
) -> None:
    for kind, ident in wanted:
        if kind != policy.type and not remove:
            raise InvalidInputError(f"the policy is for {policy.type}s", field="resources")
        row = fetch_for(platform, tx, caller, BY_PLURAL[f"{kind}s"], ident, "update")
        joint = SNAPSHOTPOLICYDISKS if kind == "disk" else SNAPSHOTPOLICYSERVERS
        (drop if remove else add)(tx, joint, policy.id, [row.id])


def set_schedtag(plural: str, platform: Platform, tx: Transaction, caller: Caller, row: Any, body: JsonMapping) -> None:
    """Replace the scheduling tags of something that can be tagged."""
    listed = body.get("schedtags", body.get("schedtag"))
    sent = collect({**body, "schedtags": listed}, plural="schedtags", legacy="schedtag")
    tags = [fetch(platform, tx, caller, SCHEDTAGS, read_str(t, "schedtag", 128)) for t in sent]
    if any(tag.resource_type != plural for tag in tags):
        raise InvalidInputError(f"a tag does not mark {plural}", field="schedtag")
    joint, side = tagging.JOINTS[plural], tagging.side_of(plural)
    replace(tx, joint, side, row.id, "schedtag_id", [tag.id for tag in tags])


def set_resource(platform: Platform, tx: Transaction, caller: Caller, tag: Any, body: JsonMapping) -> None:
    """Replace what a scheduling tag marks."""
    plural = tag.resource_type
    idents = read_list_of_str(body.get("resource_ids") or body.get("resource") or [], "resource_ids")
    rows = [fetch(platform, tx, caller, BY_PLURAL[plural], ident) for ident in idents]
    joint, side = tagging.JOINTS[plural], tagging.side_of(plural)
    replace(tx, joint, "schedtag_id", tag.id, side, [row.id for row in rows])


def create_schedtag(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a scheduling tag, for everybody's requests or for those of the domain or project that the body names.

    scope: `project` or `domain` without a name is the caller's own.

    Raises:
        InvalidInputError: there is no such scope, project or domain.
    """
    made = create_row(platform, tx, caller, SCHEDTAGS, body, position=body.get(POSITION, 1))
    scope = str(body.get("scope") or "").lower()
    own = {"project": {"project": caller.project_id}, "domain": {"domain": caller.scope_domain_id}}.get(scope, {})
    named = {key: body[key] for key in _OF_SCOPE if body.get(key) and scope != "system"}
    if not (own or named):
        return made
    set_scope(platform, tx, caller, tx.of(SCHEDTAGS, PLATFORM).get(made["id"]), named or own)
    return detail_rows(platform, tx, SCHEDTAGS, [tx.of(SCHEDTAGS, PLATFORM).get(made["id"])])[0]


_OF_SCOPE = ("project", "project_id", "project_domain", "domain", "domain_id")


def set_scope(platform: Platform, tx: Transaction, _caller: Caller, tag: Any, body: JsonMapping) -> None:
    """Say whose requests may ask for a scheduling tag; without a domain and a project, everybody's."""
    values: dict[str, str | None] = {"domain_id": None, "tenant_id": None}
    domain = body.get("project_domain") or body.get("domain") or body.get("domain_id")
    project = body.get("project") or body.get("project_id")
    if project:
        found = platform.directory.find_project(read_str(project, "project", 128), None)
        if found is None:
            raise InvalidInputError(f"there is no project {str(project)[:64]}", field="project")
        values = {"domain_id": found.domain_id, "tenant_id": found.id}
    elif domain:
        owner = platform.directory.find_domain(read_str(domain, "domain", 128))
        if owner is None:
            raise InvalidInputError(f"there is no domain {str(domain)[:64]}", field="project_domain")
        values["domain_id"] = owner.id
    tx.of(SCHEDTAGS, PLATFORM).save(evolve(tag, **values), action="set-scope")


def purge_device(_platform: Platform, tx: Transaction, _caller: Caller, device: Any, _body: JsonMapping) -> JsonObject:
    """Remove the record of a device that no server has.

    Raises:
        ConflictError: a server has it.
    """
    if device.guest_id is not None:
        raise ConflictError("a server has the device: detach it first", field="guest_id")
    tx.of(ISOLATED_DEVICES, PLATFORM).remove(device, action="purge")
    return {"id": device.id}


def check_tag_scope(tag: Any, *, project_id: str, domain_id: str) -> None:
    """Refuse a tag that is kept for others.

    Raises:
        ForbiddenError: it is.
    """
    if (tag.tenant_id and tag.tenant_id != project_id) or (tag.domain_id and tag.domain_id != domain_id):
        raise ForbiddenError(f"scheduling tag {tag.name} is kept for others", field="schedtags")


def _sent(body: JsonMapping, *names: str) -> list[str]:
    for name in names:
        if body.get(name) not in (None, "", []):
            return read_list_of_str(body[name], name, max_items=MOST)
        found = read_list_of_str([body[k] for k in sorted(body) if k.startswith(f"{name}.")], name, max_items=MOST)
        if found:
            return found
    raise MissingParameterError(f"{names[0]} is missing", field=names[0])
