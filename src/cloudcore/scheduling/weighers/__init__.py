"""The weighers, those first that read what no placement changes. A host's score is the sum of score times weight; equally good hosts are ordered by the request's seed.

To add one: a file with a function and its `Weigher` value; its line here; a test for its own rule.
"""

from __future__ import annotations

from cloudcore.scheduling.weighers.capacity import CAPACITY
from cloudcore.scheduling.weighers.creating import CREATING
from cloudcore.scheduling.weighers.device import DEVICE
from cloudcore.scheduling.weighers.lasting import LASTING
from cloudcore.scheduling.weighers.numa import NUMA
from cloudcore.scheduling.weighers.pack import PACK
from cloudcore.scheduling.weighers.project import PROJECT
from cloudcore.scheduling.weighers.schedtag import SCHEDTAG
from cloudcore.scheduling.weighers.spread import SPREAD
from cloudcore.scheduling.weighers.weigher import Weigher

__all__ = ["WEIGHERS", "Weigher"]

WEIGHERS: tuple[Weigher, ...] = (SCHEDTAG, SPREAD, CAPACITY, PROJECT, CREATING, NUMA, DEVICE, PACK, LASTING)
