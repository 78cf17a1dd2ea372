"""The derived commands: one maker for each kind of entry in the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.index import Entry, type_of
from cloudcore_apps.climc.naming import option_of
from cloudcore_apps.climc.runtime import columns_of, runtime

Maker: TypeAlias = Callable[[str, str, Entry], click.Command]


def make(name: str, entry: Sequence[str]) -> click.Command:
    """The command of one entry of the index: kind, plural and perhaps an action."""
    kind, plural = entry[0], entry[1]
    known = type_of(plural)
    if kind == "tags":
        from cloudcore_apps.climc import tagvalues

        return tagvalues.make(name, plural, known, entry[2])
    if len(entry) > 2:
        return _named(name, kind, plural, known, entry[2])
    if kind.startswith("joint-"):
        from cloudcore_apps.climc.joints import JOINT_MAKERS

        return JOINT_MAKERS[kind](name, plural, known)
    return MAKERS[kind](name, plural, known)


def listing_params(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a list command as the list's parameters."""
    told = {k: v for k, v in values.items() if v not in (None, False, ())}
    for name in ("every", "watch", "watch_s"):
        told.pop(name, None)
    params = options.given(told)
    if params.get("limit") == 0:
        del params["limit"]
    if "filter_" in params:
        params["filter"] = params.pop("filter_")
    if params.pop("pending_delete_all", False):
        params["pending_delete"] = "all"
    for name, option in (("tags", "--tags"), ("no_tags", "--no-tags")):
        if name in params:
            params[name] = [{"key": k, "value": v} for k, v in options.pairs(params[name], option).items()]
    if values.get("details") is False:
        params["details"] = False
    return params


def show_listing(plural: str, values: Mapping[str, Any]) -> None:
    """Fetch a list and show it, with how much there is beside what is shown."""
    run = runtime()
    params = listing_params(values)
    columns = values.get("field") or columns_of(plural)
    if values.get("watch"):
        from cloudcore_apps.climc.watching import watch

        watch(run, plural, params, columns, values.get("watch_s"))
        return
    if values.get("every"):
        from cloudcore_adapters.client.paging import pages

        items = list(pages(run.session, plural, params))
        run.show_list(items, columns, f"{len(items)} in all")
        return
    page = run.session.list(plural, params)
    run.show_list(page.items, columns, _footer(plural, page.total, page.offset, len(page.items), page.next_marker))


def _footer(plural: str, total: int, offset: int, shown: int, marker: str) -> str:
    if marker:
        return f"more with --paging-marker {marker}"
    if offset + shown < total:
        return f"{shown} of {total} {plural}; more with --offset {offset + shown}, or --all"
    count = max(total, shown)
    return f"{count or 'no'} {type_of(plural)['singular'] if count == 1 else plural}"


def _list(name: str, plural: str, known: Entry) -> click.Command:
    def run(**values: Any) -> None:
        show_listing(plural, values)

    return _command(name, f"List {plural}. {known.get('doc', '')}", run, options.listing(known))


def _show(name: str, plural: str, known: Entry) -> click.Command:
    def run(idents: tuple[str, ...]) -> None:
        from cloudcore_apps.climc.batch import over

        session = runtime().session
        over(runtime(), idents, lambda ident: session.get(plural, ident), columns_of(plural), whole=True)

    return _command(name, f"Show {known['noun']}s with all of their fields.", run, [options.idents(known["noun"])])


def _create(name: str, plural: str, known: Entry) -> click.Command:
    waits = "create" in known.get("waits", ())

    def run(wait: bool = False, timeout_s: float = 0.0, count: int = 1, dry_run: bool = False, **values: Any) -> None:
        body = options.given(values) | ({"dry_run": True} if dry_run else {})
        made(plural, body, count=count, wait=wait and not dry_run, timeout_s=timeout_s)

    params = options.creating(known)
    params += [
        click.Option(["--count"], type=click.IntRange(1, 1000), default=1, help="How many; their names are numbered."),
        click.Option(["--dry-run"], is_flag=True, help="Only check whether it could be made."),
    ]
    return _command(name, f"Create a {known['noun']}.", run, [*params, *(options.waiting() if waits else ())])


def made(plural: str, body: Mapping[str, Any], *, count: int = 1, wait: bool, timeout_s: float) -> None:
    """Create one or several, perhaps wait for them, and show them."""
    run = runtime()
    session = run.session
    items = list(session.create_many(plural, body, count)) if count > 1 else [session.create(plural, body)]
    if wait:
        from cloudcore_apps.climc.batch import over
        from cloudcore_apps.climc.progress import wait as wait_one

        by_id = {str(item["id"]): item for item in items}
        over(
            run,
            list(by_id),
            by_id.__getitem__,
            columns_of(plural),
            whole=True,
            then=lambda item: wait_one(run, plural, item, timeout_s) or item,
        )
    elif count > 1:
        run.show_list(items, columns_of(plural))
    else:
        run.show_one(items[0])


