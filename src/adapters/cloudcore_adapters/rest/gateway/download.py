"""Bytes of images, for who has a session."""

from __future__ import annotations

from cloudcore.ports.session import Download
from cloudcore_adapters.rest.gateway.passes import enter
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, StreamReply
from cloudcore_adapters.rest.site import Args, Site
from cloudcore_adapters.rest.transfer import send_download


async def image(site: Site, call: Call, args: Args) -> Reply | StreamReply:
    """`GET /imageutils/download/{id}[?format=]`: never by a token in the URL, which would end up in logs."""
    enter(site, call)
    return await send_download(site, call, await site.workers.run(_open, site, call, args["id"]))


def _open(site: Site, call: Call, ident: str) -> Download:
    return site.session(call).download(ident, call.params())
