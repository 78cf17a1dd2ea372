"""What has happened: the history, which the unit of work writes."""

from __future__ import annotations

from typing import Any

from cloudcore.model.history import HISTORY
from cloudcore.model.resource import Resource
from cloudcore.resources.audit.counter import COUNTERS
from cloudcore.resources.audit.decision import SCHEDULERDECISIONS
from cloudcore.resources.audit.idempotency import IDEMPOTENCIES
from cloudcore.resources.audit.plan import PLANS
from cloudcore.resources.audit.tasknotice import TASKNOTICES

RESOURCES: tuple[Resource[Any], ...] = (HISTORY, COUNTERS, IDEMPOTENCIES, PLANS, SCHEDULERDECISIONS, TASKNOTICES)
