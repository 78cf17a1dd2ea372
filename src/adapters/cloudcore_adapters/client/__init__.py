"""The same Session as in process, over HTTP: the Python SDK.

    from cloudcore_adapters.client import connect, pages, wait_for

`connect` gives a session; `pages` walks a whole list; `wait_for` follows a long operation to its end.
"""

from __future__ import annotations

from cloudcore_adapters.client.connect import connect
from cloudcore_adapters.client.failures import CloudUnreachableError, UntrustedCloudError, WaitTimeoutError
from cloudcore_adapters.client.paging import pages
from cloudcore_adapters.client.session import HttpSession
from cloudcore_adapters.client.waiting import Progress, wait_for

__all__ = [
    "CloudUnreachableError",
    "HttpSession",
    "Progress",
    "UntrustedCloudError",
    "WaitTimeoutError",
    "connect",
    "pages",
    "wait_for",
]
