"""Every operation that can be asked for, as requests about the rows of `world`.

An operation is asked once for each relation that its object can have to the caller. What it is an operation of comes from
the declarations; what has to be sent with it, where an empty body would not get far, stands in the tables below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.wire.matrix.asking import OWNERS, Operation, Request, url
from tests.wire.matrix.gateway import at_the_gateway
from tests.wire.matrix.world import BY_PLURAL, SERVED, TARGETS, World
from tests.wire.matrix.written import written

from cloudcore.model.entity import DomainOwned, ProjectOwned
from cloudcore.model.resource import ActionKind, Field, Resource, Verb, field_map, refs_of
from cloudcore.operations.batches import batch_actions
from cloudcore.operations.ladder import ladder_actions
from cloudcore_adapters.rest.site import PROPERTIES

SCOPES = ("", "project", "domain", "system", "max")


# What has to be sent

BODIES: Mapping[str, Mapping[str, Any]] = {
    "users": {"password": "Another-horse-staple-2"},
    "credentials": {"type": "aksk"},
    "policies": {"blob": {"policy": {"compute": {"secgroups": {"list": "allow"}}}}, "scope": "project"},
    "services": {"type": "other"},
    "regions": {"id": "other"},
    "eips": {"network_id": "networks-own-2"},
    "endpoints": {"interface": "admin", "url": "http://127.0.0.1:1/"},
    "hosts": {"access_mac": "52:54:00:00:00:77"},
    "wires": {"bandwidth": 1000},
    "networks": {"guest_ip_start": "10.7.0.2", "guest_ip_end": "10.7.0.99", "guest_ip_mask": 24, "vlan_id": 7},
    "network_ip_macs": {"ip_addr": "10.9.0.66", "mac_addr": "00:22:ab:cd:ef:66"},
    "secgrouprules": {"direction": "in", "action": "allow", "protocol": "tcp", "ports": "22"},
    "storages": {"storage_type": "local", "medium_type": "ssd", "capacity": 1000},
    "snapshotpolicies": {"retention_days": 1, "repeat_weekdays": [1], "time_points": [1]},
    "servers": {
        "vcpu_count": 1,
        "vmem_size": 512,
        "disks": [{"image_id": "images-own", "size": 1024}],
        "nets": [{"network": "networks-own"}],
    },
    "disks": {"size": 1024},
    "serverskus": {"cpu_core_count": 3, "memory_size_mb": 7168},
    "isolated_devices": {"dev_type": "GPU-HPC", "model": "x", "addr": "0000:01:00.0"},
    "schedtags": {"resource_type": "hosts"},
    "schedpolicies": {"condition": "server.ncpu > 1", "strategy": "prefer"},
    "dynamicschedtags": {"condition": "host.name == 'x'"},
}

ACTIONS: Mapping[tuple[str, str], tuple[Mapping[str, Any], tuple[tuple[str, str, bool], ...]]] = {
    ("users", "password"): ({"original_password": "x", "password": "Another-horse-staple-2"}, ()),
    ("users", "join"): ({}, (("projects", "projects", True), ("roles", "roles", True))),
    ("users", "leave"): ({}, ()),
    ("groups", "join"): ({}, (("projects", "projects", True), ("roles", "roles", True))),
    ("groups", "add-users"): ({}, (("user_ids", "users", True),)),
    ("groups", "remove-users"): ({}, (("user_ids", "users", True),)),
    ("projects", "join"): ({}, (("users", "users", True), ("roles", "roles", True))),
    ("projects", "set-admin"): ({}, (("user_id", "users", False),)),
    ("roles", "add-policy"): ({}, (("policy_id", "policies", False), ("project_id", "projects", False))),
    ("roles", "remove-policy"): ({}, (("policy_id", "policies", False),)),
    ("policies", "bind-role"): ({}, (("role_id", "roles", False), ("project_id", "projects", False))),
    ("networks", "reserve-ip"): ({"ips": ["10.9.0.77"]}, ()),
    ("networks", "release-reserved-ip"): ({"ip": "10.9.0.80"}, ()),
    ("eips", "associate"): ({"instance_type": "server"}, (("instance_id", "servers", False),)),
    ("eips", "change-bandwidth"): ({"bandwidth": 10}, ()),
    ("secgroups", "add-rule"): ({"direction": "in", "action": "allow", "protocol": "any"}, ()),
    ("secgroups", "import-rules"): (
        {"rules": [{"direction": "in", "action": "allow", "protocol": "tcp", "ports": "22"}]},
        (),
    ),
    ("secgroups", "clone"): ({"name": "cloned"}, ()),
    ("storagecaches", "cache-image"): ({}, (("image", "images", False),)),
    ("storagecaches", "uncache-image"): ({}, (("image", "cachedimages", False),)),
    ("snapshotpolicies", "bind-disks"): ({}, (("disks", "disks", True),)),
    ("snapshotpolicies", "unbind-disks"): ({}, (("disks", "disks", True),)),
    ("snapshotpolicies", "bind-resources"): (
        {},
        (("resources", "disks", True),),
    ),
    ("servers", "set-password"): ({"password": "Another-horse-staple-2"}, ()),
    ("servers", "rebuild-root"): ({}, (("image_id", "images", False),)),
    ("servers", "user-data"): ({"user_data": "#cloud-config\n"}, ()),
    ("servers", "set-secgroup"): ({}, (("secgroup_ids", "secgroups", True),)),
    ("servers", "add-secgroup"): ({}, (("secgroup_ids", "secgroups", True),)),
    ("servers", "revoke-secgroup"): ({}, (("secgroup_ids", "secgroups", True),)),
    ("servers", "assign-secgroup"): ({}, (("secgroup_id", "secgroups", False),)),
    ("servers", "bind-snapshotpolicy"): ({}, (("snapshotpolicy_id", "snapshotpolicies", False),)),
    ("servers", "set-snapshotpolicy"): ({}, (("snapshotpolicy_id", "snapshotpolicies", False),)),
    ("servers", "unbind-snapshotpolicy"): ({}, (("snapshotpolicy_id", "snapshotpolicies", False),)),
    ("disks", "bind-snapshotpolicy"): ({}, (("snapshotpolicy_id", "snapshotpolicies", False),)),
    ("disks", "set-snapshotpolicy"): ({}, (("snapshotpolicy_id", "snapshotpolicies", False),)),
    ("disks", "unbind-snapshotpolicy"): ({}, (("snapshotpolicy_id", "snapshotpolicies", False),)),
    ("servers", "clone"): ({"name": "cloned"}, ()),
    ("servers", "save-image"): ({"name": "saved"}, ()),
    ("servers", "instance-snapshot"): ({"name": "kept"}, ()),
    ("servers", "instance-snapshot-reset"): ({}, (("instance_snapshot", "instance_snapshots", False),)),
    ("servers", "change-config"): ({"vcpu_count": 2}, ()),
    ("servers", "attachdisk"): ({}, (("disk_id", "disks", False),)),
    ("servers", "detachdisk"): ({}, (("disk_id", "disks", False),)),
    ("servers", "createdisk"): ({"disks": [{"size": 1024}]}, ()),
    ("servers", "resize-disk"): ({"size": 2048}, (("disk", "disks", False),)),
    ("servers", "attachnetwork"): ({}, (("nets", "networks", True),)),
    ("servers", "detachnetwork"): ({}, ()),
    ("servers", "change-bandwidth"): ({"bandwidth": 10, "index": 0}, ()),
    ("disks", "resize"): ({"size": 2048}, ()),
    ("disks", "save"): ({"name": "saved"}, ()),
    ("disks", "disk-reset"): ({}, (("snapshot_id", "snapshots", False),)),
    ("instancegroups", "bind-guests"): ({}, (("guests", "servers", True),)),
    ("instancegroups", "unbind-guests"): ({}, (("guests", "servers", True),)),
    ("instancegroups", "attachnetwork"): ({}, (("network_id", "networks", False),)),
    ("instancegroups", "associate-eip"): ({}, (("eip_id", "eips", False),)),
    ("schedtags", "set-resource"): ({}, (("resource_ids", "hosts", True),)),
    ("images", "convert"): ({"format": "raw"}, ()),
    ("hosts", "set-commit-bound"): ({"cpu_cmtbound": 4}, ()),
    ("storages", "set-commit-bound"): ({"cmtbound": 2}, ()),
    **{
        (plural, "set-schedtag"): ({}, (("schedtag", "schedtags", True),))
        for plural in ("hosts", "storages", "networks", "zones", "cloudregions")
    },
}
"""By type and action: what is sent, and the parameters that refer to rows of another type, as a list or one."""

LADDER: Mapping[str, Mapping[str, Any]] = {
    "metadata": {"user:colour": "red"},
    "user-metadata": {"colour": "red"},
    "set-user-metadata": {"colour": "red"},
    "class-metadata": {"colour": "red"},
    "set-class-metadata": {"colour": "red"},
    "set-org-metadata": {"colour": "red"},
    "status": {"status": "ready"},
}


def body_of(world: World, resource: Resource[Any], who: str, **changes: Any) -> dict[str, Any]:
    """What makes a row of a type; what it refers to is the caller's own."""
    found: dict[str, Any] = {}
    names = field_map(resource.entity)
    if "name" in names:
        found["name"] = f"new-{resource.singular.replace('_', '-')}"
    for field in _creatable(resource):
        if not field.has_default or field.spec.required:
            assert field.ref is not None
            found[field.name] = world.row(field.ref.target, "own", who)
    return {**found, **BODIES.get(resource.plural, {}), **changes}


