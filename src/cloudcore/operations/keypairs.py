"""Key pairs: generated where the caller sends no public key."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_str, said
from cloudcore.operations.creating import insert
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.keypair import KEYPAIRS

SCHEMES = ("RSA", "ECDSA", "ED25519")


def create_keypair(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Store a public key, or generate a pair whose private key is handed out once by `privatekey`."""
    given: JsonObject = {}
    if said(body, "public_key") == "":
        scheme = read_str(said(body, "scheme", otherwise="RSA"), "scheme", 16).upper()
        if scheme in SCHEMES:
            public, private = platform.key_generator.generate(scheme)
            given = {"public_key": public, "private_key": private, "scheme": scheme}
    stored = insert(platform, tx, caller, KEYPAIRS, body, given=given)
    return detail_rows(platform, tx, KEYPAIRS, [stored])[0]
