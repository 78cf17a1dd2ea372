"""Which security groups a server has. They are recorded; hosts do not enforce them yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, InvalidStatusError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.reading import read_list_of_str, read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.platform import Platform
from cloudcore.operations.staying import steady
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS, Guestsecgroup
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.resources.compute.server.lifecycle import CHANGEABLE
from cloudcore.resources.network.secgroup import SECGROUPS

MOST = 5
"""How many groups a server has at most."""
ALLOWED = (*CHANGEABLE, ServerStatus.SUSPEND)


def set_secgroups(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Give a server these groups and no others.

    Raises:
        MissingParameterError: no group is named.
        ResourceNotFoundError: there is no such group, or not for the caller.
        OutOfRangeError: they are too many.
        InvalidStatusError: the server is in the middle of something.
    """
    _keep(tx, server, named_secgroups(platform, tx, caller, body))


def add_secgroups(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Give a server further groups; raises as `set_secgroups`."""
    held = _held(tx, server)
    _keep(tx, server, [*held, *(g for g in named_secgroups(platform, tx, caller, body) if g not in held)])


def revoke_secgroups(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Take groups from a server.

    Raises:
        InvalidInputError: it does not have one of them.
        Others of `set_secgroups`.
    """
    held, gone = _held(tx, server), named_secgroups(platform, tx, caller, body)
    missing = [ident for ident in gone if ident not in held]
    if missing:
        raise InvalidInputError(f"server {server.name} does not have security group {missing[0]}", field="secgroup_ids")
    _keep(tx, server, [ident for ident in held if ident not in gone])


def assign_secgroup(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Put one group into the first place, instead of what is there; raises as `set_secgroups`."""
    (first, *more) = named_secgroups(platform, tx, caller, body)
    if more:
        raise InvalidInputError("one security group is assigned at a time", field="secgroup_id")
    _keep(tx, server, [first, *(ident for ident in _held(tx, server)[1:] if ident != first)])


def named_secgroups(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> list[str]:
    """The ids of the groups that a body names, each once.

    Raises:
        MissingParameterError: it names none.
        ResourceNotFoundError: there is no such group, or not for the caller.
    """
    names = read_list_of_str(body.get("secgroup_ids") or body.get("secgroups"), "secgroup_ids")
    one = body.get("secgroup_id") or body.get("secgroup") or body.get("secgrp_id") or body.get("secgrp")
    if one:
        names = [*names, read_str(one, "secgroup_id", 128)]
    if not names:
        raise MissingParameterError("secgroup_ids is missing", field="secgroup_ids")
    return list(dict.fromkeys(str(fetch(platform, tx, caller, SECGROUPS, name).id) for name in names))


def _held(tx: Transaction, server: Any) -> list[str]:
    """The ids of its groups, the first one first."""
    rows = tx.of(GUESTSECGROUPS, PLATFORM).find(Query(where=eq("guest_id", server.id)))
    idents = sorted(row.secgroup_id for row in rows)
    return sorted(idents, key=lambda ident: ident != server.secgrp_id)


def _keep(tx: Transaction, server: Any, wanted: Sequence[str]) -> None:
    if len(wanted) > MOST:
        raise OutOfRangeError(f"a server has at most {MOST} security groups", field="secgroup_ids")
    if server.status not in ALLOWED:
        allowed = ", ".join(ALLOWED)
        raise InvalidStatusError(
            f"cannot change security groups of server {server.name} in status {server.status}; allowed: {allowed}",
            field="status",
        )
    repository = tx.of(GUESTSECGROUPS, PLATFORM)
    rows = {row.secgroup_id: row for row in repository.find(Query(where=eq("guest_id", server.id)))}
    for ident in sorted(set(rows) - set(wanted)):
        repository.remove(rows[ident])
    for ident in wanted:
        if ident not in rows:
            steady(tx, SECGROUPS, ident)
            repository.add(Guestsecgroup(id=tx.new_id(), guest_id=server.id, secgroup_id=ident))
    first = wanted[0] if wanted else ""
    tx.of(SERVERS, PLATFORM).save(evolve(server, secgrp_id=first), action="set_secgroup")
