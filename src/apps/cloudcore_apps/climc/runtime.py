"""What a running command holds: the settings, the session, the way its results are shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cloudcore_apps.climc.index import Entry, load_index, type_of
from cloudcore_apps.climc.output import FORMATS, JSON, TABLE, YAML, printable

if TYPE_CHECKING:
    from cloudcore.ports.session import Session
    from cloudcore_adapters.client.session import HttpSession
    from cloudcore_apps.climc.config import Settings


class Runtime:
    """One run of climc. Options that stand before or behind the command's name set the same attributes.

    context: the name of the context to use instead of the one in use.
    impatient: nobody waits for slow answers, and no request is repeated.
    notify_url: where the ends of the tasks that are begun are told; empty: nowhere.
    quota_reservation: what is made draws on it; empty: on none.
    query: a compiled JMESPath query that results go through; None for none.
    only_plans: what would change something is told instead, by a plan.
    failed: the exit code of the first resource of a batch that failed; 0 while none did.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, session: Session | None = None) -> None:
        """session: an open one instead of that of the settings; it stays the caller's to close."""
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        wanted = self.environ.get("CLIMC_OUTPUT_FORMAT", "").lower()
        self.format = wanted if wanted in FORMATS else TABLE
        self.columns: tuple[str, ...] = ()
        self.query: Any = None
        self.debug = False
        self.notify_url = ""
        self.quota_reservation = ""
        self.data: Path | None = None
        self.context = ""
        self.impatient = False
        self.only_plans = False
        self.failed = 0
        self._given = session
        self._opened: HttpSession | None = None

    def settings(self) -> Settings:
        """Which cloud, and who."""
        from cloudcore_apps.climc.config import read_settings

        return read_settings(self.environ, self.data, self.context)

    @property
    def session(self) -> Session:
        """The session; made at first use."""
        opened = self._given or self._connected()
        session = opened.notifying(self.notify_url) if self.notify_url else opened
        session = session.reserving(self.quota_reservation) if self.quota_reservation else session
        if not self.only_plans:
            return session
        from cloudcore_apps.climc.planning import Planning

        return Planning(session, self)

    @property
    def remote(self) -> HttpSession:
        """The session over HTTP, for what only that has.

        Raises:
            click.UsageError: only a plan is wanted, and there is none of that.
        """
        if self.only_plans:
            raise click.UsageError("there are no plans of this command")
        return self._connected()

    def close(self) -> None:
        """Give the connections back."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def is_raw(self) -> bool:
        """Whether results keep their structure: JSON, YAML, or what a query is asked of."""
        return self.query is not None or self.format in (JSON, YAML)

    def show_list(self, items: Sequence[Mapping[str, Any]], columns: Sequence[str], footer: str = "") -> None:
        """A list; where that is a table, with a line on standard error below it."""
        from cloudcore_apps.climc import show

        if self.query is not None:
            self._say(show.anything(show.asked(self.query, list(items)), self.format, self.columns))
            return
        self._say(show.listed(items, self.format, columns, self.columns))
        if footer and self.format == TABLE:
            self.note(footer)

    def show_one(self, one: Any) -> None:
        """One resource, or whatever else an action answers."""
        from cloudcore_apps.climc import show

        if self.query is not None:
            self._say(show.anything(show.asked(self.query, one), self.format, self.columns))
        elif isinstance(one, Mapping):
            self._say(show.single(one, self.format, self.columns))
        else:
            self._say(show.anything(one, self.format, self.columns))

    def note(self, text: str) -> None:
        """A line on standard error."""
        click.echo(printable(text), err=True)

    def _connected(self) -> HttpSession:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _say(self, text: str) -> None:
        if text:
            click.echo(text)

    def _open(self) -> HttpSession:
        from cloudcore_adapters.client.connect import connect

        known = self.settings()
        return connect(
            known.auth_url,
            username=known.username,
            password=known.password,
            token=known.token,
            access_key=known.access_key,
            secret_key=known.secret_key,
            project=known.project,
            user_domain=known.user_domain,
            project_domain=known.project_domain,
            region=known.region,
            zone=known.zone,
            interface=known.interface,
            ca_file=known.ca_file or None,
            insecure=known.insecure,
            token_folder=known.token_folder,
            timeout_s=1.0 if self.impatient else 60.0,
            attempts=1 if self.impatient else 4,
            source="cli",
            light=True,
            routes=_routes(),
            observe=self._observe,
        )

    def _observe(self, line: str) -> None:
        if self.debug:
            self.note(f"debug: {line}")


def runtime() -> Runtime:
    """The runtime of the command that runs now."""
    found = click.get_current_context().find_root().obj
    assert isinstance(found, Runtime)
    return found


def columns_of(plural: str) -> Sequence[str]:
    """The columns that a list shows unless others are asked for."""
    found: Sequence[str] = type_of(plural).get("columns") or ("id", "name")
    return found


def is_terminal() -> bool:
    """Whether progress can be shown: standard error is a terminal."""
    return sys.stderr.isatty()


def _routes() -> Mapping[str, Any]:
    from cloudcore_adapters.client.routes import Route

    types: Mapping[str, Entry] = load_index()["types"]
    return {plural: Route(plural=plural, **_route(entry)) for plural, entry in types.items()}


def _route(entry: Entry) -> Entry:
    joint = entry.get("joint") or {}
    sides = {k: joint[k] for k in ("left", "right", "left_path", "right_path") if k in joint}
    return {"singular": entry["singular"], "service": entry["service"], "kinds": entry.get("kinds") or {}, **sides}
