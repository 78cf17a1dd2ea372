"""`/api/{version}/…`: what the services have, without envelopes, and many ids at once.

P[/X[/W[/Y…]]]        the routes of every resource type, see `rest.patterns`
P?id=a&id=b           PUT, PATCH, DELETE of each; P/A?id=a&id=b: the action A of each; P/X/Q?id=…: each relation
P?id=a&batchGet=true  the details of each
rpc/P[/X]/W           a named detail or property (GET), or an action (POST)
schedulers/W          what the scheduler is asked (POST), as it answers
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import attrs
import orjson

from cloudcore.model.errors import ActionNotFoundError, InvalidInputError, OutOfRangeError
from cloudcore.model.json import Json, JsonObject
from cloudcore.model.reading import read_bool, read_int
from cloudcore.operations.parameter import texts
from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.rest.errors import LOG, HandlerNotFoundError, error_reply, not_allowed
from cloudcore_adapters.rest.gateway.passes import enter
from cloudcore_adapters.rest.paths import Parts, Target
from cloudcore_adapters.rest.patterns import MAX_COUNT, Methods, methods_of
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import Reply, json_reply, render
from cloudcore_adapters.rest.site import Args, Site, Unoffered

Handler: TypeAlias = Callable[..., Any]

MULTI_STATUS = 207
MOST_IDS = 500
IDS = ("id", "ids")
_OWN = (*IDS, "batchGet")
"""Parameters that the gateway reads itself."""
SCHEDULER = "scheduler"
_WRITTEN = frozenset(
    {
        *("actions", "events", "metadatas", "role_assignments", "groups", "projects", "archivedtasks"),
        *("usages", "capabilities", "specs", SCHEDULER, *FAMILIES),
    }
)
"""First words of the hand-written routes of services that are reached here too."""
_ENVELOPES = {"usages": "usage", "specs": "spec"}
"""Of those that answer with one thing, the name that it has there."""
_GENERAL = ("usages", "general-usage")
"""What pages call the usage of everything."""
_HOMES = (("log", ()), ("compute", ()), (SCHEDULER, ()), ("identity", ("v3",)), ("image", ("v1",)))


def serve(site: Site, call: Call, _args: Args) -> Reply:
    """Answer one request about resources."""
    enter(site, call)
    parts = _plain(call.target.parts[1:], _method(call))
    idents = _idents(call)
    asked = Asked(site=site, call=call, parts=parts, params=_params(call))
    if not idents:
        if _method(call) not in ("GET", "POST") and any(name in call.query for name in IDS):
            raise InvalidInputError("id: names nothing", field="id")
        return _single(asked)
    if _method(call) == "GET":
        if not read_bool(call.query.get("batchGet") or False, "batchGet"):
            return _single(attrs.evolve(asked, params={**asked.params, "id": idents}))
        details = [asked.at((*parts, ident)).answer() for ident in idents]
        return json_reply({"data": details, "total": len(details)})
    # A session that is none, or a path that nothing answers, is refused as a whole, and not once for each.
    site.session(call)
    asked.of(idents[0]).handler()
    return _many([(ident, asked.of(ident)) for ident in idents], call)


def _plain(parts: Parts, method: str) -> Parts:
    """The path without `rpc`: what it calls is a detail or an action of the same name."""
    if parts[:1] != ("rpc",):
        return _singular(parts)
    if not 3 <= len(parts) <= 4:
        raise HandlerNotFoundError("a call is rpc/{type}[/{id}]/{name}")
    if parts[1:] == _GENERAL:
        return _GENERAL[:1]
    word = parts[-1].removeprefix("get-" if method == "GET" else "do-").removeprefix("perform-")
    return _singular((*parts[1:-1], word))


def _singular(parts: Parts) -> Parts:
    """The scheduler is no type: pages call it by a plural that its service does not have."""
    return (SCHEDULER, *parts[1:]) if parts[:1] == ("schedulers",) else parts


def _idents(call: Call) -> list[str]:
    """The ids that a request names beside its path, each once."""
    named: list[str] = [text for name in IDS for text in texts(call.query.get(name))]
    if _method(call) != "GET":
        named += [text for name in IDS if isinstance(call.body.get(name), list) for text in texts(call.body[name])]
    found = list(dict.fromkeys(part for text in named for part in text.split(",") if part))
    if len(found) > MOST_IDS:
        raise OutOfRangeError(f"more than {MOST_IDS} ids at once", field="id")
    return found


def _method(call: Call) -> str:
    """The method; HEAD is GET, whose body is not sent."""
    return "GET" if call.method == "HEAD" else call.method


def _params(call: Call) -> JsonObject:
    return {name: value for name, value in call.query.items() if name not in _OWN}


@attrs.frozen(kw_only=True)
class Asked:
    """One request to a service: the caller's, or its part for one id. body: as sent, without envelope."""

    site: Site
    call: Call
    parts: Parts
    params: JsonObject
    body: JsonObject | None = None
    ident: str = ""

    def at(self, parts: Parts) -> Asked:
        """The same at another path."""
        return attrs.evolve(self, parts=parts)

    def of(self, ident: str) -> Asked:
        """The part for one of several ids.

        Raises:
            InvalidInputError: the path has no place for one.
        """
        if self.call.method == "POST" and len(self.parts) == 2:
            parts: Parts = (self.parts[0], ident, self.parts[1])
        elif len(self.parts) in (1, 3) and not (self.call.method == "POST" and len(self.parts) == 1):
            parts = (*self.parts, ident)
        else:
            raise InvalidInputError("id: this path takes no list of ids", field="id")
        body = {name: value for name, value in self.call.body.items() if name not in (*IDS, "batch_params")}
        each = self.call.body.get("batch_params")
        own = each.get(ident) if isinstance(each, dict) else None
        return attrs.evolve(self, parts=parts, ident=ident, body={**body, **(own if isinstance(own, dict) else {})})

    def answer(self) -> Json:
        """What the service answers, out of its envelope. Raises as the service does."""
        work = self.handler()
        reply: Reply = work(self.site, self._inner(), {})
        found = orjson.loads(reply.whole() or b"{}")
        if self.parts == ("capabilities",):  # one answer without an envelope, and full of lists
            return {"data": [found], "total": 1}
        if self.parts[0] == SCHEDULER:
            return found
        return _opened(found, self._words())

    def handler(self) -> Handler:
        """What answers it at the service.

        Raises:
            HandlerNotFoundError: nothing does.
            MethodNotAllowedError: something does with another method.
        """
        found = dict(_routes(self.site, self.parts))
        method = _method(self.call)
        if not found:
            raise HandlerNotFoundError(f"Handler /{'/'.join(self.parts)} not found")
        if method not in found:
            raise not_allowed(method, (name for name, work in found.items() if not isinstance(work, Unoffered)))
        return found[method]

    def _inner(self) -> Call:
        """The same request as the service would have got it."""
        call = Call(self.call.scope, _nothing, self.site.limits)
        call.request_id, call.held, call.peer = self.call.request_id, self.call.held, self.call.peer
        call.replace_query(self.params)
        body = self.call.body if self.body is None else self.body
        call.body = body if self.parts[0] == SCHEDULER else dict.fromkeys(self._words(), body)
        if key := call.headers.get("idempotency-key"):
            own = hashlib.sha256(key + b"\0" + self.ident.encode()).hexdigest() if self.ident else key.decode("latin-1")
            call.headers = {**call.headers, "idempotency-key": own.encode("latin-1")}
        return call

    def _words(self) -> list[str]:
        """The names under which the service reads a body, or answers."""
        site, found = self.site, []
        if self.parts[0] in FAMILIES:  # behind which names of types say whose limits they are
            return [self.parts[0]]
        for place, word in enumerate(self.parts):
            owner = site.types.get(word)
            joint = site.joints.get((self.parts[place - 2], word)) if place >= 2 else None
            for resource in (owner, joint):
                if resource is not None and place % 2 == 0:
                    found += [resource.plural, resource.singular]
        return found or [self.parts[0], *(word for word in (_ENVELOPES.get(self.parts[0]),) if word)]


