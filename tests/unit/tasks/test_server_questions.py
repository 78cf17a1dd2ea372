"""Questions to running guests."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.errors import (
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.guest import AGENT_QUESTIONS
from cloudcore.operations.session import CoreSession

BODIES = {"sendkeys": {"keys": "ctrl-alt-delete"}}


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud(hosts=1)
    CoreSession(cloud.platform, CALLER).create("servers", server_body("web", auto_start=True))
    cloud.settle()
    return cloud


def test_the_screen_of_a_running_server_is_a_picture(cloud: Cloud) -> None:
    told = CoreSession(cloud.platform, CALLER).perform("servers", "web", "screen-dump")

    picture = base64.b64decode(told["image"])
    assert told["content_type"] == "image/png"
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    length = struct.unpack(">I", picture[33:37])[0]
    assert len(zlib.decompress(picture[41 : 41 + length])) == (width + 1) * height


def test_keys_are_pressed_together_and_that_is_told(cloud: Cloud) -> None:
    session = CoreSession(cloud.platform, CALLER)
    (server,) = cloud.rows("servers")
    assert session.perform("servers", "web", "sendkeys", {"keys": "ctrl-alt-delete"})["name"] == "web"
    session.perform("servers", "web", "sendkeys", {"keys": "A", "duration": "250"})
    assert cloud.machines["h1"].pressed == [(server.id, (29, 56, 111), 100), (server.id, (30,), 250)]
    told = [one for one in session.list("actions", {"obj_id": server.id}).items if one["action"] == "sendkeys"]
    assert len(told) == 2
    assert all(one["success"] for one in told)
    assert "delete" not in str(told)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "keys"),
        ({"keys": ""}, "keys"),
        ({"keys": "ctrl-alt-del"}, "keys"),
        ({"keys": "ctrl--c"}, "keys"),
        ({"keys": "-".join("abcdefghijklmnopq")}, "keys"),
        ({"keys": "a", "duration": 10_001}, "duration"),
        ({"keys": "a", "duration": "long"}, "duration"),
    ],
)
def test_keys_that_there_are_not_are_named(cloud: Cloud, body: dict[str, Any], field: str) -> None:
    with pytest.raises((InvalidInputError, OutOfRangeError)) as caught:
        CoreSession(cloud.platform, CALLER).perform("servers", "web", "sendkeys", body)
    assert caught.value.field == field
    assert cloud.machines["h1"].pressed == []


def test_the_agent_of_a_running_server_answers(cloud: Cloud) -> None:
    assert CoreSession(cloud.platform, CALLER).perform("servers", "web", "qga-ping")["qga_status"] == "available"


def test_the_agent_tells_the_addresses_that_the_guest_has(cloud: Cloud) -> None:
    session = CoreSession(cloud.platform, CALLER)
    (card,) = cloud.rows("guestnetworks")
    lo, eth0 = session.perform("servers", "web", "qga-get-network")
    assert lo["name"] == "lo"
    assert (eth0["hardware-address"], eth0["ip-addresses"][0]["ip-address"]) == (card.mac_addr, card.ip_addr)
    told = session.perform("servers", "web", "qga-guest-info-task")
    assert (told["version"], {one["name"] for one in told["supported_commands"]}) == ("simulated", {*AGENT_QUESTIONS})


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no list", []),
        ([7, {"name": "x" * 999, "ip-addresses": "many"}], [("x" * 128, [])]),
        ([{"ip-addresses": [{"ip-address": 5, "prefix": "8"}]}] * 999, [("", [("", 0)])] * 64),
    ],
)
def test_of_what_a_hostile_guest_says_only_so_much_is_told(cloud: Cloud, said: Any, shown: Any) -> None:
    class Hostile:
        def screenshot(self, _guest_id: str) -> bytes:
            return b""

        def ask_agent(self, _guest_id: str, _question: str) -> Any:
            return said

    session = CoreSession(attrs.evolve(cloud.platform, guests=lambda _host: Hostile()), CALLER)
    cards = session.perform("servers", "web", "qga-get-network")
    told = [(one["name"], [(each["ip-address"], each["prefix"]) for each in one["ip-addresses"]]) for one in cards]
    assert told == shown
    assert session.perform("servers", "web", "qga-guest-info-task") == {"version": "", "supported_commands": []}


@pytest.mark.parametrize("action", ["screen-dump", "qga-ping", "qga-get-network", "qga-guest-info-task", "sendkeys"])
def test_a_server_that_does_not_run_is_not_asked(cloud: Cloud, action: str) -> None:
    session = CoreSession(cloud.platform, CALLER)
    with pytest.raises(ResourceNotFoundError):
        session.perform("servers", "none", action, BODIES.get(action, {}))
    (server,) = cloud.rows("servers")
    cloud.machines["h1"].machine.set_power_state(server.id, "off")
    with pytest.raises(ResourceNotFoundError):
        session.perform("servers", "web", action, BODIES.get(action, {}))
    session.perform("servers", "web", "syncstatus")
    cloud.settle()
    with pytest.raises(InvalidStatusError, match="must be running"):
        session.perform("servers", "web", action, BODIES.get(action, {}))


def test_a_host_that_nobody_can_ask_is_told(cloud: Cloud) -> None:
    session = CoreSession(attrs.evolve(cloud.platform, guests={}.get), CALLER)
    with pytest.raises(NotSupportedError):
        session.perform("servers", "web", "screen-dump")
