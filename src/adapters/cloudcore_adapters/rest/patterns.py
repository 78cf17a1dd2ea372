"""The routes that every resource type has, by the shape of the path.

P            GET list · POST create
P/X          GET one, or a property of the collection · PUT PATCH update · DELETE · POST an action of the collection
P/X/W        GET a named detail, a relation, or children · POST an action, or create a child
P/X/Q/Y      a relation, or a child under its parent; up to three parents
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias

import attrs

from cloudcore.model.json import Json, JsonObject
from cloudcore.model.reading import read_int
from cloudcore.model.resource import ActionKind, Resource, Verb, field_map, refs_of
from cloudcore.operations.batches import batch_actions
from cloudcore.operations.giving import CANDIDATES
from cloudcore.operations.ladder import ladder_actions
from cloudcore.operations.later import BESIDE, COLLECTION, TYPES, is_later
from cloudcore.operations.session import CHECK
from cloudcore.ports.session import Context
from cloudcore_adapters.rest import openstack, openstack_bodies
from cloudcore_adapters.rest.exporting import ExportReply, is_long
from cloudcore_adapters.rest.paths import Parts
from cloudcore_adapters.rest.request import Call, optional_envelope, required_envelope
from cloudcore_adapters.rest.responses import Reply, batch_body, json_reply, list_reply
from cloudcore_adapters.rest.site import PROPERTIES, Args, Site, Unoffered, Work

Methods: TypeAlias = Mapping[str, Work]
MAX_COUNT = 1000
MAX_PARENTS = 3
EVENTS = "events"
"""The log as each service has it: no type, and nothing that is done with it is offered."""
LATER_SERVICE = "compute"
"""The service whose types are refused by name where they are not served."""


@attrs.frozen(kw_only=True)
class Place:
    """Where in the space of resources a path points. ident and word are empty where the path has none."""

    resource: Resource[Any]
    ident: str = ""
    word: str = ""
    context: Context = ()


def methods_of(site: Site, service: str, parts: Parts) -> Methods | None:
    """What can be done at a path; None where nothing is there."""
    if (plural := _not_served(site, service, parts)) and len(parts) <= 2 * MAX_PARENTS:
        return unoffered(dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), partial(_refuse, plural)))
    if len(parts) == 2 and parts[0] == EVENTS:
        return unoffered({"POST": partial(_log_action, parts[1])})
    pairs, last = _pairs(parts)
    parents = pairs if last else pairs[:-1]
    if not parts or len(parents) > MAX_PARENTS or any(plural not in site.types for plural, _ in parents):
        return None
    if len(parts) == 3 and last:
        return _beside_one(site, service, pairs[0], last)
    if last:
        return _collection(site, service, parents, last)
    return _member(site, service, parents, *pairs[-1])


def _not_served(site: Site, service: str, parts: Parts) -> str:
    """The type at a path that the wire knows and nobody serves here; empty where there is none."""
    if service != LATER_SERVICE or not parts:
        return ""
    plural = BESIDE.get((parts[0], parts[2]), "") if len(parts) in (3, 4) else ""
    found = parts[0] if parts[0] in TYPES else plural
    return found if found not in site.types else ""


def pattern_of(site: Site, parts: Parts) -> str:
    """The path with names of types and of declared actions as they are, and everything that callers make up in braces."""
    owner = site.types.get(parts[0]) if parts else None
    if owner is None:
        return "/{type}"
    words = [owner.plural]
    for place, part in enumerate(parts[1:], 1):
        known = owner.action(part, ActionKind.PERFORM) or owner.action(part, ActionKind.SPEC)
        is_name = part in site.types or (place == 2 and known is not None) or (owner.plural, part) in site.joints
        words.append(part if place % 2 == 0 and is_name else "{word}" if place % 2 == 0 else "{id}")
    if len(parts) == 2 and site.is_property(owner, parts[1]):
        words[1] = parts[1] if parts[1] in PROPERTIES or owner.action(parts[1], ActionKind.PROPERTY) else "{id}"
    return "/" + "/".join(words)


def is_reserved(site: Site, service: str, parts: Parts) -> bool:
    """Whether the word in the place of an id is none: a property of the collection, or an action of the type."""
    resource = site.type_of(service, parts[0]) if len(parts) == 2 else None
    return resource is not None and (site.is_property(resource, parts[1]) or _is_class_action(resource, parts[1]))


def _is_class_action(resource: Resource[Any], word: str) -> bool:
    batch = word in batch_actions(resource.entity)
    return batch or word == CHECK or resource.action(word, ActionKind.CLASS) is not None


def unoffered(methods: Methods) -> Methods:
    """The same handlers, none of which is offered."""
    return {name: Unoffered(work) for name, work in methods.items()}


def has_detail(owner: Resource[Any], word: str) -> bool:
    """Whether a word behind an id names a detail: a declared one, or the tags or status that most types have."""
    return (
        owner.action(word, ActionKind.SPEC) is not None
        or (word in ("metadata", "status") and word in field_map(owner.entity))
        or (word == CANDIDATES and "change-owner" in ladder_actions(owner.entity))
    )


def has_action(owner: Resource[Any], word: str) -> bool:
    """Whether a word behind an id names an action: a declared one, or one that comes with the ladder of ownership."""
    return owner.action(word, ActionKind.PERFORM) is not None or word in ladder_actions(owner.entity)


def _performed(owner: Resource[Any], word: str, work: Work) -> Methods:
    return {"POST": work if has_action(owner, word) and word not in owner.refuses else Unoffered(work)}


def _pairs(parts: Parts) -> tuple[Context, str]:
    """The (plural, id) pairs of a path, and the single word at its end."""
    even = len(parts) // 2 * 2
    return tuple(zip(parts[0:even:2], parts[1:even:2], strict=True)), parts[even] if even < len(parts) else ""


def _collection(site: Site, service: str, parents: Context, word: str) -> Methods | None:
    joint = site.joints.get((parents[-1][0], word)) if parents else None
    if joint is not None:
        return _allowed(Place(resource=joint, context=parents), GET=(Verb.LIST, _list))
    resource = site.types.get(word) if parents else site.type_of(service, word)
    if resource is None:
        return None
    place = Place(resource=resource, context=parents)
    made = _allowed(place, POST=(Verb.CREATE, _create)) if _stands_under(resource, parents) else {}
    return {**_allowed(place, GET=(Verb.LIST, _list)), **made}


def _stands_under(resource: Resource[Any], parents: Context) -> bool:
    """Whether a new one can be made there: it refers to each parent, and a relation is made between its sides alone."""
    if resource.joint is not None:
        return False
    targets = {field.ref.target for field in refs_of(resource.entity) if field.ref is not None}
    return all(plural in targets for plural, _ in parents)


def _member(site: Site, service: str, parents: Context, word: str, ident: str) -> Methods | None:
    joint = site.joints.get((parents[-1][0], word)) if parents else None
    if joint is not None:
        return _relation(joint, parents, ident)
    resource = site.types.get(word) if parents else site.type_of(service, word)
    if resource is None:
        return None
    place = Place(resource=resource, ident=ident, context=parents)
    found = dict(_allowed(place, **_MEMBER))
    if not parents:
        if site.is_property(resource, ident):
            return {"GET": partial(_property, place)}
        if is_later(COLLECTION, resource.plural, ident):
            return unoffered({"GET": partial(_property, place)})
        perform: Methods = {"POST": partial(_perform_class, place)}
        if _is_class_action(resource, ident):
            is_refused = ident == CHECK and not resource.offers(Verb.CREATE)
            return unoffered(perform) if is_refused else perform
        # Of what no type declares, the core says that it is not there; such methods are not offered.
        return {**found, **unoffered(perform)}
    return found


def _relation(joint: Resource[Any], parents: Context, other: str) -> Methods:
    """One row of a relation: `other` is the id of its second side."""
    place = Place(resource=joint, ident=other, context=parents)
    attached = Place(resource=joint, context=(*parents, (_other_side(joint, parents[-1][0]), other)))
    return {**_allowed(place, **_MEMBER), **_allowed(attached, POST=(Verb.CREATE, _attach))}


def _beside_one(site: Site, service: str, parent: tuple[str, str], word: str) -> Methods | None:
    """`P/X/W`: relations first, then the named details and actions that the type declares, then children."""
    owner = site.types[parent[0]]
    if (owner.plural, word) in site.joints:
        listed = _collection(site, service, (parent,), word) or {}
        return {
            **listed,
            **_performed(owner, word, partial(_perform, Place(resource=owner, ident=parent[1], word=word))),
        }
    if site.type_of(service, owner.plural) is None and word not in site.types:
        return None
    place = Place(resource=owner, ident=parent[1], word=word)
    asked: Methods = {"GET": partial(_detail, place)} if has_detail(owner, word) else {}
    done = _performed(owner, word, partial(_perform, place)) if has_action(owner, word) else {}
    children = _collection(site, service, (parent,), word) if word in site.types else None
    found: Methods = {**(children or {}), **asked, **done}
    return found or unoffered({"GET": partial(_detail, place), "POST": partial(_perform, place)})


def _other_side(joint: Resource[Any], plural: str) -> str:
    sides = joint.joint
    assert sides is not None
    targets = [ref.target for name in (sides.left, sides.right) if (ref := field_map(joint.entity)[name].ref)]
    return next((target for target in targets if target != plural), plural)


def _allowed(place: Place, **methods: tuple[Verb, Any]) -> Methods:
    known = {name: (verb, partial(work, place)) for name, (verb, work) in methods.items()}
    known = {name: one for name, one in known.items() if one[0] in place.resource.verbs}
    return {name: work if place.resource.offers(verb) else Unoffered(work) for name, (verb, work) in known.items()}


def _one(resource: Resource[Any], content: Json) -> Reply:
    return json_reply({resource.singular: content})


def _refuse(plural: str, site: Site, call: Call, _args: Args) -> Reply:
    """Of a type that is not served: the core says so."""
    return list_reply(plural, site.session(call).list(plural, call.params()))


def _log_action(word: str, site: Site, call: Call, _args: Args) -> Reply:
    """`POST /events/{word}`: the core says why not."""
    body = optional_envelope(call.body, EVENTS, "event")
    return json_reply({EVENTS: site.session(call).perform_class(EVENTS, word, body, call.params())})


def _list(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    plural, params = place.resource.plural, openstack_bodies.filters(call, place.resource, call.params())
    session = site.session(call)
    if is_long(params):
        return ExportReply(plural, lambda asked: session.list(plural, asked, place.context), params, site.workers)
    page = session.list(plural, params, place.context)
    if place.resource.service == openstack.SERVICE:
        return openstack.list_reply(site, call, plural, openstack_bodies.shown_page(site, call, place.resource, page))
    return list_reply(plural, page)


def _create(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    resource = place.resource
    if not resource.offers(Verb.CREATE):  # the core says why not, also to who sends nothing
        return _attach(place, site, call, _args)
    body = openstack_bodies.received(call, resource, required_envelope(call.body, resource.singular))
    sent = call.body.get("count")
    count = 1 if sent is None else read_int(sent, "count", 0, MAX_COUNT)
    session = site.session(call)
    if count <= 1:
        body = openstack_bodies.make_region(call, resource, body, session, new=True)
        made = session.create(resource.plural, body, call.params(), place.context)
        return _one(resource, openstack_bodies.shown(site, call, resource, made))
    body.pop("count", None)
    many = session.create_many(resource.plural, body, count, call.params(), place.context)
    return json_reply(batch_body(resource.plural, many))


def _attach(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    body = optional_envelope(call.body, place.resource.singular)
    made = site.session(call).create(place.resource.plural, body, call.params(), place.context)
    return _one(place.resource, made)


def _get(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    found = site.session(call).get(place.resource.plural, place.ident, call.params(), place.context)
    return _one(place.resource, openstack_bodies.shown(site, call, place.resource, found))


def _update(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    resource = place.resource
    sent = optional_envelope(call.body, resource.singular)
    session = site.session(call)
    body = openstack_bodies.received(call, resource, sent, changing=(session, place.ident))
    body = openstack_bodies.make_region(call, resource, body, session, new=False)
    changed = session.update(resource.plural, place.ident, body, call.params(), place.context)
    return _one(resource, openstack_bodies.shown(site, call, resource, changed))


def _delete(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    resource = place.resource
    body = optional_envelope(call.body, resource.singular)
    gone = site.session(call).delete(resource.plural, place.ident, call.params(), body, place.context)
    return _one(resource, gone)


def _property(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    found = site.session(call).property(place.resource.plural, place.ident, call.params())
    return _one(place.resource, found)


def _detail(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    found = site.session(call).detail(place.resource.plural, place.ident, place.word, call.params())
    return _one(place.resource, found)


def _perform(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    body = optional_envelope(call.body, place.resource.singular)
    done = site.session(call).perform(place.resource.plural, place.ident, place.word, body, call.params())
    return _one(place.resource, done)


def _perform_class(place: Place, site: Site, call: Call, _args: Args) -> Reply:
    """Clients in Go read the answer under the plural, those in Python under the singular: it stands under both."""
    resource = place.resource
    body = optional_envelope(call.body, resource.plural, resource.singular)
    if place.ident == CHECK and not body and resource.offers(Verb.CREATE):
        body = required_envelope(call.body, resource.plural)
    done = site.session(call).perform_class(resource.plural, place.ident, body, call.params())
    content: JsonObject = {} if done is None else done
    return json_reply({resource.plural: content, resource.singular: content})


_MEMBER: Mapping[str, tuple[Verb, Any]] = {
    "GET": (Verb.GET, _get),
    "PUT": (Verb.UPDATE, _update),
    "PATCH": (Verb.UPDATE, _update),
    "DELETE": (Verb.DELETE, _delete),
}
