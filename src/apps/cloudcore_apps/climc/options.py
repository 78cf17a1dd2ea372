"""Options of the derived commands, from the fields of the index."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import click

from cloudcore_apps.climc.index import Entry
from cloudcore_apps.climc.naming import option_of, options_of, word_of
from cloudcore_apps.climc.output import FORMATS

MAX_VALUE = 1024 * 1024

Complete: TypeAlias = Callable[[click.Context, click.Parameter, str], list[Any]]


class Json(click.ParamType):  # type: ignore[type-arg] # subscripts came with click 8.2
    """A JSON value, or the name of a file with one after an @."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See click."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(read_text(value[1:]) if value.startswith("@") else value)
        except (ValueError, RecursionError) as error:
            self.fail(f"no JSON: {error}", param, ctx)
        except OSError as error:
            self.fail(f"{value[1:]}: {error.strerror}", param, ctx)


def read_text(path: str) -> str:
    """A small text file.

    Raises:
        ValueError: longer than 1 MiB, or no UTF-8.
        OSError: it cannot be read.
    """
    from pathlib import Path

    with Path(path).open("rb") as file:
        content = file.read(MAX_VALUE + 1)
    if len(content) > MAX_VALUE:
        raise ValueError(f"{path} is longer than {MAX_VALUE} bytes")
    return content.decode("utf-8")


def common(taken: Sequence[str] = ()) -> list[click.Parameter]:
    """What every command understands besides its own; an option that is `taken` keeps the command's meaning."""
    return [
        click.Option(
            [*(n for n in ("-o", "--output", "--output-format") if n not in taken), "output_format"],
            type=click.Choice(FORMATS),
            help="How to show results.",
            expose_value=False,
            callback=_set_format,
        ),
        click.Option(
            ["--columns"], metavar="A,B", help="Which fields to show.", expose_value=False, callback=_set_columns
        ),
        *(
            [click.Option(["--query"], help="JMESPath on the result.", expose_value=False, callback=_set_query)]
            if "--query" not in taken
            else []
        ),
        click.Option(
            ["--context"],
            help="A context other than the one in use.",
            expose_value=False,
            callback=_set_context,
            shell_complete=context_names,
        ),
        click.Option(["--debug"], is_flag=True, help="Show each request.", expose_value=False, callback=_set_debug),
        click.Option(
            ["--notify-url"],
            metavar="URL",
            help="Have the end of what is begun told there.",
            expose_value=False,
            callback=_set_notify,
        ),
        click.Option(
            ["--quota-reservation"],
            metavar="NAME",
            help="Draw on this reservation of quota.",
            expose_value=False,
            callback=_set_reservation,
        ),
    ]


def listing(entry: Entry) -> list[click.Parameter]:
    """Options of a list command: paging, order, filters, and one for each field that is often filtered by."""
    taken: set[str] = set()
    found: list[click.Parameter] = list(_LISTING())
    for option in found:
        taken.update(option.opts)
    for field in entry.get("fields", ()):
        if not field.get("filter"):
            continue
        names = [n for n in _names(field) if n not in taken]
        taken.update(names)
        if names:
            kind = click.Choice(["true", "false"]) if field["kind"] == "bool" else None
            found.append(
                _option(names, field["name"], help=f"Filter: {field['doc']}.", type=kind, multiple=kind is None)
            )
    for name, doc, truth in entry.get("filters", ()):
        if option_of(name) not in taken:
            kind = click.Choice(["true", "false"]) if truth else None
            found.append(_option([option_of(name)], name, help=f"Filter: {doc}.", type=kind, multiple=not truth))
    return found


def creating(entry: Entry) -> list[click.Parameter]:
    """Arguments and options of a create command."""
    arguments = dict(entry.get("arguments", ()))
    fields = {f["name"]: f for f in entry.get("fields", ()) if f.get("create")}
    found: list[click.Parameter] = [
        click.Argument(
            [name],
            required=must,
            metavar=word_of(name) if must else f"[{word_of(name)}]",
            type=_type(fields.get(name, {})),
        )
        for name, must in arguments.items()
    ]
    found.extend(
        field_option(f, required=bool(f.get("required"))) for name, f in fields.items() if name not in arguments
    )
    found.extend(
        param_option(one)
        for one in entry.get("inputs", ())
        if one["name"] not in fields and one["name"] not in arguments
    )
    return _distinct(found)


