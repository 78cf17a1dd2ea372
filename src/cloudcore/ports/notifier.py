"""The port to those who want to be told that something is over, at URLs that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cloudcore.model.json import JsonMapping


class Notifier(Protocol):
    """Tells people outside, at addresses that the deployment lets callers reach through it, and at no others."""

    def tell(self, url: str, body: JsonMapping, headers: Mapping[str, str]) -> None:
        """POST a JSON object; returns once whoever is there has taken it. Nothing but these headers says who we are.

        Raises:
            InvalidInputError: the URL is none, or leads to where it may not.
            BackendError: it was not taken; perhaps another time.
        """
        ...
