"""Opening a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cloudcore_adapters.client.identity import Credentials, NoStore, TokenStore
from cloudcore_adapters.client.routes import Route, declared_routes
from cloudcore_adapters.client.session import HttpSession
from cloudcore_adapters.client.transport import Transport, Trust, check_url, transport_for
from cloudcore_adapters.client.wire import Patience, Place, Wire

if TYPE_CHECKING:
    import httpx


def connect(
    auth_url: str,
    *,
    username: str = "",
    password: str = "",
    token: str = "",
    access_key: str = "",
    secret_key: str = "",
    project: str = "",
    user_domain: str = "",
    project_domain: str = "",
    region: str = "",
    zone: str = "",
    interface: str = "public",
    timeout_s: float = 60.0,
    token_folder: Path | None = None,
    ca_file: str | None = None,
    insecure: bool = False,
    attempts: int = 8,
    source: str = "api",
    light: bool = False,
    client: httpx.Client | None = None,
    routes: Mapping[str, Route] | None = None,
    observe: Callable[[str], None] | None = None,
) -> HttpSession:
    """A session that logs in at its first request.

    auth_url: of the identity service, with or without `/v3`.
    token: instead of a name and password; it is not renewed when it ends.
    access_key, secret_key: instead of a name and password, for the key's project.
    timeout_s: seconds without a byte, not for the whole request.
    attempts: tries in all of a request that may be repeated, about ten seconds with eight: enough for a restart.
    token_folder: keep tokens there between runs.
    light: use the standard library's HTTP client where no proxy is in the way (one thread at a time, quick to import).
    client: an httpx client of the caller's own; closed with the session.
    routes: the types to know, if not those that this release declares.
    observe: told one line per exchange.

    Raises:
        InvalidInputError: the URL is none.
    """
    proof = {"username": username, "password": password, "token": token}
    keys = {"access_key": access_key, "secret_key": secret_key}
    scope = {"user_domain": user_domain, "project": project, "project_domain": project_domain}
    url = check_url(auth_url, "auth_url")
    credentials = Credentials(auth_url=url, source=source, **proof, **keys, **scope)
    trust = Trust(ca_file=ca_file, insecure=insecure)
    wire = Wire(
        credentials,
        _transport(auth_url, trust, light=light, client=client),
        store=_store(token_folder),
        place=Place(interface=interface, region=region, zone=zone),
        trust=trust,
        timeout_s=timeout_s,
        patience=Patience(attempts=attempts),
        observe=observe or _ignore,
    )
    return HttpSession(wire, declared_routes() if routes is None else routes)


def _transport(url: str, trust: Trust, *, light: bool, client: httpx.Client | None) -> Transport:
    if client is None:
        return transport_for(url, trust, light=light)
    from cloudcore_adapters.client.httpx_transport import HttpxTransport

    return HttpxTransport(trust, client)


def _store(folder: Path | None) -> TokenStore:
    if folder is None:
        return NoStore()
    from cloudcore_adapters.client.token_cache import FileTokenStore

    return FileTokenStore(folder)


def _ignore(line: str) -> None:
    del line
