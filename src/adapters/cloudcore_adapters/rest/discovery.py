"""Versions, probes, the schema: what answers without a token."""

from __future__ import annotations

from importlib import metadata
from importlib.resources import files

from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest import page as page_folder
from cloudcore_adapters.rest.errors import HandlerNotFoundError
from cloudcore_adapters.rest.openstack import login_url
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import JSON_TYPE, Reply, json_reply, text_reply
from cloudcore_adapters.rest.site import Args, Site

PAGE_FILES = {"api.html": "text/html", "api.css": "text/css", "api.js": "text/javascript"}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def versions(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /`: the identity versions that OpenStack clients look for; status 300 is what they expect."""
    return json_reply({"versions": {"values": [_v3(site, call)]}}, status=300)


def version_v3(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /v3`."""
    return json_reply({"version": _v3(site, call)})


def _v3(site: Site, call: Call) -> JsonObject:
    url = f"{login_url(site, call)}/"
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": url}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


def release(_site: Site, _call: Call, _args: Args) -> Reply:
    """`GET /version`."""
    try:
        number = metadata.version("cloudcore")
    except metadata.PackageNotFoundError:
        number = "unknown"
    return text_reply(f"cloudcore {number}\n")


def ping(_site: Site, _call: Call, _args: Args) -> Reply:
    """`GET` or `POST /ping`."""
    return text_reply("pong")


def healthy(_site: Site, _call: Call, _args: Args) -> Reply:
    """`GET /healthz`: the process runs and has a free worker."""
    return json_reply({"status": "ok"})


def ready(site: Site, _call: Call, _args: Args) -> Reply:
    """`GET /readyz`: requests would succeed; 503 otherwise."""
    if site.cloud.ready():
        return json_reply({"status": "ready"})
    return json_reply({"status": "not ready"}, status=503)


def page(_site: Site, call: Call, args: Args) -> Reply:
    """`GET /docs`: the schema for people, and what its page is made of; nothing comes from elsewhere."""
    name = args.get("file", "api.html")
    kind = PAGE_FILES.get(name)
    if kind is None:
        raise HandlerNotFoundError(f"Handler /docs/{name} not found")
    del call
    content = files(page_folder).joinpath(name).read_bytes()
    return Reply(content, content_type=f"{kind}; charset=utf-8", headers=(("Content-Security-Policy", PAGE_POLICY),))


def openapi(site: Site, _call: Call, _args: Args) -> Reply:
    """`GET /openapi.json`."""
    return Reply(site.openapi(), content_type=JSON_TYPE)
