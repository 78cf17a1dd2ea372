"""`cloudcore up` and the commands around it, as processes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
from pathlib import Path

import httpx

from cloudcore_apps.data_folder import DataFolder

from .processes import Launcher, Up, created, eventually, gone, run, server_body, upload_image


def test_a_fresh_cloud_answers_a_list_and_says_how_to_log_in(shared: Up) -> None:
    assert shared.session().list("servers").total == 0
    assert "simulated" in shared.greeting
    assert (shared.data / "admin-password").read_text().strip() in shared.greeting
    assert [n["name"] for n in shared.session().list("networks").items] == ["default"]


def test_secrets_are_readable_for_their_owner_alone(shared: Up) -> None:
    assert stat.S_IMODE(shared.data.stat().st_mode) == 0o700
    for name in ("admin-password", "master-key", "data-key", "signing-keys", "url-key", "local.json"):
        assert stat.S_IMODE((shared.data / name).stat().st_mode) == 0o600, name


def test_a_second_up_on_the_same_data_refuses_and_names_the_process(shared: Up) -> None:
    refused = run("up", "--listen", "127.0.0.1:0", data=shared.data)
    assert refused.returncode == 1
    assert f"pid {shared.process.pid}" in refused.stderr
    detached = run("up", "--listen", "127.0.0.1:0", "--detach", data=shared.data)
    assert detached.returncode == 1
    assert f"pid {shared.process.pid}" in detached.stderr


def test_a_taken_port_is_an_error_in_one_line(shared: Up, tmp_path: Path) -> None:
    port = json.loads((shared.data / "local.json").read_text())["auth_url"].split(":")[2].split("/")[0]
    refused = run("up", "--listen", f"127.0.0.1:{port}", data=tmp_path / "other")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"cannot listen on 127.0.0.1 port {port}" in refused.stderr


def test_status_tells_where_it_runs_and_what_it_holds(shared: Up) -> None:
    told = run("status", "-o", "json", data=shared.data)
    facts = json.loads(told.stdout)
    assert (told.returncode, facts["running"], facts["pid"]) == (0, True, shared.process.pid)
    assert facts["counts"]["hosts"] == 1
    assert "password" not in told.stdout
    assert f"pid {shared.process.pid}" in run("status", data=shared.data).stdout


def test_env_gives_a_shell_what_other_clients_log_in_with(shared: Up) -> None:
    script = f'eval "$({shlex.join(["env", *_command("env", shared.data)])})"; env -0'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split("\0")
    found = dict(line.split("=", 1) for line in told if line.startswith("OS_"))
    body = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": found["OS_USERNAME"],
                        "domain": {"name": found["OS_DOMAIN_NAME"]},
                        "password": found["OS_PASSWORD"],
                    }
                },
            },
            "scope": {"project": {"name": found["OS_PROJECT_NAME"], "domain": {"name": found["OS_PROJECT_DOMAIN"]}}},
        }
    }
    answer = httpx.post(f"{found['OS_AUTH_URL']}/auth/tokens", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Subject-Token"]


def test_no_cloud_no_status(tmp_path: Path) -> None:
    data = tmp_path / "none"
    assert run("status", data=data).returncode == 3
    assert "no cloud runs" in run("down", data=data).stdout
    told = run("env", data=data)
    assert told.returncode == 1
    assert "cloudcore up" in told.stderr
    assert not data.exists()


def test_serving_others_needs_tls_or_a_flag(tmp_path: Path) -> None:
    refused = run("up", "--listen", "0.0.0.0:0", data=tmp_path / "data")
    assert refused.returncode == 1
    assert "--insecure-http" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_later_up_finds_everything_as_it_was(launcher: Launcher, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = launcher.up(data)
    upload_image(first.session())
    web = created(first.session(), "web")
    assert first.stop() == 0
    second = launcher.up(data)
    found = second.session().get("servers", "web")
    kept = ("id", "status", "host_id", "ips", "macs")
    assert {k: found[k] for k in kept} == {k: web[k] for k in kept}
    assert (data / "admin-password").read_text().strip() not in second.greeting
    assert second.session().list("hosts").total == 1
    second.session().delete("servers", "web")
    eventually(lambda: gone(second.session(), "servers", web["id"]))


def test_ctrl_c_ends_it_cleanly_while_a_server_is_being_made(launcher: Launcher, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = launcher.up(data, "--simulated-delay", "0.5")
    upload_image(first.session())
    server = first.session().create("servers", server_body("web"))
    assert first.stop() == 0
    second = launcher.up(data)
    eventually(lambda: second.session().get("servers", server["id"])["status"] == "running")


def test_a_guest_that_vanished_while_nobody_looked_is_noticed(launcher: Launcher, tmp_path: Path) -> None:
    import sqlite3

    data = tmp_path / "data"
    first = launcher.up(data)
    upload_image(first.session())
    kept, lost = created(first.session(), "kept"), created(first.session(), "lost")
    first.stop()
    with sqlite3.connect(data / "simulation.sqlite") as db:
        db.execute("DELETE FROM things WHERE part = 'domains' AND key = ?", (lost["id"],))
        stopped = db.execute("SELECT body FROM things WHERE part = 'domains' AND key = ?", (kept["id"],)).fetchone()[0]
        body = json.dumps({**json.loads(stopped), "power_state": "off"})
        db.execute("UPDATE things SET body = ? WHERE part = 'domains' AND key = ?", (body, kept["id"]))
    second = launcher.up(data)
    assert second.session().get("servers", kept["id"])["status"] == "ready"
    assert second.session().get("servers", lost["id"])["status"] == "unknown"


def test_marked_things_without_a_record_are_told_of_and_kept(launcher: Launcher, tmp_path: Path) -> None:
    import sqlite3

    data = tmp_path / "data"
    first = launcher.up(data)
    upload_image(first.session())
    web = created(first.session(), "web")
    first.stop()
    with sqlite3.connect(data / "simulation.sqlite") as db:
        host, body = db.execute("SELECT host, body FROM things WHERE part = 'volumes'").fetchone()
        volume = json.loads(body)
        volume["volume_id"] = volume["mark"]["resource"] = "5ca1ab1e-0000-4000-8000-000000000001"
        db.execute(
            "INSERT INTO things VALUES (?, 'volumes', '/sim/storage/stray', 99999, ?)", (host, json.dumps(volume))
        )
    second = launcher.up(data)
    assert "5ca1ab1e-0000-4000-8000-000000000001" in second.greeting
    assert "5ca1ab1e" in run("status", data=data).stdout
    second.session().delete("servers", web["id"])
    eventually(lambda: gone(second.session(), "servers", web["id"]))
    second.stop()
    with sqlite3.connect(data / "simulation.sqlite") as db:
        assert db.execute("SELECT count(*) FROM things WHERE part = 'volumes'").fetchone() == (1,)


def test_detached_it_runs_until_down(tmp_path: Path) -> None:
    data = tmp_path / "data"
    started = run("up", "--listen", "127.0.0.1:0", "--detach", data=data)
    try:
        assert started.returncode == 0, started.stderr
        password = (data / "admin-password").read_text().strip()
        assert password in started.stdout
        assert password not in (data / "cloudcore.log").read_text()
        assert run("status", data=data).returncode == 0
        ended = run("down", data=data)
        assert ended.returncode == 0
        assert run("status", data=data).returncode == 3
        assert "no cloud runs" in run("down", data=data).stdout
    finally:
        holder = DataFolder(data).holder()
        if holder is not None:
            os.kill(holder.pid, signal.SIGKILL)


def test_down_ends_no_process_but_the_one_that_holds_the_lock(launcher: Launcher, tmp_path: Path) -> None:
    data = tmp_path / "data"
    up = launcher.up(data)
    lock = data / "lock"
    note = json.loads(lock.read_text())
    with subprocess.Popen(["sleep", "60"]) as other:
        lock.write_text(json.dumps({**note, "pid": other.pid}))
        refused = run("down", data=data)
        assert refused.returncode == 1
        assert "not the process that holds it" in refused.stderr
        assert other.poll() is None
        other.kill()
    assert up.stop() == 0


def _command(name: str, data: Path) -> list[str]:
    from .processes import PROGRAM

    return [*PROGRAM, name, "--data", str(data)]
