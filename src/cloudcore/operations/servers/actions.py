"""Which operation serves which action of servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.operations import recycling
from cloudcore.operations.servers import (
    billing,
    boot,
    devices,
    eips,
    live,
    login,
    media,
    migrate,
    rebuild,
    records,
    security,
    storage,
)

SERVER_ACTIONS: Mapping[tuple[str, str], Callable[..., Any]] = MappingProxyType(
    {
        ("servers", "cancel-delete"): recycling.restore_server,
        ("servers", "purge"): recycling.purge_server,
        ("servers", "migrate"): migrate.migrate,
        ("servers", "live-migrate"): live.live_migrate,
        ("servers", "cancel-live-migrate"): live.cancel_live_migrate,
        ("servers", "deploy"): login.deploy,
        ("servers", "set-password"): login.set_password,
        ("servers", "qga-set-password"): login.agent_set_password,
        ("servers", "user-data"): login.set_user_data,
        ("servers", "rebuild-root"): rebuild.rebuild_root,
        ("servers", "set-secgroup"): security.set_secgroups,
        ("servers", "add-secgroup"): security.add_secgroups,
        ("servers", "revoke-secgroup"): security.revoke_secgroups,
        ("servers", "assign-secgroup"): security.assign_secgroup,
        ("servers", "set-sshport"): records.set_ssh_port,
        ("servers", "set-os-info"): records.set_os_info,
        ("servers", "modify-src-check"): records.modify_src_check,
        ("servers", "change-disk-storage"): storage.change_disk_storage,
        ("servers", "change-storage"): storage.change_storage,
        ("servers", "set-boot-index"): boot.set_boot_index,
        ("servers", "insertiso"): media.insert_iso,
        ("servers", "ejectiso"): media.eject_iso,
        ("servers", "attach-isolated-device"): devices.attach_devices,
        ("servers", "detach-isolated-device"): devices.detach_devices,
        ("servers", "set-isolated-device"): devices.set_devices,
        ("servers", "disk-snapshot"): records.keep_disk,
        ("servers", "bind-groups"): records.bind_groups,
        ("servers", "unbind-groups"): records.unbind_groups,
        ("servers", "associate-eip"): eips.associate,
        ("servers", "dissociate-eip"): eips.dissociate,
        ("servers", "create-eip"): eips.create,
        ("servers", "renew"): billing.renew,
        ("servers", "set-auto-renew"): billing.set_auto_renew,
        ("servers", "postpaid-expire"): billing.expire,
        ("servers", "cancel-expire"): billing.cancel_expire,
        ("servers", "change-billing-type"): billing.change_type,
    }
)
"""`(platform, tx, caller, server, body) -> JsonObject | None`."""

SERVER_DETAILS: Mapping[tuple[str, str], Callable[..., Any]] = MappingProxyType(
    {
        ("servers", "sshport"): records.ssh_port,
        ("servers", "iso"): media.show_iso,
        ("servers", "create-params"): records.create_params,
        ("servers", "tasks"): records.tasks_of,
    }
)
"""`(platform, tx, caller, server, params) -> JsonObject`."""
