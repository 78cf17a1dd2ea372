"""The world's web servers, as far as callers may send us there.

fetch.py   receives a file: one look-up of the name, every address checked, the connection pinned to what was checked
"""

from __future__ import annotations

from cloudcore_adapters.web.fetch import WebFiles

__all__ = ["WebFiles"]
