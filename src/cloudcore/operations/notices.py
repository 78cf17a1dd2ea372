"""Callers who want to be told, at a URL of theirs, that what they began is over."""

from __future__ import annotations

from ipaddress import ip_address

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, NotSupportedError
from cloudcore.model.reading import read_str
from cloudcore.model.remote import may_be_asked, parse_url
from cloudcore.operations.platform import Platform

URL, TASK = "X-Task-Notify-Url", "X-Task-Id"
"""What the wire calls the two."""


def with_notice(platform: Platform, caller: Caller, url: str, task_id: str) -> Caller:
    """The same caller, who is told at this URL of the end of each task that he begins.

    task_id: what he calls it; sent back as `X-Task-Id`. Where a name leads is looked at when he is told.

    Raises:
        InvalidInputError: the URL is none, or its address is one that may not be asked.
        NotSupportedError: nobody of this deployment tells.
    """
    networks = platform.settings.notify_networks
    if networks is None:
        raise NotSupportedError("this cloud tells nobody of the ends of tasks", field=URL)
    host = parse_url(url, URL).host
    if _is_address(host) and not may_be_asked(host, networks):
        raise InvalidInputError(f"{URL} leads to an address that may not be asked", field=URL)
    named = read_str(task_id, TASK, 128)
    if not (named.isascii() and named.isprintable()):
        raise InvalidInputError(f"{TASK} must be printable ASCII", field=TASK)
    return attrs.evolve(caller, notify_url=url, notify_task=named)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
