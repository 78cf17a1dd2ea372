"""Which operation serves which verb of which type, where the generic one does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from cloudcore.operations import (
    addresses,
    capability,
    draining,
    evacuation,
    group_addresses,
    guest_images,
    guest_saving,
    host_care,
    image_bin,
    image_members,
    image_records,
    instancesnapshots,
    members,
    network_ranges,
    networks,
    ownership,
    records,
    recycling,
    saving,
    secgroups,
    snapshots,
)
from cloudcore.operations.addresses import create_eip
from cloudcore.operations.caches import cache_image, of_host, of_storage, off_host, uncache_image
from cloudcore.operations.callback import call_back
from cloudcore.operations.cancelling import cancel_task
from cloudcore.operations.disks import create_disk, delete_disk
from cloudcore.operations.identity import credentials, leaving, memberships, policies, service_config
from cloudcore.operations.identity.application_credentials import (
    create_application_credential,
    delete_application_credential,
)
from cloudcore.operations.identity.explain import explain
from cloudcore.operations.identity.passwords import change_own
from cloudcore.operations.identity.regions import create_region
from cloudcore.operations.identity.users import UPDATES, create_user, switch
from cloudcore.operations.image_records import create_image, delete_image, get_image, update_image
from cloudcore.operations.keypairs import create_keypair
from cloudcore.operations.secgroups import create_secgroup
from cloudcore.operations.servers import cards, clone, config, disks, questions, resize, throttle
from cloudcore.operations.servers.actions import SERVER_ACTIONS, SERVER_DETAILS
from cloudcore.operations.servers.delete import delete_server
from cloudcore.operations.servers.login import login_info
from cloudcore.resources.compute.schedtag import TAGGED

Operation = Callable[..., Any]

CREATE: Mapping[str, Operation] = MappingProxyType(
    {
        "users": create_user,
        "regions": create_region,
        "keypairs": create_keypair,
        "disks": create_disk,
        "snapshots": snapshots.create_snapshot,
        "images": create_image,
        "guestimages": guest_images.create_guest_image,
        "secgroups": create_secgroup,
        "networks": networks.create_network,
        "eips": create_eip,
        "credentials": credentials.create_credential,
        "application_credentials": create_application_credential,
        "policies": policies.create_policy,
        "schedtags": members.create_schedtag,
    }
)
"""`(platform, tx, caller, body) -> JsonObject`; servers are made outside a unit, see `cloudcore.operations.servers`."""

GET: Mapping[str, Operation] = MappingProxyType({"images": get_image})
"""`(platform, tx, caller, ident, params, context) -> JsonObject`."""

UPDATE: Mapping[str, Operation] = MappingProxyType(
    {
        **UPDATES,
        "images": update_image,
        "credentials": credentials.update_credential,
        "policies": policies.update_policy,
    }
)
"""`(platform, tx, caller, ident, body, context) -> JsonObject`."""

PERFORM: Mapping[tuple[str, str], Operation] = MappingProxyType(
    {
        ("tasks", "callback"): call_back,
        ("tasks", "cancel"): cancel_task,
        ("guestimages", "public"): guest_images.publish,
        ("guestimages", "private"): guest_images.withdraw,
        ("guestimages", "cancel-delete"): image_bin.restore_guest_image,
        ("images", "cancel-delete"): image_bin.restore_image,
        ("images", "convert"): image_records.convert_image,
        ("images", "update-status"): image_records.update_status,
        ("images", "mark-standard"): image_records.mark_standard,
        ("images", "change-owner"): image_records.change_owner,
        ("images", "add-member"): image_members.add_member,
        ("images", "remove-member"): image_members.remove_member,
        **SERVER_ACTIONS,
        ("disks", "cancel-delete"): recycling.restore_disk,
        ("servers", "change-owner"): ownership.give_server,
        ("disks", "change-owner"): ownership.give_disk,
        ("storagecaches", "cache-image"): cache_image,
        ("storagecaches", "uncache-image"): uncache_image,
        ("hosts", "cache-image"): of_host,
        ("hosts", "uncache-image"): off_host,
        ("storages", "cache-image"): partial(of_storage, cache_image),
        ("storages", "uncache-image"): partial(of_storage, uncache_image),
        ("servers", "instance-snapshot"): instancesnapshots.create_instance_snapshot,
        ("servers", "instance-snapshot-reset"): instancesnapshots.reset_server,
        ("servers", "save-image"): saving.save_image,
        ("servers", "save-guest-image"): guest_saving.save_guest_image,
        ("disks", "save"): saving.save_disk,
        ("disks", "disk-reset"): snapshots.reset_disk,
        ("servers", "attachdisk"): disks.attach_disk,
        ("servers", "detachdisk"): disks.detach_disk,
        ("servers", "createdisk"): disks.create_disks,
        ("servers", "attachnetwork"): cards.attach_network,
        ("servers", "detachnetwork"): cards.detach_network,
        ("servers", "change-ipaddr"): cards.change_address,
        ("servers", "change-bandwidth"): throttle.change_bandwidth,
        ("servers", "set-network-num-queues"): throttle.set_queues,
        ("servers", "io-throttle"): throttle.io_throttle,
        ("servers", "change-config"): config.change_config,
        ("servers", "resize-disk"): resize.resize_of_server,
        ("disks", "resize"): resize.resize_disk,
        ("secgroups", "add-rule"): secgroups.add_rule,
        ("secgroups", "import-rules"): secgroups.import_rules,
        ("secgroups", "clone"): secgroups.clone,
        ("hosts", "auto-migrate-on-host-down"): evacuation.set_policy,
        ("hosts", "evacuate"): evacuation.evacuate_host,
        **{("hosts", f"{word}maintenance"): host_care.begin_maintenance for word in ("", "host-")},
        **{("hosts", word): host_care.end_maintenance for word in ("unmaintenance", "host-exit-maintenance")},
        ("hosts", "drain"): draining.drain_host,
        ("hosts", "syncstatus"): host_care.sync_servers,
        ("hosts", "ping"): host_care.hear,
        ("networks", "reserve-ip"): addresses.reserve_ip,
        ("networks", "release-reserved-ip"): addresses.release_reserved_ip,
        ("networks", "split"): network_ranges.split,
        ("networks", "merge"): network_ranges.merge,
        ("networks", "switch-wire"): network_ranges.switch_wire,
        ("eips", "associate"): addresses.associate_eip,
        ("eips", "dissociate"): addresses.dissociate_eip,
        ("eips", "change-owner"): addresses.change_owner,
        ("eips", "change-bandwidth"): addresses.change_bandwidth,
        ("instancegroups", "bind-guests"): members.bind_guests,
        ("instancegroups", "unbind-guests"): members.unbind_guests,
        ("instancegroups", "attachnetwork"): group_addresses.attach_network,
        ("instancegroups", "detachnetwork"): group_addresses.detach_network,
        ("instancegroups", "associate-eip"): group_addresses.associate,
        ("instancegroups", "dissociate-eip"): group_addresses.dissociate,
        ("instancegroups", "create-eip"): group_addresses.create,
        **{
            (f"{kind}s", f"{word}-snapshotpolicy"): partial(work, kind)
            for kind in ("disk", "server")
            for word, work in (
                ("bind", members.follow_policies),
                ("set", members.set_policies),
                ("unbind", members.leave_policies),
            )
        },
        ("snapshotpolicies", "bind-disks"): members.bind_disks,
        ("snapshotpolicies", "unbind-disks"): members.unbind_disks,
        ("snapshotpolicies", "bind-resources"): members.bind_resources,
        ("snapshotpolicies", "unbind-resources"): members.unbind_resources,
        ("schedtags", "set-resource"): members.set_resource,
        ("schedtags", "set-scope"): members.set_scope,
        ("users", "join"): partial(memberships.join, "users"),
        ("users", "leave"): partial(memberships.leave, "users"),
        ("users", "grant"): partial(memberships.grant_role, "users"),
        ("users", "withdraw"): partial(memberships.withdraw_role, "users"),
        ("users", "reset-credentials"): credentials.reset_credentials,
        ("groups", "join"): partial(memberships.join, "groups"),
        ("groups", "leave"): partial(memberships.leave, "groups"),
        ("groups", "grant"): partial(memberships.grant_role, "groups"),
        ("groups", "withdraw"): partial(memberships.withdraw_role, "groups"),
        ("groups", "add-users"): memberships.add_users,
        ("groups", "remove-users"): memberships.remove_users,
        ("projects", "join"): memberships.project_join,
        ("projects", "leave"): memberships.project_leave,
        ("projects", "set-admin"): memberships.set_admin,
        ("roles", "add-policy"): memberships.add_policy,
        ("roles", "remove-policy"): memberships.remove_policy,
        ("roles", "set-policies"): memberships.set_policies,
        ("policies", "bind-role"): memberships.bind_role,
        ("services", "config"): service_config.set_config,
        ("isolated_devices", "purge"): members.purge_device,
        ("schedpolicies", "evaluate"): records.evaluate,
        ("dynamicschedtags", "evaluate"): records.evaluate,
        **{(plural, "set-commit-bound"): partial(records.set_commit_bound, plural) for plural in ("hosts", "storages")},
        **{(plural, "purge"): partial(records.purge, plural) for plural in ("zones", "vpcs", "networks", "hosts")},
        **{(plural, "enable"): partial(switch, True, plural) for plural in UPDATES},
        **{(plural, "disable"): partial(switch, False, plural) for plural in UPDATES},
        **{(plural, "set-schedtag"): partial(members.set_schedtag, plural) for plural in TAGGED},
    }
)
"""`(platform, tx, caller, row, body) -> JsonObject | None`, by type and action.

