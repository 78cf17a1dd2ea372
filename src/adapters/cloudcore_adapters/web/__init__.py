"""The world's web servers, as far as callers may send us there.

door.py     one look-up of the name, every address checked, the connection pinned to what was checked
fetch.py    receives a file
notify.py   tells somebody that a task is over
"""

from __future__ import annotations

from cloudcore_adapters.web.fetch import WebFiles
from cloudcore_adapters.web.notify import WebNotifier

__all__ = ["WebFiles", "WebNotifier"]
