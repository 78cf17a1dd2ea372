"""`quota`, `quota-list`, `quota-set`, and the same of each other family."""

from __future__ import annotations

from typing import Any

import click

from cloudcore.quotas.family import FAMILIES, Family
from cloudcore_apps.climc.options import names_of
from cloudcore_apps.climc.runtime import runtime

ACTIONS = ("add", "sub", "reset", "replace", "delete", "update")


def __getattr__(name: str) -> click.Command:
    """`FAMILY_show`, `FAMILY_list` and `FAMILY_set`, such as `region_quota_set`; and `quota_report`."""
    if name == "quota_report":
        return _report()
    noun, _, verb = name.rpartition("_")
    family = next((f for f in FAMILIES.values() if f.singular == noun), None)
    make = {"show": _show, "list": _list, "set": _set}.get(verb)
    if family is None or make is None:
        raise AttributeError(name)
    return make(family)


def _show(family: Family) -> click.Command:
    def work(**values: Any) -> None:
        params = {key: value for key, value in _owner(values).items() if value}
        params |= {key: True for key in ("refresh", "primary") if values[key]}
        params |= {key: values[key] for key in ("scope", "defaults") if values[key]}
        _print(family, runtime().session.list(family.plural, params).items)

    scope = click.Option(["--scope"], type=click.Choice(("domain", "project")), help="Of your project, or its domain.")
    return click.Command(
        _noun(family),
        callback=work,
        params=[*_owners(family), *_flags(), scope, _defaults(family)],
        help="Show limits and usage: your own, or a project's or domain's.",
    )


def _list(family: Family) -> click.Command:
    def work(**values: Any) -> None:
        kind = "domains" if values["domains"] or not family.has_projects else "projects"
        params: dict[str, Any] = {"owners": kind}
        params |= {"primary": True} if values["primary"] else {}
        params |= {"project_domain": values["domain"]} if values["domain"] else {}
        _print(family, runtime().session.list(family.plural, params).items)

    params = [
        click.Option(["--domain"], help="Of the projects of this domain.", metavar="DOMAIN"),
        click.Option(["--domains"], is_flag=True, help="Of all domains."),
        _flags()[1],
    ]
    return click.Command(f"{_noun(family)}-list", callback=work, params=params, help="List limits and usage of many.")


def _set(family: Family) -> click.Command:
    names = (*family.counters, *family.keys, "alert_at")

    def work(**values: Any) -> None:
        run = runtime()
        owner = _owner(values)
        body = {name: values[name] for name in names if values[name] is not None}
        body |= {"action": values["action"]} if values["action"] else {}
        kind, ident = ("projects", owner.get("project")) if owner.get("project") else ("domains", owner.get("domain"))
        if values["defaults"]:
            kind, ident = "defaults", values["defaults"]
        if not ident:
            kind = "projects" if family.has_projects else "domains"
            told = run.remote.token
            ident = str(told.project["id"] if family.has_projects else told.user["domain"]["id"])
        _print(family, run.session.perform(family.plural, kind, str(ident), body))

    params: list[click.Parameter] = [
        *_owners(family),
        click.Option(["--action"], type=click.Choice(ACTIONS), help="How the numbers are meant; update."),
        *(
            click.Option([f"--{n.replace('_', '-')}", n], type=int, help="Limit; -1 for none.", metavar="NUMBER")
            for n in family.counters
        ),
        *(_key(name) for name in family.keys),
        click.Option(
            ["--alert-at", "alert_at"],
            help="Percents of a limit at which an alert fires, such as 80,95; - for none, `default` for the deployment's.",
            metavar="PERCENTS",
        ),
        _defaults(family),
    ]
    return click.Command(
        f"{_noun(family)}-set", callback=work, params=params, help="Set limits of a project or domain."
    )


def _report() -> click.Command:
    def work(**values: Any) -> None:
        params = {key: value for key, value in values.items() if value}
        run = runtime()
        run.show_list(run.session.list("quota_reports", params).items, _OF_REPORT)

    return click.Command(
        "quota-report",
        callback=work,
        params=[
            click.Option(["--tenant", "--project", "project"], help="Of this project.", metavar="PROJECT"),
            click.Option(["--domain"], help="Of this domain and each of its projects.", metavar="DOMAIN"),
            click.Option(
                ["--scope"],
                type=click.Choice(("domain", "system")),
                help="Of your domain, or of the whole cloud, each domain and each project.",
            ),
            click.Option(["--since"], help="The first day; 30 days ago.", metavar="TIME"),
            click.Option(["--until"], help="The last day; today.", metavar="TIME"),
            click.Option(["--name"], help="Only this counter, such as cpu.", metavar="NAME"),
        ],
        help="Show the highest and the last usage of each day, as the history has it.",
    )


_OF_REPORT = ("day", "domain", "project", "name", "peak", "last")


def _key(name: str) -> click.Option:
    """What limits are narrowed to; a place by its name or id."""
    flag = f"--{name.replace('_', '-')}"
    if name not in _PLACES:
        return click.Option([flag, name], help="Only of this.", metavar="TEXT")
    noun = _PLACES[name]
    return click.Option(
        [flag, flag.removesuffix("-id"), name], help="Only of this.", metavar="NAME", shell_complete=names_of(noun)
    )


_PLACES = {"zone_id": "zone", "region_id": "cloud-region"}


def _noun(family: Family) -> str:
    return family.singular.replace("_", "-")


def _owners(family: Family) -> list[click.Parameter]:
    domain = click.Option(["--domain"], help="Domain.", metavar="DOMAIN", shell_complete=names_of("domain"))
    if not family.has_projects:
        return [domain]
    project = click.Option(
        ["--tenant", "--project", "project"], help="Project.", metavar="PROJECT", shell_complete=names_of("project")
    )
    return [project, domain]


def _defaults(family: Family) -> click.Parameter:
    kinds = ("projects", "domains") if family.has_projects else ("domains",)
    return click.Option(["--defaults"], type=click.Choice(kinds), help="Of all that have no limits of their own.")


def _owner(values: dict[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in ("project", "domain") if values.get(key)}


def _flags() -> list[click.Parameter]:
    return [
        click.Option(["--refresh"], is_flag=True, help="Count the usage afresh."),
        click.Option(["--primary"], is_flag=True, help="Without what is narrowed to keys."),
    ]


def _print(family: Family, rows: Any) -> None:
    """A line for each limit, unless the structure is wanted."""
    run = runtime()
    if run.is_raw:
        run.show_list(rows, ())
        return
    lines = [
        {
            "domain": row.get("domain"),
            "project": row.get("project") if family.has_projects else None,
            "of": " ".join(str(row[key]) for key in family.keys if row.get(key)) or row.get("defaults"),
            "name": name,
            "limit": row[name],
            "usage": row.get(f"usage.{name}"),
        }
        for row in rows
        for name in family.counters
        if name in row
    ]
    run.show_list(lines, ("domain", "project", "of", "name", "limit", "usage"))
