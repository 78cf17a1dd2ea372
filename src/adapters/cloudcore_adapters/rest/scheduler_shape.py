"""What the scheduler's interface answers with, as schemas."""

from __future__ import annotations

from datetime import datetime

import attrs

from cloudcore.model.answer import Key
from cloudcore.model.json import JsonObject
from cloudcore_adapters.rest.answers import keys_schema

WORDS = ("test", "forecast", "candidate-list", "history-list", "cleanup", "clean-cache", "sync-sku")
WORDS_OF_ONE = ("candidate-detail", "history-detail", "completed", "clean-cache")
_NAMED = (Key("id", "Its id"), Key("name", "Its name"))
_DISKS = Key(
    "disks", "Storages of each, best first", list, of=(Key("index", "", int), Key("storage_ids", "", list, of=str))
)
_NETS = Key(
    "nets", "Networks of each, best first", list, of=(Key("index", "", int), Key("network_ids", "", list, of=str))
)
_CHOSEN = (
    Key("session_id", "In which decision", optional=True),
    Key("host_id", "Where", optional=True),
    Key("name", "Its name", optional=True),
    attrs.evolve(_DISKS, optional=True),
    attrs.evolve(_NETS, optional=True),
    Key("error", "Why not", optional=True),
)
CHOSEN = keys_schema(Key("candidates", "One for each server", list, of=_CHOSEN))
_REFUSED = (*_NAMED, Key("filter_name", "What refuses it first"), Key("reasons", "Why", list, of=str))
_FORECAST = (
    Key("can_create", "Whether all fit", bool),
    Key("candidates", "Where", list, of=_CHOSEN),
    Key("req_count", "How many are wanted", int),
    Key("allow_count", "How many fit", int),
    Key("not_allow_reasons", "Why not more", list, of=str),
    Key("filtered_candidates", "Hosts that are refused", list, of=_REFUSED),
)
_REMOVED = (
    Key("filter_name", "Which filter"),
    Key("reason", "What it removes"),
    Key("removed", "Hosts that it took of what earlier ones had left", int),
    Key("alone", "Hosts that it would refuse by itself", int),
    Key("limits", "Hosts on which it bounds how many fit", int),
    Key("text", "Figures of all of them"),
    Key("examples", "At most five", list, of=(*_NAMED, Key("reason", "Figures of this one"))),
)
_TOLD = (
    Key("filters", "What each filter removed, in order", list, of=_REMOVED, optional=True),
    Key("relaxations", "What would make it fit, each tried out", list, of=str, optional=True),
)
_PAGE = (Key("total", "How many", int), Key("limit", "Of a page", int), Key("offset", "Before it", int))
_SUGGESTED = (
    *_NAMED,
    Key("count", "How many of the servers go there", int),
    Key("capacity", "How many fit there", int),
    Key("score", "How good it is", float),
    Key("capacity_details", "By filter, with `details`", dict, of=int, null=True),
    Key("score_details", "By weigher, with `details`"),
    _NETS,
)
_ROOM = (Key("free", "Left", int), Key("reserverd", "Kept back", int), Key("total", "All", int))
_HOST = (
    *_NAMED,
    Key("cpu", "Processors", dict, of=_ROOM),
    Key("mem", "Memory in MiB", dict, of=_ROOM),
    Key("storage", "Storage in MiB", dict, of=_ROOM),
    Key("status", "Status"),
    Key("host_status", "Whether it is alive"),
    Key("enable_status", "enable or disable"),
    Key("host_type", "Kind of host"),
)
_DECIDED = (
    Key("session_id", "Which decision"),
    Key("time", "When", datetime),
    Key("status", "ok or fail"),
    Key("count", "Servers", int),
    Key("is_suggestion", "Whether only a suggestion was asked for", bool),
)
ANSWERED: JsonObject = {
    "description": "By the word: test, forecast, candidate-list, history-list, and what forgets something",
    "anyOf": [
        keys_schema(Key("data", "Suggestions, best first", list, of=_SUGGESTED), *_PAGE, *_TOLD),
        keys_schema(Key("data", "Hosts by name", list, of=_HOST), *_PAGE),
        keys_schema(Key("history", "Decisions, newest first", list, of=_DECIDED), *_PAGE),
        keys_schema(*_FORECAST, *_TOLD),
        keys_schema(Key("scheduler", "Done", dict)),
    ],
}
ANSWERED_OF_ONE: JsonObject = {
    "description": "By the word: candidate-detail, history-detail, and what forgets something",
    "anyOf": [
        keys_schema(Key("candidate", "A host", dict, of=_HOST)),
        keys_schema(
            Key("history", "A decision", dict, of=(*_DECIDED, Key("output", "What it was", dict, of=_FORECAST)))
        ),
        *ANSWERED["anyOf"],
    ],
}
