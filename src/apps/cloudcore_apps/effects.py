"""Sends each effect of this process to whoever performs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from cloudcore.model.effects import Effect, Outcome, Unknown
from cloudcore.model.errors import UnreachableError
from cloudcore.ports.effects import EffectPort

_KNOWN = 50_000


_WITH_SEED = ("guest-create", "guest-start", "guest-sync")


def _as_is(_server: str, ours: str) -> str:
    return ours


def _none(_server: str) -> str:
    return ""


class EffectRouter:
    """An effect port over those of the hosts and of the image store, by target.

    Who took a key is remembered for as long as the process lives, the newest keys only. For other keys the answer is
    `Unknown`: whoever drives the task submits again, and the port that has journalled the key leaves it as it is.
    """

    def __init__(
        self,
        image_url: Callable[[str, str], str],
        user_data: Callable[[str, str], str] = _as_is,
        upload_url: Callable[[str], str] = _none,
        password: Callable[[str], str] = _none,
    ) -> None:
        """image_url: a fresh address at which a host can fetch the image of an id, in a format.

        user_data: what the guest of a server finds as user data, by the server's id and the part of it that tasks know.
        upload_url: an address to which a host can send the bytes of an image that is being saved.
        password: the one that is being set in the guest of a server, by the server's id.
        """
        self._image_url = image_url
        self._user_data = user_data
        self._upload_url = upload_url
        self._password = password
        self._ports: dict[str, EffectPort] = {}
        self._takers: dict[str, str] = {}

    def add(self, target: str, port: EffectPort) -> None:
        """Let effects for a target, such as `host:<id>`, reach a port. Before the first effect is submitted."""
        self._ports[target] = port

    @property
    def targets(self) -> Mapping[str, EffectPort]:
        """The ports by target."""
        return self._ports

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`. Addresses of images, user data and passwords are added here, so that none is stored with a task."""
        port = self._ports.get(effect.target)
        if port is None:
            raise UnreachableError(f"nobody takes effects for {effect.target[:80]}")
        if effect.kind == "image-cache":
            url = self._image_url(str(effect.args.get("image_id", "")), str(effect.args.get("format", "")))
            effect = attrs.evolve(effect, args={**effect.args, "url": url})
        elif effect.kind == "volume-save":
            url = self._upload_url(str(effect.args.get("image_id", "")))
            effect = attrs.evolve(effect, args={**effect.args, "url": url})
        elif effect.kind in _WITH_SEED:
            effect = self._with_user_data(effect)
        elif effect.kind == "guest-set-password":
            effect = attrs.evolve(effect, args={**effect.args, "password": self._password(effect.resource)})
        port.submit(effect, key, fence)
        self._remember(key, effect.target)

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        if (taker := self._takers.get(key)) is not None:
            return self._ports[taker].outcome(key)
        return Unknown()

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`."""
        taker = self._takers.get(key)
        for port in [self._ports[taker]] if taker is not None else list(self._ports.values()):
            port.cancel(key)

    def _with_user_data(self, effect: Effect) -> Effect:
        desc = effect.args["desc"]
        seed = [
            [name, self._user_data(effect.resource, text) if name == "user-data" else text]
            for name, text in desc["seed"]
        ]
        return attrs.evolve(effect, args={**effect.args, "desc": {**desc, "seed": seed}})

    def _remember(self, key: str, target: str) -> None:
        if len(self._takers) >= _KNOWN:
            self._takers = {}
        self._takers[key] = target
