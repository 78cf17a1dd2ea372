"""Every type that is stored: the resources of the platform and the tasks that work on them."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.registry import ALL
from cloudcore.tasks.task import TASKS

TYPES: tuple[Resource[Any], ...] = (*ALL, TASKS)
"""What storage adapters make tables for."""
