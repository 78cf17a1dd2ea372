"""What the operations that have an answer of their own answer with; all others give the details of what they were asked of.

OpenAPI says so, and the server is held to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.model.answer import Answer, Key
from cloudcore.model.resource import Action, ActionKind, Resource
from cloudcore.operations.capability_answer import CAPABILITY
from cloudcore.resources.actions import BATCH

ROW = Answer(row=True)
"""The details of what it was asked of as it was last, or of what was made of it."""

_ID = Key("id", "Its id")
_NAMED = (_ID, Key("name", "Its name"))
_COUNT = Key("count", "How many", int)
_CONFIG = Answer((Key("config", "Groups, each an object of options", dict, null=True, optional=True),))
_SAVED = Answer((Key("image_id", "The image that it is saved as"),), row=True)
_GUESTS = Key("guests", "What was made", list, of=(*_NAMED, Key("status", "Its status")))
_STATUS = Key("status", "Its status")
_CARD_OF_AGENT = (
    Key("name", "What the guest calls it"),
    Key("hardware-address", "Hardware address"),
    Key(
        "ip-addresses",
        "Its addresses",
        list,
        of=(Key("ip-address", "Address"), Key("ip-address-type", "ipv4 or ipv6"), Key("prefix", "Prefix length", int)),
    ),
)
_WITH_REASON = (
    *_NAMED,
    Key("reason", "Why"),
    Key("relaxations", "What would help, each tried out", list, of=str, optional=True),
)
_MOVED = Key("moved", "The servers that move", list, of=(*_NAMED, Key("host_id", "Where to")))
_MOVES = Key(
    "moved",
    "The servers that move, in this order",
    list,
    of=(
        *_NAMED,
        Key("is_on", "Whether it is on", bool),
        Key("is_live", "Whether it runs on while it moves", bool),
        Key("host_id", "Where to"),
        Key("host", "Name of that host"),
    ),
)
_STAY = Key("stay", "Those that don't", list, of=_WITH_REASON)
_LEFT = Key("left", "How many were not looked at: ask again", int)
_MAINTAINED = Answer((*_NAMED, _STATUS, _MOVED, Key("stopping", "Those that stop", list, of=_NAMED), _STAY, _LEFT))
_EVALUATED = Answer((Key("result", "What the condition says", object),), more=True)
_VALUES = Key("", "Each once", list, of="scalar")
_COMBINED = Key("", "", dict, of="scalar")
_TAGS = Answer(more=True, of=str)
_WANTED_DISK = (
    Key("index", "Which", int),
    Key("size", "MiB", int),
    Key("disk_type", "sys, data or swap", optional=True),
    Key("image_id", "What it is made of", optional=True),
    Key("auto_delete", "Whether it goes with the server", bool, optional=True),
)
_WANTED_NIC = (Key("index", "Which", int), Key("network", "Where"), Key("driver", "Model", optional=True))
_INACTIVE = (Key("policy", "Its name"), Key("role", "The role that carries it"), Key("why", "Why it does not hold"))
_REACHED = (*_NAMED, Key("reached", "Whether it does", bool), Key("why", "Why"))
_NEEDED = (
    Key("policies", "Those that would allow it", list, of=str, optional=True),
    Key("roles", "Those that carry one of them", list, of=str, optional=True),
    Key("scopes", "Where it would be allowed", list, of=str, optional=True),
    Key("rule", "What a policy would have to say", optional=True),
)
_OPINION = (
    Key("policy", "Name of a policy"),
    Key("scope", "Its scope"),
    Key("rule", "Its rule that says most exactly something about it"),
    Key("allows", "Whether that allows it", bool),
    Key("decides", "Whether it decides", bool),
    Key("builtin", "Whether it holds for everybody", bool),
    Key("roles", "The roles by which it is held", list, of=str),
)
_EXPLAINED = Answer(
    (
        Key("allowed", "Whether it is allowed", bool),
        Key("permission", "What was asked"),
        Key("scope", "At which scope"),
        Key("user", "Of whom"),
        Key("user_id", "His id"),
        Key("project", "Where he is logged in"),
        Key("roles", "His roles there", list, of=str),
        Key("granted_scope", "The widest scope at which it is allowed"),
        Key("policy", "The policy that decides"),
        Key("rule", "Its rule that does"),
        Key("opinions", "What each policy says", list, of=_OPINION),
        Key("inactive", "Policies that don't hold here and now", list, of=_INACTIVE),
        Key("needed", "What would allow it", dict, of=_NEEDED, optional=True),
        Key("object", "Whether it reaches the row that was named", dict, of=_REACHED, optional=True),
        Key("summary", "All that in a sentence"),
    ),
    more=True,
)
_FORM = (
    Key("format", "Format"),
    Key("is_raw", "Whether it is raw", bool),
    Key("size", "Bytes", int),
    Key("checksum", "MD5 of the bytes"),
    Key("fast_hash", "Sum of some of the bytes"),
    Key("sha256", "SHA-256 of the bytes"),
    Key("status", "Status"),
)
_HELD = (
    Key("ip_addr", "Address"),
    Key("owner_type", "server, eip, instancegroup or reservedip"),
    Key("owner", "Name of who has it, where the caller may see that", optional=True),
    Key("owner_id", "Id of that", optional=True),
    Key("created_at", "Since when", datetime, optional=True),
    Key("mac_addr", "Hardware address of the card", optional=True),
)

ANSWERS: Mapping[tuple[str, str], Answer] = MappingProxyType(
    {
        **{(plural, "purge"): ROW for plural in ("zones", "vpcs", "networks", "hosts", "servers")},
        **{(plural, "cancel-delete"): ROW for plural in ("servers", "disks", "images", "guestimages")},
        ("secgroups", "clone"): ROW,
        ("networks", "merge"): ROW,
        ("servers", "sendkeys"): ROW,
        **{(plural, "capability"): CAPABILITY for plural in ("zones", "cloudregions")},
        **{(plural, "evaluate"): _EVALUATED for plural in ("schedpolicies", "dynamicschedtags")},
        ("isolated_devices", "purge"): Answer((_ID,)),
        ("users", "password"): Answer(_NAMED),
        ("policies", "explain"): _EXPLAINED,
        ("services", "config"): _CONFIG,
        ("plans", "apply"): Answer(
            (*_NAMED, Key("state", "applied"), Key("answer", "What the call is answered with", object))
        ),
        ("tasks", "callback"): Answer((Key("result", "ok"),)),
        ("hosts", "drain"): Answer((*_NAMED, _STATUS, _MOVES, _STAY)),
        ("hosts", "evacuate"): Answer((*_NAMED, _MOVED, _STAY)),
        **{("hosts", name): _MAINTAINED for name in ("maintenance", "host-maintenance")},
        ("hosts", "syncstatus"): Answer(
            (
                *_NAMED,
                Key("asked", "The servers that are asked for", list, of=_NAMED),
                Key("passed", "Those that are not", list, of=_WITH_REASON),
                _LEFT,
            )
        ),
        ("hosts", "ping"): Answer((*_NAMED, _STATUS, Key("host_status", "Whether it is alive"))),
        ("networks", "addresses"): Answer((Key("addresses", "In use", list, of=_HELD),)),
        ("networks", "available-addresses"): Answer((Key("addresses", "Free, lowest first", list, of=str),)),
        ("networks", "reserved-ips"): Answer(
            (Key("reserved_ips", "Kept", list, of=(Key("ip_addr", "Address"), Key("notes", "What for"))),)
        ),
        ("servers", "login-info"): Answer(
            (
                Key("username", "Login account"),
                Key("password", "Its password; empty where the platform has set none"),
                Key("keypair", "Name of its SSH key"),
                Key("updated", "When that was last changed", datetime, null=True),
            )
        ),
        ("servers", "qga-ping"): Answer((_ID, Key("qga_status", "available"))),
        ("servers", "qga-get-network"): Answer(_CARD_OF_AGENT, many=True),
        ("servers", "qga-guest-info-task"): Answer(
            (
                Key("version", "Of the agent"),
                Key(
                    "supported_commands",
                    "What it can do",
                    list,
                    of=(Key("name", "Command"), Key("enabled", "Whether it may", bool)),
                ),
            )
        ),
        ("servers", "screen-dump"): Answer(
            (_ID, Key("content_type", "Media type of the picture"), Key("image", "The picture in base64"))
        ),
        ("servers", "clone"): Answer((_GUESTS,), row=True),
        ("servers", "snapshot-and-clone"): Answer(
            (_GUESTS, Key("instance_snapshot_id", "What they are made of")), row=True
        ),
        ("servers", "instance-snapshot"): Answer((Key("instance_snapshot_id", "What is made"),), row=True),
        ("servers", "save-image"): _SAVED,
        ("servers", "save-guest-image"): Answer((Key("guest_image_id", "What it is saved as"),), row=True),
        ("disks", "save"): _SAVED,
        ("servers", "tasks"): Answer((Key("tasks", "Newest first", list, of="task"),)),
        ("servers", "sshport"): Answer((Key("port", "Port of its SSH server", int),)),
        ("servers", "iso"): Answer(
            (
                *(attrs.evolve(key, optional=True) for key in _NAMED),
                Key("image_id", "What lies in its CD drive", optional=True),
                Key("ordinal", "0: there is one drive", int, optional=True),
                Key("size", "Bytes", int, optional=True),
                Key("boot_index", "When it is started from", int, optional=True),
            )
        ),
        ("servers", "create-params"): Answer(
            (
                Key("generate_name", "A name to derive a free one from", optional=True),
                Key("vcpu_count", "Processors", int, optional=True),
                Key("vmem_size", "Memory in MiB", int, optional=True),
                Key("disks", "Its disks", list, of=_WANTED_DISK, optional=True),
                Key("nets", "Its network cards", list, of=_WANTED_NIC, optional=True),
                Key("secgroups", "Ids of its groups", list, of=str, optional=True),
            ),
            more=True,
        ),
        ("keypairs", "privatekey"): Answer(
            (
                Key("private_key", "The key, the first time", optional=True),
                Key("name", "Its name", optional=True),
                Key("scheme", "Kind of key", optional=True),
            )
        ),
        ("serverskus", "instance-specs"): Answer(
            (
                Key("cpus", "Numbers of processors", list, of=int),
                Key("mems_mb", "Sizes of memory in MiB", list, of=int),
                Key(
                    "cpu_mems_mb", "Processors → sizes of memory that go with them", dict, of=Key("", "", list, of=int)
                ),
            )
        ),
        ("network_ip_macs", "batch-create"): Answer((_COUNT,)),
        ("snapshots", "delete-disk-snapshots"): Answer(
            (Key("disk_id", "The disk"), Key("snapshots", "Ids of what is deleted", list, of=str))
        ),
        ("images", "convert"): ROW,
        ("images", "subformats"): Answer((*_FORM, Key("status_reason", "Why it failed", optional=True)), many=True),
    }
)
"""By type and name."""

_TAGGED = Answer((Key("resources", "What was changed", list, of=(_ID,)),))
_OF_ALL: Mapping[str, Answer] = MappingProxyType(
    {
        "metadata": _TAGS,
        "status": Answer(
            (Key("status", "Status", optional=True), Key("power_states", "Whether it is on", optional=True))
        ),
        "statistics": Answer(
            (
                Key(
                    "status_info",
                    "Numbers by status",
                    list,
                    of=(
                        Key("status", "Status"),
                        Key("total_count", "How many", int),
                        Key("pending_deleted_count", "How many of them are in the recycle bin", int),
                    ),
                ),
                Key("total_cpu_count", "Processors", int),
                Key("total_mem_size_mb", "Memory in MiB", int),
                Key("total_disk_size_mb", "Storage in MiB", int),
            ),
            more=True,
        ),
        "distinct-field": Answer(more=True, of=_VALUES),
        "distinct-fields": Answer(
            (
                Key("fields", "Combinations of values", list, of=_COMBINED),
                Key("extra_fields", "The same of what they refer to", list, of=_COMBINED),
            )
        ),
        **dict.fromkeys(("project-statistics", "domain-statistics"), Answer((*_NAMED, _COUNT), many=True)),
        **{
            f"{owner}tag-value-pairs": Answer((Key("key", "Tag"), Key("value", "Its value"), _COUNT), many=True)
            for owner in ("", "project-", "domain-")
        },
    }
)
"""Of details and properties that all types have, by name."""


def property_answer(name: str) -> Answer | None:
    """What a property that every collection has is answered with; None where that depends on how it is asked."""
    return _OF_ALL.get(name)


def answer_of(resource: Resource[Any], action: Action) -> Answer:
    """What an action, named detail or property of a type answers with."""
    own = ANSWERS.get((resource.plural, action.name))
    if own is None and action.kind is ActionKind.CLASS and action.name in BATCH:
        own = _TAGGED
    if own is None and action.kind is ActionKind.SPEC:
        own = _OF_ALL.get(action.name)
    return own or ROW
