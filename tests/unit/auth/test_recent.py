"""What is remembered of identity for a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloudcore.cloud import Cloud
from cloudcore.model.errors import InvalidCredentialError
from cloudcore.operations.identity.recent import FRESH, RecentAnswers
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock

SECRET = "Correct-Horse-Battery-9"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(clock: ManualClock) -> tuple[Cloud, str]:
    return memory_cloud(memory_platform(clock=clock))


def test_an_answer_holds_for_half_a_second(clock: ManualClock, cloud: tuple[Cloud, str]) -> None:
    platform = cloud[0].platform
    recent, asked = RecentAnswers(platform.uow, clock, platform.resources), []

    def read() -> int:
        asked.append(1)
        return len(asked)

    assert [recent.get("a", read), recent.get("a", read), recent.get("b", read)] == [1, 1, 2]
    clock.advance((FRESH - timedelta(microseconds=1)).total_seconds())
    assert recent.get("a", read) == 1
    clock.advance(1e-6)
    assert recent.get("a", read) == 3


def test_a_token_s_holder_is_known_anew_after_each_change_of_identity(cloud: tuple[Cloud, str]) -> None:
    place, password = cloud
    admin = place.login("sysadmin", password, project="system")
    user = admin.create("users", {"name": "mary", "password": SECRET})
    place.grant(admin, "system", "users", "mary", "project_owner", remove=False)
    login = {"methods": ["password"], "password": {"user": {"id": user["id"], "password": SECRET}}}
    token, _ = place.authenticate_v3({"auth": {"identity": login}}, "10.0.0.1", "r1")
    first = place.session_for(token, peer="10.0.0.1", request_id="r1").caller
    again = place.session_for(token, peer="10.0.0.2", request_id="r2").caller
    assert (first.user_name, first.client_ip, first.request_id) == ("mary", "10.0.0.1", "r1")
    assert (again.user_name, again.client_ip, again.request_id) == ("mary", "10.0.0.2", "r2")
    admin.update("users", user["id"], {"displayname": "Mary"})
    session = place.session_for(token, peer="", request_id="")
    assert place.verify_v3(session, token)["token"]["user"]["displayname"] == "Mary"
    admin.update("users", user["id"], {"displayname": "Mary Ann"})
    assert place.verify_v3(session, token)["token"]["user"]["displayname"] == "Mary Ann"
    admin.update("users", user["id"], {"enabled": False})
    with pytest.raises(InvalidCredentialError):
        place.session_for(token, peer="", request_id="")
