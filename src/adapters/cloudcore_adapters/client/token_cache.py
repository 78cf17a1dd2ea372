"""Tokens kept in files that only their owner can read, one file per login.

A file holds the token, its expiry and catalogue, and a slow salted hash of the password, so that a wrong password is
never answered with the right one's token.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

import attrs

from cloudcore_adapters.client.identity import Credentials, Token

FORMAT = 1
MAX_FILE = 4 * 1024 * 1024


class FileTokenStore:
    """Tokens below one folder, which is made with mode 0700. Files that others may read or own are not believed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, credentials: Credentials) -> Token | None:
        """The kept token; None when there is none, or the file is not ours, damaged, or of another password."""
        if not credentials.can_login:
            return None
        found = _read(self._path(credentials))
        if found is None or found.get("format") != FORMAT:
            return None
        try:
            proof = _proof(credentials.password, bytes.fromhex(found["salt"]))
            if not hmac.compare_digest(proof, str(found["proof"])):
                return None
            return Token(**found["token"])
        except (KeyError, TypeError, ValueError):
            return None

    def save(self, credentials: Credentials, token: Token) -> None:
        """Keep it; where the folder cannot be written, the next run logs in again."""
        if not credentials.can_login:
            return
        salt = secrets.token_bytes(16)
        held = {
            "format": FORMAT,
            "salt": salt.hex(),
            "proof": _proof(credentials.password, salt),
            "token": attrs.asdict(token, recurse=False),
        }
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self._path(credentials), json.dumps(held).encode())

    def forget(self, credentials: Credentials) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            self._path(credentials).unlink(missing_ok=True)

    def _path(self, credentials: Credentials) -> Path:
        name = hashlib.sha256("\0".join(credentials.key()).encode()).hexdigest()
        return self._folder / f"{name[:40]}.json"


def _proof(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1, dklen=32).hex()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(file.fileno())
        ours = not hasattr(os, "getuid") or about.st_uid == os.getuid()
        if not ours or about.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or about.st_size > MAX_FILE:
            return None
        try:
            value = json.loads(file.read())
        except (OSError, ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
