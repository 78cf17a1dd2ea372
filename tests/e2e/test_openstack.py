"""`openstack` and the libraries under it, unmodified, against `cloudcore up`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudcore.model.errors import InvalidCredentialError

from .openstack_client import Shell, settings
from .processes import Up

pytestmark = pytest.mark.filterwarnings("ignore")
PASSWORD = "Correct-horse-1"


@pytest.fixture(scope="module")
def shell(shared: Up) -> Iterator[Shell]:
    made = Shell(settings(shared))
    yield made
    made.close()


def session_of(up: Up, **options: Any) -> Any:
    """A session of keystoneauth; without options, of the administrator in his project."""
    from keystoneauth1.identity import v3
    from keystoneauth1.session import Session

    known = settings(up)
    given = {
        "username": known["OS_USERNAME"],
        "password": known["OS_PASSWORD"],
        "user_domain_name": "Default",
        **(options or {"project_name": known["OS_PROJECT_NAME"], "project_domain_id": "default"}),
    }
    return Session(auth=v3.Password(known["OS_AUTH_URL"], **given))


def test_a_session_finds_the_versions_and_the_services(shared: Up) -> None:
    from keystoneauth1.identity import Password
    from keystoneauth1.session import Session

    known = settings(shared)
    base = known["OS_AUTH_URL"].removesuffix("/v3")
    for url in (base, f"{base}/", f"{base}/v3/", base.removesuffix("/identity")):
        auth = Password(
            url,
            username=known["OS_USERNAME"],
            password=known["OS_PASSWORD"],
            user_domain_name="Default",
            project_name="system",
            project_domain_name="Default",
        )
        session = Session(auth=auth)
        assert session.get_endpoint(service_type="identity", interface="internal") == known["OS_AUTH_URL"]
        assert session.get_endpoint(service_type="compute_v2") == f"{base.removesuffix('/identity')}/compute"
        data = session.get_endpoint_data(service_type="identity", min_version=(3, 0))
        assert (data.api_version[0], data.url.rstrip("/")) == (3, known["OS_AUTH_URL"])


def test_a_session_is_unscoped_rescoped_and_revoked(shared: Up) -> None:
    from keystoneauth1 import exceptions
    from keystoneauth1.identity import v3
    from keystoneauth1.session import Session

    known = settings(shared)
    first = session_of(shared, unscoped=True)
    unscoped = first.auth.get_access(first)
    assert not unscoped.scoped
    asked = {"interface": "public", "service_type": "identity"}
    assert [p["name"] for p in first.get(f"{known['OS_AUTH_URL']}/auth/projects").json()["projects"]] == ["system"]
    second = Session(
        auth=v3.Token(known["OS_AUTH_URL"], unscoped.auth_token, project_name="system", project_domain_id="default")
    )
    scoped = second.auth.get_access(second)
    assert (scoped.project_name, scoped.expires == unscoped.expires) == ("system", True)
    assert second.get("/users", endpoint_filter=asked).json()["users"]
    gone = second.delete("/auth/tokens", endpoint_filter=asked, headers={"X-Subject-Token": unscoped.auth_token})
    assert gone.status_code == 204
    with pytest.raises(exceptions.Unauthorized):
        second.get("/users", endpoint_filter=asked)


def test_a_refusal_keeps_its_words(shared: Up) -> None:
    from keystoneauth1 import exceptions

    session = session_of(shared)
    asked = {"interface": "public", "service_type": "identity"}
    with pytest.raises(exceptions.BadRequest, match="at least 10 characters"):
        session.post("/users", endpoint_filter=asked, json={"user": {"name": "weak", "password": "x"}})
    with pytest.raises(exceptions.NotFound, match="nosuch"):
        session.get("/users/nosuch", endpoint_filter=asked)
    wrong = session_of(shared, username="nobody", password="x", project_name="system", project_domain_name="Default")
    with pytest.raises(exceptions.Unauthorized, match="user name or password is wrong"):
        wrong.get_token()


def test_the_sdk_pages_and_asks_about_members(shared: Up) -> None:
    import openstack

    cloud = openstack.connection.Connection(session=session_of(shared), region_name="region0")
    identity = cloud.identity
    users = [identity.create_user(name=f"page-{n}", password=PASSWORD) for n in range(3)]
    assert len(list(identity.users(limit=1))) == len(list(identity.users()))
    group = identity.create_group(name="pages")
    identity.add_user_to_group(users[0], group)
    assert identity.check_user_in_group(users[0], group)
    assert not identity.check_user_in_group(users[1], group)
    project, role = identity.create_project(name="paged"), identity.find_role("project_viewer")
    identity.assign_project_role_to_user(project, users[0], role)
    assert identity.validate_user_has_project_role(project, users[0], role)
    assert not identity.validate_user_has_project_role(project, users[1], role)
    for user in users:
        identity.delete_user(user)
    identity.delete_group(group)
    identity.delete_project(project)
    cloud.close()


def test_the_program_of_the_page_runs(shared: Up, capsys: pytest.CaptureFixture[str]) -> None:
    import openstack

    page = (Path(__file__).parents[2] / "docs/how-to/use-openstack-clients.md").read_text("utf-8")
    program, *_ = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    written = "http://127.0.0.1:30300/identity/v3"
    assert written in program
    identity = openstack.connection.Connection(session=session_of(shared), region_name="region0").identity
    lab = identity.create_domain(name="lab")
    web = identity.create_project(name="web", domain_id=lab.id)
    ann = identity.create_user(name="ann", domain_id=lab.id, password=PASSWORD)
    identity.assign_project_role_to_user(web, ann, identity.find_role("project_owner"))

    exec(program.replace(written, settings(shared)["OS_AUTH_URL"]), {})

    said = capsys.readouterr().out.splitlines()
    assert "'name': 'web'" in said[0]
    assert said[1:] == ["web"]
    identity.delete_user(ann)
    identity.delete_project(web)
    identity.update_domain(lab, is_enabled=False)
    identity.delete_domain(lab)


def test_a_command_shows_and_refuses(shell: Shell) -> None:
    assert len(shell.table("token issue")["id"]) > 100
    assert shell.column("project list", "Name") == ["system"]
    assert "already used" in shell.fails(f"user create sysadmin --password {PASSWORD}")


def test_programs_and_climc_log_in_by_access_key(shared: Up) -> None:
    from cloudcore_adapters.client.connect import connect

    made = shared.session().create("credentials", {"type": "aksk"})
    key, secret = made["access_key"], json.loads(made["blob"])["secret"]
    url = settings(shared)["OS_AUTH_URL"]
    assert connect(url, access_key=key, secret_key=secret).list("zones").total == 1
    with pytest.raises(InvalidCredentialError):
        connect(url, access_key=key, secret_key="x" * 44).list("zones")
    environ = {"OS_AUTH_URL": url, "OS_ACCESS_KEY": key, "OS_SECRET_KEY": secret, "YUNION_USE_CACHED_TOKEN": "false"}
    command = [sys.executable, "-c", "from cloudcore_apps.climc.main import main; main()", "zone-list", "-o", "name"]
    told = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stdout.count("\n"), told.stderr) == (0, 1, "")
    shared.session().delete("credentials", made["id"])


def test_an_application_credential_logs_in(shared: Up, shell: Shell) -> None:
    from keystoneauth1 import exceptions
    from keystoneauth1.identity import v3
    from keystoneauth1.session import Session

    def told(command: str) -> dict[str, Any]:
        return {key.lower(): value for key, value in shell.table(f"application credential {command}").items()}

    made = told("create robot --role admin --expiration 2190-01-01T00:00:00")
    assert (made["name"], made["unrestricted"], len(made["secret"]) > 30) == ("robot", False, True)
    assert shell.column("application credential list", "Name") == ["robot"]
    shown = told("show robot")
    assert (shown["id"], "secret" in shown) == (made["id"], False)
    url = settings(shared)["OS_AUTH_URL"]
    auth = v3.ApplicationCredential(
        url, application_credential_id=made["id"], application_credential_secret=made["secret"]
    )
    session = Session(auth=auth)
    assert session.get("/users", endpoint_filter={"service_type": "identity"}).json()["users"]
    shell.do("application credential delete robot")
    with pytest.raises(exceptions.Unauthorized):
        Session(auth=v3.ApplicationCredential(url, made["secret"], made["id"])).get_token()
    assert "access rules" in shell.fails("access rule list")


def test_a_role_in_the_system_is_given_listed_and_logged_in_to(shared: Up, shell: Shell) -> None:
    from keystoneauth1.identity import v3
    from keystoneauth1.session import Session

    shell.do(f"user create ops --password {PASSWORD}")
    shell.do("role add --system all --user ops admin")
    (row,) = shell.table("role assignment list --names --system all --user ops")
    assert (row["Role"], row["User"], row["System"]) == ("admin@Default", "ops@Default", "all")
    url = settings(shared)["OS_AUTH_URL"]
    session = Session(
        auth=v3.Password(url, username="ops", password=PASSWORD, user_domain_name="Default", system_scope="all")
    )
    access = session.auth.get_access(session)
    assert (access.system_scoped, access.project_id, access.role_names) == (True, None, ["admin"])
    found = session.get("/users", endpoint_filter={"service_type": "identity"}).json()["users"]
    assert {"ops", "sysadmin"} <= {user["name"] for user in found}
    given = settings(shared) | {"OS_USERNAME": "ops", "OS_PASSWORD": PASSWORD}
    inside = Shell({name: value for name, value in given.items() if "PROJECT" not in name})
    assert "ops" in inside.column("--os-system-scope all user list", "Name")
    inside.close()
    shell.do("role remove --system all --user ops admin")
    assert shell.table("role assignment list --system all --user ops") == []
    shell.do("user delete ops")


@pytest.mark.system
def test_every_command_of_identity(shell: Shell) -> None:
    owners(shell)
    members(shell)
    catalogue(shell)
    secrets(shell)
    leave(shell)


def owners(shell: Shell) -> None:
    """Domains, projects, users: create, show, set, list."""
    shell.do("domain create lab --description first")
    shell.do("domain set lab --description second")
    assert shell.table("domain show lab")["description"] == "second"
    assert shell.column("domain list", "Name") == ["Default", "lab"]
    shell.do("project create web --domain lab --description one")
    shell.do("project set web --domain lab --name web2 --description two")
    shown = shell.table("project show web2 --domain lab")
    assert (shown["description"], shown["enabled"]) == ("two", True)
    shell.do("project set web2 --disable")
    assert shell.table("project show web2")["enabled"] is False
    shell.do("project set web2 --enable")
    assert shell.column("project list --domain lab", "Name") == ["web2"]
    shell.do(f"user create ann --domain lab --password {PASSWORD} --email ann@lab --description here")
    shell.do("user set ann --domain lab --email ann@web")
    shell.do("user set ann --password Correct-horse-2")
    assert shell.table("user show ann --domain lab")["email"] == "ann@web"
    assert shell.column("user list --domain lab", "Name") == ["ann"]
    assert shell.table("user list --domain lab --long")[0]["Enabled"] is True
    assert "No User found" in shell.fails("user show nosuch")
    assert "disable the domain" in shell.fails("domain delete lab")


def members(shell: Shell) -> None:
    """Groups, roles and who has them."""
    shell.do("group create crew --domain lab --description all")
    shell.do("group set crew --domain lab --description some")
    assert shell.table("group show crew --domain lab")["description"] == "some"
    assert shell.column("group list --domain lab", "Name") == ["crew"]
    there = "--group-domain lab --user-domain lab crew ann"
    shell.do(f"group add user {there}")
    assert "ann in group crew" in shell.do(f"group contains user {there}")
    assert shell.column("user list --group crew --domain lab", "Name") == ["ann"]
    assert shell.column("group list --user ann --user-domain lab", "Name") == ["crew"]
    shell.do("role create guard")
    shell.do("role set guard --description watches")
    assert shell.table("role show guard")["description"] == "watches"
    assert {"guard", "admin", "project_owner"} <= set(shell.column("role list", "Name"))
    place = "--project web2 --project-domain lab"
    shell.do(f"role add {place} --user ann --user-domain lab project_owner")
    shell.do(f"role add {place} --group crew --group-domain lab project_viewer")
    shell.do("role add --domain lab --user ann --user-domain lab domain_viewer")
    listed = shell.table("role assignment list --names --user ann --user-domain lab")
    assert {(row["Role"], row["Project"], row["Domain"]) for row in listed} == {
        ("project_owner@Default", "web2@lab", ""),
        ("domain_viewer@Default", "", "lab"),
    }
    assert shell.column(f"role assignment list --names {place}", "Role") == [
        "project_owner@Default",
        "project_viewer@Default",
    ]
    assert shell.column("role assignment list --names --domain lab", "Role") == ["domain_viewer@Default"]
    effective = shell.column(f"role assignment list --names --effective {place}", "User")
    assert effective == ["ann@lab", "ann@lab"]
    assert shell.column("project list --user ann --domain lab", "Name") == ["web2"]
    assert shell.column("project list --my-projects", "Name") == ["system"]
    inherit = "--inherited --domain lab --user ann --user-domain lab project_viewer"
    shell.do(f"role add {inherit}")
    (row,) = shell.table("role assignment list --names --inherited")
    assert (row["User"], row["Domain"], row["Inherited"]) == ("ann@lab", "lab", True)
    below = shell.column("role assignment list --names --inherited --effective", "Project")
    assert below == ["web2@lab"]
    shell.do(f"role remove {inherit}")
    assert shell.table("role assignment list --names --inherited") == []
    shell.do(f"role remove {place} --group crew --group-domain lab project_viewer")
    shell.do("role remove --domain lab --user ann --user-domain lab domain_viewer")
    assert shell.column(f"role assignment list --names {place}", "Role") == ["project_owner@Default"]


def catalogue(shell: Shell) -> None:
    """Regions, services, endpoints, and the catalogue that is made of them."""
    shell.do("region create west --description far")
    shell.do("region create coast --parent-region west")
    shell.do("region set west --description farther")
    assert shell.table("region show west")["description"] == "farther"
    assert shell.column("region list --parent-region west", "Region") == ["coast"]
    shell.do("service create --name depot --description boxes storehouse")
    shell.do("service set depot --description crates")
    assert shell.table("service show depot")["description"] == "crates"
    assert "depot" in shell.column("service list", "Name")
    ident = shell.table("endpoint create depot public http://127.0.0.1:1/a --region coast")["id"]
    shell.do(f"endpoint set {ident} --url http://127.0.0.1:1/b")
    assert shell.table(f"endpoint show {ident}")["url"] == "http://127.0.0.1:1/b"
    assert shell.column("endpoint list --service depot", "Interface") == ["public"]
    assert shell.column("endpoint list --region coast", "Service Name") == ["depot"]
    assert "http://127.0.0.1:1/b" in str(shell.table("catalog show depot"))
    assert {"keystone", "region2", "glance", "depot"} <= set(shell.column("catalog list", "Name"))
    shell.do(f"endpoint delete {ident}")
    shell.do("service delete depot")
    shell.do("region delete coast west")
    assert "depot" not in shell.column("catalog list", "Name")


def secrets(shell: Shell) -> None:
    """Credentials, tokens, and what there is none of."""
    kept = shell.table("credential create --type cert sysadmin PEM")
    assert kept["blob"] == "PEM"
    assert kept["id"] in shell.column("credential list", "ID")
    assert shell.table(f"credential show {kept['id']}")["type"] == "cert"
    shell.do(f"credential delete {kept['id']}")
    assert kept["id"] not in shell.column("credential list", "ID")
    key = shell.table("ec2 credentials create")
    assert len(key["secret"]) > 30
    assert shell.column("ec2 credentials list", "Access") == [key["access"]]
    assert shell.table(f"ec2 credentials show {key['access']}")["access"] == key["access"]
    shell.do(f"ec2 credentials delete {key['access']}")
    assert shell.table("ec2 credentials list") == []
    token = shell.table("token issue")["id"]
    shell.do(f"token revoke {token}")
    assert "no such token" in shell.fails(f"token revoke {token}")
    for command, reason in (
        ("trust list", "trusts are not offered"),
        ("identity provider list", "federation is not offered"),
        ("implied role list", "no role implies another one"),
    ):
        assert reason in shell.fails(command), command


def leave(shell: Shell) -> None:
    """Delete everything again."""
    shell.do("group remove user --group-domain lab --user-domain lab crew ann")
    assert "not in group" in shell.run("group contains user --group-domain lab --user-domain lab crew ann")[2]
    shell.do("group delete crew --domain lab")
    shell.do("user delete ann --domain lab")
    shell.do("role delete guard")
    shell.do("project delete web2 --domain lab")
    shell.do("domain set lab --disable")
    shell.do("domain delete lab")
    assert shell.column("domain list", "Name") == ["Default"]