def _creatable(resource: Resource[Any]) -> list[Field]:
    return [f for f in refs_of(resource.entity) if f.spec.create and f.ref is not None and f.ref.target in BY_PLURAL]


def operations() -> Iterator[Operation]:
    """All of them, by type."""
    for resource in SERVED:
        yield from _reading(resource)
        yield from _writing(resource)
        yield from _acting(resource)
        yield from _referring(resource)
        yield from _under(resource)
    yield from written()
    yield from at_the_gateway()


def _about(resource: Resource[Any], method: str, *words: str, body: Any = None) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(resource.plural, target, who)
        return None if ident is None else Request(method, url(resource, ident, *words), body)

    return ask


def _reading(resource: Resource[Any]) -> Iterator[Operation]:
    group = f"{resource.service} {resource.plural}"
    for scope in SCOPES if Verb.LIST in resource.verbs else ():
        yield Operation(group, f"list:{scope}" if scope else "list", _list(resource, scope))
    if Verb.GET in resource.verbs:
        yield Operation(group, "get", _about(resource, "GET"))
    declared = [a.name for a in resource.actions if a.kind is ActionKind.PROPERTY]
    for name in (*properties_of(resource), *declared):
        yield Operation(group, f"property:{name}", _whole(resource, "GET", name), ("own",))
    names = field_map(resource.entity)
    details = [a.name for a in resource.actions if a.kind is ActionKind.SPEC]
    for name in (*details, *(word for word in ("metadata", "status") if word in names)):
        yield Operation(group, f"detail:{name}", _about(resource, "GET", name))