def updating(entry: Entry) -> list[click.Parameter]:
    """Options of an update command."""
    found: list[click.Parameter] = [field_option(f) for f in entry.get("fields", ()) if f.get("update")]
    known = {f["name"] for f in entry.get("fields", ())}
    found.extend(
        param_option(one) for one in entry.get("inputs", ()) if one["name"] == "password" and "password" not in known
    )
    return _distinct(found)


def field_option(field: Entry, *, required: bool = False) -> click.Option:
    """The option of one field."""
    names = _names(field)
    doc = f"{field['doc'].rstrip('.')}."
    if field["kind"] == "bool":
        flag = option_of(field["name"])
        return _option([f"{flag}/--no-{flag[2:]}"], field["name"], help=doc, default=None, required=required)
    multiple = field["kind"] == "list"
    metavar = "NUMBER" if field["kind"] in ("int", "float") else None
    return _option(
        names, field["name"], help=doc, type=_type(field), required=required, multiple=multiple, metavar=metavar
    )


def acting(told: Entry) -> list[click.Parameter]:
    """Options of an action, of the parameters that it declares."""
    found: list[click.Parameter] = [param_option(one) for one in told.get("inputs", ())]
    if told.get("tags"):
        doc = "A tag, several times; the value none removes the key."
        found.append(_option(["--tag"], "tag", help=doc, multiple=True, metavar="KEY=VALUE"))
    return _distinct(found)


def param_option(one: Entry) -> click.Option:
    """The option of one parameter."""
    doc = f"{one['doc'].rstrip('.')}."
    if one["name"] == "password":
        return password(doc)
    if one["kind"] == "bool":
        return field_option(one)
    kind = Json() if one.get("of") == "dict" else _type(one)
    multiple = one["kind"] == "list"
    metavar = {"int": "NUMBER", "float": "NUMBER"}.get(one["kind"], "TEXT" if kind is None else None)
    needed = bool(one.get("required"))
    bare = one["name"].removesuffix("_id")
    names = list(dict.fromkeys((*options_of(one["name"]), option_of(bare))))
    return _option(names, one["name"], help=doc, type=kind, required=needed, multiple=multiple, metavar=metavar)


def password(doc: str) -> click.Option:
    """A password: on the command line, or asked for where that says `-`, so that no list of processes shows it."""
    return _option(["--password"], "password", help=f"{doc} - asks for it.", metavar="TEXT", callback=_asked)


