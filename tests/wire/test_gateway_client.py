"""Clients that send everything to the gateway: one address, whatever the catalogue says."""

from __future__ import annotations

import pytest

from cloudcore.model.errors import InvalidInputError
from cloudcore_adapters.client.catalog import gateway_endpoint
from cloudcore_adapters.client.connect import connect
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_apps.inprocess import simulated_cloud


def test_address_of_a_service_is_below_the_login():
    login = "http://gw:3000/api/s/identity/v3"
    assert gateway_endpoint(login, "compute") == "http://gw:3000/api/s/compute_v2"
    assert gateway_endpoint(login, "image", region="r 0") == "http://gw:3000/api/s/image/r/r%200"
    assert gateway_endpoint(login, "log", region="r", zone="z/1") == "http://gw:3000/api/s/log/r/r/z/z%2F1"
    assert gateway_endpoint(login, "log", zone="z") == "http://gw:3000/api/s/log"
    with pytest.raises(InvalidInputError, match="api/s/identity"):
        gateway_endpoint("http://gw:3000/identity/v3", "compute")


def test_every_service_is_reached_through_the_gateway():
    place = simulated_cloud(1)
    asked: list[str] = []
    with BackgroundServer(build_app(place.cloud)) as server:
        session = connect(
            f"{server.url}/api/s/identity/v3",
            username="sysadmin",
            password="memory-cloud-password-1",
            project="system",
            region="region0",
            interface="apigateway",
            observe=asked.append,
        )
        with session:
            assert session.list("zones").items[0]["name"] == "zone0"
            assert session.get("users", "sysadmin")["name"] == "sysadmin"
            made = session.upload(None, {"name": "i", "disk_format": "raw"}, [bytes(510) + b"\x55\xaa"])
            assert session.get("images", made["id"])["name"] == "i"
            assert session.list("actions").marker_field == "id"
            told = session.perform_class("scheduler", "forecast", {"vmem_size": "1g", "disks": ["1g"]})
            assert told["can_create"] is True
            assert (
                session.perform_class("scheduler", "candidate-detail", {"ident": "sim-1"})["candidate"]["name"]
                == "sim-1"
            )
    assert asked
    assert all("/api/s/" in line for line in asked)
