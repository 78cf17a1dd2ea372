"""Application credentials: what programs log in with instead of their user's password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import attrs

from cloudcore.model.entity import UserOwned, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.param import ANY, param
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Show, Spec, Verb
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.role import ROLES


@entity
class ApplicationCredential(UserOwned):
    """Some of a user's roles in one project, with a secret of their own. They are in force while he has all of them."""

    project_id: Annotated[
        str,
        Spec("Project that it logs in to", width=64, index=True),
        Ref("projects", on_delete=OnDelete.CASCADE, context=False),
    ]
    role_ids: Annotated[list[str], Spec("Roles that it has there")] = attrs.field(factory=list[str])
    unrestricted: Annotated[bool, Spec("May make and remove others of its user", create=True)] = False
    expires_at: Annotated[datetime | None, Spec("Until when; absent: for ever", create=True, null=True)] = None
    secret: Annotated[str, Spec("Hash of its secret", show=Show.NEVER, width=512, secret=True)] = ""


def _details(tx: Transaction, page: Sequence[ApplicationCredential]) -> Sequence[JsonObject]:
    idents = sorted({ident for row in page for ident in row.role_ids})
    query = Query(where=one_of("id", idents))
    roles = {i: (name, home) for i, name, home in tx.of(ROLES, PLATFORM).columns(("id", "name", "domain_id"), query)}
    return [
        {
            "user_id": row.owner_id,
            "roles": [
                {"id": ident, "name": roles[ident][0], "domain_id": roles[ident][1]}
                for ident in row.role_ids
                if ident in roles
            ],
        }
        for row in page
    ]


APPLICATION_CREDENTIALS = Resource(
    entity=ApplicationCredential,
    service="identity",
    area="identity",
    singular="application_credential",
    plural="application_credentials",
    doc="Some of a user's roles in one project, for programs that log in without his password.",
    level=Level.USER,
    columns=("id", "name", "project_id", "unrestricted", "expires_at", "description"),
    unique=(("name", "owner_id"),),
    verbs=frozenset({Verb.LIST, Verb.GET, Verb.CREATE, Verb.DELETE}),
    details=_details,
    extra_params=(
        param("secret", "What to log in with; absent: one is made, and shown this once", width=1024, secret=True),
        param("roles", "Roles of the caller in his project, by id or name; absent: all of them", list, of=ANY),
        param("access_rules", "None: they are not offered", list, of=dict),
    ),
)
