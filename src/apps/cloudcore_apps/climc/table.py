"""The commands that are written by hand, and the routes that no resource type declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Handmade(NamedTuple):
    """Where a command is, as `module:attribute` below `handmade`, and its line in the overview.

    offered: false of what the cloud always refuses: it can be called, and stands in no overview.
    """

    target: str
    doc: str
    offered: bool = True


_USAGES = ("usage", "identity_usage", "image_usage", "zone_usage", "wire_usage", "host_usage", "cloud_region_usage")
_QUOTAS = (
    *("quota", "region_quota", "zone_quota", "project_quota", "domain_quota"),
    *("infras_quota", "image_quota", "identity_quota"),
)

HANDMADE: Mapping[str, Handmade] = {
    "plan-show": Handmade("plans:show", "Tell what a plan would do"),
    "server-create": Handmade("servers:create", "Create a server"),
    "server-deploy": Handmade("deploying:deploy", "Give a stopped server another login, or files"),
    "server-attach-disk": Handmade("devices:attach_disk", "Attach a disk that no server uses"),
    "server-detach-disk": Handmade("devices:detach_disk", "Detach a disk from a server"),
    "server-attach-network": Handmade("devices:attach_network", "Plug network cards into a server"),
    "server-detach-network": Handmade("devices:detach_network", "Take a network card out of a server"),
    "server-change-ipaddr": Handmade("devices:change_address", "Give a network card another address"),
    "server-insert-iso": Handmade("devices:insert_iso", "Put an ISO image into the CD drive of a server"),
    "server-attach-isolated-device": Handmade("devices:attach_device", "Give a server devices of its host"),
    "server-detach-isolated-device": Handmade("devices:detach_device", "Take devices from a server"),
    "server-change-bandwidth": Handmade("devices:change_bandwidth", "Bound the bandwidth of a network card"),
    "server-change-config": Handmade("devices:change_config", "Change processors, memory and disks of a server"),
    "server-resize-disk": Handmade("devices:resize_disk", "Make a disk of a server larger"),
    "server-change-disk-storage": Handmade("devices:change_disk_storage", "Move a disk of a server to another storage"),
    "server-change-storage": Handmade("devices:change_storage", "Move all disks of a server to another storage"),
    "disk-resize": Handmade("devices:resize_own_disk", "Make a disk larger"),
    "server-create-disk": Handmade("devices:create_disk", "Make disks and attach them"),
    "server-save-image": Handmade("copies:save_image", "Save the system disk of a server as an image"),
    "server-save-guest-image": Handmade("copies:save_guest_image", "Save all disks of a server as a guest image"),
    "disk-save": Handmade("copies:save_disk", "Save a disk as an image"),
    "server-clone": Handmade("copies:clone", "Make a server like another"),
    "server-snapshot-and-clone": Handmade("copies:snapshot_and_clone", "Make servers with the disks of another"),
    "instance-snapshot-create": Handmade("copies:instance_snapshot", "Keep all disks of a server at one moment"),
    "instance-snapshot-reset": Handmade("copies:instance_snapshot_reset", "Go back to an instance snapshot"),
    "instance-snapshot-and-clone": Handmade("copies:snapshot_and_clone", "Make servers with the disks of another"),
    "disk-reset": Handmade("copies:disk_reset", "Make a disk what it was at a snapshot"),
    "server-console": Handmade("console:console", "Open the serial console of a server in this terminal"),
    "server-set-user-data": Handmade("userdata:set_user_data", "Replace the cloud-init data of a server by a file"),
    "server-screen-dump": Handmade("screen:dump", "Write what the screen of a server shows into a file"),
    "server-sendkeys": Handmade("screen:sendkeys", "Press keys on the keyboard of a running server"),
    "network-split": Handmade("networks:split", "Make another network of the addresses from one on"),
    "network-merge": Handmade("networks:merge", "Add the addresses of a network to one beside it"),
    "server-ssh": Handmade("ssh:ssh", "Log in to a server by SSH"),
    "image-upload": Handmade("images:upload", "Upload an image from a file"),
    "image-import": Handmade("images:import_", "Have the cloud fetch an image from a URL"),
    "image-download": Handmade("images:download", "Write an image into a file"),
    "keypair-privatekey": Handmade("keys:private_key", "Print the private key of a key pair, once"),
    "user-change-password": Handmade("passwords:change", "Change your own password"),
    "user-assume": Handmade("passwords:assume", "Print a token by which you act as another user"),
    "task-show": Handmade("tasks:show", "Tell the story of long operations"),
    "task-cancel": Handmade("tasks:cancel", "Have long operations take back what they did"),
    "metadata-list": Handmade("tags:list_", "List tags of all types"),
    "action-show": Handmade("events:action_show", "Show the action log"),
    "action-splitable": Handmade("events:action_splitable", "Show the tables that the action log is kept in"),
    "action-purge-splitable": Handmade("events:action_purge_splitable", "Take tables of the log away", offered=False),
    "logs-show": Handmade("events:logs_show", "Show the tables that the log is kept in"),
    "logs-purge-splitable": Handmade("events:logs_purge", "Take tables of the log away", offered=False),
    "scheduler-forecast": Handmade("scheduler:forecast", "Say whether servers would fit, and why not"),
    "scheduler-test": Handmade("scheduler:test", "List hosts in the order in which servers would go there"),
    "scheduler-batch": Handmade("scheduler:batch", "Say where servers of different shapes would go together"),
    "scheduler-candidate-list": Handmade("scheduler:candidate_list", "List hosts as the scheduler sees them"),
    "scheduler-candidate-show": Handmade("scheduler:candidate_show", "Show a host as the scheduler sees it"),
    "scheduler-clean-cache": Handmade("scheduler:clean_cache", "Have hosts read anew"),
    "scheduler-history-list": Handmade("scheduler:history_list", "List past decisions"),
    "scheduler-history-show": Handmade("scheduler:history_show", "Show a past decision"),
    "capacity": Handmade("scheduler:capacity", "Say how many more such servers fit, where, and when it is full"),
    "scheduler-emptied": Handmade("scheduler:emptied", "List hosts that can be emptied onto others in use"),
    "scheduler-without": Handmade("scheduler:without", "Say whether a host can be lost"),
    "scheduler-queue": Handmade("scheduler:queue", "Say which servers of days to come would find a place"),
    "scheduler-snapshot": Handmade("scheduler:snapshot", "Write the inventory as a file for `cloudcore scheduler`"),
    "scheduler-explain": Handmade("scheduler:explain", "Say why a server went where it is, or why it was refused"),
    "scheduler-sync-sku": Handmade("scheduler:sync_sku", "Have sizes read anew"),
    "spec": Handmade("specs:spec", "Count kinds of hosts, devices and servers"),
    "spec-hosts-list": Handmade("specs:hosts", "Count kinds of hosts"),
    "spec-isolated-devices-list": Handmade("specs:isolated_devices", "Count kinds of devices"),
    "service-config": Handmade("config:change", "Put options of a service into the catalogue"),
    "service-config-replace": Handmade("config:replace", "Replace the configuration of a service"),
    "service-config-show": Handmade("config:show", "Show the configuration of a service"),
    "service-config-show2": Handmade("config:show_by_type", "Show the configuration of the services of a type"),
    "distinct-field": Handmade("values:distinct_field", "List the values that a field has in a list"),
    "distinct-fields": Handmade("values:distinct_fields", "List the combinations of values that fields have"),
    "storage-cache-cache-image": Handmade("caches:cache", "Fetch an image before a server needs it"),
    "storage-cache-uncache-image": Handmade("caches:uncache", "Remove an image that no disk is made from"),
    "storage-cache-image": Handmade("caches:storage_cache", "Fetch an image before a server needs it"),
    "storage-uncache-image": Handmade("caches:storage_uncache", "Remove an image that no disk is made from"),
    "image-show": Handmade("images:show", "Show images with all of their fields"),
    "project-add-user": Handmade("grants:add_user", "Give a user a role in a project"),
    "project-remove-user": Handmade("grants:remove_user", "Take a role in a project from a user"),
    "role-assignments": Handmade("grants:assignments", "List who has which role where"),
    "context-add": Handmade("contexts:add", "Remember a cloud and who you are there"),
    "context-use": Handmade("contexts:use", "Work with this context from now on"),
    "context-list": Handmade("contexts:list_", "List contexts"),
    "context-remove": Handmade("contexts:remove", "Forget contexts"),
    "completion": Handmade("completion:completion", "Print what makes a shell complete climc"),
    "wait": Handmade("wait:wait", "Wait until a resource is as it should be"),
    "policy-create": Handmade("policies:create", "Create a policy from a file"),
    **{u.replace("_", "-"): Handmade(f"usages:{u}", "Count what there is") for u in _USAGES},
    "policy-explain": Handmade("policies:explain", "Say which rule of which policy allows or refuses something"),
    "quota-report": Handmade("quotas:quota_report", "Show usage day by day"),
    **{q.replace("_", "-"): Handmade(f"quotas:{q}_show", "Show limits and usage") for q in _QUOTAS},
    **{f"{q.replace('_', '-')}-list": Handmade(f"quotas:{q}_list", "List limits and usage of many") for q in _QUOTAS},
    **{f"{q.replace('_', '-')}-set": Handmade(f"quotas:{q}_set", "Set limits") for q in _QUOTAS},
}

ADDED_ROUTES: Mapping[str, Mapping[str, Any]] = {
    **{
        f"{q}s": {
            "singular": q,
            "service": {"image_quota": "image", "identity_quota": "identity"}.get(q, "compute"),
            "noun": q.replace("_", "-"),
            "columns": [],
        }
        for q in _QUOTAS
    },
    "actions": {
        "singular": "action",
        "service": "log",
        "noun": "action",
        "columns": ["id", "ops_time", "obj_type", "obj_name", "action", "user", "tenant", "success", "notes"],
    },
    "quota_reports": {"singular": "quota_report", "service": "compute", "noun": "quota-report", "columns": []},
    "scheduler": {"singular": "scheduler", "service": "scheduler", "noun": "scheduler"},
    "history": {"singular": "history", "service": "log", "noun": "history"},
    "metadatas": {
        "singular": "metadata",
        "service": "compute",
        "noun": "metadata",
        "columns": ["obj_type", "obj_id", "key", "value"],
    },
    "role_assignments": {
        "singular": "role_assignment",
        "service": "identity",
        "noun": "role-assignment",
        "columns": ["user", "group", "role", "scope"],
    },
}
