"""What commits announce, told to whoever listens: in this process, and on PostgreSQL in all that use the database."""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cloudcore_adapters.sql.compile import Prepared
from cloudcore_adapters.sql.unit import Unit

CHANNEL = "cloudcore"
QUIET_S = 2.0
"""After so long without a notice the server is asked whether it is still there."""
AGAIN_S = 0.25
"""So long after a lost connection the next one is tried."""
_SEND = Prepared(f"SELECT pg_notify('{CHANNEL}', %(notice)s)", None, {})

_log = logging.getLogger(__name__)

Hear = Callable[[str], None]


class Notices:
    """Tells listeners of this process, in the thread that has committed."""

    def __init__(self) -> None:
        self._listeners: list[Hear] = []

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Call with the topics of later commits, until what comes back is called."""
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    def send(self, unit: Unit) -> None:
        """Right before the commit of a unit."""

    def sent(self, unit: Unit) -> None:
        """Right after it."""
        for topic in unit.announced:
            self._tell(topic)

    def close(self) -> None:
        """Tell nobody any more."""
        self._listeners.clear()

    def _tell(self, topic: str) -> None:
        for hear in list(self._listeners):
            hear(topic)


class ServerNotices(Notices):
    """Lets the server tell all that listen to it, by NOTIFY in the unit and a connection of its own that listens.

    What this process announces it hears at once, as `Notices`, and not a second time from the server. After each new
    connection listeners are told the empty topic: there may be anything that they have missed.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self._engine = engine
        self._name = secrets.token_hex(8)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self, hear: Hear) -> Callable[[], None]:
        """See `Notices.listen`; the first listener opens the connection."""
        end = super().listen(hear)
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="notices", daemon=True)
            self._thread.start()
        return end

    def send(self, unit: Unit) -> None:
        """Let the server tell it with the commit."""
        for topic in unit.announced:
            unit.rows(Prepared(_SEND.text, None, {"notice": f"{self._name} {topic}"}), ())

    def close(self) -> None:
        """End the connection."""
        super().close()
        self._closing.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(QUIET_S + 1)

    def _follow(self) -> None:
        while not self._closing.is_set():
            try:
                with contextlib.closing(self._connect()) as connection:
                    self._tell("")
                    self._hear(connection)
            except self._errors() as error:
                _log.warning("the database tells nothing just now: %s", error)
                self._closing.wait(AGAIN_S)

    def _errors(self) -> type[Exception]:
        library: Any = self._engine.dialect.loaded_dbapi
        failed: type[Exception] = library.Error
        return failed

    def _connect(self) -> Any:
        dialect = self._engine.dialect
        arguments, named = dialect.create_connect_args(self._engine.url)
        alive = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
        library: Any = dialect.loaded_dbapi
        connection = library.connect(*arguments, autocommit=True, **{**named, **alive})
        connection.execute(f"LISTEN {CHANNEL}")
        return connection

    def _hear(self, connection: Any) -> None:
        while not self._closing.is_set():
            heard = False
            for notice in connection.notifies(timeout=QUIET_S, stop_after=1):
                heard = True
                sender, _, topic = notice.payload.partition(" ")
                if sender != self._name:
                    self._tell(topic)
            if not heard:
                connection.execute("SELECT 1")