For an action with a transition it is asked instead of beginning that at once: it checks, takes what is needed, begins it.
"""

PERFORM_CLASS: Mapping[tuple[str, str], Operation] = MappingProxyType(
    {
        ("policies", "explain"): explain,
        ("snapshots", "delete-disk-snapshots"): snapshots.delete_of_disk,
        ("network_ip_macs", "batch-create"): networks.bind_macs,
    }
)
"""`(platform, tx, caller, body) -> JsonObject | None`, by type and class action."""

ALONE: Mapping[tuple[str, str], Operation] = MappingProxyType(
    {
        ("users", "password"): change_own,
        ("servers", "login-info"): login_info,
        ("servers", "screen-dump"): questions.screen_dump,
        ("servers", "sendkeys"): questions.send_keys,
        ("servers", "qga-ping"): questions.ping_agent,
        ("servers", "qga-get-network"): questions.agent_network,
        ("servers", "qga-guest-info-task"): questions.agent_info,
    }
)
"""`(platform, caller, ident, body) -> JsonObject`, by type and action: those that open their own units.

Nothing is remembered of their answers under the caller's key.
"""

PROVEN = frozenset({("users", "password")})
"""Those of them whose body is the proof that the caller may; they are asked without a token."""

MAKING: Mapping[tuple[str, str], Operation] = MappingProxyType(
    {
        ("servers", "clone"): clone.clone,
        ("servers", "snapshot-and-clone"): clone.snapshot_and_clone,
    }
)
"""`(platform, caller, ident, body, key) -> JsonObject`, by type and action: the same, which happen once under a key."""

DETAIL: Mapping[tuple[str, str], Operation] = MappingProxyType(
    {
        ("services", "config"): service_config.show_config,
        ("networks", "addresses"): networks.addresses,
        ("networks", "available-addresses"): networks.available_addresses,
        ("networks", "reserved-ips"): networks.reserved_ips,
        ("zones", "capability"): capability.of_zone,
        ("cloudregions", "capability"): capability.of_region,
        **SERVER_DETAILS,
    }
)
"""`(platform, tx, caller, row, params) -> JsonObject`, by type and named detail."""

DELETE: Mapping[str, Operation] = MappingProxyType(
    {
        "servers": delete_server,
        "disks": delete_disk,
        "snapshots": snapshots.delete_snapshot,
        "instance_snapshots": instancesnapshots.delete_instance_snapshot,
        "images": delete_image,
        "guestimages": guest_images.delete_guest_image,
        "credentials": credentials.delete_credential,
        "application_credentials": delete_application_credential,
        "groups": memberships.delete_group,
        "projects": leaving.delete_project,
        "users": leaving.delete_user,
        "domains": leaving.delete_domain,
    }
)
"""`(platform, tx, caller, ident, options) -> JsonObject`; most begin a long operation."""

DELETE_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "override_pending_delete": "Delete at once, past the recycle bin",
        "purge": "Forget it here, whatever its host says",
        "delete_snapshots": "Delete its snapshots too",
        "delete_eip": "Delete its public addresses too",
        "delete_disks": "Delete all its disks too, not only those that go with it anyway",
    }
)
"""The truth values that may be sent to these; a type passes over those that mean nothing to it."""
