"""Limits of what projects and domains may hold, and how much they do."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.quota.quotaalert import QUOTAALERTS
from cloudcore.resources.quota.quotalimit import QUOTALIMITS
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES

RESOURCES: tuple[Resource[Any], ...] = (QUOTALIMITS, QUOTAUSAGES, QUOTARESERVATIONS, QUOTAALERTS)
