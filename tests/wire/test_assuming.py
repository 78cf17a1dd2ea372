"""Acting as somebody else over HTTP, by the SDK and by `climc`."""

from __future__ import annotations

import json

import pytest

from cloudcore.model.errors import UnauthorizedError
from cloudcore_adapters.client.connect import connect
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime
from cloudcore_apps.inprocess import simulated_cloud

SECRET = "Correct-Horse-Battery-9"
THERE = {"region": "region0", "interface": "apigateway"}


def test_an_administrator_has_a_token_of_somebody_else(capsys):
    place = simulated_cloud(1)
    place.admin.create("projects", {"name": "shop"})
    place.admin.create("users", {"name": "ann", "password": SECRET})
    place.cloud.grant(place.admin, "shop", "users", "ann", "project_owner", remove=False)
    with BackgroundServer(build_app(place.cloud)) as server:
        url = f"{server.url}/api/s/identity/v3"
        admin = connect(url, username="sysadmin", password="memory-cloud-password-1", project="system", **THERE)
        with admin, connect(url, username="ann", password=SECRET, project="shop", **THERE) as ann:
            root = {"OS_USERNAME": "sysadmin", "OS_PASSWORD": "memory-cloud-password-1", "OS_PROJECT_NAME": "system"}
            assert (
                run(
                    ["--output", "json", "user-assume", "ann", "--project", "shop"],
                    Runtime({"OS_AUTH_URL": url, **root}),
                )
                == 0
            )
            told = json.loads(capsys.readouterr().out)
            assert (told["user"], told["project"]) == ("ann", "shop")
            with connect(url, token=told["id"], **THERE) as acting:
                assert acting.create("secgroups", {"name": "by-proxy"})["tenant"] == "shop"
            ids = [place.admin.get(*what)["id"] for what in (("users", "ann"), ("projects", "shop"))]
            assert admin.assume(*ids).user["name"] == "ann"
            with connect(url, username="ann", password=SECRET, project=ids[1], **THERE) as by_id:
                assert by_id.token.project["name"] == "shop"
            with pytest.raises(UnauthorizedError):
                ann.assume("sysadmin", "system")
            user = {"OS_USERNAME": "ann", "OS_PASSWORD": SECRET, "OS_PROJECT_NAME": "shop"}
            assert run(["user-assume", "sysadmin", "--project", "system"], Runtime({"OS_AUTH_URL": url, **user})) == 4
            assert "not enough privilege" in capsys.readouterr().err
