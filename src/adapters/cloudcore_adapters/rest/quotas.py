"""Quotas: the same routes for each family. Every answer is a list under the plural; that of a change under both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cloudcore.model.json import JsonObject
from cloudcore.operations.quota_reports import REPORTS
from cloudcore.operations.quotas import DEFAULTS, PENDING
from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.rest.request import Call, optional_envelope
from cloudcore_adapters.rest.responses import Reply, json_reply, list_reply
from cloudcore_adapters.rest.site import Args, Handler, Site


def _named(args: Args) -> tuple[str, str]:
    """The kind and the id that a path names; both empty for the caller's own."""
    if DEFAULTS in args:
        return DEFAULTS, args[DEFAULTS]
    for kind in ("project", "domain"):
        if kind in args:
            return f"{kind}s", args[kind]
    return "", ""


def show(plural: str, site: Site, call: Call, args: Args) -> Reply:
    """Limits and use of one owner, the caller's own where the path names none."""
    rows = site.session(call).list(plural, {**call.params(), **args}).items
    return json_reply({plural: list(rows)})


def many(plural: str, kind: str, site: Site, call: Call, _args: Args) -> Reply:
    """Limits and use of all projects, or of all domains."""
    rows = site.session(call).list(plural, {**call.params(), "owners": kind}).items
    return json_reply({plural: list(rows)})


def change(plural: str, site: Site, call: Call, args: Args) -> Reply:
    """Set limits of one owner."""
    singular = FAMILIES[plural].singular
    body: JsonObject = {**call.params(), **optional_envelope(call.body, plural, singular)}
    rows = site.session(call).perform(plural, *_named(args), body)
    return json_reply({plural: rows, singular: rows})


def reports(site: Site, call: Call, _args: Args) -> Reply:
    """What owners held, day by day."""
    return list_reply(REPORTS, site.session(call).list(REPORTS, call.params()))


def pending(plural: str, site: Site, call: Call, args: Args) -> Reply:
    """Count what is in use anew."""
    return json_reply(site.session(call).delete(plural, PENDING, {**call.params(), **args}))


def _of(work: Callable[..., Reply], *more: str) -> Callable[[str], Handler]:
    return lambda plural: partial(work, plural, *more)


PATHS: tuple[tuple[str, str, Callable[[str], Handler]], ...] = (
    ("GET", "", _of(show)),
    ("POST", "", _of(change)),
    ("DELETE", "/pending", _of(pending)),
    ("GET", "/projects", _of(many, "projects")),
    ("GET", "/domains", _of(many, "domains")),
    ("GET", "/defaults/{defaults}", _of(show)),
    ("POST", "/defaults/{defaults}", _of(change)),
    ("GET", "/projects/{project}", _of(show)),
    ("POST", "/projects/{project}", _of(change)),
    ("DELETE", "/projects/{project}/pending", _of(pending)),
    ("GET", "/domains/{domain}", _of(show)),
    ("POST", "/domains/{domain}", _of(change)),
    ("DELETE", "/domains/{domain}/pending", _of(pending)),
    ("GET", "/{project}", _of(show)),
    ("POST", "/{project}", _of(change)),
    ("DELETE", "/{project}/pending", _of(pending)),
)
"""Methods, path behind the plural, and what makes the handler for a family."""
