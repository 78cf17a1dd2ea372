"""Commands about a cloud that runs on this machine: status, down, env, version."""

from __future__ import annotations

import json
import os
import shlex
import signal
import time
from importlib import metadata
from pathlib import Path

import click

from cloudcore.model.errors import CloudcoreError, ConflictError, DeadlineError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_apps.data_folder import DataFolder, Holder, process_start
from cloudcore_apps.options import data_option, folder_of

NOT_RUNNING = 3
COUNTED = ("hosts", "servers", "disks", "networks", "images")
_VARIABLES = (
    ("OS_AUTH_URL", "auth_url"),
    ("OS_USERNAME", "username"),
    ("OS_PASSWORD", "password"),
    ("OS_PROJECT_NAME", "project"),
    ("OS_DOMAIN_NAME", "user_domain"),
    ("OS_USER_DOMAIN_NAME", "user_domain"),
    ("OS_PROJECT_DOMAIN", "project_domain"),
    ("OS_PROJECT_DOMAIN_NAME", "project_domain"),
    ("OS_REGION_NAME", "region"),
    ("OS_CACERT", "ca_file"),
)


@click.command()
@data_option
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text", show_default=True)
def status(data: Path | None, output: str) -> None:
    """Say whether a cloud runs on the data folder, and where; status 3 when none does."""
    folder = folder_of(data)
    holder = folder.holder()
    if holder is None:
        click.echo(json.dumps({"running": False}) if output == "json" else f"no cloud runs on {folder.path}")
        raise SystemExit(NOT_RUNNING)
    facts: JsonObject = {"running": True, "data": str(folder.path), **holder.facts, "counts": _counts(folder)}
    if output == "json":
        click.echo(json.dumps(facts))
        return
    for line in _lines(facts):
        click.echo(line)


@click.command()
@data_option
@click.option("--timeout", type=click.FloatRange(0, 3600), default=30.0, show_default=True, help="Seconds to wait.")
def down(data: Path | None, timeout: float) -> None:
    """End the cloud that runs on the data folder, cleanly. Its guests go on."""
    folder = folder_of(data)
    holder = folder.holder()
    if holder is None:
        click.echo(f"no cloud runs on {folder.path}")
        return
    _end(holder)
    deadline = time.monotonic() + timeout
    while (now := folder.holder()) is not None and now.pid == holder.pid:
        if time.monotonic() > deadline:
            raise DeadlineError(f"process {holder.pid} did not end within {timeout:g} s")
        time.sleep(0.05)
    click.echo(f"ended (pid {holder.pid}); guests go on, and the next `cloudcore up` finds them")


@click.command()
@data_option
def env(data: Path | None) -> None:
    """Print the variables that other clients log in with: eval "$(cloudcore env)"."""
    folder = folder_of(data)
    local = folder.read_local()
    if local is None:
        raise ResourceNotFoundError(f"there is no cloud in {folder.path} yet; `cloudcore up` makes one")
    click.echo("export OS_IDENTITY_API_VERSION=3")
    for variable, key in _VARIABLES:
        if local.get(key):
            click.echo(f"export {variable}={shlex.quote(local[key])}")


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(f"cloudcore {release()}")


def release() -> str:
    """The installed release."""
    try:
        return metadata.version("cloudcore")
    except metadata.PackageNotFoundError:
        return "unknown"


def _end(holder: Holder) -> None:
    """Ask the process to end, if it is the one that wrote the lock and no later one with its number."""
    if holder.pid <= 1 or process_start(holder.pid) != holder.facts.get("started"):
        raise ConflictError(f"pid {holder.pid} in the lock is not the process that holds it; end that one by hand")
    try:
        os.kill(holder.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise ConflictError(f"process {holder.pid} belongs to another user", internal=str(error)) from error


def _counts(folder: DataFolder) -> JsonObject:
    """How many of each there are; what went wrong instead, under `error`, when the cloud does not answer."""
    from cloudcore_adapters.client.connect import connect

    try:
        local = folder.read_local()
        if local is None:
            return {"error": "it is still starting"}
        ca_file = local.pop("ca_file", None)
        session = connect(**local, ca_file=ca_file, timeout_s=10, attempts=1, light=True)
        return {name: session.list(name, {"limit": 1, "scope": "system"}).total for name in COUNTED}
    except CloudcoreError as error:
        return {"error": str(error)}


def _lines(facts: JsonMapping) -> list[str]:
    lines = [f"running (pid {facts['pid']}) on {facts.get('url', 'no address yet')}"]
    lines += [f"  {label:<11} {facts[name]}" for name, label in _SHOWN if facts.get(name)]
    counts = facts["counts"]
    shown = ", ".join(f"{count} {name}" for name, count in counts.items() if name != "error")
    lines.append(f"  {'holds':<11} {counts.get('error') or shown}")
    lines += [
        f"  {'unknown':<11} {thing} (carries our mark, but no record; left alone)" for thing in facts.get("unknown", ())
    ]
    return lines


_SHOWN = (("hypervisor", "hypervisor"), ("data", "data"), ("database", "database"))
