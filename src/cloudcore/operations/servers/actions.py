"""Which operation serves which action of servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.operations import recycling
from cloudcore.operations.servers import login, rebuild, security

SERVER_ACTIONS: Mapping[tuple[str, str], Callable[..., Any]] = MappingProxyType(
    {
        ("servers", "cancel-delete"): recycling.restore_server,
        ("servers", "purge"): recycling.purge_server,
        ("servers", "deploy"): login.deploy,
        ("servers", "set-password"): login.set_password,
        ("servers", "qga-set-password"): login.agent_set_password,
        ("servers", "user-data"): login.set_user_data,
        ("servers", "rebuild-root"): rebuild.rebuild_root,
        ("servers", "set-secgroup"): security.set_secgroups,
        ("servers", "add-secgroup"): security.add_secgroups,
        ("servers", "revoke-secgroup"): security.revoke_secgroups,
        ("servers", "assign-secgroup"): security.assign_secgroup,
    }
)
"""`(platform, tx, caller, server, body) -> JsonObject | None`."""