def _asked(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value != "-":
        return value
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer


def waiting() -> list[click.Parameter]:
    """Options of commands whose work goes on after the answer."""
    return [
        click.Option(["--wait", "--task-notify", "wait"], is_flag=True, help="Wait until it is over."),
        click.Option(
            ["--timeout", "timeout_s"],
            type=click.FloatRange(0, 86_400),
            default=600.0,
            show_default=True,
            help="Seconds to wait.",
        ),
    ]


def idents(noun: str) -> click.Argument:
    """One or more resources, by id or name."""
    return click.Argument(
        ["idents"], nargs=-1, required=True, metavar=f"{noun.upper()}...", shell_complete=names_of(noun)
    )


def names_of(noun: str) -> Complete:
    """Completes names and ids of a type, from the cloud."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
        from cloudcore_apps.climc.completion import live, plural_of

        known = ctx.find_root().obj
        known.impatient = True
        return list(live(known, plural_of(noun), incomplete))

    return complete


def words_of(words: Sequence[str]) -> Complete:
    """Completes one of a few words."""
    return lambda _ctx, _param, incomplete: [word for word in words if word.startswith(incomplete)]


def context_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Completes the name of a context."""
    from cloudcore_apps.climc.config import NotConfiguredError
    from cloudcore_apps.climc.contexts import LOCAL, read_contexts

    try:
        known = read_contexts(ctx.find_root().obj.environ).known
    except NotConfiguredError:
        return []
    return [name for name in (LOCAL, *known) if name.startswith(incomplete)]


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were used, as a body or as parameters."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items() if v is not None and v != ()}


def pairs(texts: Sequence[str], what: str) -> dict[str, str]:
    """KEY=VALUE texts as a mapping.

    Raises:
        click.BadParameter: one has no `=` or no key.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint=what)
        found[key] = value
    return found


def _option(names: Sequence[str], dest: str, **more: Any) -> click.Option:
    return click.Option([*names, dest], **more)


def _names(field: Entry) -> list[str]:
    name = field["name"]
    found = options_of(name)
    if name.endswith("_id"):
        found.insert(0, option_of(name.removesuffix("_id")))
        if field.get("noun"):
            found.insert(0, f"--{field['noun']}")
    return list(dict.fromkeys(found))


def _type(field: Entry) -> click.ParamType[Any] | None:
    if field.get("choices"):
        return click.Choice(field["choices"], case_sensitive=False)
    return Json() if field.get("kind") == "dict" else None


def _distinct(found: list[click.Parameter]) -> list[click.Parameter]:
    """Each option name once: the first field that wants it has it."""
    taken: set[str] = {
        "--help",
        "--output",
        "-o",
        "--columns",
        "--query",
        "--context",
        "--debug",
        "--wait",
        "--timeout",
        "--count",
    }
    for parameter in found:
        if isinstance(parameter, click.Option):
            kept = [n for n in parameter.opts if n not in taken]
            parameter.opts = kept or [f"--field-{parameter.name}"]
            taken.update(kept)
            taken.update(parameter.secondary_opts)
    return found


def _LISTING() -> list[click.Option]:  # noqa: N802 - a constant that click wants fresh
    text = str
    return [
        click.Option(["--limit"], type=click.IntRange(0), help="Rows at most; 0 as many as the cloud gives at once."),
        click.Option(["--offset"], type=click.IntRange(0), help="Rows to skip."),
        click.Option(["--all", "every"], is_flag=True, help="Every row, page by page."),
        click.Option(["-w", "--watch"], is_flag=True, help="Go on and show each change, until Ctrl-C."),
        click.Option(["--watch-seconds", "watch_s"], type=click.FloatRange(0), help="Watch for so long."),
        click.Option(["--order-by"], multiple=True, help="Column to sort by."),
        click.Option(["--order"], type=click.Choice(["asc", "desc"]), help="Direction."),
        click.Option(["--search"], multiple=True, help="Text in any searchable column."),
        click.Option(["--filter", "filter_"], multiple=True, metavar="FIELD.OP(ARG)", help="Filter, all must hold."),
        click.Option(["--filter-any"], is_flag=True, help="One of the filters is enough."),
        click.Option(["--joint-filter"], multiple=True, help="Filter through a related type."),
        click.Option(["--details/--no-details"], default=None, help="With or without what has to be looked up."),
        click.Option(["--field"], multiple=True, help="Ask for and show these fields only."),
        click.Option(["--id"], multiple=True, help="Filter: id."),
        click.Option(["--name"], multiple=True, help="Filter: name."),
        click.Option(["--status"], multiple=True, help="Filter: status."),
        click.Option(["--tags"], multiple=True, metavar="KEY=VALUE", help="Filter: tag."),
        click.Option(["--no-tags"], multiple=True, metavar="KEY=VALUE", help="Filter: without this tag."),
        click.Option(["--order-by-tag"], multiple=True, metavar="KEY", help="Tag to sort by."),
        click.Option(["--export-keys"], type=text, help="Only these, comma list, as a spreadsheet takes them."),
        click.Option(["--show-fail-reason"], is_flag=True, help="What may not be done, and why, without details too."),
        click.Option(["--show-emulated"], is_flag=True, help="Include what only stands in for something."),
        click.Option(["--scope"], type=click.Choice(["project", "domain", "system", "user", "max"]), help="How wide."),
        click.Option(["--admin"], is_flag=True, help="Everything that you may see."),
        click.Option(["--system"], is_flag=True, help="Include what the platform made for itself."),
        click.Option(["--pending-delete"], is_flag=True, help="What is in the recycle bin."),
        click.Option(["--pending-delete-all"], is_flag=True, help="In the recycle bin or not."),
        click.Option(["--project", "--tenant", "project"], type=text, help="Filter: owning project."),
        click.Option(["--project-domain", "project_domain"], type=text, help="Filter: owning domain."),
        click.Option(["--paging-marker"], type=text, help="Where the next page begins."),
    ]


def _set_format(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().obj.format = value


def _set_columns(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().obj.columns = tuple(c.strip() for c in value.split(",") if c.strip())


def _set_query(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        from cloudcore_apps.climc.show import compiled

        ctx.find_root().obj.query = compiled(value)


def _set_context(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().obj.context = value


def _set_notify(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().obj.notify_url = value


def _set_reservation(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().obj.quota_reservation = value


def _set_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().obj.debug = True
