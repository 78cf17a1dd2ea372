"""Quota alerts: owners whose usage has reached so much of a limit that somebody should know."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import READ_ONLY, Level, Resource, Spec
from cloudcore.model.units import Unit


@entity
class Quotaalert(Entity):
    """One counter of one owner that has reached a threshold; it goes when the usage falls below the lowest one.

    tenant_id: empty for a domain as a whole. counter: as clients call it; `family` has it. field: of the limits. keys: what the limit is
    narrowed to, as of `Quotalimit`.
    percent: the highest threshold that is reached. used, bound: usage and limit when it was.
    """

    domain_id: Annotated[str, Spec("Domain", width=64, index=True)]
    tenant_id: Annotated[str, Spec("Project, or empty for the domain as a whole", width=64, index=True)] = ""
    family: Annotated[str, Spec("Plural of the family of quotas", width=32)]
    counter: Annotated[str, Spec("What is counted", width=32)]
    field: Annotated[str, Spec("Field of the limits", width=32)]
    keys: Annotated[str, Spec("What the limit is narrowed to", width=512)] = ""
    percent: Annotated[int, Spec("The highest threshold that is reached", unit=Unit.PERCENT)]
    used: Annotated[int, Spec("Usage when it was reached")]
    bound: Annotated[int, Spec("The limit then")]


QUOTAALERTS = Resource(
    entity=Quotaalert,
    service="compute",
    area="quota",
    singular="quota_alert",
    plural="quota_alerts",
    doc="Projects and domains that have nearly, or wholly, used up a limit.",
    level=Level.PROJECT,
    columns=("domain_id", "tenant_id", "counter", "keys", "percent", "used", "bound", "created_at"),
    unique=(("domain_id", "tenant_id", "field", "keys"),),
    verbs=READ_ONLY,
)
