"""What the agents of simulated guests tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.guest import AGENT_QUESTIONS, GuestDescription
from cloudcore.model.json import JsonObject


def told(desc: GuestDescription, question: str) -> Any:
    """The answer of a guest's agent: it has the addresses that it was given."""
    answers: Mapping[str, Callable[[], Any]] = {
        "guest-ping": dict,
        "guest-info": _info,
        "guest-network-get-interfaces": lambda: _interfaces(desc),
    }
    if question not in answers:
        raise NotSupportedError("guests' agents are not asked this", field="question")
    return answers[question]()


def _info() -> JsonObject:
    known = [{"name": name, "enabled": True, "success-response": True} for name in AGENT_QUESTIONS]
    return {"version": "simulated", "supported_commands": known}


def _interfaces(desc: GuestDescription) -> list[JsonObject]:
    own = {"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}
    found: list[JsonObject] = [{"name": "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [own]}]
    for nic in sorted(desc.nics, key=lambda one: one.index):
        address = {"ip-address": nic.ip, "ip-address-type": "ipv4", "prefix": nic.prefix}
        found.append({"name": f"eth{nic.index}", "hardware-address": nic.mac, "ip-addresses": [address]})
    return found
