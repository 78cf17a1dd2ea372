"""`cloudcore scheduler`: an inventory as a file, and what would happen on it, by the code that decides in a cloud.

snapshot   the inventory of the cloud that `climc` is logged in to
simulate   requests, capacity, the loss of hosts and a queue of days to come, on a file, without any cloud
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import attrs
import click

from cloudcore.model.errors import InvalidFormatError, TooLargeError
from cloudcore.model.json import Json, JsonObject
from cloudcore.ports.session import Session
from cloudcore.scheduling import Pool, Request, form
from cloudcore.scheduling.capacity import capacity
from cloudcore.scheduling.forecast import explanation
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.moving import resettle
from cloudcore.scheduling.snapshot import Snapshot, read_snapshot
from cloudcore.scheduling.wishes import MOST_WISHES, Wish, play

MOST_BYTES = 256 << 20
"""Of a snapshot."""
MOST_REQUEST_BYTES = 4 << 20
MOST_REQUESTS = 10_000

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def scheduler() -> None:
    """Ask what if: offline, of an inventory in a file."""


@scheduler.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
@click.pass_obj
def snapshot(session: Session | None, output: Path | None) -> None:
    """Write the inventory of the cloud that climc is logged in to: all hosts with what is free, and all servers."""
    from cloudcore_apps.climc.runtime import Runtime

    runtime = Runtime(session=session)
    try:
        found = runtime.session.perform_class("scheduler", "snapshot")
    finally:
        runtime.close()
    text = json.dumps(found, separators=(",", ":"))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


@scheduler.command()
@click.argument("file", type=_file)
@click.option("--request", "requests", type=_file, multiple=True, help="A request, or a list of them: placed in order.")
@click.option("--capacity", "room_for", type=_file, help="A request: how many more such servers fit.")
@click.option(
    "--without", multiple=True, metavar="HOST", help="A host that is gone, by id or name: what of its servers?"
)
@click.option("--queue", type=_file, help="A list of {at, until, name, request}: what finds a place when.")
def simulate(
    file: Path, requests: tuple[Path, ...], room_for: Path | None, without: tuple[str, ...], queue: Path | None
) -> None:
    """Say what would happen on the inventory in FILE: each question is answered for itself, as JSON."""
    known = read_snapshot(_json(file, MOST_BYTES))
    inventory = known.build()
    told: JsonObject = {}
    if requests:
        wanted = [one for path in requests for one in _requests(_json(path, MOST_REQUEST_BYTES), path.name)]
        told["requests"] = _placed(inventory, wanted)
    if room_for is not None:
        (request,) = _requests([_json(room_for, MOST_REQUEST_BYTES)], room_for.name)
        told["capacity"] = attrs.asdict(capacity(inventory, request))
    if without:
        told["without"] = _without(known, inventory, without)
    if queue is not None:
        wishes = form.read_lines(Wish, _json(queue, MOST_REQUEST_BYTES), queue.name, MOST_WISHES)
        told["queue"] = [
            {
                **{name: getattr(fate.wish, name) for name in ("at", "until", "name")},
                "count": fate.wish.request.count,
                "placed": fate.placed,
                "hosts": list(fate.hosts),
                "reason": fate.reason,
            }
            for fate in play(inventory, wishes)
        ]
    if not told:
        told["inventory"] = {name: len(getattr(known, name)) for name in ("hosts", "storages", "networks", "servers")}
    click.echo(json.dumps(told, indent=2))


def _requests(value: Json, place: str) -> tuple[Request, ...]:
    return form.read_lines(Request, value if isinstance(value, list) else [value], place, MOST_REQUESTS)


def _placed(inventory: Inventory, wanted: list[Request]) -> list[JsonObject]:
    pool = Pool(inventory)
    answers: list[JsonObject] = []
    for request in wanted:
        answer = pool.place(request)
        refusal = answer.refusal
        answers.append(
            {
                "placed": [{"host_id": one.host_id, "host": one.host_name} for one in answer.placements],
                **({"refusal": explanation(refusal)} if refusal is not None else {}),
            }
        )
    return answers


def _without(known: Snapshot, inventory: Inventory, names: tuple[str, ...]) -> JsonObject:
    gone = [_host(known, name) for name in names]
    moves = resettle(inventory, [one for one in known.servers if one.host_id in gone], gone)
    return {
        "hosts": gone,
        "can_be_lost": all(one.host_id for one in moves),
        "moved": [
            {"id": one.guest.id, "name": one.guest.name, "host_id": one.host_id, "host": one.host_name}
            for one in moves
            if one.host_id
        ],
        "stay": [
            {"id": one.guest.id, "name": one.guest.name, "reason": one.reason} for one in moves if not one.host_id
        ],
    }


def _host(known: Snapshot, name: str) -> str:
    found = [host.id for host in known.hosts if name in (host.id, host.name)]
    if len(found) != 1:
        raise click.UsageError(f"there {'is no host' if not found else 'are several hosts'} {name[:64]} in the file")
    return found[0]


def _json(path: Path, most: int) -> Json:
    """The JSON of a file of so many bytes at most; a number that is none, such as NaN, is refused."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLargeError(f"{path.name} is longer than {most:,} bytes", field=path.name)
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidFormatError(f"{path.name} is no JSON: {error}", field=path.name) from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
