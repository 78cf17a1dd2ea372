"""How far the storage was: what this process has written since then, in time proportional to that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from cloudcore.model.resource import Resource
from cloudcore.operations.platform import Platform
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.compute.schedtag import SCHEDTAGS
from cloudcore.resources.compute.tagging import SCHEDTAGHOSTS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS

MOVING = frozenset(
    [
        "servers",
        "disks",
        "guestdisks",
        "guestnetworks",
        "guestsecgroups",
        "images",
        "cachedimages",
        "storagecachedimages",
        "tasks",
        "keypairs",
        "secgroups",
        "secgrouprules",
        "credentials",
        "passwords",
        "users",
        "idempotencies",
        "revocations",
        "schedulerdecisions",
    ]
)
"""Types that requests change all the time and that no column is read from."""
TAGS: tuple[Resource[Any], ...] = (SCHEDTAGS, SCHEDTAGHOSTS)
"""Types that say which hosts pack."""
BY_ROW = tuple(each.plural for each in (HOSTS, *TAGS))
"""Types a change of which is about some hosts alone."""
_TRAILED = (HOSTCLAIMS.plural, STORAGECLAIMS.plural, SHAREDRESOURCES.plural, *BY_ROW)
_FOLLOWED = MOVING | {*BY_ROW, NODECLAIMS.plural}
"""Of a change of any other type it is not known which columns it is about; a claim of a node changes with that of its host."""


@attrs.frozen(kw_only=True)
class Mark:
    """How far the storage was before a unit began: what has happened until then, the unit sees.

    trails: for each type that is followed row by row, the number of what was written (`UnitOfWork.written`). others: of all
    other types that are not `MOVING`, the revision.
    """

    trails: Mapping[str, int]
    others: int

    def differs(self, before: Mark, plurals: Collection[str]) -> bool:
        """Whether rows of any of these types were written since an earlier one."""
        return any(self.trails[plural] != before.trails[plural] for plural in plurals)

    def is_elsewhere(self, before: Mark) -> bool:
        """Whether something has changed since an earlier one of which there is no telling which hosts it is about."""
        # With whom something is shared has no revision.
        return self.others != before.others or self.differs(before, (SHAREDRESOURCES.plural,))


def mark(platform: Platform) -> Mark:
    """To be taken before the unit begins in which a pool is brought up to date."""
    uow = platform.uow
    return Mark(
        trails={plural: uow.written(plural, None)[0] for plural in _TRAILED}, others=uow.revision(without=_FOLLOWED)
    )
