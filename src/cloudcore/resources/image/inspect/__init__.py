"""What an uploaded image file really is: a bounded look at its headers that trusts nothing in it.

`inspect` reads at most 1 MiB through the caller's reader and never follows a reference that the file contains.
It accepts raw, qcow2, vmdk (monolithic sparse and stream-optimised), vhd, vhdx and iso, and refuses whatever could make
a later reader open another file, need a repair, or see another format than the one that was declared.
"""

from __future__ import annotations

from cloudcore.resources.image.inspect.bounded import READ_LIMIT, Inspection, Reader
from cloudcore.resources.image.inspect.detect import FORMATS, inspect

__all__ = ["FORMATS", "READ_LIMIT", "Inspection", "Reader", "inspect"]
