"""The command `cloudcore doctor`."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.doctor.finding import Finding, Level
from cloudcore_apps.doctor.machine import look_at_machine
from cloudcore_apps.doctor.place import look_at_place
from cloudcore_apps.doctor.records import Database, look_at_records
from cloudcore_apps.options import data_option, folder_of
from cloudcore_apps.settings import DEFAULT_LISTEN

_MARKS = {Level.OK: "ok", Level.NOTE: "note", Level.WARNING: "warn", Level.FAILED: "FAIL"}


@click.command()
@data_option
@click.option("--database", default="", envvar="CLOUDCORE_DATABASE", metavar="URL", help="If it is not SQLite here.")
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, metavar="HOST:PORT", help="Where it would serve.")
@click.option("--fix", is_flag=True, help="Put right what is safe to put right in the database.")
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text", show_default=True)
def doctor(data: Path | None, database: str, listen: str, fix: bool, output: str) -> None:
    """Look at everything that a cloud here needs, and say what is wrong; status 1 if something is. Changes nothing without --fix."""
    findings: list[Finding] = []
    for finding in examine(folder_of(data), database, listen, fix=fix):
        findings.append(finding)
        if output == "text":
            click.echo(_line(finding))
    broken = sum(f.level is Level.FAILED for f in findings)
    if output == "json":
        click.echo(json.dumps({"healthy": not broken, "findings": [f.body() for f in findings]}, indent=2))
    else:
        click.echo(f"\n{broken} of {len(findings)} checks failed" if broken else f"\nall {len(findings)} checks passed")
    if broken:
        raise SystemExit(1)


def examine(folder: DataFolder, database: str, listen: str, *, fix: bool = False) -> Iterator[Finding]:
    """Every check, in the order in which one depends on another."""
    try:
        running = folder.path.is_dir() and folder.holder() is not None
    except CloudcoreError:
        running = False
    yield from look_at_place(folder)
    yield from look_at_machine(folder.path, listen, running=running)
    yield from look_at_records(Database(url=database, folder=folder.path), running=running, fix=fix)


def _line(finding: Finding) -> str:
    line = f"{_MARKS[finding.level]:<5} {finding.check:<11} {_plain(finding.said)}"
    return f"{line}\n      {'':<11} → {_plain(finding.advice)}" if finding.advice else line


def _plain(text: str) -> str:
    """Names of resources are other people's text: nothing in them may control the terminal."""
    return "".join(c if unicodedata.category(c)[0] != "C" else c.encode("unicode_escape").decode() for c in text)
