"""A caller's view of the cloud, in process: the session port over the operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, MethodNotAllowedError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.param import read_params
from cloudcore.model.reading import read_flag, read_int, read_str
from cloudcore.model.resource import Action, ActionKind, Resource, Verb, fields_of
from cloudcore.operations.access import check_limits, fetch_for
from cloudcore.operations.actions import ACTIONS, bring_action, get_action, log_action, log_property
from cloudcore.operations.capability import CAPABILITIES, capabilities
from cloudcore.operations.creating import POSITION, under_parents
from cloudcore.operations.elsewhere import check_place
from cloudcore.operations.generic import create_row, delete_row, get_row, update_row
from cloudcore.operations.history import list_actions, list_feed
from cloudcore.operations.idempotency import PARAMETER, once
from cloudcore.operations.image_records import check_form
from cloudcore.operations.images import download_image, upload_image
from cloudcore.operations.later import TYPES, refused_type
from cloudcore.operations.notices import with_notice
from cloudcore.operations.numbering import catch_up
from cloudcore.operations.page import list_rows
from cloudcore.operations.perform import (
    collection_property,
    is_property,
    named_detail,
    perform_action,
    perform_class_action,
)
from cloudcore.operations.plans.call import Call, Kind, wants_plan
from cloudcore.operations.plans.planning import apply_plan, make_plan
from cloudcore.operations.platform import Platform
from cloudcore.operations.quota_reports import REPORTS, list_reports
from cloudcore.operations.quotas import PENDING, clear_pending, list_quotas, set_for
from cloudcore.operations.run import again, reading, try_once, would_be, writing
from cloudcore.operations.scheduler import SCHEDULER, ask_scheduler
from cloudcore.operations.servers.create import create_servers
from cloudcore.operations.specs import SPECS, specs
from cloudcore.operations.table import ALONE, CREATE, DELETE, DELETE_OPTIONS, GET, MAKING, PROVEN, UPDATE
from cloudcore.operations.taglist import TAGS, list_tags, tag_property
from cloudcore.operations.usages import USAGES, usages
from cloudcore.ports.session import NO_PARAMS, Context, Download
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import FAMILIES
from cloudcore.quotas.reserving import FIELD

T = TypeVar("T")

LOGS = {"actions": list_actions, "events": list_actions, "history": list_feed, TAGS: list_tags, REPORTS: list_reports}
"""What is listed and is no type: the action log, as each service calls it, the feed of the history, all tags, and what
owners held day by day.
"""
NUMBERED = frozenset((ACTIONS, "events"))
"""Those of them that show only what has a position."""
QUESTIONS = {
    **dict.fromkeys(NUMBERED, log_property),
    USAGES: usages,
    CAPABILITIES: capabilities,
    SPECS: specs,
    TAGS: tag_property,
}
"""What is asked like a property of what is no type: the action log, how much there is, what can be had, all tags."""
CALLING = {("plans", "apply"): apply_plan}
"""`(platform, caller, ident, sessions) -> JsonObject`, by type and action: those that make another call."""
MOST_AT_ONCE = 200
CHECK = "check-create-data"
"""The class action of every type that means a create with `dry_run`."""


class CoreSession:
    """One caller in process. Holds nothing but who he is."""

    def __init__(self, platform: Platform, caller: Caller) -> None:
        self._platform = platform
        self.caller = caller

    def notifying(self, url: str, task_id: str = "") -> CoreSession:
        """The same session, whose caller is told of the end of each task that he begins; see `with_notice`."""
        return CoreSession(self._platform, with_notice(self._platform, self.caller, url, task_id))

    def reserving(self, reservation: str) -> CoreSession:
        """The same session, which draws on a quota reservation for all that it makes."""
        named = read_str(reservation, FIELD, 128)
        return CoreSession(self._platform, attrs.evolve(self.caller, quota_reservation=named))

    def list(self, plural: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> Listing:
        """One page of the resources of a type."""
        if plural in NUMBERED:
            catch_up(self._platform)
        if plural in LOGS:
            return self._read(lambda tx: LOGS[plural](self._platform, tx, self.caller, params))
        if plural in FAMILIES:
            rows = list_quotas(self._platform, self.caller, plural, params)
            return Listing(items=rows, total=len(rows))
        resource = self._type(plural, Verb.LIST)
        return self._read(lambda tx: list_rows(self._platform, tx, self.caller, resource, params, context))

    def get(self, plural: str, ident: str, params: JsonMapping = NO_PARAMS, context: Context = ()) -> JsonObject:
        """One resource with its details; of the action log one record, by its number."""
        if plural in NUMBERED:
            catch_up(self._platform)
            return self._read(lambda tx: get_action(self._platform, tx, self.caller, ident, params))
        resource = self._type(plural, Verb.GET)
        own = GET.get(plural)
        if own is not None:
            return self._read(lambda tx: own(self._platform, tx, self.caller, ident, params, context))
        return self._read(lambda tx: get_row(self._platform, tx, self.caller, resource, ident, params, context))

    def create(
        self, plural: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """Make one resource."""
        return self.create_many(plural, body, 1, params, context)[0]

    def create_many(
        self, plural: str, body: JsonMapping, count: int, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> Sequence[JsonObject]:
        """Make `count` resources from one body, all or none; with `dry_run` in it, see only whether they could be made."""
        if plural == ACTIONS:
            return self._bring(body, str(params.get(PARAMETER) or ""))
        resource = self._type(plural, Verb.CREATE)
        if wants_plan(params):
            call = Call(verb=Kind.CREATE, plural=plural, count=count, body=body, params=params, context=context)
            return [self._planned(call)]
        key = str(params.get(PARAMETER) or "")
        if plural == "servers":
            return create_servers(self._platform, self.caller, body, count, key=key, context=context)
        if not 1 <= count <= MOST_AT_ONCE:
            raise OutOfRangeError(f"count must be between 1 and {MOST_AT_ONCE}", field="count")
        dry = read_flag(body, "dry_run")
        body = {name: value for name, value in body.items() if name not in ("dry_run", POSITION)}
        asked = ["create", plural, list(context), count, body]

        def work(tx: Transaction) -> Sequence[JsonObject]:
            def make() -> Sequence[JsonObject]:
                batch = _of_batch(body, count)
                return [self._one(tx, resource, batch, context, place) for place in range(1, count + 1)]

            return once(tx, self.caller, key, asked, make, secrets=_secrets(resource)) if key and not dry else make()

        if dry:
            rows = again(self._platform, lambda: try_once(self._platform, self.caller, work))
            return [would_be(row) for row in rows]
        return self._write(work)

    def update(
        self, plural: str, ident: str, body: JsonMapping, params: JsonMapping = NO_PARAMS, context: Context = ()
    ) -> JsonObject:
        """Change what the body names."""
        resource = self._type(plural, Verb.UPDATE)
        if wants_plan(params):
            return self._planned(
                Call(verb=Kind.UPDATE, plural=plural, ident=ident, body=body, params=params, context=context)
            )
        own = UPDATE.get(plural)
        if own is not None:
            return self._write(lambda tx: own(self._platform, tx, self.caller, ident, body, context))
        return self._write(lambda tx: update_row(self._platform, tx, self.caller, resource, ident, body, context))

    def delete(
        self,
        plural: str,
        ident: str,
        params: JsonMapping = NO_PARAMS,
        body: JsonMapping = NO_PARAMS,
        context: Context = (),
    ) -> JsonObject:
        """Delete, or begin to."""
        if wants_plan(params):
            return self._planned(
                Call(verb=Kind.DELETE, plural=plural, ident=ident, body=body, params=params, context=context)
            )
        if plural in FAMILIES and ident == PENDING:
            return clear_pending(self._platform, self.caller, plural, params)
        resource = self._type(plural, Verb.DELETE)
        own = DELETE.get(plural)
        if own is not None:
            options = {**params, **body}
            for name in DELETE_OPTIONS:
                read_flag(options, name)
            return self._write(lambda tx: own(self._platform, tx, self.caller, ident, options))
        return self._write(lambda tx: delete_row(self._platform, tx, self.caller, resource, ident, context))

    def perform(
        self, plural: str, ident: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """Do something with one resource; with the quotas of `projects` or `domains`, set them of the one named."""
        if wants_plan(params):
            call = Call(verb=Kind.PERFORM, plural=plural, ident=ident, action=action, body=body, params=params)
            return self._planned(call)
        if plural in FAMILIES:
            return set_for(self._platform, self.caller, plural, ident, action, body)
        resource = self._type(plural)
        if (calling := CALLING.get((plural, action))) is not None:
            return calling(self._platform, self.caller, ident, self._over)
        key = str(params.get(PARAMETER) or "")
        declared = resource.action(action, ActionKind.PERFORM)
        if declared is not None and (alone := ALONE.get((plural, action))) is not None:
            return alone(self._platform, self.caller, ident, self._sent(resource, declared, ident, body))
        if declared is not None and (making := MAKING.get((plural, action))) is not None:
            return making(self._platform, self.caller, ident, self._sent(resource, declared, ident, body), key)
        asked = ["perform", plural, ident, action, body]

        def work(tx: Transaction) -> JsonObject:
            def act() -> Sequence[JsonObject]:
                return [perform_action(self._platform, tx, self.caller, resource, ident, action, body)]

            return (once(tx, self.caller, key, asked, act, secrets=_secrets(resource)) if key else act())[0]

        return self._write(work)

    def perform_class(
        self, plural: str, action: str, body: JsonMapping = NO_PARAMS, params: JsonMapping = NO_PARAMS
    ) -> Any:
        """Do something with a type."""
        if wants_plan(params):
            return self._planned(Call(verb=Kind.PERFORM_CLASS, plural=plural, action=action, body=body, params=params))
        if plural == SCHEDULER:
            return ask_scheduler(self._platform, self.caller, action, body, key=str(params.get(PARAMETER) or ""))
        if plural in NUMBERED:
            return log_action(action, body)
        if action == CHECK and "create" in self._type(plural).verbs:
            count, wanted = _how_many(self._type(plural), body)
            read_flag(body, "dry_run")
            return self.create_many(plural, {**wanted, "dry_run": True}, count)[0]
        resource = self._type(plural)
        return self._write(lambda tx: perform_class_action(self._platform, tx, self.caller, resource, action, body))

    def detail(self, plural: str, ident: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """A named detail of one resource."""
        resource = self._type(plural)
        # Some details are handed out once, so that asking for them changes something.
        return self._write(lambda tx: named_detail(self._platform, tx, self.caller, resource, ident, name, params))

    def property(self, plural: str, name: str, params: JsonMapping = NO_PARAMS) -> Any:
        """A property of a whole collection; usage by service or place, and what can be had here."""
        if plural in NUMBERED:
            catch_up(self._platform)
        if plural in QUESTIONS:
            return self._read(lambda tx: QUESTIONS[plural](self._platform, tx, self.caller, name, params))
        resource = self._type(plural)
        return self._read(lambda tx: collection_property(self._platform, tx, self.caller, resource, name, params))

    def has_property(self, plural: str, name: str) -> bool:
        """Whether a word in the place of an id names a property of the collection."""
        resource = self._platform.resource(plural)
        return resource is not None and is_property(resource, name)

    def upload(self, ident: str | None, attributes: JsonMapping, chunks: Iterable[bytes]) -> JsonObject:
        """Store an image's bytes."""
        return upload_image(self._platform, self.caller, ident, attributes, chunks)

    def download(self, ident: str, params: JsonMapping = NO_PARAMS) -> Download:
        """The bytes of an active image; `format` among the parameters chooses a converted form."""
        check_form(params)
        return download_image(self._platform, self.caller, ident, read_str(params.get("format") or "", "format", 20))

    def _planned(self, call: Call) -> JsonObject:
        return make_plan(self._platform, self.caller, call, self._over, unkept=PARAMETER)

    def _over(self, platform: Platform, request_id: str) -> CoreSession:
        return CoreSession(platform, attrs.evolve(self.caller, request_id=request_id))

    def _bring(self, body: JsonMapping, key: str) -> Sequence[JsonObject]:
        def work(tx: Transaction) -> Sequence[JsonObject]:
            def make() -> Sequence[JsonObject]:
                return [bring_action(self._platform, tx, self.caller, body)]

            return once(tx, self.caller, key, ["create", ACTIONS, body], make) if key else make()

        return self._write(work)

    def _one(
        self, tx: Transaction, resource: Resource[Any], body: JsonMapping, context: Context, place: int
    ) -> JsonObject:
        own = CREATE.get(resource.plural)
        if own is not None:
            sent = under_parents(self._platform, tx, self.caller, resource, body, context)
            made: JsonObject = own(self._platform, tx, self.caller, {**sent, POSITION: place})
        else:
            made = create_row(self._platform, tx, self.caller, resource, body, context, position=place)
        check_place(self._platform, tx, self.caller, resource, body, made)
        check_limits(self._platform, tx, self.caller, resource, [str(made["id"])])
        return made

    def _sent(self, resource: Resource[Any], action: Action, ident: str, body: JsonMapping) -> JsonObject:
        """What was sent with an action that opens its own units, checked; no complaint of it tells a stranger anything."""
        try:
            return read_params(action.params, body)
        except InvalidInputError:
            if (resource.plural, action.name) not in PROVEN:
                self._read(
                    lambda tx: fetch_for(self._platform, tx, self.caller, resource, ident, "perform", action.name)
                )
            raise

    def _type(self, plural: str, verb: Verb | None = None) -> Resource[Any]:
        resource = self._platform.resource(plural)
        if resource is None and plural in TYPES:
            raise refused_type(plural)
        if resource is None or resource.service == "internal":
            raise ResourceNotFoundError(f"there is no resource type {plural[:64]}")
        if verb is not None and verb not in resource.verbs:
            raise MethodNotAllowedError(
                f"{plural} do not offer {verb}", data={"allow": sorted(str(v) for v in resource.verbs)}
            )
        return resource

    def _read(self, work: Callable[[Transaction], T]) -> T:
        return reading(self._platform, work)

    def _write(self, work: Callable[[Transaction], T]) -> T:
        return writing(self._platform, self.caller, work)


def _secrets(resource: Resource[Any]) -> tuple[str, ...]:
    """The fields of a type that are kept sealed: an answer that shows one is not kept in the clear either."""
    return tuple(field.name for field in fields_of(resource.entity) if field.spec.sealed or field.spec.secret)


def _of_batch(body: JsonMapping, count: int) -> JsonMapping:
    """In a batch the name is a pattern."""
    if count == 1 or not body.get("name"):
        return body
    return {**{k: v for k, v in body.items() if k != "name"}, "generate_name": body["name"]}


def _how_many(resource: Resource[Any], body: JsonMapping) -> tuple[int, JsonMapping]:
    """How many a body asks for, and the rest of it; `count` of a type that counts something else by it stays."""
    if any(one.name == "count" for one in resource.extra_params):
        return 1, body
    count = read_int(1 if body.get("count") in (None, "", 0) else body["count"], "count", 1, MOST_AT_ONCE)
    return count, {name: value for name, value in body.items() if name != "count"}
