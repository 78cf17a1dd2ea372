"""Secrets of users: access keys, second factors, answers for recovery, clients of OpenID Connect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from cloudcore.model.entity import UserOwned, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.param import ANY, param
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Show, Spec
from cloudcore.ports.unit_of_work import Transaction

AKSK = "aksk"
TOTP, RECOVERY = "totp", "recovery_secret"
TYPES = (AKSK, TOTP, RECOVERY, "oidc", "enc_key", "container_image", "container_secret")
"""Those whose secret has a form. Any other word is a type, too, whose secret is any text: OpenStack's clients choose it."""


@entity
class Credential(UserOwned):
    """One secret. Its id is the access key; the blob is shown once, in the answer that makes it."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True, index=True)] = ""
    type: Annotated[
        str, Spec(f"Kind: {', '.join(TYPES)}; or any word", create=True, required=True, width=32, index=True)
    ]
    project_id: Annotated[
        str | None,
        Spec("Project that the access key logs in to", width=64, index=True),
        Ref("projects", on_delete=OnDelete.CASCADE, context=False),
    ] = None
    enabled: Annotated[bool, Spec("In force", create=True, update=True)] = True
    expired_at: Annotated[datetime | None, Spec("Until when; absent: for ever")] = None
    blob: Annotated[
        str, Spec("JSON text with the secret", show=Show.NEVER, width=16_384, sealed=True, secret=True, multiline=True)
    ] = ""


def _details(tx: Transaction, page: Sequence[Credential]) -> Sequence[JsonObject]:
    from cloudcore.resources.identity.domain import DOMAINS
    from cloudcore.resources.identity.user import USERS

    query = Query(where=one_of("id", [row.owner_id for row in page]))
    users = {
        i: (name, domain) for i, name, domain in tx.of(USERS, PLATFORM).columns(("id", "name", "domain_id"), query)
    }
    query = Query(where=one_of("id", [domain for _, domain in users.values()]))
    domains = dict(tx.of(DOMAINS, PLATFORM).columns(("id", "name"), query))
    owners = {
        ident: {"user": name, "domain_id": domain, "domain": domains.get(domain, "")}
        for ident, (name, domain) in users.items()
    }
    return [
        {
            "user_id": row.owner_id,
            **owners.get(row.owner_id, {}),
            **({"access_key": row.id} if row.type == AKSK else {}),
        }
        for row in page
    ]


CREDENTIALS = Resource(
    entity=Credential,
    service="identity",
    area="identity",
    singular="credential",
    plural="credentials",
    doc="Access keys and other secrets of users.",
    level=Level.USER,
    columns=("id", "name", "type", "user_id", "project_id", "enabled"),
    details=_details,
    example=MappingProxyType({"name": "new-credential-1", "type": AKSK}),
    extra_params=(
        param("blob", "JSON text with the secret, or the object; absent for aksk: one is made", ANY, secret=True),
        param("user_id", "Whose; absent: the caller's", refers="users", alias=("user",)),
        param("project_id", "Project of an access key; absent: the caller's", refers="projects", alias=("project",)),
    ),
)
