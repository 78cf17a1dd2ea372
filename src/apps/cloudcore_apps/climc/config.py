"""Which cloud, and who: from OS_* variables, else from the file that the local cloud leaves for its owner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.climc.private import NotPrivateError, read_private

LOCAL_FILE = "local.json"
LOCAL_KEYS = ("auth_url", "username", "password", "project", "user_domain", "project_domain", "region")

HELP = """\
Configuration: OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME, OS_DOMAIN_NAME, OS_PROJECT_DOMAIN,
OS_REGION_NAME, OS_ZONE_NAME, OS_ENDPOINT_TYPE, OS_AUTH_TOKEN, OS_ACCESS_KEY, OS_SECRET_KEY, OS_CACERT,
YUNION_INSECURE, YUNION_USE_CACHED_TOKEN;
without OS_AUTH_URL the context in use (`climc context list`), else the cloud that `cloudcore up` runs on this machine
(--data, CLOUDCORE_DATA). --context NAME or CLIMC_CONTEXT goes before all of them."""


class NotConfiguredError(CloudcoreError):
    """There is no cloud to talk to; `hint` says what to do."""

    code = "NotConfigured"

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NoCredentialsError(NotConfiguredError):
    """The cloud is known, but not who asks."""

    code = "NoCredentials"


class Settings(NamedTuple):
    """Everything that a session needs. Never printed: it has the password."""

    auth_url: str
    username: str = ""
    password: str = ""
    token: str = ""
    access_key: str = ""
    secret_key: str = ""
    project: str = ""
    user_domain: str = ""
    project_domain: str = ""
    region: str = ""
    zone: str = ""
    interface: str = "public"
    ca_file: str = ""
    insecure: bool = False
    token_folder: Path | None = None

    def __repr__(self) -> str:
        """Without secrets."""
        return f"Settings(auth_url={self.auth_url!r}, username={self.username!r}, project={self.project!r})"


def read_settings(environ: Mapping[str, str], data: Path | None, context: str = "") -> Settings:
    """The settings. A password that was kept for one address is used for no other.

    In order: the context that was asked for, which no OS_* variable changes; OS_* variables; the local cloud where its
    folder was named; the context in use; the local cloud.

    data: the local cloud's folder; None looks at CLOUDCORE_DATA, then at the user's data folder.
    context: the name of one; empty looks at CLIMC_CONTEXT.

    Raises:
        NotConfiguredError: no cloud is known, there is no such context, or a file cannot be used.
        NoCredentialsError: no token, no access key with its secret, and no name with a password.
    """
    wanted = context or environ.get("CLIMC_CONTEXT", "")
    known = _known(environ, data, wanted)
    if wanted:
        environ = {name: value for name, value in environ.items() if not name.startswith("OS_")}
    user = _first(environ, "OS_USERNAME")
    if user and user != known.get("username"):
        known = {**known, **dict.fromkeys(("password", "token", "user_domain", "project", "project_domain"), "")}
    token = _first(environ, "OS_AUTH_TOKEN", "OS_TOKEN") or known.get("token", "")
    password = _first(environ, "OS_PASSWORD") or known.get("password", "")
    user = user or known.get("username", "")
    access_key, secret_key = _first(environ, "OS_ACCESS_KEY"), _first(environ, "OS_SECRET_KEY")
    if access_key and not secret_key:
        raise NoCredentialsError("an access key has no secret", "set OS_SECRET_KEY")
    if access_key:
        user, password, token = "", "", _first(environ, "OS_AUTH_TOKEN", "OS_TOKEN")
    elif not token and not (user and password):
        what = "OS_PASSWORD" if user else "OS_USERNAME and OS_PASSWORD"
        raise NoCredentialsError("there is nothing to log in with", f"set {what}, OS_AUTH_TOKEN or OS_ACCESS_KEY")
    cached = _first(environ, "YUNION_USE_CACHED_TOKEN").lower() not in ("0", "false", "no")
    return Settings(
        auth_url=_first(environ, "OS_AUTH_URL") or known["auth_url"],
        username=user,
        password=password,
        token=token,
        access_key=access_key,
        secret_key=secret_key,
        project=_first(environ, "OS_PROJECT_NAME", "OS_PROJECT_ID", "OS_TENANT_NAME") or known.get("project", ""),
        user_domain=_first(environ, "OS_USER_DOMAIN_NAME", "OS_USER_DOMAIN_ID", "OS_DOMAIN_NAME")
        or known.get("user_domain", ""),
        project_domain=_first(environ, "OS_PROJECT_DOMAIN", "OS_PROJECT_DOMAIN_NAME", "OS_PROJECT_DOMAIN_ID")
        or known.get("project_domain", ""),
        region=_first(environ, "OS_REGION_NAME") or known.get("region", ""),
        zone=_first(environ, "OS_ZONE_NAME") or known.get("zone", ""),
        interface=_first(environ, "OS_ENDPOINT_TYPE", "OS_INTERFACE") or known.get("interface", "") or "public",
        ca_file=_first(environ, "OS_CACERT") or known.get("ca_file", ""),
        insecure=(_first(environ, "YUNION_INSECURE", "OS_INSECURE") or known.get("insecure", "")).lower()
        in ("1", "true", "yes"),
        token_folder=_cache_folder(environ) if cached else None,
    )


def _known(environ: Mapping[str, str], data: Path | None, wanted: str) -> Mapping[str, str]:
    """What is kept about the cloud that is meant; nothing where variables say it all."""
    from cloudcore_apps.climc.contexts import LOCAL, read_contexts

    if wanted and wanted != LOCAL:
        return read_contexts(environ).named(wanted)
    if not wanted:
        if environ.get("OS_AUTH_URL"):
            return {}
        contexts = read_contexts(environ)
        if contexts.current and data is None and not environ.get("CLOUDCORE_DATA"):
            return contexts.named(contexts.current)
    return read_local(data_folder(environ, data) / LOCAL_FILE)


def data_folder(environ: Mapping[str, str], data: Path | None) -> Path:
    """Where the local cloud keeps its data."""
    if data is not None:
        return data
    if environ.get("CLOUDCORE_DATA"):
        return Path(environ["CLOUDCORE_DATA"])
    home = environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home.startswith("/") else home_of(environ) / ".local" / "share") / "cloudcore"


def read_local(path: Path) -> dict[str, str]:
    """What the local cloud's file says.

    Raises:
        NotConfiguredError: it is not there, not ours alone, or damaged.
    """
    try:
        found = read_private(path)
    except FileNotFoundError as error:
        raise NotConfiguredError(
            "no cloud is configured",
            "run `cloudcore up` in another terminal, or `climc context add`, or set OS_AUTH_URL and OS_USERNAME",
        ) from error
    except NotPrivateError as error:
        raise NotConfiguredError(f"{path} holds a password and others may open it", f"chmod 600 {path}") from error
    except OSError as error:
        raise NotConfiguredError(f"{path} cannot be read: {error.strerror}", "run climc as the cloud's user") from error
    if not isinstance(found, dict) or not isinstance(found.get("auth_url"), str):
        raise NotConfiguredError(f"{path} is damaged", "restart the local cloud: `cloudcore down`, `cloudcore up`")
    return {k: v for k, v in found.items() if isinstance(v, str) and k in (*LOCAL_KEYS, "ca_file")}


def _first(environ: Mapping[str, str], *names: str) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def home_of(environ: Mapping[str, str]) -> Path:
    """The user's folder."""
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _cache_folder(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home.startswith("/") else home_of(environ) / ".cache") / "cloudcore" / "tokens"