def _update(name: str, plural: str, known: Entry) -> click.Command:
    def run(idents: tuple[str, ...], **values: Any) -> None:
        from cloudcore_apps.climc.batch import over

        body = options.given(values)
        if not body:
            raise click.UsageError("nothing to change: name at least one field")
        session = runtime().session
        over(runtime(), idents, lambda ident: session.update(plural, ident, body), columns_of(plural), whole=True)

    return _command(name, f"Change a {known['noun']}.", run, [options.idents(known["noun"]), *options.updating(known)])


def _delete(name: str, plural: str, known: Entry) -> click.Command:
    waits = "delete" in known.get("waits", ())

    def run(idents: tuple[str, ...], wait: bool = False, timeout_s: float = 0.0, **said: bool) -> None:
        from cloudcore_apps.climc.batch import over
        from cloudcore_apps.climc.progress import wait as wait_one

        session = runtime().session
        params = {key: True for key, value in said.items() if value}

        def gone(last: Any) -> Any:
            if not last.get("id"):
                return last
            return wait_one(runtime(), plural, last, timeout_s, deleting=True) or {**last, "status": "deleted"}

        begin = partial(session.delete, plural, params=params)
        over(runtime(), idents, begin, columns_of(plural), then=gone if wait else None)

    params: list[click.Parameter] = [options.idents(known["noun"])]
    if known.get("recycled"):
        params.append(
            click.Option(["-f", "--override-pending-delete"], is_flag=True, help="At once, without the recycle bin.")
        )
    for key, doc in known.get("deleting", ()):
        params.append(click.Option([option_of(key)], is_flag=True, help=f"{doc}."))
    return _command(name, f"Delete {known['noun']}s.", run, [*params, *(options.waiting() if waits else ())])


def _named(name: str, kind: str, plural: str, known: Entry, action: str) -> click.Command:
    told: Entry = next((a for a in known.get("actions", ()) if a["name"] == action), {})
    doc = f"{(told.get('doc') or action.capitalize()).rstrip('.')}."
    inputs = options.acting(told)
    if kind == "action":
        return _action(name, plural, known, action, doc, inputs, waits=bool(told.get("waits")))
    if kind == "spec":

        def detail(ident: str, **values: Any) -> None:
            runtime().show_one(runtime().session.detail(plural, ident, action, options.given(values)))

        argument = click.Argument(
            ["ident"], metavar=known["noun"].upper(), shell_complete=options.names_of(known["noun"])
        )
        return _command(name, doc, detail, [argument, *inputs])

    def whole(**values: Any) -> None:
        body, session = options.given(values), runtime().session
        answer = (
            session.perform_class(plural, action, body) if kind == "class" else session.property(plural, action, body)
        )
        runtime().show_one(answer)

    return _command(name, doc, whole, inputs)


def _action(
    name: str, plural: str, known: Entry, action: str, doc: str, inputs: list[click.Parameter], *, waits: bool
) -> click.Command:
    def run(
        idents: tuple[str, ...], wait: bool = False, timeout_s: float = 0.0, tag: tuple[str, ...] = (), **values: Any
    ) -> None:
        from cloudcore_apps.climc.batch import over
        from cloudcore_apps.climc.progress import wait as wait_one

        session = runtime().session
        body = options.given(values) | options.pairs(tag, "--tag")

        def one(ident: str) -> Any:
            if action == "metadata" and not body:
                return session.detail(plural, ident, "metadata")
            return session.perform(plural, ident, action, body)

        def ended(answer: Any) -> Any:
            if not isinstance(answer, dict) or not answer.get("id"):
                return answer
            return wait_one(runtime(), plural, answer, timeout_s) or answer

        over(runtime(), idents, one, columns_of(plural), then=ended if wait else None)

    params = [options.idents(known["noun"]), *inputs, *(options.waiting() if waits else ())]
    return _command(name, doc, run, params)


def _event(name: str, plural: str, known: Entry) -> click.Command:
    def run(idents: tuple[str, ...], **values: Any) -> None:
        if values.get("watch") and len(idents) > 1:
            raise click.UsageError("one at a time can be watched")
        for ident in idents:
            show_events({**values, **subject(plural, ident), "obj_type": known["singular"]})

    from cloudcore_apps.climc.handmade.events import event_options, show_events, subject

    params = [options.idents(known["noun"]), *event_options()]
    return _command(name, f"What happened to {known['noun']}s, newest first.", run, params)


def _command(name: str, doc: str, run: Callable[..., None], params: Sequence[click.Parameter]) -> click.Command:
    return click.Command(name, callback=run, params=[*params, *options.common()], help=doc)


command = _command
MAKERS: Mapping[str, Maker] = {
    "list": _list,
    "show": _show,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "event": _event,
}
