"""Application and EC2 credentials as OpenStack's clients ask for them: under their user.

EC2 credentials are access keys (type aksk): the access is the key's id.
"""

from __future__ import annotations

import json

import attrs

from cloudcore.model.errors import ForbiddenError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore_adapters.rest.openstack import linked, list_reply
from cloudcore_adapters.rest.request import Call, optional_envelope
from cloudcore_adapters.rest.responses import Reply, json_reply
from cloudcore_adapters.rest.site import Args, Site, Unoffered

PLURAL = "application_credentials"
SINGULAR = "application_credential"
_AKSK = "aksk"
MOST = 2048


def create(site: Site, call: Call, args: Args) -> Reply:
    """`POST /v3/users/{user}/application_credentials`: for oneself alone."""
    session = site.session(call)
    if args["user"] != call.user_id:
        raise ForbiddenError("an application credential is made by its own user")
    made = session.create(PLURAL, optional_envelope(call.body, SINGULAR))
    return json_reply({SINGULAR: _as_read(made)}, status=201)


def many(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/users/{user}/application_credentials`."""
    page = _list(site, call, args, PLURAL, call.params())
    return list_reply(site, call, PLURAL, attrs.evolve(page, items=[_as_read(row) for row in page.items]))


def show(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/users/{user}/application_credentials/{id}`."""
    found = site.session(call).get(PLURAL, args["id"])
    return json_reply({SINGULAR: _as_read(_of(args, found, args["id"]))})


def delete(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same: 204."""
    session = site.session(call)
    found = _of(args, session.get(PLURAL, args["id"]), args["id"])
    session.delete(PLURAL, str(found["id"]))
    return Reply(status=204)


@Unoffered
def change(site: Site, call: Call, args: Args) -> Reply:
    """`PATCH` or `PUT` of the same: what it may do is settled when it is made."""
    del args
    site.session(call)
    raise NotSupportedError("an application credential is not changed: make another one")


def create_ec2(site: Site, call: Call, args: Args) -> Reply:
    """`POST /v3/users/{user}/credentials/OS-EC2`: an access key; the only answer with its secret."""
    sent = optional_envelope(call.body, "credential")
    session = site.session(call)
    body: JsonObject = {"type": _AKSK}
    if args["user"] != call.user_id:
        body["user_id"] = args["user"]
    if sent.get("tenant_id"):
        body["project_id"] = sent["tenant_id"]
    return json_reply({"credential": _ec2(session.create("credentials", body))}, status=201)


def many_ec2(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/users/{user}/credentials/OS-EC2`: without secrets."""
    page = _list(site, call, args, "credentials", {"type": _AKSK, "limit": MOST})
    return linked(site, call, "credentials", [_ec2(row) for row in page.items])


def show_ec2(site: Site, call: Call, args: Args) -> Reply:
    """`GET /v3/users/{user}/credentials/OS-EC2/{id}`."""
    return json_reply({"credential": _ec2(_key(site, call, args))})


def delete_ec2(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE` of the same: 204."""
    site.session(call).delete("credentials", str(_key(site, call, args)["id"]))
    return Reply(status=204)


def _key(site: Site, call: Call, args: Args) -> JsonMapping:
    found = _of(args, site.session(call).get("credentials", args["id"]), args["id"])
    if found.get("type") != _AKSK:
        raise ResourceNotFoundError(f"EC2 credential {args['id']} not found")
    return found


def _of(args: Args, found: JsonMapping, ident: str) -> JsonMapping:
    """It, if it is the user's that the path names."""
    if found.get("user_id") != args["user"]:
        raise ResourceNotFoundError(f"{ident} not found")
    return found


def _as_read(row: JsonMapping) -> JsonObject:
    """A row whose end has no zone: OpenStack writes it so, here alone, and gophercloud reads nothing else."""
    end = row.get("expires_at")
    return {**row, "expires_at": end.removesuffix("Z")} if isinstance(end, str) else dict(row)


def _whose(call: Call, args: Args) -> JsonObject:
    """Parameters of a list: one's own, or those of another, for whoever may list everybody's."""
    return {} if args["user"] == call.user_id else {"scope": "system", "owner_id": args["user"]}


def _list(site: Site, call: Call, args: Args, plural: str, params: JsonMapping) -> Listing:
    """What the user of the path has.

    Raises:
        ResourceNotFoundError: there is no such user.
    """
    session = site.session(call)
    page = session.list(plural, {**params, **_whose(call, args)})
    if not page.items and args["user"] != call.user_id:
        session.get("users", args["user"])
    return page


def _ec2(row: JsonMapping) -> JsonObject:
    shown: JsonObject = {
        "access": row["id"],
        "secret": json.loads(row["blob"])["secret"] if row.get("blob") else "",
        "tenant_id": row.get("project_id"),
        "user_id": row.get("user_id"),
        "trust_id": None,
    }
    return shown
