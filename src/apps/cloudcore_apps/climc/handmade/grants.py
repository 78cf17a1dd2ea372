"""Who has which role where: `project-add-user`, `project-remove-user`, `role-assignments`."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.runtime import columns_of, runtime

_GRANT: list[click.Parameter] = [
    click.Argument([noun], shell_complete=options.names_of(noun)) for noun in ("project", "user", "role")
]
_FILTERS = ("users", "groups", "roles", "projects", "domains")


def _domains() -> list[click.Parameter]:
    return [
        click.Option(["--project-domain"], help="Domain of the project."),
        click.Option(["--user-domain"], help="Domain of the user."),
        click.Option(["--role-domain"], help="Domain of the role."),
    ]


def _ids(values: dict[str, Any]) -> tuple[str, str, str]:
    return (
        _id("projects", values["project"], values["project_domain"]),
        _id("users", values["user"], values["user_domain"]),
        _id("roles", values["role"], values["role_domain"]),
    )


def _id(plural: str, name: str, domain: str | None) -> str:
    params = {"project_domain": domain} if domain else {}
    return str(runtime().session.get(plural, name, params)["id"])


def _add(**values: Any) -> None:
    project, user, role = _ids(values)
    answer = runtime().session.update("roles", role, {}, context=(("projects", project), ("users", user)))
    runtime().show_one(answer or {"project_id": project, "user_id": user, "role_id": role})


def _remove(**values: Any) -> None:
    project, user, role = _ids(values)
    answer = runtime().session.delete("roles", role, context=(("projects", project), ("users", user)))
    runtime().show_one(answer or {"project_id": project, "user_id": user, "role_id": role})


def _assignments(effective: bool, system: bool, inherited: bool, limit: int | None, **values: Any) -> None:
    params: dict[str, Any] = {"include_names": True, **{k: list(v) for k, v in values.items() if v}}
    if system:
        params["scope.system"] = "all"
    if inherited:
        params["scope.OS-INHERIT:inherited_to"] = "projects"
    if effective:
        params["effective"] = True
    if limit:
        params["limit"] = limit
    page = runtime().session.list("role_assignments", params)
    if runtime().is_raw:
        runtime().show_list(page.items, ())
        return
    runtime().show_list([_flat(item) for item in page.items], columns_of("role_assignments"))


def _flat(item: Any) -> dict[str, str]:
    scope = item.get("scope") or {}
    where = scope.get("project") or scope.get("domain") or ({"name": "(system)"} if scope.get("system") else {})
    below = "/*" if scope.get("OS-INHERIT:inherited_to") else ""
    return {
        "user": (item.get("user") or {}).get("name") or "",
        "group": (item.get("group") or {}).get("name") or "",
        "role": (item.get("role") or {}).get("name") or "",
        "scope": f"{where.get('name') or where.get('id') or ''}{below}",
    }


add_user = click.Command(
    "project-add-user", callback=_add, params=[*_GRANT, *_domains()], help="Give a user a role in a project."
)
remove_user = click.Command(
    "project-remove-user", callback=_remove, params=[*_GRANT, *_domains()], help="Take a role in a project from a user."
)
assignments = click.Command(
    "role-assignments",
    callback=_assignments,
    params=[
        *(click.Option([f"--{name}"], multiple=True, help=f"Filter: {name}.") for name in _FILTERS),
        click.Option(["--effective"], is_flag=True, help="With what comes by groups, and where it is inherited."),
        click.Option(["--system"], is_flag=True, help="Roles in the system alone."),
        click.Option(["--inherited"], is_flag=True, help="Roles that projects inherit alone."),
        click.Option(["--limit"], type=click.IntRange(1), help="Rows at most."),
    ],
    help="List who has which role where.",
)
