"""Reset, suspend, resume and sync of servers, through the public operations on simulated hosts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.effects import Effect, Failed
from cloudcore.model.errors import CloudcoreError, InvalidStatusError
from cloudcore.operations.hosts import sync_power
from cloudcore.operations.session import CoreSession
from cloudcore_apps.power import follow_power


class Lab:
    """One server on a simulated host."""

    def __init__(self, *, failing: str = "", **body: Any) -> None:
        self.failing = failing
        self.cloud = Cloud(hosts=1, failures=self._fail)
        self.session = CoreSession(self.cloud.platform, CALLER)
        made = self.session.create("servers", server_body("web", auto_start=True, **body))
        self.ident = str(made["id"])
        self.cloud.settle()

    def do(self, action: str, **body: Any) -> str:
        """Perform an action to its end; the server's status."""
        self.session.perform("servers", self.ident, action, body)
        self.cloud.settle()
        return str(self.row().status)

    def row(self) -> Any:
        return self.cloud.row("servers", self.ident)

    def power(self) -> str:
        return self.cloud.machines["h1"].power_state(self.ident)

    def effects(self) -> list[str]:
        return [entry["effect"]["kind"] for entry in self.cloud.machines["h1"].journal.values()]

    def _fail(self, effect: Effect, _tried: int) -> Failed | None:
        return Failed("it does not work here") if effect.kind == self.failing else None


def test_a_suspended_server_is_off_and_goes_on_by_resume_or_start() -> None:
    lab = Lab()

    for way in ("resume", "start"):
        assert lab.do("suspend") == "suspend"
        assert (lab.power(), lab.row().power_states) == ("saved", "off")
        assert lab.do(way) == "running"
        assert (lab.power(), lab.row().power_states) == ("on", "on")
    assert lab.effects().count("guest-resume") == 2


def test_the_memory_of_a_suspended_server_is_given_up_by_force_only() -> None:
    lab = Lab()
    lab.do("suspend")

    with pytest.raises(InvalidStatusError):
        lab.do("stop")
    assert lab.power() == "saved"
    assert lab.do("stop", is_force=True) == "ready"
    assert lab.power() == "off"


def test_a_suspended_server_is_deleted_with_its_memory() -> None:
    lab = Lab()
    lab.do("suspend")

    lab.session.delete("servers", lab.ident)
    lab.cloud.settle()

    assert lab.row() is None
    assert [f.kind.value for f in lab.cloud.machines["h1"].inventory()] == ["image"]


@pytest.mark.parametrize("hard", [False, True])
def test_reset_presses_the_button_or_cuts_the_power(hard: bool) -> None:
    lab = Lab()
    before = len(lab.effects())

    assert lab.do("reset", is_hard=hard) == "running"

    assert lab.effects()[before:] == (["guest-stop", "guest-start"] if hard else ["guest-reset"])
    assert lab.power() == "on"


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("reset", {"is_hard": "perhaps"}, "is_hard"),
        ("stop", {"timeout_secs": 601}, "timeout_secs"),
        ("stop", {"timeout_secs": "soon"}, "timeout_secs"),
        ("restart", {"timeout_secs": -1}, "timeout_secs"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(action: str, body: dict[str, Any], field: str) -> None:
    lab = Lab()
    before = lab.row()

    with pytest.raises(CloudcoreError) as caught:
        lab.do(action, **body)

    assert caught.value.field == field
    assert lab.row() is before


@pytest.mark.parametrize(
    ("failing", "action", "status", "power"),
    [
        ("guest-suspend", "suspend", "suspend_failed", "on"),
        ("guest-reset", "reset", "stop_fail", "on"),
        ("guest-sync", "sync", "sync_fail", "on"),
    ],
)
def test_what_fails_leaves_the_guest_as_it_was_and_can_be_done_again(
    failing: str, action: str, status: str, power: str
) -> None:
    lab = Lab()
    lab.failing = failing

    assert lab.do(action) == status
    assert lab.row().status_reason == "it does not work here"
    assert lab.power() == power
    lab.failing = ""
    assert lab.do(action) in ("suspend", "running")


def test_a_server_that_cannot_be_resumed_keeps_its_memory_until_it_can_or_is_given_up() -> None:
    lab = Lab()
    lab.do("suspend")
    lab.failing = "guest-resume"

    assert lab.do("start") == "resume_failed"
    assert lab.power() == "saved"
    assert lab.do("resume") == "resume_failed"
    lab.failing = ""
    assert lab.do("resume") == "running"


def test_memory_that_is_gone_is_told_and_the_server_is_not_stuck() -> None:
    lab = Lab()
    lab.do("suspend")
    lab.cloud.machines["h1"].machine.set_power_state(lab.ident, "off")

    assert lab.do("resume") == "resume_failed"
    assert "no saved memory" in lab.row().status_reason
    assert lab.do("syncstatus") == "ready"
    assert lab.do("start") == "running"


def test_the_host_tells_of_guests_that_were_suspended_or_resumed_behind_our_back() -> None:
    lab = Lab()

    for told, status in (("saved", "suspend"), ("on", "running"), ("saved", "suspend"), ("off", "ready")):
        sync_power(lab.cloud.platform, "h1", {lab.ident: told})
        assert lab.row().status == status
    lab.cloud.machines["h1"].machine.set_power_state(lab.ident, "saved")
    assert lab.do("syncstatus") == "suspend"


def test_a_power_cut_during_a_task_is_noticed_by_the_next_look() -> None:
    lab = Lab()
    host = lab.cloud.machines["h1"]
    lab.session.perform("servers", lab.ident, "sync", {})
    host.machine.set_power_state(lab.ident, "off")
    follow_power(lab.cloud.platform, "h1", host.inventory)
    assert lab.row().status != "ready"  # the task holds it
    lab.cloud.settle()
    host.machine.set_power_state(lab.ident, "off")

    follow_power(lab.cloud.platform, "h1", host.inventory)

    assert lab.row().status == "ready"


def test_what_was_seen_before_a_server_changed_does_not_count() -> None:
    lab = Lab()
    with lab.cloud.store.read() as tx:
        seen_at = tx.now
    lab.do("restart", is_force=True)

    assert sync_power(lab.cloud.platform, "h1", {lab.ident: "off"}, seen_at=seen_at) == []
    assert lab.row().status == "running"


def test_a_suspended_guest_survives_its_hosts_power_cut() -> None:
    lab = Lab()
    lab.do("suspend")

    lab.cloud.machines["h1"].crash(power=True)
    lab.cloud.machines["h1"].restart()

    assert lab.power() == "saved"
    assert lab.do("resume") == "running"


def test_a_host_that_tells_nothing_new_asks_for_no_tasks_and_one_that_does_for_few() -> None:
    asked: list[str] = []
    lab = Lab()
    lab.cloud.store.pause = asked.append

    assert sync_power(lab.cloud.platform, "h1", {lab.ident: "on"}) == []
    assert [where for where in asked if "tasks" in where] == []

    assert sync_power(lab.cloud.platform, "h1", {lab.ident: "off"}) == [lab.ident]
    assert len([where for where in asked if "tasks" in where]) == 1
