"""Images: attributes in headers, bytes in bodies."""

from __future__ import annotations

from functools import partial

from cloudcore.model.errors import ForbiddenError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.session import Download, Session
from cloudcore_adapters.rest.errors import HandlerNotFoundError
from cloudcore_adapters.rest.image_headers import attributes_of, image_headers
from cloudcore_adapters.rest.patterns import methods_of
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, StreamReply, json_reply, list_reply
from cloudcore_adapters.rest.serving import StoreSigned
from cloudcore_adapters.rest.site import Args, Site
from cloudcore_adapters.rest.transfer import Incoming, Prefixed, send_download

PLURAL = "images"
COPY_FROM = "x-glance-api-copy-from"
COMPRESS_FORMAT = "x-glance-compress-format"


def detailed(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /images/detail`: the list with details."""
    page = site.session(call).list(PLURAL, {**call.params(), "details": "true"})
    return list_reply(PLURAL, page)


def show(site: Site, call: Call, args: Args) -> Reply:
    """`HEAD /images/{id or name}`: the attributes as headers."""
    image = site.session(call).get(PLURAL, args["id"], call.params())
    return Reply(headers=image_headers(image))


async def download(site: Site, call: Call, args: Args) -> Reply | StreamReply:
    """`GET /images/{id or name}`: the bytes, or a property of the collection."""
    if site.is_property(site.types[PLURAL], args["id"]):
        return await _generic(site, call, args["id"])
    return await send_download(site, call, await site.workers.run(_open, site, call, args["id"]))


def _open(site: Site, call: Call, ident: str) -> Download:
    return site.session(call).download(ident, call.params())


async def download_signed(site: Site, call: Call, args: Args) -> Reply | StreamReply:
    """`GET /internal/images/{id}`: the bytes for whoever holds a URL that we signed a short while ago."""
    path = f"/internal/images/{args['id']}"
    if site.open_signed is None:
        raise HandlerNotFoundError(f"Handler {path} not found")
    opened = await site.workers.run(site.open_signed, path, call.query)
    return await send_download(site, call, opened)


async def store_signed(site: Site, call: Call, args: Args) -> Reply:
    """`PUT /internal/images/{id}`: takes the bytes of an image that a host saves, from whoever holds a URL for that."""
    path = f"/internal/images/{args['id']}"
    if site.store_signed is None:
        raise HandlerNotFoundError(f"Handler {path} not found")
    with site.uploads.hold(call.peer):
        taken = await site.transfers.run(_take, site.store_signed, path, call.query, Incoming(call))
    return json_reply(taken)


def _take(store: StoreSigned, path: str, query: JsonMapping, chunks: Incoming) -> JsonObject:
    try:
        return store(path, query, chunks)
    except Exception:
        # What the sender did wrong is the better answer than what the store made of it.
        if chunks.failure is not None:
            raise chunks.failure from None
        raise


def members(site: Site, call: Call, args: Args) -> Reply:
    """`GET /images/{id}/members`: the single projects that see it."""
    shown = site.session(call).get(PLURAL, args["id"])
    projects = shown.get("shared_projects") or ()
    return json_reply({"members": [{"member_id": one["id"], "can_share": False} for one in projects]})


def add_member(site: Site, call: Call, args: Args) -> Reply:
    """`POST` or `PUT /images/{id}/members/{project}`: show it to one more project."""
    site.session(call).perform(PLURAL, args["id"], "add-member", {"project": args["project"]})
    return Reply(status=204)


def remove_member(site: Site, call: Call, args: Args) -> Reply:
    """`DELETE /images/{id}/members/{project}`: show it to one project less."""
    site.session(call).perform(PLURAL, args["id"], "remove-member", {"project": args["project"]})
    return Reply(status=204)


def shared_images(site: Site, call: Call, args: Args) -> Reply:
    """`GET /shared-images/{project}`: the images that are shown to a single project, as far as the caller sees them."""
    session = site.session(call)
    try:
        project = session.get("projects", args["project"])["id"]
    except (ResourceNotFoundError, ForbiddenError):
        project = args["project"]  # of somebody who may not look at projects: by id
    found = session.list(PLURAL, {"member_id": project, "details": "false"}).items
    return json_reply({"shared_images": [{"image_id": one["id"], "can_share": False} for one in found]})


async def create(site: Site, call: Call, _args: Args) -> Reply | StreamReply:
    """`POST /images`: with bytes, or attributes alone, in headers or as JSON."""
    attributes = _attributes(call)
    if call.has_content and (_is_json(call) or (not attributes and not _is_octets(call))):
        return await _generic(site, call)
    if call.has_content:
        return await _store(site, call, None, attributes)
    return json_reply({"image": await site.workers.run(_create, site, call, attributes)})


async def update(site: Site, call: Call, args: Args) -> Reply | StreamReply:
    """`PUT /images/{id}`: the bytes of a queued image, or changed attributes, in headers or as JSON."""
    attributes = _attributes(call)
    if call.has_content and (_is_json(call) or (not attributes and not _is_octets(call))):
        return await _generic(site, call, args["id"])
    if call.has_content:
        return await _store(site, call, args["id"], attributes)
    return json_reply({"image": await site.workers.run(_update, site, call, args["id"], attributes)})


async def _generic(site: Site, call: Call, *ident: str) -> Reply | StreamReply:
    """The same as every other resource type."""
    await call.read_json()
    methods = methods_of(site, "image", (PLURAL, *ident))
    assert methods is not None
    return await site.workers.run(methods[call.method], site, call, {})


async def _store(site: Site, call: Call, ident: str | None, attributes: JsonObject) -> Reply:
    """Take the body as an image's bytes. A body in chunks may turn out to be empty: then there are attributes alone."""
    session = await site.workers.run(site.session, call)
    with site.uploads.hold(call.user_id or call.peer):
        incoming = Incoming(call)
        first = await incoming.next()
        if not first:
            plain = partial(_create, site, call) if ident is None else partial(_update, site, call, ident)
            return json_reply({"image": await site.workers.run(plain, attributes)})
        image = await site.transfers.run(_upload, session, ident, attributes, Prefixed(first, incoming))
    return json_reply({"image": image})


def _upload(session: Session, ident: str | None, attributes: JsonObject, chunks: Prefixed) -> JsonObject:
    try:
        return session.upload(ident, attributes, chunks)
    except Exception:
        # What the sender did wrong is the better answer than what the store made of it.
        if chunks.failure is not None:
            raise chunks.failure from None
        raise


def _create(site: Site, call: Call, attributes: JsonObject) -> JsonObject:
    return site.session(call).create(PLURAL, attributes, call.params())


def _update(site: Site, call: Call, ident: str, attributes: JsonObject) -> JsonObject:
    return site.session(call).update(PLURAL, ident, attributes, call.params())


def _attributes(call: Call) -> JsonObject:
    """What the headers say of the image; where its bytes are to be fetched from counts only where none are sent."""
    found = attributes_of(call)
    if "metadata" in found:
        # Headers have the tags under the name that answers have, bodies under the one that all types have.
        found.setdefault("__meta__", found.pop("metadata"))
    for name, header in (("copy_from", COPY_FROM), ("compress_format", COMPRESS_FORMAT)):
        found.update({name: call.header(header)} if call.header(header) else {})
        if call.has_content:
            found.pop(name, None)
    return found


def _is_json(call: Call) -> bool:
    return call.header("Content-Type").lower().startswith("application/json")


def _is_octets(call: Call) -> bool:
    return call.header("Content-Type").lower().startswith("application/octet-stream")
