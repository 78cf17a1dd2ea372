"""The hypervisor of `examples/own_hypervisor.py` on the core of the suite: what a server's plain life needs."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.contracts.effects_suite import EffectsSuite, Rig

from cloudcore.model.errors import NotSupportedError
from cloudcore.ports.console import ConsoleStream
from cloudcore.ports.effects import EffectPort
from cloudcore_adapters.agent import EffectRunner

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_hypervisor.py"
MOST_LINES = 100
IMAGE = b"not much of a system".ljust(65536, b"\0")
CORE = (
    "test_a_key_never_submitted_is_unknown",
    "test_a_volume_made_twice_is_made_once",
    "test_a_volume_deleted_twice_is_gone",
    "test_a_volume_can_be_made_again_after_its_deletion",
    "test_an_image_cached_twice_is_fetched_once_and_backs_volumes",
    "test_an_image_in_use_is_not_uncached",
    "test_an_unused_image_is_uncached_once_and_again",
    "test_an_image_with_another_checksum_is_not_cached",
    "test_a_volume_on_an_image_that_is_not_cached_fails",
    "test_a_guest_lives_through_its_life_with_every_effect_twice",
    "test_a_guest_without_its_volume_does_not_start",
    "test_what_carries_another_deployments_mark_is_refused",
    "test_an_id_that_is_not_safe_as_a_name_is_refused",
    "test_a_path_that_is_no_storage_is_refused",
    "test_a_size_out_of_range_is_refused",
    "test_an_effect_of_unknown_kind_fails_for_good",
    "test_a_key_submitted_twice_keeps_its_first_effect",
    "test_a_fence_lower_than_one_seen_is_refused",
    "test_outcomes_outlive_the_port",
    "test_cancelling_what_is_done_or_unknown_changes_nothing",
)


class NoConsoles:
    """These guests have no console."""

    def open_serial(self, guest_id: str) -> ConsoleStream:
        raise NotSupportedError(f"{guest_id} has no console")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_hypervisor", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestOwnHypervisor:
    @pytest.fixture
    def rig(self, example: ModuleType, tmp_path: Path) -> Iterator[Rig]:
        folder = tmp_path / "host"
        host = example.ProcessHost(example.facts_of(folder), "contract", lambda _args: [IMAGE[:1000], IMAGE[1000:]])
        runners: list[EffectRunner] = []

        def reopen() -> EffectPort:
            for runner in runners:
                assert runner.close()
            runners[:] = [EffectRunner(host, tmp_path / "journal")]
            return runners[0]

        def never(*_: str) -> Any:
            raise AssertionError("not of the core")

        yield Rig(
            port=reopen(), hypervisor=host, consoles=NoConsoles(), deployment="contract", storage_path=str(folder),
            network="none0", subnet="10.77.0", image=("here", len(IMAGE), hashlib.sha256(IMAGE).hexdigest()),
            reopen=reopen, write=never, read=never, taken=never,
        )  # fmt: skip
        for process in host.processes.values():
            process.kill()
            process.wait()
        assert runners[0].close()


for _name in CORE:
    setattr(TestOwnHypervisor, _name, getattr(EffectsSuite, _name))


def test_the_adapter_is_as_short_as_it_says() -> None:
    text = EXAMPLE.read_text("utf-8")
    body = text[text.index("class ProcessHost") : text.index("def facts_of")]
    assert sum(bool(line.strip()) for line in body.splitlines()) <= MOST_LINES
