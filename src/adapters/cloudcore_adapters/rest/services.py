"""The few routes of a service that are no resource types: the action log, the history, tags, the scheduler."""

from __future__ import annotations

from typing import Any

import anyio

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.listing import Listing
from cloudcore.model.reading import read_float
from cloudcore.tasks.task import ENDED
from cloudcore_adapters.rest.request import Call, optional_envelope, required_envelope
from cloudcore_adapters.rest.responses import Reply, json_reply, list_reply
from cloudcore_adapters.rest.site import Args, Site, Unoffered
from cloudcore_adapters.rest.workers import TIDE_EVERY_S

BOARDS = "baremetalevents"


def actions(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /actions`: who did what, newest first, paged by marker."""
    return list_reply("actions", site.session(call).list("actions", call.params()))


def bring_action(site: Site, call: Call, _args: Args) -> Reply:
    """`POST /actions`: a record of what somebody did at another service."""
    body = required_envelope(call.body, "action")
    return json_reply({"action": site.session(call).create("actions", body, call.params())})


def action_property(site: Site, call: Call, args: Args) -> Reply:
    """`GET /actions/distinct-field` and others: a property of the whole log; of a number, that record."""
    return json_reply({"action": _of_log(site, call, "actions", args["word"])})


@Unoffered
def action_action(site: Site, call: Call, args: Args) -> Reply:
    """`POST /actions/{word}`: the core says that the log only grows, or that there is no such action."""
    body = optional_envelope(call.body, "actions", "action")
    return json_reply({"actions": site.session(call).perform_class("actions", args["word"], body, call.params())})


def events(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /events`: the same as each service has it."""
    return list_reply("events", site.session(call).list("events", call.params()))


def event_property(site: Site, call: Call, args: Args) -> Reply:
    """`GET /events/distinct-field` and others: the same as each service has it."""
    return json_reply({"event": _of_log(site, call, "events", args["word"])})


def _of_log(site: Site, call: Call, plural: str, word: str) -> Any:
    session = site.session(call)
    return (session.get if word.isdecimal() else session.property)(plural, word, call.params())


@Unoffered
def no_baremetal_events(site: Site, call: Call, _args: Args) -> Reply:
    """`/baremetalevents`: what the boards of bare machines report, of which there are none."""
    site.session(call)
    raise NotSupportedError(f"{BOARDS} are not supported: there are no bare machines", data={"plural": BOARDS})


def metadatas(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /metadatas`: the tags of everything that the caller may list."""
    return list_reply("metadatas", site.session(call).list("metadatas", call.params()))


def tag_property(site: Site, call: Call, args: Args) -> Reply:
    """`GET /metadatas/tag-value-pairs` and `tag-value-tree`: the same, counted."""
    return json_reply({"metadata": site.session(call).property("metadatas", args["word"], call.params())})


def specs(site: Site, call: Call, args: Args) -> Reply:
    """`GET /specs[/{type}[/{key}/resource]]`: kinds of things with their numbers, or the things of one kind."""
    name = "/".join(args[part] for part in ("type", "key") if part in args)
    return json_reply({"spec": site.session(call).property("specs", name, call.params())})


async def history(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /history?after=N&limit=&wait=`: what happened after a position, oldest first; waits for it if asked to."""
    params = call.params()
    wait = read_float(params.pop("wait", None) or 0, "wait", 0, site.limits.watch_seconds)

    def ask() -> Listing:
        return site.session(call).list("history", params)

    page = await site.workers.run(ask)
    if wait and not page.rows and params.get("after") not in (None, ""):
        with site.watches.hold(call.user_id), anyio.move_on_after(wait):
            while not page.rows:
                await anyio.sleep(TIDE_EVERY_S)
                if await site.tide.position() > int(page.next_marker):
                    params["after"] = page.next_marker
                    # The token is looked at again: who lost his rights meanwhile is told so.
                    page = await site.workers.run(ask)
    return list_reply("history", page)


def scheduler(site: Site, call: Call, args: Args) -> Reply:
    """`POST /scheduler[/{word}[/{id}]]`: bodies and answers without envelopes."""
    body = {**call.body, "ident": args["id"]} if "id" in args else call.body
    answer = site.session(call).perform_class("scheduler", args.get("word", "schedule"), body, call.params())
    return json_reply({} if answer is None else answer)


def usages(site: Site, call: Call, args: Args) -> Reply:
    """`GET /usages`, `/usages/{range}/{id}`: how much there is of the types of a service; the gateway says of which."""
    name = f"{args['range']}/{args['id']}" if "id" in args else args.get("service", call.target.service)
    return json_reply({"usage": site.session(call).property("usages", name, call.params())})


def capabilities(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /capabilities`: what servers can be made of; without an envelope."""
    return json_reply(site.session(call).property("capabilities", "all", call.params()))


def task_called_back(site: Site, call: Call, args: Args) -> Reply:
    """`POST /tasks/{id}`: whoever does a part of a task says that it is over; under `tasks` or bare."""
    body = optional_envelope(call.body, "tasks", "task")
    return json_reply({"tasks": site.session(call).perform("tasks", args["id"], "callback", body, call.params())})


def archived_tasks(site: Site, call: Call, _args: Args) -> Reply:
    """`GET /archivedtasks`: the tasks that are over."""
    params = {"state": list(ENDED), **call.params()}
    return list_reply("archivedtasks", site.session(call).list("tasks", params))


def archived_task(site: Site, call: Call, args: Args) -> Reply:
    """`GET /archivedtasks/{id}`."""
    return json_reply({"archivedtask": site.session(call).get("tasks", args["id"], call.params())})
