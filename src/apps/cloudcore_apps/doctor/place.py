"""Checks of the data folder: its keys, who holds it, whether that answers."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.data_folder import DataFolder, Holder, process_start
from cloudcore_apps.doctor.finding import Finding, failed, note, ok, warning

SECRETS = ("master-key", "data-key", "signing-keys", "url-key", "metrics-key", "admin-password", "local.json")
NEEDED = ("deployment", "master-key", "data-key", "signing-keys")
WRITTEN_LAST = ("admin-password", "local.json")
"""Where one of these is, a start got so far that all keys were there."""
ANSWER_S = 5.0


def look_at_place(folder: DataFolder) -> Iterator[Finding]:
    """The folder, its keys, its lock, and the cloud that it is held by."""
    path = folder.path
    if not path.is_dir():
        yield note("folder", f"There is no data folder {path} yet.", "`cloudcore up` makes one.")
        return
    yield _folder(path)
    yield _keys(path)
    try:
        holder = folder.holder()
    except CloudcoreError as error:
        yield failed("lock", f"The lock cannot be read: {error}.", f"Check the owner of {path}.")
        return
    yield _lock(holder)
    if holder is not None:
        yield _answer(folder, str(holder.facts.get("url") or ""))


def _folder(path: Path) -> Finding:
    about = path.stat()
    if about.st_uid != os.geteuid():
        return failed("folder", f"{path} belongs to user {about.st_uid}.", "Run cloudcore as that user.")
    if not os.access(path, os.W_OK | os.X_OK):
        return failed("folder", f"{path} cannot be written to.", f"chmod u+rwx {path}, or mount it writable.")
    if about.st_mode & 0o077:
        return warning("folder", f"Others may look into {path}.", f"chmod 700 {path}")
    return ok("folder", f"{path} is ours alone.")


def _keys(path: Path) -> Finding:
    """Keys are there as soon as a database is, and nobody else can read them."""
    open_to_others = [n for n in SECRETS if (path / n).exists() and (path / n).stat().st_mode & 0o077]
    if open_to_others:
        names = ", ".join(open_to_others)
        return failed("keys", f"Others may read {names}.", f"cd {path} && chmod 600 {' '.join(open_to_others)}")
    if not any((path / name).exists() for name in WRITTEN_LAST):
        return note("keys", "No cloud has run here yet, so there may be no keys.")
    missing = [n for n in NEEDED if not (path / n).exists()]
    if missing:
        return failed(
            "keys",
            f"{', '.join(missing)} is missing, without which sealed values and tokens cannot be read.",
            "Restore it from a backup before the next start, which would make another.",
        )
    odd = [n for n in SECRETS if (path / n).exists() and not stat.S_ISREG((path / n).lstat().st_mode)]
    if odd:
        return warning("keys", f"{', '.join(odd)} is no plain file.", "Put the file itself there.")
    return ok("keys", "Keys are there, and ours alone.")


def _lock(holder: Holder | None) -> Finding:
    if holder is None:
        return note("lock", "No cloud runs here.", "`cloudcore up` starts it.")
    if process_start(holder.pid) != holder.facts.get("started"):
        return failed(
            "lock",
            f"The lock is held, but not by the process {holder.pid} that it names.",
            "`fuser` on the lock file shows who holds it.",
        )
    return ok("lock", f"Process {holder.pid} runs the cloud.")


def _answer(folder: DataFolder, url: str) -> Finding:
    if not url:
        return warning("answer", "The cloud is still starting.", f"Look at {folder / 'cloudcore.log'} if it stays so.")
    try:
        status = _asked(folder, url)
    except (OSError, HTTPException, CloudcoreError) as error:
        return failed("answer", f"{url} does not answer: {error}.", f"See {folder / 'cloudcore.log'}; restart it.")
    if status != 200:
        return failed("answer", f"{url} is not ready: it answers {status}.", "Check the database below.")
    return ok("answer", f"{url} answers and is ready.")


def _asked(folder: DataFolder, url: str) -> int:
    from cloudcore_adapters.client.transport import Exchange, Trust, transport_for

    # At the address that its own clients use: the public one may not be reachable from here.
    local = folder.read_local() or {}
    near = str(local.get("auth_url") or url).removesuffix("/identity/v3")
    transport = transport_for(near, Trust(ca_file=local.get("ca_file"), insecure=False), light=True)
    try:
        exchange = Exchange(method="GET", url=f"{near}/readyz", headers={}, content=b"", timeout_s=ANSWER_S)
        return transport.send(exchange).status
    finally:
        transport.close()