def properties_of(resource: Resource[Any]) -> list[str]:
    """The properties of collections that those of a type have."""
    names = field_map(resource.entity)
    needs = {"statistics": "status", "domain": "domain_id", "project": "tenant_id", "tag": "metadata", "splitable": "-"}
    return [name for name in sorted(PROPERTIES) if needs.get(name.partition("-")[0], "id") in names]


def _list(resource: Resource[Any], scope: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        rows = {t: world.row(resource.plural, t, who) for t in TARGETS}
        listed = {t: ident for t, ident in rows.items() if ident is not None}
        query = "?limit=2048&details=false&system=true" + (f"&scope={scope}" if scope else "")
        return Request("GET", url(resource) + query, listed=listed) if target == "own" or not listed else None

    return ask


def _whole(resource: Resource[Any], method: str, name: str, body: Any = None) -> Callable[..., Request | None]:
    return lambda _world, _who, _target: Request(method, url(resource, name), body)


def _writing(resource: Resource[Any]) -> Iterator[Operation]:
    group = f"{resource.service} {resource.plural}"
    if Verb.CREATE in resource.verbs:
        if resource.joint is None:  # relations are made between their sides alone
            yield Operation(group, "create", _create(resource), ("own",))
        yield Operation(group, "class:check-create-data", _check(resource), ("own",))
        if issubclass(resource.entity, ProjectOwned | DomainOwned) and resource.plural not in _OWNED_LIKE_SOURCE:
            yield Operation(group, "create for", _create_for(resource))
    if Verb.UPDATE in resource.verbs:
        yield Operation(group, "update", _about(resource, "PUT", body={resource.singular: {"description": "x"}}))
    if Verb.DELETE in resource.verbs:
        yield Operation(group, "delete", _about(resource, "DELETE"))


_OWNED_LIKE_SOURCE = frozenset({"snapshots"})
"""What is made of something else belongs to whom that belongs to, whatever is sent."""


def _create(resource: Resource[Any]) -> Callable[..., Request | None]:
    return lambda world, who, _t: Request("POST", url(resource), {resource.singular: body_of(world, resource, who)})


def _check(resource: Resource[Any]) -> Callable[..., Request | None]:
    return lambda world, who, _t: Request("POST", url(resource, "check-create-data"), body_of(world, resource, who))


def _create_for(resource: Resource[Any]) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        if target not in OWNERS or (target == "peer" and not issubclass(resource.entity, ProjectOwned)):
            return None
        domain, project = OWNERS[target]
        owner = {"project_id": project} if issubclass(resource.entity, ProjectOwned) else {"domain_id": domain}
        return Request("POST", url(resource), {resource.singular: body_of(world, resource, who, **owner)})

    return ask


def _acting(resource: Resource[Any]) -> Iterator[Operation]:
    group = f"{resource.service} {resource.plural}"
    for name in batch_actions(resource.entity):
        yield Operation(group, f"class:{name}", _batch(resource, name))
    for action in resource.actions:
        if action.kind is ActionKind.CLASS:
            yield Operation(group, f"class:{action.name}", _whole(resource, "POST", action.name), ("own",))
        if action.kind is ActionKind.PERFORM:
            yield Operation(group, action.name, _perform(resource, action.name))
    declared = {action.name for action in resource.actions}
    for name in ladder_actions(resource.entity):
        if name in declared:
            continue
        if name == "change-owner":
            yield Operation(group, "change-owner to", _give(resource))
        yield Operation(group, name, _perform(resource, name))


def _batch(resource: Resource[Any], name: str) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(resource.plural, target, who)
        body = {"resources": [{"id": ident}], "metadata": {"colour": "red"}}
        return None if ident is None else Request("POST", url(resource, name), body)

    return ask


def _perform(resource: Resource[Any], name: str, nested: str = "") -> Callable[..., Request | None]:
    """An action on each of the rows; or, with `nested`, on the caller's own, with that parameter referring to each."""
    sent, refs = ACTIONS.get((resource.plural, name), (LADDER.get(name, {}), ()))

    def ask(world: World, who: str, target: str) -> Request | None:
        body: dict[str, Any] = dict(sent)
        if name == "change-owner":
            project = issubclass(resource.entity, ProjectOwned)
            body = {"project_id": "red"} if project else {"project_domain": "alpha"}
        for key, plural, many in refs:
            ident = world.row(plural, target if key == nested else "own", who, "-2" if plural in _SPARE else "")
            if ident is None:
                return None
            if key == "project_id" and key != nested:
                continue
            shapes: dict[str, Any] = {"resources": {"id": ident, "type": "disk"}, "nets": {"network": ident}}
            value = shapes.get(key, ident)
            body[key] = [value] if many else value
        ident = world.row(resource.plural, "own" if nested else target, who)
        return None if ident is None else Request("POST", url(resource, ident, name), {resource.singular: body})

    return ask


_SPARE = frozenset({"disks", "servers", "secgroups", "hosts", "schedtags"})
"""Of these the second row is meant: the first one stands in a relation already."""


def _give(resource: Resource[Any]) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        project = issubclass(resource.entity, ProjectOwned)
        ident = world.row(resource.plural, "own", who, "-2")
        if target not in OWNERS or ident is None or (target == "peer" and not project):
            return None
        body = {"project_id": OWNERS[target][1]} if project else {"project_domain": OWNERS[target][0]}
        return Request("POST", url(resource, ident, "change-owner"), {resource.singular: body})

    return ask


def _referring(resource: Resource[Any]) -> Iterator[Operation]:
    """Ids in bodies: what they refer to stands in each relation to the caller, all else is his own."""
    group = f"{resource.service} {resource.plural}"
    for field in _creatable(resource) if Verb.CREATE in resource.verbs and resource.joint is None else ():
        yield Operation(group, f"create with {field.name}", _refer(resource, field, creating=True))
    for field in refs_of(resource.entity) if Verb.UPDATE in resource.verbs else ():
        if field.spec.update and field.ref is not None and field.ref.target in BY_PLURAL:
            yield Operation(group, f"update with {field.name}", _refer(resource, field, creating=False))
    for (plural, name), (_, refs) in ACTIONS.items():
        for key, _, _ in refs if plural == resource.plural else ():
            yield Operation(group, f"{name} with {key}", _perform(resource, name, key))
    for name, targets in _SHARES.items() if "public" in ladder_actions(resource.entity) else ():
        if targets[0] == "domain" or issubclass(resource.entity, ProjectOwned):
            yield Operation(group, f"public with {name}", _share(resource, name, targets))


_SHARES = {"shared_project_ids": ("project", 1), "shared_domain_ids": ("domain", 0)}


def _share(resource: Resource[Any], name: str, kind: tuple[str, int]) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(resource.plural, "own", who)
        if target not in OWNERS or ident is None:
            return None
        body = {"scope": kind[0], name: [OWNERS[target][kind[1]]]}
        return Request("POST", url(resource, ident, "public"), {resource.singular: body})

    return ask


def _refer(resource: Resource[Any], field: Field, *, creating: bool) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        assert field.ref is not None
        other = world.row(field.ref.target, target, who)
        own = world.row(resource.plural, "own", who)
        if other is None or own is None:
            return None
        if creating:
            body = body_of(world, resource, who, **{field.name: other})
            return Request("POST", url(resource), {resource.singular: body})
        return Request("PUT", url(resource, own), {resource.singular: {field.name: other}})

    return ask


def _under(resource: Resource[Any]) -> Iterator[Operation]:
    """Routes below another row: relations, and children under what they refer to."""
    group = f"{resource.service} {resource.plural}"
    joint = resource.joint
    if joint is not None:
        for name, word in ((joint.left, joint.right_path), (joint.right, joint.left_path)):
            yield from _relation(resource, group, name, word)
        return
    for field in refs_of(resource.entity):
        ref = field.ref
        if ref is None or ref.target not in BY_PLURAL or not ref.context or BY_PLURAL[ref.target] not in SERVED:
            continue
        parent = BY_PLURAL[ref.target]
        if Verb.LIST in resource.verbs:
            yield Operation(group, f"list under {parent.plural}", _about(parent, "GET", resource.plural))
        if Verb.CREATE in resource.verbs:
            yield Operation(group, f"create under {parent.plural}", _create_under(resource, parent, field))


def _create_under(resource: Resource[Any], parent: Resource[Any], field: Field) -> Callable[..., Request | None]:
    def ask(world: World, who: str, target: str) -> Request | None:
        ident = world.row(parent.plural, target, who)
        if ident is None:
            return None
        body = {k: v for k, v in body_of(world, resource, who).items() if k != field.name}
        return Request("POST", url(parent, ident, resource.plural), {resource.singular: body})

    return ask


def _relation(resource: Resource[Any], group: str, name: str, word: str) -> Iterator[Operation]:
    ref = field_map(resource.entity)[name].ref
    assert ref is not None
    assert resource.joint is not None
    parent = BY_PLURAL[ref.target]
    other = resource.joint.right if name == resource.joint.left else resource.joint.left
    far = field_map(resource.entity)[other].ref
    assert far is not None

    def one(method: str, spare: str = "", body: Any = None) -> Callable[..., Request | None]:
        def ask(world: World, who: str, target: str) -> Request | None:
            here = world.row(parent.plural, target, who)
            there = world.row(far.target, target, who, spare) or world.row(far.target, "own", who, spare)
            if here is None or there is None:
                return None
            return Request(method, url(parent, here, word, there), body)

        return ask

    yield Operation(group, f"list under {parent.plural}", _about(parent, "GET", word))
    if Verb.GET in resource.verbs:
        yield Operation(group, f"get under {parent.plural}", one("GET"))
    if Verb.UPDATE in resource.verbs:
        yield Operation(group, f"update under {parent.plural}", one("PUT", body={resource.singular: {}}))
    if Verb.DELETE in resource.verbs:
        yield Operation(group, f"delete under {parent.plural}", one("DELETE"))
    if Verb.CREATE in resource.verbs:
        yield Operation(group, f"attach under {parent.plural}", one("POST", "-2", {}))
