"""Named contexts: which cloud and who, kept in one file that only its owner can read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cloudcore_apps.climc.config import NotConfiguredError, home_of
from cloudcore_apps.climc.private import NotPrivateError, read_private, write_private

FORMAT = 1
LOCAL = "local"
"""The cloud that `cloudcore up` runs on this machine; always there, kept in no file of ours."""
KEYS = (
    "auth_url", "username", "password", "token", "project", "user_domain", "project_domain", "region", "zone",
    "interface", "ca_file", "insecure",
)  # fmt: skip

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


class Contexts(NamedTuple):
    """What the file says. current: the name of the one in use; empty for the local cloud."""

    current: str
    known: Mapping[str, Mapping[str, str]]

    def named(self, name: str) -> Mapping[str, str]:
        """One context.

        Raises:
            NotConfiguredError: there is none of that name.
        """
        if name not in self.known:
            raise NotConfiguredError(f"there is no context {name!r}", "`climc context list` shows those that there are")
        return self.known[name]


def context_file(environ: Mapping[str, str]) -> Path:
    """Where contexts are kept."""
    folder = environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder.startswith("/") else home_of(environ) / ".config") / "cloudcore" / "contexts.json"


def read_contexts(environ: Mapping[str, str]) -> Contexts:
    """The contexts; none where the file is not there.

    Raises:
        NotConfiguredError: the file is not ours alone, cannot be read, or is damaged.
    """
    path = context_file(environ)
    try:
        found = read_private(path)
    except (FileNotFoundError, NotADirectoryError):
        return Contexts("", {})
    except NotPrivateError as error:
        raise NotConfiguredError(f"{path} holds passwords and others may open it", f"chmod 600 {path}") from error
    except OSError as error:
        raise NotConfiguredError(f"{path} cannot be read: {error.strerror}", "run climc as its owner") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT or not isinstance(found.get("contexts"), dict):
        raise NotConfiguredError(f"{path} is damaged, or of a later release", "move it away and add contexts anew")
    known = {str(name): _checked(one) for name, one in found["contexts"].items()}
    current = str(found.get("current") or "")
    return Contexts(current if current in known else "", known)


def write_contexts(environ: Mapping[str, str], contexts: Contexts) -> None:
    """Keep them.

    Raises:
        NotConfiguredError: the file cannot be written.
    """
    path = context_file(environ)
    known = {name: dict(one) for name, one in sorted(contexts.known.items())}
    try:
        write_private(path, {"format": FORMAT, "current": contexts.current, "contexts": known})
    except OSError as error:
        raise NotConfiguredError(f"{path} cannot be written: {error.strerror}", "check the folder's owner") from error


def is_name(text: str) -> bool:
    """Whether a context may be called so."""
    return bool(_NAME.fullmatch(text)) and text != LOCAL


def _checked(one: Any) -> Mapping[str, str]:
    return {k: v for k, v in one.items() if k in KEYS and isinstance(v, str)} if isinstance(one, dict) else {}
