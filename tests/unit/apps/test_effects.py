"""The router of effects."""

from __future__ import annotations

import attrs
import pytest

from cloudcore.model.effects import Done, Effect, Outcome, Unknown
from cloudcore.model.errors import UnreachableError
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated.host import SimulatedHost, default_facts
from cloudcore_apps.effects import EffectRouter

DEPLOYMENT = "0c0ffee0-0000-4000-8000-000000000001"
IMAGE = "cf8157ca-963e-4565-8534-90ddfb805121"


def make() -> tuple[EffectRouter, SimulatedHost, SimulatedHost]:
    router = EffectRouter(lambda image, kind: f"http://127.0.0.1:1/internal/images/{image}?f={kind}&s=fresh")
    hosts = [
        SimulatedHost(ManualClock(), deployment=DEPLOYMENT, facts=default_facts(f"sim-{n}", f"uuid-{n}"))
        for n in (1, 2)
    ]
    for number, host in enumerate(hosts, 1):
        router.add(f"host:{number}", host)
    router.add("image:store", InlineEffects(performer=ImagePerformer(MemoryImageStore())))
    return router, hosts[0], hosts[1]


def cache(target: str) -> Effect:
    args = {
        "image_id": IMAGE,
        "format": "raw",
        "size": 1,
        "checksum": "0" * 64,
        "url": "",
        "storage_path": "/sim/storage",
    }
    return Effect(kind="image-cache", target=target, resource=IMAGE, args=args)


def test_an_effect_goes_to_its_target_alone() -> None:
    router, first, second = make()
    router.submit(cache("host:2"), "t/images/d1/0", 1)
    assert isinstance(router.outcome("t/images/d1/0"), Done)
    assert (len(first.journal), len(second.journal)) == (0, 1)


def test_an_images_address_is_made_when_it_is_submitted() -> None:
    router, first, _ = make()
    wanted = cache("host:1")
    router.submit(wanted, "t/images/d1/0", 1)
    sent = first.journal["t/images/d1/0"]["effect"]["args"]["url"]
    assert sent == f"http://127.0.0.1:1/internal/images/{IMAGE}?f=raw&s=fresh"
    assert wanted.args["url"] == ""


def test_a_target_that_nobody_serves_is_unreachable() -> None:
    router, _, _ = make()
    with pytest.raises(UnreachableError):
        router.submit(cache("host:3"), "t/images/d1/0", 1)


def test_a_restarted_router_answers_once_the_effect_is_submitted_again() -> None:
    router, first, _ = make()
    router.submit(cache("host:1"), "t/images/d1/0", 5)
    again = EffectRouter(lambda _image, _format: "")
    again.add("host:1", first)
    assert again.outcome("t/images/d1/0") == Unknown()
    again.submit(cache("host:1"), "t/images/d1/0", 6)
    assert isinstance(again.outcome("t/images/d1/0"), Done)
    assert first.journal["t/images/d1/0"]["fence"] == 5


def test_the_image_store_is_one_of_the_targets() -> None:
    router, _, _ = make()
    router.submit(Effect(kind="image-delete", target="image:store", resource=IMAGE, args={"keys": []}), "k", 1)
    assert router.outcome("k") == Done({})


def test_an_effect_of_unknown_taker_is_cancelled_wherever_it_is() -> None:
    router, first, _ = make()
    slow = SimulatedHost(ManualClock(), deployment=DEPLOYMENT, delays={"image-cache": 60})
    slow.submit(cache("host:9"), "k", 1)
    router.add("host:9", slow)
    router.cancel("k")
    assert slow.journal["k"]["outcome"]["failed"]["error"] == "cancelled"
    assert first.journal == {}


@pytest.mark.parametrize("kind", ["guest-create", "guest-start", "guest-sync"])
def test_user_data_reaches_the_host_and_no_task(kind: str) -> None:
    taken: list[Effect] = []
    router = EffectRouter(lambda image, _form: image, lambda server, ours: f"{ours}# secret of {server}")
    router.add("host:h", Taker(taken))
    seed = [["meta-data", "{}"], ["user-data", "#cloud-config\n"]]
    effect = Effect(kind=kind, target="host:h", resource="s1", args={"desc": {"seed": seed}})

    router.submit(effect, "k", 1)

    assert taken[0].args["desc"]["seed"] == [["meta-data", "{}"], ["user-data", "#cloud-config\n# secret of s1"]]
    assert effect.args == {"desc": {"seed": seed}}


def test_a_password_reaches_the_host_and_no_task() -> None:
    taken: list[Effect] = []
    router = EffectRouter(lambda image, _form: image, password={"s1": "Secret-123"}.__getitem__)
    router.add("host:h", Taker(taken))
    effect = Effect(kind="guest-set-password", target="host:h", resource="s1", args={"account": "root"})

    router.submit(effect, "k", 1)

    assert taken[0].args == {"account": "root", "password": "Secret-123"}
    assert effect.args == {"account": "root"}


@attrs.frozen
class Taker:
    """A port that keeps what it is sent."""

    taken: list[Effect]

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        self.taken.append(effect)

    def outcome(self, key: str) -> Outcome:
        return Unknown()

    def cancel(self, key: str) -> None:
        return None
