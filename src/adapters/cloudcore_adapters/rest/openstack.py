"""What OpenStack's clients expect of identity beside the wire's own forms: links in lists, and a clear no.

Clients of the wire pass over the keys that are added here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cloudcore.model.errors import InvalidCredentialError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.listing import Listing
from cloudcore_adapters.rest.paths import Parts, Target
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, StreamReply, json_reply, list_body
from cloudcore_adapters.rest.site import Site

SERVICE = "identity"
"""The service that OpenStack's clients ask."""

NO_ACCESS_RULES = "access rules are not offered; give an application credential fewer roles"
NO_DOMAIN_CONFIG = "a domain has no configuration of its own: its users are those of identity"
NO_EC2_LOGIN = "an access key logs in by method aksk, or signs requests: AWS4-HMAC-SHA256, service s3"
NO_ENDPOINT_POLICY = "policies are not of endpoints: roles carry them"
NOT_OFFERED = (
    ("/v3/users/{user}/access_rules", NO_ACCESS_RULES),
    ("/v3/domains/config", NO_DOMAIN_CONFIG),
    ("/v3/domains/{user}/config", NO_DOMAIN_CONFIG),
    ("/v3/OS-TRUST/trusts", "trusts are not offered; give a user a role in a project"),
    ("/v3/OS-OAUTH1", "OAuth is not offered"),
    ("/v3/users/{user}/OS-OAUTH1", "OAuth is not offered"),
    ("/v3/auth/OS-FEDERATION", "federation is not offered"),
    ("/v3/OS-FEDERATION/saml2", "federation is not offered"),
    ("/v3/OS-FEDERATION/identity_providers", "federation is not offered"),
    ("/v3/OS-FEDERATION/mappings", "federation is not offered"),
    ("/v3/OS-FEDERATION/service_providers", "federation is not offered"),
    ("/v3/registered_limits", "limits of OpenStack are not offered; there are quotas: /v3/identity_quotas"),
    ("/v3/limits", "limits of OpenStack are not offered; there are quotas: /v3/identity_quotas"),
    ("/v3/OS-EP-FILTER", "every project sees the whole catalogue: there is no filter of endpoints"),
    ("/v3/OS-OAUTH2", "OAuth is not offered"),
    ("/v3/auth/tokens/OS-PKI", "revoked tokens are listed by /v3/auth/tokens/invalid"),
    ("/v3/OS-REVOKE", "revoked tokens are listed by /v3/auth/tokens/invalid"),
    ("/v3/ec2tokens", NO_EC2_LOGIN),
    ("/v3/s3tokens", NO_EC2_LOGIN),
    ("/v3/policies/{user}/OS-ENDPOINT-POLICY", NO_ENDPOINT_POLICY),
    ("/v3/endpoints/{user}/OS-ENDPOINT-POLICY", NO_ENDPOINT_POLICY),
    ("/v3/OS-SIMPLE-CERT", "tokens are verified by public keys, and not by certificates"),
    ("/v3/roles/{user}/implies", "no role implies another one here; give a role more policies"),
    ("/v3/role_inferences", "no role implies another one here; give a role more policies"),
    ("/v3/identity_providers", "users come from identity alone: there are no other providers"),
    ("/v3/service_certificates", "certificates of services are given to them where they are started"),
    ("/v3/organizations", "organisations are not offered; there are tags, by which policies are limited too"),
    ("/v3/organization_nodes", "organisations are not offered; there are tags, by which policies are limited too"),
    ("/v3/scope-resource", "nothing is copied from service to service: /usages counts what is there"),
    ("/v3/scope-resources", "nothing is copied from service to service: /usages counts what is there"),
)
"""What clients ask identity for that is not there: where it begins, and what is said instead."""
_NOT_OFFERED = tuple((tuple(part for part in path.split("/") if part), reason) for path, reason in NOT_OFFERED)
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](?::[0-9]{1,5})?", re.ASCII)
_PAGING = frozenset({"offset", "marker", "paging_marker"})
COLLECTION = 2
"""Segments of the path of all of a type."""
_LOGIN = ("v3", "auth", "tokens")


