"""The login of servers: accounts, passwords, keys and cloud-init data."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.passwords import check_password, random_password
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    OutOfRangeError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import format_time, read_flag, read_str, said
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading
from cloudcore.operations.servers.files import read_deploy_configs
from cloudcore.operations.staying import steady
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.keypair import KEYPAIRS
from cloudcore.resources.compute.seed import merged, with_files, with_password
from cloudcore.resources.compute.server import SERVERS, PowerState

MAX_USER_DATA = 65_536
MAX_PASSWORD = 128
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", re.ASCII)


def read_login(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, os_type: str) -> JsonObject:
    """The fields of a server's login that a caller sends: keypair_id, login_account, login_password.

    Raises:
        InvalidInputError: names the field.
        WeakPasswordError: the password breaks a rule.
        ResourceNotFoundError: there is no such key pair.
    """
    found: JsonObject = {}
    keypair = body.get("keypair") or body.get("keypair_id")
    if keypair:
        if os_type.lower() == "windows":
            raise InvalidInputError("a Windows server takes no SSH key", field="keypair")
        found["keypair_id"] = fetch(platform, tx, caller, KEYPAIRS, read_str(keypair, "keypair", 128)).id
    elif read_flag(body, "delete_keypair"):
        found["keypair_id"] = None
    if body.get("login_account"):
        found["login_account"] = _account(body, "login_account")
    password = _password(platform, body)
    if password:
        found["login_password"] = password
    return found


def read_user_data(body: JsonMapping) -> str:
    """Cloud-init data, plain or in base64; what decodes to text was encoded.

    Raises:
        OutOfRangeError: it is too long.
    """
    text = read_str(said(body, "user_data"), "user_data", MAX_USER_DATA * 2, allow_newlines=True)
    try:
        decoded = base64.b64decode(text, validate=True).decode() if text and not text.startswith("#") else text
    except ValueError:
        decoded = text
    if len(decoded.encode()) > MAX_USER_DATA:
        raise OutOfRangeError(f"user_data must be at most {MAX_USER_DATA} bytes", field="user_data")
    return decoded


def default_account(os_type: str) -> str:
    """The login account of servers that name none."""
    return "Administrator" if os_type.lower() == "windows" else "root"


def user_data_of(tx: Transaction, server_id: str, ours: str) -> str:
    """What the guest of a server finds as user data: our part, its password and files, and what its owner wants."""
    server = tx.of(SERVERS, PLATFORM).get(server_id)
    if server is None:
        return ours
    account = server.login_account or default_account(server.os_type)
    own = with_password(ours, account, server.login_password) if server.login_password else ours
    return merged(with_files(own, _files(server)), server.user_data)


def _files(server: Any) -> list[tuple[str, str, bool]]:
    files: list[Any] = json.loads(server.deploy_configs) if server.deploy_configs else []
    return [(one["path"], one["content"], one["append"]) for one in files]


def deploy(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to give a stopped server another login.

    Raises:
        InvalidStatusError: it is not stopped.
        Others of `read_login` and `read_deploy_configs`.
    """
    driver_for(server.hypervisor).check_action("deploy", server.status)
    changes = read_login(platform, tx, caller, body, server.os_type)
    changes["deploy_configs"] = read_deploy_configs(body)
    _begin_deploy(platform, tx, caller, server, changes, body)


def set_password(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to set a password: by the guest's agent while the server runs, otherwise by a deploy.

    Raises:
        MissingParameterError: neither a password nor reset_password.
        WeakPasswordError: it breaks a rule.
        InvalidStatusError: the server is in the middle of something.
    """
    password = _password(platform, body)
    if not password:
        raise MissingParameterError("password is missing; or send reset_password", field="password")
    account = _account(body, "username") if body.get("username") else server.login_account
    account = account or default_account(server.os_type)
    if server.power_states != PowerState.ON:
        changes: JsonObject = {"login_account": account, "login_password": password, "deploy_configs": ""}
        _begin_deploy(platform, tx, caller, server, changes, body)
        return
    driver_for(server.hypervisor).check_action("set-password", server.status)
    check_idle(tx, SERVERS, server)
    kept = tx.of(SERVERS, PLATFORM).save(evolve(server, next_password=password), action="set_password")
    start_transition(platform, tx, caller, SERVERS, kept, "set-password", {"account": account})


def agent_set_password(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to set a password by the guest's agent.

    Raises:
        InvalidStatusError: the server does not run.
        MissingParameterError: username or password is missing.
    """
    if server.power_states != PowerState.ON:
        raise InvalidStatusError("the guest's agent answers only while the server runs", field="status")
    if not body.get("username"):
        raise MissingParameterError("username is missing", field="username")
    set_password(platform, tx, caller, server, body)


def login_info(platform: Platform, caller: Caller, ident: str, _body: JsonMapping) -> JsonObject:
    """The login account with its password, empty where the platform has set none.

    A question that no answer is remembered of, whatever key it is asked under.

    Raises:
        ResourceNotFoundError: the server is not there, or not for the caller.
        ForbiddenError: he may not know.
    """

    def work(tx: Transaction) -> JsonObject:
        server = fetch_for(platform, tx, caller, SERVERS, ident, "perform", "login-info")
        keypair = tx.of(KEYPAIRS, PLATFORM).get(server.keypair_id) if server.keypair_id else None
        return {
            "username": server.login_account or default_account(server.os_type),
            "password": server.login_password,
            "keypair": keypair.name if keypair is not None else "",
            "updated": format_time(server.login_updated_at) if server.login_updated_at is not None else None,
        }

    return reading(platform, work)


def set_user_data(_platform: Platform, tx: Transaction, _caller: Caller, server: Any, body: JsonMapping) -> None:
    """Replace the cloud-init data."""
    if "user_data" not in body:
        raise MissingParameterError("user_data is missing", field="user_data")
    tx.of(SERVERS, PLATFORM).save(evolve(server, user_data=read_user_data(body)), action="user_data")


def deployed(tx: Transaction, server: Any, changes: JsonObject) -> Any:
    """Keep a new login; cloud-init sees another instance at the next start and begins anew."""
    if changes.get("keypair_id"):
        steady(tx, KEYPAIRS, changes["keypair_id"])
    known = {**changes, "deployments": server.deployments + 1}
    if "login_password" in changes:
        known["login_account"] = changes.get("login_account") or server.login_account or default_account(server.os_type)
        known["login_updated_at"] = tx.now
    return tx.of(SERVERS, PLATFORM).save(evolve(server, **known), action="login")


def _begin_deploy(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, changes: JsonObject, body: JsonMapping
) -> None:
    params = {"auto_start": read_flag(body, "auto_start") or read_flag(body, "restart")}
    check_idle(tx, SERVERS, server)
    kept = deployed(tx, server, changes)
    start_transition(platform, tx, caller, SERVERS, kept, "deploy", params)


def _account(body: JsonMapping, field: str) -> str:
    account = read_str(body[field], field, 32)
    if not _ACCOUNT.fullmatch(account):
        raise InvalidInputError(
            f"{field} must begin with a letter and have letters, digits, dots, dashes and underscores only", field=field
        )
    return account


def _password(platform: Platform, body: JsonMapping) -> str:
    """The password that is sent, or a new one where that is asked for; empty for none."""
    wanted = read_flag(body, "reset_password")
    if not body.get("password"):
        return random_password(platform.ids.random_bytes) if wanted else ""
    password = read_str(body["password"], "password", MAX_PASSWORD)
    if not password.isprintable() or not password.isascii():
        raise InvalidInputError("password must be of printable ASCII characters", field="password")
    check_password(password, platform.settings.password_rules)
    return password