async def _nothing() -> Any:
    raise AssertionError("the body was read already")


def _routes(site: Site, parts: Parts) -> Methods:
    """What answers at a path, by method: as for every type, else one of the hand-written routes of a service."""
    from cloudcore_adapters.rest.routes import SERVICES_TABLE, written

    owner = site.types.get(parts[0]) if parts else None
    is_written = bool(parts) and parts[0] in _WRITTEN
    # The logs are of no type; each service answers the same of them.
    home = owner.service if owner is not None else "compute" if is_written else ""
    found: dict[str, Any] = dict((methods_of(site, home, parts) if home else None) or {})
    if is_written:
        for service, version in _HOMES:
            if service in site.prefix_of:
                for method, one in written(SERVICES_TABLE, Target(service, (*version, *parts))).items():
                    if one.blocking:
                        found.setdefault(method, _with(one.handler, {**one.args, "service": service}))
    return found


def _with(handler: Any, args: Args) -> Handler:
    def bound(site: Site, call: Call, _none: Args) -> Any:
        return handler(site, call, args)

    return Unoffered(bound) if isinstance(handler, Unoffered) else bound


def _opened(body: Any, words: Sequence[str]) -> Json:
    """The content of an answer; a list with its rows under `data`."""
    if not isinstance(body, dict):
        return body
    content = [name for name in body if name in words]
    rows = next((name for name in body if isinstance(body[name], list) and name not in words[1::2]), "")
    if rows:
        return {"data": body[rows], **{name: value for name, value in body.items() if name != rows}}
    return body[content[0]] if content else body