def base_url(site: Site, call: Call) -> str:
    """The configured public address, or the one that the caller used if it looks like one."""
    if site.public_url:
        return site.public_url
    host = call.header("Host")
    if not _HOST.fullmatch(host):
        host = "localhost"
    return f"{call.scope.get('scheme', 'http')}://{host}"


def login_url(site: Site, call: Call) -> str:
    """Where identity begins."""
    return f"{base_url(site, call)}{site.prefix_of.get(SERVICE, '')}/v3"


def list_reply(site: Site, call: Call, plural: str, page: Listing) -> Reply:
    """One page of a list of identity, with links to itself and to the next one."""
    here = base_url(site, call) + call.raw_path
    following = _following(call, page)
    next_url = f"{here}?{following}" if following else None
    query = call.scope.get("query_string", b"").decode("latin-1")
    links: JsonObject = {"self": f"{here}?{query}" if query else here, "previous": None, "next": next_url}
    return json_reply({**list_body(plural, page), "links": links})


def linked(site: Site, call: Call, name: str, items: list[JsonObject], **more: Any) -> Reply:
    """A whole list that has no pages. more: further members of the answer."""
    links: JsonObject = {"self": base_url(site, call) + call.raw_path, "previous": None, "next": None}
    return json_reply({**more, name: items, "links": links})


def check_offered(target: Target) -> None:
    """Refuse a path of OpenStack's interface that is not there, with the reason.

    Raises:
        NotSupportedError: it is one of those.
    """
    for beginning, reason in _NOT_OFFERED:
        if _begins(target.parts, beginning):
            raise NotSupportedError(reason)


def asks(call: Call) -> bool:
    """Whether a client of OpenStack asks identity: one that takes `application/json` and nothing else.

    No client of the wire does. Some of OpenStack's (gophercloud and what is built on it, fog) compare the status with
    the documented one, which the wire has otherwise: it says 200 to everything.
    """
    ours = call.target.service == SERVICE and call.target.parts[:1] == ("v3",)
    return ours and call.header("Accept").lower() == "application/json"


def speaks(call: Call) -> bool:
    """Whether a client of OpenStack asks: one that `asks`, or one that is built on keystoneauth and says so."""
    return asks(call) or "keystoneauth" in call.header("User-Agent")


def with_its_status(call: Call, reply: Reply | StreamReply) -> Reply | StreamReply:
    """The same answer as OpenStack's clients expect it: 201 for a login and what is made, 204 and nothing for the rest."""
    if reply.status_code != 200 or call.method in ("GET", "HEAD") or not asks(call):
        return reply
    parts = call.target.parts
    if call.method == "POST" and (len(parts) == COLLECTION or parts == _LOGIN):
        reply.status_code = 201
    elif call.method == "DELETE" or (call.method == "PUT" and not reply.body) or parts[-1] == "password":
        return Reply(status=204)
    return reply


@contextmanager
def of_subject(call: Call) -> Iterator[None]:
    """What a caller asks about another token: one that does not hold is not found, rather than the caller unknown.

    Raises:
        ResourceNotFoundError: to a client of OpenStack.
        InvalidCredentialError: to one of the wire.
    """
    try:
        yield
    except InvalidCredentialError as error:
        if asks(call):
            raise ResourceNotFoundError("the token does not hold") from error
        raise


def _begins(parts: Parts, beginning: Parts) -> bool:
    pairs = zip(parts, beginning, strict=False)
    return len(parts) >= len(beginning) and all(wanted in (part, "{user}") for part, wanted in pairs)


def _following(call: Call, page: Listing) -> str:
    """The query of the next page; empty where there is none. It begins behind the last row's id where that is shown."""
    end = page.offset + len(page.rows)
    more = bool(page.next_marker) if page.marker_field else end < page.total
    if not more or not page.rows:
        return ""
    sent = parse_qsl(call.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    kept = [(name, value) for name, value in sent if name not in _PAGING]
    ident = page.rows[-1].get("id")
    place = ("marker", str(ident)) if ident else ("offset", str(end))
    return urlencode([*kept, place])
