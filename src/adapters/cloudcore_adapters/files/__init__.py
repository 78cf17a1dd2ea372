"""Storage in plain files.

images.py    image bytes, one file for each key, in one folder
convert.py   conversions of them by qemu-img, locked in by jail.py
"""

from __future__ import annotations

from cloudcore_adapters.files.images import FileImageStore

__all__ = ["FileImageStore"]
