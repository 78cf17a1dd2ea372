"""The few routes of a service that are no resource types: the action log, the scheduler."""

from __future__ import annotations

from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply, list_body
from cloudcore_adapters.rest.site import Args, Site


def actions(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /actions`: who did what, newest first, paged by marker."""
    return json_reply(list_body("actions", site.session(call).list("actions", call.params())))


def events(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /events`: the same as each service has it."""
    return json_reply(list_body("events", site.session(call).list("events", call.params())))


def scheduler(site: Site, call: Call, args: Args) -> Reply:
    """`POST /scheduler[/{word}[/{id}]]`: bodies and answers without envelopes."""
    body = {**call.body, "ident": args["id"]} if "id" in args else call.body
    answer = site.session(call).perform_class("scheduler", args.get("word", "schedule"), body, call.params())
    return json_reply({} if answer is None else answer)
