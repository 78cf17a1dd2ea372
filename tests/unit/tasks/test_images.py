"""The image performer, and effects performed where they are submitted."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Unknown, outdated
from cloudcore.model.errors import InvalidInputError, ResourceNotFoundError
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import KEPT, InlineEffects
from cloudcore_adapters.memory.images import MemoryImageStore

RAW = bytes(510) + b"\x55\xaa" + bytes(512)


class Bench:
    """An image store behind inline effects."""

    def __init__(self) -> None:
        self.store = MemoryImageStore()
        self.port = InlineEffects(performer=ImagePerformer(self.store))
        self.count = 0

    def do(self, kind: str, *, fence: int = 1, resource: str = "img", **args: Any) -> Outcome:
        self.count += 1
        self.port.submit(Effect(kind=kind, target="image:store", resource=resource, args=args), f"k{self.count}", fence)
        return self.port.outcome(f"k{self.count}")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_probe_says_what_the_bytes_are(bench: Bench) -> None:
    bench.store.write("staged/1", [RAW])

    outcome = bench.do("image-probe", image_id="1", staged_key="staged/1", declared_format="raw")

    assert isinstance(outcome, Done)
    assert outcome.result.pop("fast_hash") == "72978777fc82bcce551e11cd37bd0822"
    assert outcome == Done({"format": "raw", "virtual_size": 1024, "size": 1024, "label": ""})


@pytest.mark.parametrize("declared", [None, ""])
def test_a_probe_without_a_declared_format_finds_it_out(bench: Bench, declared: str | None) -> None:
    bench.store.write("staged/1", [RAW])

    outcome = bench.do("image-probe", image_id="1", staged_key="staged/1", declared_format=declared)

    assert isinstance(outcome, Done)
    assert outcome.result["format"] == "raw"


@pytest.mark.parametrize(
    ("data", "declared"),
    [(RAW, "qcow2"), (b"QFI\xfb" + bytes(1020), "qcow2"), (b"short", "raw"), (RAW, "exe"), (RAW, 7)],
)
def test_bytes_that_are_not_what_they_claim_fail_for_good(bench: Bench, data: bytes, declared: Any) -> None:
    bench.store.write("staged/1", [data])

    outcome = bench.do("image-probe", image_id="1", staged_key="staged/1", declared_format=declared)

    assert isinstance(outcome, Failed)
    assert not outcome.transient


def test_a_probe_of_nothing_fails_for_good(bench: Bench) -> None:
    outcome = bench.do("image-probe", image_id="1", staged_key="staged/1", declared_format="raw")

    assert outcome == Failed("there are no image bytes under staged/1")


def test_a_promotion_twice_is_the_same_as_once(bench: Bench) -> None:
    bench.store.write("staged/1", [RAW])

    for _ in range(2):
        outcome = bench.do("image-promote", image_id="1", staged_key="staged/1", key="images/1")
        assert outcome == Done({"key": "images/1"})

    assert bench.store.read("images/1", 0, 2000) == RAW


def test_a_deletion_removes_all_keys_and_is_repeatable(bench: Bench) -> None:
    for key in ("images/1", "images/2"):
        bench.store.write(key, [b"x"])

    for _ in range(2):
        assert bench.do("image-delete", keys=["images/1", "images/2", "images/3"]) == Done({})

    for key in ("images/1", "images/2"):
        with pytest.raises(ResourceNotFoundError):
            bench.store.size(key)


@pytest.mark.parametrize(
    ("kind", "args", "field"),
    [
        ("image-probe", {}, "staged_key"),
        ("image-probe", {"staged_key": "../x"}, "staged_key"),
        ("image-promote", {"staged_key": "a"}, "key"),
        ("image-promote", {"staged_key": "a", "key": 7}, "key"),
        ("image-delete", {}, "keys"),
        ("image-delete", {"keys": "abc"}, "keys"),
        ("image-delete", {"keys": ["a"] * 1001}, "keys"),
        ("image-delete", {"keys": ["good", "../bad"]}, "keys"),
        ("image-bake", {}, "image-bake"),
    ],
)
def test_hostile_arguments_fail_for_good_and_change_nothing(bench: Bench, kind: str, args: Any, field: str) -> None:
    bench.store.write("good", [b"x"])

    outcome = bench.do(kind, **args)

    assert isinstance(outcome, Failed)
    assert not outcome.transient
    assert field in outcome.error
    assert bench.store.size("good") == 1


def test_effects_of_a_later_version_are_refused(bench: Bench) -> None:
    effect = Effect(kind="image-delete", target="image:store", resource="img", args={"keys": []}, version=2)

    bench.port.submit(effect, "key", 1)

    assert bench.port.outcome("key") == Failed("effects of version 2 are not supported")


def test_an_older_fence_is_refused(bench: Bench) -> None:
    bench.do("image-delete", keys=[], fence=7)

    assert bench.do("image-delete", keys=[], fence=6) == outdated(6, 7)
    assert bench.do("image-delete", keys=[], fence=6, resource="other") == Done({})


def test_a_key_is_performed_once(bench: Bench) -> None:
    bench.store.write("one", [b"x"])
    bench.port.submit(Effect(kind="image-delete", target="", resource="a", args={"keys": []}), "key", 1)

    bench.port.submit(Effect(kind="image-delete", target="", resource="a", args={"keys": ["one"]}), "key", 1)

    assert bench.store.size("one") == 1


def test_a_full_store_is_a_transient_failure() -> None:
    class Full:
        def perform(self, *_args: Any) -> Any:
            return MemoryImageStore(capacity=1).write("key", [b"xyz"])

    port = InlineEffects(performer=Full())
    port.submit(Effect(kind="any", target="", resource="r"), "key", 1)

    assert port.outcome("key") == Failed("the image store is full", transient=True)


def test_a_defect_is_told_and_its_words_are_not_shown() -> None:
    class Broken:
        def perform(self, *_args: Any) -> Any:
            raise ValueError("/etc/secret")

    told: list[Exception] = []
    port = InlineEffects(performer=Broken(), on_defect=lambda _effect, error: told.append(error))

    port.submit(Effect(kind="any", target="", resource="r"), "key", 1)

    assert port.outcome("key") == Failed("internal error of the platform", transient=True)
    assert [str(error) for error in told] == ["/etc/secret"]


def test_what_was_interrupted_is_unknown_and_can_be_submitted_again() -> None:
    class Interrupted:
        calls = 0

        def perform(self, *_args: Any) -> Any:
            self.calls += 1
            if self.calls == 1:
                raise KeyboardInterrupt
            return {}

    port = InlineEffects(performer=Interrupted())
    effect = Effect(kind="any", target="", resource="r")
    with pytest.raises(KeyboardInterrupt):
        port.submit(effect, "key", 1)

    assert port.outcome("key") == Unknown()
    port.submit(effect, "key", 1)
    assert port.outcome("key") == Done({})


def test_memory_is_bounded_and_recent_outcomes_are_kept(bench: Bench) -> None:
    for number in range(2 * KEPT + 10):
        bench.do("image-delete", keys=[], resource=f"r{number}")
    bench.port.cancel("k1")

    assert bench.port.outcome("k1") == Unknown()
    assert bench.port.outcome(f"k{KEPT + 20}") == Done({})
    assert len(bench.port._outcomes) <= 2 * KEPT
    assert len(bench.port._fences) <= 2 * KEPT


@pytest.mark.parametrize("key", ["", "k" * 513])
def test_keys_are_bounded(bench: Bench, key: str) -> None:
    with pytest.raises(InvalidInputError):
        bench.port.submit(Effect(kind="image-delete", target="", resource="r"), key, 1)
