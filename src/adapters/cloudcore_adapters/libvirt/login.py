"""Passwords in running guests, by the guest's agent."""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudcore.model.errors import BackendError, ConflictError, InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments
from cloudcore_adapters.libvirt.connection import Domain
from cloudcore_adapters.libvirt.power import MISSING, ON, power_state

_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", re.ASCII)


def set_password(find: Callable[[str], Domain | None], args: JsonMapping) -> JsonObject:
    """Perform `guest-set-password`. find: the domain of a guest of ours, by its id."""
    import libvirt

    account = arguments.text(args, "account", longest=32)
    password = arguments.text(args, "password", longest=128)
    if not _ACCOUNT.fullmatch(account):
        raise InvalidInputError("account is not the name of one", field="account")
    domain = find(arguments.ident(args, "guest_id"))
    state = MISSING if domain is None else power_state(domain)
    if domain is None or state != ON:
        raise ConflictError(f"the guest is {state}: only one that is on has an agent that answers")
    try:
        domain.setUserPassword(account, password, 0)
    except libvirt.libvirtError as e:
        # What libvirt says may repeat what it was told.
        said = f"libvirt {e.get_error_code()}/{e.get_error_domain()}"
        if e.get_error_code() in (libvirt.VIR_ERR_AGENT_UNRESPONSIVE, libvirt.VIR_ERR_AGENT_UNSYNCED):
            raise BackendError("the guest's agent does not answer", internal=said) from e
        raise BackendError(f"the guest's agent could not set the password of {account}", internal=said) from e
    return {}
