"""Who asks for things: users and operators, all of them for everything, so that they meet at the same objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudcore.model.errors import BackendError, CloudcoreError, UnreachableError
from cloudcore_apps.simulate.asking import Menu, Request
from cloudcore_apps.simulate.makers import Draw
from cloudcore_apps.simulate.people import CALLER, NEIGHBOUR
from cloudcore_apps.simulate.process import NO_ANSWER

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

LONGEST_PAUSE_S = 30.0
FIRST_S = 0.01
"""When the first thing is asked for: then there are processes."""
HASTE = 0.7
"""So often nobody waits in a crowd."""
SECOND_SHARE = 0.25
"""So much is asked for in the name of the second tenant, while it is there."""


class Client:
    """One user or operator."""

    def __init__(self, life: Life, name: str, menu: Menu) -> None:
        self._life = life
        self._menu = menu
        self.name = name

    def work(self) -> None:
        """Be an actor."""
        stage = self._life.stage
        try:
            stage.sleep(FIRST_S)
            for turn in range(self._life.shape.rounds):
                draw = Draw(cloud=self._life.cloud, random=stage.random, name=f"{self.name}-{turn}")
                request = self._menu.draw(draw, crowded=self._life.is_crowded)
                if draw.name not in self._life.without:
                    self._ask(request)
                in_haste = self._life.is_crowded and stage.random.random() < HASTE
                stage.sleep(0.0 if in_haste else stage.random.random() * LONGEST_PAUSE_S)
        finally:
            self._life.busy -= 1

    def _ask(self, request: Request) -> None:
        life, operation = self._life, request.operation
        what = f"{operation.name} {request.ident[:8]}".strip()
        is_second = not life.is_leaving and life.stage.random.random() < SECOND_SHARE
        tenant = " for the second tenant" if is_second else ""
        life.stage.note(f"{self.name} asks{tenant}: {what} {dict(sorted(request.body.items()))}")
        try:
            made = life.request(self.name, request.ask, NEIGHBOUR if is_second else CALLER)
        except CloudcoreError as error:
            life.stage.note(f"{self.name} is refused {what}: {error.code} {error}")
            life.asked[operation.name, type(error).__name__] += 1
            if isinstance(error, BackendError) and not isinstance(error, UnreachableError):
                life.watch.complain("refusal", f"{operation.name} {request.body} failed: {error} [{error.internal}]")
            return
        if made is NO_ANSWER:
            return
        life.asked[operation.name, ""] += 1
        life.stage.note(f"{self.name} has its answer: {what}")
        if operation.verb == "create" and made is not None:
            life.watch.acknowledged(operation.resource.plural, str(made["id"]))
