"""Key pairs: public keys that are put into servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Sharable, UserOwned, entity, evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.model.resource import Action, ActionKind, Level, Resource, Show, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import server
from cloudcore.resources.compute.sshkey import parse_public_key


@entity
class Keypair(Sharable, UserOwned):
    """A public key, and the private key when the platform generated it."""

    scheme: Annotated[str, Spec("Algorithm", create=True, width=12, choices=("RSA", "ECDSA", "ED25519"))] = "RSA"
    fingerprint: Annotated[str, Spec("MD5 of the key, colon-separated", width=64)] = ""
    public_key: Annotated[str, Spec("OpenSSH line; absent: a pair is generated", create=True, width=4096)] = ""
    private_key: Annotated[
        str,
        Spec("PEM, until it is fetched once", show=Show.NEVER, width=8192, sealed=True, secret=True, multiline=True),
    ] = ""


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    key = parse_public_key(draft.get("public_key") or "", "public_key")
    return {**draft, "scheme": key.scheme, "public_key": key.line, "fingerprint": key.fingerprint}


def _hand_out(tx: Transaction, _caller: Any, keypair: Keypair, _params: JsonObject) -> JsonObject:
    if not keypair.private_key:
        return {}
    tx.of(KEYPAIRS, PLATFORM).save(evolve(keypair, private_key=""), action="fetch_private_key")
    return {"private_key": keypair.private_key, "name": keypair.name, "scheme": keypair.scheme}


def _details(tx: Transaction, page: Sequence[Keypair]) -> Sequence[JsonObject]:
    users = tx.of(server.SERVERS, PLATFORM).totals(one_of("keypair_id", [k.id for k in page]), by=("keypair_id",))
    numbers = {row["keypair_id"]: int(row["count"]) for row in users}
    return [{"private_key_len": len(k.private_key), "linked_guest_count": numbers.get(k.id, 0)} for k in page]


KEYPAIRS = Resource(
    entity=Keypair,
    service="compute",
    area="compute",
    singular="keypair",
    plural="keypairs",
    doc="SSH keys of a user.",
    level=Level.USER,
    columns=("id", "name", "scheme", "fingerprint"),
    unique=(("name", "owner_id"),),
    actions=(
        Action(
            name="privatekey",
            doc="Hand out the generated private key, once, and erase it.",
            kind=ActionKind.SPEC,
            run=_hand_out,
            params=(),
        ),
    ),
    prepare=_prepare,
    details=_details,
    opens=("private_key",),
)
