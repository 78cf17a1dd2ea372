"""How a process of the simulation dies."""

from __future__ import annotations


class Crash(BaseException):
    """The process of an actor is killed where it stands; nothing but the simulation catches this."""