def _single(asked: Asked) -> Reply:
    call = asked.call
    body = dict(call.body)
    count = read_int(body.pop("__count__", None) or 1, "__count__", 1, MAX_COUNT) if call.method == "POST" else 1
    if count > 1 and len(asked.parts) % 2 == 1:
        return _several(attrs.evolve(asked, body=body), count)
    answer = attrs.evolve(asked, body=body).answer()
    if _method(call) == "GET" and "export_keys" in asked.params and isinstance(answer, dict) and "data" in answer:
        return _spreadsheet(answer["data"], asked.params)
    return json_reply(answer)


def _several(asked: Asked, count: int) -> Reply:
    """`count` resources of one body, all or none."""
    *parents, word = asked.parts
    if asked.site.types.get(word) is None:
        raise ActionNotFoundError(f"there is no type {word[:64]} to make several of")
    session = asked.site.session(asked.call)
    context = tuple(zip(parents[::2], parents[1::2], strict=True))
    made = session.create_many(word, asked.body or {}, count, asked.call.params(), context)
    return json_reply({"data": [_outcome(row.get("id", ""), 200, row) for row in made]}, status=MULTI_STATUS)


def _many(each: Iterable[tuple[str, Asked]], call: Call) -> Reply:
    """One after the other; what fails says so in its place and holds up none of the others."""
    return json_reply({"data": list(_outcomes(each, call))}, status=MULTI_STATUS)


def _outcomes(each: Iterable[tuple[str, Asked]], call: Call) -> Iterator[JsonObject]:
    for ident, asked in each:
        try:
            yield _outcome(ident, 200, asked.answer())
        except Exception as error:  # noqa: BLE001 - the outermost place for one of many
            reply = error_reply(error, request_id=call.request_id, log=LOG)
            yield _outcome(ident, reply.status_code, orjson.loads(reply.whole()))


def _outcome(ident: str, status: int, data: Json) -> JsonObject:
    return {"id": ident, "status": status, "data": data}


def _spreadsheet(rows: Sequence[JsonObject], params: JsonObject) -> Reply:
    """A list as CSV. The cells are already such as no spreadsheet computes; `export_texts` are titles of the columns."""
    keys = [part.strip() for text in texts(params["export_keys"]) for part in text.split(",") if part.strip()]
    titles = [part.strip() for text in texts(params.get("export_texts")) for part in text.split(",")]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_title(key, titles, place) for place, key in enumerate(keys)])
    writer.writerows([_cell(row.get(key, "")) for key in keys] for row in rows)
    headers = (("Content-Disposition", 'attachment; filename="export.csv"'),)
    return Reply(text.getvalue().encode("utf-8"), content_type="text/csv; charset=utf-8", headers=headers)


def _title(key: str, titles: Sequence[str], place: int) -> str:
    title = titles[place] if place < len(titles) and titles[place] else key
    return title if title[:1].isalnum() else f"'{title}"


def _cell(value: Json) -> str:
    return value if isinstance(value, str) else render(value).decode()
