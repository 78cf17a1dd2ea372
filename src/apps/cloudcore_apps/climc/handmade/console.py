"""`server-console`: the serial console of a server in this terminal."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cloudcore_apps.climc.options import names_of
from cloudcore_apps.climc.runtime import runtime

if TYPE_CHECKING:
    from cloudcore_adapters.client.websocket import WebSocket

LEAVE = b"\x1d"


@click.command("server-console", help="Open the serial console of a server in this terminal. Ctrl-] leaves it.")
@click.argument("server", shell_complete=names_of("server"))
@click.option("--timeout", "timeout_s", type=click.FloatRange(0), help="Leave by itself after so many seconds.")
def console(server: str, timeout_s: float | None) -> None:
    """Open a console."""
    run = runtime()
    stream = run.remote.open_stream("servers", server, "serial")
    if sys.stdin.isatty():
        run.note(f"connected to {server}; Ctrl-] leaves")
    try:
        with raw_terminal(sys.stdin.fileno()):
            relay(stream, sys.stdin.fileno(), sys.stdout.fileno(), timeout_s)
    finally:
        stream.close()
    click.echo(err=True)
    run.note(f"console closed: {stream.reason}" if stream.reason else f"left the console of {server}")


def relay(stream: WebSocket, source: int, target: int, timeout_s: float | None = None) -> None:
    """Carry bytes both ways until Ctrl-], the other side's end, or the time is up.

    At the source's end nothing more is sent, and what comes is still shown.
    """
    end = None if timeout_s is None else time.monotonic() + timeout_s
    sources: list[int] = [source]
    while not stream.closed:
        left = None if end is None else max(0.0, end - time.monotonic())
        if left == 0.0:
            return
        ready = [stream.fileno()] if stream.pending else select.select([stream.fileno(), *sources], [], [], left)[0]
        if stream.fileno() in ready:
            for message in stream.available():
                _write(target, message)
        if source in ready and not _forward(stream, source, sources):
            return


def _forward(stream: WebSocket, source: int, sources: list[int]) -> bool:
    """Send what was typed; False when that was the sign to leave."""
    typed = os.read(source, 4096)
    if not typed:
        sources.clear()
        return True
    before, leave, _ = typed.partition(LEAVE)
    if before:
        stream.send(before)
    return not leave


def _write(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]


@contextlib.contextmanager
def raw_terminal(descriptor: int) -> Iterator[None]:
    """The terminal without echo, lines or signals, and as it was afterwards; nothing where it is none."""
    if not os.isatty(descriptor):
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
