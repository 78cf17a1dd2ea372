"""Questions to running guests."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.errors import InvalidStatusError, NotSupportedError, ResourceNotFoundError
from cloudcore.operations.session import CoreSession


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


def test_the_agent_of_a_running_server_answers(cloud: Cloud) -> None:
    assert CoreSession(cloud.platform, CALLER).perform("servers", "web", "qga-ping")["qga_status"] == "available"


@pytest.mark.parametrize("action", ["screen-dump", "qga-ping"])
def test_a_server_that_does_not_run_is_not_asked(cloud: Cloud, action: str) -> None:
    session = CoreSession(cloud.platform, CALLER)
    with pytest.raises(ResourceNotFoundError):
        session.perform("servers", "none", action)
    (server,) = cloud.rows("servers")
    cloud.machines["h1"].machine.set_power_state(server.id, "off")
    with pytest.raises(ResourceNotFoundError):
        session.perform("servers", "web", action)
    session.perform("servers", "web", "syncstatus")
    cloud.settle()
    with pytest.raises(InvalidStatusError, match="must be running"):
        session.perform("servers", "web", action)


def test_a_host_that_nobody_can_ask_is_told(cloud: Cloud) -> None:
    import attrs

    session = CoreSession(attrs.evolve(cloud.platform, guests={}.get), CALLER)
    with pytest.raises(NotSupportedError):
        session.perform("servers", "web", "screen-dump")
